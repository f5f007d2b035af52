#include "market_parts.h"

#include "base/murmur2.h"
#include "base/time.h"
#include "settings/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAKERS_COUNT = 4, FIRST_CLIENTS_COUNT = 8, EMAILS_COUNT = 32 };

uint64_t market_seed(uint64_t otherwise)
{
    const char *text = getenv("BOURSE_SEED");
    uint64_t seed = text == NULL ? otherwise : strtoull(text, NULL, 10);
    print_message("BOURSE_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

uint32_t market_below(struct market *market, uint32_t bound)
{
    market->random ^= market->random >> 12;
    market->random ^= market->random << 25;
    market->random ^= market->random >> 27;
    return (uint32_t)((market->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

int64_t market_amount(struct market *market, uint32_t from, uint32_t span, int64_t unit_e8)
{
    return ((int64_t)from + market_below(market, span)) * unit_e8;
}

void market_send_kept(struct market *market, const struct command *command)
{
    market->last = *command;
    market->commands_count++;
    (void)venue_send(market->venue, command);
}

static size_t add_client(struct market *market, const struct venue_client *client)
{
    size_t place = market->clients_count;
    if (place == MARKET_CLIENTS_MAX) /* a new one for an old one, who has left */
        place = market_below(market, MARKET_CLIENTS_MAX);
    else
        market->clients_count++;
    market->clients[place] = *client;
    return place;
}

static void book(struct market *market, const struct venue_client *client,
                 enum transaction_type type, struct text asset, int64_t amount_e8)
{
    market->commands_count++;
    (void)venue_book(market->venue, client->account_id, type, asset, amount_e8);
}

static void create_maker(struct market *market)
{
    struct venue_client maker;
    market->commands_count++;
    (void)venue_create_maker(market->venue, market_amount(market, 100, 1000, E8), &maker);
    (void)add_client(market, &maker);
}

static void register_client(struct market *market, uint8_t email)
{
    struct venue_client client;
    market->commands_count++;
    (void)venue_register(market->venue, email, &client);
    (void)add_client(market, &client);
}

static void set_fees(struct market *market, struct text symbol)
{
    struct command command = venue_command(market->venue, COMMAND_CHANGE_INSTRUMENT);
    command.change_instrument =
        (struct change_instrument){.symbol = symbol,
                                   .has_maker_fee_bps = true,
                                   .maker_fee_bps = (int32_t)market_below(market, 20),
                                   .has_taker_fee_bps = true,
                                   .taker_fee_bps = (int32_t)market_below(market, 50)};
    market_send_kept(market, &command);
}

/* Limits that some orders pass and some do not; some of none. */
static struct set_risk_limits random_limits(struct market *market)
{
    return (struct set_risk_limits){
        .has_max_order_notional_e8 = market_below(market, 3) == 0,
        .max_order_notional_e8 = market_amount(market, 100, 500, E8),
        .has_max_daily_notional_e8 = market_below(market, 2) == 0,
        .max_daily_notional_e8 = market_amount(market, 500, 2000, E8),
        .has_max_concentration_percent_e8 = market_below(market, 2) == 0,
        .max_concentration_percent_e8 = market_amount(market, 5, 95, E8),
        .has_max_open_orders = market_below(market, 3) == 0,
        .max_open_orders = market_amount(market, 0, 12, 1),
    };
}

static void limit_client(struct market *market, const struct venue_client *client)
{
    struct command command = venue_command(market->venue, COMMAND_SET_RISK_LIMITS);
    command.set_risk_limits = random_limits(market);
    command.set_risk_limits.account_id = client->account_id;
    market_send_kept(market, &command);
}

static void change_rules(struct market *market)
{
    static enum role admin[] = {ROLE_ADMIN};
    const struct set_risk_limits limits = random_limits(market);
    struct command command = venue_command(market->venue, COMMAND_CHANGE_VENUE_RULES);
    if (market_below(market, 8) > 0)
        command.meta.actor.roles = admin;
    command.change_venue_rules = (struct change_venue_rules){
        .has_max_order_notional_e8 = limits.has_max_order_notional_e8,
        .max_order_notional_e8 = limits.max_order_notional_e8,
        .has_max_daily_notional_e8 = limits.has_max_daily_notional_e8,
        .max_daily_notional_e8 = limits.max_daily_notional_e8,
        .has_max_concentration_percent_e8 = limits.has_max_concentration_percent_e8,
        .max_concentration_percent_e8 = limits.max_concentration_percent_e8,
        .has_max_open_orders = limits.has_max_open_orders,
        .max_open_orders = limits.max_open_orders,
    };
    market_send_kept(market, &command);
}

void market_open(struct market *market, struct venue *venue, uint64_t seed)
{
    *market = (struct market){.venue = venue, .random = seed * 2 + 1};
    for (int i = 0; i < MAKERS_COUNT; i++)
        create_maker(market);
    for (int i = 0; i < FIRST_CLIENTS_COUNT; i++)
        register_client(market, (uint8_t)i);
    set_fees(market, TEXT("CEA-EUR"));
    set_fees(market, TEXT("EUA-EUR"));
    market_create_option(market);
    venue_settle(venue);
    market_trade_option(market);
    for (size_t i = 0; i < market->clients_count; i++) {
        const struct venue_client *client = &market->clients[i];
        book(market, client, TRANSACTION_TYPE_DEPOSIT, TEXT("EUA"),
             market_amount(market, 1, 500, E8));
        if (client->is_maker)
            continue;
        book(market, client, TRANSACTION_TYPE_DEPOSIT, TEXT("EUR"),
             market_amount(market, 1, 90000, E8));
        book(market, client, TRANSACTION_TYPE_DEPOSIT, text_of(market_option(market)),
             market_amount(market, 1, 50, E8));
        market->commands_count++;
        (void)venue_set_status(venue, client->account_id, ACCOUNT_STATUS_ACTIVE);
        if (market_below(market, 2) == 0)
            limit_client(market, client);
    }
    venue_settle(venue);
}

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

/* Now and then it is only asked what would come of it. */
static void place(struct market *market)
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
    if (market_below(market, 16) == 0)
        command.kind = COMMAND_PREVIEW_ORDER; /* of the same fields */
    else
        remember(market, order->order_id, client);
    market_send_kept(market, &command);
}

/* All that somebody has of something goes at once. */
static void close_position(struct market *market)
{
    const char *const symbols[] = {"CEA-EUR", "EUA-EUR", market_option_symbol(market)};
    size_t client = market_below(market, (uint32_t)market->clients_count);
    struct text symbol = text_of(symbols[market_below(market, COUNT_OF(symbols))]);
    struct uuid order_id;
    market->commands_count++;
    (void)venue_close(market->venue, &market->clients[client], symbol, &order_id);
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

/* Often one that was replaced just now. */
static void replace(struct market *market)
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
    market->commands_count++;
    (void)venue_replace(market->venue, &market->clients[order->client], order->id, quantity_e8,
                        moves_stop ? 0 : price_e8, moves_stop ? price_e8 : 0);
}

static void cancel(struct market *market)
{
    const struct market_order *order = any_order(market);
    if (order == NULL)
        return;
    market->commands_count++;
    (void)venue_cancel(market->venue, &market->clients[order->client], order->id);
}

/* All orders of somebody go, or are to go if nothing is heard for some seconds. */
static void cancel_all(struct market *market)
{
    const struct venue_client *client =
        &market->clients[market_below(market, (uint32_t)market->clients_count)];
    market->commands_count++;
    if (market_below(market, 3) == 0)
        (void)venue_cancel_orders(market->venue, client);
    else
        (void)venue_cancel_after(market->venue, client, (int64_t)market_below(market, 8));
}

static void move_money(struct market *market)
{
    static const char *const ASSETS[] = {"EUR", "USD", "CEA", "EUA", "XXX"};
    const struct venue_client *client =
        &market->clients[market_below(market, (uint32_t)market->clients_count)];
    const char *asset = ASSETS[market_below(market, COUNT_OF(ASSETS))];
    enum transaction_type type = TRANSACTION_TYPE_DEPOSIT;
    if (market_below(market, 3) == 0)
        asset = market_option(market);
    if (market_below(market, 3) == 0)
        type = market_below(market, 2) == 0 ? TRANSACTION_TYPE_WITHDRAWAL : TRANSACTION_TYPE_PAYOUT;
    book(market, client, type, text_of(asset), market_amount(market, 0, 3000, E8));
}

static void change_status(struct market *market)
{
    const struct venue_client *client =
        &market->clients[market_below(market, (uint32_t)market->clients_count)];
    enum account_status status =
        market_below(market, 5) == 0 ? ACCOUNT_STATUS_RESTRICTED : ACCOUNT_STATUS_ACTIVE;
    if (client->is_maker && market_below(market, 3) > 0)
        return;
    market->commands_count++;
    if (client->is_maker)
        (void)venue_deactivate(market->venue, client, market_below(market, 2) == 0);
    else
        (void)venue_set_status(market->venue, client->account_id, status);
}

static void sign_in(struct market *market)
{
    const struct venue_client *client =
        &market->clients[market_below(market, (uint32_t)market->clients_count)];
    struct command command = venue_command(market->venue, COMMAND_RECORD_LOGIN);
    struct record_login *login = &command.record_login;
    memset(login->email_hash.bytes, (int)market_below(market, EMAILS_COUNT),
           sizeof login->email_hash.bytes);
    login->session_id = venue_id(market->venue, settings_owner_hash(&login->email_hash));
    login->has_user_id = !client->is_maker;
    login->user_id = client->user_id;
    login->credentials_version = login->has_user_id;
    login->outcome = (enum login_outcome)market_below(market, LOGIN_OUTCOME_WRONG_PASSWORD + 1);
    login->expires_at = market->venue->clock_us + 60 * SECOND_US;
    command.meta.has_actor = false;
    market_send_kept(market, &command);
}

static void report_refusal(struct market *market)
{
    struct command command = venue_command(market->venue, COMMAND_RECORD_REFUSAL);
    command.record_refusal = (struct record_refusal){.refusal_id = venue_id(market->venue, 0),
                                                     .action = TEXT("placeOrder"),
                                                     .code = TEXT("RATE_LIMITED"),
                                                     .count = market_amount(market, 1, 5, 1)};
    market_send_kept(market, &command);
}

/* EUA-EUR gets a mark, from which on its trades move no trigger; either may stop for a while. */
static void change_instrument(struct market *market)
{
    struct command command = venue_command(market->venue, COMMAND_CHANGE_INSTRUMENT);
    struct change_instrument *change = &command.change_instrument;
    bool marks = market_below(market, 2) == 0, bands = market_below(market, 2) == 0;
    change->symbol = marks || market_below(market, 2) == 0 ? TEXT("EUA-EUR") : TEXT("CEA-EUR");
    change->has_mark_price_e8 = marks;
    change->mark_price_e8 = marks ? market_amount(market, 985, 40, E8 / 100) : 0;
    change->has_price_band_percent_e8 = bands;
    change->price_band_percent_e8 = bands ? market_amount(market, 0, 4, E8) : 0;
    change->has_status = !marks;
    change->status =
        market_below(market, 4) == 0 ? INSTRUMENT_STATUS_HALTED : INSTRUMENT_STATUS_OPEN;
    market_send_kept(market, &command);
}

void market_send(struct market *market)
{
    uint32_t what = market_below(market, 200);
    if (what < 93)
        place(market);
    else if (what < 95)
        close_position(market);
    else if (what < 122)
        replace(market);
    else if (what < 150)
        cancel(market);
    else if (what < 167)
        move_money(market);
    else if (what < 170)
        market_list_option(market);
    else if (what < 179)
        change_status(market);
    else if (what < 181)
        create_maker(market);
    else if (what < 183)
        register_client(market, (uint8_t)market_below(market, EMAILS_COUNT));
    else if (what < 185)
        sign_in(market);
    else if (what < 186)
        report_refusal(market);
    else if (what < 188)
        cancel_all(market);
    else if (what < 190)
        market_list_more(market);
    else if (what < 191)
        set_fees(market, TEXT("CEA-EUR"));
    else if (what < 195)
        limit_client(market,
                     &market->clients[market_below(market, (uint32_t)market->clients_count)]);
    else if (what < 196)
        change_rules(market);
    else if (what < 198)
        change_instrument(market);
    else
        (void)venue_send(market->venue, &market->last);
}

/* Another claims while the writer is in the middle of one of its next steps. */
static void usurp_soon(struct market *market, enum service_id service, int32_t partition)
{
    struct venue *venue = market->venue;
    size_t readings = venue->seats[service][partition].readings;
    venue->struck = false;
    venue->accident = (struct venue_accident){VENUE_USURPED, service, partition,
                                              readings + 1 + market_below(market, 20)};
}

void market_befall(struct market *market, enum service_id service, int32_t partition)
{
    switch (market_below(market, 4)) {
    case 0: venue_restart(market->venue, service, partition); break;
    case 1: venue_usurp(market->venue, service, partition); break;
    case 2: venue_lose(market->venue, service, partition); break;
    default: usurp_soon(market, service, partition); break;
    }
}
