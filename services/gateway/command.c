#include "gateway/command.h"

#include "base/murmur2.h"
#include "base/time.h"
#include "gateway/command_id.h"
#include "gateway/outcome.h"
#include "gateway/respond.h"
#include "gateway/tracing.h"
#include "log/log.h"

#include <string.h>

enum { SEALED_SIZE_MAX = 16384 };

/* --- meta ------------------------------------------------------------------------------------- */

/* The key that what is personal about the caller is sealed with: the caller's own, or the month's.
 */
static struct uuid origin_key(const struct exchange *exchange)
{
    if (exchange->caller.known)
        return exchange->caller.claims.user_id;
    return !uuid_is_nil(exchange->person) ? exchange->person
                                          : vault_venue_key_id(exchange->received_us);
}

static bool find_origin(struct exchange *exchange, struct origin *ret_origin)
{
    return origin_find(
        exchange->gateway->origins, origin_key(exchange), http_request_address(exchange->request),
        http_request_header(exchange->request, "User-Agent"), exchange->arena, ret_origin);
}

/* To end a session or a key nobody has to wait for the vault: where it is away, the event goes
 * without. */
static enum err set_origin(struct exchange *exchange, bool may_wait, struct command *command)
{
    struct command_meta *meta = &command->meta;
    meta->has_origin = find_origin(exchange, &meta->origin);
    if (meta->has_origin)
        return OK;
    if (!may_wait)
        return ERR_BUSY;
    enum err err = origin_seal(exchange->gateway->origins, exchange->gateway->vault,
                               origin_key(exchange), http_request_address(exchange->request),
                               http_request_header(exchange->request, "User-Agent"),
                               exchange->arena, &meta->origin);
    meta->has_origin = err == OK;
    bool away = err == ERR_BUSY || err == ERR_TIMEOUT;
    bool ends = command->kind == COMMAND_END_SESSION || command->kind == COMMAND_REVOKE_API_KEY;
    return away && ends ? OK : err;
}

static void set_actor(struct exchange *exchange, struct command_meta *meta)
{
    if (!exchange->caller.known)
        return;
    const struct auth_claims *claims = &exchange->caller.claims;
    meta->has_actor = true;
    struct actor *actor = &meta->actor;
    *actor = (struct actor){.user_id = claims->user_id,
                            .has_account_id = !uuid_is_nil(claims->account_id),
                            .account_id = claims->account_id,
                            .has_session_id = true,
                            .session_id = claims->session_id,
                            .roles = ARENA_NEW(exchange->arena, enum role, AUTH_ROLE_COUNT)};
    _Static_assert((int)AUTH_ADMIN == ROLE_ADMIN && (int)AUTH_OPERATOR == ROLE_OPERATOR &&
                       (int)AUTH_AUDITOR == ROLE_AUDITOR && (int)AUTH_USER == ROLE_USER &&
                       (int)AUTH_MARKET_MAKER == ROLE_MARKET_MAKER,
                   "roles of tokens and of records are numbered alike");
    for (int role = 0; role < AUTH_ROLE_COUNT; role++) {
        if ((claims->roles & AUTH_ROLE_BIT(role)) != 0)
            actor->roles[actor->roles_count++] = (enum role)role;
    }
}

/* Bare or, as its standard has it, in quotes: both are the same key. None is meant where the answer
 * is a secret, which nobody could give again. */
static struct text idempotency_key(const struct exchange *exchange)
{
    if (!exchange->operation->takes_key)
        return TEXT("");
    struct text key = http_request_header(exchange->request, "Idempotency-Key");
    if (key.size > 2 && key.data[0] == '"' && key.data[key.size - 1] == '"')
        key = (struct text){.data = key.data + 1, .size = key.size - 2};
    return key;
}

/* Hashes what the client sent, not what the gateway makes of it: the same under one key is a retry,
 * anything else a mistake. */
static void hash_request(const struct exchange *exchange, uint8_t ret_hash[16])
{
    const struct http_request *request = exchange->request;
    struct http_pairs query = http_request_query(request);
    struct bytes body =
        exchange->body_digest.size > 0 ? exchange->body_digest : http_request_body(request);
    struct buffer sent;
    buffer_init(&sent, SIZE_MAX); /* as large as the request, which is bounded */
    buffer_json_string(&sent, http_request_method(request));
    buffer_json_string(&sent, http_request_path(request));
    for (size_t i = 0; i < query.count; i++) {
        buffer_json_string(&sent, query.rows[i].name);
        buffer_json_string(&sent, query.rows[i].value);
    }
    buffer_byte(&sent, '\n');
    buffer_json_string(&sent, http_request_header(request, "If-Match"));
    buffer_append(&sent, body.data, body.size);
    seal_keyed_hash16(&exchange->gateway->hash_key, sent.data, sent.size, ret_hash);
    buffer_free(&sent);
}

static void set_idempotency(struct exchange *exchange, struct command_meta *meta)
{
    struct text key = idempotency_key(exchange);
    if (key.size == 0)
        return;
    char caller[UUID_TEXT_SIZE];
    uuid_print(exchange->caller.known ? exchange->caller.claims.user_id : (struct uuid){{0}},
               caller);
    struct text operation = exchange->operation->id;
    struct text scope =
        arena_printf(exchange->arena, "%.*s\n%.*s\n%.*s", (int)sizeof caller, caller,
                     (int)operation.size, operation.data, (int)key.size, key.data);
    meta->has_idempotency = true;
    seal_keyed_hash16(&exchange->gateway->hash_key, scope.data, scope.size,
                      meta->idempotency.key_hash.bytes);
    hash_request(exchange, meta->idempotency.body_hash.bytes);
}

enum err command_begin(struct exchange *exchange, enum command_kind kind, bool may_wait,
                       struct command **ret_command)
{
    struct command *command = ARENA_NEW(exchange->arena, struct command, 1);
    struct command_meta *meta = &command->meta;
    command->kind = kind;
    meta->received_at = exchange->received_us;
    meta->valid_until = exchange->received_us + COMMAND_VALID_US;
    meta->has_reply_to = true;
    meta->reply_to = text_of(exchange->gateway->config.instance);
    set_actor(exchange, meta);
    set_idempotency(exchange, meta);
    enum err err = set_origin(exchange, may_wait, command);
    if (err == OK)
        *ret_command = command;
    return err;
}

/* --- fields ----------------------------------------------------------------------------------- */

static void refuse(struct exchange *exchange, struct text blamed, const char *code,
                   const char *message)
{
    enum http_problem_code found = HTTP_PROBLEM_VALIDATION_FAILED;
    if (http_problem_find(text_of(code), &found) != OK)
        found = HTTP_PROBLEM_VALIDATION_FAILED;
    respond_problem(exchange, found, text_of(message), blamed);
}

static enum err set_hash(const struct wire_field *field, const struct fill_value *value,
                         uint8_t *payload)
{
    if (value->kind != FILL_HASH || field->size != sizeof value->hash)
        return ERR_INPUT;
    memcpy(payload + field->offset, value->hash, sizeof value->hash);
    if (field->nullable)
        *(bool *)(payload + field->beside) = true;
    return OK;
}

static enum err json_text(const struct wire_field *field, const struct json_value *json,
                          struct arena *arena, struct text *ret_text)
{
    if (field->type == WIRE_E8)
        return json_value_decimal(json, arena, ret_text);
    struct fill_value value = {.kind = FILL_JSON, .json = json};
    return fill_value_text(&value, arena, ret_text) ? OK : ERR_INPUT;
}

static enum err set_map(const struct wire_field *field, const struct fill_value *value,
                        struct arena *arena, void *payload)
{
    if (value->kind != FILL_JSON || value->json->kind != JSON_OBJECT)
        return ERR_INPUT;
    enum err err = OK;
    const struct json_value *member = value->json->first;
    for (; member != NULL && err == OK; member = member->next) {
        struct text text;
        err = json_text(&field->record->fields[1], member, arena, &text);
        if (err == OK)
            err = wire_map_add(field, member->name, text, arena, payload);
    }
    return err;
}

/* An array of symbols or other scalars, from a JSON array, or of the one that stands alone. */
static enum err set_array(const struct wire_field *field, const struct fill_value *value,
                          struct arena *arena, uint8_t *payload)
{
    if (value->kind != FILL_JSON || value->json->kind == JSON_OBJECT || field->map)
        return ERR_INPUT;
    bool alone = value->json->kind != JSON_ARRAY;
    size_t all = alone ? 1 : value->json->count;
    struct wire_field element = *field;
    element.array = element.nullable = false;
    element.offset = 0;
    uint8_t *elements = arena_alloc(arena, field->size * (all + 1));
    size_t count = 0;
    enum err err = OK;
    const struct json_value *item = alone ? value->json : value->json->first;
    for (; count < all && err == OK; item = item->next, count++) {
        struct text text;
        err = json_text(field, item, arena, &text);
        if (err == OK)
            err = wire_field_set(&element, text, elements + count * field->size);
    }
    *(void **)(void *)(payload + field->offset) = elements;
    *(size_t *)(void *)(payload + field->beside) = count;
    return err;
}

static enum err set_scalar(const struct wire_field *field, const struct fill_value *value,
                           struct arena *arena, void *payload)
{
    struct text text;
    enum err err = value->kind == FILL_JSON ? json_text(field, value->json, arena, &text)
                   : fill_value_text(value, arena, &text) ? OK
                                                          : ERR_INPUT;
    return err == OK ? wire_field_set(field, text, payload) : err;
}

static enum err set_field(const struct wire_field *field, const struct fill_value *value,
                          struct arena *arena, void *payload)
{
    if (field->type == WIRE_FIXED)
        return set_hash(field, value, payload);
    if (field->map)
        return set_map(field, value, arena, payload);
    if (field->array)
        return set_array(field, value, arena, payload);
    return set_scalar(field, value, arena, payload);
}

static bool may_stay_empty(const struct wire_field *field)
{
    return field->nullable || field->array || field->map || field->type == WIRE_BOOLEAN;
}

/* False: refused. */
static bool fill_one(struct exchange *exchange, const struct operation_field *row,
                     const struct fill_input *input, void *payload)
{
    const struct wire_field *field = row->field;
    struct text name = wire_json_name(field);
    struct fill_value value;
    struct fill_fault fault;
    if (fill_evaluate(row->fill, input, exchange->arena, &value, &fault) != OK) {
        refuse(exchange, fault.blamed != NULL ? text_of(fault.blamed) : name, fault.code,
               fault.message);
        return false;
    }
    if (value.kind == FILL_ABSENT) {
        if (may_stay_empty(field))
            return true;
        refuse(exchange, name, "VALIDATION_FAILED", "it is required");
        return false;
    }
    enum err err = set_field(field, &value, exchange->arena, payload);
    if (err == ERR_RANGE && (field->type == WIRE_E8 || field->map))
        refuse(exchange, name, "AMOUNT_RANGE", "the number is too large, or has too many digits");
    else if (err != OK)
        refuse(exchange, name, "VALIDATION_FAILED", "it has not the form it must have");
    return err == OK;
}

/* Takes the client's own bound for the command, where the operation has one. False: refused. */
static bool set_valid_until(struct exchange *exchange, const struct fill_input *input,
                            struct command_meta *meta)
{
    struct fill_value value = {.kind = FILL_ABSENT};
    struct fill_fault fault;
    if (exchange->operation->valid_until == NULL)
        return true;
    CHECK(fill_evaluate(exchange->operation->valid_until, input, exchange->arena, &value, &fault) ==
          OK);
    struct text text;
    if (!fill_value_text(&value, exchange->arena, &text))
        return true;
    CHECK(time_parse(text, &meta->valid_until) == OK); /* a date-time, or it was refused before */
    if (meta->valid_until <= meta->received_at + COMMAND_VALID_MAX_US)
        return true;
    refuse(exchange, TEXT("valid_until"), "VALIDATION_FAILED",
           "it lies more than 24 hours ahead: no command is kept for longer");
    return false;
}

static struct fill_input input_of(const struct exchange *exchange)
{
    const struct auth_claims *claims = &exchange->caller.claims;
    return (struct fill_input){.parameters = exchange->input.parameters,
                               .body = exchange->input.body,
                               .row = exchange->row,
                               .has_caller = exchange->caller.known,
                               .user_id = claims->user_id,
                               .account_id = claims->account_id,
                               .address = http_request_address(exchange->request),
                               .session_id = claims->session_id,
                               .operation_id = exchange->operation->id,
                               .idempotency_key = idempotency_key(exchange),
                               .hash_key = &exchange->gateway->hash_key,
                               .sends_text_messages = exchange->gateway->config.sms_url != NULL,
                               .pushes = exchange->gateway->push_key.size > 0,
                               .now_us = exchange->received_us};
}

/* Seals one field with the key of the field that names it. */
static enum err seal_field(struct exchange *exchange, const struct wire_record *record,
                           const struct wire_field *field, uint8_t *payload)
{
    if (field->sealed_by == NULL || wire_is_null(field, payload))
        return OK;
    const struct wire_field *owner = wire_field(record, text_of(field->sealed_by));
    CHECK(owner != NULL && owner->type == WIRE_UUID);
    struct uuid key_id;
    memcpy(&key_id, payload + owner->offset, sizeof key_id);
    struct text *plain = (struct text *)(void *)(payload + field->offset);
    struct buffer token;
    buffer_init(&token, SEALED_SIZE_MAX);
    enum err err = vault_seal_text(exchange->gateway->vault, key_id, *plain, &token);
    if (err == OK && !buffer_ok(&token))
        err = ERR_RANGE;
    if (err == OK)
        *plain = arena_text(exchange->arena, buffer_as_text(&token));
    buffer_free(&token);
    return err;
}

void command_log_vault(struct exchange *exchange, enum err err)
{
    char reason[VAULT_ERROR_SIZE];
    vault_error(exchange->gateway->vault, reason);
    log_warn("vault.failed", LOG_TRACE(exchange), LOG_ERR(err), LOG_STR("reason", reason));
}

bool command_seal(struct exchange *exchange, struct command *command)
{
    const struct wire_record *record = command_message(command)->payload;
    uint8_t *payload = command_payload_to_set(command);
    for (size_t i = 0; i < record->fields_count; i++) {
        enum err err = seal_field(exchange, record, &record->fields[i], payload);
        if (err != OK) {
            command_log_vault(exchange, err);
            respond_err(exchange, err == ERR_RANGE ? ERR_INPUT : err);
            return false;
        }
    }
    return true;
}

static struct text key_of(const struct command *command, struct arena *arena)
{
    const struct wire_message *message = command_message(command);
    return wire_named_text(message->payload, message->key, command_payload(command), arena);
}

void command_set_key(struct exchange *exchange, struct command *command)
{
    struct command_meta *meta = &command->meta;
    command->key = key_of(command, exchange->arena);
    /* So a probe finds the partition by the command's id alone, and knows when to look. */
    meta->command_id = command_id_new(owner_hash_of_key(command->key), meta->valid_until);
    if (uuid_parse(http_request_id(exchange->request), &meta->correlation_id) != OK)
        meta->correlation_id = meta->command_id;
}

bool command_fills_at_once(struct exchange *exchange)
{
    struct origin origin;
    const struct operation *operation = exchange->operation;
    return !operation->hashes_password && !operation->seals && find_origin(exchange, &origin);
}

/* Who the caller turns out to be where nobody has signed in: who registers, or was sent the token.
 * Nil: the command is about no person. */
static struct uuid person_of(const struct command *command, struct arena *arena)
{
    const struct wire_message *message = command_message(command);
    struct uuid person = {{0}};
    if (strcmp(message->entity_type, "user") != 0 ||
        uuid_parse(wire_named_text(message->payload, message->entity_field,
                                   command_payload(command), arena),
                   &person) != OK)
        return (struct uuid){{0}};
    return person;
}

/* So that from where is forgotten with the person. */
static enum err set_persons_origin(struct exchange *exchange, struct command *command)
{
    struct uuid person =
        exchange->caller.known ? (struct uuid){{0}} : person_of(command, exchange->arena);
    if (uuid_is_nil(person))
        return OK;
    exchange->person = person;
    enum err err = set_origin(exchange, true, command);
    if (err != ERR_NOT_FOUND)
        return err;
    exchange->person = (struct uuid){{0}}; /* who was erased has no key any more */
    return set_origin(exchange, true, command);
}

bool command_fill(struct exchange *exchange)
{
    const struct operation *operation = exchange->operation;
    struct command *command = NULL;
    enum command_kind kind = (enum command_kind)operation->command->kind;
    enum err err = command_begin(exchange, kind, true, &command);
    if (err != OK) {
        command_log_vault(exchange, err);
        respond_err(exchange, err);
        return false;
    }
    struct fill_input input = input_of(exchange);
    for (size_t i = 0; i < operation->fields_count; i++) {
        if (!fill_one(exchange, &operation->fields[i], &input, command_payload_to_set(command)))
            return false;
    }
    if (!set_valid_until(exchange, &input, &command->meta))
        return false;
    err = set_persons_origin(exchange, command);
    if (err != OK) {
        command_log_vault(exchange, err);
        respond_err(exchange, err);
        return false;
    }
    command_set_key(exchange, command);
    if (operation->seals && !command_seal(exchange, command))
        return false;
    exchange->command = command;
    return true;
}

/* Waits for what comes of the exchange's command, and queues the item that was made of it. */
static enum err await_and_queue(struct exchange *exchange, struct sender_item *item)
{
    struct gateway *gateway = exchange->gateway;
    struct uuid command_id = exchange->pending.command_id;
    enum err err = pending_add(gateway->pending, &exchange->pending);
    if (err != OK) {
        sender_item_free(item);
        return err;
    }
    /* From here on the answers' thread may own the exchange and end it, even before its command is
     * sent: nothing of it is looked at but what can be taken back. */
    err = sender_queue(gateway->sender, item);
    if (err != OK && pending_take(gateway->pending, command_id) == NULL)
        return OK; /* its time was over at the same moment, and it has been answered */
    return err;
}

/* Who asks one service after the other has sent before, and does not learn that nothing was. */
static void respond_late(struct exchange *exchange)
{
    if (exchange->fate == EXCHANGE_SENT)
        outcome_pending(exchange);
    else
        exchange_give_up(exchange, ERR_TIMEOUT);
}

void command_send(struct exchange *exchange, enum service_id service)
{
    struct command *command = exchange->command;
    if (gateway_now_ns() >= exchange->deadline_ns) {
        respond_late(exchange);
        return;
    }
    shown_after(&exchange->shown, exchange->arena, &command->meta);
    int32_t partition = place_partition(&exchange->gateway->place, service, command->key);
    struct sender_item *item = NULL;
    enum err err = sender_item_new(service, partition, command, tracing_context(exchange), &item);
    if (err != OK) {
        exchange_give_up(exchange, err);
        return;
    }
    exchange->pending = (struct pending_entry){.command_id = command->meta.command_id,
                                               .deadline_ns = exchange->deadline_ns,
                                               .wants_ticket = exchange->operation->waits_ticket};
    if (!exchange_settle(exchange, EXCHANGE_SENT)) { /* it has been answered, with 503 */
        sender_item_free(item);
        exchange_give_up(exchange, ERR_TIMEOUT);
        return;
    }
    err = await_and_queue(exchange, item);
    if (err == OK)
        return;
    exchange->fate = EXCHANGE_OPEN;
    exchange_give_up(exchange, err);
}
