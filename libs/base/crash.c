#include "base/crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void crash_point(const char *name)
{
    static atomic_long hits;
    const char *wanted = getenv("BOURSE_CRASH_AT");
    size_t size = strlen(name);
    if (wanted == NULL || strncmp(wanted, name, size) != 0 || wanted[size] != ':')
        return;
    char *rest = NULL;
    long hit = strtol(wanted + size + 1, &rest, 10);
    if (atomic_fetch_add(&hits, 1) + 1 == hit)
        kill(getpid(), strcmp(rest, ":stop") == 0 ? SIGSTOP : SIGKILL);
}
