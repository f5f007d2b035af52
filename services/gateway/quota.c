#include "gateway/quota.h"

#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>

struct row {
    UT_hash_handle hh;
    uint64_t source;
    bool known;
    size_t count;
};

struct quota {
    size_t all_max; /* not locked, as the next: do not change */
    size_t of_one_max;
    pthread_mutex_t lock;
    struct row *rows; /* locked, as the rest */
    size_t count;
    size_t unknown_count; /* of those, of callers whom nobody knows */
};

struct quota *quota_new(size_t all_max, size_t of_one_max)
{
    struct quota *quota = calloc(1, sizeof *quota);
    CHECK(quota != NULL);
    CHECK(pthread_mutex_init(&quota->lock, NULL) == 0);
    quota->all_max = all_max;
    quota->of_one_max = of_one_max;
    return quota;
}

void quota_free(struct quota *quota)
{
    if (quota == NULL)
        return;
    struct row *row, *next;
    HASH_ITER(hh, quota->rows, row, next)
    {
        HASH_DEL(quota->rows, row);
        free(row);
    }
    pthread_mutex_destroy(&quota->lock);
    free(quota);
}

/* Under the lock, as the next two. */
static struct row *find(struct quota *quota, uint64_t source)
{
    struct row *row = NULL;
    HASH_FIND(hh, quota->rows, &source, sizeof source, row);
    return row;
}

static enum quota_verdict judge(const struct quota *quota, const struct row *row, bool known)
{
    if (row != NULL && row->count >= quota->of_one_max)
        return QUOTA_OF_CALLER;
    bool full =
        quota->count >= quota->all_max || (!known && quota->unknown_count >= quota->all_max / 2);
    return full ? QUOTA_OF_ALL : QUOTA_TAKEN;
}

static struct row *add_row(struct quota *quota, uint64_t source, bool known)
{
    struct row *row = calloc(1, sizeof *row);
    CHECK(row != NULL);
    row->source = source;
    row->known = known;
    HASH_ADD(hh, quota->rows, source, sizeof source, row);
    return row;
}

enum quota_verdict quota_take(struct quota *quota, uint64_t source, bool known)
{
    pthread_mutex_lock(&quota->lock);
    struct row *row = find(quota, source);
    enum quota_verdict verdict = judge(quota, row, known);
    if (verdict == QUOTA_TAKEN) {
        row = row != NULL ? row : add_row(quota, source, known);
        row->count++;
        quota->count++;
        quota->unknown_count += !row->known;
    }
    pthread_mutex_unlock(&quota->lock);
    return verdict;
}

void quota_give_back(struct quota *quota, uint64_t source)
{
    pthread_mutex_lock(&quota->lock);
    struct row *row = find(quota, source);
    CHECK(row != NULL);
    quota->count--;
    quota->unknown_count -= !row->known;
    if (--row->count == 0) {
        HASH_DEL(quota->rows, row);
        free(row);
    }
    pthread_mutex_unlock(&quota->lock);
}

size_t quota_count(struct quota *quota)
{
    pthread_mutex_lock(&quota->lock);
    size_t count = quota->count;
    pthread_mutex_unlock(&quota->lock);
    return count;
}
