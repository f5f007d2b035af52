/* memory_table.h - a table in memory, changed by declared statements as Postgres' is by their SQL,
 * and changed back.
 *
 * Left out   what schema.sql says beyond the primary key: NOT NULL, CHECK, UNIQUE, defaults,
 *            generated columns.
 */
#ifndef PROJECTION_MEMORY_TABLE_H
#define PROJECTION_MEMORY_TABLE_H
#include "projection/rows.h"

struct memory_row; /* laid out in memory_table.c only; never changed once it is made */

struct memory_table {
    const char *name;
    int key_columns;
    struct projection_column columns[PROJECTION_COLUMNS_MAX]; /* of all its statements */
    int columns_count;
    uint32_t shares, share;  /* only keys of this one of so many are kept; 0: all of them */
    struct memory_row *rows; /* uthash, by key */
};

/* What happened to rows, in order, so that it can be undone. */
struct memory_change {
    struct memory_table *table;
    struct memory_row *before, *after; /* NULL: there was none */
};
struct memory_changes {
    struct memory_change *list;
    size_t count, max;
};

/* The columns of a statement become columns of the table, if they are none yet. CHECKs that its
 * statements agree. */
void memory_table_add(struct memory_table *table, const struct projection_statement *statement);
/* Frees all rows. */
void memory_table_clear(struct memory_table *table);
/* Does what the rows of one statement say. ERR_INPUT: a key is there already; what came before it
 * is done. */
enum err memory_table_apply(struct memory_table *table, const struct rows *rows, size_t statement,
                            struct memory_changes *changes) MUST_CHECK;

/* Changes everything back, and forgets it. */
void memory_changes_undo(struct memory_changes *changes);
/* Never to be undone: frees the rows that were replaced, and the list. */
void memory_changes_keep(struct memory_changes *changes);

/* All rows, sorted by key, for the caller to free(); the rows are the table's. */
const struct memory_row **memory_table_sorted(const struct memory_table *table, size_t *ret_count);
/* The value of a column of the table; data NULL: null. */
struct text memory_row_value(const struct memory_row *row, int column);
/* The SQL, with %s for the column, that shows a value of that type as the above does. */
const char *memory_column_sql(enum column_type type);

#endif
