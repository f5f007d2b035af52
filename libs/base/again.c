#include "base/again.h"

#include <stdlib.h>
#include <unistd.h>

int again(char **arguments)
{
    close_range(STDERR_FILENO + 1, ~0U, 0);
    execv("/proc/self/exe", arguments);
    return EXIT_FAILURE;
}

int again_later(char **arguments, int64_t wait_us, const volatile sig_atomic_t *stop)
{
    enum { LOOK_US = 10000 };
    for (int64_t waited_us = 0; waited_us < wait_us && !*stop; waited_us += LOOK_US)
        usleep(LOOK_US);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    return *stop ? EXIT_SUCCESS : again(arguments);
}
