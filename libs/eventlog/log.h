/* log.h - topics as the rest of Bourse sees them: append, read from an offset, ask for the ends.
 *
 * Two backends fill the same operations: Kafka (log_kafka.c) and memory (log_memory.c, for tests
 * and the simulation). Nobody reads an event topic through this header alone: validity is a fold
 * (fold.h, follower.h).
 *
 * Thread   a log may be shared; a reader or writer has one owner.
 */
#ifndef EVENTLOG_LOG_H
#define EVENTLOG_LOG_H
#include "base/base.h"
#include "base/buffer.h"

enum {
    LOG_HEADERS_MAX = 16,
    LOG_RECORD_SIZE_MAX = 8 << 20, /* bytes of key, value and headers together */
};

struct log_header {
    struct text name;
    struct text value;
};

/* A record as read. Everything points into memory that lives until the next poll of its reader. */
struct log_record {
    struct text topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_us; /* when the broker appended it */
    struct bytes key;
    struct bytes value;
    const struct log_header *headers;
    size_t headers_count; /* LOG_HEADERS_MAX + 1: it has more than any writer of ours puts there */
};

struct log;        /* a connection to the topics */
struct log_reader; /* reads any number of partitions, each from where it is told */
struct log_writer; /* appends, in order, to any number of partitions */

/* The topics of a Kafka cluster at `brokers` ("host:port,..."), by TLS where `identity` is not
 * NULL: a folder with user.crt and user.key, as whom they know us, and ca.crt, who vouches for
 * them. `client_id` shows in their metrics. ERR_CONFIG: librdkafka refuses a setting; *ret_problem
 * says which, static or owned by the log. */
enum err log_open_kafka(const char *brokers, const char *identity, const char *client_id,
                        struct log **ret_log, const char **ret_problem) MUST_CHECK;
/* Topics in memory, empty. */
struct log *log_open_memory(void) MUST_CHECK;
/* Closes it; readers and writers are closed before. NULL does nothing. */
void log_close(struct log *log);

struct log_topic {
    const char *name;
    int32_t partitions;
    bool forever; /* events: kept for ever; otherwise 7 days */
};
/* Creates the topics that do not exist, with all settings R8 asserts. `replication` 1 or 3.
 * ERR_BUSY: no broker. ERR_LOG: refused; *ret_problem says what (until the next call). */
enum err log_create_topics(struct log *log, const struct log_topic *topics, size_t count,
                           int replication, const char **ret_problem) MUST_CHECK;
/* Compares what exists with what it should be (R8). ERR_NOT_FOUND: a topic is missing. ERR_LOG: a
 * setting differs; *ret_problem names topic, setting, value found and value wanted. */
enum err log_check_topics(struct log *log, const struct log_topic *topics, size_t count,
                          const char **ret_problem) MUST_CHECK;
/* How a topic is stored: of its partitions the one that is worst off. */
struct log_copies {
    int brokers; /* of the cluster */
    int copies;  /* that there are to be */
    int in_step; /* that are up to date, the leader's included; 0: it has no leader */
};
/* Errors as log_partition_count. */
enum err log_copies(struct log *log, const char *topic, struct log_copies *ret_copies) MUST_CHECK;
/* A rule (ACL): of whom the brokers know as User:`principal`, and what that may do. */
enum log_right { LOG_MAY_READ, LOG_MAY_WRITE, LOG_MAY_DESCRIBE, LOG_MAY_DESCRIBE_CONFIGS };
struct log_rule {
    const char *principal;
    enum log_right right;
    bool of_group; /* of a consumer group; otherwise of a topic */
    bool is_start; /* of all whose names begin with `name` */
    const char *name;
};
/* Adds rules; those that are there already stay. ERR_BUSY: no broker. ERR_NOT_FOUND: the brokers
 * keep none. ERR_DENIED: who we are may not. ERR_LOG: else refused. *ret_problem says what (until
 * the next call). */
enum err log_allow(struct log *log, const struct log_rule *rules, size_t count,
                   const char **ret_problem) MUST_CHECK;
/* Appends who may write to a topic by the broker's rules (ACLs), with spaces around each: "
 * User:CN=orders ". Nobody where there are no rules, whether the broker then lets anybody or only
 * its super users. */
enum err log_writers_allowed(struct log *log, const char *topic,
                             struct buffer *ret_names) MUST_CHECK;
/* How many partitions a topic has. ERR_NOT_FOUND: no such topic. ERR_DENIED: who we are may not
 * even see it. ERR_BUSY: no broker. */
enum err log_partition_count(struct log *log, const char *topic, int32_t *ret_count) MUST_CHECK;
/* First offset that exists and the one behind the last. Errors as log_partition_count. */
enum err log_ends(struct log *log, const char *topic, int32_t partition, int64_t *ret_start,
                  int64_t *ret_end) MUST_CHECK;

/* Drops the records before `start`, so that the log begins there, as retention does: for a command
 * topic that is being restored alone. ERR_RANGE: there is no such offset. Errors as
 * log_partition_count. */
enum err log_delete_before(struct log *log, const char *topic, int32_t partition,
                           int64_t start) MUST_CHECK;

/* How a reader waits: at once; gathering so as to cost the broker fewer requests; or unhurried, as
 * one that reads slowly does: a few MiB ahead of its owner, where the others are up to 64. */
enum log_pace { LOG_PROMPT, LOG_GATHERING, LOG_UNHURRIED };

/* New reader of nothing yet. The caller closes it. */
struct log_reader *log_reader_open(struct log *log, enum log_pace pace) MUST_CHECK;
void log_reader_close(struct log_reader *reader);
/* Reads this partition too, from `offset` on, not paused. Again for the same partition: moves
 * there. ERR_LOG: the offset is before the log's start or behind its end; *ret_problem says where,
 * until the reader's next call. ERR_NOT_FOUND: no such partition. ERR_BUSY: no broker. */
enum err log_reader_assign(struct log_reader *reader, const char *topic, int32_t partition,
                           int64_t offset, const char **ret_problem) MUST_CHECK;
/* Reads this partition no more. */
void log_reader_unassign(struct log_reader *reader, const char *topic, int32_t partition);
/* Stops and goes on fetching a partition, so that what cannot be taken yet does not pile up. */
void log_reader_pause(struct log_reader *reader, const char *topic, int32_t partition, bool pause);
/* The next record, waiting `timeout_ms` at most; records of a partition come in order.
 * ERR_TIMEOUT: none. ERR_LOG: the place it should read at does not exist, or bytes do not have
 * their checksum; *ret_problem says which. ERR_BUSY: the broker is away; it goes on trying. */
enum err log_reader_poll(struct log_reader *reader, int timeout_ms, struct log_record *ret_record,
                         const char **ret_problem) MUST_CHECK;

/* New writer with one request in flight, idempotent, acks=all, no message timeout (R4). The caller
 * closes it, which waits for nothing. */
struct log_writer *log_writer_open(struct log *log) MUST_CHECK;
void log_writer_close(struct log_writer *writer);
/* Queues one record until the next push; copies everything. On an error nothing is queued.
 * ERR_FULL: too much is waiting already. ERR_RANGE: larger than LOG_RECORD_SIZE_MAX.
 * ERR_NOT_FOUND: no such partition. ERR_BUSY: no broker to ask whether there is (first use only).
 */
enum err log_writer_append(struct log_writer *writer, const char *topic, int32_t partition,
                           struct bytes key, struct bytes value, const struct log_header *headers,
                           size_t headers_count) MUST_CHECK;
/* Sends what is queued without waiting for more to come, and looks at delivery reports that are
 * there. ERR_DOUBT: some append was not confirmed as persisted, now or earlier: R4. */
enum err log_writer_push(struct log_writer *writer) MUST_CHECK;
/* Waits until everything queued is confirmed. ERR_TIMEOUT, ERR_DOUBT. */
enum err log_writer_flush(struct log_writer *writer, int timeout_ms) MUST_CHECK;
/* Records queued and not confirmed yet. */
size_t log_writer_waiting(const struct log_writer *writer);

/* Membership in a consumer group, used only to spread partitions over instances. */
struct log_group;
/* Joins `group` for `topic` as `instance` (static membership). Who had the name before is fenced:
 * its share becomes empty, until nobody else has the name. ERR_CONFIG: not a name that a topic can
 * have. */
enum err log_group_join(struct log *log, const char *group, const char *topic, const char *instance,
                        struct log_group **ret_group) MUST_CHECK;
/* What this member has now: up to `max` partitions, ascending. False: nothing changed since the
 * last call; *ret_count is then untouched. Waits `timeout_ms` at most for a change. */
bool log_group_assigned(struct log_group *group, int timeout_ms, int32_t *ret_partitions,
                        size_t max, size_t *ret_count);
/* Ends this membership. On Kafka the others get its partitions only when the session times out (10
 * s), so that an instance that is restarted gets them back without moving anything. */
void log_group_leave(struct log_group *group);

#endif
