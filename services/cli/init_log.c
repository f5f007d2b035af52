/* Topics, and the record that begins each event partition. */
#include "cli/init.h"

#include "eventlog/follower.h"
#include "eventlog/headers.h"
#include "seal/seal.h"
#include "service/topics.h"

#include <unistd.h>

enum { POLL_MS = 200, FLUSH_MS = 30000, ARENA_SIZE = 1 << 20, VALUE_SIZE_MAX = 1 << 16 };

static bool is_transient(enum err err)
{
    return err == ERR_BUSY || err == ERR_TIMEOUT;
}

/* --- topics --- */

int init_topics(struct log *log, const struct config *config, struct init_log *ret_found)
{
    struct log_topic topics[TOPICS];
    const char *problem = "the broker does not answer";
    int64_t give_up_us = cli_now_us() + INIT_WAIT_US;
    topics_all((int32_t)config->partitions, topics);
    enum err err = ERR_BUSY;
    for (bool waits = true; waits;) {
        err = log_create_topics(log, topics, TOPICS, (int)config->replication, &problem);
        if (err == OK) /* a topic just made is not known everywhere at once */
            err = log_check_topics(log, topics, TOPICS, &problem);
        waits = (is_transient(err) || err == ERR_NOT_FOUND) && cli_now_us() < give_up_us;
        if (waits)
            usleep(INIT_RETRY_US);
    }
    if (is_transient(err))
        return cli_fail("no broker answers at %s (BOURSE_KAFKA)", config->kafka);
    if (err != OK)
        return cli_fail("the topics are not right: %s", problem);
    for (int i = 0; i < SERVICES; i++)
        ret_found->place.partition_counts[i] = i == SERVICE_AUDIT ? 1 : (int32_t)config->partitions;
    return CLI_OK;
}

/* --- what is there --- */

/* Follows the event partitions that have records. *ret_count: how many. */
static enum err follow_all(struct log *log, struct follower *follower, const struct init_log *found,
                           int *ret_count)
{
    *ret_count = 0;
    for (int service = 0; service < SERVICES; service++) {
        const char *topic = follower_events_topic((enum service_id)service);
        for (int32_t i = 0; i < found->place.partition_counts[service]; i++) {
            int64_t start = 0, end = 0;
            enum err err = log_ends(log, topic, i, &start, &end);
            if (err == OK && end > 0) {
                err = follower_begin(follower, (enum service_id)service, i);
                ++*ret_count;
            }
            if (err != OK)
                return err;
        }
    }
    return OK;
}

/* Takes the first record of a partition. */
static int take_first(struct init_log *found, const struct followed *followed)
{
    const struct fold *fold = followed->fold;
    const char *topic = follower_events_topic(fold->service);
    if (followed->verdict != FOLD_VALID || followed->event->kind != EVENT_LOG_CREATED)
        return cli_fail("the first record of %s/%d is not LogCreated: this is not a log of Bourse, "
                        "or its start is lost",
                        topic, fold->partition);
    if (found->exists && !uuid_equal(found->incarnation, fold->incarnation))
        return cli_fail("%s/%d belongs to another log than the partitions before it: a topic was "
                        "made anew, or restored from elsewhere",
                        topic, fold->partition);
    for (int i = 0; i < SERVICES; i++) {
        if (fold->partition_counts[i] != found->place.partition_counts[i])
            return cli_fail("the log was created with %d partitions for %s, not %d: set "
                            "BOURSE_PARTITIONS to what it was, it cannot change",
                            fold->partition_counts[i], service_name((enum service_id)i),
                            found->place.partition_counts[i]);
    }
    found->exists = true;
    found->incarnation = fold->incarnation;
    found->created_at = followed->event->meta.occurred_at;
    found->created[fold->service][fold->partition] = true;
    return CLI_OK;
}

/* Reads until `count` first records have been seen. */
static int read_first(struct follower *follower, int count, struct init_log *found)
{
    int64_t give_up_us = cli_now_us() + INIT_WAIT_US;
    while (count > 0) {
        struct followed followed;
        enum err err = follower_poll(follower, POLL_MS, &followed);
        if (err == ERR_LOG)
            return cli_fail("%s", follower_problem(follower));
        if (err != OK && cli_now_us() > give_up_us)
            return cli_fail("cannot read the first records of the log: the broker does not answer");
        if (err != OK || found->created[followed.fold->service][followed.fold->partition])
            continue;
        if (take_first(found, &followed) != CLI_OK)
            return CLI_FAILED;
        count--;
    }
    return CLI_OK;
}

int init_find_log(struct log *log, struct init_log *found)
{
    int count = 0;
    int status = CLI_OK;
    struct follower *follower = follower_open(log, LOG_PROMPT);
    enum err err = follow_all(log, follower, found, &count);
    if (err == ERR_LOG)
        status = cli_fail("the log's start is lost: records were deleted from an event topic, "
                          "which is to be kept for ever");
    else if (err != OK)
        status = cli_fail("cannot ask the broker where the log ends: %s", err_text(err));
    else
        status = read_first(follower, count, found);
    follower_close(follower);
    return status;
}

/* --- what is missing --- */

static enum err append_creation(struct log_writer *writer, const struct init_log *found,
                                enum service_id service, int32_t partition)
{
    struct partition_count counts[SERVICES];
    struct log_header headers[LOG_HEADERS_MAX];
    for (int i = 0; i < SERVICES; i++)
        counts[i] = (struct partition_count){
            .service = text_of(service_name((enum service_id)i)),
            .count = found->place.partition_counts[i],
        };
    struct event event = {.kind = EVENT_LOG_CREATED, .key = TEXT("")};
    uint8_t rest[12];
    seal_random(rest, sizeof rest);
    event.meta.incarnation = found->incarnation;
    event.meta.event_id = uuid_make(0, rest);
    event.meta.service = text_of(service_name(service));
    event.meta.partition = partition;
    event.meta.occurred_at = found->created_at;
    event.log_created.partition_counts = counts;
    event.log_created.partition_counts_count = SERVICES;
    event.log_created.created_at = found->created_at;
    struct arena *arena = arena_new(ARENA_SIZE);
    size_t headers_count = headers_of_event(&event, arena, headers);
    struct buffer value;
    buffer_init(&value, VALUE_SIZE_MAX);
    event_encode(&event, &value);
    CHECK(buffer_ok(&value));
    enum err err = log_writer_append(writer, follower_events_topic(service), partition,
                                     (struct bytes){(const uint8_t *)"", 0}, buffer_bytes(&value),
                                     headers, headers_count);
    buffer_free(&value);
    arena_free(arena);
    return err;
}

static enum err append_missing(struct log_writer *writer, const struct init_log *found,
                               int *ret_count)
{
    *ret_count = 0;
    for (int service = 0; service < SERVICES; service++) {
        for (int32_t i = 0; i < found->place.partition_counts[service]; i++) {
            if (found->created[service][i])
                continue;
            enum err err = append_creation(writer, found, (enum service_id)service, i);
            if (err != OK)
                return err;
            ++*ret_count;
        }
    }
    return log_writer_flush(writer, FLUSH_MS);
}

int init_create_log(struct log *log, struct init_log *found)
{
    if (!found->exists) {
        uint8_t random[16];
        seal_random(random, sizeof random);
        uint32_t owner_hash = (uint32_t)random[12] << 24 | (uint32_t)random[13] << 16 |
                              (uint32_t)random[14] << 8 | random[15];
        found->incarnation = uuid_make(owner_hash, random);
        found->created_at = cli_now_us();
    }
    int count = 0;
    struct log_writer *writer = log_writer_open(log);
    enum err err = append_missing(writer, found, &count);
    log_writer_close(writer);
    if (err != OK)
        return cli_fail("cannot write LogCreated: %s; run `bourse init` again", err_text(err));
    if (count > 0)
        cli_say("began %d partitions of the log", count);
    found->exists = true;
    return CLI_OK;
}
