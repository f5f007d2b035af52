#include "gateway/awaited.h"

#include "gateway/answers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct awaited {
    struct answers *answers;
    pthread_mutex_t lock;
    struct waiter *waiters; /* locked */
    atomic_bool some;       /* so that each record costs one look where nobody waits */
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

void awaited_add(struct awaited *awaited, struct waiter *waiter)
{
    pthread_mutex_lock(&awaited->lock);
    bool there = answers_have_read(awaited->answers, waiter->shown);
    if (!there) {
        waiter->next = awaited->waiters;
        awaited->waiters = waiter;
        awaited->some = true;
    }
    pthread_mutex_unlock(&awaited->lock);
    if (there)
        waiter->ready(waiter, true);
}

static bool is_there(void *context, const struct waiter *waiter)
{
    return answers_have_read(context, waiter->shown);
}

void awaited_serve(struct awaited *awaited, int64_t now_ns)
{
    if (!awaited->some)
        return;
    pthread_mutex_lock(&awaited->lock);
    struct waiters taken = waiters_take(&awaited->waiters, is_there, awaited->answers, now_ns);
    awaited->some = awaited->waiters != NULL;
    pthread_mutex_unlock(&awaited->lock);
    waiters_tell(taken);
}
