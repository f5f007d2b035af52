/* store_postgres.h - tables and positions in Postgres: what a projector writes to, and what a
 * rebuild does beside that.
 */
#ifndef PROJECTION_STORE_POSTGRES_H
#define PROJECTION_STORE_POSTGRES_H
#include "db/db.h"
#include "projection/store.h"
#include "projection/tables.h"

/* A store over the database of `conninfo`, with the tables of `projection` that stand in `place`;
 * connects when it is opened. store_free() frees it. No statement runs longer than
 * `statement_timeout_ms` (0: no bound). Only what is written to the live ones is told. */
struct store *store_postgres_new(const char *conninfo, enum service_id service,
                                 const struct projection *projection, enum tables_place place,
                                 int32_t statement_timeout_ms) MUST_CHECK;
/* Its connection, on which tables of the schema need not name it. */
struct db *store_postgres_db(struct store *store);
/* Connects, or connects again, and makes nothing. */
enum err store_postgres_connect(struct store *store) MUST_CHECK;
/* Keeps `doing` and what the database said as the problem and returns `err`. */
enum err store_postgres_fail(struct store *store, enum err err, const char *doing);

#endif
