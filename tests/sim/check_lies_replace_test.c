/* Lies about orders that get other terms. */
#include "lies.h"

static bool too_little_is_held_for_a_replace(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_REPLACE_AUTHORIZED || !event->replace_authorized.has_hold_e8)
        return false;
    event->replace_authorized.hold_e8--;
    event->replace_authorized.balance.locked_e8--;
    event->replace_authorized.balance.available_e8++;
    return true;
}

static bool forget_terms(struct settled_order *orders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (orders[i].has_terms) {
            orders[i].has_terms = false;
            return true;
        }
    }
    return false;
}

static bool a_replace_never_ends(struct event *event, struct arena *arena)
{
    (void)arena;
    const struct fills_settled *settled = &event->fills_settled;
    const struct hold_released *released = &event->hold_released;
    return (event->kind == EVENT_FILLS_SETTLED &&
            forget_terms(settled->orders, settled->orders_count)) ||
           (event->kind == EVENT_HOLD_RELEASED &&
            forget_terms(released->orders, released->orders_count));
}

static bool an_order_loses_a_place_that_it_may_keep(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_ENTERED || !event->order_entered.keeps_place)
        return false;
    event->order_entered.keeps_place = false;
    return true;
}

static bool a_refused_replace_names_a_wrong_reason(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_REPLACE_REFUSED)
        return false;
    bool open = text_is(event->replace_refused.code, "ORDER_NOT_OPEN");
    event->replace_refused.code = open ? TEXT("ORDER_ALREADY_FILLED") : TEXT("ORDER_NOT_OPEN");
    return true;
}

static const struct lie LIES[] = {
    LIE(too_little_is_held_for_a_replace, 2),
    LIE(a_replace_never_ends, 2),
    LIE(an_order_loses_a_place_that_it_may_keep, 3),
    LIE(a_refused_replace_names_a_wrong_reason, 4),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
