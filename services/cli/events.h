/* events.h - `bourse events`: which events of the topics are asked for, in which order they come,
 * and how they are printed.
 *
 *     events_options.c   the query of a command line
 *     events_print.c     an event as JSON, as a CloudEvent, as a line of CSV
 *     events_replay.c    several partitions as one history
 *     events_tail.c      the commands
 */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H
#include "eventlog/follower.h"

#include <stdio.h>

enum { EVENTS_PROBLEM_SIZE = 512, EVENTS_TYPES_MAX = 16, EVENTS_PARTITIONS_MAX = 1024 };

/* Where a range begins, or ends: the record there is not in it any more. */
enum events_edge_kind {
    EVENTS_FROM_START,
    EVENTS_AT_OFFSET, /* of each partition */
    EVENTS_AT_TIME,   /* of the log: that of the last event which counts */
    EVENTS_AT_END,    /* that the log had when the reading began */
    EVENTS_NEVER,
};
struct events_edge {
    enum events_edge_kind kind;
    int64_t at;
};

enum events_form { EVENTS_JSON, EVENTS_CLOUDEVENTS, EVENTS_CSV };

/* Texts belong to the command line. */
struct events_query {
    bool services[SERVICES];
    int32_t only_partition; /* -1: all */
    struct events_edge from, to;
    int64_t count_max;
    bool has_key, has_command;
    struct text key;
    struct uuid command_id;
    const struct wire_message *types[EVENTS_TYPES_MAX];
    size_t types_count; /* 0: any */
    bool all;           /* also what does not count */
    bool follows;       /* goes on at the end of the log */
    enum events_form form;
};

/* All events of no service. */
void events_query_init(struct events_query *query);
/* Reads the arguments of `events tail`, or of `events replay`. CLI_OK, or CLI_USAGE: what is wrong
 * has been said. */
int events_parse(int argc, char **argv, bool replays, struct events_query *ret_query);

/* Whether a record lies before an edge of its partition, whose end was at `end`. */
bool events_before(const struct events_edge *edge, int64_t end, const struct followed *followed);
/* Whether it is asked for, where it lies in the range that is. */
bool events_wanted(const struct events_query *query, const struct followed *followed);

/* Takes an event that is asked for; it is there until this returns. Anything but OK ends it. */
typedef enum err events_take(void *context, const struct followed *followed);

/* Shows `take` what is asked for of the partitions as one history: by their times, but nothing
 * before what caused it, and nothing whose cause lies behind the range. The order is the same each
 * time. Holds a reader for each partition. ERR_LOG, ERR_NOT_FOUND, ERR_BUSY: ret_problem says what.
 */
enum err events_replay(struct log *log, const struct events_query *query, events_take *take,
                       void *context, char ret_problem[EVENTS_PROBLEM_SIZE]) MUST_CHECK;

/* What prints them. */
struct events_printer {
    FILE *out;
    enum events_form form;
    const struct wire_message *only_type; /* CSV: a column for each of its fields; NULL: any */
    struct event *event;
    struct buffer line;
    int64_t count;
};

/* Begins to print into `out`, which stays the caller's. */
void events_printer_init(struct events_printer *printer, const struct events_query *query,
                         FILE *out);
void events_printer_free(struct events_printer *printer);
/* Prints one. ERR_BUSY: nobody reads any more. */
enum err events_print(struct events_printer *printer, const struct followed *followed) MUST_CHECK;

#endif
