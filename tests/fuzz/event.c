/* event.c - whatever lies on an event topic is refused, or is an event that survives being written
 * again and can be shown. */
#include "fuzz.h"
#include "wire/wire.h"

enum { ARENA_SIZE = 1 << 24, SIZE_MAX_HERE = 1 << 20 };

static void show(const struct event *event)
{
    struct buffer text, members;
    buffer_init(&text, SIZE_MAX_HERE);
    buffer_init(&members, SIZE_MAX_HERE);
    event_json(event, &text);
    event_result_members(event, &members);
    buffer_free(&text);
    buffer_free(&members);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event event, again;
    /* Each has the room that a topic's record has: what fits once has to fit again. */
    struct arena *arena = arena_new(ARENA_SIZE), *other = arena_new(ARENA_SIZE);
    if (event_decode((struct bytes){data, size}, arena, &event) == OK) {
        struct buffer first, second;
        buffer_init(&first, SIZE_MAX_HERE);
        buffer_init(&second, SIZE_MAX_HERE);
        event_encode(&event, &first);
        CHECK(event_decode(buffer_bytes(&first), other, &again) == OK);
        event_encode(&again, &second);
        CHECK(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
        buffer_free(&first);
        buffer_free(&second);
        show(&event);
    }
    arena_free(other);
    arena_free(arena);
    return 0;
}
