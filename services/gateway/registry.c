/* registry.c - the read half of the Confluent schema registry API, from the table of messages, so
 * that a stock deserializer works with nothing else running.
 *
 * A subject is topic and record: bourse.orders.events-bourse.orders.OrderEntered. A record that all
 * services share has a subject for each of their topics. */
#include "gateway/handlers.h"
#include "gateway/respond.h"

#include "eventlog/follower.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20 };

static const char CONTENT_TYPE[] = "application/vnd.schemaregistry.v1+json";

/* Calls `visit` with the subject of every message in every topic it may be in. */
typedef void visit_subject(void *context, const char *topic, const struct wire_message *message);

/* The service of "bourse.orders.OrderEntered"; SERVICES where all share it. */
static enum service_id owner_of(const struct wire_message *message)
{
    const char *name = message->full_name + strlen("bourse.");
    const char *dot = strchr(name, '.');
    enum service_id service = SERVICES;
    if (dot != NULL)
        (void)!service_named((struct text){.data = name, .size = (size_t)(dot - name)}, &service);
    return service;
}

static void each_topic(const struct wire_message *messages, size_t count,
                       const char *(*topic_of)(enum service_id), visit_subject *visit,
                       void *context)
{
    for (int i = 0; i < SERVICES; i++) {
        for (size_t m = 0; m < count; m++) {
            enum service_id owner = owner_of(&messages[m]);
            if (owner == (enum service_id)i || owner == SERVICES)
                visit(context, topic_of((enum service_id)i), &messages[m]);
        }
    }
}

static void each_subject(visit_subject *visit, void *context)
{
    each_topic(WIRE_EVENTS, EVENT_KINDS, follower_events_topic, visit, context);
    each_topic(WIRE_COMMANDS, COMMAND_KINDS, follower_commands_topic, visit, context);
}

struct search {
    struct text subject;
    const struct wire_message *found;
};

static void compare(void *context, const char *topic, const struct wire_message *message)
{
    struct search *search = context;
    size_t size = strlen(topic);
    struct text rest = {.data = search->subject.data + size + 1,
                        .size = search->subject.size - size - 1};
    if (search->subject.size > size + 1 && memcmp(search->subject.data, topic, size) == 0 &&
        search->subject.data[size] == '-' && text_is(rest, message->full_name))
        search->found = message;
}

static const struct wire_message *find_subject(struct text subject)
{
    struct search search = {.subject = subject};
    each_subject(compare, &search);
    return search.found;
}

static void respond_json(struct exchange *exchange, unsigned status, struct buffer *json)
{
    respond(exchange, &(struct respond_with){.status = status,
                                             .content_type = CONTENT_TYPE,
                                             .body = buffer_as_text(json)});
    buffer_free(json);
}

/* The registry's own form of an error, which its clients look for. */
static void respond_missing(struct exchange *exchange, int code, const char *message)
{
    struct buffer json;
    buffer_init(&json, ANSWER_MAX);
    buffer_printf(&json, "{\"error_code\":%d,\"message\":\"%s\"}", code, message);
    respond_json(exchange, 404, &json);
}

static void list_subject(void *context, const char *topic, const struct wire_message *message)
{
    struct buffer *json = context;
    buffer_printf(json, "%s\"%s-%s\"", json->size > 1 ? "," : "", topic, message->full_name);
}

void handle_subjects(struct exchange *exchange)
{
    struct buffer json;
    buffer_init(&json, ANSWER_MAX);
    buffer_string(&json, "[");
    each_subject(list_subject, &json);
    buffer_string(&json, "]");
    respond_json(exchange, 0, &json);
}

static struct text path_value(const struct exchange *exchange, size_t index)
{
    return index < exchange->path_values.count ? exchange->path_values.rows[index].value : TEXT("");
}

void handle_subject_versions(struct exchange *exchange)
{
    const struct wire_message *message = find_subject(path_value(exchange, 0));
    if (message == NULL) {
        respond_missing(exchange, 40401, "Subject not found.");
        return;
    }
    struct buffer json;
    buffer_init(&json, ANSWER_MAX);
    for (size_t i = 1; i <= message->versions_count; i++)
        buffer_printf(&json, "%c%zu", i == 1 ? '[' : ',', i);
    buffer_string(&json, "]");
    respond_json(exchange, 0, &json);
}

/* A small whole number; 0: the text is something else. */
static size_t number_of(struct text text)
{
    char *end = NULL;
    long number = text.size > 0 && text.size < 10 ? strtol(text.data, &end, 10) : 0;
    return number > 0 && end == text.data + text.size ? (size_t)number : 0;
}

void handle_subject_version(struct exchange *exchange)
{
    struct text subject = path_value(exchange, 0);
    struct text wanted = path_value(exchange, 1);
    const struct wire_message *message = find_subject(subject);
    if (message == NULL) {
        respond_missing(exchange, 40401, "Subject not found.");
        return;
    }
    size_t number = text_is(wanted, "latest") || text_is(wanted, "-1") ? message->versions_count
                                                                       : number_of(wanted);
    if (number == 0 || number > message->versions_count) {
        respond_missing(exchange, 40402, "Version not found.");
        return;
    }
    const struct wire_version *version = &message->versions[number - 1];
    struct buffer json;
    buffer_init(&json, ANSWER_MAX);
    buffer_string(&json, "{\"subject\":");
    buffer_json_string(&json, subject);
    buffer_printf(&json, ",\"version\":%zu,\"id\":%d,\"schemaType\":\"AVRO\",\"schema\":", number,
                  version->schema_id);
    buffer_json_string(&json, text_of(version->schema));
    buffer_string(&json, "}");
    respond_json(exchange, 0, &json);
}

void handle_schema_by_id(struct exchange *exchange)
{
    const struct wire_version *version =
        wire_version_of_id((int32_t)number_of(path_value(exchange, 0)));
    if (version == NULL) {
        respond_missing(exchange, 40403, "Schema not found.");
        return;
    }
    struct buffer json;
    buffer_init(&json, ANSWER_MAX);
    buffer_string(&json, "{\"schema\":");
    buffer_json_string(&json, text_of(version->schema));
    buffer_string(&json, "}");
    respond_json(exchange, 0, &json);
}
