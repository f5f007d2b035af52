#include "base/time.h"
#include "base/uuid.h"
#include "wire/record.h"

#include <string.h>

static enum err decode_long(struct bytes *input, int64_t *ret_value)
{
    uint64_t zigzag = 0;
    for (size_t i = 0; i < 10 && i < input->size; i++) {
        uint64_t byte = input->data[i];
        if (i == 9 && byte > 1)
            return ERR_POISON;
        zigzag |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            input->data += i + 1;
            input->size -= i + 1;
            *ret_value = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
            return OK;
        }
    }
    return ERR_POISON;
}

/* A run of `size` bytes at the front, if there are so many. */
static enum err take(struct bytes *input, size_t size, const uint8_t **ret_data)
{
    if (size > input->size)
        return ERR_POISON;
    *ret_data = input->data;
    input->data += size;
    input->size -= size;
    return OK;
}

static enum err decode_run(struct bytes *input, struct bytes *ret_run)
{
    int64_t size = 0;
    enum err err = decode_long(input, &size);
    if (err != OK)
        return err;
    if (size < 0)
        return ERR_POISON;
    ret_run->size = (size_t)size;
    return take(input, ret_run->size, &ret_run->data);
}

static enum err decode_text(struct bytes *input, struct text *ret_text)
{
    struct bytes run;
    enum err err = decode_run(input, &run);
    if (err == OK)
        *ret_text = (struct text){.data = (const char *)run.data, .size = run.size};
    return err;
}

static enum err decode_uuid(struct bytes *input, struct uuid *ret_id)
{
    struct text text;
    enum err err = decode_text(input, &text);
    if (err != OK)
        return err;
    return uuid_parse(text, ret_id) == OK ? OK : ERR_POISON;
}

/* A moment that can be shown: no other is one. */
static enum err decode_time(struct bytes *input, int64_t *ret_time_us)
{
    int64_t time_us = 0;
    enum err err = decode_long(input, &time_us);
    if (err != OK)
        return err;
    if (time_us < TIME_MIN_US || time_us > TIME_MAX_US)
        return ERR_POISON;
    *ret_time_us = time_us;
    return OK;
}

/* A long within [low, high], stored as 32 bits. */
static enum err decode_narrow(struct bytes *input, int64_t low, int64_t high, void *ret_value)
{
    int64_t value = 0;
    enum err err = decode_long(input, &value);
    if (err != OK)
        return err;
    if (value < low || value > high)
        return ERR_POISON;
    uint32_t narrow = (uint32_t)(int32_t)value;
    memcpy(ret_value, &narrow, sizeof narrow);
    return OK;
}

static enum err decode_boolean(struct bytes *input, bool *ret_value)
{
    const uint8_t *byte;
    enum err err = take(input, 1, &byte);
    if (err != OK)
        return err;
    if (*byte > 1)
        return ERR_POISON;
    *ret_value = *byte == 1;
    return OK;
}

static enum err decode_fixed(struct bytes *input, size_t size, void *ret_value)
{
    const uint8_t *data;
    enum err err = take(input, size, &data);
    if (err == OK)
        memcpy(ret_value, data, size);
    return err;
}

static enum err decode_element(const struct wire_field *field, struct bytes *input,
                               struct arena *arena, void *ret_element)
{
    switch (field->type) {
    case WIRE_BOOLEAN: return decode_boolean(input, ret_element);
    case WIRE_INT: return decode_narrow(input, INT32_MIN, INT32_MAX, ret_element);
    case WIRE_LONG:
    case WIRE_E8: return decode_long(input, ret_element);
    case WIRE_TIME: return decode_time(input, ret_element);
    case WIRE_TEXT: return decode_text(input, ret_element);
    case WIRE_BYTES: return decode_run(input, ret_element);
    case WIRE_UUID: return decode_uuid(input, ret_element);
    case WIRE_FIXED: return decode_fixed(input, field->size, ret_element);
    case WIRE_ENUM:
        return decode_narrow(input, 0, (int64_t)field->symbols->symbols_count - 1, ret_element);
    case WIRE_RECORD: return wire_decode(field->record, input, arena, ret_element);
    }
    return ERR_POISON;
}

/* The count of the next block; Avro's negative form carries the block's size in bytes too. Each
 * element takes a byte at least, so a count above what is left is a lie. */
static enum err decode_block_count(struct bytes *input, size_t *ret_count)
{
    int64_t count = 0, size = 0;
    enum err err = decode_long(input, &count);
    if (err == OK && count < 0 && count != INT64_MIN) {
        count = -count;
        err = decode_long(input, &size);
    }
    if (err != OK)
        return err;
    if (count < 0 || (uint64_t)count > input->size)
        return ERR_POISON;
    *ret_count = (size_t)count;
    return OK;
}

static enum err decode_array(const struct wire_field *field, struct bytes *input,
                             struct arena *arena, uint8_t *value)
{
    uint8_t *elements = NULL;
    size_t total = 0;
    for (;;) {
        size_t count = 0;
        enum err err = decode_block_count(input, &count);
        if (err != OK)
            return err;
        if (count == 0)
            break;
        if ((total + count) * field->size > arena_room(arena))
            return ERR_POISON; /* small on the wire, huge in memory */
        uint8_t *grown = arena_alloc(arena, (total + count) * field->size);
        if (total > 0)
            memcpy(grown, elements, total * field->size);
        elements = grown;
        for (size_t i = 0; i < count && err == OK; i++)
            err = decode_element(field, input, arena, elements + (total + i) * field->size);
        if (err != OK)
            return err;
        total += count;
    }
    *(uint8_t **)(void *)(value + field->offset) = elements;
    *(size_t *)(void *)(value + field->beside) = total;
    return OK;
}

/* Whether a nullable value is there. */
static enum err decode_branch(struct bytes *input, bool *ret_there)
{
    int64_t branch = 0;
    enum err err = decode_long(input, &branch);
    *ret_there = branch == 1;
    return err == OK && branch != 0 && branch != 1 ? ERR_POISON : err;
}

static enum err skip_field(const struct wire_field *field, struct bytes *input);

/* Moves behind one element of a field that is gone. */
static enum err skip_element(const struct wire_field *field, struct bytes *input)
{
    uint64_t scratch[2]; /* holds any scalar but a fixed one */
    const uint8_t *data;
    int64_t symbol;
    if (field->type == WIRE_FIXED)
        return take(input, field->size, &data);
    if (field->type == WIRE_ENUM)
        return decode_long(input, &symbol);
    if (field->type != WIRE_RECORD)
        return decode_element(field, input, NULL, scratch);
    enum err err = OK;
    for (size_t i = 0; err == OK && i < field->record->fields_count; i++)
        err = skip_field(&field->record->fields[i], input);
    return err;
}

static enum err skip_field(const struct wire_field *field, struct bytes *input)
{
    bool there = !field->array;
    size_t count = 0;
    enum err err = field->nullable ? decode_branch(input, &there) : OK;
    if (err == OK && there)
        err = skip_element(field, input);
    while (err == OK && field->array) {
        err = decode_block_count(input, &count);
        if (err == OK && count == 0)
            return OK;
        for (size_t i = 0; err == OK && i < count; i++)
            err = skip_element(field, input);
    }
    return err;
}

static enum err decode_field(const struct wire_field *field, struct bytes *input,
                             struct arena *arena, uint8_t *value)
{
    bool there = true;
    if (field->gone)
        return skip_field(field, input);
    if (field->array)
        return decode_array(field, input, arena, value);
    if (field->nullable) {
        enum err err = decode_branch(input, &there);
        if (err != OK)
            return err;
        *(bool *)(value + field->beside) = there;
    }
    return there ? decode_element(field, input, arena, value + field->offset) : OK;
}

enum err wire_decode(const struct wire_record *record, struct bytes *input, struct arena *arena,
                     void *ret_value)
{
    enum err err = OK;
    memset(ret_value, 0, record->size); /* what an older version did not have is empty */
    for (size_t i = 0; err == OK && i < record->fields_count; i++)
        err = decode_field(&record->fields[i], input, arena, ret_value);
    return err;
}
