/* feed.h - what the files of `bourse feed` share: its options, and a run of it. */
#ifndef FEED_H
#define FEED_H
#include "cli/cli.h"
#include "cli/feed_csv.h"
#include "cli/feed_price.h"
#include "cli/feed_venue.h"

#include <stdio.h>

struct feed_options {
    const char *instrument;
    const char *csv;         /* "-": standard input */
    const char *column;      /* of the prices */
    const char *time_column; /* NULL: the first */
    int64_t speed;           /* times the pace of life */
    int64_t limit;           /* rows with a price */
    struct feed_number scale;
    bool trades;                /* otherwise marks */
    int64_t quantity_e8;        /* of a trade; 0: the least */
    const char *maker, *client; /* e-mail addresses */
};

/* Reads the line of command. Not CLI_OK: what is wrong has been said. */
int feed_options_parse(int argc, char **argv, struct feed_options *ret_options) MUST_CHECK;

/* How far a run is. */
struct feed {
    struct feed_options options;
    struct feed_venue venue;
    FILE *file;
    struct feed_columns columns;
    char *line; /* as getline() has it */
    size_t line_size;
    int64_t line_number; /* from 1, the header's */

    int64_t began_us;                  /* by the clock that only goes forward */
    int64_t first_time_us, time_us;    /* of the rows, as the file has it */
    int64_t fed_line;                  /* the last one fed */
    int64_t price_e8, low_e8, high_e8; /* its price, and the bounds */
    int64_t rows, fed, missing;        /* with a price; fed into the venue; without a price */
    int64_t said_us, said_rows;        /* when progress was said, and how far it was then */
};

/* Feeds the open file into the venue until its end, the limit or a signal; says how it goes. */
int feed_run(struct feed *feed) MUST_CHECK;

#endif
