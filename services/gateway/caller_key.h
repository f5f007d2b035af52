/* caller_key.h - a caller who shows an API key; for caller.c. */
#ifndef GATEWAY_CALLER_KEY_H
#define GATEWAY_CALLER_KEY_H
#include "gateway/gateway.h"

/* Fills in exchange->caller from the key. False: it is not good; where that matters to the
 * operation, the exchange has been answered. */
bool caller_by_key(struct exchange *exchange, struct text key) MUST_CHECK;
/* Counts a request against the key's own rate, of which this gateway has its share. */
struct limit_result caller_key_take(struct exchange *exchange);
/* Whether the key's scopes cover the operation. */
bool caller_has_scope(const struct exchange *exchange);
/* Tells settings that the caller's key is in use, where that is due. */
void caller_tell_key_use(struct exchange *exchange);

#endif
