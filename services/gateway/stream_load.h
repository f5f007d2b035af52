/* stream_load.h - what streams begin with, from the projections: a book, an account's orders and
 * balances, each as it was behind a position that is read in the same transaction. What happened
 * since is in the ring (stream_ring.h) or in the log.
 *
 * Thread   one that may wait, with a database connection.
 */
#ifndef GATEWAY_STREAM_LOAD_H
#define GATEWAY_STREAM_LOAD_H
#include "gateway/stream_account.h"
#include "gateway/stream_book.h"
#include "gateway/stream_message.h"

struct db;

/* The book of an instrument in `partition` of orders, the caller's to free. *ret_next_offset: the
 * events before it are in the book. Errors of the database; ERR_BUSY too where nothing has been
 * projected yet. */
enum err stream_load_book(struct db *db, struct text symbol, int32_t partition,
                          struct stream_book **ret_book, int64_t *ret_next_offset) MUST_CHECK;

/* Puts the account's open orders into `account`, appends the balances as JSON, and moves each row
 * of `cursor`, one for each partition that the account's stream depends on, behind what is in them.
 * Where `since` is given, `account` gets what has ended behind that, too. */
enum err stream_load_account(struct db *db, struct uuid account_id,
                             const struct stream_cursor *since, struct stream_cursor *cursor,
                             struct stream_account *account, struct buffer *balances) MUST_CHECK;

#endif
