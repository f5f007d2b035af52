/* command.c - whatever lies on a command topic is refused, or is a command that survives being
 * written again. */
#include "fuzz.h"
#include "wire/wire.h"

enum { ARENA_SIZE = 1 << 22, SIZE_MAX_HERE = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct command command, again;
    /* Each has the room that a topic's record has: what fits once has to fit again. */
    struct arena *arena = arena_new(ARENA_SIZE), *other = arena_new(ARENA_SIZE);
    if (command_decode((struct bytes){data, size}, arena, &command) == OK) {
        struct buffer first, second;
        buffer_init(&first, SIZE_MAX_HERE);
        buffer_init(&second, SIZE_MAX_HERE);
        command_encode(&command, &first);
        CHECK(command_decode(buffer_bytes(&first), other, &again) == OK);
        command_encode(&again, &second);
        CHECK(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
        buffer_free(&first);
        buffer_free(&second);
    }
    arena_free(other);
    arena_free(arena);
    return 0;
}
