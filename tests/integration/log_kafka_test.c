/* log_kafka_test.c - the log on a real broker, named by BOURSE_KAFKA, keeps what log.h promises.
 * Every run makes topics of its own, which stay. */
#include "eventlog/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 15000, RECORDS = 100000, BURST = 1000 };

static const char *brokers;
static const char *problem = "";
static struct log *kafka;
static char events_name[64];
static struct log_topic events = {events_name, 3, true};

static int open_kafka(void **state)
{
    (void)state;
    brokers = getenv("BOURSE_KAFKA");
    if (brokers == NULL) {
        print_error("BOURSE_KAFKA must name a broker, host:port\n");
        return 1;
    }
    snprintf(events_name, sizeof events_name, "test.%d.%lld", (int)getpid(), (long long)time(NULL));
    if (log_open_kafka(brokers, NULL, "log-kafka-test", &kafka, &problem) != OK ||
        log_create_topics(kafka, &events, 1, 1, &problem) != OK) {
        print_error("%s\n", problem);
        return 1;
    }
    return 0;
}

static int close_kafka(void **state)
{
    (void)state;
    log_close(kafka);
    return 0;
}

static struct bytes bytes_of(const char *string)
{
    return (struct bytes){(const uint8_t *)string, strlen(string)};
}

static void append(struct log_writer *writer, int32_t partition, const char *value)
{
    const struct log_header header = {TEXT("kind"), text_of(value)};
    assert_int_equal(log_writer_append(writer, events_name, partition, bytes_of("key"),
                                       bytes_of(value), &header, 1),
                     OK);
}

static void append_numbers(struct log_writer *writer, int32_t partition, int count)
{
    char value[16];
    for (int i = 0; i < count; i++) {
        snprintf(value, sizeof value, "%d", i);
        append(writer, partition, value);
        if (i % BURST == BURST - 1)
            assert_int_equal(log_writer_push(writer), OK);
    }
    assert_int_equal(log_writer_flush(writer, WAIT_MS), OK);
    assert_int_equal(log_writer_waiting(writer), 0);
}

/* A topic that has just been made has no leader yet. */
static int64_t end_of(int32_t partition)
{
    int64_t start;
    int64_t end;
    enum err err;
    time_t last = time(NULL) + 30;
    do {
        err = log_ends(kafka, events_name, partition, &start, &end);
    } while (err == ERR_BUSY && time(NULL) < last);
    assert_int_equal(err, OK);
    return end;
}

static void assign(struct log_reader *reader, int32_t partition, int64_t offset)
{
    if (log_reader_assign(reader, events_name, partition, offset, &problem) != OK)
        fail_msg("%s", problem);
}

static struct log_record poll_one(struct log_reader *reader)
{
    struct log_record record;
    if (log_reader_poll(reader, WAIT_MS, &record, &problem) != OK)
        fail_msg("no record: %s", problem);
    return record;
}

static void topics_are_created_once_and_as_they_should_be(void **state)
{
    (void)state;
    struct log_topic wrong = events;
    int32_t count;

    assert_int_equal(log_create_topics(kafka, &events, 1, 1, &problem), OK);
    assert_int_equal(log_check_topics(kafka, &events, 1, &problem), OK);
    assert_int_equal(log_partition_count(kafka, events_name, &count), OK);
    assert_int_equal(count, 3);

    wrong.partitions = 4;
    assert_int_equal(log_check_topics(kafka, &wrong, 1, &problem), ERR_LOG);
    assert_non_null(strstr(problem, "partitions is 3, must be 4"));
    wrong = events;
    wrong.forever = false;
    assert_int_equal(log_check_topics(kafka, &wrong, 1, &problem), ERR_LOG);
    assert_non_null(strstr(problem, "retention.ms is -1, must be 604800000"));
    wrong.name = "test.missing";
    assert_int_equal(log_check_topics(kafka, &wrong, 1, &problem), ERR_NOT_FOUND);
    assert_int_equal(log_partition_count(kafka, wrong.name, &count), ERR_NOT_FOUND);
}

static void a_record_comes_back_as_it_was_appended(void **state)
{
    (void)state;
    struct log_writer *writer = log_writer_open(kafka);
    struct log_reader *reader = log_reader_open(kafka, LOG_PROMPT);
    const struct log_header headers[] = {{TEXT("kind"), TEXT("OrderEntered")},
                                         {TEXT("empty"), TEXT("")}};
    int64_t end = end_of(1);
    assign(reader, 1, end);

    assert_int_equal(log_writer_append(writer, events_name, 1, bytes_of("key"), bytes_of("value"),
                                       headers, COUNT_OF(headers)),
                     OK);
    assert_int_equal(log_writer_push(writer), OK);
    struct log_record record = poll_one(reader);

    assert_true(text_is(record.topic, events_name));
    assert_int_equal(record.partition, 1);
    assert_int_equal(record.offset, end);
    assert_true(llabs(record.timestamp_us / 1000000 - time(NULL)) < 60);
    assert_true(bytes_equal(record.key, bytes_of("key")));
    assert_true(bytes_equal(record.value, bytes_of("value")));
    assert_int_equal(record.headers_count, 2);
    assert_true(text_is(record.headers[0].name, "kind"));
    assert_true(text_is(record.headers[0].value, "OrderEntered"));
    assert_true(text_is(record.headers[1].name, "empty"));
    assert_int_equal(record.headers[1].value.size, 0);
    log_reader_close(reader);
    log_writer_close(writer);
}

static void many_records_come_back_in_order_and_complete(void **state)
{
    (void)state;
    struct log_writer *writer = log_writer_open(kafka);
    struct log_reader *reader = log_reader_open(kafka, LOG_GATHERING);
    int64_t first = end_of(0);
    char value[16];
    append_numbers(writer, 0, RECORDS);
    assert_int_equal(end_of(0), first + RECORDS);

    assign(reader, 0, first);
    for (int i = 0; i < RECORDS; i++) {
        struct log_record record = poll_one(reader);
        snprintf(value, sizeof value, "%d", i);
        assert_int_equal(record.offset, first + i);
        assert_true(bytes_equal(record.value, bytes_of(value)));
    }
    log_reader_close(reader);
    log_writer_close(writer);
}

static void a_reader_pauses_moves_and_stops(void **state)
{
    (void)state;
    struct log_writer *writer = log_writer_open(kafka);
    struct log_reader *reader = log_reader_open(kafka, LOG_PROMPT);
    struct log_record record;
    int64_t first = end_of(1);
    append_numbers(writer, 1, 10);

    assign(reader, 1, first);
    assert_int_equal(poll_one(reader).offset, first);
    log_reader_pause(reader, events_name, 1, true);
    assert_int_equal(log_reader_poll(reader, 300, &record, &problem), ERR_TIMEOUT);
    log_reader_pause(reader, events_name, 1, false);
    assert_int_equal(poll_one(reader).offset, first + 1);
    log_reader_pause(reader, events_name, 1, true);
    assign(reader, 1, first + 7);
    assert_int_equal(poll_one(reader).offset, first + 7);
    assign(reader, 1, first);
    assert_int_equal(poll_one(reader).offset, first);
    log_reader_unassign(reader, events_name, 1);
    assert_int_equal(log_reader_poll(reader, 300, &record, &problem), ERR_TIMEOUT);
    log_reader_close(reader);
    log_writer_close(writer);
}

static void a_reader_of_two_partitions_gets_both(void **state)
{
    (void)state;
    struct log_writer *writer = log_writer_open(kafka);
    struct log_reader *reader = log_reader_open(kafka, LOG_PROMPT);
    int64_t next[2] = {end_of(0), end_of(1)};
    assign(reader, 0, next[0]);
    assign(reader, 1, next[1]);
    append_numbers(writer, 0, 50);
    append_numbers(writer, 1, 50);

    for (int i = 0; i < 100; i++) {
        struct log_record record = poll_one(reader);
        assert_int_equal(record.offset, next[record.partition]++);
    }
    assert_int_equal(next[0], end_of(0));
    assert_int_equal(next[1], end_of(1));
    log_reader_close(reader);
    log_writer_close(writer);
}

static void a_position_ahead_of_the_log_is_found_out(void **state)
{
    (void)state;
    struct log_reader *reader = log_reader_open(kafka, LOG_PROMPT);

    assert_int_equal(log_reader_assign(reader, events_name, 2, end_of(2) + 1, &problem), ERR_LOG);
    assert_non_null(strstr(problem, "is ahead of the log"));
    assert_int_equal(log_reader_assign(reader, events_name, 3, 0, &problem), ERR_NOT_FOUND);
    assert_int_equal(log_reader_assign(reader, events_name, 2, end_of(2), &problem), OK);
    log_reader_close(reader);
}

static void what_cannot_be_appended_is_refused(void **state)
{
    (void)state;
    struct log_writer *writer = log_writer_open(kafka);
    struct log_reader *reader = log_reader_open(kafka, LOG_PROMPT);
    static uint8_t large[LOG_RECORD_SIZE_MAX + 1];
    struct bytes largest = {large, sizeof large - 1};
    memset(large, 'x', sizeof large);
    int64_t end = end_of(2);

    assert_int_equal(
        log_writer_append(writer, "test.missing", 0, bytes_of("k"), bytes_of("v"), NULL, 0),
        ERR_NOT_FOUND);
    assert_int_equal(
        log_writer_append(writer, events_name, 3, bytes_of("k"), bytes_of("v"), NULL, 0),
        ERR_NOT_FOUND);
    assert_int_equal(log_writer_append(writer, events_name, 2, bytes_of(""),
                                       (struct bytes){large, sizeof large}, NULL, 0),
                     ERR_RANGE);
    assert_int_equal(log_writer_append(writer, events_name, 2, bytes_of(""), largest, NULL, 0), OK);
    assert_int_equal(log_writer_flush(writer, WAIT_MS), OK);
    assign(reader, 2, end);
    assert_true(bytes_equal(poll_one(reader).value, largest));
    log_reader_close(reader);
    log_writer_close(writer);
}

/* Small ones, more than it reads ahead, and between them the largest, which no fetch of it has room
 * for. */
static void an_unhurried_reader_gets_everything_too(void **state)
{
    (void)state;
    enum { LARGEST = 2, SMALL = 10 };
    struct log_writer *writer = log_writer_open(kafka);
    struct log_reader *reader = log_reader_open(kafka, LOG_UNHURRIED);
    static uint8_t large[LOG_RECORD_SIZE_MAX];
    struct bytes largest = {large, sizeof large};
    int64_t first = end_of(2);
    memset(large, 'x', sizeof large);
    for (int i = 0; i < LARGEST; i++) {
        append_numbers(writer, 2, SMALL);
        assert_int_equal(log_writer_append(writer, events_name, 2, bytes_of(""), largest, NULL, 0),
                         OK);
        assert_int_equal(log_writer_flush(writer, WAIT_MS), OK);
    }
    assign(reader, 2, first);
    for (int i = 0; i < LARGEST * (SMALL + 1); i++) {
        struct log_record record = poll_one(reader);
        assert_int_equal(record.offset, first + i);
        assert_int_equal(record.value.size, i % (SMALL + 1) == SMALL ? sizeof large : 1);
    }
    log_reader_close(reader);
    log_writer_close(writer);
}

static void without_a_broker_questions_end_and_appends_wait(void **state)
{
    (void)state;
    struct log *nowhere;
    int64_t start;
    int64_t end;
    int32_t count;

    assert_int_equal(log_open_kafka("", NULL, "test", &nowhere, &problem), ERR_CONFIG);
    assert_int_equal(log_open_kafka("127.0.0.1:1", NULL, "test", &nowhere, &problem), OK);
    assert_int_equal(log_partition_count(nowhere, events_name, &count), ERR_BUSY);
    assert_int_equal(log_ends(nowhere, events_name, 0, &start, &end), ERR_BUSY);
    struct log_writer *writer = log_writer_open(nowhere);
    assert_int_equal(
        log_writer_append(writer, events_name, 0, bytes_of("k"), bytes_of("v"), NULL, 0), ERR_BUSY);
    log_writer_close(writer);
    log_close(nowhere);
}

static size_t share_of(struct log_group *member, int timeout_ms)
{
    int32_t partitions[8];
    size_t count = SIZE_MAX;
    (void)log_group_assigned(member, timeout_ms, partitions, COUNT_OF(partitions), &count);
    return count;
}

/* Polls both members until each has what is wanted. */
static void wait_for_shares(struct log_group *const members[2], const size_t wanted[2])
{
    size_t found[2] = {SIZE_MAX, SIZE_MAX};
    time_t end = time(NULL) + 30;
    while ((found[0] != wanted[0] || found[1] != wanted[1]) && time(NULL) < end)
        for (int i = 0; i < 2; i++) {
            size_t share = members[i] == NULL ? wanted[i] : share_of(members[i], 50);
            found[i] = share == SIZE_MAX ? found[i] : share;
        }
    assert_int_equal(found[0], wanted[0]);
    assert_int_equal(found[1], wanted[1]);
}

/* Polls both members until they have the three partitions between them, each at least one. */
static void wait_until_shared(struct log_group *const members[2])
{
    size_t found[2] = {0, 0};
    time_t end = time(NULL) + 60;
    while ((found[0] + found[1] != 3 || found[0] == 0 || found[1] == 0) && time(NULL) < end)
        for (int i = 0; i < 2; i++) {
            size_t share = share_of(members[i], 50);
            found[i] = share == SIZE_MAX ? found[i] : share;
        }
    assert_int_equal(found[0] + found[1], 3);
    assert_in_range(found[1], 1, 2);
}

static void members_share_the_partitions(void **state)
{
    (void)state;
    struct log_group *members[2] = {NULL, NULL};
    assert_int_equal(log_group_join(kafka, events_name, events_name, "a", &members[0]), OK);
    wait_for_shares(members, (size_t[]){3, 0});
    assert_int_equal(log_group_join(kafka, events_name, events_name, "b", &members[1]), OK);
    wait_until_shared(members);
    log_group_leave(members[0]);
    log_group_leave(members[1]);
}

static void a_second_of_a_name_fences_the_first_while_it_is_there(void **state)
{
    (void)state;
    struct log_group *first;
    struct log_group *second;
    char group[80];
    snprintf(group, sizeof group, "%s.named", events_name);
    assert_int_equal(log_group_join(kafka, group, events_name, "a", &first), OK);
    wait_for_shares((struct log_group *[]){first, NULL}, (size_t[]){3, 0});
    assert_int_equal(log_group_join(kafka, group, events_name, "a", &second), OK);
    wait_for_shares((struct log_group *[]){first, second}, (size_t[]){0, 3});
    log_group_leave(second);
    wait_for_shares((struct log_group *[]){first, NULL}, (size_t[]){3, 0});
    log_group_leave(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_are_created_once_and_as_they_should_be),
        cmocka_unit_test(a_record_comes_back_as_it_was_appended),
        cmocka_unit_test(many_records_come_back_in_order_and_complete),
        cmocka_unit_test(a_reader_pauses_moves_and_stops),
        cmocka_unit_test(a_reader_of_two_partitions_gets_both),
        cmocka_unit_test(a_position_ahead_of_the_log_is_found_out),
        cmocka_unit_test(what_cannot_be_appended_is_refused),
        cmocka_unit_test(an_unhurried_reader_gets_everything_too),
        cmocka_unit_test(without_a_broker_questions_end_and_appends_wait),
        cmocka_unit_test(members_share_the_partitions),
        cmocka_unit_test(a_second_of_a_name_fences_the_first_while_it_is_there),
    };
    return cmocka_run_group_tests(tests, open_kafka, close_kafka);
}
