/* Whoever follows a log from a record that it only believes to be valid ends with the head of those
 * who have read everything, and only then. */
#include "commands.h"
#include "eventlog/follower.h"
#include "eventlog/log_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RECORDS_MAX = 1000 };

/* What a whole reading of a partition gave. */
struct reading {
    size_t count;
    enum fold_verdict verdicts[RECORDS_MAX]; /* by offset */
    struct hash head;                        /* at the end */
};

static struct reading read_from(struct log *log, enum service_id service, int64_t offset)
{
    struct reading reading = {.count = 0};
    struct follower *follower = follower_open(log, LOG_PROMPT);
    struct followed followed;
    assert_int_equal(follower_rejoin(follower, service, 0, offset), OK);
    while (follower_poll(follower, 0, &followed) == OK) {
        assert_in_range(reading.count, 0, RECORDS_MAX - 1);
        reading.verdicts[reading.count++] = followed.verdict;
        reading.head = followed.fold->state.head;
    }
    follower_close(follower);
    return reading;
}

static struct venue *trading_venue(void)
{
    struct venue *venue = venue_new(1);
    struct venue_client maker, client;
    venue_appoint(venue);
    (void)venue_create_maker(venue, 1000 * E8, &maker);
    (void)venue_register(venue, 1, &client);
    venue_settle(venue);
    (void)venue_set_status(venue, client.account_id, ACCOUNT_STATUS_ACTIVE);
    (void)venue_book(venue, client.account_id, TRANSACTION_TYPE_DEPOSIT, TEXT("EUR"), 10000 * E8);
    venue_settle(venue);
    for (int i = 0; i < 10; i++) {
        struct uuid id;
        (void)venue_limit(venue, &maker, SIDE_SELL, 10 * E8, 12 * E8, &id);
        (void)venue_limit(venue, &client, SIDE_BUY, 4 * E8, 12 * E8, &id);
        venue_settle(venue);
        if (i == 5) /* a claim in the middle */
            venue_restart(venue, SERVICE_ORDERS, 0);
    }
    return venue;
}

static void from_any_valid_record_the_same_head_is_reached(void **state)
{
    (void)state;
    struct venue *venue = trading_venue();
    struct log *log = venue->log;
    struct reading whole = read_from(log, SERVICE_ORDERS, 0);
    size_t claims = 0;
    for (size_t offset = 1; offset < whole.count; offset++) {
        struct reading part = read_from(log, SERVICE_ORDERS, (int64_t)offset);
        claims += whole.verdicts[offset] == FOLD_CLAIM;
        assert_int_equal(part.count, whole.count - offset);
        assert_memory_equal(part.verdicts, whole.verdicts + offset,
                            part.count * sizeof part.verdicts[0]);
        assert_memory_equal(&part.head, &whole.head, sizeof whole.head);
    }
    assert_true(claims >= 2);
    venue_free(venue);
}

/* The bytes of an old event, appended once more: the fold that has read everything passes over it,
 * one that believes it is found out. */
static void from_a_record_that_is_not_valid_another_head_is_reached(void **state)
{
    (void)state;
    struct venue *venue = trading_venue();
    struct log *log = venue->log;
    const char *topic = follower_events_topic(SERVICE_ORDERS);
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;
    const char *problem;
    assert_int_equal(log_reader_assign(reader, topic, 0, 3, &problem), OK);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
    int64_t copy = log_memory_append_raw(log, topic, 0, record.key, record.value, record.headers,
                                         record.headers_count);
    log_reader_close(reader);
    struct reading whole = read_from(log, SERVICE_ORDERS, 0);
    assert_int_equal(whole.verdicts[copy], FOLD_INERT);
    struct reading part = read_from(log, SERVICE_ORDERS, copy);
    assert_int_equal(part.verdicts[0], FOLD_VALID);
    assert_memory_not_equal(&part.head, &whole.head, sizeof whole.head);
    venue_free(venue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_any_valid_record_the_same_head_is_reached),
        cmocka_unit_test(from_a_record_that_is_not_valid_another_head_is_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
