#include "service/topics.h"

#include "eventlog/follower.h"

void topics_of(enum service_id service, int32_t partitions, struct log_topic ret_topics[2])
{
    int32_t count = service == SERVICE_AUDIT ? 1 : partitions;
    ret_topics[0] = (struct log_topic){follower_commands_topic(service), count, false};
    ret_topics[1] = (struct log_topic){follower_events_topic(service), count, true};
}

void topics_all(int32_t partitions, struct log_topic ret_topics[TOPICS])
{
    for (int i = 0; i < SERVICES; i++)
        topics_of((enum service_id)i, partitions, ret_topics + 2 * i);
}
