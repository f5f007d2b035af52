/* api_key_create.c - POST .../api-keys: makes the key, which is in the answer only, and tells
 * settings its hash.
 */
#include "base/time.h"
#include "gateway/api_keys.h"
#include "gateway/command.h"
#include "gateway/handlers.h"
#include "gateway/keyed_network.h"
#include "gateway/respond.h"

#include <stdlib.h>
#include <string.h>

enum { MEMBERS_MAX = 1 << 16 };

/* What of the answer is not in the event. */
struct creation {
    struct text key;
    struct text addresses; /* with commas between; empty: from anywhere */
};

static void refuse(struct exchange *exchange, enum http_problem_code code, const char *why,
                   struct text field)
{
    respond_problem(exchange, code, text_of(why), field);
}

/* --- the command ------------------------------------------------------------------------------ */

/* Who the key is to be of: whom the path names, else the caller. */
static bool set_user(struct exchange *exchange, struct create_api_key *fields)
{
    const struct json_value *id = json_value_member(exchange->input.parameters, "id");
    fields->user_id = exchange->caller.claims.user_id;
    return id == NULL || uuid_parse(id->text, &fields->user_id) == OK;
}

static void set_scopes(struct exchange *exchange, const struct json_value *body,
                       struct create_api_key *fields)
{
    const struct json_value *scopes = json_value_member(body, "scopes");
    fields->scopes = ARENA_NEW(exchange->arena, enum api_key_scope, scopes->count + 1);
    uint32_t bits = 0;
    for (const struct json_value *item = scopes->first; item != NULL; item = item->next) {
        uint32_t scope = 0;
        while (!text_is(item->text, WIRE_API_KEY_SCOPE.symbols[scope]))
            scope++; /* the document has the same list */
        if ((bits & API_KEY_SCOPE_BIT(scope)) == 0)
            fields->scopes[fields->scopes_count++] = (enum api_key_scope)scope;
        bits |= API_KEY_SCOPE_BIT(scope);
    }
}

/* False: refused. */
static bool set_addresses(struct exchange *exchange, const struct json_value *body,
                          struct create_api_key *fields)
{
    const struct json_value *addresses = json_value_member(body, "addresses");
    if (addresses == NULL || addresses->count == 0)
        return true;
    struct creation *creation = exchange->extra;
    fields->networks = ARENA_NEW(exchange->arena, struct keyed_network, addresses->count);
    for (const struct json_value *item = addresses->first; item != NULL; item = item->next) {
        struct network network;
        if (network_parse(item->text, &network) != OK) {
            refuse(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                   "each is an address, or a network like 192.0.2.0/24", TEXT("addresses"));
            return false;
        }
        fields->networks[fields->networks_count++] =
            keyed_network_of(&exchange->gateway->hash_key, &network);
        creation->addresses = arena_printf(
            exchange->arena, "%.*s%s%.*s", (int)creation->addresses.size, creation->addresses.data,
            creation->addresses.size > 0 ? "," : "", (int)item->text.size, item->text.data);
    }
    fields->has_addresses = true;
    fields->addresses = creation->addresses;
    return true;
}

/* What the document's schema has let through needs no second look. */
static bool set_fields(struct exchange *exchange, struct create_api_key *fields)
{
    const struct json_value *body = exchange->input.body;
    const struct json_value *rate = json_value_member(body, "rate_limit");
    const struct json_value *end = json_value_member(body, "expires_at");
    if (!set_user(exchange, fields)) {
        refuse(exchange, HTTP_PROBLEM_NOT_FOUND, "there is no such user", TEXT(""));
        return false;
    }
    fields->name = json_value_member(body, "name")->text;
    fields->has_rate_limit = rate != NULL && rate->kind == JSON_NUMBER;
    if (fields->has_rate_limit)
        fields->rate_limit =
            (int32_t)strtol(arena_text(exchange->arena, rate->text).data, NULL, 10);
    fields->has_expires_at = end != NULL && end->kind == JSON_STRING;
    if (fields->has_expires_at)
        CHECK(time_parse(end->text, &fields->expires_at) == OK);
    set_scopes(exchange, body, fields);
    return set_addresses(exchange, body, fields);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void list_scopes(const struct api_key_created *created, struct buffer *members)
{
    for (size_t i = 0; i < created->scopes_count; i++)
        buffer_printf(members, "%s\"%s\"", i > 0 ? "," : "",
                      WIRE_API_KEY_SCOPE.symbols[created->scopes[i]]);
}

static void list_addresses(struct text addresses, struct buffer *members)
{
    if (addresses.size > 0)
        buffer_byte(members, '"');
    for (size_t i = 0; i < addresses.size; i++) {
        if (addresses.data[i] == ',')
            buffer_string(members, "\",\"");
        else
            buffer_byte(members, (uint8_t)addresses.data[i]);
    }
    if (addresses.size > 0)
        buffer_byte(members, '"');
}

static void time_member(const char *name, bool known, int64_t time_us, struct buffer *members)
{
    char text[TIME_TEXT_SIZE];
    time_print(time_us, text);
    buffer_printf(members, ",\"%s\":", name);
    if (known)
        buffer_printf(members, "\"%.*s\"", (int)sizeof text, text);
    else
        buffer_string(members, "null");
}

/* As the list shows it, and the key. */
static void show_key(struct exchange *exchange, const struct event *event)
{
    if (event->kind != EVENT_API_KEY_CREATED)
        return;
    const struct creation *creation = exchange->extra;
    const struct api_key_created *created = &event->api_key_created;
    char id[UUID_TEXT_SIZE];
    uuid_print(created->key_id, id);
    struct buffer members;
    buffer_init(&members, MEMBERS_MAX);
    buffer_printf(&members, "\"id\":\"%.*s\",\"key\":\"%.*s\",\"name\":", (int)sizeof id, id,
                  (int)creation->key.size, creation->key.data);
    buffer_json_string(&members, json_value_member(exchange->input.body, "name")->text);
    buffer_string(&members, ",\"scopes\":[");
    list_scopes(created, &members);
    buffer_string(&members, "],\"rate_limit\":");
    if (created->has_rate_limit)
        buffer_printf(&members, "%d", created->rate_limit);
    else
        buffer_string(&members, "null");
    buffer_string(&members, ",\"addresses\":[");
    list_addresses(creation->addresses, &members);
    buffer_byte(&members, ']');
    time_member("expires_at", created->has_expires_at, created->expires_at, &members);
    time_member("last_used_at", false, 0, &members);
    time_member("revoked_at", false, 0, &members);
    buffer_string(&members, ",\"is_active\":true");
    time_member("created_at", true, created->created_at, &members);
    CHECK(buffer_ok(&members));
    exchange->outcome.members = arena_text(exchange->arena, buffer_as_text(&members));
    buffer_free(&members);
}

/* --- sending ---------------------------------------------------------------------------------- */

static void send(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct creation *creation = exchange->extra;
    struct command *command = NULL;
    enum err err = command_begin(exchange, COMMAND_CREATE_API_KEY, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    struct create_api_key *fields = &command->create_api_key;
    if (!set_fields(exchange, fields))
        return;
    fields->key_id = fill_fresh_id(uuid_owner_hash(fields->user_id));
    creation->key = api_key_make(&exchange->gateway->hash_key, fields->key_id, exchange->arena,
                                 &fields->key_hash);
    command_set_key(exchange, command);
    if (!command_seal(exchange, command))
        return;
    exchange->command = command;
    exchange->answered = show_key;
    command_send(exchange, SERVICE_SETTINGS);
}

void handle_create_api_key(struct exchange *exchange)
{
    exchange->extra = ARENA_NEW(exchange->arena, struct creation, 1);
    exchange_resume(exchange, exchange->gateway->work, send);
}
