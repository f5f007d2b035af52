/* ical.c - any bytes are refused as no calendar, or have bounded dates within the years that can be
 * written. */
#include "syndication/ical.h"

#include "base/time.h"
#include "fuzz.h"
#include "syndication/rss.h"

enum { ARENA_SIZE = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    struct ical_date *dates = NULL;
    size_t count = 0;
    const char *problem = NULL;
    if (ical_parse((struct bytes){data, size}, arena, &dates, &count, &problem) == OK) {
        CHECK(count <= SYNDICATION_ITEMS_MAX);
        for (size_t i = 0; i < count; i++) {
            char printed[TIME_TEXT_SIZE];
            if (dates[i].has_start)
                time_print(dates[i].starts_at_us, printed);
        }
    } else {
        CHECK(problem != NULL);
    }
    arena_free(arena);
    return 0;
}
