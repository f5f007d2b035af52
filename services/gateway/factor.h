/* factor.h - the second factor that a caller shows, checked as far as a gateway can: which step a
 * one-time code is of, and the hash of a backup code. Whether it was used before, settings knows.
 */
#ifndef GATEWAY_FACTOR_H
#define GATEWAY_FACTOR_H
#include "gateway/gateway.h"

struct db;

enum { FACTOR_BACKUPS = 10, FACTOR_BACKUP_TEXT_SIZE = 19 }; /* XXXX-XXXX-XXXX-XXXX */

/* What the code shows for this user, by the secret in the projection; a wrong one shows nothing.
 * Errors of database and vault; ERR_NOT_FOUND: the user has no secret. */
enum err factor_check(struct exchange *exchange, struct db *db, struct uuid user_id,
                      struct text code, struct second_factor *ret_factor) MUST_CHECK;

/* Fresh backup codes of a user as a JSON array, and their hashes. */
struct text factor_make_backups(struct exchange *exchange, struct uuid user_id,
                                struct keyed_hash ret_hashes[FACTOR_BACKUPS]);

#endif
