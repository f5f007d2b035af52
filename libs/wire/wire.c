#include "wire/wire.h"

#include <string.h>

const char *wire_message_name(const struct wire_message *message)
{
    return strrchr(message->full_name, '.') + 1;
}

const struct wire_message *wire_command_named(struct text name)
{
    for (size_t i = 0; i < COMMAND_KINDS; i++) {
        const struct wire_message *message = &WIRE_COMMANDS[i];
        if (text_is(name, message->full_name) || text_is(name, wire_message_name(message)))
            return message;
    }
    return NULL;
}

const struct wire_version *wire_newest(const struct wire_message *message)
{
    return &message->versions[message->versions_count - 1];
}

const struct wire_version *wire_version_of_id(int32_t schema_id)
{
    if (schema_id < 0 || (size_t)schema_id >= WIRE_IDS_COUNT)
        return NULL;
    return WIRE_IDS[schema_id].version;
}

const struct wire_message *event_message(const struct event *event)
{
    return &WIRE_EVENTS[event->kind];
}

const struct wire_message *command_message(const struct command *command)
{
    return &WIRE_COMMANDS[command->kind];
}

const void *event_payload(const struct event *event)
{
    return (const uint8_t *)event + event_message(event)->payload_offset;
}

const void *command_payload(const struct command *command)
{
    return (const uint8_t *)command + command_message(command)->payload_offset;
}

void *command_payload_to_set(struct command *command)
{
    return (uint8_t *)command + command_message(command)->payload_offset;
}

static void encode_frame(const struct wire_message *message, struct buffer *buffer)
{
    uint32_t id = (uint32_t)wire_newest(message)->schema_id;
    buffer_append(
        buffer,
        (uint8_t[]){0, (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id},
        WIRE_FRAME_SIZE);
}

void event_encode(const struct event *event, struct buffer *buffer)
{
    encode_frame(event_message(event), buffer);
    wire_encode(&WIRE_EVENT_META, &event->meta, buffer);
    wire_encode(event_message(event)->payload, event_payload(event), buffer);
}

void command_encode(const struct command *command, struct buffer *buffer)
{
    encode_frame(command_message(command), buffer);
    wire_encode(&WIRE_COMMAND_META, &command->meta, buffer);
    wire_encode(command_message(command)->payload, command_payload(command), buffer);
}

/* The message and version whose frame is at the front of `*input`, which moves behind it. NULL:
 * none of `messages`, which has `count`. */
static const struct wire_id *decode_frame(struct bytes *input, const struct wire_message *messages,
                                          size_t count)
{
    if (input->size < WIRE_FRAME_SIZE || input->size > WIRE_VALUE_SIZE_MAX || input->data[0] != 0)
        return NULL;
    uint32_t number = (uint32_t)input->data[1] << 24 | (uint32_t)input->data[2] << 16 |
                      (uint32_t)input->data[3] << 8 | (uint32_t)input->data[4];
    input->data += WIRE_FRAME_SIZE;
    input->size -= WIRE_FRAME_SIZE;
    if (number >= WIRE_IDS_COUNT)
        return NULL;
    const struct wire_id *id = &WIRE_IDS[number];
    return id->message >= messages && id->message < messages + count ? id : NULL;
}

enum err event_decode_meta(struct bytes value, struct arena *arena, struct event *ret,
                           struct event_rest *ret_rest)
{
    const struct wire_id *id = decode_frame(&value, WIRE_EVENTS, EVENT_KINDS);
    if (id == NULL)
        return ERR_POISON;
    ret->kind = (enum event_kind)id->message->kind;
    ret->key = TEXT("");
    memset(&ret->meta, 0, sizeof ret->meta);
    enum err err = wire_read(id->version->read_meta, &value, arena, &ret->meta);
    *ret_rest = (struct event_rest){.read = id->version->read_payload, .bytes = value};
    return err;
}

enum err event_decode_rest(struct event_rest rest, struct arena *arena, struct event *event)
{
    const struct wire_message *message = event_message(event);
    uint8_t *payload = (uint8_t *)event + message->payload_offset;
    memset(payload, 0, message->payload->size);
    enum err err = wire_read(rest.read, &rest.bytes, arena, payload);
    return err == OK && rest.bytes.size > 0 ? ERR_POISON : err;
}

enum err event_decode(struct bytes value, struct arena *arena, struct event *ret)
{
    struct event_rest rest;
    enum err err = event_decode_meta(value, arena, ret, &rest);
    return err == OK ? event_decode_rest(rest, arena, ret) : err;
}

enum err command_kind_of(struct bytes value, enum command_kind *ret_kind)
{
    const struct wire_id *id = decode_frame(&value, WIRE_COMMANDS, COMMAND_KINDS);
    if (id == NULL)
        return ERR_POISON;
    *ret_kind = (enum command_kind)id->message->kind;
    return OK;
}

enum err command_decode(struct bytes value, struct arena *arena, struct command *ret)
{
    const struct wire_id *id = decode_frame(&value, WIRE_COMMANDS, COMMAND_KINDS);
    if (id == NULL)
        return ERR_POISON;
    ret->kind = (enum command_kind)id->message->kind;
    ret->key = TEXT("");
    memset(&ret->meta, 0, sizeof ret->meta);
    memset(command_payload_to_set(ret), 0, id->message->payload->size);
    enum err err = wire_read(id->version->read_meta, &value, arena, &ret->meta);
    if (err == OK)
        err = wire_read(id->version->read_payload, &value, arena, command_payload_to_set(ret));
    return err == OK && value.size > 0 ? ERR_POISON : err;
}

void event_json(const struct event *event, struct buffer *buffer)
{
    const struct wire_message *message = event_message(event);
    buffer_printf(buffer, "{\"type\":\"%s\",\"meta\":", message->full_name);
    wire_json(&WIRE_EVENT_META, &event->meta, buffer);
    if (message->payload->fields_count > 0)
        buffer_byte(buffer, ',');
    wire_json_members(message->payload, event_payload(event), buffer);
    buffer_byte(buffer, '}');
}

bool wire_is_spread(const struct wire_field *field, size_t index)
{
    return index == 0 && field->type == WIRE_RECORD && !field->array && !field->nullable;
}

void event_result_members(const struct event *event, struct buffer *buffer)
{
    const struct wire_message *message = event_message(event);
    const void *payload = event_payload(event);
    for (size_t i = 0; message->result[i] != NULL; i++) {
        const struct wire_field *field = wire_field(message->payload, text_of(message->result[i]));
        CHECK(field != NULL);
        if (wire_is_spread(field, i)) {
            wire_json_members(field->record, (const uint8_t *)payload + field->offset, buffer);
            continue;
        }
        if (i > 0)
            buffer_byte(buffer, ',');
        buffer_json_string(buffer, wire_json_name(field));
        buffer_byte(buffer, ':');
        wire_json_field(field, payload, buffer);
    }
}
