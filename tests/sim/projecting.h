/* projecting.h - the projectors of all services over one database in memory, in processes of their
 * own as libs/service/projecting.c runs them, on fibers: one for each service, now and then two.
 * What befalls them: kills and pauses between reading and writing, commits that are lost or of
 * which nobody knows, a database that comes back without its last commits, rebuilds.
 *
 * What must hold, at any time: positions only grow while the database is the same; and the tables
 * at a position are, row for row, what a fresh projector makes of the log up to there.
 */
#ifndef SIM_PROJECTING_H
#define SIM_PROJECTING_H
#include "service/writer.h"

struct sim;
struct projecting; /* laid out in projecting.c only */

/* The projectors of a venue, none of which runs yet. The caller frees them, before the weather. */
struct projecting *projecting_new(struct sim *sim) MUST_CHECK;
void projecting_free(struct projecting *projecting);
/* What may go wrong with the database in a step. */
void projecting_go_wrong(struct projecting *projecting);
/* One of the projectors gets his turn. */
void projecting_run(struct projecting *projecting);
/* From now on each service has one. */
void projecting_calm_down(struct projecting *projecting);
/* What is still to do; NULL: all tables are at the end of the log. */
const char *projecting_unrest(const struct projecting *projecting);
/* The last record of a partition that its projection has read, for who is to write there (R5). */
struct landmark projecting_landmark(const struct projecting *projecting, enum service_id service,
                                    int32_t partition);
/* Compares the tables of all services with the log, at rest, and keeps them as evidence. */
void projecting_judge(struct projecting *projecting);
/* Cuts the log before what has been projected: each service's projector has to stop. The log is of
 * no use afterwards. */
void projecting_break_ground(struct projecting *projecting);

#endif
