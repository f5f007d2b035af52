#include "commands.h"

#include "base/murmur2.h"
#include "base/time.h"
#include "settings/state.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { VALID_SECONDS = 30 };

struct uuid venue_id(struct venue *venue, uint32_t owner_hash)
{
    uint8_t rest[12] = {0};
    venue->ids++;
    memcpy(rest + 8, &venue->ids, sizeof venue->ids);
    return uuid_make(owner_hash, rest);
}

struct uuid venue_account_id(struct venue *venue)
{
    uint32_t number = venue->ids;
    return venue_id(venue, murmur2(&number, sizeof number));
}

/* Whose address is hashed to this all over, and registers before all others. */
enum { STAFF_EMAIL = 0xEE };

static struct uuid staff_id(void)
{
    struct keyed_hash email_hash;
    memset(email_hash.bytes, STAFF_EMAIL, sizeof email_hash.bytes);
    return uuid_make(settings_owner_hash(&email_hash), (uint8_t[12]){1});
}

struct command venue_command(struct venue *venue, enum command_kind kind)
{
    static enum role operator_roles[] = {ROLE_OPERATOR};
    return (struct command){
        .kind = kind,
        .meta = {.command_id = venue_id(venue, 0),
                 .correlation_id = venue_id(venue, 0),
                 .has_actor = true,
                 .actor = {.user_id = staff_id(),
                           .roles = operator_roles,
                           .roles_count = COUNT_OF(operator_roles)},
                 .received_at = venue->clock_us,
                 .valid_until = venue->clock_us + VALID_SECONDS * SECOND_US},
    };
}

void venue_ask_as(struct command *command, const struct venue_client *client)
{
    static enum role user_roles[] = {ROLE_USER};
    if (client->is_maker) /* nobody but an operator acts for a market maker */
        return;
    command->meta.actor = (struct actor){.user_id = client->user_id,
                                         .has_account_id = true,
                                         .account_id = client->account_id,
                                         .roles = user_roles,
                                         .roles_count = COUNT_OF(user_roles)};
}

void venue_idempotent(struct command *command, uint8_t key, uint8_t body)
{
    struct idempotency *idempotency = &command->meta.idempotency;
    command->meta.has_idempotency = true;
    memset(idempotency->key_hash.bytes, key, sizeof idempotency->key_hash.bytes);
    memset(idempotency->body_hash.bytes, body, sizeof idempotency->body_hash.bytes);
}

enum service_id venue_service_of(const struct command *command)
{
    struct text name = text_of(command_message(command)->full_name + strlen("bourse."));
    enum service_id service;
    struct uuid approval_id = command->kind == COMMAND_APPROVE_REQUEST
                                  ? command->approve_request.approval_id
                                  : command->reject_request.approval_id;
    if (command->kind == COMMAND_APPROVE_REQUEST || command->kind == COMMAND_REJECT_REQUEST) {
        assert_int_equal(uuid_service(approval_id, &service), OK);
        return service;
    }
    name.size -= strlen(strchr(name.data, '.'));
    assert_int_equal(service_named(name, &service), OK);
    return service;
}

struct text venue_key_of(const struct command *command, struct arena *arena)
{
    const struct wire_message *message = command_message(command);
    return wire_named_text(message->payload, message->key, command_payload(command), arena);
}

static void append_command(struct venue *venue, const struct command *command)
{
    struct arena *arena = arena_new(10000);
    struct buffer value;
    struct text key = venue_key_of(command, arena);
    enum service_id service = venue_service_of(command);
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    command_encode(command, &value);
    enum err err = log_writer_append(
        venue->gateway, follower_commands_topic(service), venue_partition(venue, service, key),
        (struct bytes){(const uint8_t *)key.data, key.size}, buffer_bytes(&value), NULL, 0);
    assert_int_equal(err, OK);
    assert_int_equal(log_writer_flush(venue->gateway, 1000), OK);
    buffer_free(&value);
    arena_free(arena);
}

struct uuid venue_send(struct venue *venue, const struct command *command)
{
    if (venue->send != NULL)
        venue->send(venue, command);
    else
        append_command(venue, command);
    return command->meta.command_id;
}

static struct command registration(struct venue *venue, uint8_t email,
                                   struct venue_client *ret_client)
{
    struct command command = venue_command(venue, COMMAND_REGISTER_USER);
    struct keyed_hash email_hash;
    memset(email_hash.bytes, email, sizeof email_hash.bytes);
    uint32_t owner_hash = settings_owner_hash(&email_hash); /* of both, as a gateway places them */
    *ret_client = (struct venue_client){.user_id = venue_id(venue, owner_hash),
                                        .account_id = venue_id(venue, owner_hash)};
    command.meta.has_actor = false;
    command.register_user = (struct register_user){
        .user_id = ret_client->user_id,
        .account_id = ret_client->account_id,
        .email_hash = email_hash,
        .email = TEXT("sealed address"),
        .full_name = TEXT("sealed name"),
        .password_hash = TEXT("sealed hash"),
    };
    return command;
}

void venue_appoint(struct venue *venue)
{
    static enum role roles[] = {ROLE_ADMIN, ROLE_OPERATOR};
    struct venue_client staff;
    struct command command = registration(venue, STAFF_EMAIL, &staff);
    command.meta.has_actor = true;
    command.meta.actor = (struct actor){.roles = roles, .roles_count = 1};
    command.register_user.user_id = staff_id();
    command.register_user.roles = roles;
    command.register_user.roles_count = COUNT_OF(roles);
    (void)venue_send(venue, &command);
    venue_settle(venue);
}

struct uuid venue_create_maker(struct venue *venue, int64_t cea_e8, struct venue_client *ret_maker)
{
    struct create_market_maker_initial_balances_e8_entry initial = {TEXT("CEA"), cea_e8};
    struct command command = venue_command(venue, COMMAND_CREATE_MARKET_MAKER);
    *ret_maker = (struct venue_client){.is_maker = true, .account_id = venue_account_id(venue)};
    command.create_market_maker = (struct create_market_maker){
        .market_maker_id = ret_maker->account_id,
        .name = TEXT("sealed name"),
        .email = TEXT("sealed address"),
        .initial_balances_e8 = &initial,
        .initial_balances_e8_count = 1,
    };
    memcpy(command.create_market_maker.email_hash.bytes, ret_maker->account_id.bytes,
           sizeof ret_maker->account_id.bytes);
    return venue_send(venue, &command);
}

struct uuid venue_register(struct venue *venue, uint8_t email, struct venue_client *ret_client)
{
    struct command command = registration(venue, email, ret_client);
    return venue_send(venue, &command);
}

struct uuid venue_set_status(struct venue *venue, struct uuid account_id,
                             enum account_status status)
{
    struct command command = venue_command(venue, COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status =
        (struct set_account_status){.account_id = account_id, .status = status};
    return venue_send(venue, &command);
}

struct uuid venue_book(struct venue *venue, struct uuid account_id, enum transaction_type type,
                       struct text asset, int64_t amount_e8)
{
    struct command command = venue_command(venue, COMMAND_RECORD_ASSET_TRANSACTION);
    command.record_asset_transaction = (struct record_asset_transaction){
        .transaction_id = venue_id(venue, uuid_owner_hash(account_id)),
        .account_id = account_id,
        .asset = asset,
        .type = type,
        .amount_e8 = amount_e8,
    };
    return venue_send(venue, &command);
}

struct uuid venue_place(struct venue *venue, const struct venue_client *client,
                        const struct place_order *terms, struct uuid *ret_order_id)
{
    struct command command = venue_command(venue, COMMAND_PLACE_ORDER);
    struct place_order *order = &command.place_order;
    venue_ask_as(&command, client);
    *order = *terms;
    if (order->instrument.size == 0)
        order->instrument = TEXT("CEA-EUR");
    order->order_id = venue_id(venue, murmur2(order->instrument.data, order->instrument.size));
    order->account_id = client->account_id;
    *ret_order_id = order->order_id;
    return venue_send(venue, &command);
}

struct uuid venue_limit(struct venue *venue, const struct venue_client *client, enum side side,
                        int64_t quantity_e8, int64_t price_e8, struct uuid *ret_order_id)
{
    return venue_place(venue, client,
                       &(struct place_order){.side = side,
                                             .type = ORDER_TYPE_LIMIT,
                                             .quantity_e8 = quantity_e8,
                                             .has_limit_price_e8 = true,
                                             .limit_price_e8 = price_e8},
                       ret_order_id);
}

struct uuid venue_cancel(struct venue *venue, const struct venue_client *client,
                         struct uuid order_id)
{
    struct command command = venue_command(venue, COMMAND_CANCEL_ORDER);
    venue_ask_as(&command, client);
    command.cancel_order = (struct cancel_order){
        .order_id = order_id, .has_account_id = true, .account_id = client->account_id};
    return venue_send(venue, &command);
}

struct uuid venue_replace(struct venue *venue, const struct venue_client *client,
                          enum command_kind kind, struct uuid order_id, int64_t quantity_e8,
                          int64_t price_e8, int64_t stop_price_e8)
{
    struct command command = venue_command(venue, kind);
    venue_ask_as(&command, client);
    command.replace_order = (struct replace_order){.order_id = order_id,
                                                   .account_id = client->account_id,
                                                   .has_quantity_e8 = quantity_e8 != 0,
                                                   .quantity_e8 = quantity_e8,
                                                   .has_limit_price_e8 = price_e8 != 0,
                                                   .limit_price_e8 = price_e8,
                                                   .has_stop_price_e8 = stop_price_e8 != 0,
                                                   .stop_price_e8 = stop_price_e8};
    return venue_send(venue, &command);
}

struct uuid venue_close(struct venue *venue, const struct venue_client *client,
                        enum command_kind kind, struct text instrument, struct uuid *ret_order_id)
{
    struct command command = venue_command(venue, kind);
    venue_ask_as(&command, client);
    *ret_order_id = venue_id(venue, murmur2(instrument.data, instrument.size));
    command.close_position = (struct close_position){
        .order_id = *ret_order_id, .account_id = client->account_id, .instrument = instrument};
    return venue_send(venue, &command);
}

struct uuid venue_close_all(struct venue *venue, const struct venue_client *client)
{
    struct command command = venue_command(venue, COMMAND_CLOSE_POSITIONS);
    venue_ask_as(&command, client);
    command.close_positions.account_id = client->account_id;
    return venue_send(venue, &command);
}

struct uuid venue_cancel_orders(struct venue *venue, const struct venue_client *client)
{
    struct command command = venue_command(venue, COMMAND_CANCEL_ORDERS);
    venue_ask_as(&command, client);
    command.cancel_orders.account_id = client->account_id;
    return venue_send(venue, &command);
}

struct uuid venue_cancel_after(struct venue *venue, const struct venue_client *client,
                               int64_t timeout_s)
{
    struct command command = venue_command(venue, COMMAND_SET_CANCEL_AFTER);
    venue_ask_as(&command, client);
    command.set_cancel_after =
        (struct set_cancel_after){.account_id = client->account_id, .timeout_s = timeout_s};
    return venue_send(venue, &command);
}

struct uuid venue_deactivate(struct venue *venue, const struct venue_client *maker,
                             bool cancel_orders)
{
    struct command command = venue_command(venue, COMMAND_DEACTIVATE_MARKET_MAKER);
    command.deactivate_market_maker = (struct deactivate_market_maker){
        .market_maker_id = maker->account_id, .cancel_orders = cancel_orders};
    return venue_send(venue, &command);
}
