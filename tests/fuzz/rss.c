/* rss.c - any bytes are refused as no feed, or have bounded items whose texts are whole. */
#include "syndication/rss.h"

#include "fuzz.h"

enum { ARENA_SIZE = 256 << 20 };

/* Reads all of it, so that a sanitizer sees its end. */
static size_t sum(struct text text)
{
    size_t bytes = 0;
    for (size_t i = 0; i < text.size; i++)
        bytes += (uint8_t)text.data[i];
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    struct rss_item *items = NULL;
    size_t count = 0, total = 0;
    const char *problem = NULL;
    if (rss_parse((struct bytes){data, size}, arena, &items, &count, &problem) == OK) {
        CHECK(count <= SYNDICATION_ITEMS_MAX);
        for (size_t i = 0; i < count; i++)
            total += sum(items[i].guid) + sum(items[i].title) + sum(items[i].summary) +
                     sum(items[i].body) + sum(items[i].link) + sum(items[i].category);
    } else {
        CHECK(problem != NULL);
    }
    arena_free(arena);
    return total == SIZE_MAX; /* so that the sum is wanted */
}
