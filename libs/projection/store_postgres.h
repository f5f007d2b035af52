/* store_postgres.h - tables and positions in Postgres: what a projector writes to, and what a
 * rebuild does beside that.
 */
#ifndef PROJECTION_STORE_POSTGRES_H
#define PROJECTION_STORE_POSTGRES_H
#include "db/db.h"
#include "projection/store.h"

/* A store over the database of `conninfo`, with the tables of `projection` in `schema`; connects
 * when it is opened. store_free() frees it. No statement runs longer than `statement_timeout_ms`
 * (0: no bound). */
struct store *store_postgres_new(const char *conninfo, enum service_id service,
                                 const struct projection *projection, const char *schema,
                                 int32_t statement_timeout_ms) MUST_CHECK;
/* Its connection, on which tables of the schema need not name it. */
struct db *store_postgres_db(struct store *store);
/* Connects, or connects again, and makes nothing. */
enum err store_postgres_connect(struct store *store) MUST_CHECK;
/* As store_write(), in the transaction under way. */
enum err store_postgres_add(struct store *store, const struct store_move *moves, size_t moves_count,
                            const struct rows *rows) MUST_CHECK;
/* Keeps `doing` and what the database said as the problem and returns `err`. */
enum err store_postgres_fail(struct store *store, enum err err, const char *doing);

#endif
