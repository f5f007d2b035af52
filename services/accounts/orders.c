/* Open orders: their hold, and what they may still bring in. */
#include "accounts/due.h"
#include "decimal/decimal.h"

#include <stdlib.h>
#include <utlist.h>

enum { BPS_OF_ONE = 10000 };

struct accounts_order *accounts_order(const struct accounts_state *state, struct uuid id)
{
    struct accounts_order *order = id_table_find(&state->orders, id);
    if (order != NULL)
        return order;
    const struct accounts_sibling *sibling = id_table_find(&state->siblings, id);
    return sibling == NULL ? NULL : sibling->order;
}

struct accounts_order *accounts_order_add(struct accounts_state *state,
                                          const struct accounts_order *given)
{
    struct accounts_order *order = malloc(sizeof *order);
    CHECK(order != NULL);
    *order = *given;
    id_table_add(&state->orders, order);
    order->sibling.order = order;
    if (order->has_sibling)
        id_table_add(&state->siblings, &order->sibling);
    DL_APPEND(order->account->orders, order);
    order->account->orders_count++;
    order->account->guards_count += order->guards;
    accounts_expect(order);
    return order;
}

void accounts_order_remove(struct accounts_state *state, struct accounts_order *order)
{
    accounts_expect_no_more(order);
    accounts_unmark(state, &order->id, 1);
    DL_DELETE(order->account->orders, order);
    order->account->orders_count--;
    order->account->guards_count -= order->guards;
    id_table_remove(&state->orders, order);
    if (order->has_sibling)
        id_table_remove(&state->siblings, &order->sibling);
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

struct order_terms accounts_terms_wanted(const struct accounts_order *order, bool has_quantity,
                                         int64_t quantity_e8, bool has_limit_price,
                                         int64_t limit_price_e8)
{
    return (struct order_terms){
        .quantity_e8 = has_quantity ? quantity_e8 : order->quantity_e8,
        .has_limit_price_e8 = order->has_limit_price,
        .limit_price_e8 = has_limit_price ? limit_price_e8 : order->limit_price_e8,
    };
}

struct accounts_order accounts_with_terms(const struct accounts_order *order,
                                          const struct order_terms *terms)
{
    struct accounts_order after = *order;
    int64_t gone_e8 = order->quantity_e8 - order->remaining_quantity_e8;
    after.quantity_e8 = terms->quantity_e8;
    after.remaining_quantity_e8 = terms->quantity_e8 > gone_e8 ? terms->quantity_e8 - gone_e8 : 0;
    after.has_limit_price = terms->has_limit_price_e8;
    after.limit_price_e8 = terms->limit_price_e8;
    after.replacing = false;
    after.wanted = (struct order_terms){0};
    return after;
}

bool accounts_keeps_place(const struct accounts_order *order, const struct order_terms *terms)
{
    return terms->quantity_e8 <= order->quantity_e8 &&
           terms->limit_price_e8 == order->limit_price_e8;
}

/* Fees that the order can still be charged when `rest_e8` more is traded. */
static __int128 fees_to_come(const struct accounts_order *order, int64_t rest_e8)
{
    int32_t rate_bps = order->maker_fee_bps;
    bool comes_in = order->replacing && !accounts_keeps_place(order, &order->wanted);
    if ((!order->in_book || comes_in) && order->taker_fee_bps > rate_bps)
        rate_bps = order->taker_fee_bps;
    __int128 unit_e8 = 1;
    for (int32_t place = order->pair->quote_scale; place < DECIMAL_SCALE; place++)
        unit_e8 *= 10;
    __int128 accrued = (__int128)order->taker_notional_e8 * order->taker_fee_bps +
                       (__int128)order->maker_notional_e8 * order->maker_fee_bps +
                       (__int128)rest_e8 * rate_bps;
    return divide_up(accrued, BPS_OF_ONE * unit_e8) * unit_e8 - order->fees_e8;
}

/* The most that may still be traded, in the base. */
static int64_t rest_quantity_e8(const struct accounts_order *order)
{
    int64_t rest_e8 = order->remaining_quantity_e8;
    if (!order->replacing)
        return rest_e8;
    int64_t wanted_e8 = accounts_with_terms(order, &order->wanted).remaining_quantity_e8;
    return wanted_e8 > rest_e8 ? wanted_e8 : rest_e8;
}

/* The most that may still be traded, in the quote, at the order's limits. While it is being
 * replaced its old terms may fill any part of it first: all of it, or none, is the dearest. */
static enum err rest_notional(const struct accounts_order *order, int64_t *ret_rest_e8)
{
    int64_t rest_e8 = order->remaining_quantity_e8;
    enum err err = decimal_product(order->limit_price_e8, rest_e8, DECIMAL_UP, ret_rest_e8);
    if (err != OK || !order->replacing)
        return err;
    const struct accounts_order after = accounts_with_terms(order, &order->wanted);
    int64_t wanted_e8 = 0, more_e8 = 0;
    if (after.remaining_quantity_e8 > rest_e8)
        err = decimal_product(after.limit_price_e8, after.remaining_quantity_e8 - rest_e8,
                              DECIMAL_UP, &more_e8);
    if (err == OK)
        err = decimal_product(after.limit_price_e8, after.remaining_quantity_e8, DECIMAL_UP,
                              &wanted_e8);
    if (err != OK || __builtin_add_overflow(*ret_rest_e8, more_e8, ret_rest_e8))
        return ERR_RANGE;
    if (wanted_e8 > *ret_rest_e8)
        *ret_rest_e8 = wanted_e8;
    return OK;
}

enum err accounts_hold(const struct accounts_order *order, int64_t *ret_hold_e8)
{
    if (order->side == SIDE_SELL) {
        *ret_hold_e8 = rest_quantity_e8(order);
        return OK;
    }
    int64_t rest_e8 = order->max_notional_e8;
    enum err err = order->has_limit_price ? rest_notional(order, &rest_e8) : OK;
    if (err != OK)
        return err;
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
        *ret_amount_e8 = rest_quantity_e8(order);
        return OK;
    }
    *ret_asset = order->pair->quote;
    *ret_amount_e8 = order->max_notional_e8;
    return order->has_limit_price ? rest_notional(order, ret_amount_e8) : OK;
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
