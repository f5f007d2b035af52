/* rows.h - the inside of projection.h's rows, for this library and its tests: the cells of a batch
 * in Postgres' binary form (cell.h).
 *
 * Cost     a row is copied once into one run of bytes; of equal keys that are set, not
 *          inserted, only the last one is kept.
 * Text     what Postgres cannot store (zero bytes, bytes that are no UTF-8) becomes U+FFFD.
 * Thread   one owner.
 */
#ifndef ROWS_H
#define ROWS_H
#include "base/buffer.h"
#include "geo/geo.h"
#include "projection/projection.h"
#include "seal/vault.h"

/* Bytes of a batch: an event is 8 MB at most, and batches end far before. */
enum { ROWS_SIZE_MAX = 1 << 30 };

/* No rows yet, for the statements of `projection` and behind them `journal`, which may be NULL.
 * With `vault` NULL every sealed text is null, with `geo` NULL every place. The caller frees it;
 * the arguments outlive it. */
struct rows *rows_new(const struct projection *projection,
                      const struct projection_statement *journal, struct vault *vault,
                      const struct geo *geo) MUST_CHECK;
void rows_free(struct rows *rows);
/* Opens nothing that is sealed from now on: what it may say, null too, is shown as ROWS_VEILED. */
#define ROWS_VEILED "\x1aveiled"
void rows_veil(struct rows *rows);
/* Forgets all rows. */
void rows_reset(struct rows *rows);
/* Which event the next rows come of. */
void rows_event(struct rows *rows, int32_t partition, int64_t offset);
/* Bytes collected. */
size_t rows_size(const struct rows *rows);
/* What went wrong in opening sealed texts since the reset: OK, or an error of vault_open_text. */
enum err rows_error(const struct rows *rows);

/* The statements, journal included. */
size_t rows_statements(const struct rows *rows);
const struct projection_statement *rows_statement(const struct rows *rows, size_t statement);
/* How many rows of a statement are to be written. CHECKs that none is unfinished. */
size_t rows_count(const struct rows *rows, size_t statement);
/* The key of a row as bytes that only an equal key has. Valid until the next cell. */
struct text rows_key(const struct rows *rows, size_t statement, size_t row);
/* The value of a cell, without its length; data NULL: null. Valid until the next cell. */
struct bytes rows_cell(const struct rows *rows, size_t statement, size_t row, int column);
/* Appends a column of a statement as an array in binary form. */
void rows_array(const struct rows *rows, size_t statement, int column, struct buffer *ret_array);
/* Appends all rows of a statement as what COPY reads in its binary format. */
void rows_copy(const struct rows *rows, size_t statement, struct buffer *ret_copy);

#endif
