/* feed_csv.h - what `bourse feed` reads: lines of a CSV file as prices with their times, and when
 * each is due.
 *
 * Form     RFC 4180, a line a row: fields may be quoted, but not hold a line's end.
 * Pure     no I/O, no clock.
 */
#ifndef FEED_CSV_H
#define FEED_CSV_H
#include "base/base.h"

enum { FEED_COLUMNS_MAX = 256, FEED_PROBLEM_SIZE = 256 };

/* Places of the two columns in a line, from 0. */
struct feed_columns {
    size_t time, price;
};

struct feed_row {
    int64_t time_us;
    struct text price; /* as it stands, within the line; empty: the row has none */
};

/* Finds the columns of those names, letter case ignored, in the file's first line; `time_name`
 * NULL: the first column. The line is changed. ERR_INPUT: ret_problem says what is missing. */
enum err feed_read_header(char *line, const char *price_name, const char *time_name,
                          struct feed_columns *ret_columns,
                          char ret_problem[FEED_PROBLEM_SIZE]) MUST_CHECK;

/* Reads a line behind the first, which is changed and holds ret_row's text. ERR_INPUT: ret_problem
 * says what is wrong with which value. */
enum err feed_read_row(char *line, const struct feed_columns *columns, struct feed_row *ret_row,
                       char ret_problem[FEED_PROBLEM_SIZE]) MUST_CHECK;

/* A date (2017-04-19, or 4/19/2017), a date and time (UTC where it says no offset), or seconds or
 * milliseconds since 1970. ERR_INPUT: something else. */
enum err feed_time_parse(struct text text, int64_t *ret_time_us) MUST_CHECK;

/* When a row is due that is `after_us` behind the first, at `speed` (> 0) times the pace of life.
 */
int64_t feed_due_us(int64_t start_us, int64_t after_us, int64_t speed) MUST_CHECK;

#endif
