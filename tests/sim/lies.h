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

/* The main() of a test: every lie is told about a rough day on which there is something to tell it
 * about, and is found by the right check. */
int lies_main(const struct lie *lies, size_t lies_count);

#endif
