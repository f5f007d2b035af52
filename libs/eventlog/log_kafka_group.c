#include "eventlog/log_kafka_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ASK_AGAIN_MS = 1000 };

/* A member that never fetches: its partitions are paused as soon as it gets them. */
struct kafka_group {
    struct log_group base;
    struct kafka_log *log;
    char *group;
    char *topic;
    char *instance;
    rd_kafka_t *consumer;
    rd_kafka_topic_partition_list_t *mine;
    bool changed;         /* since the owner was told */
    bool fenced;          /* its consumer is of no more use */
    int64_t ask_again_ms; /* when to look whether the name is free, where fenced */
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_mine(struct kafka_group *member, rd_kafka_topic_partition_list_t *mine)
{
    rd_kafka_topic_partition_list_sort(mine, NULL, NULL);
    rd_kafka_topic_partition_list_destroy(member->mine);
    member->mine = mine;
    member->changed = true;
}

/* Offsets are given so that nobody asks for committed ones; nothing is read there. */
static void take_partitions(struct kafka_group *member, rd_kafka_topic_partition_list_t *added)
{
    for (int i = 0; i < added->cnt; i++)
        added->elems[i].offset = 0;
    rd_kafka_error_t *error = rd_kafka_incremental_assign(member->consumer, added);
    if (error == NULL)
        rd_kafka_pause_partitions(member->consumer, added);
    else
        rd_kafka_error_destroy(error); /* the group has changed once more, and says so soon */
    rd_kafka_topic_partition_list_t *mine = rd_kafka_topic_partition_list_copy(member->mine);
    for (int i = 0; i < added->cnt; i++)
        rd_kafka_topic_partition_list_add(mine, added->elems[i].topic, added->elems[i].partition);
    set_mine(member, mine);
}

static void give_partitions(struct kafka_group *member, rd_kafka_topic_partition_list_t *removed)
{
    rd_kafka_error_t *error = rd_kafka_incremental_unassign(member->consumer, removed);
    if (error != NULL)
        rd_kafka_error_destroy(error); /* fenced: there is nothing left to give */
    rd_kafka_topic_partition_list_t *mine = rd_kafka_topic_partition_list_copy(member->mine);
    for (int i = 0; i < removed->cnt; i++)
        rd_kafka_topic_partition_list_del(mine, removed->elems[i].topic,
                                          removed->elems[i].partition);
    set_mine(member, mine);
}

/* Called from within a poll of the member's owner. */
static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        take_partitions(opaque, partitions);
    else
        give_partitions(opaque, partitions);
    rd_kafka_yield(consumer);
}

static enum err subscribe(struct kafka_group *member)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, member->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(member->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? OK : ERR_CONFIG;
}

static enum err start_consumer(struct kafka_group *member)
{
    const struct kafka_setting settings[] = {
        {"group.id", member->group},
        {"group.instance.id", member->instance},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"session.timeout.ms", "10000"},
        {"heartbeat.interval.ms", "1000"},
        {"enable.auto.commit", "false"},
        {"allow.auto.create.topics", "false"},
    };
    rd_kafka_conf_t *conf = kafka_conf(member->log, settings, COUNT_OF(settings));
    rd_kafka_conf_set_opaque(conf, member);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    member->consumer = kafka_handle(RD_KAFKA_CONSUMER, conf);
    CHECK(rd_kafka_poll_set_consumer(member->consumer) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return subscribe(member);
}

/* Without a close, which would wait for a broker that may be away. A change that its owner has not
 * been told of is told before, for librdkafka waits for that without end. */
static void end_consumer(struct kafka_group *member)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(member->consumer, 0);
    if (message != NULL)
        rd_kafka_message_destroy(message);
    rd_kafka_destroy_flags(member->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* --- fenced ----------------------------------------------------------------------------------- */

static bool has_member(rd_kafka_event_t *described, const char *instance)
{
    size_t count = 0;
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(described), &count);
    if (count != 1 || rd_kafka_ConsumerGroupDescription_error(groups[0]) != NULL)
        return true; /* for all we know */
    size_t members = rd_kafka_ConsumerGroupDescription_member_count(groups[0]);
    for (size_t i = 0; i < members; i++) {
        const char *name = rd_kafka_MemberDescription_group_instance_id(
            rd_kafka_ConsumerGroupDescription_member(groups[0], i));
        if (name != NULL && strcmp(name, instance) == 0)
            return true;
    }
    return false;
}

/* Whether the group knows no member of this instance's name. False where the broker does not say.
 */
static bool name_is_free(const struct kafka_group *member)
{
    rd_kafka_t *client = member->log->client;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_AdminOptions_set_request_timeout(options, ASK_AGAIN_MS, NULL, 0);
    rd_kafka_DescribeConsumerGroups(client, (const char *[]){member->group}, 1, options, queue);
    rd_kafka_event_t *described = rd_kafka_queue_poll(queue, KAFKA_CALL_TIMEOUT_MS);
    bool is_free = described != NULL &&
                   rd_kafka_event_error(described) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                   !has_member(described, member->instance);
    rd_kafka_event_destroy(described);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return is_free;
}

/* librdkafka ends a fenced membership for good, and takes the partitions away without asking
 * on_rebalance. Who fenced it is a process of the same name, or nobody: where the broker stood
 * still, two requests to join of one member may have waited for it, and the second fences the
 * first. So it joins anew, once nobody has its name; two of a name never take turns. */
static void note_fenced(struct kafka_group *member)
{
    member->fenced = true;
    member->ask_again_ms = monotonic_ms() + ASK_AGAIN_MS;
    if (member->mine->cnt > 0)
        set_mine(member, rd_kafka_topic_partition_list_new(0));
}

static void join_anew(struct kafka_group *member)
{
    end_consumer(member);
    CHECK(start_consumer(member) == OK); /* the same topic was fine before */
    member->fenced = false;
}

static void wait_until_free(struct kafka_group *member, int timeout_ms)
{
    int64_t now_ms = monotonic_ms();
    if (now_ms < member->ask_again_ms) {
        int64_t left_ms = member->ask_again_ms - now_ms;
        int64_t wait_ms = left_ms < timeout_ms ? left_ms : timeout_ms;
        nanosleep(&(struct timespec){.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000},
                  NULL);
        return;
    }
    if (name_is_free(member))
        join_anew(member);
    else
        member->ask_again_ms = monotonic_ms() + ASK_AGAIN_MS;
}

/* --- a member's share ------------------------------------------------------------------------- */

/* Looks for the next change of this member's share. */
static void poll_once(struct kafka_group *member, int timeout_ms)
{
    if (member->fenced) {
        wait_until_free(member, timeout_ms);
        return;
    }
    rd_kafka_message_t *message = rd_kafka_consumer_poll(member->consumer, timeout_ms);
    if (message == NULL)
        return;
    rd_kafka_message_destroy(message); /* any error that is not fatal, librdkafka tries again */
    if (rd_kafka_fatal_error(member->consumer, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
        note_fenced(member);
}

enum err kafka_group_join(struct log *base, const char *group, const char *topic,
                          const char *instance, struct log_group **ret_group)
{
    struct kafka_group *member = calloc(1, sizeof *member);
    CHECK(member != NULL);
    member->base.ops = &kafka_ops;
    member->log = (struct kafka_log *)base;
    member->group = strdup(group);
    member->topic = strdup(topic);
    member->instance = strdup(instance);
    CHECK(member->group != NULL && member->topic != NULL && member->instance != NULL);
    member->mine = rd_kafka_topic_partition_list_new(0);
    enum err err = start_consumer(member);
    if (err != OK)
        kafka_group_leave(&member->base);
    else
        *ret_group = &member->base;
    return err;
}

bool kafka_group_assigned(struct log_group *base, int timeout_ms, int32_t *ret_partitions,
                          size_t max, size_t *ret_count)
{
    struct kafka_group *member = (struct kafka_group *)base;
    int64_t deadline_ms = monotonic_ms() + timeout_ms;
    int64_t left_ms = timeout_ms;
    do {
        poll_once(member, (int)left_ms);
        left_ms = deadline_ms - monotonic_ms();
    } while (!member->changed && left_ms > 0);
    if (!member->changed)
        return false;
    member->changed = false;
    *ret_count = 0;
    for (int i = 0; i < member->mine->cnt && *ret_count < max; i++)
        ret_partitions[(*ret_count)++] = member->mine->elems[i].partition;
    return true;
}

/* A static member sends no farewell: who comes back under the name within the session's timeout
 * gets the same partitions at once, and otherwise the others get them then. */
void kafka_group_leave(struct log_group *base)
{
    struct kafka_group *member = (struct kafka_group *)base;
    end_consumer(member);
    rd_kafka_topic_partition_list_destroy(member->mine);
    free(member->group);
    free(member->topic);
    free(member->instance);
    free(member);
}
