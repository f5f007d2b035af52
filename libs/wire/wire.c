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

/* The message that has a version of that id, and the version. NULL: none. */
static const struct wire_message *message_of_id(const struct wire_message *messages, size_t count,
                                                int32_t schema_id,
                                                const struct wire_version **ret_version)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t v = messages[i].versions_count; v-- > 0;) {
            *ret_version = &messages[i].versions[v];
            if ((*ret_version)->schema_id == schema_id)
                return &messages[i];
        }
    }
    *ret_version = NULL;
    return NULL;
}

const struct wire_version *wire_version_of_id(int32_t schema_id)
{
    const struct wire_version *version = NULL;
    if (message_of_id(WIRE_EVENTS, EVENT_KINDS, schema_id, &version) == NULL)
        (void)message_of_id(WIRE_COMMANDS, COMMAND_KINDS, schema_id, &version);
    return version;
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

/* The message whose frame is at the front of `*input`, which moves behind it, and its version. */
static const struct wire_message *decode_frame(struct bytes *input,
                                               const struct wire_message *messages, size_t count,
                                               const struct wire_version **ret_version)
{
    if (input->size < WIRE_FRAME_SIZE || input->size > WIRE_VALUE_SIZE_MAX || input->data[0] != 0)
        return NULL;
    uint32_t id = (uint32_t)input->data[1] << 24 | (uint32_t)input->data[2] << 16 |
                  (uint32_t)input->data[3] << 8 | (uint32_t)input->data[4];
    input->data += WIRE_FRAME_SIZE;
    input->size -= WIRE_FRAME_SIZE;
    return id > INT32_MAX ? NULL : message_of_id(messages, count, (int32_t)id, ret_version);
}

enum err event_decode_meta(struct bytes value, struct arena *arena, struct event *ret,
                           struct event_rest *ret_rest)
{
    const struct wire_version *version;
    const struct wire_message *message = decode_frame(&value, WIRE_EVENTS, EVENT_KINDS, &version);
    if (message == NULL)
        return ERR_POISON;
    ret->kind = (enum event_kind)message->kind;
    ret->key = TEXT("");
    enum err err = wire_decode(version->meta, &value, arena, &ret->meta);
    *ret_rest = (struct event_rest){.payload = version->payload, .bytes = value};
    return err;
}

enum err event_decode_rest(struct event_rest rest, struct arena *arena, struct event *event)
{
    size_t offset = event_message(event)->payload_offset;
    enum err err = wire_decode(rest.payload, &rest.bytes, arena, (uint8_t *)event + offset);
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
    const struct wire_version *version;
    const struct wire_message *message =
        decode_frame(&value, WIRE_COMMANDS, COMMAND_KINDS, &version);
    if (message == NULL)
        return ERR_POISON;
    *ret_kind = (enum command_kind)message->kind;
    return OK;
}

enum err command_decode(struct bytes value, struct arena *arena, struct command *ret)
{
    const struct wire_version *version;
    const struct wire_message *message =
        decode_frame(&value, WIRE_COMMANDS, COMMAND_KINDS, &version);
    if (message == NULL)
        return ERR_POISON;
    ret->kind = (enum command_kind)message->kind;
    ret->key = TEXT("");
    enum err err = wire_decode(version->meta, &value, arena, &ret->meta);
    if (err == OK)
        err = wire_decode(version->payload, &value, arena, command_payload_to_set(ret));
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
