/* Invariant 21: an order is authorised if and only if it is within the limits of its account. They
 * are taken from what was asked for, not from what accounts says that it took. */
#include "check_ledger.h"

#include <string.h>

#define DAY_US (INT64_C(86400) * 1000000)

/* An order as it was asked for, and who it is held against. */
struct risk {
    struct check_ledger *ledger;
    struct uuid account_id;
    const struct check_item *command; /* PlaceOrder */
    struct check_balance *quote;      /* of the account; NULL: there is no such instrument */
    __int128 notional_e8;
};

/* The account's limit, or else the venue's; NULL: there is none. */
static const struct check_item *limit_of(const struct risk *risk, enum check_field field)
{
    const struct check_item *own = check_map_get(&risk->ledger->limits, risk->account_id.bytes);
    const struct check_item *venue = risk->ledger->venue_limits;
    if (own != NULL && !check_is_null(check_get(own, field)))
        return check_get(own, field);
    if (venue != NULL && !check_is_null(check_get(venue, field)))
        return check_get(venue, field);
    return NULL;
}

static bool is_above(const struct risk *risk, enum check_field field, __int128 amount)
{
    const struct check_item *limit = limit_of(risk, field);
    return limit != NULL && amount > check_number(limit);
}

/* What the account was authorised to buy today. */
static __int128 bought_e8(const struct risk *risk)
{
    int64_t day = risk->ledger->fact->occurred_at_us / DAY_US;
    return risk->quote->day == day ? risk->quote->bought_e8 : 0;
}

static int64_t open_orders(const struct risk *risk)
{
    int64_t count = 0;
    const struct check_map *orders = &risk->ledger->run->orders;
    for (size_t i = 0; i < orders->max; i++) {
        const struct check_order *order = orders->entries[i].value;
        count +=
            order != NULL && order->held_e8 > 0 && uuid_equal(order->account_id, risk->account_id);
    }
    return count;
}

/* The code of the first check that fails; "": none does. */
static const char *expected_code(const struct risk *risk)
{
    if (SAME_SYMBOL(risk->command, side, "buy")) {
        if (is_above(risk, FIELD_max_order_notional_e8, risk->notional_e8))
            return "RISK_ORDER_LIMIT";
        if (is_above(risk, FIELD_max_daily_notional_e8, bought_e8(risk) + risk->notional_e8))
            return "RISK_DAILY_LIMIT";
    }
    if (limit_of(risk, FIELD_max_open_orders) != NULL &&
        is_above(risk, FIELD_max_open_orders, open_orders(risk) + 1))
        return "RISK_OPEN_ORDERS";
    return "";
}

static struct risk risk_of(struct check_ledger *ledger)
{
    const struct check_item *command = ledger->fact->command;
    struct risk risk = {
        .ledger = ledger, .command = command, .account_id = UUID_OF(command, account_id)};
    const struct check_instrument *pair =
        check_instrument_of(ledger->run, TEXT_OF(command, instrument));
    if (pair != NULL)
        risk.quote = check_balance_at(ledger, BOOK_ACCOUNT, risk.account_id, pair->quote);
    risk.notional_e8 = NUMBER(command, max_notional_e8);
    if (!check_is_null(GET(command, limit_price_e8)))
        risk.notional_e8 =
            ((__int128)NUMBER(command, limit_price_e8) * NUMBER(command, quantity_e8) + E8 - 1) /
            E8;
    return risk;
}

bool check_risk_authorized(struct check_ledger *ledger)
{
    const struct check_item *said = GET(ledger->fact->body, daily_notional_e8);
    struct risk risk = risk_of(ledger);
    const char *code = expected_code(&risk);
    if (*code != '\0')
        return check_says_at(ledger->run, 21, ledger->fact, "it is authorised in spite of %s",
                             code);
    if (!SAME_SYMBOL(risk.command, side, "buy"))
        return true;
    risk.quote->bought_e8 = bought_e8(&risk) + risk.notional_e8;
    risk.quote->day = ledger->fact->occurred_at_us / DAY_US;
    return check_number(said) == risk.quote->bought_e8 ||
           check_says_at(ledger->run, 21, ledger->fact,
                         "it says that %lld were bought today; it is %lld",
                         (long long)check_number(said), (long long)risk.quote->bought_e8);
}

/* Funds come last, so an order that lacks them has passed the rest. */
bool check_risk_rejected(struct check_ledger *ledger)
{
    const struct check_item *command = ledger->fact->command;
    struct text code = check_code(ledger->fact);
    bool funds = text_is(code, "INSUFFICIENT_FUNDS") || text_is(code, "INSUFFICIENT_BALANCE");
    bool risky = code.size > 5 && memcmp(code.data, "RISK_", 5) == 0;
    if (command == NULL || strcmp(command->shape->name, "PlaceOrder") != 0 || (!funds && !risky))
        return true;
    const struct risk risk = risk_of(ledger);
    const char *expected = risk.quote == NULL ? "INSTRUMENT_UNKNOWN" : expected_code(&risk);
    return (funds ? *expected == '\0' : text_is(code, expected)) ||
           check_says_at(ledger->run, 21, ledger->fact, "it is refused with %.*s, not %s",
                         (int)code.size, code.data, expected);
}

void check_risk_limits(struct check_ledger *ledger)
{
    struct uuid id = UUID_OF(ledger->fact->body, account_id);
    check_map_put(&ledger->limits, id.bytes, (void *)(uintptr_t)ledger->fact->command);
}

bool check_venue_rules(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    const struct check_cause *cause = &fact->causes[0];
    const struct check_fact *changed =
        check_fact_at(ledger->run, cause->service, cause->partition, cause->last);
    if (changed == NULL || changed->kind != KIND_VenueRulesChanged || changed->command == NULL ||
        NUMBER(GET(fact->body, rules), version) != NUMBER(GET(changed->body, rules), version))
        return check_says_at(ledger->run, 21, fact, "it adopts other rules than were made");
    ledger->venue_limits = changed->command;
    return true;
}
