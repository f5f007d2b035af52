/* again.h - a process that begins again in its own place: the same program, arguments, environment
 * and pid, and nothing else is carried over, open files least of all.
 */
#ifndef AGAIN_H
#define AGAIN_H
#include "base/base.h"

#include <signal.h>

/* Nothing that lasts is asked in a hurry, and nobody waits for long. */
enum { AGAIN_WAIT_US = 900000 };

/* Returns only where it cannot, with the status to end with. */
int again(char **arguments);
/* The same after `wait_us`, unless `*stop` is set before, as handlers of SIGTERM and SIGINT do it:
 * then the wait is over, and the status to end with is that of success. From its end on these two
 * have no handler: what comes too late to be seen ends the process. */
int again_later(char **arguments, int64_t wait_us, const volatile sig_atomic_t *stop);

#endif
