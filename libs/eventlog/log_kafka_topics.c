#include "eventlog/log_kafka_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SETTINGS_MAX = 16 };

/* A record's size limit counts its batch: 64 kB are room for offsets, sizes and times. */
#define TOPIC_MESSAGE_BYTES_MAX "8454144"

static const char *sentence(struct kafka_log *log, const char *format, ...) PRINTF_LIKE(2, 3);
static const char *sentence(struct kafka_log *log, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(log->problem, sizeof log->problem, format, arguments);
    va_end(arguments);
    return log->problem;
}

/* What R8 asserts of a topic, `replication` times stored. Returns how many settings. */
static size_t topic_settings(const struct log_topic *topic, int replication,
                             struct kafka_setting ret_settings[SETTINGS_MAX])
{
    const struct kafka_setting settings[] = {
        {"cleanup.policy", "delete"},
        {"retention.ms", topic->forever ? "-1" : "604800000"},
        {"retention.bytes", "-1"},
        {"min.insync.replicas", replication >= 3 ? "2" : "1"},
        {"unclean.leader.election.enable", "false"},
        {"max.message.bytes", TOPIC_MESSAGE_BYTES_MAX},
        {"message.timestamp.type", "LogAppendTime"},
    };
    _Static_assert(COUNT_OF(settings) <= SETTINGS_MAX, "ret_settings is too small");
    memcpy(ret_settings, settings, sizeof settings);
    return COUNT_OF(settings);
}

enum err kafka_admin_answer(struct kafka_log *log, rd_kafka_queue_t *queue,
                            rd_kafka_AdminOptions_t *options, rd_kafka_event_t **ret_answer,
                            const char **ret_problem)
{
    *ret_answer = rd_kafka_queue_poll(queue, KAFKA_ADMIN_TIMEOUT_MS + KAFKA_CALL_TIMEOUT_MS);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    if (*ret_answer != NULL && rd_kafka_event_error(*ret_answer) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return OK;
    *ret_problem =
        sentence(log, "no answer from the brokers at %s: %s", log->brokers,
                 *ret_answer == NULL ? "timed out" : rd_kafka_event_error_string(*ret_answer));
    if (*ret_answer != NULL)
        rd_kafka_event_destroy(*ret_answer);
    return ERR_BUSY;
}

rd_kafka_AdminOptions_t *kafka_admin_options(struct kafka_log *log, rd_kafka_admin_op_t request)
{
    char problem[LOG_PROBLEM_SIZE];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(log->client, request);
    CHECK(rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_ADMIN_TIMEOUT_MS, problem,
                                                    sizeof problem) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return options;
}

static rd_kafka_NewTopic_t *new_topic(const struct log_topic *topic, int replication)
{
    char problem[LOG_PROBLEM_SIZE];
    struct kafka_setting settings[SETTINGS_MAX];
    rd_kafka_NewTopic_t *request =
        rd_kafka_NewTopic_new(topic->name, topic->partitions, replication, problem, sizeof problem);
    CHECK(request != NULL);
    size_t count = topic_settings(topic, replication, settings);
    for (size_t i = 0; i < count; i++)
        CHECK(rd_kafka_NewTopic_set_config(request, settings[i].name, settings[i].value) ==
              RD_KAFKA_RESP_ERR_NO_ERROR);
    return request;
}

/* Creates one topic. One that exists is not touched; log_check_topics says whether it is right. */
static enum err create_topic(struct kafka_log *log, const struct log_topic *topic, int replication,
                             const char **ret_problem)
{
    rd_kafka_NewTopic_t *request = new_topic(topic, replication);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(log, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char problem[LOG_PROBLEM_SIZE];
    CHECK(rd_kafka_AdminOptions_set_operation_timeout(options, KAFKA_ADMIN_TIMEOUT_MS, problem,
                                                      sizeof problem) ==
          RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->client);
    rd_kafka_CreateTopics(log->client, &request, 1, options, queue);
    rd_kafka_NewTopic_destroy(request);
    rd_kafka_event_t *answer;
    enum err err = kafka_admin_answer(log, queue, options, &answer, ret_problem);
    if (err != OK)
        return err;
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
    CHECK(count == 1);
    rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        const char *reason = rd_kafka_topic_result_error_string(results[0]);
        *ret_problem = sentence(log, "topic %s cannot be created: %s", topic->name,
                                reason != NULL ? reason : rd_kafka_err2str(error));
        err = ERR_LOG;
    }
    rd_kafka_event_destroy(answer);
    return err;
}

enum err kafka_create_topics(struct log *base, const struct log_topic *topics, size_t count,
                             int replication, const char **ret_problem)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++)
        err = create_topic((struct kafka_log *)base, &topics[i], replication, ret_problem);
    return err;
}

/* Compares the partitions' count and finds how often each is stored. */
static enum err check_partitions(struct kafka_log *log, const struct log_topic *topic,
                                 int *ret_replication, const char **ret_problem)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = kafka_ask_topic(log, topic->name, &metadata);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        *ret_problem = sentence(log, "no answer from the brokers at %s: %s", log->brokers,
                                rd_kafka_err2str(error));
        return ERR_BUSY;
    }
    const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
    enum err err = OK;
    if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        err = kafka_question_error(found->err);
        *ret_problem = sentence(log, "topic %s: %s", topic->name, rd_kafka_err2str(found->err));
    } else if (found->partition_cnt != topic->partitions) {
        err = ERR_LOG;
        *ret_problem = sentence(log, "topic %s: partitions is %d, must be %d", topic->name,
                                found->partition_cnt, topic->partitions);
    } else {
        *ret_replication = found->partitions[0].replica_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    return err;
}

/* The value of a setting as the broker told it; NULL: it did not. */
static const char *value_of(const rd_kafka_ConfigResource_t *resource, const char *name)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
            return rd_kafka_ConfigEntry_value(entries[i]);
    return NULL;
}

static enum err compare_settings(struct kafka_log *log, const struct log_topic *topic,
                                 int replication, const rd_kafka_ConfigResource_t *resource,
                                 const char **ret_problem)
{
    struct kafka_setting settings[SETTINGS_MAX];
    size_t count = topic_settings(topic, replication, settings);
    for (size_t i = 0; i < count; i++) {
        const char *found = value_of(resource, settings[i].name);
        if (found != NULL && strcmp(found, settings[i].value) == 0)
            continue;
        *ret_problem =
            sentence(log, "topic %s: %s is %s, must be %s", topic->name, settings[i].name,
                     found == NULL ? "unknown" : found, settings[i].value);
        return ERR_LOG;
    }
    return OK;
}

static enum err check_settings(struct kafka_log *log, const struct log_topic *topic,
                               int replication, const char **ret_problem)
{
    rd_kafka_ConfigResource_t *request =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name);
    CHECK(request != NULL);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(log, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->client);
    rd_kafka_DescribeConfigs(log->client, &request, 1, options, queue);
    rd_kafka_ConfigResource_destroy(request);
    rd_kafka_event_t *answer;
    enum err err = kafka_admin_answer(log, queue, options, &answer, ret_problem);
    if (err != OK)
        return err;
    size_t count;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(answer), &count);
    CHECK(count == 1);
    rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(resources[0]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        err = compare_settings(log, topic, replication, resources[0], ret_problem);
    } else {
        *ret_problem = sentence(log, "topic %s: %s", topic->name, rd_kafka_err2str(error));
        err = kafka_question_error(error);
    }
    rd_kafka_event_destroy(answer);
    return err;
}

enum err kafka_check_topics(struct log *base, const struct log_topic *topics, size_t count,
                            const char **ret_problem)
{
    struct kafka_log *log = (struct kafka_log *)base;
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        int replication = 0;
        err = check_partitions(log, &topics[i], &replication, ret_problem);
        if (err == OK)
            err = check_settings(log, &topics[i], replication, ret_problem);
    }
    return err;
}
