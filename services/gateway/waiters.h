/* waiters.h - those who wait until events were read, here or by a projection: how they are taken
 * out of a list and told.
 *
 * Owner    a waiter belongs to its list until `ready` is called.
 * Thread   the list's lock is held for waiters_take(), and not for waiters_tell().
 */
#ifndef GATEWAY_WAITERS_H
#define GATEWAY_WAITERS_H
#include "gateway/shown.h"

/* Somebody who waits. `ready` is called once, from any thread, as soon as there is what is asked,
 * or at the deadline. */
struct waiter {
    struct waiter *next;
    const struct shown *shown; /* must live as long */
    uint32_t services;         /* bits 1 << enum service_id: whose projections matter */
    bool any_further;     /* false: all of `shown` has to be there; true: more than it, of any */
    const int64_t *heads; /* NULL, or of each partition, service by service, what else has to be */
    int64_t deadline_ns;  /* CLOCK_MONOTONIC */
    void (*ready)(struct waiter *waiter, bool in_time);
};

/* Who was taken out of a list, and is to be told. */
struct waiters {
    struct waiter *ready, *late;
};

/* Takes out those for whom `is_there` says so, and those whose deadline is not behind `now_ns`. */
struct waiters waiters_take(struct waiter **list,
                            bool (*is_there)(void *context, const struct waiter *waiter),
                            void *context, int64_t now_ns) MUST_CHECK;
void waiters_tell(struct waiters waiters);

#endif
