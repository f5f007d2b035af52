/* log_kafka_internal.h - what the log_kafka*.c files share. The only header with rdkafka.h. */
#ifndef EVENTLOG_LOG_KAFKA_INTERNAL_H
#define EVENTLOG_LOG_KAFKA_INTERNAL_H
#include "eventlog/log_internal.h"

#include <librdkafka/rdkafka.h>

enum {
    KAFKA_CALL_TIMEOUT_MS = 5000, /* of a question to the broker that its caller waits for */
    KAFKA_ADMIN_TIMEOUT_MS = 30000
};

struct kafka_log {
    struct log base;
    char *brokers;
    char *client_id;
    char *identity;     /* NULL: no TLS */
    rd_kafka_t *client; /* for questions: metadata, offsets, topics */
    char problem[LOG_PROBLEM_SIZE];
};

struct kafka_setting {
    const char *name;
    const char *value;
};

extern const struct log_ops kafka_ops;

/* The settings every handle has, and `settings` on top. CHECKs that librdkafka takes them: all are
 * constants of ours, but for brokers and identity, which it takes as they are. */
rd_kafka_conf_t *kafka_conf(const struct kafka_log *log, const struct kafka_setting *settings,
                            size_t count);
/* A running handle; takes `conf` over. CHECKs: what could refuse it was tried in log_open_kafka. */
rd_kafka_t *kafka_handle(rd_kafka_type_t type, rd_kafka_conf_t *conf);
/* ERR_NOT_FOUND when `error` says that topic or partition do not exist, ERR_DENIED when it says
 * that we may not, else ERR_BUSY. */
enum err kafka_question_error(rd_kafka_resp_err_t error);
/* What the brokers say of one topic; the caller rd_kafka_metadata_destroy()s it where there is no
 * error. RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: no topic can have that name. */
rd_kafka_resp_err_t kafka_ask_topic(struct kafka_log *log, const char *name,
                                    const struct rd_kafka_metadata **ret_metadata);

enum err kafka_partition_count(struct log *log, const char *topic, int32_t *ret_count);
enum err kafka_ends(struct log *log, const char *topic, int32_t partition, int64_t *ret_start,
                    int64_t *ret_end);

/* Asks an administrator's question: options for it, and the wait for its answer, which frees what
 * it was asked with. ERR_BUSY: none came; *ret_problem says why. */
rd_kafka_AdminOptions_t *kafka_admin_options(struct kafka_log *log, rd_kafka_admin_op_t request);
enum err kafka_admin_answer(struct kafka_log *log, rd_kafka_queue_t *queue,
                            rd_kafka_AdminOptions_t *options, rd_kafka_event_t **ret_answer,
                            const char **ret_problem);

/* The rows of kafka_ops. */
enum err kafka_create_topics(struct log *log, const struct log_topic *topics, size_t count,
                             int replication, const char **ret_problem);
enum err kafka_check_topics(struct log *log, const struct log_topic *topics, size_t count,
                            const char **ret_problem);
enum err kafka_delete_before(struct log *log, const char *topic, int32_t partition, int64_t start);
enum err kafka_copies(struct log *log, const char *topic, struct log_copies *ret_copies);
enum err kafka_allow(struct log *log, const struct log_rule *rules, size_t count,
                     const char **ret_problem);
enum err kafka_writers_allowed(struct log *log, const char *topic, struct buffer *ret_names);
struct log_reader *kafka_reader_open(struct log *log, enum log_pace pace);
void kafka_reader_close(struct log_reader *reader);
enum err kafka_reader_assign(struct log_reader *reader, const char *topic, int32_t partition,
                             int64_t offset, const char **ret_problem);
void kafka_reader_unassign(struct log_reader *reader, const char *topic, int32_t partition);
void kafka_reader_pause(struct log_reader *reader, const char *topic, int32_t partition,
                        bool pause);
enum err kafka_reader_poll(struct log_reader *reader, int timeout_ms, struct log_record *ret_record,
                           const char **ret_problem);
struct log_writer *kafka_writer_open(struct log *log);
void kafka_writer_close(struct log_writer *writer);
enum err kafka_writer_append(struct log_writer *writer, const char *topic, int32_t partition,
                             struct bytes key, struct bytes value, const struct log_header *headers,
                             size_t headers_count);
enum err kafka_writer_push(struct log_writer *writer);
enum err kafka_writer_flush(struct log_writer *writer, int timeout_ms);
size_t kafka_writer_waiting(const struct log_writer *writer);
enum err kafka_group_join(struct log *log, const char *group, const char *topic,
                          const char *instance, struct log_group **ret_group);
bool kafka_group_assigned(struct log_group *group, int timeout_ms, int32_t *ret_partitions,
                          size_t max, size_t *ret_count);
void kafka_group_leave(struct log_group *group);

#endif
