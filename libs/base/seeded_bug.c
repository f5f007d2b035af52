/* Only in builds with -DBOURSE_SEEDED_BUGS=ON. */
#include "base/seeded_bug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum seeded_bug seeded_bug_at_work;

static const struct {
    const char *name, *text;
} ROWS[SEEDED_BUGS] = {
#define SEEDED_BUG_ROW(name, text) [SEEDED_BUG_##name] = {#name, text},
    SEEDED_BUG_MAP(SEEDED_BUG_ROW)
#undef SEEDED_BUG_ROW
};

/* "list" tells them all and ends the process; so does a name that none has. */
__attribute__((constructor)) static void choose(void)
{
    const char *wanted = getenv("BOURSE_SEEDED_BUG");
    if (wanted == NULL || wanted[0] == 0)
        return;
    for (int i = SEEDED_BUG_NONE + 1; i < SEEDED_BUGS; i++) {
        if (strcmp(ROWS[i].name, wanted) == 0) {
            seeded_bug_at_work = (enum seeded_bug)i;
            return;
        }
    }
    bool list = strcmp(wanted, "list") == 0;
    if (!list)
        fprintf(stderr, "BOURSE_SEEDED_BUG: there is no bug '%s'\n", wanted);
    for (int i = SEEDED_BUG_NONE + 1; i < SEEDED_BUGS && list; i++)
        printf("%s\t%s\n", ROWS[i].name, ROWS[i].text);
    exit(list ? 0 : 1);
}
