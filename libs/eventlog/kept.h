/* kept.h - the record read last from a partition, of which a hash may be asked for.
 *
 * Only the last record before a snapshot or a commit is named by its hash: to keep its bytes until
 * then costs a copy, where to hash every record on the way would cost as much as the fold does.
 *
 * Owner    kept_free() gives the memory back; a zeroed one holds nothing yet.
 */
#ifndef EVENTLOG_KEPT_H
#define EVENTLOG_KEPT_H
#include "base/buffer.h"
#include "eventlog/fold.h"

struct kept {
    bool has_record;
    struct buffer bytes; /* its key, then its value */
    size_t key_size;
    struct hash hash; /* where there is no record: of the one before the first, as it was known */
};

/* An own record as its writer appended it, and the head behind it. */
struct fold_appended {
    struct kept record; /* none where it is too large to be kept */
    struct hash head;
};

/* Forgets the record; until there is another, kept_hash() is `hash`. */
void kept_reset(struct kept *kept, struct hash hash);
void kept_free(struct kept *kept);
/* Takes a copy of the record in place of the one before. */
void kept_take(struct kept *kept, struct bytes key, struct bytes value);
/* fold_record_hash() of the record. */
struct hash kept_hash(const struct kept *kept);
/* True when it is these very bytes. */
bool kept_is(const struct kept *kept, struct bytes key, struct bytes value);

#endif
