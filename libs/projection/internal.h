/* internal.h - the inside of a projector, shared by projector.c and those who have it read up to
 * somewhere. */
#ifndef PROJECTION_INTERNAL_H
#define PROJECTION_INTERNAL_H
#include "eventlog/kept.h"
#include "projection/journal.h"
#include "projection/projector.h"
#include "trace/trace.h"

enum { PROJECTOR_SPANS_MAX = 64 }; /* of a batch; the rest of them is left out */

/* A partition being projected. */
struct lane {
    int32_t partition;
    int64_t next_offset;     /* as the store has it */
    int64_t wanted_offset;   /* as it has it at most: with the last batch */
    int64_t goal_offset;     /* end of the log at the start */
    int64_t bound;           /* next_offset comes up to here, and never further */
    bool moved;              /* the batch holds records of it */
    int64_t events;          /* of the batch */
    int64_t events_total;    /* since the start */
    struct kept last;        /* record read; its hash goes with the position */
    const struct fold *fold; /* NULL: it is not read */
};

struct projector {
    struct projector_world world;
    enum service_id service;
    const struct projection *projection;
    struct store *store;
    struct follower *follower; /* NULL: to be started */
    struct rows *rows;
    struct journal *journal;
    struct lane *lanes;
    struct store_move *moves; /* as many at most */
    size_t lanes_count;
    int64_t generation;            /* of the live tables; 0: not known yet */
    int64_t newest_us, written_us; /* when the newest event read, and written, occurred; 0: none */
    struct trace_span *spans;      /* of the events read that are traced; NULL: none were yet */
    size_t spans_count;
    char problem[STORE_PROBLEM_SIZE];
};

/* Keeps a sentence for projector_problem() and returns `err`. */
enum err projector_fail(struct projector *projector, enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The same, of the store's last problem. */
enum err projector_fail_store(struct projector *projector, enum err err);
/* Makes a lane of each partition of the topic, the first time. */
enum err projector_count_partitions(struct projector *projector) MUST_CHECK;
/* Forgets what was read and is not written; the next step goes on from what is stored. */
void projector_stop(struct projector *projector);

#endif
