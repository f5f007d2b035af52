/* projector.h - follows the events of one service and keeps its tables in step.
 *
 *     projector_new --> projector_step --> projector_step --> ...    any other error than ERR_BUSY
 *                       makes what is     reads what has come,       ends the process
 *                       missing, resumes  writes one batch
 *
 * Batch    one transaction: it moves the position of every partition read from exactly the old
 *          value to the new one, writes the rows, and notifies. Where the position is another one,
 *          a second projector is at work and this one stops (R11); where it is one of another
 *          generation, other tables were put in their place (rebuild.h), and it goes on from there.
 * Away     when Postgres, the vault or the broker is away, what was not committed is read again
 *          from the stored position; so is what an unknown COMMIT may have done.
 * Thread   one owner.
 */
#ifndef PROJECTOR_H
#define PROJECTOR_H
#include "eventlog/follower.h"
#include "geo/geo.h"
#include "projection/projection.h"
#include "projection/store.h"
#include "seal/vault.h"

/* The channel that each batch notifies on. A payload is
 * "<service>/<partition> <topic>/<partition>:<offset> ...": behind this commit the tables hold
 * what the partition says of the offsets named and of all before them. */
#define PROJECTOR_CHANNEL "bourse_projection"

struct projector; /* laid out in internal.h only */

/* What a projector needs of the world; all of it outlives the projector. */
struct projector_world {
    struct log *log;
    const char *conninfo; /* of the projection database; not used over another store */
    struct vault *vault;  /* NULL: every sealed text is null */
    struct geo *geo;      /* NULL: every place is null */
    bool unhurried;       /* its log is read slowly: not far ahead (LOG_UNHURRIED) */
    bool traces;          /* the way of an event into rows is told (trace/trace.h) */
    /* Is told of each valid event that is read, and once more of one that has to be read again.
     * NULL: nobody is. */
    void (*observe)(const struct event *event);
    /* Is told of each record that does not count, in the same way. NULL: nobody is. */
    void (*inert)(const struct followed *followed);
    bool veils;                         /* every sealed text and place is ROWS_VEILED instead */
    int64_t (*clock_us)(void *context); /* never goes back; NULL: the system's */
    void *context;
};

/* New projector of all partitions of a service; connects at its first step. The caller frees it. */
struct projector *projector_new(const struct projector_world *world, enum service_id service,
                                const struct projection *projection) MUST_CHECK;
/* The same over a store of another kind, which is freed with it. */
struct projector *projector_new_over(const struct projector_world *world, enum service_id service,
                                     const struct projection *projection,
                                     struct store *store) MUST_CHECK;
void projector_free(struct projector *projector);

/* Waits `timeout_ms` at most for events and writes a batch. *ret_events: how many were projected.
 * ERR_BUSY: something is away; the time has passed already, so call again.
 * ERR_FENCED: another projector has moved the position. ERR_LOG: the log is not the
 * one the position belongs to, or an event cannot be read. ERR_CONFIG, ERR_INPUT: topics are
 * missing, the tables are of another version, or Postgres refuses the rows.
 * projector_problem() says more. */
enum err projector_step(struct projector *projector, int timeout_ms, size_t *ret_events) MUST_CHECK;
/* True when the tables have come to where the log ended at the start. */
bool projector_caught_up(const struct projector *projector);
/* Events that the log has and the tables have not. Errors as log_ends(). */
enum err projector_lag(struct projector *projector, int64_t *ret_records) MUST_CHECK;
/* When the newest event occurred that it has written, in microseconds since 1970; 0: it has written
 * none. */
int64_t projector_last_event_us(const struct projector *projector);
/* What the last error was about, for people. */
const char *projector_problem(const struct projector *projector);

#endif
