#include "check_order.h"

#include <string.h>

struct check_order *check_order_of(const struct check_run *run, struct uuid id)
{
    return check_map_get(&run->orders, id.bytes);
}

const struct check_instrument *check_instrument_of(const struct check_run *run, struct text symbol)
{
    const struct check_instrument *instrument = run->instruments;
    while (instrument != NULL && !text_equal(instrument->symbol, symbol))
        instrument = instrument->next;
    return instrument;
}

/* --- instruments ------------------------------------------------------------------------------ */

static void add_instrument(struct check_run *run, struct text symbol, struct text base,
                           struct text quote, int64_t quote_scale)
{
    if (check_instrument_of(run, symbol) != NULL)
        return;
    struct check_instrument *instrument = ARENA_NEW(run->arena, struct check_instrument, 1);
    *instrument = (struct check_instrument){symbol, base, quote, quote_scale, run->instruments};
    run->instruments = instrument;
}

void check_gather_instruments(struct check_run *run)
{
    add_instrument(run, TEXT("CEA-EUR"), TEXT("CEA"), TEXT("EUR"), 2);
    add_instrument(run, TEXT("EUA-EUR"), TEXT("EUA"), TEXT("EUR"), 2);
    for (int32_t i = 0; i < run->evidence->partition_counts[EVIDENCE_ORDERS]; i++) {
        const struct check_facts *facts = &run->facts[EVIDENCE_ORDERS][i];
        for (size_t j = 0; j < facts->count; j++) {
            const struct check_fact *fact = &facts->list[j];
            if (fact->verdict != VERDICT_VALID || fact->kind != KIND_InstrumentChanged)
                continue;
            const struct check_item *rules = GET(fact->body, instrument);
            add_instrument(run, TEXT_OF(rules, symbol), TEXT_OF(rules, base), TEXT_OF(rules, quote),
                           NUMBER(rules, quote_scale));
        }
    }
}

/* --- orders ----------------------------------------------------------------------------------- */

struct check_order check_order_read(const struct check_run *run, const struct check_fact *fact)
{
    const struct check_item *body = fact->body;
    const struct check_item *terms = GET(body, order);
    return (struct check_order){
        .id = UUID_OF(terms, id),
        .account_id = UUID_OF(terms, account_id),
        .authorized = fact,
        .terms = terms,
        .instrument = check_instrument_of(run, TEXT_OF(terms, instrument)),
        .buys = SAME_SYMBOL(terms, side, "buy"),
        .has_limit = !check_is_null(GET(terms, limit_price_e8)),
        .closes = NUMBER(terms, close) != 0,
        .quantity_e8 = NUMBER(terms, quantity_e8),
        .left_e8 = NUMBER(terms, quantity_e8),
        .limit_e8 = NUMBER(terms, limit_price_e8),
        .total_e8 = NUMBER(terms, quantity_e8),
        .price_e8 = NUMBER(terms, limit_price_e8),
        .max_notional_e8 = NUMBER(terms, max_notional_e8),
        .maker_fee_bps = NUMBER(body, maker_fee_bps),
        .taker_fee_bps = NUMBER(body, taker_fee_bps),
    };
}

struct check_order *check_order_make(struct check_run *run, const struct check_fact *authorized)
{
    struct check_order *order = ARENA_NEW(run->arena, struct check_order, 1);
    *order = check_order_read(run, authorized);
    if (order->instrument == NULL) {
        check_says_at(run, 2, authorized, "there is no such instrument");
        return NULL;
    }
    if (check_order_of(run, order->id) == NULL)
        check_map_put(&run->orders, order->id.bytes, order);
    return order;
}

/* --- arithmetic ------------------------------------------------------------------------------- */

bool check_notional(int64_t price_e8, int64_t quantity_e8, int64_t *ret_notional_e8)
{
    __int128 product_e16 = (__int128)price_e8 * quantity_e8;
    if (product_e16 % E8 != 0 || product_e16 / E8 > INT64_MAX || product_e16 < 0)
        return false;
    *ret_notional_e8 = (int64_t)(product_e16 / E8);
    return true;
}

int64_t check_average(__int128 notional_e16, int64_t quantity_e8)
{
    __int128 whole = notional_e16 / quantity_e8, twice = notional_e16 % quantity_e8 * 2;
    if (twice > quantity_e8 || (twice == quantity_e8 && whole % 2 != 0))
        whole++;
    return (int64_t)whole;
}

/* The smallest amount of the quote asset. */
static int64_t unit_e8(const struct check_instrument *instrument)
{
    int64_t unit = 1;
    for (int64_t place = instrument->quote_scale; place < 8; place++)
        unit *= 10;
    return unit;
}

int64_t check_fee(const struct check_instrument *instrument, int64_t taker_e8, int64_t taker_bps,
                  int64_t maker_e8, int64_t maker_bps)
{
    __int128 accrued = (__int128)taker_e8 * taker_bps + (__int128)maker_e8 * maker_bps;
    __int128 unit = (__int128)10000 * unit_e8(instrument);
    __int128 whole = accrued / unit, twice = accrued % unit * 2;
    if (twice > unit || (twice == unit && whole % 2 != 0))
        whole++;
    return (int64_t)(whole * unit_e8(instrument));
}

/* So much more trading and the fees on all of it, less those charged. */
static int64_t cost(const struct check_order *order, __int128 rest_e8, int64_t rate_bps)
{
    __int128 accrued = (__int128)order->taker_e8 * order->taker_fee_bps +
                       (__int128)order->maker_e8 * order->maker_fee_bps + rest_e8 * rate_bps;
    __int128 unit = (__int128)10000 * unit_e8(order->instrument);
    __int128 fees_e8 = (accrued + unit - 1) / unit * unit_e8(order->instrument);
    return (int64_t)(rest_e8 + fees_e8 - order->charged_e8);
}

static __int128 notional_up(int64_t price_e8, int64_t quantity_e8)
{
    return ((__int128)price_e8 * quantity_e8 + E8 - 1) / E8;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Either all of it trades by its old terms and what is new by the new ones, or all by these. */
static int64_t hold_while_replacing(const struct check_order *order, int64_t old_rate_bps)
{
    int64_t new_left_e8 = most(0, order->left_e8 + order->new_total_e8 - order->total_e8);
    bool anew = order->new_total_e8 > order->total_e8 || order->new_price_e8 != order->price_e8;
    int64_t rate_bps = anew ? most(order->maker_fee_bps, order->taker_fee_bps) : old_rate_bps;
    if (!order->buys)
        return most(order->left_e8, new_left_e8);
    if (!order->has_limit)
        return cost(order, order->max_notional_e8, rate_bps);
    __int128 old_first = notional_up(order->price_e8, order->left_e8) +
                         notional_up(order->new_price_e8, most(0, new_left_e8 - order->left_e8));
    return most(cost(order, old_first, rate_bps),
                cost(order, notional_up(order->new_price_e8, new_left_e8), rate_bps));
}

bool check_is_held(const struct check_order *order)
{
    return order->held_e8 > 0 || (order->closing && !order->closed);
}

int64_t check_hold(const struct check_order *order)
{
    int64_t rate_bps = order->maker_fee_bps;
    if (!order->settled && order->taker_fee_bps > rate_bps)
        rate_bps = order->taker_fee_bps;
    if (order->replacing)
        return hold_while_replacing(order, rate_bps);
    if (!order->buys)
        return order->left_e8;
    return cost(order,
                order->has_limit ? notional_up(order->price_e8, order->left_e8)
                                 : order->max_notional_e8,
                rate_bps);
}
