#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "CHECK failed: %s (%s, %s:%d)\n", condition, function, file, line);
    fflush(stderr);
    abort();
}
