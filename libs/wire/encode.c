#include "base/uuid.h"
#include "wire/record.h"

#include <string.h>

static void encode_long(int64_t value, struct buffer *buffer)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    if (zigzag < 0x80) {
        buffer_byte(buffer, (uint8_t)zigzag);
        return;
    }
    uint8_t bytes[10];
    size_t size = 0;
    while (zigzag >= 0x80) {
        bytes[size++] = (uint8_t)(zigzag | 0x80);
        zigzag >>= 7;
    }
    bytes[size++] = (uint8_t)zigzag;
    buffer_append(buffer, bytes, size);
}

static void encode_run(const void *data, size_t size, struct buffer *buffer)
{
    encode_long((int64_t)size, buffer);
    buffer_append(buffer, data, size);
}

static void encode_uuid(const struct uuid *id, struct buffer *buffer)
{
    uint8_t *text;
    encode_long(UUID_TEXT_SIZE, buffer);
    if ((text = buffer_extend(buffer, UUID_TEXT_SIZE)) != NULL)
        uuid_print(*id, (char *)text);
}

static void encode_element(const struct wire_field *field, const void *element,
                           struct buffer *buffer)
{
    switch (field->type) {
    case WIRE_BOOLEAN: buffer_byte(buffer, *(const bool *)element ? 1 : 0); break;
    case WIRE_INT: encode_long(*(const int32_t *)element, buffer); break;
    case WIRE_LONG:
    case WIRE_E8:
    case WIRE_TIME: encode_long(*(const int64_t *)element, buffer); break;
    case WIRE_TEXT: {
        const struct text *text = element;
        encode_run(text->data, text->size, buffer);
        break;
    }
    case WIRE_BYTES: {
        const struct bytes *bytes = element;
        encode_run(bytes->data, bytes->size, buffer);
        break;
    }
    case WIRE_UUID: encode_uuid(element, buffer); break;
    case WIRE_FIXED: buffer_append(buffer, element, field->size); break;
    case WIRE_ENUM: {
        uint32_t symbol = *(const uint32_t *)element;
        CHECK(symbol < field->symbols->symbols_count);
        encode_long(symbol, buffer);
        break;
    }
    case WIRE_RECORD: wire_encode(field->record, element, buffer); break;
    }
}

static void encode_array(const struct wire_field *field, const uint8_t *value,
                         struct buffer *buffer)
{
    size_t count = *(const size_t *)(const void *)(value + field->beside);
    const uint8_t *element = *(const uint8_t *const *)(const void *)(value + field->offset);
    if (count > 0)
        encode_long((int64_t)count, buffer);
    for (size_t i = 0; i < count; i++, element += field->size)
        encode_element(field, element, buffer);
    encode_long(0, buffer);
}

void wire_encode(const struct wire_record *record, const void *value, struct buffer *buffer)
{
    const uint8_t *base = value;
    for (size_t i = 0; i < record->fields_count; i++) {
        const struct wire_field *field = &record->fields[i];
        if (field->array) {
            encode_array(field, base, buffer);
            continue;
        }
        if (field->nullable) {
            bool has = *(const bool *)(base + field->beside);
            encode_long(has ? 1 : 0, buffer);
            if (!has)
                continue;
        }
        encode_element(field, base + field->offset, buffer);
    }
}
