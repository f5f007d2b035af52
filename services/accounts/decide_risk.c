/* Risk before an order is authorised, and the limits it is held against. */
#include "accounts/risk.h"
#include "base/seeded_bug.h"
#include "base/time.h"
#include "decimal/decimal.h"
#include "decision/limits.h"

#include <inttypes.h>
#include <utlist.h>

/* Text of a struct text for "%.*s". */
#define SHOWN(text) (int)(text).size, (text).data

/* An order before it is authorised or replaced, and what it may do. */
struct risk {
    const struct accounts_turn *turn;
    const struct accounts_order *wanted, *before;
    const struct accounts_account *account;
    const struct accounts_balance *quote; /* of the account; what a buy pays with */
    struct risk_limits limits;            /* in force */
};

static int64_t sum_to_max(int64_t a, int64_t b)
{
    int64_t sum = INT64_MAX;
    return decimal_add(a, b, &sum) ? sum : INT64_MAX;
}

/* What remains of a buy may still cost, without fees. Its hold is in range, so this is. */
static int64_t rest_e8(const struct accounts_order *order)
{
    int64_t cost_e8 = order->max_notional_e8;
    if (order->has_limit_price)
        CHECK(decimal_product(order->limit_price_e8, order->remaining_quantity_e8, DECIMAL_UP,
                              &cost_e8) == OK);
    return cost_e8;
}

/* Of a buy, without fees, what was traded of it included. */
static int64_t notional_e8(const struct accounts_order *order)
{
    int64_t traded_e8 = sum_to_max(order->taker_notional_e8, order->maker_notional_e8);
    return order->has_limit_price ? sum_to_max(rest_e8(order), traded_e8) : rest_e8(order);
}

/* What is new of a buy's notional. */
static int64_t added_e8(const struct risk *risk)
{
    int64_t was_e8 = risk->before == NULL ? 0 : notional_e8(risk->before);
    int64_t is_e8 = notional_e8(risk->wanted);
    return is_e8 > was_e8 ? is_e8 - was_e8 : 0;
}

static int64_t bought_today_e8(const struct risk *risk)
{
    bool today = risk->quote->day_us == time_day_start(risk->turn->input->now_us) ||
                 SEEDED_BUG(DAILY_LIMIT_NEVER_RESETS);
    return today ? risk->quote->bought_e8 : 0;
}

/* Risk 2. */
static bool order_is_small(const struct risk *risk)
{
    int64_t limit_e8 = risk->limits.max_order_notional_e8, order_e8 = notional_e8(risk->wanted);
    struct text quote = risk->wanted->pair->quote;
    return !risk->limits.has_max_order_notional_e8 || order_e8 <= limit_e8 ||
           accounts_refuse(risk->turn, "RISK_ORDER_LIMIT", NULL,
                           "The order comes to %s %.*s; the limit of one order is %s.",
                           accounts_amount_text(risk->turn, order_e8, 2), SHOWN(quote),
                           accounts_amount_text(risk->turn, limit_e8, 2));
}

/* Risk 3. */
static bool day_has_room(const struct risk *risk)
{
    int64_t limit_e8 = risk->limits.max_daily_notional_e8;
    int64_t more_e8 = added_e8(risk), used_e8 = bought_today_e8(risk);
    if (!risk->limits.has_max_daily_notional_e8 || more_e8 == 0 ||
        sum_to_max(used_e8, more_e8) <= limit_e8)
        return true;
    int64_t left_e8 = used_e8 < limit_e8 ? limit_e8 - used_e8 : 0;
    char resets_at[TIME_TEXT_SIZE];
    time_print(time_day_start(risk->turn->input->now_us) + DAY_US, resets_at);
    return accounts_refuse(risk->turn, "RISK_DAILY_LIMIT", NULL,
                           "The order adds %s %.*s to what was bought today; of the limit of %s "
                           "a day %s are left, and all of it is again from %.*s on.",
                           accounts_amount_text(risk->turn, more_e8, 2),
                           SHOWN(risk->wanted->pair->quote),
                           accounts_amount_text(risk->turn, limit_e8, 2),
                           accounts_amount_text(risk->turn, left_e8, 2), TIME_TEXT_SIZE, resets_at);
}

static bool lacks_price(const struct risk *risk, struct text symbol)
{
    return accounts_refuse(risk->turn, "RISK_DATA_UNAVAILABLE", NULL,
                           "The order cannot be held against the account's limits: %.*s has no "
                           "mark price, and has not traded yet.",
                           SHOWN(symbol));
}

/* Adds what a holding is worth in the quote asset: by the instrument that trades it for that; where
 * there is none, nothing. False: refused, for it has no price yet. */
static bool add_worth(const struct risk *risk, const struct accounts_balance *held,
                      __int128 *value_e8)
{
    int64_t price_e8 = 0;
    const struct accounts_instrument *at = risk->turn->state->instruments;
    while (at != NULL && !(text_equal(at->pair->base, held->asset) &&
                           text_equal(at->pair->quote, risk->wanted->pair->quote)))
        at = at->hh.next;
    if (at == NULL)
        return true;
    if (!accounts_price(at, &price_e8) && !SEEDED_BUG(RISK_FAILS_OPEN))
        return lacks_price(risk, at->symbol);
    *value_e8 += ((__int128)held->available_e8 + held->locked_e8) * price_e8 / E8;
    return true;
}

/* What the account has besides the order's two assets. False: refused. */
static bool add_other_holdings(const struct risk *risk, __int128 *value_e8)
{
    const struct accounts_pair *pair = risk->wanted->pair;
    const struct text_list *balances = &risk->account->balances;
    for (uint32_t i = 0; i < balances->count; i++) {
        const struct accounts_balance *held = balances->entries[i].thing;
        bool traded = text_equal(held->asset, pair->base) || text_equal(held->asset, pair->quote);
        if (!traded && held->available_e8 + held->locked_e8 > 0 && !add_worth(risk, held, value_e8))
            return false;
    }
    return true;
}

/* Adds an open buy; while its book has not answered a replace, the more by either of its terms. */
static void add_buy(const struct accounts_order *order, __int128 *quantity_e8, __int128 *cost_e8)
{
    int64_t remaining_e8 = order->remaining_quantity_e8, rest = rest_e8(order);
    if (order->replacing) {
        const struct accounts_order after = accounts_with_terms(order, &order->wanted);
        if (after.remaining_quantity_e8 > remaining_e8)
            remaining_e8 = after.remaining_quantity_e8;
        if (rest_e8(&after) > rest)
            rest = rest_e8(&after);
    }
    *quantity_e8 += remaining_e8;
    *cost_e8 += rest;
}

/* What the account will have of the base asset, and have paid for it, when the order and its open
 * buys of the instrument are filled at their worst. */
static void outlook(const struct risk *risk, __int128 *ret_quantity_e8, __int128 *ret_cost_e8)
{
    const struct accounts_order *wanted = risk->wanted, *order;
    const struct accounts_balance *base =
        accounts_balance(&risk->account->balances, wanted->pair->base);
    bool counts = !SEEDED_BUG(CONCENTRATION_IGNORES_ORDER);
    *ret_quantity_e8 = (__int128)base->available_e8 + base->locked_e8 +
                       (counts ? wanted->remaining_quantity_e8 : 0);
    *ret_cost_e8 = counts ? rest_e8(wanted) : 0;
    DL_FOREACH(risk->account->orders, order)
    {
        if (order == risk->before || order->side == SIDE_SELL ||
            !text_equal(order->pair->symbol, wanted->pair->symbol))
            continue;
        add_buy(order, ret_quantity_e8, ret_cost_e8);
    }
}

/* Risk 4: in one instrument, of what the account then has in its quote asset. Rounded against the
 * order; without a price the instrument itself counts at the order's limit. */
static bool concentration_is_low(const struct risk *risk)
{
    const struct accounts_order *wanted = risk->wanted;
    if (!risk->limits.has_max_concentration_percent_e8)
        return true;
    int64_t price_e8 = wanted->limit_price_e8;
    if (!accounts_price(accounts_instrument(risk->turn->state, wanted->pair->symbol), &price_e8) &&
        !wanted->has_limit_price)
        return lacks_price(risk, wanted->pair->symbol);
    __int128 quantity_e8, cost_e8, part, whole;
    outlook(risk, &quantity_e8, &cost_e8);
    __int128 value_e8 = (__int128)risk->quote->available_e8 + risk->quote->locked_e8 - cost_e8 +
                        quantity_e8 * price_e8 / E8;
    if (!add_other_holdings(risk, &value_e8))
        return false;
    if (__builtin_mul_overflow((quantity_e8 * price_e8 + E8 - 1) / E8, LIMITS_PERCENT_MAX_E8,
                               &part) ||
        __builtin_mul_overflow(value_e8, risk->limits.max_concentration_percent_e8, &whole))
        return accounts_refuse(risk->turn, "AMOUNT_RANGE", NULL,
                               "What the account has is worth too much to be counted exactly.");
    return part <= whole ||
           accounts_refuse(
               risk->turn, "RISK_CONCENTRATION", NULL,
               "With the order more than %s percent of what the account has in %.*s "
               "would be in %.*s.",
               accounts_amount_text(risk->turn, risk->limits.max_concentration_percent_e8, 0),
               SHOWN(wanted->pair->quote), SHOWN(wanted->pair->symbol));
}

/* Risk 5. */
static bool orders_are_few(const struct risk *risk)
{
    int64_t limit = ACCOUNTS_OPEN_ORDERS_MAX;
    if (risk->limits.has_max_open_orders && risk->limits.max_open_orders < limit)
        limit = risk->limits.max_open_orders;
    return risk->before != NULL || (int64_t)risk->account->orders_count < limit ||
           accounts_refuse(risk->turn, "RISK_OPEN_ORDERS", NULL,
                           "The account has %zu open orders, of at most %" PRId64
                           "; cancel some first.",
                           risk->account->orders_count, limit);
}

#define OVERRIDE(limits, own, name)                                                                \
    do {                                                                                           \
        if ((own)->has_##name) {                                                                   \
            (limits)->has_##name = true;                                                           \
            (limits)->name = (own)->name;                                                          \
        }                                                                                          \
    } while (0)

/* Each limit: the account's own where it has one, else the venue's. */
static struct risk_limits limits_in_force(const struct accounts_state *state,
                                          const struct accounts_account *account)
{
    struct risk_limits limits = state->venue_limits;
    OVERRIDE(&limits, &account->limits, max_order_notional_e8);
    OVERRIDE(&limits, &account->limits, max_daily_notional_e8);
    OVERRIDE(&limits, &account->limits, max_concentration_percent_e8);
    OVERRIDE(&limits, &account->limits, max_open_orders);
    return limits;
}

static struct risk risk_of(const struct accounts_turn *turn, const struct accounts_order *wanted,
                           const struct accounts_order *before)
{
    return (struct risk){
        .turn = turn,
        .wanted = wanted,
        .before = before,
        .account = wanted->account,
        .quote = accounts_balance(&wanted->account->balances, wanted->pair->quote),
        .limits = limits_in_force(turn->state, wanted->account),
    };
}

bool accounts_risk_allows(const struct accounts_turn *turn, const struct accounts_order *wanted,
                          const struct accounts_order *before)
{
    const struct risk risk = risk_of(turn, wanted, before);
    bool reduces = wanted->side == SIDE_SELL;
    return (reduces ||
            (order_is_small(&risk) && day_has_room(&risk) && concentration_is_low(&risk))) &&
           orders_are_few(&risk);
}

int64_t accounts_risk_daily(const struct accounts_turn *turn, const struct accounts_order *wanted,
                            const struct accounts_order *before)
{
    const struct risk risk = risk_of(turn, wanted, before);
    return sum_to_max(bought_today_e8(&risk), added_e8(&risk));
}

void accounts_decide_risk_limits(const struct accounts_turn *turn)
{
    const struct set_risk_limits *command = &turn->input->command->set_risk_limits;
    const struct risk_limits limits = LIMITS_OF(command);
    if (!accounts_asked_by_staff(turn))
        return;
    const struct accounts_account *account = accounts_account(turn->state, command->account_id);
    if (account == NULL) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no account %s.",
                        accounts_id_text(turn, command->account_id).data);
        return;
    }
    if (!accounts_version_is(turn, command->has_if_version, command->if_version,
                             account->limits_version) ||
        !limits_are_sound(&limits, turn->event))
        return;
    turn->event->kind = EVENT_RISK_LIMITS_SET;
    turn->event->risk_limits_set = (struct risk_limits_set){.account_id = command->account_id,
                                                            .limits = limits,
                                                            .version = account->limits_version + 1,
                                                            .updated_at = turn->input->now_us};
}
