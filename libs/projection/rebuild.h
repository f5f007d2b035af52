/* rebuild.h - makes the tables of a service anew from the first event, beside the live ones, and
 * puts them in their place in one transaction. The live projector, fenced by that, starts again.
 */
#ifndef PROJECTION_REBUILD_H
#define PROJECTION_REBUILD_H
#include "projection/projector.h"

struct rebuild_report {
    int64_t events;
    int64_t duration_us;
};

enum { REBUILD_PROBLEM_SIZE = 640 };

/* Rebuilds the projection of a service. `progress`, which may be NULL, hears about once a second
 * how many events have been read. Any error leaves the live tables as they were: ERR_DENIED:
 * another rebuild is at work; the others as of projector_step(), ERR_BUSY included. ret_problem
 * gets a sentence. */
enum err projection_rebuild(const struct projector_world *world, enum service_id service,
                            const struct projection *projection, void (*progress)(int64_t events),
                            struct rebuild_report *ret_report,
                            char ret_problem[REBUILD_PROBLEM_SIZE]) MUST_CHECK;

#endif
