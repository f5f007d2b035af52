#include "market_parts.h"

#include "base/time.h"
#include "settings/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST_CLIENTS_COUNT = 8 };

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
    market_ask_by_deputy(market, &market->last);
    market->commands_count++;
    (void)venue_send(market->venue, &market->last);
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

const struct venue_client *market_any_client(struct market *market)
{
    for (;;) { /* clients are there from the start: market makers take only some of the places */
        const struct venue_client *client =
            &market->clients[market_below(market, (uint32_t)market->clients_count)];
        if (!client->is_maker)
            return client;
    }
}

void market_keep(struct market_things *things, struct uuid id, const struct venue_client *owner)
{
    things->list[things->count++ % MARKET_THINGS_MAX] = (struct market_thing){id, *owner};
}

const struct market_thing *market_any(struct market *market, const struct market_things *things)
{
    size_t kept = things->count < MARKET_THINGS_MAX ? things->count : MARKET_THINGS_MAX;
    return kept == 0 ? NULL : &things->list[market_below(market, (uint32_t)kept)];
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
    client.email = email;
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

/* Amounts that some bookings pass and some do not; now and then of no asset. */
static void give_amounts(struct market *market, struct change_venue_rules *change)
{
    market->amounts[0] = (struct change_venue_rules_approval_amounts_e8_entry){
        TEXT("EUR"), market_amount(market, 0, 1500, E8)};
    market->amounts[1] = (struct change_venue_rules_approval_amounts_e8_entry){
        TEXT("EUA"), market_amount(market, 0, 1500, E8)};
    change->approval_amounts_e8 = market->amounts;
    change->approval_amounts_e8_count = market_below(market, 8) > 0 ? COUNT_OF(market->amounts) : 0;
    change->has_approval_expires_after_s = market_below(market, 4) > 0;
    change->approval_expires_after_s =
        change->has_approval_expires_after_s ? market_amount(market, 1, 20, 1) : 0;
}

/* Before anybody has limits: from here on large bookings wait for a second person. */
static void make_rules(struct market *market)
{
    static enum role admin[] = {ROLE_ADMIN};
    struct command command = venue_command(market->venue, COMMAND_CHANGE_VENUE_RULES);
    command.meta.actor.roles = admin;
    give_amounts(market, &command.change_venue_rules);
    market->commands_count++;
    (void)venue_send(market->venue, &command);
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
    give_amounts(market, &command.change_venue_rules);
    market_send_kept(market, &command);
}

void market_open(struct market *market, struct venue *venue, uint64_t seed)
{
    *market = (struct market){.venue = venue, .random = seed * 2 + 1};
    venue_appoint(venue);
    market_appoint_deputy(market);
    market->commands_count += 2; /* which registered the two */
    for (int i = 0; i < MARKET_MAKERS_COUNT; i++)
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
        market_settle_in(market, client, i % 2 == 0);
    }
    market_settle_in(market, &market->deputy, true);
    venue_settle(venue);
    make_rules(market);
    venue_settle(venue);
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
    uint32_t what = market_below(market, 310);
    if (what < 85)
        market_place(market);
    else if (what < 93)
        market_trade_beside_guards(market);
    else if (what < 95)
        market_close_position(market);
    else if (what < 122)
        market_replace(market);
    else if (what < 150)
        market_cancel(market);
    else if (what < 167)
        move_money(market);
    else if (what < 170)
        market_list_option(market);
    else if (what < 179)
        change_status(market);
    else if (what < 181)
        create_maker(market);
    else if (what < 183)
        register_client(market, (uint8_t)market_below(market, MARKET_EMAILS_COUNT));
    else if (what < 185)
        market_sign_in(market);
    else if (what < 186)
        report_refusal(market);
    else if (what < 188)
        market_cancel_all(market);
    else if (what < 190)
        market_list_more(market);
    else if (what < 191)
        set_fees(market, TEXT("CEA-EUR"));
    else if (what < 194)
        limit_client(market,
                     &market->clients[market_below(market, (uint32_t)market->clients_count)]);
    else if (what < 195)
        market_change_deputy(market);
    else if (what < 196)
        change_rules(market);
    else if (what < 198)
        change_instrument(market);
    else if (what < 206)
        market_decide_request(market);
    else if (what < 210)
        market_use_session(market);
    else if (what < 232)
        market_onboard(market);
    else if (what < 270)
        market_move_funds(market);
    else if (what < 276)
        market_state(market);
    else if (what < 294)
        market_watch(market);
    else if (what < 308)
        market_use_desk(market);
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
