/* streams.h - Server-Sent Events: what the venue tells everybody (GET market/stream), and the owner
 * of an account about it (GET stream).
 *
 *   answers' thread     streams_take(): each valid event into the ring (stream_ring.h)
 *   HTTP thread         handle_*_stream(): who may, how many, which id to go on from
 *      '-> work thread  stream_open.c: a place, and what it begins with, from projections and ring
 *            '-> replays  what the ring has no more, from the log
 *            '-> hub    streams.c: from then on each event to whom it concerns, in the log's order
 *
 * Told     only what the fold has accepted and read back; a message of a book or a trade is made
 *          once for all who get it, one of an account for its owner.
 * Cost     nobody subscribed: a copy of the event in the ring. Otherwise the hub decodes what
 *          concerns a subscribed instrument, and all of orders and accounts, and what users
 *          are notified of, while an owner listens.
 * Bounds   STREAMS_MAX streams, half of them of callers whom nobody knows, BOURSE_LIMIT_STREAMS of
 *          one caller; a reader more than
 *          BOURSE_STREAM_BUFFER behind is cut, and comes back by its id. Where the hub itself falls
 *          behind the ring, all are.
 */
#ifndef GATEWAY_STREAMS_H
#define GATEWAY_STREAMS_H
#include "eventlog/follower.h"
#include "gateway/gateway.h"

enum { STREAMS_MAX = 2000, STREAM_SYMBOLS_MAX = 200 };

struct streams; /* laid out in stream_hub.h only */

/* Starts the hub. `broken`: an event cannot be read whole, so the process has to end. The caller
 * shuts it down and frees it. */
struct streams *streams_start(struct gateway *gateway, void (*broken)(void *context),
                              void *context) MUST_CHECK;
/* Tells all readers that the server is shutting down, ends their streams and takes no new ones.
 * NULL does nothing. */
void streams_shutdown(struct streams *streams);
/* Once nobody calls streams_take() any more. NULL does nothing. */
void streams_free(struct streams *streams);

/* Before the first event of a partition: where reading begins. */
void streams_place(struct streams *streams, enum service_id service, int32_t partition,
                   int64_t next_offset, const struct hash *head);
/* The next valid event of a partition. */
void streams_take(struct streams *streams, const struct followed *followed);

#endif
