/* twin.h - the copy of a writer's machine: it has its nonce and knows its numbers, but has written
 * something else in between.
 */
#ifndef SIM_TWIN_H
#define SIM_TWIN_H
#include "decision/decision.h"
#include "eventlog/log.h"

/* Appends what such a twin would write next to the partition: the number is the next one, what it
 * continues is not. False: the partition has no event in its epoch, and nothing was appended. */
bool twin_append(struct log *log, enum service_id service, int32_t partition);

#endif
