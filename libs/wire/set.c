/* Reading what JSON shows of a scalar back into a struct. */
#include "base/time.h"
#include "base/uuid.h"
#include "decimal/decimal.h"
#include "wire/record.h"

#include <string.h>

const struct wire_field *wire_field(const struct wire_record *record, struct text name)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        const struct wire_field *field = &record->fields[i];
        if (text_is(name, field->name) || text_equal(name, wire_json_name(field)))
            return field;
    }
    return NULL;
}

static enum err set_long(struct text text, int64_t low, int64_t high, int64_t *ret_value)
{
    bool minus = text.size > 0 && text.data[0] == '-';
    size_t digits = text.size - (minus ? 1 : 0);
    if (digits == 0)
        return ERR_INPUT;
    if (digits > 18)
        return ERR_RANGE;
    int64_t value = 0;
    for (size_t i = minus ? 1 : 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return ERR_INPUT;
        value = value * 10 + (text.data[i] - '0');
    }
    value = minus ? -value : value;
    if (value < low || value > high)
        return ERR_RANGE;
    *ret_value = value;
    return OK;
}

static enum err set_narrow(struct text text, int32_t *ret_value)
{
    int64_t value = 0;
    enum err err = set_long(text, INT32_MIN, INT32_MAX, &value);
    if (err == OK)
        *ret_value = (int32_t)value;
    return err;
}

static enum err set_boolean(struct text text, bool *ret_value)
{
    if (!text_is(text, "true") && !text_is(text, "false"))
        return ERR_INPUT;
    *ret_value = text_is(text, "true");
    return OK;
}

static enum err set_symbol(const struct wire_enum *symbols, struct text text, uint32_t *ret_value)
{
    for (size_t i = 0; i < symbols->symbols_count; i++) {
        if (text_is(text, symbols->symbols[i])) {
            *ret_value = (uint32_t)i;
            return OK;
        }
    }
    return ERR_INPUT;
}

static enum err set_element(const struct wire_field *field, struct text text, void *ret_element)
{
    switch (field->type) {
    case WIRE_BOOLEAN: return set_boolean(text, ret_element);
    case WIRE_INT: return set_narrow(text, ret_element);
    case WIRE_LONG: return set_long(text, INT64_MIN, INT64_MAX, ret_element);
    case WIRE_E8: return decimal_parse(text, ret_element);
    case WIRE_TIME: return time_parse(text, ret_element);
    case WIRE_TEXT: *(struct text *)ret_element = text; return OK;
    case WIRE_UUID: return uuid_parse(text, ret_element);
    case WIRE_ENUM: return set_symbol(field->symbols, text, ret_element);
    case WIRE_BYTES:
    case WIRE_FIXED:
    case WIRE_RECORD: break;
    }
    return ERR_INPUT;
}

enum err wire_field_set(const struct wire_field *field, struct text text, void *value)
{
    uint8_t *base = value;
    if (field->array)
        return ERR_INPUT;
    enum err err = set_element(field, text, base + field->offset);
    if (err == OK && field->nullable)
        *(bool *)(base + field->beside) = true;
    return err;
}

enum err wire_map_add(const struct wire_field *field, struct text key, struct text text,
                      struct arena *arena, void *value)
{
    if (!field->map)
        return ERR_INPUT;
    size_t *count = (size_t *)(void *)((uint8_t *)value + field->beside);
    uint8_t **elements = (uint8_t **)(void *)((uint8_t *)value + field->offset);
    uint8_t *grown = arena_alloc(arena, (*count + 1) * field->size);
    if (*count > 0)
        memcpy(grown, *elements, *count * field->size);
    uint8_t *entry = grown + *count * field->size;
    const struct wire_field *parts = field->record->fields;
    *(struct text *)(void *)(entry + parts[0].offset) = key;
    enum err err = set_element(&parts[1], text, entry + parts[1].offset);
    if (err != OK)
        return err;
    *elements = grown;
    *count += 1;
    return OK;
}
