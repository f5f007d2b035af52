/* An order that accounts has authorised comes to its book: everything that can refuse it is checked
 * before its first fill. */
#include "base/murmur2.h"
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

static const struct refusal NONE = {0};

static struct refusal check_place(const struct decision *decision, const struct order *order,
                                  const struct orders_instrument *instrument)
{
    if (instrument == NULL)
        return (struct refusal){"INSTRUMENT_UNKNOWN",
                                arena_printf(decision->arena, "There is no instrument %.*s.",
                                             (int)order->instrument.size, order->instrument.data),
                                "instrument"};
    if (uuid_owner_hash(order->id) != murmur2(order->instrument.data, order->instrument.size))
        return (struct refusal){"VALIDATION_FAILED",
                                TEXT("The order's id does not carry its instrument's hash."), "id"};
    if (orders_order(decision->state, order->id) != NULL)
        return (struct refusal){"VALIDATION_FAILED", TEXT("There was an order of this id before."),
                                "id"};
    return NONE;
}

struct refusal orders_check_open(const struct decision *decision,
                                 const struct orders_instrument *instrument)
{
    const struct instrument *rules = &instrument->rules;
    const struct orders_asset *base = orders_asset(decision->state, rules->base);
    if (base != NULL && base->expired)
        return (struct refusal){"INSTRUMENT_HALTED", TEXT("The option has expired."), "instrument"};
    if (rules->status == INSTRUMENT_STATUS_OPEN)
        return NONE;
    return (struct refusal){"INSTRUMENT_HALTED",
                            arena_printf(decision->arena,
                                         "Trading in %.*s is %s; try again when it is open.",
                                         (int)rules->symbol.size, rules->symbol.data,
                                         WIRE_INSTRUMENT_STATUS.symbols[rules->status]),
                            "instrument"};
}

/* Some price of the order is on the instrument's tick, and above zero; or it has none. */
static struct refusal check_tick(const struct decision *decision, bool given, int64_t price_e8,
                                 const struct instrument *rules, const char *field)
{
    if (!given || (price_e8 > 0 && decimal_multiple_of(price_e8, rules->tick_size_e8)))
        return NONE;
    return (struct refusal){
        "TICK_SIZE",
        arena_printf(decision->arena, "The price %s is not a multiple of the tick %s.",
                     orders_shown(decision, price_e8), orders_shown(decision, rules->tick_size_e8)),
        field};
}

static struct refusal check_prices(const struct decision *decision, const struct order *order,
                                   const struct instrument *rules)
{
    const struct {
        bool given;
        int64_t price_e8;
        const char *field;
    } prices[] = {
        {order->has_limit_price_e8, order->limit_price_e8, "limit_price"},
        {order->has_stop_price_e8, order->stop_price_e8, "stop_price"},
        {order->has_trail_amount_e8, order->trail_amount_e8, "trail_amount"},
        {order->has_stop_loss_price_e8, order->stop_loss_price_e8, "stop_loss_price"},
        {order->has_take_profit_price_e8, order->take_profit_price_e8, "take_profit_price"},
    };
    struct refusal refusal = NONE;
    for (size_t i = 0; refusal.code == NULL && i < COUNT_OF(prices); i++)
        refusal = check_tick(decision, prices[i].given, prices[i].price_e8, rules, prices[i].field);
    return refusal;
}

/* Each type has the prices that it goes by; accounts lets no other pass. */
static struct refusal check_terms(const struct order *order)
{
    bool limit = order->type == ORDER_TYPE_LIMIT || order->type == ORDER_TYPE_STOP_LIMIT;
    bool trails = order->type == ORDER_TYPE_TRAILING_STOP;
    bool stops = orders_type_waits(order->type) && !trails;
    if (limit != order->has_limit_price_e8)
        return (struct refusal){"VALIDATION_FAILED",
                                TEXT("A limit order needs a limit price, no other has one."),
                                "limit_price"};
    if (stops != order->has_stop_price_e8)
        return (struct refusal){"VALIDATION_FAILED",
                                TEXT("A stop needs a stop price, no other order has one."),
                                "stop_price"};
    if (trails != (order->has_trail_amount_e8 != order->has_trail_percent_e8))
        return (struct refusal){"VALIDATION_FAILED",
                                TEXT("A trailing stop trails by an amount or by a percentage."),
                                "trail_amount"};
    return NONE;
}

struct refusal orders_check_quantity(const struct decision *decision, const struct order *order,
                                     const struct instrument *rules)
{
    if (!decimal_multiple_of(order->quantity_e8, rules->lot_size_e8))
        return (struct refusal){"LOT_SIZE",
                                arena_printf(decision->arena,
                                             "The quantity %s is not a multiple of the lot %s.",
                                             orders_shown(decision, order->quantity_e8),
                                             orders_shown(decision, rules->lot_size_e8)),
                                "quantity"};
    if (order->quantity_e8 < rules->min_quantity_e8 || order->quantity_e8 > rules->max_quantity_e8)
        return (struct refusal){"QUANTITY_RANGE",
                                arena_printf(decision->arena,
                                             "The quantity %s is not between %s and %s.",
                                             orders_shown(decision, order->quantity_e8),
                                             orders_shown(decision, rules->min_quantity_e8),
                                             orders_shown(decision, rules->max_quantity_e8)),
                                "quantity"};
    if ((__int128)order->limit_price_e8 * order->quantity_e8 > ORDERS_NOTIONAL_MAX_E16)
        return (struct refusal){"AMOUNT_RANGE",
                                TEXT("Price x quantity is too large to be counted exactly."),
                                "quantity"};
    return NONE;
}

/* A limit price may be so far from the mark, or from the last price where none is fed; that of a
 * stop from its stop price, near which the market will be when it comes to the book. */
static struct refusal check_band(const struct decision *decision, const struct order *order,
                                 const struct orders_instrument *instrument)
{
    const struct instrument *rules = &instrument->rules;
    int64_t near_e8 = 0;
    bool known = orders_reference(instrument, &near_e8) || order->has_stop_price_e8;
    if (!order->has_limit_price_e8 || rules->price_band_percent_e8 == 0 || !known)
        return NONE;
    if (order->has_stop_price_e8)
        near_e8 = order->stop_price_e8;
    __int128 distance_e8 = (__int128)order->limit_price_e8 - near_e8;
    distance_e8 = distance_e8 < 0 ? -distance_e8 : distance_e8;
    if (distance_e8 * 100 * E8 <= (__int128)near_e8 * rules->price_band_percent_e8)
        return NONE;
    return (struct refusal){"PRICE_BAND",
                            arena_printf(decision->arena,
                                         "The price %s is more than %s percent away from %s.",
                                         orders_shown(decision, order->limit_price_e8),
                                         orders_shown(decision, rules->price_band_percent_e8),
                                         orders_shown(decision, near_e8)),
                            "limit_price"};
}

struct refusal orders_check_rules(const struct decision *decision, const struct order *order,
                                  const struct orders_instrument *instrument)
{
    struct refusal refusal = orders_check_open(decision, instrument);
    if (refusal.code == NULL)
        refusal = check_prices(decision, order, &instrument->rules);
    if (refusal.code == NULL)
        refusal = orders_check_quantity(decision, order, &instrument->rules);
    if (refusal.code == NULL)
        refusal = check_band(decision, order, instrument);
    return refusal;
}

/* All but those of 9, which the book itself makes. */
static struct refusal check(const struct decision *decision, const struct event *event,
                            const struct orders_instrument *instrument)
{
    const struct order *order = &event->order_authorized.order;
    int64_t now_us = decision->input->now_us;
    if ((event->meta.has_valid_until && event->meta.valid_until < now_us) ||
        (order->has_expires_at && order->expires_at <= now_us))
        return (struct refusal){"COMMAND_EXPIRED",
                                TEXT("The order expired before it reached its book."), NULL};
    struct refusal refusal = check_place(decision, order, instrument);
    if (refusal.code == NULL && order->close)
        return orders_check_open(decision, instrument);
    if (refusal.code == NULL)
        refusal = check_terms(order);
    return refusal.code == NULL ? orders_check_rules(decision, order, instrument) : refusal;
}

/* An order with a trigger fires at once where the reference price has crossed it already, and waits
 * otherwise. The others meet the book. */
static struct refusal come(const struct decision *decision, struct order *order,
                           const struct order_authorized *authorized,
                           const struct orders_instrument *instrument)
{
    const struct coming coming = {.order = order,
                                  .maker_fee_bps = authorized->maker_fee_bps,
                                  .taker_fee_bps = authorized->taker_fee_bps,
                                  .entry = ORDER_ENTRY_PLACED};
    int64_t price_e8 = 0;
    bool waits = orders_type_waits(order->type);
    bool known = orders_reference(instrument, &price_e8);
    if (waits && known && orders_is_crossed(order, price_e8)) {
        order->trigger = TRIGGER_STATE_FIRED;
        waits = false;
    }
    if (!waits)
        return orders_match(decision, &coming, instrument);
    order->trigger = TRIGGER_STATE_WAITING;
    if (known && order->type == ORDER_TYPE_TRAILING_STOP)
        orders_trail(order, price_e8);
    orders_meet_nobody(decision, &coming, instrument);
    return NONE;
}

static void refuse(const struct decision *decision, const struct order *order,
                   const struct refusal *refusal)
{
    struct order_refused *refused = &decision->event->order_refused;
    decision->event->kind = EVENT_ORDER_REFUSED;
    *refused = (struct order_refused){.order = *order,
                                      .code = text_of(refusal->code),
                                      .message = refusal->message,
                                      .has_field = refusal->field != NULL,
                                      .field = text_of(refusal->field)};
    refused->order.status = ORDER_STATUS_REJECTED;
    refused->order.lifecycle = LIFECYCLE_CLOSED;
    refused->order.updated_at = decision->input->now_us;
}

void orders_enter(const struct decision *decision, const struct event *event)
{
    const struct order_authorized *authorized = &event->order_authorized;
    struct order order = authorized->order;
    const struct orders_instrument *instrument =
        orders_instrument(decision->state, order.instrument);
    decision->event->key = order.instrument;
    orders_touch_account(decision, order.account_id);
    struct refusal refusal = check(decision, event, instrument);
    if (refusal.code == NULL && order.close)
        refusal = orders_close(decision, authorized, instrument);
    else if (refusal.code == NULL)
        refusal = come(decision, &order, authorized, instrument);
    if (refusal.code != NULL)
        refuse(decision, &authorized->order, &refusal);
}
