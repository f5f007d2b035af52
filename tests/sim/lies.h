/* lies.h - lies, each told in a log whose chain is whole again behind it: the right check finds it.
 */
#ifndef SIM_LIES_H
#define SIM_LIES_H
#include "check.h"
#include "forge.h"

struct lie {
    const char *name;
    forge_lie lie;
    int invariant; /* that finds it */
};

/* A row of a table of lies. */
#define LIE(lie, invariant)                                                                        \
    {                                                                                              \
#lie, lie, invariant                                                                       \
    }

/* Fails the test unless there is something to tell each about, and it is found. */
void lies_are_found(const struct evidence *truth, const struct lie *lies, size_t lies_count);

#endif
