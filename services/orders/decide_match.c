/* What the book found, as an event: fills, fees, self-trades prevented, how the order stands. */
#include "base/murmur2.h"
#include "base/seeded_bug.h"
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

int64_t orders_fee_due_e8(__int128 taker_notional_e16, int32_t taker_fee_bps,
                          __int128 maker_notional_e16, int32_t maker_fee_bps, int quote_scale)
{
    int64_t unit_e8 = 1;
    for (int place = quote_scale; place < DECIMAL_SCALE; place++)
        unit_e8 *= 10;
    __int128 accrued_e20 = taker_notional_e16 * taker_fee_bps + maker_notional_e16 * maker_fee_bps;
    return decimal_divide_half_even(accrued_e20, (__int128)E8 * 10000 * unit_e8) * unit_e8;
}

/* Every trade is a whole number of the quote's units, so notionals are exact in 10^-8. */
static int64_t notional_e8(__int128 notional_e16)
{
    CHECK(notional_e16 % E8 == 0);
    return (int64_t)(notional_e16 / E8);
}

/* The worst price that an order without a limit may trade at: the edge of the band around the
 * reference price. 0: any. */
static int64_t worst_price_e8(const struct order *order, const struct orders_instrument *instrument)
{
    int64_t near_e8 = 0;
    int64_t band_e8 = instrument->rules.price_band_percent_e8;
    if (band_e8 == 0 || !orders_reference(instrument, &near_e8) || SEEDED_BUG(BAND_FORGOTTEN))
        return 0;
    __int128 away_e8 = (__int128)near_e8 * band_e8 / (100 * E8);
    __int128 edge_e8 = order->side == SIDE_BUY ? near_e8 + away_e8 : near_e8 - away_e8;
    return edge_e8 > 0 && edge_e8 <= INT64_MAX ? (int64_t)edge_e8 : 0;
}

static struct book_incoming incoming_of(const struct order *order,
                                        const struct orders_instrument *instrument)
{
    bool market = !order->has_limit_price_e8;
    bool kills = order->time_in_force == TIME_IN_FORCE_FOK;
    bool budget = market && order->side == SIDE_BUY && order->has_max_notional_e8;
    return (struct book_incoming){
        .account_id = order->account_id,
        .side = order->side,
        .time_in_force = market && !kills ? TIME_IN_FORCE_IOC : order->time_in_force,
        .self_trade = order->self_trade,
        .post_only = order->post_only && !market,
        .price_e8 = market ? worst_price_e8(order, instrument) : order->limit_price_e8,
        .quantity_e8 = order->remaining_quantity_e8,
        .max_notional_e8 = budget ? order->max_notional_e8 : 0,
        .lot_size_e8 = instrument->rules.lot_size_e8,
    };
}

/* The price on average of what was filled before and now: from exact sums, since an average of
 * rounded averages drifts away. */
static int64_t average_e8(__int128 before_e16, int64_t before_e8, __int128 now_e16, int64_t now_e8)
{
    if (SEEDED_BUG(AVERAGE_OF_AVERAGES) && before_e8 > 0)
        before_e16 = (__int128)decimal_divide_half_even(before_e16, before_e8) * before_e8;
    return decimal_divide_half_even(before_e16 + now_e16, before_e8 + now_e8);
}

/* The resting side of a fill: behind it, all told. */
static struct resting_fill resting_fill_of(const struct book_fill *fill, int quote_scale)
{
    const struct book_order *order = fill->resting;
    int64_t filled_e8 = order->filled_quantity_e8 + fill->quantity_e8;
    __int128 now_e16 = (__int128)order->price_e8 * fill->quantity_e8;
    __int128 filled_e16 = order->filled_notional_e16 + now_e16;
    int64_t fees_e8 = orders_fee_due_e8(
        order->taker_notional_e16, order->taker_fee_bps, filled_e16 - order->taker_notional_e16,
        order->maker_fee_bps, quote_scale + SEEDED_BUG(FEE_ROUNDING));
    int64_t remaining_e8 = book_remaining_e8(order) - fill->quantity_e8;
    return (struct resting_fill){
        .order_id = order->order_id,
        .account_id = order->account_id,
        .fee_e8 = fees_e8 - order->fee_charged_e8,
        .filled_quantity_e8 = filled_e8,
        .remaining_quantity_e8 = remaining_e8,
        .filled_notional_e8 = notional_e8(filled_e16),
        .fees_e8 = fees_e8,
        .average_fill_price_e8 = average_e8(order->filled_notional_e16, order->filled_quantity_e8,
                                            now_e16, fill->quantity_e8),
        .status = remaining_e8 > 0 ? ORDER_STATUS_PARTIALLY_FILLED : ORDER_STATUS_FILLED,
        .lifecycle = remaining_e8 > 0 ? LIFECYCLE_SUBMITTED : LIFECYCLE_EXECUTED,
    };
}

/* Both sides of every trade. Returns the incoming order's fees, all told. */
static int64_t write_fills(const struct decision *decision, const struct coming *coming,
                           const struct instrument *rules, size_t count)
{
    struct order_entered *entered = &decision->event->order_entered;
    const struct order *order = coming->order;
    __int128 taker_e16 = (__int128)coming->taker_notional_e8 * E8;
    __int128 maker_e16 = (__int128)order->filled_notional_e8 * E8 - taker_e16;
    uint32_t owner_hash = murmur2(rules->symbol.data, rules->symbol.size);
    entered->fills = ARENA_NEW(decision->arena, struct fill, count);
    entered->resting = ARENA_NEW(decision->arena, struct resting_fill, count);
    entered->fills_count = entered->resting_count = count;
    int64_t fees_e8 = order->fees_e8;
    for (size_t i = 0; i < count; i++) {
        const struct book_fill *fill = &decision->state->fills[i];
        taker_e16 += (__int128)fill->resting->price_e8 * fill->quantity_e8;
        int64_t due_e8 = orders_fee_due_e8(taker_e16, entered->taker_fee_bps, maker_e16,
                                           entered->maker_fee_bps, rules->quote_scale);
        entered->fills[i] =
            (struct fill){.trade_id = input_id(decision->input, owner_hash, (uint32_t)i),
                          .price_e8 = fill->resting->price_e8,
                          .quantity_e8 = fill->quantity_e8,
                          .fee_e8 = due_e8 - fees_e8};
        fees_e8 = due_e8;
        entered->resting[i] = resting_fill_of(fill, rules->quote_scale);
        orders_touch_account(decision, fill->resting->account_id);
        entered->has_last_price_e8 = true;
        entered->last_price_e8 = fill->resting->price_e8;
    }
    return fees_e8;
}

/* The trades with its own account that did not happen, and the orders that ended by that. */
static void write_prevented(const struct decision *decision, size_t count)
{
    struct order_entered *entered = &decision->event->order_entered;
    entered->prevented = ARENA_NEW(decision->arena, struct prevented, count);
    entered->prevented_count = count;
    entered->ended = ARENA_NEW(decision->arena, struct ended_order, count + 1); /* and a sibling */
    for (size_t i = 0; i < count; i++) {
        const struct book_prevented *found = &decision->state->prevented[i];
        const struct book_order *resting = found->resting;
        int64_t taken_e8 = found->decrements ? found->quantity_e8 : 0;
        int64_t remaining_e8 = book_remaining_e8(resting) - taken_e8;
        entered->prevented[i] =
            (struct prevented){.order_id = resting->order_id,
                               .account_id = resting->account_id,
                               .price_e8 = resting->price_e8,
                               .quantity_e8 = found->quantity_e8,
                               .prevented_quantity_e8 = resting->prevented_quantity_e8 + taken_e8,
                               .remaining_quantity_e8 = remaining_e8};
        if (!found->ends_resting)
            continue;
        entered->ended[entered->ended_count++] = (struct ended_order){
            .order_id = resting->order_id,
            .account_id = resting->account_id,
            .remaining_quantity_e8 = remaining_e8,
            .status = ORDER_STATUS_CANCELED,
            .lifecycle = resting->filled_quantity_e8 > 0 ? LIFECYCLE_EXECUTED : LIFECYCLE_CLOSED,
            .end_reason = END_REASON_SELF_TRADE};
    }
}

static enum end_reason end_reason_of(const struct order *order, const struct book_match *match)
{
    switch (match->outcome) {
    case BOOK_FILLED: return END_REASON_FILLED;
    case BOOK_SELF_TRADE: return END_REASON_SELF_TRADE;
    case BOOK_FILL_LIMIT: return END_REASON_FILL_LIMIT;
    case BOOK_REMAINDER:
        return !order->has_limit_price_e8 && match->filled_quantity_e8 == 0
                   ? END_REASON_NO_LIQUIDITY
                   : END_REASON_IOC_REMAINDER;
    case BOOK_RESTS:
    case BOOK_BUDGET_SPENT:
    case BOOK_WOULD_TRADE:
    case BOOK_NOT_FILLABLE: break;
    }
    return END_REASON_IOC_REMAINDER;
}

/* How the incoming order stands when it has met the book. */
static void settle(struct order *order, const struct book_match *match, int64_t fees_e8)
{
    __int128 before_e16 = (__int128)order->filled_notional_e8 * E8;
    int64_t before_e8 = order->filled_quantity_e8;
    order->filled_quantity_e8 += match->filled_quantity_e8;
    order->remaining_quantity_e8 = match->remaining_quantity_e8;
    order->filled_notional_e8 = notional_e8(before_e16 + match->filled_notional_e16);
    order->fees_e8 = fees_e8;
    bool traded = order->filled_quantity_e8 > 0;
    order->has_average_fill_price_e8 = traded;
    if (traded)
        order->average_fill_price_e8 = average_e8(before_e16, before_e8, match->filled_notional_e16,
                                                  match->filled_quantity_e8);
    if (match->outcome == BOOK_RESTS) {
        order->status = traded ? ORDER_STATUS_PARTIALLY_FILLED : ORDER_STATUS_OPEN;
        order->lifecycle = LIFECYCLE_SUBMITTED;
        return;
    }
    order->status = match->outcome == BOOK_FILLED ? ORDER_STATUS_FILLED : ORDER_STATUS_CANCELED;
    order->lifecycle = traded ? LIFECYCLE_EXECUTED : LIFECYCLE_CLOSED;
    order->has_end_reason = true;
    order->end_reason = end_reason_of(order, match);
}

static struct refusal refusal_of(const struct order *order, const struct book_match *match)
{
    if (match->outcome == BOOK_WOULD_TRADE)
        return (struct refusal){
            "POST_ONLY_WOULD_TRADE",
            TEXT("The order would trade at once; lower a buy's price or raise a sell's."),
            "post_only"};
    if (match->outcome == BOOK_NOT_FILLABLE)
        return (struct refusal){"FOK_NOT_FILLABLE",
                                TEXT("The book cannot fill the whole order within its price."),
                                "quantity"};
    if (match->filled_notional_e16 + (__int128)order->filled_notional_e8 * E8 >
        ORDERS_NOTIONAL_MAX_E16)
        return (struct refusal){"AMOUNT_RANGE",
                                TEXT("What the order would trade is too large to be counted."),
                                "quantity"};
    return (struct refusal){0};
}

void orders_meet_nobody(const struct decision *decision, const struct coming *coming,
                        const struct orders_instrument *instrument)
{
    struct order_entered *entered = &decision->event->order_entered;
    decision->event->kind = EVENT_ORDER_ENTERED;
    *entered = (struct order_entered){.order = *coming->order,
                                      .entry = coming->entry,
                                      .maker_fee_bps = coming->maker_fee_bps,
                                      .taker_fee_bps = coming->taker_fee_bps,
                                      .has_last_price_e8 = instrument->has_last_price,
                                      .last_price_e8 = instrument->last_price_e8};
    entered->order.updated_at = decision->input->now_us;
}

struct refusal orders_match(const struct decision *decision, const struct coming *coming,
                            const struct orders_instrument *instrument)
{
    const struct orders_state *state = decision->state;
    const struct book_incoming incoming = incoming_of(coming->order, instrument);
    struct book_match match;
    book_match(instrument->book, &incoming, ORDERS_FILLS_MAX, ORDERS_PREVENTED_MAX, state->fills,
               state->prevented, &match);
    struct refusal refusal = refusal_of(coming->order, &match);
    if (refusal.code != NULL)
        return refusal;
    orders_meet_nobody(decision, coming, instrument);
    struct order_entered *entered = &decision->event->order_entered;
    int64_t fees_e8 = write_fills(decision, coming, &instrument->rules, match.fills_count);
    write_prevented(decision, match.prevented_count);
    settle(&entered->order, &match, fees_e8);
    return refusal;
}
