/* position.c - an X-Position, a stream's id and a cursor, as anybody may send them. */
#include "fuzz.h"
#include "gateway/query.h"
#include "gateway/shown.h"
#include "gateway/stream_message.h"

enum { ARENA_SIZE = 1 << 20, TEXT_MAX = 1 << 16 };

static void read_position(struct text text)
{
    static struct shown shown, again;
    struct buffer printed, second;
    shown.count = 0;
    if (shown_parse(text, &shown) != OK)
        return;
    CHECK(shown.count <= SHOWN_MAX);
    buffer_init(&printed, TEXT_MAX);
    buffer_init(&second, TEXT_MAX);
    shown_print(&shown, &printed);
    again.count = 0;
    CHECK(shown_parse(buffer_as_text(&printed), &again) == OK && again.count == shown.count);
    shown_print(&again, &second);
    CHECK(bytes_equal(buffer_bytes(&printed), buffer_bytes(&second)));
    buffer_free(&printed);
    buffer_free(&second);
}

static void read_stream_id(struct text text)
{
    static const char BEHIND[] = "\nevent: x\ndata: \n\n";
    static struct stream_cursor cursor, again;
    if (stream_cursor_parse(text, &cursor) != OK)
        return;
    CHECK(cursor.count > 0 && cursor.count <= STREAM_PARTITIONS_MAX);
    struct buffer message;
    buffer_init(&message, TEXT_MAX);
    stream_message(&cursor, "x", TEXT(""), &message);
    struct text id = buffer_as_text(&message);
    id.data += sizeof "id: " - 1;
    id.size -= sizeof "id: " - 1 + sizeof BEHIND - 1;
    CHECK(stream_cursor_parse(id, &again) == OK && again.count == cursor.count);
    buffer_free(&message);
}

static void read_cursor(struct text text)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    struct text cursor, again;
    if (query_cursor_decode(text, arena, &cursor) == OK) {
        struct text encoded = query_cursor_encode(cursor, arena);
        CHECK(query_cursor_decode(encoded, arena, &again) == OK && text_equal(cursor, again));
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 12)
        return 0;
    read_position((struct text){(const char *)data, size});
    read_stream_id((struct text){(const char *)data, size});
    read_cursor((struct text){(const char *)data, size});
    return 0;
}
