/* table.h - uthash as Bourse uses it: out of memory ends the process with a sentence, as
 * everywhere.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H
#include "base/base.h"

/* Keys are mostly short names: eight bytes at a time. */
static inline unsigned table_hash(const void *key, size_t size)
{
    struct text rest = {key, size};
    uint64_t hash = size;
    for (;; rest.data += sizeof hash, rest.size -= sizeof hash) {
        hash = (hash ^ text_head(rest)) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
        if (rest.size <= sizeof hash)
            return (unsigned)hash;
    }
}

#define HASH_FUNCTION(key, size, ret_hash) ((ret_hash) = table_hash((key), (size)))
#define uthash_fatal(message)              CHECK(!(message))
#include <uthash.h>

/* Adds `item` to a table that is kept in order, at once where it belongs behind all others, as when
 * a table is read that was written in order; elsewhere the table is walked through. */
#define TABLE_ADD_IN_ORDER(table, key_data, key_size, item, compare)                               \
    do {                                                                                           \
        if ((table) != NULL &&                                                                     \
            (compare)(ELMT_FROM_HH((table)->hh.tbl, (table)->hh.tbl->tail), (item)) < 0)           \
            HASH_ADD_KEYPTR(hh, table, key_data, key_size, item);                                  \
        else                                                                                       \
            HASH_ADD_KEYPTR_INORDER(hh, table, key_data, key_size, item, compare);                 \
    } while (0)

#endif
