/* drifting.h - a projector's second thread: holds its rows against the log, pass after pass, at an
 * easy pace (projection/drift.h), and counts what it finds.
 *
 * Pace     behind each batch it rests, so that it takes BOURSE_DRIFT_SHARE per cent of a core.
 * Thread   one owner.
 */
#ifndef SERVICE_DRIFTING_H
#define SERVICE_DRIFTING_H
#include "config/config.h"
#include "projection/projector.h"
#include "service/service.h"

struct drifting; /* laid out in drifting.c only */

/* Starts it; NULL where the settings say never. Of `world` it uses the log, which outlives it. */
struct drifting *drifting_start(const struct service *service, const struct config *config,
                                const struct projector_world *world) MUST_CHECK;
/* Ends the thread. NULL does nothing. */
void drifting_stop(struct drifting *drifting);

#endif
