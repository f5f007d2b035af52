/* rss.h - the articles of a feed: RSS 2.0 or Atom 1.0, from bytes that nobody vouches for.
 *
 * Room     this folder is the only one with libxml/.
 * Safe     A document with a DOCTYPE is refused before anything of it counts: so no entity is
 *          defined, expanded or fetched. Nothing is read but these bytes, from network or disk.
 * Bounds   SYNDICATION_FILE_MAX bytes, SYNDICATION_ITEMS_MAX items; libxml's own of depth and size.
 * Text     HTML becomes what it says, a line a block; spaces around are gone.
 * Thread   any, one at a time a call.
 */
#ifndef SYNDICATION_RSS_H
#define SYNDICATION_RSS_H
#include "base/arena.h"
#include "base/base.h"

enum { SYNDICATION_FILE_MAX = 16 << 20, SYNDICATION_ITEMS_MAX = 10000 };

/* Texts are empty where the feed has none. */
struct rss_item {
    struct text guid; /* what tells it from others: guid or id, else its link */
    struct text title;
    struct text summary;
    struct text body; /* the whole text, where the feed has it beside a summary */
    struct text link;
    struct text category; /* the first */
    struct text source;   /* whose feed it is: the title of it all */
    bool has_published;
    int64_t published_at_us;
};

/* Reads a feed; items are in the order of the file, and as their texts in the arena. ERR_INPUT: it
 * is none, and *ret_problem says why. */
enum err rss_parse(struct bytes file, struct arena *arena, struct rss_item **ret_items,
                   size_t *ret_count, const char **ret_problem) MUST_CHECK;

#endif
