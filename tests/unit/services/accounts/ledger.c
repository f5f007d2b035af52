#include "ledger.h"

#include "base/murmur2.h"
#include "base/time.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 1 << 26, LOG_MAX = 1 << 30 };
static const int64_t NOON_US = 1795348800 * SECOND_US;

static enum role operator_roles[] = {ROLE_OPERATOR};
static enum role user_roles[] = {ROLE_USER};

const struct event *ledger_happen(struct ledger *ledger, const struct event *decided)
{
    struct buffer value;
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    event_encode(decided, &value);
    CHECK(buffer_ok(&value));
    const uint32_t size = (uint32_t)value.size;
    buffer_append(&ledger->log, &size, sizeof size);
    buffer_append(&ledger->log, value.data, value.size);
    CHECK(buffer_ok(&ledger->log));
    ledger->last_size = value.size;
    uint8_t *copy = arena_alloc(ledger->arena, value.size);
    memcpy(copy, value.data, value.size);
    buffer_free(&value);
    struct event *event = ARENA_NEW(ledger->arena, struct event, 1);
    CHECK(event_decode((struct bytes){copy, size}, ledger->arena, event) == OK);
    event->key = decided->key;
    accounts_apply(ledger->state, event);
    return event;
}

/* The command in the event that answers it, as it came, and what is taken over of it. */
static void keep_request(struct ledger *ledger, const struct command *command, struct event *event)
{
    struct cause_run *cause = ARENA_NEW(ledger->arena, struct cause_run, 1);
    cause->topic = TEXT("bourse.accounts.commands");
    event->meta.cause = cause;
    event->meta.cause_count = 1;
    event->meta.has_command_id = true;
    event->meta.command_id = command->meta.command_id;
    event->meta.has_idempotency = command->meta.has_idempotency;
    event->meta.idempotency = command->meta.idempotency;
    struct buffer value;
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    command_encode(command, &value);
    struct text copy = arena_text(ledger->arena, buffer_as_text(&value));
    buffer_free(&value);
    event->meta.has_request = true;
    event->meta.request = (struct bytes){(const uint8_t *)copy.data, copy.size};
}

static const struct event *turn(struct ledger *ledger, struct input *input)
{
    arena_reset(ledger->arena);
    input->now_us = ++ledger->now_us;
    ledger->inputs_count++;
    memcpy(input->id_seed, &ledger->inputs_count, sizeof ledger->inputs_count);
    struct event decided = {.meta = {.service = TEXT("accounts"), .occurred_at = input->now_us}};
    accounts_decide(ledger->state, input, ledger->arena, &decided);
    if (input->command != NULL)
        keep_request(ledger, input->command, &decided);
    return ledger_happen(ledger, &decided);
}

void ledger_open(struct ledger *ledger, int32_t partition, int32_t count)
{
    *ledger = (struct ledger){.place = {.service = SERVICE_ACCOUNTS, .partition = partition},
                              .arena = arena_new(ARENA_MAX),
                              .now_us = NOON_US};
    for (int i = 0; i < SERVICES; i++)
        ledger->place.partition_counts[i] = count;
    buffer_init(&ledger->log, LOG_MAX);
    ledger->state = accounts_state_new(&ledger->place);
    const struct event created = {.kind = EVENT_LOG_CREATED,
                                  .meta = {.service = TEXT("accounts"), .occurred_at = NOON_US}};
    ledger_happen(ledger, &created);
    const struct event appointed = {
        .kind = EVENT_STAFF_ADOPTED,
        .meta.service = TEXT("accounts"),
        .staff_adopted = {.user_id = id_of(1), .roles = operator_roles, .roles_count = 1}};
    ledger_happen(ledger, &appointed);
}

void ledger_close(struct ledger *ledger)
{
    accounts_state_free(ledger->state);
    arena_free(ledger->arena);
    buffer_free(&ledger->log);
}

const struct event *ledger_command(struct ledger *ledger, const struct command *command)
{
    struct input input = {.kind = INPUT_COMMAND, .command = command};
    return turn(ledger, &input);
}

const struct event *ledger_follow(struct ledger *ledger, const struct event *cause)
{
    struct input input = {.kind = INPUT_EVENTS, .events = &cause, .events_count = 1};
    return turn(ledger, &input);
}

const struct event *ledger_time(struct ledger *ledger)
{
    struct input input = {.kind = INPUT_TIME};
    return accounts_due_us(ledger->state) > ledger->now_us + 1 ? NULL : turn(ledger, &input);
}

struct buffer ledger_saved(const struct accounts_state *state)
{
    struct buffer buffer;
    buffer_init(&buffer, LOG_MAX);
    accounts_save(state, &buffer);
    CHECK(buffer_ok(&buffer));
    return buffer;
}

struct accounts_state *ledger_replayed(const struct ledger *ledger)
{
    struct accounts_state *state = accounts_state_new(&ledger->place);
    struct arena *arena = arena_new(ARENA_MAX);
    for (size_t at = 0; at < ledger->log.size;) {
        uint32_t size;
        memcpy(&size, ledger->log.data + at, sizeof size);
        at += sizeof size;
        struct event event;
        CHECK(event_decode((struct bytes){ledger->log.data + at, size}, arena, &event) == OK);
        accounts_apply(state, &event);
        arena_reset(arena);
        at += size;
    }
    arena_free(arena);
    return state;
}

struct command command_by_operator(enum command_kind kind)
{
    return (struct command){
        .kind = kind,
        .meta = {.has_actor = true,
                 .actor = {.user_id = id_of(1), .roles = operator_roles, .roles_count = 1}}};
}

struct command command_by_user(enum command_kind kind, struct uuid account_id)
{
    return (struct command){.kind = kind,
                            .meta = {.has_actor = true,
                                     .actor = {.user_id = id_of(2),
                                               .has_account_id = true,
                                               .account_id = account_id,
                                               .roles = user_roles,
                                               .roles_count = 1}}};
}

static struct uuid numbered(uint32_t owner_hash, uint32_t number)
{
    uint8_t rest[12] = {0};
    for (int i = 0; i < 4; i++)
        rest[8 + i] = (uint8_t)(number >> (24 - 8 * i));
    return uuid_make(owner_hash, rest);
}

struct uuid id_of(uint32_t number)
{
    return numbered(murmur2(&number, sizeof number), number);
}

struct uuid order_id_of(const char *instrument, uint32_t number)
{
    return numbered(murmur2(instrument, strlen(instrument)), number);
}

void ledger_open_account(struct ledger *ledger, struct uuid account_id)
{
    const struct event registered = {
        .kind = EVENT_USER_REGISTERED,
        .user_registered = {.user_id = id_of(2), .account_id = account_id}};
    CHECK(ledger_follow(ledger, &registered)->kind == EVENT_ACCOUNT_OPENED);
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = account_id;
    command.set_account_status.status = ACCOUNT_STATUS_ACTIVE;
    CHECK(ledger_command(ledger, &command)->kind == EVENT_ACCOUNT_STATUS_CHANGED);
}

void ledger_open_maker(struct ledger *ledger, struct uuid maker_id)
{
    struct command command = command_by_operator(COMMAND_CREATE_MARKET_MAKER);
    command.create_market_maker.market_maker_id = maker_id;
    command.create_market_maker.name = TEXT("sealed name");
    command.create_market_maker.email = TEXT("sealed address");
    CHECK(ledger_command(ledger, &command)->kind == EVENT_MARKET_MAKER_CREATED);
}

void ledger_deposit(struct ledger *ledger, struct uuid account_id, const char *asset,
                    int64_t amount_e8)
{
    struct command command = command_by_operator(COMMAND_RECORD_ASSET_TRANSACTION);
    command.record_asset_transaction.account_id = account_id;
    command.record_asset_transaction.asset = text_of(asset);
    command.record_asset_transaction.type = TRANSACTION_TYPE_DEPOSIT;
    command.record_asset_transaction.amount_e8 = amount_e8;
    CHECK(ledger_command(ledger, &command)->kind == EVENT_ASSET_TRANSACTION_RECORDED);
}

struct command limit_order(const struct ledger *ledger, struct uuid order_id,
                           struct uuid account_id, const char *instrument, enum side side,
                           int64_t quantity_e8, int64_t price_e8)
{
    const struct accounts_account *account = accounts_account(ledger->state, account_id);
    bool maker = account != NULL && account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
    struct command command = maker ? command_by_operator(COMMAND_PLACE_ORDER)
                                   : command_by_user(COMMAND_PLACE_ORDER, account_id);
    command.place_order = (struct place_order){.order_id = order_id,
                                               .account_id = account_id,
                                               .instrument = text_of(instrument),
                                               .side = side,
                                               .type = ORDER_TYPE_LIMIT,
                                               .time_in_force = TIME_IN_FORCE_GTC,
                                               .quantity_e8 = quantity_e8,
                                               .has_limit_price_e8 = true,
                                               .limit_price_e8 = price_e8};
    return command;
}

const struct accounts_balance *ledger_balance(const struct ledger *ledger, struct uuid account_id,
                                              const char *asset)
{
    return accounts_balance(&accounts_account(ledger->state, account_id)->balances, text_of(asset));
}
