/* rows.h - the inside of projection.h's rows, for this library and its tests: the cells of a batch
 * as Postgres array literals, one a column.
 *
 * Cost     a row is copied once, escaped, into one run of bytes; of equal keys only the last one
 *          is sent. No statement has more than ROWS_COLUMNS_MAX columns.
 * Text     what Postgres cannot store (zero bytes, bytes that are no UTF-8) becomes U+FFFD.
 * Thread   one owner.
 */
#ifndef ROWS_H
#define ROWS_H
#include "db/db.h"
#include "projection/projection.h"
#include "seal/vault.h"

enum { ROWS_COLUMNS_MAX = 40 };

/* No rows yet, for the statements of `projection` and behind them `journal`, which may be NULL.
 * With `vault` NULL every sealed text is null. The caller frees it; the arguments outlive it. */
struct rows *rows_new(const struct projection *projection,
                      const struct projection_statement *journal, struct vault *vault) MUST_CHECK;
void rows_free(struct rows *rows);
/* Forgets all rows. */
void rows_reset(struct rows *rows);
/* Which event the next rows come of. */
void rows_event(struct rows *rows, int32_t partition, int64_t offset);
/* Bytes collected. */
size_t rows_size(const struct rows *rows);
/* What went wrong in opening sealed texts since the reset: OK, or an error of vault_open_text. */
enum err rows_error(const struct rows *rows);

/* How many rows of a statement are to be written. */
size_t rows_count(const struct rows *rows, int statement);
/* Appends a column of a statement as an array literal. */
void rows_literal(const struct rows *rows, int statement, int column, struct buffer *ret_literal);
/* Adds every statement that has rows to the batch under way on `db`. */
enum err rows_write(struct rows *rows, struct db *db) MUST_CHECK;

#endif
