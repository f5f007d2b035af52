#include "gateway/waiters.h"

struct waiters waiters_take(struct waiter **list,
                            bool (*is_there)(void *context, const struct waiter *waiter),
                            void *context, int64_t now_ns)
{
    struct waiters taken = {.ready = NULL};
    while (*list != NULL) {
        struct waiter *waiter = *list;
        bool there = is_there(context, waiter);
        if (!there && waiter->deadline_ns > now_ns) {
            list = &waiter->next;
            continue;
        }
        *list = waiter->next;
        waiter->next = there ? taken.ready : taken.late;
        *(there ? &taken.ready : &taken.late) = waiter;
    }
    return taken;
}

static void tell(struct waiter *waiter, bool in_time)
{
    for (struct waiter *next; waiter != NULL; waiter = next) {
        next = waiter->next; /* whoever is told may be gone */
        waiter->ready(waiter, in_time);
    }
}

void waiters_tell(struct waiters waiters)
{
    tell(waiters.ready, true);
    tell(waiters.late, false);
}
