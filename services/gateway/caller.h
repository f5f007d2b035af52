/* caller.h - who calls, whether they may, and how often: all that is checked before the request
 * itself is looked at. What is refused here leaves a ticket, sampled (refusals.h). */
#ifndef GATEWAY_CALLER_H
#define GATEWAY_CALLER_H
#include "gateway/gateway.h"

/* Fills in exchange->caller from the Authorization or X-API-Key header, checks roles and limits.
 * False: it was refused, and the exchange has been answered. */
bool caller_admit(struct exchange *exchange) MUST_CHECK;

#endif
