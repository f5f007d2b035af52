/* stream_message.h - messages of event streams as they go over the wire, and the ids by which a
 * client goes on elsewhere.
 *
 *     id: orders/0:55 orders/1:90        of everything up to these records all was told
 *     id: orders/0:55.2 orders/1:90      of record 55 itself only the first two messages
 *
 * So an id means the same at every gateway, and after any restart. What is about state, a book or a
 * quote, has no part of an event: whoever goes on gets the state anew.
 *
 * Pure.   Thread   one owner.
 */
#ifndef GATEWAY_STREAM_MESSAGE_H
#define GATEWAY_STREAM_MESSAGE_H
#include "base/buffer.h"
#include "decision/decision.h"
#include "wire/messages.h"

enum { STREAM_PARTITIONS_MAX = 66 }; /* all of orders, an account's and its user's */

/* How much was told of a partition. */
struct stream_position {
    enum service_id service;
    int32_t partition;
    int64_t offset;   /* -1: nothing */
    int64_t messages; /* of the event there; 0: all */
};

struct stream_cursor {
    size_t count;
    struct stream_position rows[STREAM_PARTITIONS_MAX];
};

/* Reads an id. ERR_INPUT: it is none. */
enum err stream_cursor_parse(struct text id, struct stream_cursor *ret_cursor) MUST_CHECK;
/* The row of a partition. NULL: the stream does not depend on it. */
struct stream_position *stream_cursor_at(struct stream_cursor *cursor, enum service_id service,
                                         int32_t partition);
/* Adds a row. CHECKs that there is none of that partition, and room. */
struct stream_position *stream_cursor_add(struct stream_cursor *cursor, enum service_id service,
                                          int32_t partition, int64_t offset);
/* Whether the event at `offset` still has something to tell. */
bool stream_position_misses(const struct stream_position *position, int64_t offset);

/* Appends a message: id, word, data. */
void stream_message(const struct stream_cursor *cursor, const char *word, struct text data,
                    struct buffer *buffer);
/* Appends a comment that moves the client's id, and shows that the stream lives. */
void stream_heartbeat(const struct stream_cursor *cursor, struct buffer *buffer);

/* Appends the trade of a fill, and nothing of who made it. */
void stream_trade(const struct order_entered *entered, size_t index, int64_t sequence,
                  int64_t at_us, struct buffer *json);

#endif
