/* position.h - the rows of bourse.positions (tables.sql). `tables` names whose they are: the
 * service, or the tables beside its own (tables_name). */
#ifndef PROJECTION_POSITION_H
#define PROJECTION_POSITION_H
#include "db/db.h"
#include "projection/store.h"

/* All there are, ascending by partition, for the caller to free(). `lock` holds them until the end
 * of the transaction. */
enum err position_load(struct db *db, const char *tables, bool lock,
                       struct store_position **ret_positions, size_t *ret_count) MUST_CHECK;
/* In a transaction: every partition stands at the start of its log, and the tables are of a new
 * generation of those of the service. */
enum err position_reset(struct db *db, enum service_id service, const char *tables,
                        int32_t partitions, const char *schema_hash) MUST_CHECK;
/* In a transaction: the positions of tables that are dropped. */
enum err position_drop(struct db *db, const char *tables) MUST_CHECK;
/* In a transaction: they go along with tables that get another name, which has none. */
enum err position_rename(struct db *db, const char *tables, const char *new_name) MUST_CHECK;
/* In a transaction: the tables are of a later generation than all of the service have been. */
enum err position_renew(struct db *db, enum service_id service, const char *tables) MUST_CHECK;
/* In a batch: moves a position. *ret_affected is 1 at the end of the batch if it was what it had to
 * be, 0 if it was not. */
enum err position_move(struct db *db, const char *tables, const struct store_move *move,
                       int64_t *ret_affected) MUST_CHECK;
/* In a batch: tells how far a partition of the live tables comes, with those sources that are
 * further than in `told`, an offset for each source of the fold; brings that up to date. */
enum err position_notify(struct db *db, enum service_id service, const struct store_move *move,
                         int64_t *told) MUST_CHECK;
/* Tells how far all of them have come. */
enum err position_notify_all(struct db *db, enum service_id service) MUST_CHECK;

#endif
