/* Invariant 21: an order is authorised if and only if it is within the limits of its account. They
 * are taken from what was asked for, not from what accounts says that it took. */
#include "check_ledger.h"

#include <string.h>

#define DAY_US (INT64_C(86400) * 1000000)

/* An order as it was asked for, and who it is held against. */
struct risk {
    struct check_ledger *ledger;
    struct uuid account_id;
    const struct check_instrument *pair; /* NULL: there is none */
    const struct check_order *before;    /* of one that is replaced; NULL: it is new */
    bool buys;
    struct check_balance *quote; /* of the account; NULL: there is no such instrument */
    int64_t limit_e8;            /* 0: none */
    int64_t left_e8;             /* to be filled */
    __int128 rest_e8;            /* that this may cost */
    __int128 notional_e8, added_e8;
};

static struct check_price *price_at(struct check_ledger *ledger,
                                    const struct check_instrument *instrument)
{
    struct check_price *price = ledger->prices;
    while (price != NULL && price->instrument != instrument)
        price = price->next;
    if (price != NULL)
        return price;
    price = ARENA_NEW(ledger->run->arena, struct check_price, 1);
    *price = (struct check_price){.instrument = instrument, .next = ledger->prices};
    ledger->prices = price;
    return price;
}

/* The mark, else the last price; 0: neither is known. */
static int64_t known_e8(const struct check_price *price)
{
    const struct check_item *known = price->mark;
    if (known == NULL || check_is_null(known))
        known = price->last;
    return known == NULL ? 0 : check_number(known);
}

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
    CHECK(risk->quote != NULL);
    return risk->quote->day == day ? risk->quote->bought_e8 : 0;
}

static int64_t open_orders(const struct risk *risk)
{
    int64_t count = 0;
    const struct check_map *orders = &risk->ledger->run->orders;
    for (size_t i = 0; i < orders->max; i++) {
        const struct check_order *order = orders->entries[i].value;
        count += order != NULL && check_is_held(order) &&
                 uuid_equal(order->account_id, risk->account_id);
    }
    return count;
}

/* --- concentration ---------------------------------------------------------------------------- */

static __int128 total_e8(const struct risk *risk, struct text asset)
{
    return check_balance_at(risk->ledger, BOOK_ACCOUNT, risk->account_id, asset)->posted_e8;
}

/* Adds what the account holds besides the order's two assets. False: something has no price. */
static bool add_holdings(const struct risk *risk, const struct check_instrument *pair,
                         __int128 *value_e8)
{
    for (const struct check_price *at = risk->ledger->prices; at != NULL; at = at->next) {
        if (!text_equal(at->instrument->quote, pair->quote) ||
            text_equal(at->instrument->base, pair->base))
            continue;
        __int128 held_e8 = total_e8(risk, at->instrument->base);
        if (held_e8 > 0 && known_e8(at) == 0)
            return false;
        *value_e8 += held_e8 * known_e8(at) / E8;
    }
    return true;
}

static __int128 product_e8(int64_t price_e8, int64_t quantity_e8)
{
    return ((__int128)price_e8 * quantity_e8 + E8 - 1) / E8;
}

/* Adds what an open buy may fill and cost; of one that is being replaced the more by either terms.
 */
static void add_buy(const struct check_order *order, __int128 *have_e8, __int128 *cost_e8)
{
    int64_t left_e8 = order->left_e8;
    __int128 rest_e8 =
        order->has_limit ? product_e8(order->price_e8, left_e8) : order->max_notional_e8;
    if (order->replacing) {
        int64_t new_left_e8 = order->left_e8 + order->new_total_e8 - order->total_e8;
        if (new_left_e8 > left_e8)
            left_e8 = new_left_e8;
        if (new_left_e8 > 0 && order->has_limit &&
            product_e8(order->new_price_e8, new_left_e8) > rest_e8)
            rest_e8 = product_e8(order->new_price_e8, new_left_e8);
    }
    *have_e8 += left_e8;
    *cost_e8 += rest_e8;
}

/* "" where a buy leaves no more than the limit in its instrument, were all buys there filled. */
static const char *concentration(const struct risk *risk)
{
    const struct check_item *limit = limit_of(risk, FIELD_max_concentration_percent_e8);
    if (limit == NULL)
        return "";
    const struct check_map *orders = &risk->ledger->run->orders;
    const struct check_instrument *pair = risk->pair;
    int64_t price_e8 = known_e8(price_at(risk->ledger, pair));
    if (price_e8 == 0)
        price_e8 = risk->limit_e8;
    __int128 have_e8 = total_e8(risk, pair->base) + risk->left_e8;
    __int128 cost_e8 = risk->rest_e8;
    for (size_t i = 0; i < orders->max; i++) {
        const struct check_order *order = orders->entries[i].value;
        if (order == NULL || order == risk->before || order->held_e8 == 0 || !order->buys ||
            order->instrument != pair || !uuid_equal(order->account_id, risk->account_id))
            continue;
        add_buy(order, &have_e8, &cost_e8);
    }
    __int128 value_e8 = risk->quote->posted_e8 - cost_e8 + have_e8 * price_e8 / E8;
    if (price_e8 == 0 || !add_holdings(risk, pair, &value_e8))
        return "RISK_DATA_UNAVAILABLE";
    __int128 part_e8 = (have_e8 * price_e8 + E8 - 1) / E8;
    return part_e8 * 100 * E8 > value_e8 * check_number(limit) ? "RISK_CONCENTRATION" : "";
}

/* --- all of it -------------------------------------------------------------------------------- */

/* The code of the first check that fails; "": none does. */
static const char *expected_code(const struct risk *risk)
{
    if (risk->buys) {
        if (is_above(risk, FIELD_max_order_notional_e8, risk->notional_e8))
            return "RISK_ORDER_LIMIT";
        if (risk->added_e8 > 0 &&
            is_above(risk, FIELD_max_daily_notional_e8, bought_e8(risk) + risk->added_e8))
            return "RISK_DAILY_LIMIT";
        const char *code = concentration(risk);
        if (*code != '\0')
            return code;
    }
    if (risk->before == NULL && limit_of(risk, FIELD_max_open_orders) != NULL &&
        is_above(risk, FIELD_max_open_orders, open_orders(risk) + 1))
        return "RISK_OPEN_ORDERS";
    return "";
}

/* What a buy without limit and budget costs at the edge of the band, in whole units of the quote
 * asset; a stop's band lies around where it fires. */
static __int128 budget_e8(const struct risk *risk, const struct check_item *command)
{
    const struct check_price *price = price_at(risk->ledger, risk->pair);
    int64_t near_e8 = known_e8(price), stop_e8 = NUMBER(command, stop_price_e8);
    if (SAME_SYMBOL(command, type, "take_profit") ||
        (SAME_SYMBOL(command, type, "stop") && stop_e8 > near_e8))
        near_e8 = stop_e8;
    __int128 edge_e8 = near_e8 + (__int128)near_e8 * price->band_percent_e8 / (100 * E8);
    __int128 unit_e16 = E8;
    for (int64_t place = risk->pair->quote_scale; place < 8; place++)
        unit_e16 *= 10;
    __int128 cost_e16 = edge_e8 * NUMBER(command, quantity_e8);
    return (cost_e16 + unit_e16 - 1) / unit_e16 * unit_e16 / E8;
}

static struct risk risk_of(struct check_ledger *ledger)
{
    const struct check_item *command = ledger->fact->command;
    struct risk risk = {.ledger = ledger,
                        .account_id = UUID_OF(command, account_id),
                        .pair = check_instrument_of(ledger->run, TEXT_OF(command, instrument)),
                        .buys = SAME_SYMBOL(command, side, "buy"),
                        .limit_e8 = NUMBER(command, limit_price_e8),
                        .left_e8 = NUMBER(command, quantity_e8),
                        .rest_e8 = NUMBER(command, max_notional_e8)};
    if (risk.pair != NULL)
        risk.quote = check_balance_at(ledger, BOOK_ACCOUNT, risk.account_id, risk.pair->quote);
    if (risk.limit_e8 != 0)
        risk.rest_e8 = product_e8(risk.limit_e8, risk.left_e8);
    else if (risk.pair != NULL && check_is_null(GET(command, max_notional_e8)))
        risk.rest_e8 = budget_e8(&risk, command);
    risk.notional_e8 = risk.added_e8 = risk.rest_e8;
    return risk;
}

/* The order is there; what it traded is part of what it comes to, before and after. */
static struct risk risk_of_replace(struct check_ledger *ledger, const struct check_order *order)
{
    const struct check_item *command = ledger->fact->command;
    CHECK(order != NULL);
    struct text quote = order->instrument->quote;
    struct risk risk = {.ledger = ledger,
                        .account_id = order->account_id,
                        .pair = order->instrument,
                        .before = order,
                        .buys = order->buys,
                        .quote = check_balance_at(ledger, BOOK_ACCOUNT, order->account_id, quote)};
    if (order->has_limit)
        risk.limit_e8 = check_number_or(GET(command, limit_price_e8), order->price_e8);
    risk.left_e8 = order->left_e8 + check_number_or(GET(command, quantity_e8), order->total_e8) -
                   order->total_e8;
    if (risk.left_e8 < 0)
        risk.left_e8 = 0;
    __int128 traded_e8 = (__int128)order->taker_e8 + order->maker_e8;
    __int128 was_e8 = product_e8(order->price_e8, order->left_e8) + traded_e8;
    risk.rest_e8 = product_e8(risk.limit_e8, risk.left_e8);
    risk.notional_e8 = risk.rest_e8 + traded_e8;
    if (!order->has_limit)
        risk.notional_e8 = risk.rest_e8 = was_e8 = order->max_notional_e8;
    risk.added_e8 = risk.notional_e8 > was_e8 ? risk.notional_e8 - was_e8 : 0;
    return risk;
}

static bool check_authorized(const struct risk *risk)
{
    struct check_ledger *ledger = risk->ledger;
    const struct check_item *said = GET(ledger->fact->body, daily_notional_e8);
    const char *code = expected_code(risk);
    if (*code != '\0')
        return check_says_at(ledger->run, 21, ledger->fact, "it is authorised in spite of %s",
                             code);
    if (!risk->buys)
        return true;
    risk->quote->bought_e8 = bought_e8(risk) + risk->added_e8;
    risk->quote->day = ledger->fact->occurred_at_us / DAY_US;
    return check_number(said) == risk->quote->bought_e8 ||
           check_says_at(ledger->run, 21, ledger->fact,
                         "it says that %lld were bought today; it is %lld",
                         (long long)check_number(said), (long long)risk->quote->bought_e8);
}

bool check_risk_authorized(struct check_ledger *ledger)
{
    const struct risk risk = risk_of(ledger);
    const struct check_item *budget = GET(GET(ledger->fact->body, order), max_notional_e8);
    if (!check_is_null(budget) && check_number(budget) != risk.rest_e8)
        return check_says_at(ledger->run, 21, ledger->fact, "its budget is %lld; it is %lld",
                             (long long)check_number(budget), (long long)risk.rest_e8);
    return check_authorized(&risk);
}

bool check_risk_replaced(struct check_ledger *ledger, const struct check_order *order)
{
    const struct risk risk = risk_of_replace(ledger, order);
    return check_authorized(&risk);
}

/* Funds come last, so an order that lacks them has passed the rest. */
bool check_risk_rejected(struct check_ledger *ledger)
{
    const struct check_item *command = ledger->fact->command;
    struct text code = check_code(ledger->fact);
    bool funds = text_is(code, "INSUFFICIENT_FUNDS") || text_is(code, "INSUFFICIENT_BALANCE");
    bool risky = code.size > 5 && memcmp(code.data, "RISK_", 5) == 0;
    if (command == NULL || (!funds && !risky))
        return true;
    bool replaces = strcmp(command->shape->name, "ReplaceOrder") == 0 ||
                    strcmp(command->shape->name, "PreviewReplace") == 0;
    const struct check_order *order =
        replaces ? check_order_of(ledger->run, UUID_OF(command, order_id)) : NULL;
    bool places = strcmp(command->shape->name, "PlaceOrder") == 0 ||
                  strcmp(command->shape->name, "PreviewOrder") == 0;
    if (order == NULL && !places)
        return true;
    const struct risk risk = replaces ? risk_of_replace(ledger, order) : risk_of(ledger);
    const char *expected = risk.quote == NULL ? "INSTRUMENT_UNKNOWN" : expected_code(&risk);
    return (funds ? *expected == '\0' : text_is(code, expected)) ||
           check_says_at(ledger->run, 21, ledger->fact, "it is refused with %.*s, not %s",
                         (int)code.size, code.data, expected);
}

bool check_risk_previewed(struct check_ledger *ledger, const struct check_order *order)
{
    const struct risk risk = order != NULL ? risk_of_replace(ledger, order) : risk_of(ledger);
    const char *code = expected_code(&risk);
    return *code == '\0' || check_says_at(ledger->run, 21, ledger->fact,
                                          "it would be authorised in spite of %s", code);
}

void check_risk_limits(struct check_ledger *ledger)
{
    struct uuid id = UUID_OF(ledger->fact->body, account_id);
    check_map_put(&ledger->limits, id.bytes, (void *)(uintptr_t)ledger->fact->command);
}

void check_risk_begin(struct check_ledger *ledger)
{
    ledger->venue_limits = NULL;
    ledger->prices = NULL;
    (void)price_at(ledger, check_instrument_of(ledger->run, TEXT("CEA-EUR")));
    (void)price_at(ledger, check_instrument_of(ledger->run, TEXT("EUA-EUR")));
}

/* What the partition adopts here. */
static const struct check_fact *adopted(const struct check_ledger *ledger)
{
    const struct check_cause *cause = &ledger->fact->causes[0];
    return check_fact_at(ledger->run, cause->service, cause->partition, cause->last);
}

bool check_prices_adopted(struct check_ledger *ledger)
{
    const struct check_fact *moved = adopted(ledger);
    const struct check_item *said = GET(ledger->fact->body, prices);
    if (moved == NULL || moved->kind != KIND_PricesMoved ||
        said->count != GET(moved->body, prices)->count)
        return check_says_at(ledger->run, 21, ledger->fact, "it adopts other prices than moved");
    for (size_t i = 0; i < said->count; i++) {
        const struct check_item *price = &GET(moved->body, prices)->items[i];
        const struct check_instrument *pair =
            check_instrument_of(ledger->run, TEXT_OF(price, instrument));
        if (pair == NULL || NUMBER(price, last_price_e8) != NUMBER(&said->items[i], last_price_e8))
            return check_says_at(ledger->run, 21, ledger->fact, "price %zu is not that which moved",
                                 i);
        price_at(ledger, pair)->last = GET(price, last_price_e8);
    }
    return true;
}

bool check_instrument_adopted(struct check_ledger *ledger)
{
    const struct check_fact *changed = adopted(ledger);
    if (changed == NULL || changed->kind != KIND_InstrumentChanged)
        return check_says_at(ledger->run, 21, ledger->fact, "it adopts what is no instrument");
    const struct check_item *rules = GET(changed->body, instrument);
    const struct check_instrument *pair = check_instrument_of(ledger->run, TEXT_OF(rules, symbol));
    struct check_price *price = price_at(ledger, pair);
    price->mark = GET(rules, mark_price_e8);
    price->band_percent_e8 = NUMBER(rules, price_band_percent_e8);
    return true;
}

bool check_venue_rules(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact, *changed = adopted(ledger);
    if (changed == NULL || changed->kind != KIND_VenueRulesChanged || changed->command == NULL ||
        NUMBER(GET(fact->body, rules), version) != NUMBER(GET(changed->body, rules), version))
        return check_says_at(ledger->run, 21, fact, "it adopts other rules than were made");
    ledger->venue_limits = changed->command;
    return true;
}
