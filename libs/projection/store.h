/* store.h - where projectors keep tables and positions: Postgres, or memory (store_memory.h) for
 * tests and the simulation. Both do the same with the same batches; tests/integration compares
 * them.
 *
 * Thread   one owner. What it stands for, a database, may be used by many stores.
 */
#ifndef PROJECTION_STORE_H
#define PROJECTION_STORE_H
#include "eventlog/fold.h"
#include "projection/rows.h"

enum { STORE_HASH_SIZE = 17 /* hexadecimal, with its zero */, STORE_PROBLEM_SIZE = 640 };

/* How far the tables have followed a partition. */
struct store_position {
    int32_t partition;
    int64_t generation;                /* of the tables: one more at each rebuild */
    char schema_hash[STORE_HASH_SIZE]; /* of the schema.sql that they were made by */
    int64_t next_offset;               /* behind the last record read */
    struct uuid incarnation;           /* this and what follows: of where next_offset > 0 */
    struct hash record_hash;           /* of the record before next_offset */
    struct fold_state fold;            /* behind that record */
};

/* A partition's way through a batch. */
struct store_move {
    int32_t partition;
    int64_t generation;
    int64_t from_offset;     /* what the stored next_offset has to be */
    const struct fold *fold; /* how far it comes */
    struct hash record_hash; /* of the last record read */
    int64_t events;
};

struct store {
    const struct store_ops *ops;
    char problem[STORE_PROBLEM_SIZE]; /* what the last error was about, for people */
};

/* What a backend is; callers use the functions below. */
struct store_ops {
    enum err (*open)(struct store *store, int32_t partitions, struct store_position **ret_positions,
                     size_t *ret_count);
    enum err (*write)(struct store *store, const struct store_move *moves, size_t moves_count,
                      const struct rows *rows);
    enum err (*check)(struct store *store);
    void (*free)(struct store *store);
};

/* Connects, or connects again; makes tables where they are missing, with `partitions` positions at
 * the start. *ret_positions: all there are, ascending, for the caller to free().
 * ERR_BUSY: the database is away. ERR_CONFIG, ERR_INPUT: it refuses. */
enum err store_open(struct store *store, int32_t partitions, struct store_position **ret_positions,
                    size_t *ret_count) MUST_CHECK;
/* Writes a batch: all of it or nothing. Moves each position from exactly the old value to the new
 * one and tells those who wait.
 * ERR_FENCED: a position is not what it should be. ERR_BUSY: the database is away, nothing was
 * written. ERR_DOUBT: only opening it again tells whether it was. ERR_INPUT: rows are refused. */
enum err store_write(struct store *store, const struct store_move *moves, size_t moves_count,
                     const struct rows *rows) MUST_CHECK;
/* For whoever has nothing to write: whether the connection still stands. ERR_BUSY: it is lost, and
 * with it maybe what was written last, so it has to be opened again. */
enum err store_check(struct store *store) MUST_CHECK;
/* NULL does nothing. */
void store_free(struct store *store);

/* For backends: keeps a sentence as the problem and returns `err`. */
enum err store_fail(struct store *store, enum err err, const char *format, ...) PRINTF_LIKE(3, 4);
/* Tells one version of a service's tables from another. */
void store_hash_schema(const char *schema_sql, char ret_hash[STORE_HASH_SIZE]);

#endif
