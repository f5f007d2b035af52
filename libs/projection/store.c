#include "projection/store.h"

#include "seal/seal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern const char projection_journal_sql[]; /* journal.sql: every schema has it */

enum err store_open(struct store *store, int32_t partitions, struct store_position **ret_positions,
                    size_t *ret_count)
{
    return store->ops->open(store, partitions, ret_positions, ret_count);
}

enum err store_write(struct store *store, const struct store_move *moves, size_t moves_count,
                     const struct rows *rows)
{
    return store->ops->write(store, moves, moves_count, rows);
}

enum err store_check(struct store *store)
{
    return store->ops->check(store);
}

void store_free(struct store *store)
{
    if (store != NULL)
        store->ops->free(store);
}

enum err store_fail(struct store *store, enum err err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(store->problem, sizeof store->problem, format, arguments);
    va_end(arguments);
    return err;
}

void store_hash_schema(const char *schema_sql, char ret_hash[STORE_HASH_SIZE])
{
    uint8_t digest[SEAL_HASH_SIZE];
    struct seal_hash hash;
    seal_hash_begin(&hash);
    seal_hash_add(&hash, projection_journal_sql, strlen(projection_journal_sql));
    seal_hash_add(&hash, schema_sql, strlen(schema_sql));
    seal_hash_end(&hash, digest);
    for (size_t i = 0; i < (STORE_HASH_SIZE - 1) / 2; i++)
        snprintf(ret_hash + 2 * i, 3, "%02x", digest[i]);
}
