/* How the crowd at a venue trades: orders of all kinds, at prices near each other, and what becomes
 * of them. */
#include "base/murmur2.h"
#include "base/time.h"
#include "market_parts.h"

/* Waits for a price that is not far away. */
static void give_trigger(struct market *market, struct place_order *order)
{
    static const enum order_type TYPES[] = {ORDER_TYPE_STOP, ORDER_TYPE_STOP_LIMIT,
                                            ORDER_TYPE_TAKE_PROFIT, ORDER_TYPE_TRAILING_STOP};
    order->type = TYPES[market_below(market, COUNT_OF(TYPES))];
    order->has_stop_price_e8 = order->type != ORDER_TYPE_TRAILING_STOP;
    order->stop_price_e8 = order->has_stop_price_e8 ? market_amount(market, 985, 40, E8 / 100) : 0;
    order->has_limit_price_e8 = order->type == ORDER_TYPE_STOP_LIMIT;
    order->limit_price_e8 =
        order->has_limit_price_e8 ? market_amount(market, 980, 45, E8 / 100) : 0;
    order->has_max_notional_e8 =
        order->side == SIDE_BUY && !order->has_limit_price_e8 && market_below(market, 4) > 0;
    order->max_notional_e8 =
        order->has_max_notional_e8 ? market_amount(market, 1000, 40000, E8 / 100) : 0;
    if (order->type != ORDER_TYPE_TRAILING_STOP)
        return;
    order->has_trail_amount_e8 = market_below(market, 2) == 0;
    order->trail_amount_e8 =
        order->has_trail_amount_e8 ? market_amount(market, 1, 20, E8 / 100) : 0;
    order->has_trail_percent_e8 = !order->has_trail_amount_e8;
    order->trail_percent_e8 =
        order->has_trail_percent_e8 ? market_amount(market, 1, 200, E8 / 100) : 0;
}

/* May end by itself, some time soon or at midnight. */
static void give_time(struct market *market, struct place_order *order)
{
    uint32_t what = market_below(market, 12);
    if (what == 0)
        order->time_in_force = TIME_IN_FORCE_DAY;
    if (what > 2 || what == 0)
        return;
    order->time_in_force = TIME_IN_FORCE_GTD;
    order->has_expires_at = true;
    order->expires_at = market->venue->clock_us + market_amount(market, 0, 4000, SECOND_US / 100);
}

/* What is bought is guarded on one side or both, near enough for it to happen. */
static void give_guards(struct market *market, struct place_order *order)
{
    uint32_t which = market_below(market, 8);
    order->has_stop_loss_price_e8 = which < 2 && order->side == SIDE_BUY;
    order->has_take_profit_price_e8 = which > 0 && which < 3 && order->side == SIDE_BUY;
    if (order->has_stop_loss_price_e8)
        order->stop_loss_price_e8 = market_amount(market, 975, 30, E8 / 100);
    if (order->has_take_profit_price_e8)
        order->take_profit_price_e8 = market_amount(market, 1006, 30, E8 / 100);
}

static struct place_order random_terms(struct market *market)
{
    struct place_order order = {
        .instrument = market_below(market, 3) == 0 ? TEXT("EUA-EUR") : TEXT("CEA-EUR"),
        .side = market_below(market, 2) == 0 ? SIDE_BUY : SIDE_SELL,
        .type = market_below(market, 6) == 0 ? ORDER_TYPE_MARKET : ORDER_TYPE_LIMIT,
        .quantity_e8 = market_amount(market, 1, 60, E8),
        .self_trade = (enum self_trade)market_below(market, SELF_TRADE_DECREMENT + 1),
    };
    if (market_below(market, 8) == 0)
        order.instrument = text_of(market_option_symbol(market));
    if (market_below(market, 40) == 0)
        order.quantity_e8 += E8 / 2; /* not a whole lot */
    give_guards(market, &order);
    if (market_below(market, 5) == 0) {
        give_trigger(market, &order);
        give_time(market, &order);
        return order;
    }
    if (order.type == ORDER_TYPE_MARKET) {
        order.time_in_force = TIME_IN_FORCE_IOC;
        order.has_max_notional_e8 = order.side == SIDE_BUY && market_below(market, 4) > 0;
        order.max_notional_e8 =
            order.has_max_notional_e8 ? market_amount(market, 1000, 40000, E8 / 100) : 0;
        return order;
    }
    order.has_limit_price_e8 = true;
    order.limit_price_e8 =
        market_amount(market, 980, 40, E8 / 100) + (order.side == SIDE_SELL ? E8 / 50 : 0);
    switch (market_below(market, 8)) {
    case 0: order.time_in_force = TIME_IN_FORCE_IOC; break;
    case 1: order.time_in_force = TIME_IN_FORCE_FOK; break;
    case 2: order.post_only = true; break;
    default: give_time(market, &order); break;
    }
    return order;
}

static void remember(struct market *market, struct uuid order_id, size_t client)
{
    market->orders[market->orders_count++ % MARKET_ORDERS_MAX] =
        (struct market_order){.id = order_id, .client = client};
}

void market_place(struct market *market)
{
    size_t client = market_below(market, (uint32_t)market->clients_count);
    struct command command = venue_command(market->venue, COMMAND_PLACE_ORDER);
    struct place_order *order = &command.place_order;
    *order = random_terms(market);
    if (market->clients[client].is_maker && market_below(market, 10) > 0)
        order->side = SIDE_SELL;
    if (order->side == SIDE_SELL)
        order->has_max_notional_e8 = order->has_stop_loss_price_e8 =
            order->has_take_profit_price_e8 = false;
    order->order_id =
        venue_id(market->venue, murmur2(order->instrument.data, order->instrument.size));
    order->account_id = market->clients[client].account_id;
    venue_ask_as(&command, &market->clients[client]);
    if (market_below(market, 4) == 0)
        venue_idempotent(&command, (uint8_t)market_below(market, 200),
                         (uint8_t)market_below(market, 2));
    if (market_below(market, 8) == 0)
        command.kind = COMMAND_PREVIEW_ORDER; /* of the same fields */
    else
        remember(market, order->order_id, client);
    market_send_kept(market, &command);
}

/* One of the first clients buys, with guards that are far away, or sells what came in otherwise:
 * his position is flat, and what guards it still waits. */
void market_trade_beside_guards(struct market *market)
{
    const struct place_order buy = {.instrument = TEXT("EUA-EUR"),
                                    .side = SIDE_BUY,
                                    .quantity_e8 = market_amount(market, 1, 3, E8),
                                    .has_limit_price_e8 = true,
                                    .limit_price_e8 = 1040 * E8 / 100,
                                    .has_stop_loss_price_e8 = true,
                                    .stop_loss_price_e8 = 9 * E8,
                                    .has_take_profit_price_e8 = true,
                                    .take_profit_price_e8 = 12 * E8};
    const struct place_order sell = {.instrument = TEXT("EUA-EUR"),
                                     .side = SIDE_SELL,
                                     .time_in_force = TIME_IN_FORCE_IOC,
                                     .quantity_e8 = market_amount(market, 5, 30, E8),
                                     .has_limit_price_e8 = true,
                                     .limit_price_e8 = 960 * E8 / 100};
    size_t client = MARKET_MAKERS_COUNT + market_below(market, 2);
    struct uuid order_id;
    market->commands_count++;
    (void)venue_place(market->venue, &market->clients[client],
                      market_below(market, 2) == 0 ? &buy : &sell, &order_id);
    remember(market, order_id, client);
}

void market_close_position(struct market *market)
{
    const char *const symbols[] = {"CEA-EUR", "EUA-EUR", market_option_symbol(market)};
    size_t client = market_below(market, (uint32_t)market->clients_count);
    struct text symbol = text_of(symbols[market_below(market, COUNT_OF(symbols))]);
    struct uuid order_id;
    market->commands_count++;
    if (market_below(market, 4) == 0) {
        (void)venue_close_all(market->venue, &market->clients[client]);
        return;
    }
    bool asks = market_below(market, 3) == 0;
    (void)venue_close(market->venue, &market->clients[client],
                      asks ? COMMAND_PREVIEW_CLOSE : COMMAND_CLOSE_POSITION, symbol, &order_id);
    if (!asks)
        remember(market, order_id, client);
}

/* NULL: there was none yet. */
static const struct market_order *any_order(struct market *market)
{
    size_t known = market->orders_count;
    if (known == 0)
        return NULL;
    size_t recent = known < MARKET_ORDERS_MAX ? known : MARKET_ORDERS_MAX;
    if (market_below(market, 2) == 0 && recent > 8)
        recent = 8; /* one that may be on its way */
    size_t place = known - 1 - market_below(market, (uint32_t)recent);
    return &market->orders[place % MARKET_ORDERS_MAX];
}

void market_replace(struct market *market)
{
    const struct market_order *order = any_order(market);
    if (order == NULL)
        return;
    if (market_below(market, 4) > 0)
        market->replaced = *order;
    order = &market->replaced;
    bool less = market_below(market, 2) == 0; /* mostly */
    int64_t quantity_e8 = market_amount(market, less ? 1 : 0, less ? 8 : 60, E8);
    bool moves_stop = !less && market_below(market, 3) == 0;
    int64_t price_e8 = less ? 0 : market_amount(market, 980, 44, E8 / 100);
    bool asks = market_below(market, 5) == 0;
    market->commands_count++;
    (void)venue_replace(market->venue, &market->clients[order->client],
                        asks ? COMMAND_PREVIEW_REPLACE : COMMAND_REPLACE_ORDER, order->id,
                        quantity_e8, moves_stop ? 0 : price_e8, moves_stop ? price_e8 : 0);
}

void market_cancel(struct market *market)
{
    const struct market_order *order = any_order(market);
    if (order == NULL)
        return;
    market->commands_count++;
    (void)venue_cancel(market->venue, &market->clients[order->client], order->id);
}

void market_cancel_all(struct market *market)
{
    const struct venue_client *client =
        &market->clients[market_below(market, (uint32_t)market->clients_count)];
    market->commands_count++;
    if (market_below(market, 3) == 0)
        (void)venue_cancel_orders(market->venue, client);
    else
        (void)venue_cancel_after(market->venue, client, (int64_t)market_below(market, 8));
}
