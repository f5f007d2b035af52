/* fiber.h - code that stops in the middle of a call and goes on later, all on one thread: so that a
 * writer can be left standing, or die, at any reading of the clock and any call to the log.
 */
#ifndef SIM_FIBER_H
#define SIM_FIBER_H
#include "base/base.h"

struct fiber; /* laid out in fiber.c only */

/* New fiber that will run `run(argument)`. The caller frees it. */
struct fiber *fiber_new(void (*run)(void *argument), void *argument) MUST_CHECK;
/* Frees a fiber that has ended; CHECKs that it has. NULL does nothing. */
void fiber_free(struct fiber *fiber);
/* Runs it until it yields or ends. Not from within a fiber. */
void fiber_resume(struct fiber *fiber);
bool fiber_ended(const struct fiber *fiber);
/* Leaves the running fiber for whoever resumed it. */
void fiber_yield(void);
/* The one that runs; NULL: none. */
struct fiber *fiber_running(void);

#endif
