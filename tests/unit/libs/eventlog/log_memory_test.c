/* log_memory_test.c - the log in memory keeps what log.h promises, and breaks when a test wants. */
#include "eventlog/log_memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *problem = "";

static const struct log_topic TOPICS[] = {{"bourse.orders.events", 2, true},
                                          {"bourse.orders.commands", 3, false}};
#define EVENTS   TOPICS[0].name
#define COMMANDS TOPICS[1].name

static struct log *new_log(void)
{
    struct log *log = log_open_memory();
    assert_int_equal(log_create_topics(log, TOPICS, COUNT_OF(TOPICS), 1, &problem), OK);
    return log;
}

static struct bytes bytes_of(const char *string)
{
    return (struct bytes){(const uint8_t *)string, strlen(string)};
}

static void append(struct log_writer *writer, const char *topic, int32_t partition,
                   const char *value)
{
    assert_int_equal(
        log_writer_append(writer, topic, partition, bytes_of("key"), bytes_of(value), NULL, 0), OK);
}

static void assert_value(struct log_record record, const char *value)
{
    assert_true(bytes_equal(record.value, bytes_of(value)));
}

static int64_t noon_us(void *context)
{
    return *(int64_t *)context;
}

static void a_record_comes_back_as_it_was_appended(void **state)
{
    (void)state;
    struct log *log = new_log();
    int64_t noon = 12345678;
    log_memory_set_clock(log, noon_us, &noon);
    struct log_writer *writer = log_writer_open(log);
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    const struct log_header headers[] = {{TEXT("kind"), TEXT("OrderEntered")},
                                         {TEXT("empty"), TEXT("")}};
    struct log_record record;

    assert_int_equal(log_writer_append(writer, EVENTS, 1, bytes_of("key"), bytes_of("value"),
                                       headers, COUNT_OF(headers)),
                     OK);
    assert_int_equal(log_writer_push(writer), OK);
    assert_int_equal(log_reader_assign(reader, EVENTS, 1, 0, &problem), OK);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);

    assert_true(text_is(record.topic, EVENTS));
    assert_int_equal(record.partition, 1);
    assert_int_equal(record.offset, 0);
    assert_int_equal(record.timestamp_us, noon);
    assert_true(bytes_equal(record.key, bytes_of("key")));
    assert_value(record, "value");
    assert_int_equal(record.headers_count, 2);
    assert_true(text_is(record.headers[0].name, "kind"));
    assert_true(text_is(record.headers[0].value, "OrderEntered"));
    assert_true(text_is(record.headers[1].name, "empty"));
    assert_int_equal(record.headers[1].value.size, 0);
    log_reader_close(reader);
    log_writer_close(writer);
    log_close(log);
}

static void nothing_is_there_before_the_push(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_writer *writer = log_writer_open(log);
    int64_t start;
    int64_t end;

    append(writer, EVENTS, 0, "a");
    assert_int_equal(log_writer_waiting(writer), 1);
    assert_int_equal(log_ends(log, EVENTS, 0, &start, &end), OK);
    assert_int_equal(end, 0);

    assert_int_equal(log_writer_flush(writer, 0), OK);
    assert_int_equal(log_writer_waiting(writer), 0);
    assert_int_equal(log_ends(log, EVENTS, 0, &start, &end), OK);
    assert_int_equal(start, 0);
    assert_int_equal(end, 1);
    log_writer_close(writer);
    log_close(log);
}

static void a_writer_that_closes_takes_its_queue_along(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_writer *writer = log_writer_open(log);
    int64_t start;
    int64_t end;

    append(writer, EVENTS, 0, "a");
    log_writer_close(writer);

    assert_int_equal(log_ends(log, EVENTS, 0, &start, &end), OK);
    assert_int_equal(end, 0);
    log_close(log);
}

static void partitions_are_read_in_turn_and_each_in_order(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_writer *writer = log_writer_open(log);
    struct log_reader *reader = log_reader_open(log, LOG_GATHERING);
    struct log_record record;
    for (int i = 0; i < 3; i++) {
        append(writer, EVENTS, 0, "x");
        append(writer, COMMANDS, 2, "y");
    }
    assert_int_equal(log_writer_push(writer), OK);
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 0, &problem), OK);
    assert_int_equal(log_reader_assign(reader, COMMANDS, 2, 0, &problem), OK);

    for (int i = 0; i < 6; i++) {
        assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
        assert_int_equal(record.offset, i / 2);
        assert_value(record, i % 2 == 0 ? "x" : "y");
    }
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), ERR_TIMEOUT);
    log_reader_close(reader);
    log_writer_close(writer);
    log_close(log);
}

static void a_reader_pauses_moves_and_stops(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_writer *writer = log_writer_open(log);
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;
    append(writer, EVENTS, 0, "a");
    append(writer, EVENTS, 0, "b");
    assert_int_equal(log_writer_push(writer), OK);
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 0, &problem), OK);

    log_reader_pause(reader, EVENTS, 0, true);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), ERR_TIMEOUT);
    log_reader_pause(reader, EVENTS, 0, false);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
    assert_value(record, "a");
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 0, &problem), OK);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
    assert_value(record, "a");
    log_reader_unassign(reader, EVENTS, 0);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), ERR_TIMEOUT);
    log_reader_close(reader);
    log_writer_close(writer);
    log_close(log);
}

static void a_position_outside_of_the_log_is_found_out(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;
    for (int i = 0; i < 4; i++)
        log_memory_append_raw(log, EVENTS, 0, bytes_of(""), bytes_of("v"), NULL, 0);

    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 5, &problem), ERR_LOG);
    assert_string_equal(problem, "bourse.orders.events/0: position 5 is ahead of the log, which "
                                 "has the offsets from 0 to before 4");
    assert_int_equal(log_reader_assign(reader, EVENTS, 2, 0, &problem), ERR_NOT_FOUND);
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 4, &problem), OK);
    log_memory_truncate(log, EVENTS, 0, 3);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), ERR_LOG);

    log_memory_trim(log, EVENTS, 0, 2);
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 1, &problem), ERR_LOG);
    assert_string_equal(problem, "bourse.orders.events/0: position 1 is before the log, which "
                                 "has the offsets from 2 to before 3");
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 2, &problem), OK);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
    assert_int_equal(record.offset, 2);
    log_reader_close(reader);
    log_close(log);
}

static void a_lost_append_leaves_its_writer_in_doubt_for_ever(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_writer *writer = log_writer_open(log);
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;

    log_memory_lose(log, EVENTS, 0, 1);
    append(writer, EVENTS, 0, "lost");
    append(writer, EVENTS, 0, "kept");
    assert_int_equal(log_writer_push(writer), ERR_DOUBT);
    assert_int_equal(log_writer_push(writer), ERR_DOUBT);

    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 0, &problem), OK);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
    assert_value(record, "kept");
    log_reader_close(reader);
    log_writer_close(writer);
    log_close(log);
}

static void what_cannot_be_appended_is_refused(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_writer *writer = log_writer_open(log);
    static const uint8_t large[LOG_RECORD_SIZE_MAX + 1];

    assert_int_equal(log_writer_append(writer, "none", 0, bytes_of("k"), bytes_of("v"), NULL, 0),
                     ERR_NOT_FOUND);
    assert_int_equal(log_writer_append(writer, EVENTS, 2, bytes_of("k"), bytes_of("v"), NULL, 0),
                     ERR_NOT_FOUND);
    assert_int_equal(log_writer_append(writer, EVENTS, 0, bytes_of(""),
                                       (struct bytes){large, sizeof large}, NULL, 0),
                     ERR_RANGE);
    assert_int_equal(log_writer_append(writer, EVENTS, 0, bytes_of(""),
                                       (struct bytes){large, sizeof large - 1}, NULL, 0),
                     OK);
    log_writer_close(writer);
    log_close(log);
}

static void a_strange_record_shows_one_header_too_many(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_header headers[LOG_HEADERS_MAX + 9];
    struct log_record record;
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        headers[i] = (struct log_header){TEXT("h"), TEXT("v")};

    assert_int_equal(log_memory_append_raw(log, EVENTS, 0, bytes_of("k"), bytes_of("v"), headers,
                                           COUNT_OF(headers)),
                     0);
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 0, &problem), OK);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
    assert_int_equal(record.headers_count, LOG_HEADERS_MAX + 1);
    log_reader_close(reader);
    log_close(log);
}

static void topics_are_compared_with_what_they_should_be(void **state)
{
    (void)state;
    struct log *log = new_log();
    const struct log_topic wrong = {EVENTS, 3, true};
    const struct log_topic missing = {"bourse.audit.events", 1, true};
    int32_t count;

    assert_int_equal(log_check_topics(log, TOPICS, COUNT_OF(TOPICS), &problem), OK);
    assert_int_equal(log_check_topics(log, &wrong, 1, &problem), ERR_LOG);
    assert_string_equal(problem, "topic bourse.orders.events: partitions is 2, must be 3");
    assert_int_equal(log_check_topics(log, &missing, 1, &problem), ERR_NOT_FOUND);
    assert_int_equal(log_partition_count(log, EVENTS, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(log_partition_count(log, missing.name, &count), ERR_NOT_FOUND);
    log_close(log);
}

static void assert_share(struct log_group *group, size_t count, int32_t first, int32_t second)
{
    int32_t partitions[4];
    size_t found;
    assert_true(log_group_assigned(group, 0, partitions, COUNT_OF(partitions), &found));
    assert_int_equal(found, count);
    if (count > 0)
        assert_int_equal(partitions[0], first);
    if (count > 1)
        assert_int_equal(partitions[1], second);
    assert_false(log_group_assigned(group, 0, partitions, COUNT_OF(partitions), &found));
}

static void members_share_the_partitions_by_name(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_group *b;
    struct log_group *a;
    struct log_group *elsewhere;

    assert_int_equal(log_group_join(log, "orders", EVENTS, "orders-b", &b), OK);
    assert_share(b, 2, 0, 1);
    assert_int_equal(log_group_join(log, "orders", EVENTS, "orders-a", &a), OK);
    assert_int_equal(log_group_join(log, "other", EVENTS, "orders-a", &elsewhere), OK);
    assert_share(a, 1, 0, 0);
    assert_share(b, 1, 1, 0);
    assert_share(elsewhere, 2, 0, 1);
    log_group_leave(a);
    assert_share(b, 2, 0, 1);
    log_group_leave(b);
    log_group_leave(elsewhere);
    log_close(log);
}

static void a_second_member_of_the_same_name_fences_the_first(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_group *first;
    struct log_group *second;

    assert_int_equal(log_group_join(log, "orders", EVENTS, "orders-a", &first), OK);
    assert_share(first, 2, 0, 1);
    assert_int_equal(log_group_join(log, "orders", EVENTS, "orders-a", &second), OK);
    assert_share(first, 0, 0, 0);
    assert_share(second, 2, 0, 1);
    log_group_leave(first);
    log_group_leave(second);
    log_close(log);
}

enum { RECORDS = 2000 };

static void *write_numbers(void *context)
{
    struct log_writer *writer = log_writer_open(context);
    char value[16];
    for (int i = 0; i < RECORDS; i++) {
        snprintf(value, sizeof value, "%d", i);
        append(writer, EVENTS, 0, value);
        assert_int_equal(log_writer_push(writer), OK);
    }
    log_writer_close(writer);
    return NULL;
}

static void a_waiting_reader_wakes_up_for_what_another_thread_appends(void **state)
{
    (void)state;
    struct log *log = new_log();
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;
    char value[16];
    pthread_t thread;
    assert_int_equal(log_reader_assign(reader, EVENTS, 0, 0, &problem), OK);
    assert_int_equal(pthread_create(&thread, NULL, write_numbers, log), 0);

    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(log_reader_poll(reader, 10000, &record, &problem), OK);
        snprintf(value, sizeof value, "%d", i);
        assert_value(record, value);
    }
    assert_int_equal(log_reader_poll(reader, 5, &record, &problem), ERR_TIMEOUT);
    assert_int_equal(pthread_join(thread, NULL), 0);
    log_reader_close(reader);
    log_close(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_as_it_was_appended),
        cmocka_unit_test(nothing_is_there_before_the_push),
        cmocka_unit_test(a_writer_that_closes_takes_its_queue_along),
        cmocka_unit_test(partitions_are_read_in_turn_and_each_in_order),
        cmocka_unit_test(a_reader_pauses_moves_and_stops),
        cmocka_unit_test(a_position_outside_of_the_log_is_found_out),
        cmocka_unit_test(a_lost_append_leaves_its_writer_in_doubt_for_ever),
        cmocka_unit_test(what_cannot_be_appended_is_refused),
        cmocka_unit_test(a_strange_record_shows_one_header_too_many),
        cmocka_unit_test(topics_are_compared_with_what_they_should_be),
        cmocka_unit_test(members_share_the_partitions_by_name),
        cmocka_unit_test(a_second_member_of_the_same_name_fences_the_first),
        cmocka_unit_test(a_waiting_reader_wakes_up_for_what_another_thread_appends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
