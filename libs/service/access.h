/* access.h - who may do what with the topics: the one table, which the brokers' rules, the doctor
 * and whoever runs brokers of another kind (`bourse access`) go by.
 *
 * A service writes its own events and nothing else, and reads what it follows. A projector reads
 * its service's events. The gateway writes commands and reads events; so do what delivers and what
 * signs, of their one service. A reader reads events. What is not here is not allowed: only who
 * runs `bourse` commands is above these rules (Kafka's super.users).
 */
#ifndef SERVICE_ACCESS_H
#define SERVICE_ACCESS_H
#include "decision/decision.h"
#include "eventlog/log.h"

enum { ACCESS_RULES_MAX = 256 };

/* All rules, of one principal after the other. Returns how many. Names are static. */
size_t access_rules(struct log_rule ret_rules[ACCESS_RULES_MAX]) MUST_CHECK;
/* Whether the table has a principal of that name. */
bool access_knows(struct text principal);
/* Whether it may write to the topic. */
bool access_may_write(struct text principal, const char *topic);

#endif
