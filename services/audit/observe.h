/* observe.h - what the events of audit say to operators: how many tickets there are, and how long
 * an action waits for its own. Refusals that are summed up in one ticket count one by one, and wait
 * on purpose: of how long theirs takes nothing is said. Thread: one. */
#ifndef AUDIT_OBSERVE_H
#define AUDIT_OBSERVE_H
#include "wire/messages.h"

void audit_observe(const struct event *event);

#endif
