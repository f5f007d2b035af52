/* outcome.h - from a command's answering event to what the client is told of it. */
#ifndef GATEWAY_OUTCOME_H
#define GATEWAY_OUTCOME_H
#include "gateway/gateway.h"

/* Notes what `event`, record `offset` of its partition, decided; copies what it keeps. On the
 * answers' thread. */
void outcome_take(struct exchange *exchange, const struct event *event, int32_t partition,
                  int64_t offset);
/* Answers an exchange whose outcome is complete: `completed` of every operation that has no other.
 */
void outcome_respond(struct exchange *exchange);
/* Answers with the refusal in the outcome, be it this command's or that which it repeats. */
void outcome_respond_refusal(struct exchange *exchange);
/* Answers an exchange whose time is over: where the outcome will be found. */
void outcome_pending(struct exchange *exchange);

#endif
