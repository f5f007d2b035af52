/* position.h - the rows of bourse.positions (tables.sql). */
#ifndef PROJECTION_POSITION_H
#define PROJECTION_POSITION_H
#include "db/db.h"
#include "projection/store.h"

/* The positions of a service, ascending by partition, for the caller to free(). `lock` holds them
 * until the end of the transaction. */
enum err position_load(struct db *db, enum service_id service, bool lock,
                       struct store_position **ret_positions, size_t *ret_count) MUST_CHECK;
/* In a transaction: every partition of the service stands at the start of its log, and the tables
 * are of a new generation. */
enum err position_reset(struct db *db, enum service_id service, int32_t partitions,
                        const char *schema_hash) MUST_CHECK;
/* In a batch: moves a position. *ret_affected is 1 at the end of the batch if it was what it had to
 * be, 0 if it was not. */
enum err position_move(struct db *db, enum service_id service, const struct store_move *move,
                       int64_t *ret_affected) MUST_CHECK;
/* In a batch: tells how far a partition comes, with those sources that are further than in `told`,
 * an offset for each source of the fold; brings that up to date. */
enum err position_notify(struct db *db, enum service_id service, const struct store_move *move,
                         int64_t *told) MUST_CHECK;
/* Tells how far all of them have come. */
enum err position_notify_all(struct db *db, enum service_id service) MUST_CHECK;

#endif
