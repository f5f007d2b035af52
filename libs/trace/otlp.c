#include "trace/otlp.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, STATUS_ERROR = 2, LENGTH_SIZE = 4 };

/* Field numbers, message by message. */
enum { REQUEST_RESOURCE_SPANS = 1 };
enum { RESOURCE_SPANS_RESOURCE = 1, RESOURCE_SPANS_SCOPE_SPANS = 2 };
enum { RESOURCE_ATTRIBUTES = 1 };
enum { SCOPE_SPANS_SCOPE = 1, SCOPE_SPANS_SPANS = 2 };
enum { SCOPE_NAME = 1 };
enum {
    SPAN_TRACE_ID = 1,
    SPAN_SPAN_ID = 2,
    SPAN_PARENT_ID = 4,
    SPAN_NAME = 5,
    SPAN_KIND = 6,
    SPAN_START = 7,
    SPAN_END = 8,
    SPAN_ATTRIBUTES = 9,
    SPAN_STATUS = 15
};
enum { STATUS_CODE = 3 };
enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { VALUE_STRING = 1, VALUE_INT = 3 };

static void varint(struct buffer *body, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buffer_byte(body, (uint8_t)(value | 0x80));
    buffer_byte(body, (uint8_t)value);
}

static void tag(struct buffer *body, int field, int wire)
{
    varint(body, (uint64_t)field << 3 | (uint64_t)wire);
}

static void number(struct buffer *body, int field, int64_t value)
{
    tag(body, field, WIRE_VARINT);
    varint(body, (uint64_t)value);
}

static void fixed64(struct buffer *body, int field, uint64_t value)
{
    tag(body, field, WIRE_FIXED64);
    for (int i = 0; i < 8; i++)
        buffer_byte(body, (uint8_t)(value >> (8 * i)));
}

static void bytes(struct buffer *body, int field, const void *data, size_t size)
{
    tag(body, field, WIRE_BYTES);
    varint(body, size);
    buffer_append(body, data, size);
}

static void text(struct buffer *body, int field, struct text value)
{
    bytes(body, field, value.data, value.size);
}

/* Begins a message whose size close_message() fills in: a varint of four bytes, however small. */
static size_t open_message(struct buffer *body, int field)
{
    tag(body, field, WIRE_BYTES);
    buffer_append(body, (const uint8_t[LENGTH_SIZE]){0}, LENGTH_SIZE);
    return body->size;
}

static void close_message(struct buffer *body, size_t opened)
{
    if (!buffer_ok(body))
        return;
    size_t size = body->size - opened;
    CHECK(size < (size_t)1 << (7 * LENGTH_SIZE));
    for (size_t i = 0; i < LENGTH_SIZE; i++) {
        uint8_t more = i + 1 < LENGTH_SIZE ? 0x80 : 0;
        body->data[opened - LENGTH_SIZE + i] = (uint8_t)((size >> (7 * i) & 0x7f) | more);
    }
}

static void attribute(struct buffer *body, int field, const struct trace_attribute *attribute)
{
    size_t pair = open_message(body, field);
    text(body, KEY_VALUE_KEY, text_of(attribute->key));
    size_t value = open_message(body, KEY_VALUE_VALUE);
    if (attribute->is_number)
        number(body, VALUE_INT, attribute->number);
    else
        text(body, VALUE_STRING, text_of(attribute->text));
    close_message(body, value);
    close_message(body, pair);
}

static void resource_text(struct buffer *body, const char *key, const char *value)
{
    size_t pair = open_message(body, RESOURCE_ATTRIBUTES);
    text(body, KEY_VALUE_KEY, text_of(key));
    size_t opened = open_message(body, KEY_VALUE_VALUE);
    text(body, VALUE_STRING, text_of(value));
    close_message(body, opened);
    close_message(body, pair);
}

static void write_span(struct buffer *body, const struct trace_span *span)
{
    size_t opened = open_message(body, SCOPE_SPANS_SPANS);
    bytes(body, SPAN_TRACE_ID, span->context.trace_id, sizeof span->context.trace_id);
    bytes(body, SPAN_SPAN_ID, span->context.span_id, sizeof span->context.span_id);
    if (span->has_parent)
        bytes(body, SPAN_PARENT_ID, span->parent_id, sizeof span->parent_id);
    text(body, SPAN_NAME, text_of(span->name));
    number(body, SPAN_KIND, (int64_t)span->kind);
    fixed64(body, SPAN_START, (uint64_t)span->began_us * 1000);
    fixed64(body, SPAN_END, (uint64_t)span->ended_us * 1000);
    for (size_t i = 0; i < span->attributes_count; i++)
        attribute(body, SPAN_ATTRIBUTES, &span->attributes[i]);
    if (span->failed) {
        size_t status = open_message(body, SPAN_STATUS);
        number(body, STATUS_CODE, STATUS_ERROR);
        close_message(body, status);
    }
    close_message(body, opened);
}

/* Spans that are all of one service. */
static void write_resource(const struct trace_options *options, const struct trace_span *spans,
                           size_t count, struct buffer *ret_body)
{
    const char *service = spans[0].service;
    size_t all = open_message(ret_body, REQUEST_RESOURCE_SPANS);
    size_t resource = open_message(ret_body, RESOURCE_SPANS_RESOURCE);
    resource_text(ret_body, "service.namespace", "bourse");
    resource_text(ret_body, "service.name", service == NULL ? options->service : service);
    resource_text(ret_body, "service.instance.id", options->instance);
    resource_text(ret_body, "service.version", options->version);
    close_message(ret_body, resource);
    size_t scoped = open_message(ret_body, RESOURCE_SPANS_SCOPE_SPANS);
    size_t scope = open_message(ret_body, SCOPE_SPANS_SCOPE);
    text(ret_body, SCOPE_NAME, TEXT("bourse"));
    close_message(ret_body, scope);
    for (size_t i = 0; i < count; i++)
        write_span(ret_body, &spans[i]);
    close_message(ret_body, scoped);
    close_message(ret_body, all);
}

void otlp_write(const struct trace_options *options, const struct trace_span *spans, size_t count,
                struct buffer *ret_body)
{
    for (size_t first = 0, i = 1; i <= count; i++) {
        if (i < count && spans[i].service == spans[first].service)
            continue;
        write_resource(options, spans + first, i - first, ret_body);
        first = i;
    }
}
