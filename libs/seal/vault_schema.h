/* vault_schema.h - the vault database's schema, by numbered steps up and down. */
#ifndef VAULT_SCHEMA_H
#define VAULT_SCHEMA_H
#include "base/base.h"
#include "db/db.h"

/* Brings the schema to `version`, 0 being the empty database. CHECKs that there is such a version.
 * ERR_RANGE: the database is newer than this code. */
enum err vault_schema_migrate(struct db *db, int32_t version) MUST_CHECK;

#endif
