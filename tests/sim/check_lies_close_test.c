/* Lies about positions that are sold at once. */
#include "lies.h"

static struct order_entered *closed(struct event *event)
{
    bool closes =
        event->kind == EVENT_ORDER_ENTERED && event->order_entered.entry == ORDER_ENTRY_CLOSE;
    return closes ? &event->order_entered : NULL;
}

static bool an_open_sell_is_not_named(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_AUTHORIZED || event->order_authorized.sells_count == 0)
        return false;
    event->order_authorized.sells_count--;
    return true;
}

static bool a_sell_outlives_the_close(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_entered *entered = closed(event);
    if (entered == NULL || entered->ended_count == 0 ||
        entered->ended[entered->ended_count - 1].end_reason != END_REASON_CLOSED)
        return false;
    entered->ended_count--;
    return true;
}

static bool a_sell_ends_for_another_reason(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_entered *entered = closed(event);
    if (entered == NULL || entered->ended_count == 0 ||
        entered->ended[entered->ended_count - 1].end_reason != END_REASON_CLOSED)
        return false;
    entered->ended[entered->ended_count - 1].end_reason = END_REASON_CANCELED_BY_OPERATOR;
    return true;
}

static bool what_is_left_over_stays_a_tick_higher(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_entered *entered = closed(event);
    if (entered == NULL || !entered->order.has_limit_price_e8)
        return false;
    entered->order.limit_price_e8 += E8 / 100;
    return true;
}

static bool what_is_left_over_is_good_for_a_day(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_entered *entered = closed(event);
    if (entered == NULL || !entered->order.has_limit_price_e8)
        return false;
    entered->order.time_in_force = TIME_IN_FORCE_DAY;
    return true;
}

static bool a_position_is_left_out_of_all(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_POSITIONS_CLOSING)
        return false;
    event->positions_closing.closes_count--;
    return true;
}

static bool a_position_is_closed_by_another_order(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_POSITIONS_CLOSING)
        return false;
    event->positions_closing.closes[0].order_id.bytes[15] ^= 1;
    return true;
}

static const struct lie LIES[] = {
    LIE(an_open_sell_is_not_named, 4),
    LIE(a_sell_outlives_the_close, 4),
    LIE(a_sell_ends_for_another_reason, 4),
    LIE(what_is_left_over_stays_a_tick_higher, 3),
    LIE(what_is_left_over_is_good_for_a_day, 3),
    LIE(a_position_is_left_out_of_all, 2),
    LIE(a_position_is_closed_by_another_order, 2),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
