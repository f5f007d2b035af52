/* Risk before an order is authorised, and the limits it is held against. */
#include "accounts/risk.h"
#include "base/seeded_bug.h"
#include "base/time.h"
#include "decimal/decimal.h"
#include "decision/limits.h"

#include <inttypes.h>

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

/* Of a buy, without fees. Its hold is in range, so this is. */
static int64_t notional_e8(const struct accounts_order *order)
{
    if (!order->has_limit_price)
        return order->max_notional_e8;
    int64_t rest_e8 = 0;
    CHECK(decimal_product(order->limit_price_e8, order->remaining_quantity_e8, DECIMAL_UP,
                          &rest_e8) == OK);
    return sum_to_max(rest_e8, sum_to_max(order->taker_notional_e8, order->maker_notional_e8));
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

/* Risk 5. */
static bool orders_are_few(const struct risk *risk)
{
    int64_t limit = risk->limits.max_open_orders;
    return risk->before != NULL || !risk->limits.has_max_open_orders ||
           (int64_t)risk->account->orders_count < limit ||
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
        .quote = accounts_balance(wanted->account->balances, wanted->pair->quote),
        .limits = limits_in_force(turn->state, wanted->account),
    };
}

bool accounts_risk_allows(const struct accounts_turn *turn, const struct accounts_order *wanted,
                          const struct accounts_order *before)
{
    const struct risk risk = risk_of(turn, wanted, before);
    bool reduces = wanted->side == SIDE_SELL;
    return (reduces || (order_is_small(&risk) && day_has_room(&risk))) && orders_are_few(&risk);
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

void accounts_decide_venue_rules(const struct accounts_turn *turn, const struct venue_rules *rules)
{
    turn->event->kind = EVENT_VENUE_RULES_ADOPTED;
    turn->event->venue_rules_adopted.rules = *rules;
}
