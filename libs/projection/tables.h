/* tables.h - what the projection database holds beside the services' own tables.
 *
 *     schema bourse               positions, snapshots, functions decimal() and time()
 *     schema <service>            the journal `events`, and the tables of the service's schema.sql:
 *                                 the live ones, which are what everybody reads
 *     schema <service>_next       the same, made anew beside them
 *     schema <service>_previous   those that were live before
 *
 * All is the owner's, whoever writes the rows: who may do what is in rights/rights.h.
 */
#ifndef PROJECTION_TABLES_H
#define PROJECTION_TABLES_H
#include "db/db.h"

enum tables_place { TABLES_LIVE, TABLES_NEXT, TABLES_PREVIOUS };

enum { TABLES_NAME_SIZE = 64 };

/* The name of what is called `live` in its place, for another one: of schemas and of positions. */
void tables_name(const char *live, enum tables_place place, char ret_name[TABLES_NAME_SIZE]);

/* Whether `db` is the owner, who makes tables. The roles of services (rights/rights.h) find them.
 */
enum err tables_may_create(struct db *db, bool *ret_may) MUST_CHECK;
/* Makes schema `bourse` where it is missing, and rights as they have to be. Safe to run by many at
 * once. ERR_BUSY: there is none, and `db` may not make it; the owner has still to. */
enum err tables_create(struct db *db) MUST_CHECK;
/* Waits until nobody else makes or switches schemas, and keeps it so until the end of the
 * transaction under way. */
enum err tables_lock(struct db *db) MUST_CHECK;
/* Begins a transaction that only reads: what it sees is of one moment from its first statement on,
 * and of the same tables, for nobody switches meanwhile. */
enum err tables_begin_snapshot(struct db *db) MUST_CHECK;
/* Whether there is a schema of that name. */
enum err tables_have_schema(struct db *db, const char *schema, bool *ret_have) MUST_CHECK;
/* In the transaction under way: drops a schema, where there is one. */
enum err tables_drop_schema(struct db *db, const char *schema) MUST_CHECK;
/* In the transaction under way: gives a schema that is there another name. */
enum err tables_rename_schema(struct db *db, const char *schema, const char *new_name) MUST_CHECK;
/* In the transaction under way: makes a schema with the journal and the tables of `schema_sql`,
 * and rights in it. */
enum err tables_create_schema(struct db *db, const char *schema, const char *schema_sql) MUST_CHECK;

#endif
