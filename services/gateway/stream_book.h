/* stream_book.h - the price levels of one instrument, kept up by its events, and what is told of
 * them: snapshots, changes, quotes.
 *
 * Shape    two sides of levels sorted by price, and every resting order, for an event does not
 *          always say at which price an order stood. An order whose trigger waits rests nowhere.
 * Told     levels are absolute: a level's whole quantity, 0 where it has gone. Each text of JSON
 *          carries the offset of the event it is as of (`sequence`), and a checksum of the ten best
 *          levels (schemas/README.md has the recipe). Nothing says whose an order is.
 * Pure     events in, text out.   Thread   one owner.
 */
#ifndef GATEWAY_STREAM_BOOK_H
#define GATEWAY_STREAM_BOOK_H
#include "base/buffer.h"
#include "wire/messages.h"

struct stream_book; /* laid out in stream_book.c only */

/* An empty book; the caller frees it. */
struct stream_book *stream_book_new(struct text symbol) MUST_CHECK;
/* NULL does nothing. */
void stream_book_free(struct stream_book *book);

/* While it is being filled: an order that rests; where the book stands. `sequence` is -1 where no
 * event has concerned it yet; events before `next_offset` are in it already. */
void stream_book_rest(struct stream_book *book, struct uuid order_id, enum side side,
                      int64_t price_e8, int64_t remaining_e8);
void stream_book_begin(struct stream_book *book, int64_t next_offset, int64_t sequence,
                       bool has_last_price, int64_t last_price_e8);

/* Whether such an event concerns the book of `symbol`, and so moves its sequence. */
bool stream_book_concerns(const struct event *event, struct text symbol);
/* Takes the event at `offset` of the instrument's partition. False: it does not concern the book,
 * or is in it already. */
bool stream_book_apply(struct stream_book *book, const struct event *event, int64_t offset);

/* Of the ten best levels. */
uint32_t stream_book_checksum(const struct stream_book *book);
/* Appends all levels, of each side the best 25,000 at most. */
void stream_book_snapshot(const struct stream_book *book, struct buffer *json);
/* Appends the levels that the last event applied has changed. */
void stream_book_change(const struct stream_book *book, struct buffer *json);
/* Whether that event changed best bid, best ask or last price; appends them. */
bool stream_book_quote_moved(const struct stream_book *book);
void stream_book_quote(const struct stream_book *book, struct buffer *json);

#endif
