/* rewrap.h - wraps again what other master keys than the first have wrapped, while others use the
 * vault: row by row, and only where a row is still what was read. So it may end anywhere and begin
 * again, and what is shredded meanwhile stays so. */
#ifndef REWRAP_H
#define REWRAP_H
#include "db/db.h"
#include "seal/masters.h"
#include "seal/vault.h"

/* Counts into *ret_rewrap what it has done; what none of the masters opens is left. An error: of
 * the database; what was done before is done. */
enum err rewrap(struct db *db, const struct masters *masters,
                struct vault_rewrap *ret_rewrap) MUST_CHECK;

#endif
