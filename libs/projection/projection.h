/* projection.h - events into tables: a service says which rows an event makes, this library writes
 * them in batches, with the position they belong to, in one transaction.
 *
 * A service lists its statements. Each takes arrays, one a column, so that a batch is one
 * statement whatever its size:
 *
 *     [BALANCES] = {.sql = "INSERT INTO balances (account_id, asset, available, locked) "
 *                          "SELECT * FROM unnest($1::uuid[], $2::text[], $3::numeric[],
 * $4::numeric[]) " "ON CONFLICT (account_id, asset) DO UPDATE SET available = excluded.available, "
 *                          "locked = excluded.locked", .columns = 4, .key_columns = 2},
 *
 * Within a batch the last row of equal key columns wins, so rows carry what is so behind the
 * event, never a difference. Statements run in the order of the list: inserts before the updates
 * that may concern the same row. Tables are named without a schema: the search path says whether
 * the live tables are meant or the ones being built beside them.
 */
#ifndef PROJECTION_H
#define PROJECTION_H
#include "base/base.h"
#include "base/uuid.h"
#include "wire/messages.h"

struct rows; /* the rows of a batch, being collected */

struct projection_statement {
    const char *sql;
    int columns;
    int key_columns; /* the first so many say which row it is; 0: every row is one of its own */
};

struct projection {
    const char *schema;     /* Postgres schema: the service's name */
    const char *schema_sql; /* text of schema.sql: makes the tables in the current schema */
    const struct projection_statement *statements;
    size_t statements_count;
    /* Adds the rows of one valid event of the service's log. Pure but for opening sealed texts. */
    void (*project)(const struct event *event, struct rows *rows);
};

/* Begins a row of `statement`; then come its columns in order, exactly as many as it has. */
void rows_begin(struct rows *rows, int statement);
void rows_null(struct rows *rows);
void rows_text(struct rows *rows, struct text text);
void rows_uuid(struct rows *rows, struct uuid id);
void rows_e8(struct rows *rows, int64_t e8); /* NUMERIC(20,8) */
void rows_int(struct rows *rows, int64_t value);
void rows_bool(struct rows *rows, bool value);
void rows_time(struct rows *rows, int64_t time_us);
void rows_bytes(struct rows *rows, struct bytes bytes); /* bytea */
/* A symbol of an enum of the schemas, as text. */
void rows_symbol(struct rows *rows, const struct wire_enum *symbols, uint32_t symbol);
/* What a sealed text says; null where its key has been erased. */
void rows_sealed(struct rows *rows, struct text sealed, struct uuid key_id);
/* The offset of the event in its partition, and the partition: for ordering and linking. */
int64_t rows_offset(const struct rows *rows);
int32_t rows_partition(const struct rows *rows);

#endif
