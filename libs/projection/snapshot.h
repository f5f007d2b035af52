/* snapshot.h - states of partitions, kept in Postgres so that a start need not read the whole log
 * (R15). An optimisation: a missing or bad one costs time only.
 *
 * Place   table bourse.snapshots, the two newest of each partition, in parts of at most 8 MB.
 */
#ifndef PROJECTION_SNAPSHOT_H
#define PROJECTION_SNAPSHOT_H
#include "db/db.h"
#include "decision/decision.h"

enum { SNAPSHOT_SIZE_MAX = 1 << 30 };

/* Keeps the state of a partition behind the event before `next_offset`, and drops what is older
 * than the one before. Makes the tables where they are missing. */
enum err snapshot_store(struct db *db, enum service_id service, int32_t partition,
                        int64_t next_offset, struct bytes state) MUST_CHECK;

/* The newest one taken before `before_offset` (INT64_MAX: of all): appends the state and sets
 * *ret_next_offset. ERR_NOT_FOUND: there is none. ERR_POISON: parts are missing; *ret_next_offset
 * is set, to ask for the one before it. What has changed inside the bytes writer_recover() sees. */
enum err snapshot_load(struct db *db, enum service_id service, int32_t partition,
                       int64_t before_offset, struct buffer *ret_state,
                       int64_t *ret_next_offset) MUST_CHECK;

/* The last record of a partition that its projection has read, and its hash: what the log itself
 * cannot tell is missing at its end. ERR_NOT_FOUND: it has read nothing yet. */
enum err snapshot_projected(struct db *db, enum service_id service, int32_t partition,
                            int64_t *ret_offset, struct hash *ret_hash) MUST_CHECK;

#endif
