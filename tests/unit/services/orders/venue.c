#include "venue.h"

#include "base/murmur2.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE_MAX = 64 << 20, SAVE_SIZE_MAX = 256 << 20 };

enum { STAFF = 999 }; /* who acts for others */
static const enum role USER[] = {ROLE_USER};
static const enum role OPERATOR[] = {ROLE_OPERATOR};
static const enum role ADMIN[] = {ROLE_ADMIN};

/* Applies `decided` to both states, to the second as a replay would read it from the log, and keeps
 * that as the last event. */
static void happen(struct venue *venue, const struct event *decided)
{
    buffer_reset(&venue->record);
    event_encode(decided, &venue->record);
    assert_true(buffer_ok(&venue->record));
    orders_apply(venue->state, decided);
    arena_reset(venue->replica_arena);
    assert_int_equal(
        event_decode(buffer_bytes(&venue->record), venue->replica_arena, &venue->event), OK);
    venue->event.key = arena_text(venue->replica_arena, decided->key);
    orders_apply(venue->replica, &venue->event);
}

struct venue *venue_open(int32_t partitions)
{
    struct venue *venue = calloc(1, sizeof *venue);
    assert_non_null(venue);
    venue->now_us = NOON_US;
    venue->place = (struct place){.service = SERVICE_ORDERS,
                                  .partition = partition_of_key(TEXT(CEA), partitions),
                                  .partition_counts = {partitions, partitions, 1, partitions}};
    venue->state = orders_new(&venue->place);
    venue->replica = orders_new(&venue->place);
    venue->arena = arena_new(ARENA_SIZE_MAX);
    venue->replica_arena = arena_new(ARENA_SIZE_MAX);
    buffer_init(&venue->record, WIRE_VALUE_SIZE_MAX);
    happen(venue, &(struct event){.kind = EVENT_LOG_CREATED,
                                  .meta = {.service = TEXT("orders"), .occurred_at = NOON_US},
                                  .log_created = {.created_at = NOON_US}});
    enum role roles[] = {ROLE_ADMIN, ROLE_OPERATOR};
    happen(venue, &(struct event){.kind = EVENT_STAFF_ADOPTED,
                                  .meta = {.service = TEXT("orders"), .occurred_at = NOON_US},
                                  .staff_adopted = {account_id(STAFF), roles, COUNT_OF(roles)}});
    return venue;
}

void venue_close(struct venue *venue)
{
    orders_free(venue->state);
    orders_free(venue->replica);
    arena_free(venue->arena);
    arena_free(venue->replica_arena);
    buffer_free(&venue->record);
    free(venue);
}

static struct uuid id_of(uint32_t owner_hash, uint32_t number)
{
    uint8_t rest[12] = {0};
    memcpy(rest + 8, &number, sizeof number);
    return uuid_make(owner_hash, rest);
}

struct uuid account_id(uint32_t account)
{
    return id_of(account * UINT32_C(2654435761), account);
}

struct uuid order_id(const char *instrument, uint32_t number)
{
    return id_of(murmur2(instrument, strlen(instrument)), number);
}

const struct event *venue_decide(struct venue *venue, const struct input *input)
{
    struct input whole = *input;
    whole.now_us = venue->now_us;
    venue->inputs_count++;
    memcpy(whole.id_seed, &venue->inputs_count, sizeof venue->inputs_count);
    struct event decided = {0};
    orders_decide(venue->state, &whole, venue->arena, &decided);
    if (input->kind == INPUT_EVENTS) { /* what an answer inherits of it */
        decided.meta.has_correlation_id = input->events[0]->meta.has_correlation_id;
        decided.meta.correlation_id = input->events[0]->meta.correlation_id;
    }
    decided.meta.service = TEXT("orders");
    decided.meta.occurred_at = venue->now_us;
    decided.meta.epoch = 1;
    decided.meta.wseq = venue->inputs_count;
    happen(venue, &decided);
    return &venue->event;
}

const struct event *venue_command(struct venue *venue, const struct command *command)
{
    arena_reset(venue->arena);
    return venue_decide(venue, &(struct input){.kind = INPUT_COMMAND, .command = command});
}

const struct event *venue_follow(struct venue *venue, const struct event *event)
{
    arena_reset(venue->arena);
    const struct source source = {.service = SERVICE_ACCOUNTS};
    return venue_decide(
        venue, &(struct input){
                   .kind = INPUT_EVENTS, .events = &event, .sources = &source, .events_count = 1});
}

const struct event *venue_time(struct venue *venue)
{
    while (orders_due_us(venue->state) <= venue->now_us) {
        arena_reset(venue->arena);
        const struct event *event = venue_decide(venue, &(struct input){.kind = INPUT_TIME});
        if (event->kind != EVENT_PRICES_MOVED)
            return event;
    }
    return NULL;
}

static struct event authorized_of(const struct venue *venue, const struct wish *wish)
{
    const char *instrument = wish->instrument == NULL ? CEA : wish->instrument;
    uint32_t account = wish->account == 0 ? 1 : wish->account;
    struct event event = {.kind = EVENT_ORDER_AUTHORIZED};
    event.meta.has_correlation_id = true;
    event.meta.correlation_id = order_id(instrument, wish->number);
    event.meta.has_valid_until = wish->valid_until_us != 0;
    event.meta.valid_until = wish->valid_until_us;
    event.order_authorized.maker_fee_bps = wish->maker_fee_bps;
    event.order_authorized.taker_fee_bps = wish->taker_fee_bps;
    int64_t quantity_e8 = wish->quantity_e8 == 0 ? E8 : wish->quantity_e8;
    event.order_authorized.order = (struct order){
        .id = order_id(instrument, wish->number),
        .account_id = account_id(account),
        .instrument = text_of(instrument),
        .side = wish->side,
        .type = wish->type,
        .time_in_force = wish->time_in_force,
        .status = ORDER_STATUS_PENDING,
        .lifecycle = LIFECYCLE_PENDING,
        .quantity_e8 = quantity_e8,
        .remaining_quantity_e8 = quantity_e8,
        .has_limit_price_e8 = wish->type == ORDER_TYPE_LIMIT || wish->type == ORDER_TYPE_STOP_LIMIT,
        .limit_price_e8 = wish->price_e8,
        .has_max_notional_e8 = wish->max_notional_e8 != 0,
        .max_notional_e8 = wish->max_notional_e8,
        .has_stop_price_e8 = wish->stop_price_e8 != 0,
        .stop_price_e8 = wish->stop_price_e8,
        .has_trail_amount_e8 = wish->trail_amount_e8 != 0,
        .trail_amount_e8 = wish->trail_amount_e8,
        .has_trail_percent_e8 = wish->trail_percent_e8 != 0,
        .trail_percent_e8 = wish->trail_percent_e8,
        .has_expires_at = wish->expires_at_us != 0,
        .expires_at = wish->expires_at_us,
        .has_stop_loss_price_e8 = wish->stop_loss_price_e8 != 0,
        .stop_loss_price_e8 = wish->stop_loss_price_e8,
        .has_take_profit_price_e8 = wish->take_profit_price_e8 != 0,
        .take_profit_price_e8 = wish->take_profit_price_e8,
        .post_only = wish->post_only,
        .self_trade = wish->self_trade,
        .has_client_order_id = wish->number % 2 == 1,
        .client_order_id = wish->number % 2 == 1 ? TEXT("mine") : (struct text){0},
        .created_at = venue->now_us,
        .updated_at = venue->now_us,
    };
    return event;
}

const struct event *venue_place(struct venue *venue, const struct wish *wish)
{
    struct event event = authorized_of(venue, wish);
    return venue_follow(venue, &event);
}

struct event venue_previewed(struct venue *venue, const struct wish *wish)
{
    const struct event placed = authorized_of(venue, wish);
    const struct order_authorized *authorized = &placed.order_authorized;
    return (struct event){
        .kind = EVENT_ORDER_PREVIEWED,
        .meta = placed.meta,
        .order_previewed = {.instrument = authorized->order.instrument,
                            .has_order = true,
                            .order = authorized->order,
                            .hold_asset = TEXT("EUR"),
                            .hold_e8 = 7 * E8,
                            .maker_fee_bps = authorized->maker_fee_bps,
                            .taker_fee_bps = authorized->taker_fee_bps},
    };
}

static struct actor actor_of(uint32_t account, enum role role)
{
    const enum role *roles = role == ROLE_OPERATOR ? OPERATOR : role == ROLE_ADMIN ? ADMIN : USER;
    return (struct actor){.user_id = account_id(roles == USER ? 1000 + account : STAFF),
                          .has_account_id = account != 0,
                          .account_id = account_id(account),
                          .roles = (enum role *)(uintptr_t)roles,
                          .roles_count = 1};
}

struct command command_by(enum command_kind kind, enum role role)
{
    struct command command = {.kind = kind};
    command.meta.has_actor = true;
    command.meta.actor = actor_of(0, role);
    return command;
}

const struct event *venue_cancel(struct venue *venue, struct uuid id, uint32_t account,
                                 enum role role)
{
    struct command command = command_by(COMMAND_CANCEL_ORDER, role);
    command.meta.actor = actor_of(account, role);
    command.cancel_order.order_id = id;
    command.cancel_order.has_account_id = role == ROLE_USER;
    command.cancel_order.account_id = account_id(account);
    return venue_command(venue, &command);
}

const struct event *venue_replace(struct venue *venue, struct uuid id, uint32_t account,
                                  int64_t quantity_e8, int64_t price_e8)
{
    struct event event = {
        .kind = EVENT_REPLACE_AUTHORIZED,
        .meta = {.has_actor = true, .actor = actor_of(account, ROLE_USER)},
        .replace_authorized = {.order_id = id,
                               .account_id = account_id(account),
                               .has_quantity_e8 = quantity_e8 != 0,
                               .quantity_e8 = quantity_e8,
                               .has_limit_price_e8 = price_e8 != 0,
                               .limit_price_e8 = price_e8,
                               .has_hold_e8 = true},
    };
    return venue_follow(venue, &event);
}

const struct event *venue_mark(struct venue *venue, int64_t price_e8)
{
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    command.change_instrument.symbol = TEXT(CEA);
    command.change_instrument.has_mark_price_e8 = true;
    command.change_instrument.mark_price_e8 = price_e8;
    return venue_command(venue, &command);
}

const struct event *venue_change_status(struct venue *venue, enum instrument_status status)
{
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    command.change_instrument.symbol = TEXT(CEA);
    command.change_instrument.has_status = true;
    command.change_instrument.status = status;
    return venue_command(venue, &command);
}

const struct order *venue_order(const struct venue *venue, uint32_t number)
{
    const struct orders_order *order = orders_order(venue->state, order_id(CEA, number));
    assert_non_null(order);
    static struct order shown;
    shown = orders_as_seen(order);
    return &shown;
}

int64_t venue_version(const struct venue *venue, uint32_t number)
{
    const struct orders_order *order = orders_order(venue->state, order_id(CEA, number));
    assert_non_null(order);
    return order->version;
}

void venue_check_replay(const struct venue *venue)
{
    struct buffer saved[3];
    const void *states[3] = {venue->state, venue->replica, orders_new(&venue->place)};
    for (int i = 0; i < 3; i++) {
        buffer_init(&saved[i], SAVE_SIZE_MAX);
        if (i == 2)
            assert_int_equal(orders_load((void *)(uintptr_t)states[2], buffer_bytes(&saved[0])),
                             OK);
        orders_save(states[i], &saved[i]);
        assert_true(buffer_ok(&saved[i]));
        assert_true(bytes_equal(buffer_bytes(&saved[0]), buffer_bytes(&saved[i])));
    }
    for (int i = 0; i < 3; i++)
        buffer_free(&saved[i]);
    orders_free((void *)(uintptr_t)states[2]);
}
