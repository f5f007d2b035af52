#include "gateway/read.h"

#include "db/db.h"
#include "gateway/answers.h"
#include "gateway/as_of.h"
#include "gateway/export.h"
#include "gateway/kept.h"
#include "gateway/respond.h"
#include "gateway/tracing.h"
#include "log/log.h"

#include <inttypes.h>
#include <string.h>

enum {
    SEES_ALL =
        AUTH_ROLE_BIT(AUTH_ADMIN) | AUTH_ROLE_BIT(AUTH_OPERATOR) | AUTH_ROLE_BIT(AUTH_AUDITOR),
    LOG_ENDS_SIZE_MAX = 1 << 20
};

/* --- values ----------------------------------------------------------------------------------- */

static struct text id_text(struct uuid id, struct arena *arena)
{
    char *text = arena_alloc(arena, UUID_TEXT_SIZE + 1);
    uuid_print(id, text);
    return (struct text){.data = text, .size = UUID_TEXT_SIZE};
}

static struct uuid id_of_caller(const struct auth_claims *claims, struct text name)
{
    if (text_is(name, "caller_user_id"))
        return claims->user_id;
    if (text_is(name, "caller_account_id"))
        return claims->account_id;
    return text_is(name, "caller_session_id") ? claims->session_id : (struct uuid){{0}};
}

/* What is known of the caller: caller_user_id, caller_account_id, caller_session_id, and `any`:
 * whether the caller may see what is everybody's. */
static bool find_caller(struct exchange *exchange, struct text name, struct text *ret_value)
{
    const struct auth_claims *claims = &exchange->caller.claims;
    if (!exchange->caller.known)
        return false;
    if (text_is(name, "any")) {
        *ret_value = (claims->roles & SEES_ALL) != 0 ? TEXT("true") : TEXT("false");
        return true;
    }
    struct uuid id = id_of_caller(claims, name);
    if (uuid_is_nil(id))
        return false;
    *ret_value = id_text(id, exchange->arena);
    return true;
}

/* `log_ends`: behind the last record that this gateway has read of each partition, as JSON by
 * "accounts/0". */
static bool find_gateways(struct exchange *exchange, struct text name, struct text *ret_value)
{
    const struct gateway *gateway = exchange->gateway;
    struct buffer json;
    const char *separator = "";
    if (!text_is(name, "log_ends"))
        return false;
    buffer_init(&json, LOG_ENDS_SIZE_MAX);
    buffer_string(&json, "{");
    for (int service = 0; service < SERVICES; service++) {
        for (int32_t p = 0; p < gateway->place.partition_counts[service]; p++, separator = ",")
            buffer_printf(&json, "%s\"%s/%d\":%" PRId64, separator,
                          service_name((enum service_id)service), p,
                          answers_next_offset(gateway->answers, (enum service_id)service, p));
    }
    buffer_string(&json, "}");
    CHECK(buffer_ok(&json));
    *ret_value = arena_text(exchange->arena, buffer_as_text(&json));
    buffer_free(&json);
    return true;
}

/* Elements of a list parameter, as `symbols=A,B` was sent: joined with commas again. */
static struct text joined(const struct json_value *array, struct arena *arena)
{
    struct text text = TEXT("");
    for (const struct json_value *item = array->first; item != NULL; item = item->next)
        text = arena_printf(arena, "%.*s%s%.*s", (int)text.size, text.data,
                            text.size > 0 ? "," : "", (int)item->text.size, item->text.data);
    return text;
}

/* What was sent: a parameter, or a member of the body. */
static bool find_sent(struct exchange *exchange, const struct json_value *object, struct text name,
                      struct text *ret_value)
{
    const struct json_value *member = json_value_member(object, name.data);
    if (member == NULL || member->kind == JSON_NULL)
        return false;
    if (member->kind == JSON_ARRAY) {
        *ret_value = joined(member, exchange->arena);
        return true;
    }
    struct fill_value value = {.kind = FILL_JSON, .json = member};
    return fill_value_text(&value, exchange->arena, ret_value);
}

/* A field of the command, or of that which it repeats; `id` is that of what it is about. */
static bool find_field(struct exchange *exchange, struct text name, struct text *ret_value)
{
    if (exchange->command == NULL)
        return false;
    const struct wire_message *message = command_message(exchange->command);
    if (text_is(name, "id"))
        name = text_of(message->entity_field);
    if (exchange->outcome.first != NULL &&
        find_sent(exchange, exchange->outcome.first, name, ret_value))
        return true;
    const struct wire_field *field = wire_field(message->payload, name);
    if (field == NULL || field->array || field->map || field->sealed_by != NULL)
        return false;
    *ret_value = wire_field_text(field, command_payload(exchange->command), exchange->arena);
    return ret_value->size > 0;
}

static bool find_value(void *context, struct text name, struct text *ret_value)
{
    struct exchange *exchange = context;
    return find_caller(exchange, name, ret_value) || find_gateways(exchange, name, ret_value) ||
           find_sent(exchange, exchange->input.parameters, name, ret_value) ||
           find_field(exchange, name, ret_value) ||
           find_sent(exchange, exchange->input.body, name, ret_value);
}

struct query_values read_values(struct exchange *exchange)
{
    return (struct query_values){.context = exchange, .find = find_value};
}

struct text read_location(struct exchange *exchange)
{
    struct text rest = exchange->operation->location;
    struct text location = TEXT("");
    while (rest.size > 0) {
        const char *open = memchr(rest.data, '{', rest.size);
        const char *close =
            open == NULL ? NULL : memchr(open, '}', rest.size - (size_t)(open - rest.data));
        if (close == NULL)
            break;
        struct text name = arena_text(
            exchange->arena, (struct text){.data = open + 1, .size = (size_t)(close - open) - 1});
        struct text value = TEXT("");
        if (!find_value(exchange, name, &value))
            return TEXT("");
        location = arena_printf(exchange->arena, "%.*s%.*s%.*s", (int)location.size, location.data,
                                (int)(open - rest.data), rest.data, (int)value.size, value.data);
        rest.size -= (size_t)(close + 1 - rest.data);
        rest.data = close + 1;
    }
    return arena_printf(exchange->arena, "%.*s%.*s", (int)location.size, location.data,
                        (int)rest.size, rest.data);
}

/* --- reading ---------------------------------------------------------------------------------- */

void read_failed(struct exchange *exchange, struct db *db, enum err err, struct text wrong)
{
    if (err == ERR_INPUT && wrong.size > 0) {
        respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                        TEXT("it has not the form it must have"), wrong);
        return;
    }
    if (err != ERR_NOT_FOUND && err != ERR_INPUT)
        log_warn("query.failed", LOG_TRACE(exchange),
                 LOG_TEXT("operation", exchange->operation->id), LOG_ERR(err),
                 LOG_STR("reason", db_error_text(db)));
    respond_err(exchange, err);
}

void read_ask(struct exchange *exchange, struct db *db)
{
    const struct query *query = exchange->operation->query;
    progress_shown(exchange->gateway->progress, query->reads, &exchange->read_at);
    exchange->asked = query_ask(query, db, read_values(exchange), exchange->arena);
}

/* Runs a query of the operation's into exchange->answer. False: it has been answered. */
static bool run(struct exchange *exchange, const struct query *query, struct db *db)
{
    struct text wrong;
    struct query_asked *asked = exchange->asked;
    exchange->asked = NULL;
    if (asked == NULL)
        progress_shown(exchange->gateway->progress, query->reads, &exchange->read_at);
    enum err err = query_run(query, asked, db, read_values(exchange), exchange->arena,
                             &exchange->answer, &wrong);
    if (err == OK && !exchange->work.behind)
        err = progress_look(exchange->gateway->progress, db);
    if (err != OK)
        read_failed(exchange, db, err, wrong);
    return err == OK;
}

static void read_now(struct exchange *exchange, struct db *db)
{
    if (!run(exchange, exchange->operation->query, db))
        return;
    struct buffer body = exchange->answer.body;
    const char *cache = kept_put(exchange);
    respond(exchange, &(struct respond_with){.body = buffer_as_text(&body),
                                             .etag = exchange->answer.etag,
                                             .etag_part = exchange->operation->query->etag_part,
                                             .cache = cache});
    buffer_free(&body);
}

/* In time or not: what there is, is shown, and X-Projection-Position says how far that is. The past
 * is shown as it was, or not at all. */
static void projection_is_there(struct waiter *waiter, bool in_time)
{
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    bool streams = exchange->operation->file.size > 0;
    if (!in_time && waiter->heads != NULL)
        as_of_late(exchange);
    else if (kept_respond(exchange))
        return;
    else if (!streams)
        exchange_ask(exchange, read_now);
    else
        exchange_resume(exchange, exchange->gateway->work, export_begin);
}

void read_begin(struct exchange *exchange)
{
    const int64_t *heads;
    if (!as_of_admit(exchange, &heads))
        return;
    exchange->waiter = (struct waiter){.shown = &exchange->shown,
                                       .services = exchange->operation->query->reads,
                                       .heads = heads,
                                       .deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS,
                                       .ready = projection_is_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}

bool read_row(struct exchange *exchange, struct db *db)
{
    struct json_error error;
    if (!run(exchange, exchange->operation->row, db))
        return false;
    struct text row = arena_text(exchange->arena, buffer_as_text(&exchange->answer.body));
    buffer_free(&exchange->answer.body);
    enum err err = json_parse(row, row.size, exchange->arena, &exchange->row, &error);
    CHECK(err == OK); /* Postgres made it */
    return true;
}

void read_result(struct exchange *exchange, struct db *db)
{
    if (!run(exchange, exchange->operation->query, db))
        return;
    struct buffer body = exchange->answer.body;
    struct text ticket = exchange->outcome.ticket_id;
    if (ticket.size > 0 && body.size > 2 && body.data[body.size - 1] == '}') {
        body.size--; /* the object goes on with one member more */
        buffer_printf(&body, ",\"ticket_id\":\"%.*s\"}", (int)ticket.size, ticket.data);
    }
    respond(exchange, &(struct respond_with){.body = buffer_as_text(&body),
                                             .etag = exchange->answer.etag,
                                             .location = read_location(exchange),
                                             .replayed = exchange->outcome.repeated});
    buffer_free(&body);
}
