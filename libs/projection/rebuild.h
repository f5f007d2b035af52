/* rebuild.h - the tables of a service made anew from the first event, beside the live ones;
 * compared with them; put in their place, and back.
 *
 *     nothing --rebuild_build--> next --rebuild_switch(NEXT)--> live      previous (was live)
 *                                next (was live)      live <--rebuild_switch(PREVIOUS)-- previous
 *     next, previous --rebuild_drop--> nothing
 *
 * Beside    each place (tables.h) has its own positions, which move with its rows. So what ended
 *           half-way goes on where its tables are.
 * Compared  at one position of each partition: the live tables in a snapshot of the database, the
 *           new ones when they have come to exactly where the live ones are in it. Nobody waits.
 * Switch    one transaction. It holds the live positions, so that the running projector waits,
 * reads on to where they are, and gives schemas and positions their new names. The projector then
 * goes on from the new position (projector.h). So at no moment do readers find less than they have
 * been shown. Thread    one owner; one of a service at a time.
 */
#ifndef PROJECTION_REBUILD_H
#define PROJECTION_REBUILD_H
#include "projection/projector.h"
#include "projection/tables.h"

struct rebuild; /* laid out in beside.h only */

/* A table that stands in both places. What the rows say is compared in the columns of both. */
struct rebuild_table {
    const char *name;
    int64_t live_rows, next_rows;
    bool same;
};

/* Who hears how it goes; each function may be NULL. */
struct rebuild_watcher {
    /* About once a second: how many records have been read, and of how many. */
    void (*progress)(int64_t records, int64_t of_records);
    /* Each table that was compared. */
    void (*compared)(const struct rebuild_table *table);
};

struct rebuild_report {
    int64_t events;
    int64_t duration_us; /* of reading them */
    bool compared; /* false: there are no live tables, or the log ends before their position */
    int tables, tables_apart; /* compared; of those not the same */
};

/* New; connects at its first use. `watcher` may be NULL. The caller frees it. */
struct rebuild *rebuild_new(const struct projector_world *world, enum service_id service,
                            const struct projection *projection,
                            const struct rebuild_watcher *watcher) MUST_CHECK;
void rebuild_free(struct rebuild *rebuild);

/* Each answers ERR_DENIED where another one of the service is at work, and else as
 * projector_step(), ERR_BUSY included; rebuild_problem() says more. */

/* Makes the tables anew as TABLES_NEXT, up to where the live ones are, and compares the two. */
enum err rebuild_build(struct rebuild *rebuild, struct rebuild_report *ret_report) MUST_CHECK;
/* Puts the tables of `place` in the place of the live ones, which become TABLES_PREVIOUS, or
 * TABLES_NEXT on the way back; what stood there is dropped. ERR_NOT_FOUND: there are none.
 * ERR_DOUBT: the connection broke at the end of it; generations tell whether it was. */
enum err rebuild_switch(struct rebuild *rebuild, enum tables_place place) MUST_CHECK;
/* Drops the tables of a place other than TABLES_LIVE, where there are any. */
enum err rebuild_drop(struct rebuild *rebuild, enum tables_place place) MUST_CHECK;
/* What the last error was about, for people. */
const char *rebuild_problem(const struct rebuild *rebuild);

#endif
