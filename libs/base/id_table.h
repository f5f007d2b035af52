/* id_table.h - things found by their id, for tables that grow to millions.
 *
 * Shape    open addressing with linear probing, at most three quarters full; nothing is marked as
 *          deleted, so that lookups stay short however many things came and went.
 * Owner    things are the caller's, stay where they are while they are in, and begin with their
 *          struct uuid.
 * Bounds   16 bytes a slot; it grows by doubling and never shrinks. Out of memory ends the process.
 * Order    none: whoever needs one sorts.   Thread   one owner, no locks.
 */
#ifndef BASE_ID_TABLE_H
#define BASE_ID_TABLE_H
#include "base/uuid.h"

struct id_slot {
    uint64_t hash;
    void *thing; /* NULL: a free slot */
};

/* Zeroed it is an empty table. */
struct id_table {
    struct id_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* Gives its memory back and leaves an empty table; the things are not touched. */
void id_table_free(struct id_table *table);
/* NULL: there is none. */
void *id_table_find(const struct id_table *table, struct uuid id);
/* CHECKs that no thing of that id is in. */
void id_table_add(struct id_table *table, void *thing);
/* CHECKs that it is in. */
void id_table_remove(struct id_table *table, const void *thing);
/* Things one by one while the table does not change: start with *cursor 0; NULL: no more. */
void *id_table_next(const struct id_table *table, size_t *cursor);

#endif
