/* Open orders: their hold, and what they may still bring in. */
#include "accounts/state.h"
#include "decimal/decimal.h"

#include <stdlib.h>
#include <utlist.h>

enum { BPS_OF_ONE = 10000 };

struct accounts_order *accounts_order(const struct accounts_state *state, struct uuid id)
{
    return id_table_find(&state->orders, id);
}

struct accounts_order *accounts_order_add(struct accounts_state *state,
                                          const struct accounts_order *given)
{
    struct accounts_order *order = malloc(sizeof *order);
    CHECK(order != NULL);
    *order = *given;
    id_table_add(&state->orders, order);
    DL_APPEND(order->account->orders, order);
    order->account->orders_count++;
    accounts_expect(order);
    return order;
}

void accounts_order_remove(struct accounts_state *state, struct accounts_order *order)
{
    accounts_expect_no_more(order);
    DL_DELETE(order->account->orders, order);
    order->account->orders_count--;
    id_table_remove(&state->orders, order);
    free(order);
}

static int compare_orders(const void *a, const void *b)
{
    const struct accounts_order *const *left = a;
    const struct accounts_order *const *right = b;
    return uuid_compare((*left)->id, (*right)->id);
}

struct accounts_order **accounts_orders_sorted(const struct accounts_account *account)
{
    if (account->orders_count == 0)
        return NULL;
    struct accounts_order **sorted = calloc(account->orders_count, sizeof(struct accounts_order *));
    CHECK(sorted != NULL);
    size_t count = 0;
    struct accounts_order *order;
    DL_FOREACH(account->orders, order)
    {
        sorted[count++] = order;
    }
    qsort(sorted, count, sizeof(struct accounts_order *), compare_orders);
    return sorted;
}

/* numerator / denominator towards plus infinity; the denominator is above zero. */
static __int128 divide_up(__int128 numerator, __int128 denominator)
{
    return numerator / denominator + (numerator % denominator > 0 ? 1 : 0);
}

/* Fees that the order can still be charged when `rest_e8` more is traded. */
static __int128 fees_to_come(const struct accounts_order *order, int64_t rest_e8)
{
    int32_t rate_bps = order->maker_fee_bps;
    if (!order->in_book && order->taker_fee_bps > rate_bps)
        rate_bps = order->taker_fee_bps;
    __int128 unit_e8 = 1;
    for (int32_t place = order->pair->quote_scale; place < DECIMAL_SCALE; place++)
        unit_e8 *= 10;
    __int128 accrued = (__int128)order->taker_notional_e8 * order->taker_fee_bps +
                       (__int128)order->maker_notional_e8 * order->maker_fee_bps +
                       (__int128)rest_e8 * rate_bps;
    return divide_up(accrued, BPS_OF_ONE * unit_e8) * unit_e8 - order->fees_e8;
}

enum err accounts_hold(const struct accounts_order *order, int64_t *ret_hold_e8)
{
    if (order->side == SIDE_SELL) {
        *ret_hold_e8 = order->remaining_quantity_e8;
        return OK;
    }
    int64_t rest_e8 = order->max_notional_e8;
    if (order->has_limit_price) {
        enum err err = decimal_product(order->limit_price_e8, order->remaining_quantity_e8,
                                       DECIMAL_UP, &rest_e8);
        if (err != OK)
            return err;
    }
    __int128 hold_e8 = rest_e8 + fees_to_come(order, rest_e8);
    if (hold_e8 > INT64_MAX)
        return ERR_RANGE;
    *ret_hold_e8 = (int64_t)hold_e8;
    return OK;
}

struct text accounts_hold_asset(const struct accounts_order *order)
{
    return order->side == SIDE_SELL ? order->pair->base : order->pair->quote;
}

enum err accounts_incoming(const struct accounts_order *order, struct text *ret_asset,
                           int64_t *ret_amount_e8)
{
    if (order->side == SIDE_BUY) {
        *ret_asset = order->pair->base;
        *ret_amount_e8 = order->remaining_quantity_e8;
        return OK;
    }
    *ret_asset = order->pair->quote;
    *ret_amount_e8 = 0;
    if (!order->has_limit_price)
        return OK;
    return decimal_product(order->limit_price_e8, order->remaining_quantity_e8, DECIMAL_UP,
                           ret_amount_e8);
}

static struct accounts_balance *balance_expecting(struct accounts_order *order,
                                                  int64_t *ret_amount_e8)
{
    struct text asset;
    CHECK(accounts_incoming(order, &asset, ret_amount_e8) == OK);
    bool due = order->side == SIDE_SELL && order->account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
    return accounts_balance_at(due ? &order->account->proceeds : &order->account->balances, asset);
}

void accounts_expect(struct accounts_order *order)
{
    int64_t amount_e8;
    struct accounts_balance *balance = balance_expecting(order, &amount_e8);
    balance->incoming_e8 = decimal_sum(balance->incoming_e8, amount_e8);
}

void accounts_expect_no_more(struct accounts_order *order)
{
    int64_t amount_e8;
    struct accounts_balance *balance = balance_expecting(order, &amount_e8);
    balance->incoming_e8 = decimal_difference(balance->incoming_e8, amount_e8);
}
