#include "cli/events.h"

#include "base/time.h"
#include "eventlog/headers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE_MAX = 64 << 20 };

static const char CSV_COLUMNS[] = "topic,partition,offset,occurred_at,key,type";

static void csv_text(struct buffer *line, struct text text)
{
    bool plain = true;
    for (size_t i = 0; i < text.size && plain; i++)
        plain = strchr(",\"\r\n", text.data[i]) == NULL || text.data[i] == '\0';
    if (plain) {
        buffer_text(line, text);
        return;
    }
    buffer_byte(line, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buffer_byte(line, '"');
        buffer_byte(line, (uint8_t)text.data[i]);
    }
    buffer_byte(line, '"');
}

static void print_csv_head(struct events_printer *printer)
{
    fputs(CSV_COLUMNS, printer->out);
    const struct wire_record *payload =
        printer->only_type == NULL ? NULL : printer->only_type->payload;
    for (size_t i = 0; payload != NULL && i < payload->fields_count; i++) {
        struct text name = wire_json_name(&payload->fields[i]);
        fprintf(printer->out, ",%.*s", (int)name.size, name.data);
    }
    fputs(payload == NULL ? ",event\n" : "\n", printer->out);
}

void events_printer_init(struct events_printer *printer, const struct events_query *query,
                         FILE *out)
{
    *printer = (struct events_printer){
        .out = out,
        .form = query->form,
        .only_type = query->types_count == 1 ? query->types[0] : NULL,
        .event = calloc(1, sizeof *printer->event),
    };
    CHECK(printer->event != NULL);
    buffer_init(&printer->line, LINE_SIZE_MAX);
    if (printer->form == EVENTS_CSV)
        print_csv_head(printer);
}

void events_printer_free(struct events_printer *printer)
{
    buffer_free(&printer->line);
    free(printer->event);
}

/* Where the record stands, as members of a JSON object. */
static void add_place(struct buffer *line, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    buffer_string(line, "\"topic\":");
    buffer_json_string(line, record->topic);
    buffer_printf(line, ",\"partition\":%d,\"offset\":%" PRId64 ",\"key\":", record->partition,
                  record->offset);
    buffer_json_string(line, (struct text){(const char *)record->key.data, record->key.size});
    if (followed->verdict == FOLD_INERT) {
        buffer_string(line, ",\"inert\":");
        buffer_json_string(line, text_of(followed->fold->reason));
    }
}

/* Where it stands, then the event as event_json() has it. NULL: it cannot be read. */
static void add_json(struct buffer *line, const struct followed *followed,
                     const struct event *event)
{
    buffer_byte(line, '{');
    add_place(line, followed);
    if (event == NULL) {
        buffer_byte(line, '}');
        return;
    }
    size_t brace = line->size;
    event_json(event, line);
    CHECK(buffer_ok(line));
    line->data[brace] = ',';
}

static void add_attribute(struct buffer *line, const char *name, struct text value)
{
    buffer_printf(line, "\"%s\":", name);
    buffer_json_string(line, value);
    buffer_byte(line, ',');
}

static void add_uuid_attribute(struct buffer *line, const char *name, struct uuid id)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);
    add_attribute(line, name, (struct text){text, sizeof text});
}

/* Those that the record has as headers, in binary mode. */
static void add_header_attributes(struct buffer *line, const struct log_header *headers,
                                  size_t count)
{
    static const char PREFIX[] = "ce_";
    const size_t prefix_size = sizeof PREFIX - 1;
    for (size_t i = 0; i < count; i++) {
        struct text name = headers[i].name;
        if (name.size <= prefix_size || memcmp(name.data, PREFIX, prefix_size) != 0)
            continue;
        buffer_json_string(line, (struct text){name.data + prefix_size, name.size - prefix_size});
        buffer_byte(line, ':');
        buffer_json_string(line, headers[i].value);
        buffer_byte(line, ',');
    }
}

/* CloudEvents 1.0, structured mode, with the event as JSON for its data. */
static void add_cloudevent(struct buffer *line, const struct followed *followed,
                           const struct event *event)
{
    const struct event_meta *meta = &event->meta;
    struct log_header headers[LOG_HEADERS_MAX];
    size_t count = headers_of_event(event, followed->arena, headers);
    buffer_byte(line, '{');
    add_header_attributes(line, headers, count);
    if (event->key.size > 0) /* an attribute is never empty */
        add_attribute(line, "subject", event->key);
    if (meta->has_correlation_id)
        add_uuid_attribute(line, "correlationid", meta->correlation_id);
    if (meta->has_command_id)
        add_uuid_attribute(line, "causationid", meta->command_id);
    buffer_printf(line,
                  "\"offset\":\"%" PRId64 "\",\"datacontenttype\":\"application/json\",\"data\":",
                  followed->record.offset);
    event_json(event, line);
    buffer_byte(line, '}');
}

static void add_csv_field(struct buffer *line, const struct wire_field *field, const void *payload,
                          struct arena *arena)
{
    if (!field->array && field->type != WIRE_RECORD) {
        csv_text(line, wire_field_text(field, payload, arena));
        return;
    }
    if (wire_is_null(field, payload))
        return;
    struct buffer json;
    buffer_init(&json, LINE_SIZE_MAX);
    wire_json_field(field, payload, &json);
    csv_text(line, buffer_as_text(&json));
    buffer_free(&json);
}

static void add_csv_event(struct buffer *line, const struct event *event)
{
    struct buffer json;
    buffer_init(&json, LINE_SIZE_MAX);
    event_json(event, &json);
    csv_text(line, buffer_as_text(&json));
    buffer_free(&json);
}

static void add_csv(const struct events_printer *printer, struct buffer *line,
                    const struct followed *followed, const struct event *event)
{
    const struct log_record *record = &followed->record;
    char time[TIME_TEXT_SIZE];
    time_print(event->meta.occurred_at, time);
    csv_text(line, record->topic);
    buffer_printf(line, ",%d,%" PRId64 ",%.*s,", record->partition, record->offset, TIME_TEXT_SIZE,
                  time);
    csv_text(line, event->key);
    buffer_printf(line, ",%s", wire_message_name(event_message(event)));
    const struct wire_record *payload =
        printer->only_type == NULL ? NULL : printer->only_type->payload;
    if (payload == NULL) {
        buffer_byte(line, ',');
        add_csv_event(line, event);
    }
    for (size_t i = 0; payload != NULL && i < payload->fields_count; i++) {
        buffer_byte(line, ',');
        add_csv_field(line, &payload->fields[i], event_payload(event), followed->arena);
    }
}

enum err events_print(struct events_printer *printer, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct buffer *line = &printer->line;
    bool is_read = event_decode(record->value, followed->arena, printer->event) == OK;
    printer->event->key = (struct text){(const char *)record->key.data, record->key.size};
    buffer_reset(line);
    if (printer->form == EVENTS_JSON)
        add_json(line, followed, is_read ? printer->event : NULL);
    else if (!is_read)
        return OK; /* neither an event nor a line of its columns */
    else if (printer->form == EVENTS_CLOUDEVENTS)
        add_cloudevent(line, followed, printer->event);
    else
        add_csv(printer, line, followed, printer->event);
    buffer_byte(line, '\n');
    CHECK(buffer_ok(line));
    fwrite(line->data, 1, line->size, printer->out);
    printer->count++;
    return ferror(printer->out) == 0 ? OK : ERR_BUSY;
}
