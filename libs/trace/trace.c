#include "trace/trace.h"

#include "base/time.h"
#include "seal/seal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FLAG_SAMPLED = 1 };

int64_t trace_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

/* --- contexts --- */

/* An id of zeros is none. */
static void random_id(uint8_t *ret_id, size_t size)
{
    seal_random(ret_id, size);
    ret_id[0] |= 1;
}

struct trace_context trace_context_new(void)
{
    struct trace_context context = {.sampled = false};
    random_id(context.trace_id, sizeof context.trace_id);
    random_id(context.span_id, sizeof context.span_id);
    return context;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads `size` bytes as hexadecimal digits. False: they are something else. */
static bool read_hex(const char *digits, uint8_t *ret_bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit(digits[2 * i]), low = digit(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

bool trace_context_parse(struct text traceparent, struct trace_context *ret_context)
{
    struct trace_context context;
    uint8_t version = 0, flags = 0;
    const char *at = traceparent.data;
    if (traceparent.size != TRACE_PARENT_SIZE || at[2] != '-' || at[35] != '-' || at[52] != '-' ||
        !read_hex(at, &version, 1) || version != 0 ||
        !read_hex(at + TRACE_ID_AT, context.trace_id, sizeof context.trace_id) ||
        !read_hex(at + 36, context.span_id, sizeof context.span_id) ||
        !read_hex(at + 53, &flags, 1))
        return false;
    if (is_zero(context.trace_id, sizeof context.trace_id) ||
        is_zero(context.span_id, sizeof context.span_id))
        return false;
    context.sampled = (flags & FLAG_SAMPLED) != 0;
    *ret_context = context;
    return true;
}

static char *print_hex(const uint8_t *bytes, size_t size, char *ret_text)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *ret_text++ = DIGITS[bytes[i] >> 4];
        *ret_text++ = DIGITS[bytes[i] & 15];
    }
    return ret_text;
}

void trace_context_print(const struct trace_context *context, char ret_text[TRACE_PARENT_SIZE])
{
    const uint8_t version = 0, flags = context->sampled ? FLAG_SAMPLED : 0;
    char *at = print_hex(&version, 1, ret_text);
    *at++ = '-';
    at = print_hex(context->trace_id, sizeof context->trace_id, at);
    *at++ = '-';
    at = print_hex(context->span_id, sizeof context->span_id, at);
    *at++ = '-';
    print_hex(&flags, 1, at);
}

/* --- spans --- */

void trace_span_begin(struct trace_span *span, const struct trace_context *parent,
                      enum trace_kind kind, int64_t began_us, const char *operation,
                      struct text subject)
{
    *span = (struct trace_span){
        .context = *parent, .has_parent = true, .kind = kind, .began_us = began_us};
    memcpy(span->parent_id, parent->span_id, sizeof span->parent_id);
    random_id(span->context.span_id, sizeof span->context.span_id);
    snprintf(span->name, sizeof span->name, "%s %.*s", operation, (int)subject.size, subject.data);
}

static struct trace_attribute *add(struct trace_span *span, const char *key)
{
    CHECK(span->attributes_count < TRACE_ATTRIBUTES_MAX);
    struct trace_attribute *attribute = &span->attributes[span->attributes_count++];
    attribute->key = key;
    return attribute;
}

void trace_span_text(struct trace_span *span, const char *key, struct text value)
{
    struct trace_attribute *attribute = add(span, key);
    snprintf(attribute->text, sizeof attribute->text, "%.*s", (int)value.size, value.data);
}

void trace_span_number(struct trace_span *span, const char *key, int64_t value)
{
    struct trace_attribute *attribute = add(span, key);
    attribute->is_number = true;
    attribute->number = value;
}
