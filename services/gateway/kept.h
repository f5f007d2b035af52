/* kept.h - the answers of reads whose operation says x-cache: from the cache, and into it.
 *
 * What is found there is given only where the reader of the logs is as far as the projections are
 * known to be: so it is what the query would answer now, and reads after writes hold as they do for
 * every read. Its key is the operation and all that its query would be bound with, the caller too.
 */
#ifndef GATEWAY_KEPT_H
#define GATEWAY_KEPT_H
#include "gateway/gateway.h"

/* The counters; before the first call of the others. */
void kept_register_metrics(struct gateway *gateway);
/* Answers from the cache. False: the query has to run; the exchange is still the caller's. */
bool kept_respond(struct exchange *exchange) MUST_CHECK;
/* Keeps what the query has answered, where its operation says so, before it is sent. Gives what
 * X-Cache says; NULL: nothing. */
const char *kept_put(struct exchange *exchange);

#endif
