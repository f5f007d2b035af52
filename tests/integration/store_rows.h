/* store_rows.h - what the tests of stores share: the tables of a projection in memory and those in
 * Postgres, told in the same words.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H
#include "db/db.h"
#include "projection/store_memory.h"

/* Fails unless every table of `projection`, the journal included, has the same rows in both, and
 * the same positions. Returns how many rows there are. */
size_t store_rows_compare(const struct store_memory *memory, enum service_id service,
                          const struct projection *projection, struct db *db);

#endif
