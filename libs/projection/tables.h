/* tables.h - what the projection database holds beside the services' own tables.
 *
 *     schema bourse      positions, snapshots, functions decimal() and time()
 *     schema <service>   the journal `events`, and the tables of the service's schema.sql
 */
#ifndef PROJECTION_TABLES_H
#define PROJECTION_TABLES_H
#include "db/db.h"

/* Makes schema `bourse` where it is missing. Safe to run by many at once. */
enum err tables_create(struct db *db) MUST_CHECK;
/* Waits until nobody else makes or switches schemas, and keeps it so until the end of the
 * transaction under way. */
enum err tables_lock(struct db *db) MUST_CHECK;
/* Whether there is a schema of that name. */
enum err tables_have_schema(struct db *db, const char *schema, bool *ret_have) MUST_CHECK;
/* In the transaction under way: makes a schema with the journal and the tables of `schema_sql`,
 * readable by bourse_reader where there is such a role. */
enum err tables_create_schema(struct db *db, const char *schema, const char *schema_sql) MUST_CHECK;

#endif
