/* check_rows.h - the rows that events make of a projection, told from the events. */
#ifndef SIM_CHECK_ROWS_H
#define SIM_CHECK_ROWS_H
#include "check_run.h"

enum { CHECK_ROW_KEYS_MAX = 3 };

struct check_value {
    const char *column;
    const char *text; /* NULL: null */
};

/* What an event says of a row; columns that it does not name stay. */
struct check_version {
    int64_t offset;
    struct check_value *values;
    size_t values_count;
    struct check_version *older;
};

struct check_rows {
    struct check_run *run;
    const struct check_fact *fact; /* that is being told */
    struct check_map expected;
};

/* The event says so of the row of that table under these keys. */
void check_expect_row(struct check_rows *rows, const char *table,
                      const char *const keys[CHECK_ROW_KEYS_MAX], const struct check_value *values,
                      size_t values_count);
/* Whether an event before has said anything of that row. */
bool check_expects_row(const struct check_rows *rows, const char *table,
                       const char *const keys[CHECK_ROW_KEYS_MAX]);
/* A row's value; NULL: null, or no such column. */
const char *check_cell(const struct evidence_row *row, const char *column);
/* Goes through all events. */
void check_expect_all(struct check_rows *rows);

#endif
