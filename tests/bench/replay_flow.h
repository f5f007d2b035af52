/* replay_flow.h - a seeded market, made by the real services on the log in memory: what the
 * recovery of a partition is measured on, and what an order costs the core.
 *
 * FLOW_RESTS    of 100 commands 86 are limit orders that rest, at 20,000 prices on either side of
 * two instruments, 8 take up to 100 from the other side, 6 cancel some order placed before
 * FLOW_TRADES   limit orders of either side up to 50 ticks from the middle of two instruments
 * Of both       1 to 100, from 250 accounts, 1,000 a second. Ids are random, as a gateway's are.
 */
#ifndef BENCH_REPLAY_FLOW_H
#define BENCH_REPLAY_FLOW_H
#include "venue.h"

enum flow_kind { FLOW_RESTS, FLOW_TRADES };
struct flow;

/* A venue with funded accounts; accounts and orders have one partition each. */
struct flow *flow_new(enum flow_kind kind, uint64_t seed) MUST_CHECK;
void flow_free(struct flow *flow);
/* Lets commands come until `open` orders rest, and until nothing is on its way any more. */
void flow_until_open(struct flow *flow, size_t open);
/* Lets so many more commands come. */
void flow_more(struct flow *flow, size_t commands);
/* Where it happens; writers may be taken out of its seats. */
struct venue *flow_venue(struct flow *flow);

#endif
