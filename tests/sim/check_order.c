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

bool check_notional(int64_t price_e8, int64_t quantity_e8, int64_t *ret_notional_e8)
{
    __int128 product_e16 = (__int128)price_e8 * quantity_e8;
    if (product_e16 % E8 != 0 || product_e16 / E8 > INT64_MAX || product_e16 < 0)
        return false;
    *ret_notional_e8 = (int64_t)(product_e16 / E8);
    return true;
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

int64_t check_hold(const struct check_order *order)
{
    if (!order->buys)
        return order->left_e8;
    __int128 rest_e8 = order->max_notional_e8;
    if (order->has_limit)
        rest_e8 = ((__int128)order->limit_e8 * order->left_e8 + E8 - 1) / E8;
    int64_t rate_bps = order->maker_fee_bps;
    if (!order->settled && order->taker_fee_bps > rate_bps)
        rate_bps = order->taker_fee_bps;
    __int128 accrued = (__int128)order->taker_e8 * order->taker_fee_bps +
                       (__int128)order->maker_e8 * order->maker_fee_bps + rest_e8 * rate_bps;
    __int128 unit = (__int128)10000 * unit_e8(order->instrument);
    __int128 fees_e8 = (accrued + unit - 1) / unit * unit_e8(order->instrument);
    return (int64_t)(rest_e8 + fees_e8 - order->charged_e8);
}
