/* Lies about what would come of an order. */
#include "lies.h"

/* NULL: it is none of an order that would trade. */
static struct preview_answered *trading(struct event *event)
{
    bool trades = event->kind == EVENT_PREVIEW_ANSWERED && event->preview_answered.fills_count > 0;
    return trades ? &event->preview_answered : NULL;
}

static bool a_preview_promises_another_price(struct event *event, struct arena *arena)
{
    (void)arena;
    struct preview_answered *answered = trading(event);
    if (answered == NULL)
        return false;
    answered->fills[0].price_e8 -= E8 / 100;
    return true;
}

static bool a_preview_hides_a_fill(struct event *event, struct arena *arena)
{
    (void)arena;
    struct preview_answered *answered = trading(event);
    if (answered == NULL)
        return false;
    answered->fills_count--;
    return true;
}

static bool a_preview_tells_of_more_than_its_fills(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PREVIEW_ANSWERED || !event->preview_answered.has_order)
        return false;
    event->preview_answered.order.filled_quantity_e8 += E8;
    return true;
}

static bool a_preview_forgets_the_fees(struct event *event, struct arena *arena)
{
    (void)arena;
    struct preview_answered *answered = trading(event);
    if (answered == NULL || answered->fees_e8 == 0)
        return false;
    answered->cost_e8 -= answered->fees_e8;
    return true;
}

static bool a_preview_says_that_it_would_rest(struct event *event, struct arena *arena)
{
    (void)arena;
    struct preview_answered *answered = trading(event);
    if (answered == NULL || answered->order.status != ORDER_STATUS_FILLED)
        return false;
    answered->order.status = ORDER_STATUS_PARTIALLY_FILLED;
    return true;
}

static bool a_preview_of_a_replace_keeps_another_place(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PREVIEW_ANSWERED || !event->preview_answered.order.has_keeps_place)
        return false;
    struct previewed_order *order = &event->preview_answered.order;
    order->keeps_place = !order->keeps_place;
    return true;
}

static bool a_preview_of_a_replace_holds_less(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_PREVIEWED || !event->order_previewed.has_change ||
        event->order_previewed.hold_asset.size == 0)
        return false;
    event->order_previewed.hold_e8--;
    return true;
}

static struct order_previewed *close_previewed(struct event *event)
{
    bool closes = event->kind == EVENT_ORDER_PREVIEWED && event->order_previewed.order.close;
    return closes ? &event->order_previewed : NULL;
}

static bool a_preview_of_a_close_holds_less(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_previewed *previewed = close_previewed(event);
    if (previewed == NULL || previewed->hold_e8 == 0)
        return false;
    previewed->hold_e8 -= E8;
    return true;
}

static bool a_preview_of_a_close_forgets_a_sell(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_previewed *previewed = close_previewed(event);
    if (previewed == NULL || previewed->sells_count == 0)
        return false;
    previewed->sells_count--;
    return true;
}

static bool a_preview_tells_of_another_limit(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PREVIEW_ANSWERED || !event->preview_answered.order.has_limit_price_e8)
        return false;
    event->preview_answered.order.limit_price_e8 -= E8 / 100;
    return true;
}

static const struct lie LIES[] = {
    LIE(a_preview_promises_another_price, 3),
    LIE(a_preview_hides_a_fill, 3),
    LIE(a_preview_tells_of_more_than_its_fills, 4),
    LIE(a_preview_forgets_the_fees, 4),
    LIE(a_preview_says_that_it_would_rest, 4),
    LIE(a_preview_of_a_replace_keeps_another_place, 4),
    LIE(a_preview_of_a_replace_holds_less, 2),
    LIE(a_preview_of_a_close_holds_less, 2),
    LIE(a_preview_of_a_close_forgets_a_sell, 2),
    LIE(a_preview_tells_of_another_limit, 4),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
