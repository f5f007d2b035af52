/* ical.h - the dates of a calendar (iCalendar, RFC 5545), from bytes that nobody vouches for.
 *
 * Room     this folder is the only one with libical/.
 * Bounds   SYNDICATION_FILE_MAX bytes, SYNDICATION_ITEMS_MAX dates (rss.h).
 * Times    with a zone that the file or the machine knows; a day, or a time without a zone, is
 *          UTC's. What repeats counts once, at its beginning.
 * Thread   one at a time.
 */
#ifndef SYNDICATION_ICAL_H
#define SYNDICATION_ICAL_H
#include "base/arena.h"
#include "base/base.h"

/* Texts are empty where the calendar has none. */
struct ical_date {
    struct text uid;
    struct text summary;
    struct text url;
    bool has_start;
    int64_t starts_at_us;
    int priority; /* 1 (highest) to 9; 0: not said */
    bool repeats;
    bool canceled;
};

/* Reads a calendar; dates are in the order of the file, and as their texts in the arena. ERR_INPUT:
 * it is none, and *ret_problem says why. */
enum err ical_parse(struct bytes file, struct arena *arena, struct ical_date **ret_dates,
                    size_t *ret_count, const char **ret_problem) MUST_CHECK;

#endif
