/* folded.h - the tables of a service against the log: what a fresh projector makes of the log up to
 * where they stand, in batches of its own.
 */
#ifndef SIM_FOLDED_H
#define SIM_FOLDED_H
#include "eventlog/log.h"
#include "projection/store_memory.h"

enum { FOLDED_PROBLEM_SIZE = 4096 };

/* True when all rows are the same; otherwise the first that is not stands in `ret_problem`. `log`
 * is one in memory. */
bool folded_holds(struct log *log, int32_t partitions, enum service_id service,
                  const struct projection *projection, const struct store_memory *memory,
                  char ret_problem[FOLDED_PROBLEM_SIZE]) MUST_CHECK;

#endif
