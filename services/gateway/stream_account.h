/* stream_account.h - what the owner of an account is told of its orders and balances, and of what
 * he is notified, event by event.
 *
 * Words    new, triggered, replaced when an order meets its book, or waits as a guard of a purchase
 *          (replaced: it guards more); partial_fill and fill; canceled, expired and rejected at its
 *          end, siblings with it; prevented where it shrank so as not to trade with its
 *          own account; balances; notification, as a webhook has it. Each about an order has the
 * whole order as it is behind the event, so that the messages of one event agree. Shape    the
 * account's open orders are kept, because an event says of a resting order only what moved. The
 * messages of an event and their order follow from the event alone. Pure     events in, text out.
 * Thread   one owner.
 */
#ifndef GATEWAY_STREAM_ACCOUNT_H
#define GATEWAY_STREAM_ACCOUNT_H
#include "base/buffer.h"
#include "wire/messages.h"

struct stream_account; /* laid out in stream_account.c only */

/* Where messages go: the word, and its data as JSON, which lives until the call returns. */
struct stream_sink {
    void *context;
    void (*take)(void *context, const char *word, struct text data);
};

/* Knows of no order yet; the caller frees it. */
struct stream_account *stream_account_new(struct uuid account_id, struct uuid user_id) MUST_CHECK;
/* NULL does nothing. */
void stream_account_free(struct stream_account *account);

/* An order as it is, in place of what was known of it. Copies it. */
void stream_account_put(struct stream_account *account, const struct order *order);
/* Appends {"orders": [...], "balances": ...}: the orders that have not ended, and `balances`, which
 * is JSON already. */
void stream_account_snapshot(const struct stream_account *account, struct text balances,
                             struct buffer *json);
/* Tells what the event, of orders, accounts or settings, means for the account and its user. */
void stream_account_apply(struct stream_account *account, const struct event *event,
                          struct stream_sink sink);

#endif
