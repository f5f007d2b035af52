#include "eventlog/log_kafka_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kafka_reader {
    struct log_reader base;
    struct kafka_log *log;
    rd_kafka_t *consumer;
    rd_kafka_message_t *message; /* what the last record points into */
    struct log_header headers[LOG_HEADERS_MAX + 1];
    bool away;   /* the brokers are, and the owner was not told yet */
    bool broken; /* ERR_LOG for ever: what came after could hide a gap */
    char problem[LOG_PROBLEM_SIZE];
};

/* Called from within a poll of the reader's owner. */
static void on_error(rd_kafka_t *consumer, int error, const char *reason, void *opaque)
{
    (void)consumer;
    struct kafka_reader *reader = opaque;
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || reader->broken)
        return;
    reader->away = true;
    snprintf(reader->problem, sizeof reader->problem, "%s", reason);
}

/* The group's name is there because librdkafka wants one; nothing is ever committed to it. Memory
 * is bounded by bytes, so the bound by number is as high as it goes: 2.0.2 waits up to a second
 * before it fetches again once either is reached. */
struct log_reader *kafka_reader_open(struct log *log, enum log_pace pace)
{
    bool unhurried = pace == LOG_UNHURRIED;
    const struct kafka_setting settings[] = {
        {"group.id", "bourse-reader"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"allow.auto.create.topics", "false"},
        {"check.crcs", "true"},
        {"isolation.level", "read_uncommitted"},
        {"enable.partition.eof", "false"},
        {"fetch.min.bytes", pace == LOG_PROMPT ? "1" : "1000000"},
        {"fetch.wait.max.ms", pace == LOG_PROMPT ? "500" : "20"},
        {"fetch.error.backoff.ms", "50"},
        {"max.partition.fetch.bytes", unhurried ? "1048576" : "9437184"},
        {"fetch.max.bytes", "16777216"},
        {"queued.max.messages.kbytes", unhurried ? "4096" : "65536"},
        {"queued.min.messages", "10000000"},
    };
    struct kafka_reader *reader = calloc(1, sizeof *reader);
    CHECK(reader != NULL);
    reader->base.ops = &kafka_ops;
    reader->log = (struct kafka_log *)log;
    rd_kafka_conf_t *conf = kafka_conf(reader->log, settings, COUNT_OF(settings));
    rd_kafka_conf_set_opaque(conf, reader);
    rd_kafka_conf_set_error_cb(conf, on_error);
    reader->consumer = kafka_handle(RD_KAFKA_CONSUMER, conf);
    CHECK(rd_kafka_poll_set_consumer(reader->consumer) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return &reader->base;
}

void kafka_reader_close(struct log_reader *base)
{
    struct kafka_reader *reader = (struct kafka_reader *)base;
    if (reader->message != NULL)
        rd_kafka_message_destroy(reader->message);
    rd_kafka_destroy_flags(reader->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(reader);
}

static rd_kafka_topic_partition_list_t *one_place(const char *topic, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition);
    return list;
}

static bool is_assigned(const struct kafka_reader *reader, const char *topic, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list;
    CHECK(rd_kafka_assignment(reader->consumer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR);
    bool found = rd_kafka_topic_partition_list_find(list, topic, partition) != NULL;
    rd_kafka_topic_partition_list_destroy(list);
    return found;
}

/* A refusal by librdkafka of a change of the assignment is a bug of ours. */
static void check_done(rd_kafka_error_t *error)
{
    CHECK(error == NULL);
}

void kafka_reader_unassign(struct log_reader *base, const char *topic, int32_t partition)
{
    struct kafka_reader *reader = (struct kafka_reader *)base;
    if (!is_assigned(reader, topic, partition))
        return;
    rd_kafka_topic_partition_list_t *list = one_place(topic, partition);
    check_done(rd_kafka_incremental_unassign(reader->consumer, list));
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_reader_pause(struct log_reader *base, const char *topic, int32_t partition, bool pause)
{
    struct kafka_reader *reader = (struct kafka_reader *)base;
    if (!is_assigned(reader, topic, partition))
        return;
    rd_kafka_topic_partition_list_t *list = one_place(topic, partition);
    CHECK((pause ? rd_kafka_pause_partitions : rd_kafka_resume_partitions)(
              reader->consumer, list) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Says what is wrong with a position. `ret_outside`: whether it is outside of what exists. */
static enum err look_at_place(struct kafka_reader *reader, const char *topic, int32_t partition,
                              int64_t offset, bool *ret_outside)
{
    int64_t start;
    int64_t end;
    enum err err = log_ends(&reader->log->base, topic, partition, &start, &end);
    if (err != OK) {
        snprintf(reader->problem, sizeof reader->problem, "%s/%d: asked for the log's ends: %s",
                 topic, partition, err_text(err));
        return err;
    }
    *ret_outside = offset < start || offset > end;
    if (*ret_outside)
        snprintf(reader->problem, sizeof reader->problem, LOG_PLACE_PROBLEM, topic, partition,
                 offset, offset > end ? "ahead of" : "before", start, end);
    return OK;
}

/* A position ahead of the log is asked for here: the broker finds it out too, but only while the
 * log has not grown past it. */
enum err kafka_reader_assign(struct log_reader *base, const char *topic, int32_t partition,
                             int64_t offset, const char **ret_problem)
{
    struct kafka_reader *reader = (struct kafka_reader *)base;
    bool outside;
    enum err err = look_at_place(reader, topic, partition, offset, &outside);
    *ret_problem = reader->problem;
    if (err != OK)
        return err;
    if (outside)
        return ERR_LOG;
    kafka_reader_unassign(base, topic, partition);
    rd_kafka_topic_partition_list_t *list = one_place(topic, partition);
    list->elems[0].offset = offset;
    check_done(rd_kafka_incremental_assign(reader->consumer, list));
    rd_kafka_topic_partition_list_destroy(list);
    kafka_reader_pause(base, topic, partition, false); /* a pause outlives an assignment */
    return OK;
}

static size_t take_headers(struct kafka_reader *reader)
{
    rd_kafka_headers_t *headers;
    rd_kafka_resp_err_t error = rd_kafka_message_headers(reader->message, &headers);
    if (error == RD_KAFKA_RESP_ERR__NOENT)
        return 0;
    size_t count = 0;
    struct log_header *header = reader->headers;
    const void *value;
    while (error == RD_KAFKA_RESP_ERR_NO_ERROR && count < COUNT_OF(reader->headers)) {
        const char *name;
        error = rd_kafka_header_get_all(headers, count, &name, &value, &header->value.size);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        header->name = text_of(name);
        header->value.data = value;
        header++;
        count++;
    }
    return count;
}

static void take_record(struct kafka_reader *reader, struct log_record *ret_record)
{
    const rd_kafka_message_t *message = reader->message;
    rd_kafka_timestamp_type_t kind;
    *ret_record = (struct log_record){
        .topic = text_of(rd_kafka_topic_name(message->rkt)),
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_us = rd_kafka_message_timestamp(message, &kind) * 1000,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .headers = reader->headers,
        .headers_count = take_headers(reader),
    };
}

/* What librdkafka says instead of a record: a broker that will come back, or a log that will not.
 */
static enum err take_error(struct kafka_reader *reader)
{
    const rd_kafka_message_t *message = reader->message;
    const char *topic = message->rkt == NULL ? "(no topic)" : rd_kafka_topic_name(message->rkt);
    const char *reason = rd_kafka_message_errstr(message);
    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
        snprintf(reader->problem, sizeof reader->problem, "%s", reason);
        return ERR_BUSY;
    default: break;
    }
    reader->broken = true;
    bool outside = false;
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET &&
        look_at_place(reader, topic, message->partition, message->offset, &outside) == OK &&
        outside)
        return ERR_LOG;
    snprintf(reader->problem, sizeof reader->problem, "%s/%d at offset %" PRId64 ": %s", topic,
             message->partition, message->offset, reason);
    return ERR_LOG;
}

enum err kafka_reader_poll(struct log_reader *base, int timeout_ms, struct log_record *ret_record,
                           const char **ret_problem)
{
    struct kafka_reader *reader = (struct kafka_reader *)base;
    *ret_problem = reader->problem;
    if (reader->broken)
        return ERR_LOG;
    if (reader->message != NULL)
        rd_kafka_message_destroy(reader->message);
    reader->message = rd_kafka_consumer_poll(reader->consumer, timeout_ms);
    if (reader->message == NULL) {
        bool away = reader->away;
        reader->away = false;
        return away ? ERR_BUSY : ERR_TIMEOUT;
    }
    if (reader->message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return take_error(reader);
    take_record(reader, ret_record);
    return OK;
}
