#include "audit/owed.h"

#include <stdlib.h>
#include <string.h>

struct note {
    struct note *next;
    int64_t number;
    size_t size;
    char text[];
};

struct owed {
    struct note *oldest;
    struct note *newest; /* undefined where there is no oldest */
    size_t count;
};

struct owed *owed_new(void)
{
    struct owed *owed = calloc(1, sizeof *owed);
    CHECK(owed != NULL);
    return owed;
}

void owed_free(struct owed *owed)
{
    while (owed != NULL && owed->oldest != NULL)
        owed_drop(owed);
    free(owed);
}

bool owed_add(struct owed *owed, int64_t number, struct text note)
{
    if (owed->count == OWED_MAX)
        return false;
    struct note *kept = malloc(sizeof *kept + note.size);
    CHECK(kept != NULL);
    kept->next = NULL;
    kept->number = number;
    kept->size = note.size;
    memcpy(kept->text, note.data, note.size);
    *(owed->oldest == NULL ? &owed->oldest : &owed->newest->next) = kept;
    owed->newest = kept;
    owed->count++;
    return true;
}

bool owed_oldest(const struct owed *owed, int64_t *ret_number, struct text *ret_note)
{
    const struct note *oldest = owed->oldest;
    if (oldest == NULL)
        return false;
    *ret_number = oldest->number;
    *ret_note = (struct text){oldest->text, oldest->size};
    return true;
}

void owed_drop(struct owed *owed)
{
    struct note *oldest = owed->oldest;
    CHECK(oldest != NULL);
    owed->oldest = oldest->next;
    owed->count--;
    free(oldest);
}
