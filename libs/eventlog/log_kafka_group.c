#include "eventlog/log_kafka_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A member that never fetches: its partitions are paused as soon as it gets them. */
struct kafka_group {
    struct log_group base;
    rd_kafka_t *consumer;
    rd_kafka_topic_partition_list_t *mine;
    bool changed; /* since the owner was told */
};

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

/* Looks for the next change of this member's share. A fatal error ends its membership for ever:
 * another process has joined under this instance's name. librdkafka then takes the partitions away
 * without asking on_rebalance. */
static void poll_once(struct kafka_group *member, int timeout_ms)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(member->consumer, timeout_ms);
    if (message == NULL)
        return;
    rd_kafka_message_destroy(message); /* any error that is not fatal, librdkafka tries again */
    if (rd_kafka_fatal_error(member->consumer, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR &&
        member->mine->cnt > 0)
        set_mine(member, rd_kafka_topic_partition_list_new(0));
}

static enum err subscribe(struct kafka_group *member, const char *topic)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(member->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? OK : ERR_CONFIG;
}

enum err kafka_group_join(struct log *base, const char *group, const char *topic,
                          const char *instance, struct log_group **ret_group)
{
    const struct kafka_setting settings[] = {
        {"group.id", group},
        {"group.instance.id", instance},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"session.timeout.ms", "10000"},
        {"heartbeat.interval.ms", "1000"},
        {"enable.auto.commit", "false"},
        {"allow.auto.create.topics", "false"},
    };
    struct kafka_group *member = calloc(1, sizeof *member);
    CHECK(member != NULL);
    member->base.ops = &kafka_ops;
    member->mine = rd_kafka_topic_partition_list_new(0);
    rd_kafka_conf_t *conf = kafka_conf((struct kafka_log *)base, settings, COUNT_OF(settings));
    rd_kafka_conf_set_opaque(conf, member);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    member->consumer = kafka_handle(RD_KAFKA_CONSUMER, conf);
    CHECK(rd_kafka_poll_set_consumer(member->consumer) == RD_KAFKA_RESP_ERR_NO_ERROR);
    enum err err = subscribe(member, topic);
    if (err != OK)
        kafka_group_leave(&member->base);
    else
        *ret_group = &member->base;
    return err;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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
    rd_kafka_destroy_flags(member->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    rd_kafka_topic_partition_list_destroy(member->mine);
    free(member);
}
