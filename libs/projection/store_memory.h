/* store_memory.h - tables and positions in memory, for tests and the simulation: the projection
 * database of a whole venue, and what befalls one.
 *
 * Same      as Postgres: batches are whole or not at all, positions compare and set, keys, updates
 *           and null. See memory_table.h for what is left out.
 * Crash     loses the last commits of all services together, as a Postgres with
 *           synchronous_commit=off does.
 * Repeats   the same calls give the same tables.
 * Thread    one owner, of the stores too.
 */
#ifndef PROJECTION_STORE_MEMORY_H
#define PROJECTION_STORE_MEMORY_H
#include "projection/store.h"

enum { STORE_MEMORY_COMMITS_MAX = 64 }; /* how many can be lost */

struct store_memory; /* a database; laid out in store_memory.c only */

/* A database without tables. The caller frees it, after the stores over it. */
struct store_memory *store_memory_new(void) MUST_CHECK;
void store_memory_free(struct store_memory *memory);
/* A store over it, to be freed by store_free() or with its projector. All projections of a service
 * are the same. */
struct store *store_memory_connect(struct store_memory *memory, enum service_id service,
                                   const struct projection *projection) MUST_CHECK;

/* Of the service's rows it keeps those alone whose keys hash into share number `share` of `shares`.
 * Before the first batch. */
void store_memory_sample(struct store_memory *memory, enum service_id service, uint32_t shares,
                         uint32_t share);

/* What befalls a batch about to be written. In all but the first case its connection is lost. */
enum store_memory_fault {
    STORE_MEMORY_FINE,
    STORE_MEMORY_LOST,         /* before COMMIT was sent: ERR_BUSY */
    STORE_MEMORY_DOUBT,        /* before COMMIT arrived: ERR_DOUBT */
    STORE_MEMORY_DOUBT_WRITTEN /* behind the COMMIT: ERR_DOUBT */
};
/* Asks `fault` at each batch from now on. */
void store_memory_set_faults(struct store_memory *memory,
                             enum store_memory_fault (*fault)(void *context,
                                                              enum service_id service),
                             void *context);
/* Crashes and comes up again without the last `commits`, as far as they are known; every connection
 * is lost. Returns how many commits were lost. */
size_t store_memory_crash(struct store_memory *memory, size_t commits);
/* The tables of a service are of the next generation, with the same rows: what a rebuild leaves. */
void store_memory_renew(struct store_memory *memory, enum service_id service);

/* How far a partition has been projected. False: there are no tables yet. */
bool store_memory_position(const struct store_memory *memory, enum service_id service,
                           int32_t partition, struct store_position *ret_position);
/* Valid events projected of a partition. */
int64_t store_memory_events(const struct store_memory *memory, enum service_id service,
                            int32_t partition);
/* How far the partition has followed another one: the last offset answered, or -1. */
int64_t store_memory_source(const struct store_memory *memory, enum service_id service,
                            int32_t partition, const char *topic, int32_t source_partition);

/* A row; values as Postgres prints them but for times (RFC 3339, UTC) and numerics (no zeros at the
 * end); data NULL: null. */
struct store_memory_row {
    const char *table;
    const struct projection_column *columns;
    const struct text *values;
    int columns_count;
    int key_columns; /* the first ones */
};
/* Calls `visit` with every row of a service, table by table, by key. */
void store_memory_visit(const struct store_memory *memory, enum service_id service,
                        void (*visit)(void *context, const struct store_memory_row *row),
                        void *context);

#endif
