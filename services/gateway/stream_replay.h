/* stream_replay.h - what lies before the ring, from the log: for who comes back after a while, or
 * after the gateway has begun anew.
 *
 * Nothing says that the record an id names was valid: clients send what they like. So it is only
 * believed until the fold has come to where the ring begins; a head that is not the ring's shows
 * that it was not, and nothing of what was read is told to anybody.
 *
 * Bounds   STREAM_REPLAY_RECORDS records and STREAM_REPLAY_BYTES of those that matter, of all
 *          partitions together; STREAM_REPLAY_MS in all, waiting included: for its turn, for the
 *          broker, and for all that is read. STREAM_REPLAYS_MAX wait at a time,
 *          STREAM_REPLAYS_OF_ONE of one caller.
 * Thread   one of its own (streams->replays), for an id costs its client nothing.
 */
#ifndef GATEWAY_STREAM_REPLAY_H
#define GATEWAY_STREAM_REPLAY_H
#include "gateway/stream_hub.h"

enum {
    STREAM_REPLAY_RECORDS = 100000,
    STREAM_REPLAY_BYTES = 64 << 20,
    STREAM_REPLAY_MS = 5000,
    STREAM_REPLAYS_MAX = 32,
    STREAM_REPLAYS_OF_ONE = 2, /* a page has two streams */
};

/* Records in their partitions' order, the caller's to free. */
struct stream_backlog {
    size_t count;
    size_t capacity;
    size_t bytes;
    struct stream_record **records;
};
void stream_backlog_free(struct stream_backlog *backlog);

/* Adds what the subscriber needs and the ring has no more, until `until_ns`. ERR_NOT_FOUND: it is
 * too much, for that time too, or not what the log has. ERR_BUSY, ERR_TIMEOUT: the broker did not
 * answer in time. */
enum err stream_replay(struct streams *streams, const struct stream_subscriber *subscriber,
                       int64_t until_ns, struct stream_backlog *backlog) MUST_CHECK;

#endif
