/* projection.h - events into tables: a service says which rows an event makes, this library writes
 * them in batches, with the position they belong to, in one transaction.
 *
 * A service lists its statements: which columns of which table a row sets, and what becomes of a
 * row that is there already. The SQL is made from that (statement.h), and so is what a table in
 * memory does (store_memory.h):
 *
 *     [BALANCES] = {.table = "balances",
 *                   .kind = PROJECTION_UPSERT,
 *                   .key_columns = 2,
 *                   .columns = {{"account_id", COLUMN_UUID},
 *                               {"asset", COLUMN_TEXT},
 *                               {"available", COLUMN_NUMERIC},
 *                               {"locked", COLUMN_NUMERIC}}},
 *
 * A batch is one SQL statement for each of these, whatever its size. A row that is set again, in
 * the batch or later, becomes column by column what the columns' merge says: mostly the last value,
 * so rows carry what is so behind the event; a sum is of what each row brings. Statements that only
 * insert run before all others, and those in the order of the list: an update may concern a row of
 * the same batch. Where a row may
 * be written anew behind updates of it, its statement is `whole`: they are dropped then, or they
 * would run behind it. Tables are named without a schema: the search path says whether the live
 * tables are meant or the ones being built beside them.
 */
#ifndef PROJECTION_H
#define PROJECTION_H
#include "base/base.h"
#include "base/uuid.h"
#include "wire/messages.h"

struct rows; /* the rows of a batch, being collected */

enum { PROJECTION_COLUMNS_MAX = 48 };

/* The SQL type of a column, and by what its cells are made. */
enum column_type {
    COLUMN_UUID,    /* rows_uuid */
    COLUMN_TEXT,    /* rows_text, rows_symbol, rows_sealed, rows_location */
    COLUMN_NUMERIC, /* rows_e8; NUMERIC(20,8) */
    COLUMN_INT,     /* rows_int, of 32 bits */
    COLUMN_BIGINT,  /* rows_int */
    COLUMN_BOOL,    /* rows_bool */
    COLUMN_TIME,    /* rows_time; TIMESTAMPTZ */
    COLUMN_BYTES,   /* rows_bytes; BYTEA */
    COLUMN_JSON,    /* rows_text */
    COLUMN_TEXTS,   /* rows_texts; TEXT[] */
};

/* What a column becomes where the row is there already. Null is nothing: it gives way to any value.
 * All but the first two are of NUMERIC, INT, BIGINT and TIME; a sum is of NUMERIC that is not
 * negative, and stays at the largest that rows_e8 takes. */
enum column_merge {
    MERGE_LAST,  /* the new value, be it null */
    MERGE_FIRST, /* the value it has */
    MERGE_GREATEST,
    MERGE_LEAST,
    MERGE_SUM,
};

struct projection_column {
    const char *name;
    enum column_type type;
    enum column_merge merge;
};

enum projection_kind {
    PROJECTION_INSERT,     /* a key that is there already is refused, and the whole batch with it */
    PROJECTION_INSERT_NEW, /* a key that is there already keeps its row */
    PROJECTION_UPSERT,     /* inserts, or sets the columns of the row that is there */
    PROJECTION_UPDATE,     /* sets columns; a key that is not there is passed over */
};

/* Rows into a table. The key is the table's primary key: the first so many columns, never null. */
struct projection_statement {
    const char *table;
    enum projection_kind kind;
    int key_columns;
    bool whole; /* it sets all that the updates of its table behind it in the list set */
    struct projection_column columns[PROJECTION_COLUMNS_MAX]; /* up to the first without a name */
};

/* How many columns a statement sets, those of the key included. */
int projection_columns(const struct projection_statement *statement);

struct projection {
    const char *schema;     /* Postgres schema: the service's name */
    const char *schema_sql; /* text of schema.sql: makes the tables in the current schema */
    const struct projection_statement *statements;
    size_t statements_count;
    /* Adds the rows of one valid event of the service's log. Pure but for opening sealed texts,
     * and for the file that says where addresses are. */
    void (*project)(const struct event *event, struct rows *rows);
};

/* Begins a row of `statement`; then come its columns in order, exactly as many as it has. */
void rows_begin(struct rows *rows, int statement);
void rows_null(struct rows *rows); /* not in the key */
void rows_text(struct rows *rows, struct text text);
void rows_texts(struct rows *rows, const struct text *texts, size_t count);
void rows_uuid(struct rows *rows, struct uuid id);
void rows_e8(struct rows *rows, int64_t e8);
void rows_int(struct rows *rows, int64_t value);
void rows_bool(struct rows *rows, bool value);
void rows_time(struct rows *rows, int64_t time_us);
void rows_bytes(struct rows *rows, struct bytes bytes);
/* A symbol of an enum of the schemas, as text. */
void rows_symbol(struct rows *rows, const struct wire_enum *symbols, uint32_t symbol);
/* A record of the schemas, as JSON shows it. */
void rows_json(struct rows *rows, const struct wire_record *record, const void *value);
/* Of what may be left out: null where it was. */
void rows_text_or_null(struct rows *rows, bool has, struct text text);
void rows_time_or_null(struct rows *rows, bool has, int64_t time_us);
void rows_e8_or_null(struct rows *rows, bool has, int64_t e8);
void rows_uuid_or_null(struct rows *rows, bool has, struct uuid id);
/* What a sealed text says; null where its key has been erased. */
void rows_sealed(struct rows *rows, struct text sealed, struct uuid key_id);
void rows_sealed_or_null(struct rows *rows, bool has, struct text sealed, struct uuid key_id);
/* Where in the world the address is that a sealed text says; null where nobody knows. */
void rows_location(struct rows *rows, struct text sealed, struct uuid key_id);
/* The offset of the event in its partition, and the partition: for ordering and linking. */
int64_t rows_offset(const struct rows *rows);
int32_t rows_partition(const struct rows *rows);

#endif
