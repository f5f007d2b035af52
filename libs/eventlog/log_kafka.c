#include "eventlog/log_kafka_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* librdkafka's own lines are not ours to print; what matters comes back as errors. */
static void ignore_line(const rd_kafka_t *handle, int level, const char *facility, const char *line)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)line;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char problem[LOG_PROBLEM_SIZE];
    CHECK(rd_kafka_conf_set(conf, name, value, problem, sizeof problem) == RD_KAFKA_CONF_OK);
}

static void set_file(rd_kafka_conf_t *conf, const char *name, const char *folder, const char *file)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/%s", folder, file);
    CHECK(size > 0 && (size_t)size < sizeof path);
    set(conf, name, path);
}

/* Both show who they are; that the broker is the one of the address is what 2.0.2 asks by itself.
 */
static void set_identity(rd_kafka_conf_t *conf, const char *folder)
{
    set(conf, "security.protocol", "ssl");
    set_file(conf, "ssl.ca.location", folder, "ca.crt");
    set_file(conf, "ssl.certificate.location", folder, "user.crt");
    set_file(conf, "ssl.key.location", folder, "user.key");
}

rd_kafka_conf_t *kafka_conf(const struct kafka_log *log, const struct kafka_setting *settings,
                            size_t count)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", log->brokers);
    set(conf, "client.id", log->client_id);
    set(conf, "socket.nagle.disable", "true");
    set(conf, "reconnect.backoff.ms", "50");
    set(conf, "reconnect.backoff.max.ms", "1000");
    if (log->identity != NULL)
        set_identity(conf, log->identity);
    rd_kafka_conf_set_log_cb(conf, ignore_line);
    for (size_t i = 0; i < count; i++)
        set(conf, settings[i].name, settings[i].value);
    return conf;
}

rd_kafka_t *kafka_handle(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char problem[LOG_PROBLEM_SIZE];
    rd_kafka_t *handle = rd_kafka_new(type, conf, problem, sizeof problem);
    CHECK(handle != NULL);
    return handle;
}

/* The client only asks; as a consumer it never makes a topic by asking for it. */
enum err log_open_kafka(const char *brokers, const char *identity, const char *client_id,
                        struct log **ret_log, const char **ret_problem)
{
    static const struct kafka_setting settings[] = {{"allow.auto.create.topics", "false"}};
    static _Thread_local char problem[LOG_PROBLEM_SIZE];
    struct kafka_log *log = calloc(1, sizeof *log);
    CHECK(log != NULL);
    log->base.ops = &kafka_ops;
    log->brokers = strdup(brokers);
    log->client_id = strdup(client_id);
    log->identity = identity == NULL ? NULL : strdup(identity);
    CHECK(log->brokers != NULL && log->client_id != NULL &&
          (identity == NULL || log->identity != NULL));
    rd_kafka_conf_t *conf = kafka_conf(log, settings, COUNT_OF(settings));
    log->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
    if (log->client == NULL || rd_kafka_brokers_add(log->client, brokers) == 0) {
        if (log->client == NULL)
            rd_kafka_conf_destroy(conf);
        else
            snprintf(problem, sizeof problem, "no broker's address in \"%s\"", brokers);
        log_close(&log->base);
        *ret_problem = problem;
        return ERR_CONFIG;
    }
    *ret_log = &log->base;
    return OK;
}

static void kafka_close(struct log *base)
{
    struct kafka_log *log = (struct kafka_log *)base;
    if (log->client != NULL)
        rd_kafka_destroy(log->client);
    free(log->brokers);
    free(log->client_id);
    free(log->identity);
    free(log);
}

enum err kafka_question_error(rd_kafka_resp_err_t error)
{
    switch ((int)error) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return ERR_NOT_FOUND;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return ERR_DENIED;
    default: return ERR_BUSY;
    }
}

rd_kafka_resp_err_t kafka_ask_topic(struct kafka_log *log, const char *name,
                                    const struct rd_kafka_metadata **ret_metadata)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(log->client, name, NULL);
    if (topic == NULL)
        return RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
    rd_kafka_resp_err_t error =
        rd_kafka_metadata(log->client, 0, topic, ret_metadata, KAFKA_CALL_TIMEOUT_MS);
    rd_kafka_topic_destroy(topic);
    return error;
}

enum err kafka_partition_count(struct log *base, const char *name, int32_t *ret_count)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = kafka_ask_topic((struct kafka_log *)base, name, &metadata);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_question_error(error);
    CHECK(metadata->topic_cnt == 1);
    error = metadata->topics[0].err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        *ret_count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? OK : kafka_question_error(error);
}

/* Asks for one end: `which` is RD_KAFKA_OFFSET_BEGINNING or _END. rd_kafka_query_watermark_offsets
 * would do both, but in 2.0.2 it ignores its timeout and sticks to a partition's old leader; the
 * question by time takes the logical offsets too, for they are the protocol's special times. */
static enum err ask_end(struct kafka_log *log, const char *topic, int32_t partition, int64_t which,
                        int64_t *ret_offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_add(list, topic, partition);
    place->offset = which;
    rd_kafka_resp_err_t error =
        rd_kafka_offsets_for_times(log->client, list, KAFKA_CALL_TIMEOUT_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = place->err;
    int64_t offset = place->offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_question_error(error);
    if (offset < 0)
        return ERR_BUSY; /* no answer came for this partition */
    *ret_offset = offset;
    return OK;
}

/* librdkafka calls a partition unknown, too, while it has not learned who leads it: a process that
 * believes it ends for a broker that is only slow. */
static bool exists(struct log *log, const char *topic, int32_t partition)
{
    int32_t count;
    return kafka_partition_count(log, topic, &count) == OK && partition < count;
}

enum err kafka_ends(struct log *base, const char *topic, int32_t partition, int64_t *ret_start,
                    int64_t *ret_end)
{
    struct kafka_log *log = (struct kafka_log *)base;
    int64_t start;
    enum err err = ask_end(log, topic, partition, RD_KAFKA_OFFSET_BEGINNING, &start);
    if (err == OK)
        err = ask_end(log, topic, partition, RD_KAFKA_OFFSET_END, ret_end);
    if (err == OK)
        *ret_start = start;
    return err == ERR_NOT_FOUND && exists(base, topic, partition) ? ERR_BUSY : err;
}

const struct log_ops kafka_ops = {
    .close = kafka_close,
    .create_topics = kafka_create_topics,
    .check_topics = kafka_check_topics,
    .partition_count = kafka_partition_count,
    .ends = kafka_ends,
    .delete_before = kafka_delete_before,
    .copies = kafka_copies,
    .allow = kafka_allow,
    .writers_allowed = kafka_writers_allowed,
    .reader_open = kafka_reader_open,
    .reader_close = kafka_reader_close,
    .reader_assign = kafka_reader_assign,
    .reader_unassign = kafka_reader_unassign,
    .reader_pause = kafka_reader_pause,
    .reader_poll = kafka_reader_poll,
    .writer_open = kafka_writer_open,
    .writer_close = kafka_writer_close,
    .writer_append = kafka_writer_append,
    .writer_push = kafka_writer_push,
    .writer_flush = kafka_writer_flush,
    .writer_waiting = kafka_writer_waiting,
    .group_join = kafka_group_join,
    .group_assigned = kafka_group_assigned,
    .group_leave = kafka_group_leave,
};
