#include "ledger_model.h"

#include <string.h>

enum { BPS = 10000 };

const char *const MODEL_ASSETS[ASSETS_COUNT] = {"CEA", "EUA", "EUR"};
const char *const MODEL_SYMBOLS[INSTRUMENTS_COUNT] = {"CEA-EUR", "EUA-EUR"};

bool model_is_maker(int account)
{
    return account >= ACCOUNTS_COUNT - MAKERS_COUNT;
}

struct uuid model_order_id(const struct naive_order *order)
{
    return order->guards ? order->id : order_id_of(MODEL_SYMBOLS[order->instrument], order->number);
}

struct naive_order *model_free_slot(struct model *model)
{
    int i = 0;
    while (model->orders[i].number != 0)
        CHECK(++i < LIVE_MAX);
    return &model->orders[i];
}

int model_live_count(const struct model *model)
{
    int count = 0;
    for (int i = 0; i < LIVE_MAX; i++)
        count += model->orders[i].number != 0;
    return count;
}

/* What it bought is to be guarded. */
static void note_purchase(struct model *model, const struct naive_order *order, int64_t quantity)
{
    if (order->guarded)
        model->purchases[model->purchases_count++] =
            (struct purchase){.order = *order, .quantity = quantity};
}

static int64_t half_even(__int128 numerator, __int128 denominator)
{
    __int128 quotient = numerator / denominator, twice = 2 * (numerator % denominator);
    if (twice > denominator || (twice == denominator && quotient % 2 != 0))
        quotient++;
    return (int64_t)quotient;
}

/* What `rest` cents more of trading can cost, fees at `rate` included. */
static int64_t cost_of(const struct naive_order *order, int64_t rest, int64_t rate)
{
    int64_t accrued = order->taker_notional * order->taker_bps +
                      order->maker_notional * order->maker_bps + rest * rate;
    return rest + (accrued + BPS - 1) / BPS - order->fees;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The replace may come after any part of what remains was filled: the dearest of all these. */
static int64_t hold_while_replacing(const struct naive_order *order, int64_t old_rate)
{
    int64_t new_remaining = larger(0, order->remaining + order->new_quantity - order->quantity);
    bool anew = order->new_quantity > order->quantity || order->new_price != order->price;
    int64_t rate = anew ? larger(order->maker_bps, order->taker_bps) : old_rate;
    int64_t hold = 0;
    for (int64_t filled = 0; filled <= order->remaining; filled++) {
        int64_t new_rest = larger(0, new_remaining - filled);
        if (order->sells) {
            hold = larger(hold, filled + larger(new_rest, order->remaining - filled));
            continue;
        }
        int64_t rest = filled * order->price + new_rest * order->new_price;
        hold = larger(hold, cost_of(order, rest, rate));
    }
    return hold;
}

int64_t model_hold(const struct naive_order *order)
{
    int64_t rate = order->maker_bps;
    if (!order->in_book && order->taker_bps > rate)
        rate = order->taker_bps;
    if (order->replacing)
        return hold_while_replacing(order, rate);
    if (order->sells)
        return order->remaining;
    return cost_of(order, order->market ? order->budget : order->price * order->remaining, rate);
}

int64_t model_locked(const struct model *model, int account, int asset)
{
    int64_t locked = 0;
    for (int i = 0; i < LIVE_MAX; i++) {
        const struct naive_order *order = &model->orders[i];
        if (order->number != 0 && order->account == account &&
            (order->sells ? order->instrument : EUR) == asset)
            locked += model_hold(order);
    }
    return locked;
}

static void move_position(struct model *model, const struct naive_order *order, int64_t quantity,
                          int64_t notional)
{
    int account = order->account, asset = order->instrument;
    if (model_is_maker(account))
        return;
    if (!order->sells) {
        model->held[account][asset] += quantity;
        model->cost_e8[account][asset] += notional * CENT;
        return;
    }
    int64_t held = model->held[account][asset], sold = quantity < held ? quantity : held;
    if (sold == 0)
        return;
    int64_t cost_e8 = half_even((__int128)model->cost_e8[account][asset] * sold, held);
    model->profit_e8[account][asset] +=
        half_even((__int128)notional * CENT * sold, quantity) - cost_e8;
    model->cost_e8[account][asset] -= cost_e8;
    model->held[account][asset] -= sold;
}

/* One side of a trade; returns its fee. */
static int64_t trade_side(struct model *model, struct naive_order *order, bool taker,
                          int64_t quantity, int64_t price)
{
    int64_t notional = quantity * price;
    *(taker ? &order->taker_notional : &order->maker_notional) += notional;
    int64_t due = half_even((__int128)order->taker_notional * order->taker_bps +
                                (__int128)order->maker_notional * order->maker_bps,
                            BPS);
    int64_t fee = due - order->fees;
    order->fees = due;
    order->remaining -= quantity;
    int64_t sign = order->sells ? -1 : 1;
    model->totals[order->account][order->instrument] += sign * quantity;
    model->totals[order->account][EUR] -= sign * notional + fee;
    model->house += fee;
    return fee;
}

/* The best order that `incoming` crosses; NULL: none. */
static struct naive_order *best_opposite(struct model *model, const struct naive_order *incoming)
{
    struct naive_order *best = NULL;
    for (int i = 0; i < LIVE_MAX; i++) {
        struct naive_order *order = &model->orders[i];
        if (order->number == 0 || !order->in_book || order->instrument != incoming->instrument ||
            order->sells == incoming->sells)
            continue;
        int64_t better = incoming->sells ? order->price : -order->price;
        int64_t limit = incoming->sells ? incoming->price : -incoming->price;
        if (!incoming->market && better < limit)
            continue;
        int64_t so_far = best == NULL ? 0 : incoming->sells ? best->price : -best->price;
        if (best == NULL || better > so_far || (better == so_far && order->number < best->number))
            best = order;
    }
    return best;
}

static void add_fill(struct model *model, struct entering *entering, struct naive_order *incoming,
                     struct naive_order *resting, int64_t quantity)
{
    int64_t price = resting->price;
    struct order_entered *entered = &entering->event.order_entered;
    size_t at = entered->fills_count++;
    entered->resting_count++;
    int64_t notional = quantity * price;
    entering->fills[at] =
        (struct fill){.price_e8 = price * CENT,
                      .quantity_e8 = quantity * E8,
                      .fee_e8 = trade_side(model, incoming, true, quantity, price) * CENT};
    entering->resting[at] =
        (struct resting_fill){.order_id = model_order_id(resting),
                              .account_id = model->ids[resting->account],
                              .fee_e8 = trade_side(model, resting, false, quantity, price) * CENT};
    move_position(model, resting, quantity, notional);
    note_purchase(model, resting, quantity);
    bool filled = resting->remaining == 0;
    entering->resting[at].status = filled ? ORDER_STATUS_FILLED : ORDER_STATUS_PARTIALLY_FILLED;
    if (filled)
        resting->number = 0;
    model->partial += !filled;
    model->trades++;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Two orders of one account do not trade: both shrink, or the resting one ends. */
static void prevent(struct model *model, struct entering *entering, struct naive_order *incoming,
                    struct naive_order *resting)
{
    struct order_entered *entered = &entering->event.order_entered;
    int64_t quantity = smaller(resting->remaining, incoming->remaining);
    entering->prevented[entered->prevented_count++] =
        (struct prevented){.order_id = model_order_id(resting),
                           .account_id = model->ids[resting->account],
                           .quantity_e8 = quantity * E8};
    model->self_trades++;
    if (incoming->decrements) {
        incoming->remaining -= quantity;
        resting->remaining -= quantity;
        if (resting->remaining > 0)
            return;
    }
    entering->ended[entered->ended_count++] = (struct ended_order){
        .order_id = model_order_id(resting), .account_id = model->ids[resting->account]};
    resting->number = 0;
}

static void match(struct model *model, struct entering *entering, struct naive_order *incoming)
{
    int64_t spent = 0, bought = 0;
    for (struct naive_order *resting; incoming->remaining > 0;) {
        resting = best_opposite(model, incoming);
        if (resting == NULL)
            break;
        if (resting->account == incoming->account) {
            prevent(model, entering, incoming, resting);
            continue;
        }
        int64_t quantity = smaller(resting->remaining, incoming->remaining);
        if (incoming->market && !incoming->sells &&
            quantity > (incoming->budget - spent) / resting->price)
            quantity = (incoming->budget - spent) / resting->price;
        if (quantity == 0)
            break;
        spent += quantity * resting->price;
        bought += quantity;
        add_fill(model, entering, incoming, resting, quantity);
    }
    if (bought == 0)
        return;
    move_position(model, incoming, bought, spent);
    note_purchase(model, incoming, bought);
}

void model_enter(struct model *model, struct naive_order *incoming, struct entering *ret_entering)
{
    memset(ret_entering, 0, sizeof *ret_entering);
    model->purchases_count = 0;
    struct order_entered *entered = &ret_entering->event.order_entered;
    ret_entering->event.kind = EVENT_ORDER_ENTERED;
    *entered = (struct order_entered){.order = {.id = model_order_id(incoming),
                                                .account_id = model->ids[incoming->account],
                                                .quantity_e8 = incoming->quantity * E8,
                                                .has_limit_price_e8 = !incoming->market,
                                                .limit_price_e8 = incoming->price * CENT,
                                                .self_trade = incoming->decrements
                                                                  ? SELF_TRADE_DECREMENT
                                                                  : SELF_TRADE_CANCEL_RESTING},
                                      .fills = ret_entering->fills,
                                      .resting = ret_entering->resting,
                                      .prevented = ret_entering->prevented,
                                      .ended = ret_entering->ended};
    match(model, ret_entering, incoming);
    incoming->in_book = true;
    entered->order.status = ORDER_STATUS_OPEN;
    if (incoming->remaining == 0 || incoming->ioc || incoming->market) {
        entered->order.status =
            incoming->remaining == 0 ? ORDER_STATUS_FILLED : ORDER_STATUS_CANCELED;
        incoming->number = 0;
    }
}

void model_replace(struct model *model, struct naive_order *order, struct entering *ret_entering)
{
    bool anew = order->new_quantity > order->quantity || order->new_price != order->price;
    int64_t remaining = order->remaining + order->new_quantity - order->quantity;
    order->replacing = false;
    if (remaining > 0) {
        order->remaining = remaining;
        order->quantity = order->new_quantity;
        order->price = order->new_price;
    }
    if (remaining > 0 && anew) {
        model_enter(model, order, ret_entering);
    } else {
        memset(ret_entering, 0, sizeof *ret_entering);
        ret_entering->event.kind = EVENT_ORDER_ENTERED;
        ret_entering->event.order_entered.order =
            (struct order){.id = model_order_id(order),
                           .account_id = model->ids[order->account],
                           .status = remaining > 0 ? ORDER_STATUS_OPEN : ORDER_STATUS_CANCELED,
                           .quantity_e8 = order->quantity * E8,
                           .has_limit_price_e8 = true,
                           .limit_price_e8 = order->price * CENT};
        if (remaining <= 0)
            order->number = 0;
    }
    ret_entering->event.order_entered.entry = ORDER_ENTRY_REPLACED;
}
