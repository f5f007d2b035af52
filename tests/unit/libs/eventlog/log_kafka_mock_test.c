/* log_kafka_mock_test.c - answers that real brokers rarely give: the log over Kafka, against the
 * cluster that librdkafka mocks in this very process (loopback only), which is told what to answer.
 *
 * R4: an append is told to be done and is then in the log once, in its order, or the writer is in
 * doubt for good. The mock never stores what it answers with an error, and looks at no sequence
 * numbers: that a record is stored and its answer lost, and that what was sent right behind a
 * refused one is refused, too, takes a real broker (tests/fault). So one record waits for the other
 * here.
 */
#include "eventlog/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum { PRODUCE = 0, FETCH = 1, INIT_PRODUCER_ID = 22 }; /* the protocol's requests */
enum {
    WAIT_MS = 30000,
    LOOK_MS = 500,  /* how long nothing has to come for there to be nothing */
    TIMES = 3,      /* that an error is answered one after the other */
    TOPICS_MAX = 96 /* each row has its own */
};

static rd_kafka_t *keeper;
static rd_kafka_mock_cluster_t *cluster;
static struct log *kafka;
static const char *problem = "";

static int open_mock(void **state)
{
    (void)state;
    char reason[512];
    keeper = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    cluster = keeper == NULL ? NULL : rd_kafka_mock_cluster_new(keeper, 1);
    if (cluster == NULL || log_open_kafka(rd_kafka_mock_cluster_bootstraps(cluster), NULL,
                                          "mock-test", &kafka, &problem) != OK) {
        print_error("no mock of a cluster: %s %s\n", reason, problem);
        return 1;
    }
    return 0;
}

static int close_mock(void **state)
{
    (void)state;
    log_close(kafka);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(keeper);
    return 0;
}

/* A topic that nobody has used, with one partition. Lives until the next call. */
static const char *new_topic(void)
{
    static char name[32];
    static int number;
    assert_true(number < TOPICS_MAX);
    snprintf(name, sizeof name, "mock.%d", number++);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, name, 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    return name;
}

static void answer_with(int16_t request, rd_kafka_resp_err_t error, size_t times)
{
    rd_kafka_resp_err_t errors[TIMES];
    for (size_t i = 0; i < times; i++)
        errors[i] = error;
    rd_kafka_mock_push_request_errors_array(cluster, request, times, errors);
}

/* Appends a record with a number, and waits until it is there. */
static enum err append(struct log_writer *writer, const char *topic, int number)
{
    char value[16];
    struct bytes bytes = {(const uint8_t *)value,
                          (size_t)snprintf(value, sizeof value, "%d", number)};
    enum err err = log_writer_append(writer, topic, 0, bytes, bytes, NULL, 0);
    return err == OK ? log_writer_flush(writer, WAIT_MS) : err;
}

static bool has_number(const struct log_record *record, int number)
{
    char value[16];
    size_t size = (size_t)snprintf(value, sizeof value, "%d", number);
    return bytes_equal(record->value, (struct bytes){(const uint8_t *)value, size});
}

/* How many records the log has, which have to be 0, 1, 2 and so on, each once. */
static int count_in_order(const char *name, const char *topic)
{
    struct log_reader *reader = log_reader_open(kafka, LOG_PROMPT);
    int64_t start, end;
    assert_int_equal(log_ends(kafka, topic, 0, &start, &end), OK);
    assert_int_equal(log_reader_assign(reader, topic, 0, 0, &problem), OK);
    int count = 0;
    while (count < end) {
        struct log_record record;
        enum err err = log_reader_poll(reader, WAIT_MS, &record, &problem);
        if (err == ERR_BUSY)
            continue;
        if (err != OK || record.offset != count || !has_number(&record, count))
            fail_msg("%s: offset %d of %lld has %.*s: %s %s", name, count, (long long)end,
                     (int)record.value.size, (const char *)record.value.data, err_text(err),
                     problem);
        count++;
    }
    log_reader_close(reader);
    return count;
}

/* --- writers ---------------------------------------------------------------------------------- */

enum outcome { DONE, DOUBT };

struct row {
    rd_kafka_resp_err_t errors[2]; /* one after the other; the second may be none */
    enum outcome outcome;
};

#define ERROR(name_) RD_KAFKA_RESP_ERR_##name_
#define ROW(name_, outcome_)                                                                       \
    {                                                                                              \
        {ERROR(name_)}, outcome_                                                                   \
    }
#define PAIR(first_, second_, outcome_)                                                            \
    {                                                                                              \
        {ERROR(first_), ERROR(second_)}, outcome_                                                  \
    }

static const struct row PRODUCED[] = {
    ROW(NOT_ENOUGH_REPLICAS, DONE),
    ROW(NOT_ENOUGH_REPLICAS_AFTER_APPEND, DONE),
    ROW(REQUEST_TIMED_OUT, DONE),
    ROW(NOT_LEADER_FOR_PARTITION, DONE),
    ROW(LEADER_NOT_AVAILABLE, DONE),
    ROW(UNKNOWN_TOPIC_OR_PART, DONE),
    ROW(KAFKA_STORAGE_ERROR, DONE),
    ROW(BROKER_NOT_AVAILABLE, DONE),
    ROW(REPLICA_NOT_AVAILABLE, DONE),
    ROW(COORDINATOR_LOAD_IN_PROGRESS, DONE),
    ROW(_TRANSPORT, DONE), /* the connection ends instead */
    ROW(UNKNOWN, DOUBT),
    ROW(NETWORK_EXCEPTION, DOUBT),
    ROW(THROTTLING_QUOTA_EXCEEDED, DOUBT),
    ROW(INVALID_MSG, DOUBT),
    ROW(INVALID_MSG_SIZE, DOUBT),
    ROW(MSG_SIZE_TOO_LARGE, DOUBT),
    ROW(RECORD_LIST_TOO_LARGE, DOUBT),
    ROW(INVALID_RECORD, DOUBT),
    ROW(INVALID_TIMESTAMP, DOUBT),
    ROW(INVALID_REQUIRED_ACKS, DOUBT),
    ROW(UNSUPPORTED_FOR_MESSAGE_FORMAT, DOUBT),
    ROW(POLICY_VIOLATION, DOUBT),
    ROW(TOPIC_AUTHORIZATION_FAILED, DOUBT),
    ROW(CLUSTER_AUTHORIZATION_FAILED, DOUBT),
    ROW(SECURITY_DISABLED, DOUBT),
    ROW(OUT_OF_ORDER_SEQUENCE_NUMBER, DOUBT),
    ROW(INVALID_PRODUCER_EPOCH, DOUBT),
    ROW(INVALID_PRODUCER_ID_MAPPING, DOUBT),
    ROW(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, DOUBT),
    /* It was not stored before, so it is sent again under another id. */
    ROW(UNKNOWN_PRODUCER_ID, DONE),
    /* It may have been, so it must not. */
    PAIR(REQUEST_TIMED_OUT, UNKNOWN_PRODUCER_ID, DOUBT),
    PAIR(NOT_ENOUGH_REPLICAS_AFTER_APPEND, UNKNOWN_PRODUCER_ID, DOUBT),
    PAIR(_TRANSPORT, UNKNOWN_PRODUCER_ID, DOUBT),
    PAIR(REQUEST_TIMED_OUT, OUT_OF_ORDER_SEQUENCE_NUMBER, DOUBT),
    PAIR(NOT_LEADER_FOR_PARTITION, NOT_ENOUGH_REPLICAS, DONE),
};

static enum err append_two(struct log_writer *writer, const char *topic, int first)
{
    enum err err = append(writer, topic, first);
    return err == OK ? append(writer, topic, first + 1) : err;
}

/* In doubt it is for good, also where the broker would take it now. */
static void still_in_doubt(struct log_writer *writer, const char *topic)
{
    assert_int_equal(append(writer, topic, 1), ERR_DOUBT);
    assert_int_equal(log_writer_push(writer), ERR_DOUBT);
}

/* One record is confirmed; the next is answered with the errors, and a third comes behind it. */
static void produce(const struct row *row, size_t times)
{
    const char *name = rd_kafka_err2name(row->errors[0]), *topic = new_topic();
    struct log_writer *writer = log_writer_open(kafka);
    assert_int_equal(append(writer, topic, 0), OK);

    answer_with(PRODUCE, row->errors[0], times);
    if (row->errors[1] != RD_KAFKA_RESP_ERR_NO_ERROR)
        answer_with(PRODUCE, row->errors[1], 1);
    enum err err = append_two(writer, topic, 1);
    rd_kafka_mock_clear_request_errors(cluster, PRODUCE);
    int count = count_in_order(name, topic);
    print_message("%s, %s, %zu times: %s, %d records\n", name, rd_kafka_err2name(row->errors[1]),
                  times, err_text(err), count);
    assert_int_equal(err, row->outcome == DONE ? OK : ERR_DOUBT);
    assert_int_equal(count, row->outcome == DONE ? 3 : 1);
    if (row->outcome == DOUBT)
        still_in_doubt(writer, topic);
    else
        assert_int_equal(log_writer_waiting(writer), 0);
    log_writer_close(writer);
}

static void an_append_is_done_once_and_in_order_or_in_doubt(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(PRODUCED); i++)
        produce(&PRODUCED[i], 1);
}

static void what_is_answered_again_and_again_is_done_in_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(PRODUCED); i++) {
        if (PRODUCED[i].outcome == DONE)
            produce(&PRODUCED[i], TIMES);
    }
}

/* A writer asks for a producer's id before its first record. */
static void a_writer_without_an_id_waits_for_one_or_is_in_doubt(void **state)
{
    static const struct row ROWS[] = {ROW(COORDINATOR_LOAD_IN_PROGRESS, DONE),
                                      ROW(COORDINATOR_NOT_AVAILABLE, DONE),
                                      ROW(REQUEST_TIMED_OUT, DONE), ROW(_TRANSPORT, DONE),
                                      ROW(CLUSTER_AUTHORIZATION_FAILED, DOUBT)};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const char *name = rd_kafka_err2name(ROWS[i].errors[0]), *topic = new_topic();
        answer_with(INIT_PRODUCER_ID, ROWS[i].errors[0], TIMES);
        struct log_writer *writer = log_writer_open(kafka);
        enum err err = append_two(writer, topic, 0);
        rd_kafka_mock_clear_request_errors(cluster, INIT_PRODUCER_ID);
        print_message("an id, %s: %s\n", name, err_text(err));
        assert_int_equal(err, ROWS[i].outcome == DONE ? OK : ERR_DOUBT);
        assert_int_equal(count_in_order(name, topic), ROWS[i].outcome == DONE ? 2 : 0);
        log_writer_close(writer);
    }
}

/* --- readers ---------------------------------------------------------------------------------- */

enum reading { GOES_ON, STOPS };

/* Every record is read in its order, or the reader stops for good: it never passes over one. */
static void read_through(rd_kafka_resp_err_t error, enum reading reading, const char *topic)
{
    const char *name = rd_kafka_err2name(error);
    struct log_reader *reader = log_reader_open(kafka, LOG_PROMPT);
    struct log_record record;
    answer_with(FETCH, error, TIMES);
    assert_int_equal(log_reader_assign(reader, topic, 0, 0, &problem), OK);
    enum err err = OK;
    int count = 0;
    while (count < 2 && (err == OK || err == ERR_BUSY)) {
        err = log_reader_poll(reader, WAIT_MS, &record, &problem);
        if (err == OK)
            assert_int_equal(record.offset, count++);
    }
    rd_kafka_mock_clear_request_errors(cluster, FETCH);
    print_message("fetch, %s: %s, %d records; %s\n", name, err_text(err), count, problem);
    assert_int_equal(err, reading == GOES_ON ? OK : ERR_LOG);
    assert_int_equal(count, reading == GOES_ON ? 2 : 0);
    if (reading == STOPS)
        assert_int_equal(log_reader_poll(reader, LOOK_MS, &record, &problem), ERR_LOG);
    log_reader_close(reader);
}

static void a_reader_goes_on_at_its_place_or_stops(void **state)
{
    static const struct {
        rd_kafka_resp_err_t error;
        enum reading reading;
    } ROWS[] = {
        {ERROR(NOT_LEADER_FOR_PARTITION), GOES_ON},
        {ERROR(LEADER_NOT_AVAILABLE), GOES_ON},
        {ERROR(BROKER_NOT_AVAILABLE), GOES_ON},
        {ERROR(REPLICA_NOT_AVAILABLE), GOES_ON},
        {ERROR(KAFKA_STORAGE_ERROR), GOES_ON},
        {ERROR(FENCED_LEADER_EPOCH), GOES_ON},
        {ERROR(_TRANSPORT), GOES_ON},
        {ERROR(OFFSET_OUT_OF_RANGE), STOPS},
        {ERROR(TOPIC_AUTHORIZATION_FAILED), STOPS},
        {ERROR(INVALID_MSG), STOPS},
        {ERROR(UNKNOWN), STOPS},
    };
    (void)state;
    const char *topic = new_topic();
    struct log_writer *writer = log_writer_open(kafka);
    assert_int_equal(append_two(writer, topic, 0), OK);
    log_writer_close(writer);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        read_through(ROWS[i].error, ROWS[i].reading, topic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_append_is_done_once_and_in_order_or_in_doubt),
        cmocka_unit_test(what_is_answered_again_and_again_is_done_in_the_end),
        cmocka_unit_test(a_writer_without_an_id_waits_for_one_or_is_in_doubt),
        cmocka_unit_test(a_reader_goes_on_at_its_place_or_stops),
    };
    return cmocka_run_group_tests(tests, open_mock, close_mock);
}
