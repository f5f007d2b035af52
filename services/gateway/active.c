#include "gateway/active.h"

#include "base/murmur2.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { WORD_BITS = 64, WORDS = ACTIVE_BITS / WORD_BITS };

struct active {
    pthread_mutex_t lock;                /* of who begins a window */
    atomic_int_fast64_t window;          /* the one that runs, counted from 1970 */
    atomic_uint_fast64_t bits[2][WORDS]; /* of even windows, of odd ones */
};

struct active *active_new(void)
{
    struct active *active = calloc(1, sizeof *active);
    CHECK(active != NULL);
    CHECK(pthread_mutex_init(&active->lock, NULL) == 0);
    return active;
}

void active_free(struct active *active)
{
    if (active == NULL)
        return;
    pthread_mutex_destroy(&active->lock);
    free(active);
}

static void forget(atomic_uint_fast64_t words[WORDS])
{
    for (size_t i = 0; i < WORDS; i++)
        atomic_store_explicit(&words[i], 0, memory_order_relaxed);
}

/* Makes the window of `now_us` the running one; of those before it only the last is kept. Who notes
 * a session meanwhile may have it forgotten, until it asks again. */
static void turn(struct active *active, int64_t now_us)
{
    int64_t now = now_us / ACTIVE_WINDOW_US;
    if (now <= atomic_load(&active->window))
        return;
    pthread_mutex_lock(&active->lock);
    int64_t before = atomic_load(&active->window);
    if (now > before) {
        forget(active->bits[now % 2]);
        if (now > before + 1)
            forget(active->bits[before % 2]);
        atomic_store(&active->window, now);
    }
    pthread_mutex_unlock(&active->lock);
}

void active_note(struct active *active, struct uuid session_id, int64_t now_us)
{
    turn(active, now_us);
    uint32_t bit = murmur2(session_id.bytes, sizeof session_id.bytes) % ACTIVE_BITS;
    uint64_t mask = UINT64_C(1) << bit % WORD_BITS;
    atomic_uint_fast64_t *word = &active->bits[atomic_load(&active->window) % 2][bit / WORD_BITS];
    if ((atomic_load_explicit(word, memory_order_relaxed) & mask) == 0)
        atomic_fetch_or_explicit(word, mask, memory_order_relaxed);
}

int64_t active_count(struct active *active, int64_t now_us)
{
    int64_t count = 0;
    turn(active, now_us);
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t both = atomic_load_explicit(&active->bits[0][i], memory_order_relaxed) |
                        atomic_load_explicit(&active->bits[1][i], memory_order_relaxed);
        count += __builtin_popcountll(both);
    }
    return count;
}
