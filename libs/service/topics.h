/* topics.h - the topics of Bourse, as they are created and as they are asserted at each start (R8).
 */
#ifndef SERVICE_TOPICS_H
#define SERVICE_TOPICS_H
#include "decision/decision.h"
#include "eventlog/log.h"

enum { TOPICS = 2 * SERVICES };

/* Every topic: command and event topic of each service, `partitions` each but for audit, whose
 * total order needs one partition. Names are static. */
void topics_all(int32_t partitions, struct log_topic ret_topics[TOPICS]);
/* The two topics of one service. */
void topics_of(enum service_id service, int32_t partitions, struct log_topic ret_topics[2]);

#endif
