/* replay_flow.h - a seeded market that leaves many orders open, made by the real services on the
 * log in memory: what replay_bench measures the recovery of.
 *
 * Flow     of 100 commands 86 are limit orders that rest, at 20,000 prices on either side of two
 *          instruments, 8 take up to 100 from the other side, 6 cancel some order placed before;
 *          they come from 250 accounts, 1,000 a second. Ids are random, as a gateway's are.
 */
#ifndef BENCH_REPLAY_FLOW_H
#define BENCH_REPLAY_FLOW_H
#include "venue.h"

struct flow;

/* A venue with funded accounts; accounts and orders have one partition each. */
struct flow *flow_new(uint64_t seed) MUST_CHECK;
void flow_free(struct flow *flow);
/* Lets commands come until `open` orders rest, and until nothing is on its way any more. */
void flow_until_open(struct flow *flow, size_t open);
/* Lets so many more commands come. */
void flow_more(struct flow *flow, size_t commands);
/* Where it happens; writers may be taken out of its seats. */
struct venue *flow_venue(struct flow *flow);

#endif
