/* What is due: orders of an option that has expired end first, then those whose time is over; both
 * before another option expires, that before a trigger fires, and all of these before prices are
 * told; then requests for a second person's consent expire; and everything before the next input.
 */
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

/* Orders that have expired, so many at a time. */
static void expire(const struct decision *decision, const struct orders_order *const *due,
                   size_t count)
{
    struct orders_canceled *canceled = &decision->event->orders_canceled;
    decision->event->kind = EVENT_ORDERS_CANCELED;
    canceled->orders = ARENA_NEW(decision->arena, struct order, count);
    canceled->orders_count = count;
    for (size_t i = 0; i < count; i++) {
        canceled->orders[i] =
            orders_over(decision, due[i], ORDER_STATUS_EXPIRED, END_REASON_EXPIRED);
        orders_touch_account(decision, due[i]->book.account_id);
    }
    decision->event->key = canceled->orders[0].instrument;
}

/* Orders whose time is over. */
static size_t find_expired(const struct decision *decision, size_t orders_max,
                           const struct orders_order **ret_orders)
{
    struct heap_node *due[ORDERS_EXPIRED_MAX];
    size_t count = heap_up_to(&decision->state->expiries, decision->input->now_us, orders_max, due);
    for (size_t i = 0; i < count; i++)
        ret_orders[i] = due[i]->thing;
    return count;
}

/* What is open in the book of an option that is over. Its orders' time is over, too, but the price
 * may have come from where the clock is ahead. */
static size_t find_ending(const struct orders_instrument *instrument, size_t orders_max,
                          const struct orders_order **ret_orders)
{
    size_t count = 0;
    for (int side = SIDE_BUY; side <= SIDE_SELL; side++) {
        const struct book_order *at = book_first(instrument->book, (enum side)side);
        for (; at != NULL && count < orders_max; at = book_next(at))
            ret_orders[count++] = orders_resting(at);
    }
    const struct orders_terms *at = instrument->triggers.list;
    for (; at != NULL && count < orders_max; at = at->next)
        ret_orders[count++] = at->order;
    return count;
}

/* It comes of the command that placed it, and of the trade that crossed it. */
static void tell_origin(const struct decision *decision, const struct orders_terms *terms)
{
    struct event_meta *meta = &decision->event->meta;
    struct order_entered *entered = &decision->event->order_entered;
    meta->has_correlation_id = !uuid_is_nil(terms->correlation_id);
    meta->correlation_id = terms->correlation_id;
    entered->has_crossed_by = !uuid_is_nil(terms->crossed_by);
    entered->crossed_by = terms->crossed_by;
}

/* An order whose trigger was crossed comes to its book. Nothing can refuse it any more: accounts
 * has held its funds since it came, and nobody is asked again. */
static void fire(const struct decision *decision, const struct orders_order *waiting)
{
    struct order order = orders_as_seen(waiting);
    const struct coming coming = {.order = &order,
                                  .maker_fee_bps = waiting->book.maker_fee_bps,
                                  .taker_fee_bps = waiting->book.taker_fee_bps,
                                  .entry = ORDER_ENTRY_TRIGGERED};
    order.trigger = TRIGGER_STATE_FIRED;
    decision->event->key = order.instrument;
    orders_touch_account(decision, order.account_id);
    struct refusal refusal = {"LOT_SIZE", TEXT(""), NULL};
    if (decimal_multiple_of(order.remaining_quantity_e8, waiting->instrument->rules.lot_size_e8))
        refusal = orders_match(decision, &coming, waiting->instrument);
    struct order_entered *entered = &decision->event->order_entered;
    if (refusal.code == NULL) {
        orders_end_sibling(decision, waiting, entered->ended, &entered->ended_count);
        return;
    }
    /* What it would trade is too much to be counted; or it guards what was bought before the lot
     * changed, of which accounts told only then. It ends as it is. */
    order = orders_over(decision, waiting, ORDER_STATUS_CANCELED, END_REASON_FILL_LIMIT);
    order.trigger = TRIGGER_STATE_FIRED;
    orders_meet_nobody(decision, &coming, waiting->instrument);
    entered->ended = ARENA_NEW(decision->arena, struct ended_order, 1);
    orders_end_sibling(decision, waiting, entered->ended, &entered->ended_count);
}

/* When what concerns books is due. */
static int64_t books_due_us(const struct orders_state *orders)
{
    const struct heap_node *expiry = heap_first(&orders->expiries);
    if (orders->firing != NULL || orders->ending != NULL)
        return INT64_MIN;
    int64_t due_us = orders_prices_due_us(orders);
    if (orders->option_due_us < due_us)
        due_us = orders->option_due_us;
    return expiry == NULL || expiry->key > due_us ? due_us : expiry->key;
}

void orders_decide_time(const struct decision *decision)
{
    const struct orders_state *state = decision->state;
    const struct input *input = decision->input;
    if (approvals_due_us(&state->approvals) <= input->now_us &&
        books_due_us(state) > input->now_us) {
        approvals_decide_time(&state->approvals, input, decision->arena, decision->event);
        return;
    }
    const struct orders_order *due[ORDERS_EXPIRED_MAX];
    size_t due_max = place_piece(decision->state->place, ORDERS_EXPIRED_MAX);
    size_t count = decision->state->ending != NULL
                       ? find_ending(decision->state->ending, due_max, due)
                       : find_expired(decision, due_max, due);
    if (count > 0) {
        expire(decision, due, count);
        return;
    }
    if (decision->state->option_due_us <= decision->input->now_us) {
        const struct asset *option = &orders_next_option(decision->state)->asset;
        int64_t price_e8 = 0;
        CHECK(orders_reference(orders_instrument(decision->state, option->underlying), &price_e8));
        orders_option_expired(decision, option, price_e8);
        return;
    }
    const struct orders_order *crossed = orders_next_to_fire(decision->state);
    if (crossed == NULL) {
        orders_tell_prices(decision); /* orders_due_us() said that there is something */
        return;
    }
    fire(decision, crossed);
    tell_origin(decision, crossed->terms);
}

int64_t orders_due_us(const void *state)
{
    const struct orders_state *orders = state;
    int64_t books_us = books_due_us(orders), approval_us = approvals_due_us(&orders->approvals);
    return books_us < approval_us ? books_us : approval_us;
}
