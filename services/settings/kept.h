/* kept.h - what a user keeps here for later: watchlists, and what he looks for among the
 * instruments (screens). What they are called, and what a screen asks for, is in the log and the
 * projection only.
 *
 * Bounds   SETTINGS_KEPT_MAX of a kind a user, SETTINGS_SYMBOLS_MAX instruments a watchlist.
 * Thread   one owner, no locks. Depends on base and market only, so replay repeats it.
 */
#ifndef SETTINGS_KEPT_H
#define SETTINGS_KEPT_H
#include "base/uuid.h"
#include "settings/market.h"

enum { SETTINGS_KEPT_MAX = 100, SETTINGS_SYMBOLS_MAX = 500 };

enum settings_kept_kind { SETTINGS_WATCHLIST, SETTINGS_SCREEN };

struct settings_kept {
    struct uuid id;
    enum settings_kept_kind kind;
    int64_t version;                           /* from 1; each change is another one */
    const struct settings_instrument **listed; /* of a watchlist, in its order; owned */
    size_t listed_count;
    struct settings_kept *prev, *next; /* of the same user, in the order they came (utlist) */
};

/* NULL: the user has none of that kind and id. */
struct settings_kept *settings_kept(struct settings_kept *list, enum settings_kept_kind kind,
                                    struct uuid id);
size_t settings_kept_count(const struct settings_kept *list, enum settings_kept_kind kind);
/* Sets the version of the one that there is, or adds it. */
struct settings_kept *settings_keep(struct settings_kept **list, enum settings_kept_kind kind,
                                    struct uuid id, int64_t version);
/* CHECKs that all are known. */
void settings_kept_list(struct settings_kept *kept, const struct settings_market *market,
                        const struct text *symbols, size_t count);
void settings_drop_kept(struct settings_kept **list, struct settings_kept *kept);
void settings_free_kept(struct settings_kept **list);

void settings_kept_save(const struct settings_kept *list, struct buffer *buffer);
void settings_kept_load(struct settings_kept **list, const struct settings_market *market,
                        struct pack_reader *reader);

#endif
