#include "gateway/cache.h"

#include "base/table.h"
#include "eventlog/follower.h"
#include "log/log.h"
#include "wire/wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* That an event changed something. */
struct note {
    uint64_t mark;
    int64_t offset;
    int32_t partition;
    uint8_t service;
};

/* One allocation: behind it the marks, the positions, then the texts. */
struct answer {
    UT_hash_handle hh;
    int64_t until_ns;
    uint32_t services; /* from whose projections it was read: only their events change it */
    uint64_t checked;  /* number of the first note that it was not compared with yet */
    size_t size;       /* of the allocation */
    uint64_t *marks;
    size_t marks_count;
    struct shown_position *read_at;
    size_t read_at_count;
    struct text key;
    struct text body;
    struct text etag;
};

struct cache {
    _Atomic int64_t asked_ns; /* the last time that somebody wanted something */
    struct concerns concerns; /* of the reader's thread */
    pthread_mutex_t lock;
    struct answer *answers; /* locked, as the rest; the one not asked for longest first */
    size_t bytes;
    uint64_t first; /* numbers of the oldest note, and of the one to come */
    uint64_t end;
    int64_t forgotten[SERVICES][CACHE_PARTITIONS_MAX]; /* the newest event with no note any more */
    struct note notes[CACHE_NOTES_MAX];
};

struct cache *cache_new(void)
{
    struct cache *cache = calloc(1, sizeof *cache);
    CHECK(cache != NULL);
    CHECK(pthread_mutex_init(&cache->lock, NULL) == 0);
    for (int i = 0; i < SERVICES; i++) {
        for (int p = 0; p < CACHE_PARTITIONS_MAX; p++)
            cache->forgotten[i][p] = -1;
    }
    atomic_init(&cache->asked_ns, -CACHE_IDLE_NS);
    return cache;
}

static void drop(struct cache *cache, struct answer *answer)
{
    HASH_DEL(cache->answers, answer);
    cache->bytes -= answer->size;
    free(answer);
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->answers != NULL)
        drop(cache, cache->answers);
    concerns_free(&cache->concerns);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* --- notes (locked) --------------------------------------------------------------------------- */

static void forget(struct cache *cache, const struct note *note)
{
    int64_t *forgotten = &cache->forgotten[note->service][note->partition];
    *forgotten = note->offset > *forgotten ? note->offset : *forgotten;
}

static void forget_oldest(struct cache *cache)
{
    forget(cache, &cache->notes[cache->first++ % CACHE_NOTES_MAX]);
}

/* An event that nobody looked into: what was kept before it is worth nothing now. */
static void pass_over(struct cache *cache, const struct note *event)
{
    while (cache->first < cache->end)
        forget_oldest(cache);
    forget(cache, event);
    cache->first = ++cache->end;
}

void cache_note(struct cache *cache, enum service_id service, int32_t partition, int64_t offset,
                const struct concerns *concerns)
{
    CHECK(partition < CACHE_PARTITIONS_MAX);
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < concerns->count; i++) {
        if (cache->end - cache->first == CACHE_NOTES_MAX)
            forget_oldest(cache);
        cache->notes[cache->end++ % CACHE_NOTES_MAX] = (struct note){.mark = concerns->rows[i],
                                                                     .offset = offset,
                                                                     .partition = partition,
                                                                     .service = (uint8_t)service};
    }
    pthread_mutex_unlock(&cache->lock);
}

void cache_take(struct cache *cache, enum service_id service, const struct followed *followed,
                int64_t now_ns)
{
    const struct log_record *record = &followed->record;
    if ((CACHE_SERVICES >> service & 1) == 0)
        return;
    struct event event;
    bool asked = now_ns < atomic_load(&cache->asked_ns) + CACHE_IDLE_NS;
    if (asked && event_decode(record->value, followed->arena, &event) == OK) {
        event.key = followed->event->key;
        cache->concerns.count = 0;
        concerns_of(&event, &cache->concerns);
        cache_note(cache, service, record->partition, record->offset, &cache->concerns);
        return;
    }
    struct note passed = {
        .offset = record->offset, .partition = record->partition, .service = (uint8_t)service};
    CHECK(record->partition < CACHE_PARTITIONS_MAX);
    pthread_mutex_lock(&cache->lock);
    pass_over(cache, &passed);
    pthread_mutex_unlock(&cache->lock);
}

/* --- answers (locked) ------------------------------------------------------------------------- */

static int64_t position_of(const struct answer *answer, int service, int32_t partition)
{
    for (size_t i = 0; i < answer->read_at_count; i++) {
        if (answer->read_at[i].service == service && answer->read_at[i].partition == partition)
            return answer->read_at[i].offset;
    }
    return -1;
}

static bool changes(const struct note *note, const struct answer *answer)
{
    bool concerned = note->mark == CONCERN_ALL;
    for (size_t i = 0; i < answer->marks_count && !concerned; i++)
        concerned = answer->marks[i] == note->mark;
    return concerned && (answer->services >> note->service & 1) != 0 &&
           note->offset > position_of(answer, note->service, note->partition);
}

/* Compares it with the notes that came since the last time. */
static bool still_holds(struct cache *cache, struct answer *answer)
{
    if (answer->checked < cache->first)
        return false;
    for (; answer->checked < cache->end; answer->checked++) {
        if (changes(&cache->notes[answer->checked % CACHE_NOTES_MAX], answer))
            return false;
    }
    return true;
}

/* Whether it was read behind every event of which there is no note any more. */
static bool can_be_told(const struct cache *cache, const struct answer *answer)
{
    for (int i = 0; i < SERVICES; i++) {
        for (int32_t p = 0; (answer->services >> i & 1) != 0 && p < CACHE_PARTITIONS_MAX; p++) {
            if (cache->forgotten[i][p] > position_of(answer, i, p))
                return false;
        }
    }
    return true;
}

static struct answer *find(const struct cache *cache, struct text key)
{
    struct answer *answer = NULL;
    HASH_FIND(hh, cache->answers, key.data, key.size, answer);
    return answer;
}

static void add(struct cache *cache, struct answer *answer)
{
    HASH_ADD_KEYPTR(hh, cache->answers, answer->key.data, answer->key.size, answer);
    cache->bytes += answer->size;
    while (HASH_COUNT(cache->answers) > CACHE_ANSWERS_MAX || cache->bytes > CACHE_BYTES_MAX)
        drop(cache, cache->answers);
}

bool cache_find(struct cache *cache, struct text key, int64_t now_ns, struct arena *arena,
                struct cached *ret_cached)
{
    atomic_store(&cache->asked_ns, now_ns);
    pthread_mutex_lock(&cache->lock);
    struct answer *answer = find(cache, key);
    bool good = answer != NULL && now_ns < answer->until_ns && still_holds(cache, answer);
    if (good) {
        *ret_cached = (struct cached){.body = arena_text(arena, answer->body),
                                      .etag = arena_text(arena, answer->etag)};
        HASH_DEL(cache->answers, answer); /* to the end of those that give way */
        HASH_ADD_KEYPTR(hh, cache->answers, answer->key.data, answer->key.size, answer);
    } else if (answer != NULL) {
        drop(cache, answer);
    }
    pthread_mutex_unlock(&cache->lock);
    return good;
}

/* --- keeping ---------------------------------------------------------------------------------- */

static struct text copy_text(char **at, struct text text)
{
    struct text copy = {.data = *at, .size = text.size};
    if (text.size > 0)
        memcpy(*at, text.data, text.size);
    *at += text.size;
    return copy;
}

static struct answer *answer_new(struct text key, const struct cached *cached,
                                 const struct concerns *concerns, const struct shown *read_at)
{
    size_t marks_size = concerns->count * sizeof *concerns->rows;
    size_t positions_size = read_at->count * sizeof read_at->rows[0];
    size_t size = sizeof(struct answer) + marks_size + positions_size + key.size +
                  cached->body.size + cached->etag.size;
    struct answer *answer = calloc(1, size);
    CHECK(answer != NULL);
    answer->size = size;
    answer->marks = (uint64_t *)(void *)(answer + 1);
    answer->marks_count = concerns->count;
    if (marks_size > 0)
        memcpy(answer->marks, concerns->rows, marks_size);
    answer->read_at = (struct shown_position *)(void *)(answer->marks + concerns->count);
    answer->read_at_count = read_at->count;
    if (positions_size > 0)
        memcpy(answer->read_at, read_at->rows, positions_size);
    char *at = (char *)(answer->read_at + read_at->count);
    answer->key = copy_text(&at, key);
    answer->body = copy_text(&at, cached->body);
    answer->etag = copy_text(&at, cached->etag);
    return answer;
}

void cache_put(struct cache *cache, struct text key, const struct cached *cached,
               const struct concerns *concerns, uint32_t services, const struct shown *read_at,
               int64_t until_ns)
{
    struct answer *answer = answer_new(key, cached, concerns, read_at);
    answer->until_ns = until_ns;
    answer->services = services;
    pthread_mutex_lock(&cache->lock);
    struct answer *before = find(cache, key);
    if (before != NULL)
        drop(cache, before);
    answer->checked = cache->first;
    if (can_be_told(cache, answer) && still_holds(cache, answer))
        add(cache, answer);
    else
        free(answer);
    pthread_mutex_unlock(&cache->lock);
}
