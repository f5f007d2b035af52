/* cell.h - values in Postgres' binary form, as both COPY and arrays take them: a length in four
 * bytes, -1 for null, and the value's bytes, all big-endian. Nothing has to be printed here and
 * parsed there, which was most of what a row cost the database.
 *
 * Source    PostgreSQL's *_recv functions (src/backend/utils/adt); COPY's binary format in its
 *           manual, array_recv for arrays.
 * Thread    any.
 */
#ifndef PROJECTION_CELL_H
#define PROJECTION_CELL_H
#include "base/buffer.h"
#include "base/uuid.h"
#include "projection/projection.h"

enum { CELL_LENGTH_SIZE = 4 };

void cell_null(struct buffer *cells);
/* Zero bytes and what is no UTF-8 become U+FFFD, for Postgres stores neither. */
void cell_text(struct buffer *cells, struct text text);
void cell_bytes(struct buffer *cells, struct bytes bytes);
void cell_uuid(struct buffer *cells, struct uuid id);
/* NUMERIC with 8 decimals. */
void cell_e8(struct buffer *cells, int64_t e8);
/* INT or BIGINT; an INT has 32 bits. */
void cell_int(struct buffer *cells, enum column_type type, int64_t value);
void cell_bool(struct buffer *cells, bool value);
void cell_time(struct buffer *cells, int64_t time_us);

/* Appends the cell that two values of a column become (data NULL: null). They may not stand in the
 * buffer that it is appended to. */
void cell_merge(struct buffer *cells, const struct projection_column *column, struct bytes before,
                struct bytes after);

/* Appends what stands before the elements of an array of such cells. */
void cell_array(struct buffer *array, enum column_type type, size_t count);

/* Appends the value of a cell without its length as text: as Postgres prints it, but for times (RFC
 * 3339, UTC) and numerics (no zeros at the end). */
void cell_print(enum column_type type, struct bytes value, struct buffer *text);

#endif
