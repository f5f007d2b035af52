#include "projection/journal.h"

#include "decision/letter.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_SIZE = 64 << 20, JSON_SIZE_MAX = 128 << 20 };

const struct projection_statement JOURNAL_STATEMENT = {
    .table = "events",
    .kind = PROJECTION_INSERT,
    .key_columns = 2,
    .columns = {{"partition", COLUMN_INT},
                {"event_offset", COLUMN_BIGINT},
                {"event_id", COLUMN_UUID},
                {"type", COLUMN_TEXT},
                {"key", COLUMN_TEXT},
                {"command_id", COLUMN_UUID},
                {"correlation_id", COLUMN_UUID},
                {"actor_id", COLUMN_UUID},
                {"answers", COLUMN_BOOL},
                {"code", COLUMN_TEXT},
                {"occurred_at", COLUMN_TIME},
                {"cause", COLUMN_TEXT},
                {"request", COLUMN_JSON},
                {"action", COLUMN_TEXT},
                {"ip_address", COLUMN_TEXT},
                {"user_agent", COLUMN_TEXT},
                {"result", COLUMN_JSON},
                {"letter_id", COLUMN_UUID},
                {"raw", COLUMN_BYTES}},
};

struct journal {
    struct arena *arena; /* of one request */
    struct command command;
    struct buffer json;
};

struct journal *journal_new(void)
{
    struct journal *journal = calloc(1, sizeof *journal);
    CHECK(journal != NULL);
    journal->arena = arena_new(ARENA_SIZE);
    buffer_init(&journal->json, JSON_SIZE_MAX);
    return journal;
}

void journal_free(struct journal *journal)
{
    if (journal == NULL)
        return;
    arena_free(journal->arena);
    buffer_free(&journal->json);
    free(journal);
}

/* --- JSON without what is sealed --- */

static void public_members(const struct wire_record *record, const void *value,
                           struct buffer *json);

static void public_object(const struct wire_record *record, const void *value, struct buffer *json)
{
    buffer_byte(json, '{');
    public_members(record, value, json);
    buffer_byte(json, '}');
}

static void public_array(const struct wire_field *field, const uint8_t *value, struct buffer *json)
{
    size_t count = *(const size_t *)(const void *)(value + field->beside);
    const uint8_t *element = *(const uint8_t *const *)(const void *)(value + field->offset);
    buffer_byte(json, '[');
    for (size_t i = 0; i < count; i++, element += field->size) {
        if (i > 0)
            buffer_byte(json, ',');
        public_object(field->record, element, json);
    }
    buffer_byte(json, ']');
}

static void public_field(const struct wire_field *field, const void *value, struct buffer *json)
{
    const uint8_t *base = value;
    if (field->type != WIRE_RECORD || field->map || wire_is_null(field, value))
        wire_json_field(field, value, json);
    else if (field->array)
        public_array(field, base, json);
    else
        public_object(field->record, base + field->offset, json);
}

static void public_member(const struct wire_field *field, const void *value, bool first,
                          struct buffer *json)
{
    if (!first)
        buffer_byte(json, ',');
    buffer_json_string(json, wire_json_name(field));
    buffer_byte(json, ':');
    public_field(field, value, json);
}

static void public_members(const struct wire_record *record, const void *value, struct buffer *json)
{
    bool first = true;
    for (size_t i = 0; i < record->fields_count; i++) {
        if (record->fields[i].sealed_by != NULL)
            continue;
        public_member(&record->fields[i], value, first, json);
        first = false;
    }
}

/* --- cells --- */

static void add_json(struct journal *journal, struct rows *rows)
{
    CHECK(buffer_ok(&journal->json));
    rows_text(rows, buffer_as_text(&journal->json));
}

/* Request and action, on the event that decides the command: what other services make of it has the
 * same. Of what was no command of ours there is nothing to show. */
static void add_request(struct journal *journal, const struct event_meta *meta, struct rows *rows)
{
    arena_reset(journal->arena);
    if (!meta->has_request || !event_decides_command(meta) ||
        command_decode(meta->request, journal->arena, &journal->command) != OK) {
        rows_null(rows);
        rows_null(rows);
        return;
    }
    const struct wire_message *message = command_message(&journal->command);
    buffer_reset(&journal->json);
    public_object(message->payload, command_payload(&journal->command), &journal->json);
    add_json(journal, rows);
    rows_text(rows, text_of(wire_message_name(message)));
}

static void refusal_members(const struct wire_message *message, const void *payload,
                            struct buffer *json)
{
    static const char *const NAMES[] = {"code", "message", "field"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        const struct wire_field *field = wire_field(message->payload, text_of(NAMES[i]));
        if (field != NULL)
            public_member(field, payload, i == 0, json);
    }
}

/* A record that is the first field of a result is spread out, all else are members
 * (event_result_members). */
static void result_members(const struct wire_message *message, const void *payload,
                           struct buffer *json)
{
    for (size_t i = 0; message->result[i] != NULL; i++) {
        const struct wire_field *field = wire_field(message->payload, text_of(message->result[i]));
        CHECK(field != NULL);
        if (wire_is_spread(field, i))
            public_members(field->record, (const uint8_t *)payload + field->offset, json);
        else
            public_member(field, payload, i == 0, json);
    }
}

static void add_result(struct journal *journal, const struct event *event, struct rows *rows)
{
    const struct wire_message *message = event_message(event);
    struct refused refused;
    bool refuses = event_refuses(event, &refused);
    if (!message->answers || (!refuses && message->result[0] == NULL)) {
        rows_null(rows);
        return;
    }
    buffer_reset(&journal->json);
    buffer_byte(&journal->json, '{');
    if (refuses)
        refusal_members(message, event_payload(event), &journal->json);
    else
        result_members(message, event_payload(event), &journal->json);
    buffer_byte(&journal->json, '}');
    add_json(journal, rows);
}

static void add_code(const struct event *event, struct rows *rows)
{
    struct refused refused;
    if (event_refuses(event, &refused))
        rows_text(rows, refused.code);
    else
        rows_null(rows);
}

/* `text` without a given start or end, where it has it. */
static struct text without(struct text text, struct text start, struct text end)
{
    if (text.size > start.size && memcmp(text.data, start.data, start.size) == 0) {
        text.data += start.size;
        text.size -= start.size;
    }
    if (text.size > end.size && memcmp(text.data + text.size - end.size, end.data, end.size) == 0)
        text.size -= end.size;
    return text;
}

static void add_cause(struct journal *journal, const struct event_meta *meta, struct rows *rows)
{
    if (meta->cause_count == 0) {
        rows_null(rows);
        return;
    }
    const struct cause_run *run = &meta->cause[0];
    struct text name = without(run->topic, TEXT("bourse."), TEXT(".events"));
    buffer_reset(&journal->json);
    buffer_text(&journal->json, name);
    buffer_printf(&journal->json, "/%d/%lld", run->partition, (long long)run->last_offset);
    add_json(journal, rows);
}

static void add_origin(const struct event_meta *meta, struct rows *rows)
{
    if (!meta->has_origin || !event_decides_command(meta)) {
        rows_null(rows);
        rows_null(rows);
        return;
    }
    rows_sealed(rows, meta->origin.ip_address, meta->origin.key_id);
    rows_sealed(rows, meta->origin.user_agent, meta->origin.key_id);
}

/* Of what was set aside: its own id, and where it cannot be read what came. What can be read, and
 * is sealed in part, is the request. */
static void add_letter(const struct event *event, struct rows *rows)
{
    bool letter = letter_is(event);
    rows_uuid_or_null(rows, letter, letter ? letter_id(event) : (struct uuid){{0}});
    if (letter && !event->meta.has_command_id)
        rows_bytes(rows, event->meta.request);
    else
        rows_null(rows);
}

static void add_id(bool has, struct uuid id, struct rows *rows)
{
    if (has)
        rows_uuid(rows, id);
    else
        rows_null(rows);
}

/* What the clock brings about, and what follows from it, is of no command. */
static bool concerns_orders(const struct wire_message *message)
{
    return wire_field(message->payload, TEXT("order")) != NULL ||
           wire_field(message->payload, TEXT("orders")) != NULL;
}

void journal_add(struct journal *journal, const struct event *event, int statement,
                 struct rows *rows)
{
    const struct event_meta *meta = &event->meta;
    const struct wire_message *message = event_message(event);
    if (!meta->has_command_id && !concerns_orders(message) && !letter_is(event))
        return;
    rows_begin(rows, statement);
    rows_int(rows, rows_partition(rows));
    rows_int(rows, rows_offset(rows));
    rows_uuid(rows, meta->event_id);
    rows_text(rows, text_of(wire_message_name(message)));
    rows_text(rows, event->key);
    add_id(meta->has_command_id, meta->command_id, rows);
    add_id(meta->has_correlation_id, meta->correlation_id, rows);
    add_id(meta->has_actor, meta->actor.user_id, rows);
    rows_bool(rows, message->answers);
    add_code(event, rows);
    rows_time(rows, meta->occurred_at);
    add_cause(journal, meta, rows);
    add_request(journal, meta, rows);
    add_origin(meta, rows);
    add_result(journal, event, rows);
    add_letter(event, rows);
}
