#include "base/time.h"
#include "base/uuid.h"
#include "decimal/decimal.h"
#include "wire/record.h"

#include <string.h>

enum { DECIMALS_MIN = 2 };

struct text wire_json_name(const struct wire_field *field)
{
    struct text name = text_of(field->name);
    if (name.size > 3 && memcmp(name.data + name.size - 3, "_e8", 3) == 0)
        name.size -= 3;
    return name;
}

static void json_hex(const uint8_t *data, size_t size, struct buffer *buffer)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        buffer_byte(buffer, (uint8_t)DIGITS[data[i] >> 4]);
        buffer_byte(buffer, (uint8_t)DIGITS[data[i] & 15]);
    }
}

/* A scalar without quotes, and without JSON's escapes. */
static void plain_text(const struct wire_field *field, const void *element, struct buffer *buffer)
{
    char text[DECIMAL_TEXT_SIZE + TIME_TEXT_SIZE + UUID_TEXT_SIZE];
    switch (field->type) {
    case WIRE_BOOLEAN: buffer_string(buffer, *(const bool *)element ? "true" : "false"); break;
    case WIRE_INT: buffer_number(buffer, *(const int32_t *)element); break;
    case WIRE_LONG: buffer_number(buffer, *(const int64_t *)element); break;
    case WIRE_E8:
        buffer_append(buffer, text, decimal_print(*(const int64_t *)element, DECIMALS_MIN, text));
        break;
    case WIRE_TIME:
        time_print(*(const int64_t *)element, text);
        buffer_append(buffer, text, TIME_TEXT_SIZE);
        break;
    case WIRE_UUID:
        uuid_print(*(const struct uuid *)element, text);
        buffer_append(buffer, text, UUID_TEXT_SIZE);
        break;
    case WIRE_TEXT: buffer_text(buffer, *(const struct text *)element); break;
    case WIRE_BYTES: {
        const struct bytes *bytes = element;
        json_hex(bytes->data, bytes->size, buffer);
        break;
    }
    case WIRE_FIXED: json_hex(element, field->size, buffer); break;
    case WIRE_ENUM:
        buffer_string(buffer, field->symbols->symbols[*(const uint32_t *)element]);
        break;
    case WIRE_RECORD: CHECK(field->type != WIRE_RECORD);
    }
}

static void json_element(const struct wire_field *field, const void *element, struct buffer *buffer)
{
    switch (field->type) {
    case WIRE_RECORD: wire_json(field->record, element, buffer); break;
    case WIRE_TEXT: buffer_json_string(buffer, *(const struct text *)element); break;
    case WIRE_BOOLEAN:
    case WIRE_INT:
    case WIRE_LONG: plain_text(field, element, buffer); break;
    case WIRE_E8:
    case WIRE_TIME:
    case WIRE_UUID:
    case WIRE_BYTES:
    case WIRE_FIXED:
    case WIRE_ENUM:
        buffer_byte(buffer, '"');
        plain_text(field, element, buffer);
        buffer_byte(buffer, '"');
        break;
    }
}

static void json_entry(const struct wire_record *entry, const uint8_t *element,
                       struct buffer *buffer)
{
    json_element(&entry->fields[0], element + entry->fields[0].offset, buffer);
    buffer_byte(buffer, ':');
    json_element(&entry->fields[1], element + entry->fields[1].offset, buffer);
}

static void json_array(const struct wire_field *field, const uint8_t *value, struct buffer *buffer)
{
    size_t count = *(const size_t *)(const void *)(value + field->beside);
    const uint8_t *element = *(const uint8_t *const *)(const void *)(value + field->offset);
    buffer_byte(buffer, field->map ? '{' : '[');
    for (size_t i = 0; i < count; i++, element += field->size) {
        if (i > 0)
            buffer_byte(buffer, ',');
        if (field->map)
            json_entry(field->record, element, buffer);
        else
            json_element(field, element, buffer);
    }
    buffer_byte(buffer, field->map ? '}' : ']');
}

bool wire_is_null(const struct wire_field *field, const void *value)
{
    return field->nullable && !*(const bool *)((const uint8_t *)value + field->beside);
}

void wire_json_field(const struct wire_field *field, const void *value, struct buffer *buffer)
{
    const uint8_t *base = value;
    if (field->array)
        json_array(field, base, buffer);
    else if (wire_is_null(field, value))
        buffer_string(buffer, "null");
    else
        json_element(field, base + field->offset, buffer);
}

void wire_json_members(const struct wire_record *record, const void *value, struct buffer *buffer)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        if (i > 0)
            buffer_byte(buffer, ',');
        buffer_json_string(buffer, wire_json_name(&record->fields[i]));
        buffer_byte(buffer, ':');
        wire_json_field(&record->fields[i], value, buffer);
    }
}

void wire_json(const struct wire_record *record, const void *value, struct buffer *buffer)
{
    buffer_byte(buffer, '{');
    wire_json_members(record, value, buffer);
    buffer_byte(buffer, '}');
}

struct text wire_field_text(const struct wire_field *field, const void *value, struct arena *arena)
{
    CHECK(!field->array && field->type != WIRE_RECORD);
    if (wire_is_null(field, value))
        return TEXT("");
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX);
    plain_text(field, (const uint8_t *)value + field->offset, &buffer);
    struct text text = arena_text(arena, buffer_as_text(&buffer));
    buffer_free(&buffer);
    return text;
}

struct text wire_named_text(const struct wire_record *record, const char *name, const void *value,
                            struct arena *arena)
{
    if (name[0] == '=')
        return text_of(name + 1);
    const struct wire_field *field = wire_field(record, text_of(name));
    CHECK(field != NULL);
    return wire_field_text(field, value, arena);
}
