#include "decision/decision.h"

#include "base/murmur2.h"
#include "wire/wire.h"

#include <string.h>

#define SERVICE_ROW(id, name) [id] = name,
static const char *const SERVICE_NAMES[SERVICES] = {SERVICES_MAP(SERVICE_ROW)};
#undef SERVICE_ROW

enum { TOUCH_ALL = -1 };

const char *service_name(enum service_id service)
{
    CHECK(service < SERVICES);
    return SERVICE_NAMES[service];
}

const char *service_names(void)
{
#define COMMA_AND_NAME(id, name) ", " name
    static const char NAMES[] = SERVICES_MAP(COMMA_AND_NAME);
#undef COMMA_AND_NAME
    return NAMES + 2;
}

enum err service_named(struct text name, enum service_id *ret_service)
{
    for (int i = 0; i < SERVICES; i++) {
        if (text_is(name, SERVICE_NAMES[i])) {
            *ret_service = (enum service_id)i;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

int32_t place_partition(const struct place *place, enum service_id service, struct text key)
{
    return partition_of_key(key, place->partition_counts[service]);
}

int32_t place_partition_of_id(const struct place *place, enum service_id service, struct uuid id)
{
    return partition_of_hash(uuid_owner_hash(id), place->partition_counts[service]);
}

size_t place_piece(const struct place *place, size_t fit_max)
{
    return place->piece_max > 0 && place->piece_max < fit_max ? place->piece_max : fit_max;
}

struct uuid input_id(const struct input *input, uint32_t owner_hash, uint32_t index)
{
    uint8_t rest[12];
    memcpy(rest, input->id_seed, sizeof rest);
    for (int i = 0; i < 4; i++) /* the last four bytes hold neither version nor variant */
        rest[8 + i] ^= (uint8_t)(index >> (24 - 8 * i));
    return uuid_make(owner_hash, rest);
}

struct uuid uuid_with_service(struct uuid id, enum service_id service)
{
    id.bytes[sizeof id.bytes - 1] = (uint8_t)service;
    return id;
}

enum err uuid_service(struct uuid id, enum service_id *ret_service)
{
    uint8_t service = id.bytes[sizeof id.bytes - 1];
    if (service >= SERVICES)
        return ERR_NOT_FOUND;
    *ret_service = (enum service_id)service;
    return OK;
}

void event_reject(struct event *event, const char *code, struct text message, const char *field)
{
    event->kind = EVENT_COMMAND_REJECTED;
    event->command_rejected = (struct command_rejected){
        .code = text_of(code),
        .message = message,
        .has_field = field != NULL,
        .field = text_of(field),
    };
}

/* A text that the event has under that name; empty: it has none, or it is null. */
static struct text text_member(const struct event *event, const char *name)
{
    const struct wire_field *field = wire_field(event_message(event)->payload, text_of(name));
    if (field == NULL || field->type != WIRE_TEXT || field->array ||
        wire_is_null(field, event_payload(event)))
        return TEXT("");
    return *(const struct text *)(const void *)((const uint8_t *)event_payload(event) +
                                                field->offset);
}

/* What refuses says so by a code, whatever its kind. */
bool event_refuses(const struct event *event, struct refused *ret_refused)
{
    struct text code = text_member(event, "code");
    if (code.size == 0)
        return false;
    *ret_refused = (struct refused){.code = code,
                                    .message = text_member(event, "message"),
                                    .field = text_member(event, "field")};
    return true;
}

bool event_touches(const struct event *event, enum service_id service, int32_t partition)
{
    for (size_t i = 0; i < event->meta.touches_count; i++) {
        const struct touch *touch = &event->meta.touches[i];
        if (text_is(touch->service, service_name(service)) &&
            (touch->partition == partition || touch->partition == TOUCH_ALL))
            return true;
    }
    return false;
}

void event_touch(struct event *event, struct arena *arena, enum service_id service,
                 int32_t partition)
{
    if (event_touches(event, service, partition))
        return;
    size_t count = event->meta.touches_count;
    struct touch *touches = ARENA_NEW(arena, struct touch, count + 1);
    if (count > 0)
        memcpy(touches, event->meta.touches, count * sizeof *touches);
    touches[count] =
        (struct touch){.service = text_of(service_name(service)), .partition = partition};
    event->meta.touches = touches;
    event->meta.touches_count = count + 1;
}

void event_touch_all(struct event *event, struct arena *arena, enum service_id service)
{
    event_touch(event, arena, service, TOUCH_ALL);
}

bool event_decides_command(const struct event_meta *meta)
{
    static const char SUFFIX[] = ".commands";
    if (!meta->has_command_id || meta->cause_count == 0)
        return false;
    struct text topic = meta->cause[0].topic;
    size_t size = sizeof SUFFIX - 1;
    return topic.size > size && memcmp(topic.data + topic.size - size, SUFFIX, size) == 0;
}

uint32_t role_bits_of(const enum role *roles, size_t count)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= ROLE_BIT(roles[i]);
    return bits;
}

enum role *roles_of_bits(uint32_t bits, struct arena *arena, size_t *ret_count)
{
    enum role *roles = ARENA_NEW(arena, enum role, 32);
    *ret_count = 0;
    for (uint32_t role = 0; role < 32; role++) {
        if (bits & ROLE_BIT(role))
            roles[(*ret_count)++] = (enum role)role;
    }
    return roles;
}

bool actor_has(bool has_actor, const struct actor *actor, uint32_t role_bits)
{
    return has_actor && (role_bits_of(actor->roles, actor->roles_count) & role_bits) != 0;
}
