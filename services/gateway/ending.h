/* ending.h - the end of what exchanges wait for. */
#ifndef GATEWAY_ENDING_H
#define GATEWAY_ENDING_H
#include "gateway/gateway.h"

/* Ends what sends commands, what reads their outcome, and what waits for the projections, and frees
 * them. Whoever still waits is told so, in time or not, and may look at any of them then: none is
 * freed before all threads that tell have ended. No more requests come, and the threads that work
 * are stopped. */
void ending_of_waiting(struct gateway *gateway);

#endif
