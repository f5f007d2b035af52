/* An emergency close: the account's sells in the book end, and what they and the hold come to is
 * sold at market, in one event. What cannot be sold stays in the book at the lowest price allowed.
 */
#include "base/seeded_bug.h"
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

#include <string.h>

#define PERCENT_E8 (100 * E8)

/* The band's lower end, or the last trade's price where there is no band, on the tick. False:
 * neither is known. */
static bool find_floor(const struct orders_instrument *instrument,
                       const struct order_entered *entered, int64_t *ret_price_e8)
{
    const struct instrument *rules = &instrument->rules;
    __int128 price_e8 = instrument->last_price_e8;
    int64_t near_e8 = 0;
    bool known = instrument->has_last_price;
    if (entered->fills_count > 0) {
        price_e8 = entered->fills[entered->fills_count - 1].price_e8;
        known = true;
    }
    if (rules->price_band_percent_e8 > 0 && orders_reference(instrument, &near_e8)) {
        price_e8 = near_e8 - (__int128)near_e8 * rules->price_band_percent_e8 / PERCENT_E8;
        known = true;
    }
    __int128 ticks = (price_e8 + rules->tick_size_e8 - 1) / rules->tick_size_e8;
    *ret_price_e8 = ticks > 0 ? (int64_t)(ticks * rules->tick_size_e8) : rules->tick_size_e8;
    return known;
}

static struct ended_order closed(const struct decision *decision, const struct orders_order *sell)
{
    struct order over = orders_over(decision, sell, ORDER_STATUS_CANCELED, END_REASON_CLOSED);
    return (struct ended_order){.order_id = over.id,
                                .account_id = over.account_id,
                                .remaining_quantity_e8 = over.remaining_quantity_e8,
                                .status = over.status,
                                .lifecycle = over.lifecycle,
                                .end_reason = over.end_reason};
}

/* The account's sells that are open, as they end, with their siblings. Returns what remained. */
static int64_t end_sells(const struct decision *decision, const struct order_authorized *authorized,
                         struct ended_order **ret_ended, size_t *ret_count)
{
    int64_t remaining_e8 = 0;
    *ret_ended = ARENA_NEW(decision->arena, struct ended_order, 2 * authorized->sells_count);
    *ret_count = 0;
    for (size_t i = 0; i < authorized->sells_count; i++) {
        const struct orders_order *sell = orders_order(decision->state, authorized->sells[i]);
        if (sell == NULL || !orders_is_open(sell) || sell->book.side != SIDE_SELL ||
            !uuid_equal(sell->book.account_id, authorized->order.account_id))
            continue;
        remaining_e8 = decimal_sum(remaining_e8, book_remaining_e8(&sell->book));
        (*ret_ended)[(*ret_count)++] = closed(decision, sell);
        orders_end_sibling(decision, sell, *ret_ended, ret_count);
    }
    return remaining_e8;
}

/* Behind those that its match ended. */
static void add_ended(const struct decision *decision, const struct ended_order *sells,
                      size_t count)
{
    struct order_entered *entered = &decision->event->order_entered;
    struct ended_order *ended =
        ARENA_NEW(decision->arena, struct ended_order, entered->ended_count + count);
    if (entered->ended_count > 0)
        memcpy(ended, entered->ended, entered->ended_count * sizeof *ended);
    if (count > 0)
        memcpy(ended + entered->ended_count, sells, count * sizeof *ended);
    entered->ended = ended;
    entered->ended_count += count;
}

/* What the book could not take stays, at the floor, unless it could bring more than its account has
 * room for. */
static void rest_at_floor(const struct orders_instrument *instrument,
                          const struct order_authorized *authorized, struct order_entered *entered)
{
    struct order *order = &entered->order;
    int64_t floor_e8 = 0;
    bool left_over = order->has_end_reason && (order->end_reason == END_REASON_NO_LIQUIDITY ||
                                               order->end_reason == END_REASON_IOC_REMAINDER);
    if (!left_over || !find_floor(instrument, entered, &floor_e8))
        return;
    __int128 rest_e16 = (__int128)floor_e8 * order->remaining_quantity_e8;
    if (rest_e16 > (__int128)authorized->room_e8 * E8 ||
        rest_e16 + (__int128)order->filled_notional_e8 * E8 > ORDERS_NOTIONAL_MAX_E16)
        return;
    order->type = ORDER_TYPE_LIMIT;
    order->time_in_force = TIME_IN_FORCE_GTC;
    order->has_limit_price_e8 = true;
    order->limit_price_e8 = floor_e8;
    order->status =
        order->filled_quantity_e8 > 0 ? ORDER_STATUS_PARTIALLY_FILLED : ORDER_STATUS_OPEN;
    order->lifecycle = LIFECYCLE_SUBMITTED;
    order->has_end_reason = false;
    order->end_reason = (enum end_reason)0;
}

struct refusal orders_close(const struct decision *decision,
                            const struct order_authorized *authorized,
                            const struct orders_instrument *instrument)
{
    struct order order = authorized->order;
    struct ended_order *sells = NULL;
    size_t sells_count = 0;
    int64_t all_e8 =
        decimal_sum(order.quantity_e8, end_sells(decision, authorized, &sells, &sells_count));
    all_e8 -= all_e8 % instrument->rules.lot_size_e8;
    order.quantity_e8 = order.remaining_quantity_e8 = all_e8;
    if (all_e8 == 0)
        return (struct refusal){"INSUFFICIENT_BALANCE",
                                TEXT("There is nothing of it that could be sold."), NULL};
    const struct coming coming = {.order = &order,
                                  .maker_fee_bps = authorized->maker_fee_bps,
                                  .taker_fee_bps = authorized->taker_fee_bps,
                                  .entry = ORDER_ENTRY_CLOSE};
    struct refusal refusal = orders_match(decision, &coming, instrument);
    if (refusal.code != NULL)
        return refusal;
    add_ended(decision, sells, SEEDED_BUG(CLOSE_LEAVES_SELLS) ? 0 : sells_count);
    rest_at_floor(instrument, authorized, &decision->event->order_entered);
    return refusal;
}
