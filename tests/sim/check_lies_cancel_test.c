/* Lies about orders that are canceled together. */
#include "lies.h"

static bool an_open_order_is_left_out(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_CANCEL_REQUESTED || event->cancel_requested.orders_count == 0)
        return false;
    event->cancel_requested.orders_count--;
    return true;
}

static bool a_switch_is_due_later_than_asked(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_CANCEL_AFTER_SET || !event->cancel_after_set.has_cancel_at)
        return false;
    event->cancel_after_set.cancel_at++;
    return true;
}

static bool an_order_that_was_to_end_goes_on(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDERS_CANCELED || event->orders_canceled.orders_count == 0 ||
        event->orders_canceled.orders[0].end_reason == END_REASON_EXPIRED)
        return false;
    event->orders_canceled.orders_count--;
    return true;
}

static bool an_order_ends_for_another_reason(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDERS_CANCELED || event->orders_canceled.orders_count == 0 ||
        event->orders_canceled.orders[0].end_reason == END_REASON_EXPIRED)
        return false;
    event->orders_canceled.orders[0].end_reason = END_REASON_SIBLING;
    return true;
}

static bool who_is_closed_goes_on_trading(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ACCOUNT_STATUS_CHANGED || !event->account_status_changed.cancel_orders)
        return false;
    event->account_status_changed.cancel_orders = false;
    return true;
}

static const struct lie LIES[] = {
    LIE(who_is_closed_goes_on_trading, 22),    LIE(an_open_order_is_left_out, 22),
    LIE(a_switch_is_due_later_than_asked, 22), LIE(an_order_that_was_to_end_goes_on, 4),
    LIE(an_order_ends_for_another_reason, 4),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
