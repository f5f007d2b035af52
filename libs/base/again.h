/* again.h - a process that begins again in its own place: the same program, arguments, environment
 * and pid, and nothing else is carried over, open files least of all.
 */
#ifndef AGAIN_H
#define AGAIN_H
#include "base/base.h"

/* Returns only where it cannot, with the status to end with. */
int again(char **arguments);

#endif
