#include "gateway/limit.h"

#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>

enum { NEIGHBOURS = 8 };

struct source {
    uint64_t id;
    int64_t window;  /* number of the current window since 1970 */
    int64_t free_ns; /* steady: when all of the limit is there again */
    int64_t current;
    int64_t previous; /* of the window before */
};

struct limit {
    pthread_mutex_t lock;
    struct config_rate rate;
    enum limit_way way;
    struct source sources[LIMIT_SOURCES];
};

struct limit *limit_new(struct config_rate rate, enum limit_way way)
{
    struct limit *limit = calloc(1, sizeof *limit);
    CHECK(limit != NULL);
    CHECK(pthread_mutex_init(&limit->lock, NULL) == 0);
    limit->rate = rate;
    limit->way = way;
    return limit;
}

void limit_free(struct limit *limit)
{
    if (limit == NULL)
        return;
    pthread_mutex_destroy(&limit->lock);
    free(limit);
}

static struct source *find(struct limit *limit, uint64_t id, int64_t window)
{
    size_t first = (id ^ id >> 32) % LIMIT_SOURCES;
    struct source *oldest = &limit->sources[first];
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        struct source *source = &limit->sources[(first + i) % LIMIT_SOURCES];
        if (source->id == id)
            return source;
        if (source->window < oldest->window)
            oldest = source;
    }
    *oldest = (struct source){.id = id, .window = window};
    return oldest;
}

static void move_to(struct source *source, int64_t window)
{
    if (window == source->window)
        return;
    source->previous = window == source->window + 1 ? source->current : 0;
    source->current = 0;
    source->window = window;
}

static int64_t divide_up(int64_t dividend, int64_t divisor)
{
    return (dividend + divisor - 1) / divisor;
}

/* Microseconds from the start of a window until `previous` requests of the one before weigh no more
 * than `room`. */
static int64_t until_lighter(int64_t previous, int64_t room, int64_t window_us)
{
    CHECK(room >= 0);
    if (previous <= room)
        return 0;
    return divide_up((previous - room) * window_us, previous);
}

static int64_t retry_us(const struct source *source, int64_t count, int64_t window_us,
                        int64_t passed_us)
{
    if (source->current < count)
        return until_lighter(source->previous, count - 1 - source->current, window_us) - passed_us;
    return window_us - passed_us + until_lighter(source->current, count - 1, window_us);
}

void limit_note(struct limit *limit, uint64_t id, int64_t at_us)
{
    int64_t window_us = limit->rate.window_ms * 1000;
    if (limit->rate.count == 0)
        return;
    pthread_mutex_lock(&limit->lock);
    int64_t window = at_us / window_us;
    struct source *source = find(limit, id, window);
    if (window > source->window)
        move_to(source, window);
    if (window == source->window)
        source->current++;
    else if (window == source->window - 1)
        source->previous++;
    pthread_mutex_unlock(&limit->lock);
}

/* Under the lock. */
static struct limit_result take_steady(struct limit *limit, struct config_rate rate, uint64_t id,
                                       int64_t now_us)
{
    int64_t count = rate.count;
    int64_t window_us = rate.window_ms * 1000;
    int64_t interval_ns = divide_up(window_us * 1000, count);
    int64_t now_ns = now_us * 1000;
    struct source *source = find(limit, id, now_us / SECOND_US);
    source->window = now_us / SECOND_US; /* for who gives way, whatever each one's rate is */
    int64_t free_ns = source->free_ns > now_ns ? source->free_ns : now_ns;
    int64_t early_ns = free_ns - now_ns - (count - 1) * interval_ns; /* above 0: too early */
    struct limit_result result = {
        .allowed = early_ns <= 0, .count = count, .window_s = divide_up(window_us, SECOND_US)};
    if (result.allowed)
        source->free_ns = free_ns += interval_ns;
    else
        result.retry_s = divide_up(early_ns, SECOND_US * 1000);
    result.remaining = (count * interval_ns - (free_ns - now_ns)) / interval_ns;
    result.reset_s = divide_up(free_ns - now_ns, SECOND_US * 1000);
    return result;
}

struct limit_result limit_take(struct limit *limit, uint64_t id, int64_t now_us)
{
    return limit_take_of(limit, limit->rate, id, now_us);
}

struct limit_result limit_take_of(struct limit *limit, struct config_rate rate, uint64_t id,
                                  int64_t now_us)
{
    int64_t count = rate.count;
    if (count == 0)
        return (struct limit_result){.allowed = true};
    int64_t window_us = rate.window_ms * 1000;
    int64_t passed_us = now_us % window_us;
    struct limit_result result = {.count = count, .window_s = divide_up(window_us, SECOND_US)};
    pthread_mutex_lock(&limit->lock);
    if (limit->way == LIMIT_STEADY) {
        result = take_steady(limit, rate, id, now_us);
        pthread_mutex_unlock(&limit->lock);
        return result;
    }
    struct source *source = find(limit, id, now_us / window_us);
    move_to(source, now_us / window_us);
    int64_t weighed = divide_up(source->previous * (window_us - passed_us), window_us);
    result.allowed = source->current + weighed < count;
    if (result.allowed)
        source->current++;
    int64_t used = source->current + weighed;
    result.remaining = used < count ? count - used : 0;
    int64_t left_us = source->current > 0 ? 2 * window_us - passed_us : window_us - passed_us;
    result.reset_s = divide_up(left_us, SECOND_US);
    if (!result.allowed) {
        int64_t wait_us = retry_us(source, count, window_us, passed_us);
        result.retry_s = wait_us > SECOND_US ? divide_up(wait_us, SECOND_US) : 1;
    }
    pthread_mutex_unlock(&limit->lock);
    return result;
}
