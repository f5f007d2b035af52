/* vault_rows.h - the vault in a file, and back: for backups. Keys are in it as they are in the
 * vault, wrapped under the master key, and documents sealed; so it tells nothing to who has not got
 * BOURSE_SEAL_KEY_FILE.
 *
 *     "bourse-vault 1 " SCHEMA VERSION "\n"; then of each row: TABLE "\t" JSON "\n"
 */
#ifndef VAULT_ROWS_H
#define VAULT_ROWS_H
#include "base/uuid.h"
#include "db/db.h"

#include <stdio.h>

/* Appends every row, all of one moment. ERR_NOT_FOUND: there is no vault. ERR_CONFIG: it is of
 * another version than this program. ERR_BUSY: of the database, or the file cannot be written. */
enum err vault_rows_save(struct db *db, FILE *file, int64_t *ret_rows) MUST_CHECK;
/* Whether nothing is in it, not even its tables with nothing in them. */
enum err vault_rows_none(struct db *db, bool *ret_none) MUST_CHECK;
/* Makes the vault of a file in a database where there is none, all of it or nothing, and destroys
 * the keys of `erased` before anybody sees them; a schema of an older version is then brought up to
 * this one's. ERR_POISON: it is no such file, or of a newer version. ERR_DENIED: there is one. */
enum err vault_rows_load(struct db *db, FILE *file, const struct uuid *erased, size_t erased_count,
                         int64_t *ret_rows) MUST_CHECK;

/* Destroys a key, whether or not it exists yet, and its documents. */
enum err vault_shred_rows(struct db *db, struct uuid id) MUST_CHECK;

#endif
