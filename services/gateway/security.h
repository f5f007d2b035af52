/* security.h - what operators watch for, each kind of it counted by its own name:
 * bourse_security_events_total{event}. Sessions and keys that end before their time are
 * bourse_sessions_ended_total. Whom it concerns, where that is known, sees it in the security log,
 * and audit has tickets of it (refusals.h).   Thread   any. */
#ifndef GATEWAY_SECURITY_H
#define GATEWAY_SECURITY_H
#include "gateway/gateway.h"

/* Registers the metrics. */
void security_begin(struct gateway *gateway);
void security_count(struct gateway *gateway, enum security_event event);
/* Counts an answer with this problem, if it is one of those. */
void security_count_problem(struct gateway *gateway, enum http_problem_code code);

#endif
