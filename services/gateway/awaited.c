#include "gateway/awaited.h"

#include "gateway/answers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct awaited {
    struct answers *answers;
    pthread_mutex_t lock;
    struct progress_waiter *waiters; /* locked */
    _Atomic size_t count;            /* so that each record costs one look where nobody waits */
};

struct awaited *awaited_new(struct answers *answers)
{
    struct awaited *awaited = calloc(1, sizeof *awaited);
    CHECK(awaited != NULL);
    awaited->answers = answers;
    CHECK(pthread_mutex_init(&awaited->lock, NULL) == 0);
    return awaited;
}

void awaited_free(struct awaited *awaited)
{
    if (awaited == NULL)
        return;
    CHECK(awaited->waiters == NULL);
    pthread_mutex_destroy(&awaited->lock);
    free(awaited);
}

void awaited_add(struct awaited *awaited, struct progress_waiter *waiter)
{
    pthread_mutex_lock(&awaited->lock);
    bool there = answers_have_read(awaited->answers, waiter->shown);
    if (!there) {
        waiter->next = awaited->waiters;
        awaited->waiters = waiter;
        awaited->count++;
    }
    pthread_mutex_unlock(&awaited->lock);
    if (there)
        waiter->ready(waiter, true);
}

static void tell(struct progress_waiter *waiter, bool in_time)
{
    for (struct progress_waiter *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->ready(waiter, in_time);
    }
}

void awaited_serve(struct awaited *awaited, int64_t now_ns)
{
    struct progress_waiter *ready = NULL, *late = NULL;
    if (awaited->count == 0)
        return;
    pthread_mutex_lock(&awaited->lock);
    struct progress_waiter **link = &awaited->waiters;
    while (*link != NULL) {
        struct progress_waiter *waiter = *link;
        bool there = answers_have_read(awaited->answers, waiter->shown);
        if (!there && waiter->deadline_ns > now_ns) {
            link = &waiter->next;
            continue;
        }
        *link = waiter->next;
        waiter->next = there ? ready : late;
        *(there ? &ready : &late) = waiter;
        awaited->count--;
    }
    pthread_mutex_unlock(&awaited->lock);
    tell(ready, true);
    tell(late, false);
}
