/* stream_ring.h - the newest events that streams tell of, for those who join a stream or come
 * back to one: added by the reader of the logs, read by others.
 *
 * Bounds   STREAM_RING_RECORDS events, STREAM_RING_BYTES bytes; the oldest give way.
 * Covers   of each partition it has every event that a stream may tell, from covered.from on. What
 *          lies before is in the log: covered.head, the fold's head there, says whether somebody
 *          who reads it from further back has read the same log.
 * Cost     a copy of each event, and a lock.
 * Thread   any. A record lives as long as somebody has a reference of it.
 */
#ifndef GATEWAY_STREAM_RING_H
#define GATEWAY_STREAM_RING_H
#include "eventlog/follower.h"

#include <stdatomic.h>

enum { STREAM_RING_RECORDS = 65536, STREAM_RING_BYTES = 32 << 20 };

/* An event as it was read: valid, and of a kind that streams tell of. */
struct stream_record {
    atomic_uint references;
    enum service_id service;
    int32_t partition;
    int64_t offset;
    enum event_kind kind;
    struct hash head; /* of the fold, behind it */
    struct text key;
    struct bytes value;
};

struct stream_covered {
    int64_t from;     /* the first offset that is covered */
    struct hash head; /* of the fold before it */
    int64_t last;     /* the newest valid event of any kind; below `from`: none yet */
};

/* Whether streams tell of such an event. */
bool stream_record_matters(enum service_id service, enum event_kind kind);
/* A copy of a valid event, with a reference of the caller's. */
struct stream_record *stream_record_new(enum service_id service,
                                        const struct followed *followed) MUST_CHECK;
void stream_record_release(struct stream_record *record);

struct stream_ring; /* laid out in stream_ring.c only */

struct stream_ring *stream_ring_new(const int32_t partition_counts[SERVICES]) MUST_CHECK;
/* NULL does nothing. */
void stream_ring_free(struct stream_ring *ring);
/* Before the first event of a partition: where its reading begins. */
void stream_ring_place(struct stream_ring *ring, enum service_id service, int32_t partition,
                       int64_t next_offset, const struct hash *head);
/* The next valid event of a partition. True: it is one that streams tell of. */
bool stream_ring_add(struct stream_ring *ring, enum service_id service,
                     const struct followed *followed);
struct stream_covered stream_ring_covered(struct stream_ring *ring, enum service_id service,
                                          int32_t partition);

/* Records are numbered as they are added. The number of the oldest that is left; and of the one to
 * come, with the newest valid event of each partition before it in ret_last[service][partition],
 * where that is not NULL. */
uint64_t stream_ring_first(struct stream_ring *ring);
uint64_t stream_ring_now(struct stream_ring *ring, int64_t *const ret_last[SERVICES]);
/* References of up to `max` records numbered from *number on, or from the oldest that is left;
 * moves *number behind them. *ret_lost: some from *number on were gone. */
size_t stream_ring_read(struct stream_ring *ring, uint64_t *number,
                        struct stream_record **ret_records, size_t max, bool *ret_lost);

#endif
