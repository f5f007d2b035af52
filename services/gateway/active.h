/* active.h - how many sessions are in use at this gateway: those that asked for something in the
 * running five minutes or in the five before.
 *
 * Bounds   a bit for each of ACTIVE_BITS hashes, so two sessions may count as one: about 0.5 % too
 *          few at ten thousand. Nothing is ever allocated for a session.
 * Thread   any.
 */
#ifndef GATEWAY_ACTIVE_H
#define GATEWAY_ACTIVE_H
#include "base/uuid.h"

enum { ACTIVE_BITS = 1 << 20 };
#define ACTIVE_WINDOW_US (INT64_C(300) * 1000000)

struct active; /* laid out in active.c only */

struct active *active_new(void) MUST_CHECK;
/* NULL does nothing. */
void active_free(struct active *active);
/* A session asks for something. Time that goes back counts as none passing. */
void active_note(struct active *active, struct uuid session_id, int64_t now_us);
int64_t active_count(struct active *active, int64_t now_us);

#endif
