#include "db/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct db_pool {
    pthread_mutex_t lock;
    pthread_cond_t given;
    size_t size;
    size_t idle_count;
    struct db *
        *idle; /* the last given is the first taken: the others may rest; the late ones last */
    char error[DB_POOL_ERROR_SIZE];
};

struct db_pool *db_pool_new(const char *conninfo, int32_t statement_timeout_ms, size_t size)
{
    CHECK(size > 0 && size <= DB_POOL_SIZE_MAX);
    struct db_pool *pool = calloc(1, sizeof *pool);
    CHECK(pool != NULL);
    pool->idle = calloc(size, sizeof(struct db *));
    CHECK(pool->idle != NULL);
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&pool->given, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
    CHECK(pthread_mutex_init(&pool->lock, NULL) == 0);
    pool->size = pool->idle_count = size;
    for (size_t i = 0; i < size; i++)
        pool->idle[i] = db_new(conninfo, statement_timeout_ms);
    return pool;
}

void db_pool_free(struct db_pool *pool)
{
    if (pool == NULL)
        return;
    CHECK(pool->idle_count == pool->size);
    for (size_t i = 0; i < pool->size; i++)
        db_free(pool->idle[i]);
    pthread_cond_destroy(&pool->given);
    pthread_mutex_destroy(&pool->lock);
    free(pool->idle);
    free(pool);
}

static void put_back(struct db_pool *pool, struct db *db, const char *error)
{
    pthread_mutex_lock(&pool->lock);
    CHECK(pool->idle_count < pool->size);
    size_t at = db_is_late(db) ? 0 : pool->idle_count;
    memmove(&pool->idle[at + 1], &pool->idle[at], (pool->idle_count - at) * sizeof(struct db *));
    pool->idle[at] = db;
    pool->idle_count++;
    if (error != NULL)
        snprintf(pool->error, sizeof pool->error, "%s", error);
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}

/* Any idle connection, live or not. NULL: none until the deadline. */
static struct db *wait_for_idle(struct db_pool *pool, int64_t deadline_ns)
{
    const struct timespec deadline = {.tv_sec = deadline_ns / 1000000000,
                                      .tv_nsec = deadline_ns % 1000000000};
    struct db *db = NULL;
    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count == 0)
        if (pthread_cond_timedwait(&pool->given, &pool->lock, &deadline) == ETIMEDOUT)
            break;
    if (pool->idle_count > 0)
        db = pool->idle[--pool->idle_count];
    else
        snprintf(pool->error, sizeof pool->error, "all %zu connections are taken", pool->size);
    pthread_mutex_unlock(&pool->lock);
    return db;
}

enum err db_pool_take(struct db_pool *pool, int64_t deadline_ns, struct db **ret_db)
{
    struct db *db = wait_for_idle(pool, deadline_ns);
    if (db == NULL)
        return ERR_TIMEOUT;
    enum err err = db_connect(db);
    if (err != OK) {
        put_back(pool, db, db_error_text(db));
        return err;
    }
    *ret_db = db;
    return OK;
}

void db_pool_give(struct db_pool *pool, struct db *db)
{
    if (db == NULL)
        return;
    db_rollback(db);
    put_back(pool, db, NULL);
}

size_t db_pool_late(struct db_pool *pool)
{
    size_t late = 0;
    pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < pool->idle_count; i++)
        late += db_is_late(pool->idle[i]);
    pthread_mutex_unlock(&pool->lock);
    return late;
}

void db_pool_error(struct db_pool *pool, char ret_text[DB_POOL_ERROR_SIZE])
{
    pthread_mutex_lock(&pool->lock);
    snprintf(ret_text, DB_POOL_ERROR_SIZE, "%s", pool->error);
    pthread_mutex_unlock(&pool->lock);
}
