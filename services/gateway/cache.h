/* cache.h - answers from the projections, kept until an event changes them.
 *
 *   work thread       a query ran at positions P: cache_put() with what it depends on (concern.h)
 *   reader of logs    cache_take(): notes what each event changes
 *   HTTP thread       cache_find(): the answer, where no note since speaks against it
 *
 * Exact    an answer is kept and given only where every event behind P that was read has been
 * looked at and changes nothing in it. So one that is found is what the query would give at any
 *          position from P to the reader's own; whether the reader is far enough is the caller's to
 *          ask. What time alone changes is as old as the answer's time to live, at most.
 * Bounds   CACHE_ANSWERS_MAX answers, CACHE_BYTES_MAX bytes, the one not asked for longest gives
 *          way; CACHE_NOTES_MAX notes, and an answer for which older ones would be needed is
 *          forgotten.
 * Cost     while nobody asks (CACHE_IDLE_NS), an event is not decoded.
 * Thread   any; cache_take() has one caller.
 */
#ifndef GATEWAY_CACHE_H
#define GATEWAY_CACHE_H
#include "gateway/concern.h"
#include "gateway/shown.h"

enum {
    CACHE_ANSWERS_MAX = 4096,
    CACHE_BYTES_MAX = 32 << 20,
    CACHE_NOTES_MAX = 65536,
    CACHE_PARTITIONS_MAX = 256,
};
#define CACHE_IDLE_NS (INT64_C(60) * 1000000000)
/* Whose events are looked into; nothing that is read from others' projections can be kept. */
#define CACHE_SERVICES                                                                             \
    (UINT32_C(1) << SERVICE_ACCOUNTS | UINT32_C(1) << SERVICE_ORDERS |                             \
     UINT32_C(1) << SERVICE_SETTINGS)

struct cache; /* laid out in cache.c only */
struct followed;

struct cached {
    struct text body;
    struct text etag;
};

struct cache *cache_new(void) MUST_CHECK;
/* NULL does nothing. */
void cache_free(struct cache *cache);

/* Notes what the next valid event of a partition changes. */
void cache_take(struct cache *cache, enum service_id service, const struct followed *followed,
                int64_t now_ns);
/* The same where it is known already. */
void cache_note(struct cache *cache, enum service_id service, int32_t partition, int64_t offset,
                const struct concerns *concerns);

/* What is kept under `key`, copied into `arena`. False: nothing, or not any more. */
bool cache_find(struct cache *cache, struct text key, int64_t now_ns, struct arena *arena,
                struct cached *ret_cached);
/* Keeps an answer that was read from the projections of `services` (bits 1 << enum service_id) at
 * `read_at` or later, until `until_ns`. Nothing where something may have changed it already. */
void cache_put(struct cache *cache, struct text key, const struct cached *cached,
               const struct concerns *concerns, uint32_t services, const struct shown *read_at,
               int64_t until_ns);

#endif
