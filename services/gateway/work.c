#include "gateway/work.h"

#include "db/db.h"
#include "log/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { STATEMENT_TIMEOUT_MS = 8000, PLAN_AGAIN_MS = 10000, TOGETHER_MAX = 16 };

struct worker {
    struct work *work;
    struct db *db;
    pthread_t thread;
};

struct work {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct work_item *first; /* locked, as the rest */
    struct work_item **last;
    size_t items_count;
    size_t items_max;
    int64_t wait_max_ns; /* 0: no matter */
    bool stopping;
    struct work_behind behind; /* not locked: does not change */
    unsigned workers_count;
    struct worker workers[];
};

/* Under the lock. */
static struct work_item *take_first(struct work *work)
{
    struct work_item *item = work->first;
    work->first = item->next;
    work->items_count--;
    if (work->first == NULL)
        work->last = &work->first;
    return item;
}

/* The next item, and with one that can be asked with others those behind it that can, too. 0: there
 * will be none. */
static size_t take(struct work *work, struct work_item *items[TOGETHER_MAX])
{
    size_t count = 0;
    pthread_mutex_lock(&work->lock);
    while (work->first == NULL && !work->stopping)
        pthread_cond_wait(&work->changed, &work->lock);
    if (work->first != NULL)
        items[count++] = take_first(work);
    while (count > 0 && count < TOGETHER_MAX && items[0]->ask != NULL && work->first != NULL &&
           work->first->ask != NULL)
        items[count++] = take_first(work);
    pthread_mutex_unlock(&work->lock);
    return count;
}

/* One round trip for all, which costs the database much less than one for each. Whatever fails here
 * fails for one of them, who then asks alone as the others do, and is told why. */
static void ask_together(const struct work_behind *behind, struct work_item *items[], size_t count,
                         struct db *db)
{
    CHECK(behind->ask != NULL); /* work_ask_together() was called */
    AUTO_DB_RESULT rows = {0};
    enum err err = db_connect(db);
    if (err == OK)
        err = db_batch_begin(db);
    if (err != OK)
        return;
    for (size_t i = 0; i < count; i++)
        items[i]->ask(items[i], db);
    err = behind->ask(db, &rows);
    if (db_batch_end(db) != OK || err != OK) {
        log_debug("work.asked_alone", LOG_TEXT("reason", text_of(db_error_text(db))));
        return;
    }
    behind->answered(behind->context, &rows);
    for (size_t i = 0; i < count; i++)
        items[i]->behind = true;
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    struct work_item *items[TOGETHER_MAX];
    size_t count;
    while ((count = take(worker->work, items)) > 0) {
        if (items[0]->ask != NULL)
            ask_together(&worker->work->behind, items, count, worker->db);
        for (size_t i = 0; i < count; i++)
            items[i]->run(items[i], worker->db);
    }
    return NULL;
}

/* To make a plan took most of the time of a read, so it is made once for each text, which says what
 * it depends on (query_statement.h); and now and then again, for it is made for tables of a size.
 */
static const char SET_UP[] = "SET plan_cache_mode = force_generic_plan; SET jit = off";

static struct db *make_db(const char *conninfo)
{
    struct db *db = db_new(conninfo, STATEMENT_TIMEOUT_MS);
    db_set_up(db, SET_UP);
    db_plan_again(db, PLAN_AGAIN_MS);
    return db;
}

struct work *work_start(unsigned threads, size_t items_max, uint32_t wait_max_ms,
                        const char *conninfo)
{
    struct work *work = calloc(1, sizeof *work + threads * sizeof work->workers[0]);
    CHECK(work != NULL);
    CHECK(pthread_mutex_init(&work->lock, NULL) == 0);
    CHECK(pthread_cond_init(&work->changed, NULL) == 0);
    work->last = &work->first;
    work->items_max = items_max;
    work->wait_max_ns = (int64_t)wait_max_ms * 1000000;
    work->workers_count = threads;
    for (unsigned i = 0; i < threads; i++) {
        struct worker *worker = &work->workers[i];
        worker->work = work;
        worker->db = conninfo != NULL ? make_db(conninfo) : NULL;
        CHECK(pthread_create(&worker->thread, NULL, run, worker) == 0);
    }
    return work;
}

void work_stop(struct work *work)
{
    if (work == NULL)
        return;
    pthread_mutex_lock(&work->lock);
    work->stopping = true;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
    for (unsigned i = 0; i < work->workers_count; i++) {
        pthread_join(work->workers[i].thread, NULL);
        db_free(work->workers[i].db);
    }
}

void work_free(struct work *work)
{
    if (work == NULL)
        return;
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->lock);
    free(work);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Under the lock. */
static bool takes(const struct work *work, const struct work_item *item)
{
    if (work->stopping)
        return false;
    if (item->needed)
        return true; /* there are no more of them than requests that were taken */
    return work->items_count < work->items_max &&
           (work->wait_max_ns == 0 || work->first == NULL ||
            item->queued_ns - work->first->queued_ns < work->wait_max_ns);
}

void work_ask_together(struct work *work, struct work_behind behind)
{
    work->behind = behind;
}

bool work_submit(struct work *work, struct work_item *item)
{
    item->next = NULL;
    item->behind = false;
    item->queued_ns = now_ns();
    pthread_mutex_lock(&work->lock);
    bool taken = takes(work, item);
    if (taken) {
        *work->last = item;
        work->last = &item->next;
        work->items_count++;
        pthread_cond_signal(&work->changed);
    }
    pthread_mutex_unlock(&work->lock);
    return taken;
}
