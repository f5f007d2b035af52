/* What happened, happened: books and orders as the events say, without matching again. */
#include "orders/state.h"

/* An event is about the order. */
static void touch(struct orders_order *order, struct orders_moment now)
{
    order->updated_at = now.now_us;
    order->version = now.version;
}

static void apply_log_created(struct orders_state *state, const struct log_created *created)
{
    for (size_t i = 0; i < ORDERS_FIRST_ASSETS_COUNT; i++)
        orders_add_asset(state, &ORDERS_FIRST_ASSETS[i]);
    for (size_t i = 0; i < ORDERS_FIRST_INSTRUMENTS; i++) {
        struct instrument instrument = orders_first_instrument(i, created->created_at);
        if (place_partition(state->place, SERVICE_ORDERS, instrument.symbol) ==
            state->place->partition)
            orders_put_instrument(state, &instrument);
    }
}

static void apply_asset(struct orders_state *state, const struct asset *asset)
{
    orders_add_asset(state, asset);
    if (asset->kind == ASSET_KIND_OPTION)
        orders_refresh_options(state);
}

static struct orders_order *resting_order(const struct orders_state *state, struct uuid id)
{
    struct orders_order *order = orders_order(state, id);
    CHECK(order != NULL && book_rests(&order->book));
    return order;
}

static void apply_fill(struct orders_state *state, const struct fill *fill,
                       const struct resting_fill *resting, struct orders_moment now)
{
    struct orders_order *order = resting_order(state, resting->order_id);
    int64_t remaining_e8 =
        book_fill(order->instrument->book, &order->book, fill->quantity_e8, resting->fee_e8);
    CHECK(remaining_e8 == resting->remaining_quantity_e8);
    CHECK(order->book.filled_quantity_e8 == resting->filled_quantity_e8);
    CHECK(order->book.filled_notional_e16 == (__int128)resting->filled_notional_e8 * E8);
    CHECK(order->book.fee_charged_e8 == resting->fees_e8);
    order->has_average_fill_price = true;
    order->average_fill_price_e8 = resting->average_fill_price_e8;
    order->status = (uint8_t)resting->status;
    order->lifecycle = (uint8_t)resting->lifecycle;
    touch(order, now);
    if (remaining_e8 > 0)
        return;
    order->has_end_reason = true;
    order->end_reason = END_REASON_FILLED;
    orders_end(state, order);
}

/* A resting order that would have traded with its own account shrinks, or only stood in the way. */
static void apply_prevented(struct orders_state *state, const struct prevented *prevented,
                            struct orders_moment now)
{
    struct orders_order *order = resting_order(state, prevented->order_id);
    if (prevented->prevented_quantity_e8 == order->book.prevented_quantity_e8)
        return;
    int64_t remaining_e8 =
        book_decrement(order->instrument->book, &order->book, prevented->quantity_e8);
    CHECK(remaining_e8 == prevented->remaining_quantity_e8);
    touch(order, now);
}

/* One of which nothing remains has left the book by that; one that waits is in none. */
static void apply_ended(struct orders_state *state, const struct ended_order *ended,
                        struct orders_moment now)
{
    struct orders_order *order = orders_order(state, ended->order_id);
    CHECK(order != NULL && !order->has_end_reason);
    CHECK(book_remaining_e8(&order->book) == ended->remaining_quantity_e8);
    if (book_rests(&order->book))
        book_remove(order->instrument->book, &order->book);
    order->status = (uint8_t)ended->status;
    order->lifecycle = (uint8_t)ended->lifecycle;
    order->has_end_reason = true;
    order->end_reason = (uint8_t)ended->end_reason;
    touch(order, now);
    orders_end(state, order);
}

static void apply_all_ended(struct orders_state *state, const struct ended_order *ended,
                            size_t count, struct orders_moment now)
{
    for (size_t i = 0; i < count; i++)
        apply_ended(state, &ended[i], now);
}

/* What the order has traded while it came in, all told, behind the event. `before`: as it was, NULL
 * where it is new. */
static int64_t taker_notional_e8(const struct orders_order *before, const struct order *after)
{
    if (before == NULL)
        return after->filled_notional_e8;
    __int128 traded_e16 =
        (__int128)after->filled_notional_e8 * E8 - before->book.filled_notional_e16;
    return (int64_t)((before->book.taker_notional_e16 + traded_e16) / E8);
}

/* The order that met its book: new to it, or one that was there or has waited until now, and leaves
 * its place to come anew. */
static struct orders_order *arrived(struct orders_state *state,
                                    struct orders_instrument *instrument, const struct event *event)
{
    const struct order_entered *entered = &event->order_entered;
    struct orders_order *order = orders_order(state, entered->order.id);
    if (entered->entry != ORDER_ENTRY_TRIGGERED && entered->entry != ORDER_ENTRY_REPLACED) {
        order = orders_add_order(state, instrument, &entered->order);
        if (order->terms != NULL && event->meta.has_correlation_id)
            order->terms->correlation_id = event->meta.correlation_id;
        return order;
    }
    CHECK(order != NULL && orders_is_open(order));
    if (book_rests(&order->book))
        book_remove(instrument->book, &order->book);
    orders_stop_waiting(state, order);
    orders_update(order, &entered->order);
    if (entered->entry == ORDER_ENTRY_REPLACED)
        orders_take_turn(state, order);
    return order;
}

/* A replace that only lowers the total of an order that rests or waits. */
static void apply_in_place(const struct orders_state *state, const struct order *after,
                           struct orders_moment now)
{
    struct orders_order *order = orders_order(state, after->id);
    CHECK(order != NULL && orders_is_open(order));
    if (book_rests(&order->book) && after->quantity_e8 < order->book.quantity_e8)
        book_reduce(&order->book, after->quantity_e8);
    order->book.quantity_e8 = after->quantity_e8;
    CHECK(book_remaining_e8(&order->book) == after->remaining_quantity_e8);
    touch(order, now);
}

/* Each trade's price is the last one for a moment and, where no mark is fed in, the reference. */
static void see_prices(struct orders_state *state, struct orders_instrument *instrument,
                       const struct order_entered *entered)
{
    for (size_t i = 0; i < entered->fills_count; i++) {
        orders_price_traded(state, instrument, entered->fills[i].price_e8);
        if (!instrument->rules.has_mark_price_e8)
            orders_price_seen(state, instrument, entered->fills[i].price_e8,
                              entered->fills[i].trade_id);
    }
    CHECK(instrument->has_last_price == entered->has_last_price_e8);
    CHECK(instrument->last_price_e8 == entered->last_price_e8);
}

static void apply_entered(struct orders_state *state, const struct event *event)
{
    const struct order_entered *entered = &event->order_entered;
    const struct orders_moment now = orders_moment_of(&event->meta);
    struct orders_instrument *instrument = orders_instrument(state, entered->order.instrument);
    CHECK(instrument != NULL && entered->fills_count == entered->resting_count);
    if (entered->keeps_place) {
        apply_in_place(state, &entered->order, now);
        return;
    }
    struct orders_order *order = orders_order(state, entered->order.id);
    int64_t best = orders_best_seen(order);
    int64_t taker_e8 = taker_notional_e8(order, &entered->order);
    order = arrived(state, instrument, event);
    touch(order, now);
    for (size_t i = 0; i < entered->fills_count; i++)
        apply_fill(state, &entered->fills[i], &entered->resting[i], now);
    for (size_t i = 0; i < entered->prevented_count; i++)
        apply_prevented(state, &entered->prevented[i], now);
    apply_all_ended(state, entered->ended, entered->ended_count, now);
    bool first_price = entered->has_last_price_e8 && !instrument->has_last_price;
    see_prices(state, instrument, entered);
    if (first_price)
        orders_refresh_options(state);
    if (entered->order.has_end_reason)
        orders_end(state, order);
    else if (entered->order.trigger == TRIGGER_STATE_WAITING)
        orders_wait(state, order, entered->maker_fee_bps, entered->taker_fee_bps, best);
    else
        orders_rest(state, order, entered->maker_fee_bps, entered->taker_fee_bps, taker_e8);
}

/* A mark is the reference price from now on; and what is open again, or no longer, fires or waits.
 */
static void apply_instrument(struct orders_state *state, const struct instrument *changed)
{
    const struct orders_instrument *known = orders_instrument(state, changed->symbol);
    bool marked =
        changed->has_mark_price_e8 && (known == NULL || !known->rules.has_mark_price_e8 ||
                                       known->rules.mark_price_e8 != changed->mark_price_e8);
    struct orders_instrument *instrument = orders_put_instrument(state, changed);
    if (marked)
        orders_price_moved(state, instrument);
    if (changed->has_mark_price_e8)
        orders_price_seen(state, instrument, changed->mark_price_e8, (struct uuid){{0}});
    orders_refresh(state, instrument);
    orders_refresh_options(state);
}

/* A guard comes of what placed the purchase, whoever's order filled it. */
static void inherit_correlation(const struct orders_state *state, struct orders_order *guard)
{
    const struct orders_order *parent = orders_order(state, guard->terms->parent_id);
    if (parent != NULL && parent->terms != NULL)
        guard->terms->correlation_id = parent->terms->correlation_id;
}

/* Guards of what was filled wait, or wait with more. */
static void apply_brackets(struct orders_state *state, const struct brackets_entered *entered,
                           struct orders_moment now)
{
    for (size_t i = 0; i < entered->guards_count; i++) {
        const struct guard *guard = &entered->guards[i];
        struct orders_order *order = orders_order(state, guard->order.id);
        if (order == NULL) {
            order = orders_add_order(state, orders_instrument(state, guard->order.instrument),
                                     &guard->order);
            inherit_correlation(state, order);
            orders_wait(state, order, guard->maker_fee_bps, guard->taker_fee_bps,
                        orders_best_seen(NULL));
        } else {
            order->book.quantity_e8 = guard->order.quantity_e8;
        }
        touch(order, now);
    }
}

static void apply_prices_moved(struct orders_state *state, const struct prices_moved *moved,
                               struct orders_moment now)
{
    state->prices_told_us = now.now_us;
    for (size_t i = 0; i < moved->prices_count; i++) {
        struct orders_instrument *instrument =
            orders_instrument(state, moved->prices[i].instrument);
        CHECK(instrument != NULL);
        orders_price_told(state, instrument);
    }
}

static void apply_refused(struct orders_state *state, const struct order *refused,
                          struct orders_moment now)
{
    struct orders_instrument *instrument = orders_instrument(state, refused->instrument);
    if (instrument == NULL || orders_order(state, refused->id) != NULL)
        return;
    struct orders_order *order = orders_add_order(state, instrument, refused);
    touch(order, now);
    orders_end(state, order);
}

/* Nothing but its version where it ended before: a second cancel is told the same. */
static void apply_canceled(struct orders_state *state, const struct order *canceled,
                           struct orders_moment now)
{
    struct orders_order *order = orders_order(state, canceled->id);
    if (order == NULL)
        return;
    order->version = now.version;
    if (!orders_is_open(order))
        return;
    CHECK(book_remaining_e8(&order->book) == canceled->remaining_quantity_e8);
    if (book_rests(&order->book))
        book_remove(order->instrument->book, &order->book);
    order->status = (uint8_t)canceled->status;
    order->lifecycle = (uint8_t)canceled->lifecycle;
    order->has_end_reason = canceled->has_end_reason;
    order->end_reason = (uint8_t)canceled->end_reason;
    order->updated_at = canceled->updated_at;
    orders_end(state, order);
}

static void apply_all_canceled(struct orders_state *state, const struct orders_canceled *canceled,
                               struct orders_moment now)
{
    for (size_t i = 0; i < canceled->orders_count; i++)
        apply_canceled(state, &canceled->orders[i], now);
    apply_all_ended(state, canceled->ended, canceled->ended_count, now);
    if (state->ending != NULL)
        orders_refresh_ending(state);
}

static void apply_staff(struct orders_state *state, const struct staff_adopted *adopted)
{
    staff_set(&state->staff, adopted->user_id, role_bits_of(adopted->roles, adopted->roles_count));
}

void orders_apply(void *state, const struct event *event)
{
    const struct orders_moment now = orders_moment_of(&event->meta);
    approvals_apply(&((struct orders_state *)state)->approvals, event);
    switch (event->kind) {
    case EVENT_LOG_CREATED: apply_log_created(state, &event->log_created); break;
    case EVENT_ASSET_CREATED: apply_asset(state, &event->asset_created.asset); break;
    case EVENT_ASSET_ADOPTED: apply_asset(state, &event->asset_adopted.asset); break;
    case EVENT_STAFF_ADOPTED: apply_staff(state, &event->staff_adopted); break;
    case EVENT_INSTRUMENT_CHANGED:
        apply_instrument(state, &event->instrument_changed.instrument);
        break;
    case EVENT_PRICES_MOVED: apply_prices_moved(state, &event->prices_moved, now); break;
    case EVENT_ORDER_ENTERED: apply_entered(state, event); break;
    case EVENT_ORDER_REFUSED: apply_refused(state, &event->order_refused.order, now); break;
    case EVENT_ORDER_CANCELED:
        apply_canceled(state, &event->order_canceled.order, now);
        apply_all_ended(state, event->order_canceled.ended, event->order_canceled.ended_count, now);
        break;
    case EVENT_ORDERS_CANCELED: apply_all_canceled(state, &event->orders_canceled, now); break;
    case EVENT_BRACKETS_ENTERED: apply_brackets(state, &event->brackets_entered, now); break;
    case EVENT_OPTION_EXPIRED: orders_expire_option(state, &event->option_expired.asset); break;
    default: break; /* claims, refusals of commands and the like: facts for readers */
    }
}
