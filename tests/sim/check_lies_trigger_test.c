/* Lies about orders that wait for their price, or expire. */
#include "lies.h"

static bool fired(const struct event *event)
{
    return event->kind == EVENT_ORDER_ENTERED &&
           event->order_entered.entry == ORDER_ENTRY_TRIGGERED;
}

static bool a_stop_that_must_wait_rests(struct event *event, struct arena *arena)
{
    struct order *order = &event->order_entered.order;
    (void)arena;
    if (event->kind != EVENT_ORDER_ENTERED || order->trigger != TRIGGER_STATE_WAITING)
        return false;
    order->trigger = TRIGGER_STATE_FIRED;
    order->status = ORDER_STATUS_OPEN;
    return true;
}

static bool a_trigger_fires_by_what_was_not_the_clock(struct event *event, struct arena *arena)
{
    (void)arena;
    if (!fired(event))
        return false;
    event->order_entered.entry = ORDER_ENTRY_PLACED;
    return true;
}

static bool a_trigger_fires_for_another_request(struct event *event, struct arena *arena)
{
    (void)arena;
    if (!fired(event) || !event->meta.has_correlation_id)
        return false;
    event->meta.correlation_id.bytes[15] ^= 1;
    return true;
}

static bool a_trigger_fires_by_another_trade(struct event *event, struct arena *arena)
{
    (void)arena;
    if (!fired(event) || !event->order_entered.has_crossed_by)
        return false;
    event->order_entered.crossed_by.bytes[15] ^= 1;
    return true;
}

static bool an_order_expires_that_never_would(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_CANCELED || !event->order_canceled.order.has_end_reason ||
        event->order_canceled.order.status != ORDER_STATUS_CANCELED)
        return false;
    event->order_canceled.order.status = ORDER_STATUS_EXPIRED;
    return true;
}

static bool more_is_guarded_than_was_bought(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_FILLS_SETTLED || event->fills_settled.brackets_count == 0)
        return false;
    event->fills_settled.brackets[0].quantity_e8 += E8;
    return true;
}

static bool a_guard_waits_for_another_price(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_BRACKETS_ENTERED || event->brackets_entered.guards_count == 0)
        return false;
    event->brackets_entered.guards[0].order.stop_price_e8 -= E8 / 100;
    return true;
}

static const struct lie LIES[] = {
    LIE(a_stop_that_must_wait_rests, 3),       LIE(a_trigger_fires_by_what_was_not_the_clock, 4),
    LIE(an_order_expires_that_never_would, 4), LIE(more_is_guarded_than_was_bought, 4),
    LIE(a_guard_waits_for_another_price, 4),   LIE(a_trigger_fires_for_another_request, 3),
    LIE(a_trigger_fires_by_another_trade, 3),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
