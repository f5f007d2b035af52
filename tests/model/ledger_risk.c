/* What an account's limits say of an order, in cents and certificates, from spec/domain.md, "Risk".
 */
#include "ledger_model.h"

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What remains of a buy may still cost, without fees. */
static int64_t rest_of(const struct naive_order *order)
{
    return order->market ? order->budget : order->price * order->remaining;
}

static int64_t notional_of(const struct naive_order *order)
{
    return rest_of(order) + order->taker_notional + order->maker_notional;
}

struct naive_order model_replaced(const struct naive_order *order)
{
    struct naive_order after = *order;
    after.replacing = false;
    after.remaining = larger(0, order->remaining + order->new_quantity - order->quantity);
    after.quantity = order->new_quantity;
    after.price = order->new_price;
    return after;
}

int64_t model_added(const struct naive_order *wanted, const struct naive_order *before)
{
    return larger(0, notional_of(wanted) - (before == NULL ? 0 : notional_of(before)));
}

static int open_count(const struct model *model, int account)
{
    int count = 0;
    for (int i = 0; i < LIVE_MAX; i++)
        count += model->orders[i].number != 0 && model->orders[i].account == account;
    return count;
}

/* What the account owns besides, at its marks. False: one of it has none. */
static bool add_others(const struct model *model, const struct naive_order *wanted, int64_t *value)
{
    for (int i = 0; i < INSTRUMENTS_COUNT; i++) {
        int64_t owned = model->totals[wanted->account][i];
        if (i == wanted->instrument || owned == 0)
            continue;
        if (model->mark[i] == 0)
            return false;
        *value += owned * model->mark[i];
    }
    return true;
}

static bool concentration_is_low(const struct model *model, const struct naive_order *wanted,
                                 const struct naive_order *before, int64_t percent)
{
    int account = wanted->account, instrument = wanted->instrument;
    int64_t price = model->mark[instrument] != 0 ? model->mark[instrument] : wanted->price;
    int64_t quantity = model->totals[account][instrument] + wanted->remaining;
    int64_t cost = rest_of(wanted);
    if (price == 0)
        return false;
    for (int i = 0; i < LIVE_MAX; i++) {
        const struct naive_order *order = &model->orders[i];
        if (order->number == 0 || order->account != account || order->instrument != instrument ||
            order->sells || order == before)
            continue;
        struct naive_order after = order->replacing ? model_replaced(order) : *order;
        quantity += larger(order->remaining, after.remaining);
        cost += larger(rest_of(order), rest_of(&after));
    }
    int64_t value = model->totals[account][EUR] - cost + quantity * price;
    return add_others(model, wanted, &value) && quantity * price * 100 <= value * percent;
}

bool model_risk_allows(const struct model *model, const struct naive_order *wanted,
                       const struct naive_order *before)
{
    const struct naive_limits *limits = &model->limits[wanted->account];
    if (before == NULL && limits->has_open && open_count(model, wanted->account) >= limits->open)
        return false;
    if (wanted->sells)
        return true;
    int64_t added = model_added(wanted, before), bought = model->bought[wanted->account];
    return (!limits->has_order || notional_of(wanted) <= limits->order) &&
           (!limits->has_day || added == 0 || bought + added <= limits->day) &&
           (!limits->has_percent || concentration_is_low(model, wanted, before, limits->percent));
}
