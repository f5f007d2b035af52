#include "gateway/stream_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int32_t COUNTS[SERVICES] = {
    [SERVICE_ACCOUNTS] = 1, [SERVICE_ORDERS] = 2, [SERVICE_AUDIT] = 1, [SERVICE_SETTINGS] = 1};

static bool add(struct stream_ring *ring, enum service_id service, int32_t partition,
                int64_t offset, enum event_kind kind)
{
    static const uint8_t VALUE[100];
    struct event event = {.kind = kind};
    struct fold fold = {.state = {.head = {{(uint8_t)offset}}}};
    struct followed followed = {.verdict = FOLD_VALID,
                                .record = {.partition = partition,
                                           .offset = offset,
                                           .value = {.data = VALUE, .size = sizeof VALUE}},
                                .fold = &fold,
                                .event = &event};
    return stream_ring_add(ring, service, &followed);
}

static void what_streams_tell_of_is_numbered_and_kept(void **state)
{
    (void)state;
    struct stream_ring *ring = stream_ring_new(COUNTS);
    stream_ring_place(ring, SERVICE_ORDERS, 1, 50, &(struct hash){{7}});
    assert_true(add(ring, SERVICE_ORDERS, 1, 50, EVENT_ORDER_ENTERED));
    assert_true(add(ring, SERVICE_ACCOUNTS, 0, 9, EVENT_FILLS_SETTLED));
    assert_false(add(ring, SERVICE_ORDERS, 1, 51, EVENT_COMMAND_REJECTED));
    assert_false(add(ring, SERVICE_ACCOUNTS, 0, 10, EVENT_ACCOUNT_OPENED));
    assert_false(add(ring, SERVICE_SETTINGS, 0, 3, EVENT_USER_REGISTERED));
    struct stream_covered covered = stream_ring_covered(ring, SERVICE_ORDERS, 1);
    assert_int_equal(covered.from, 50);
    assert_int_equal(covered.head.bytes[0], 7);
    assert_int_equal(covered.last, 51);
    struct stream_record *records[4];
    uint64_t number = 0;
    bool lost = true;
    assert_int_equal(stream_ring_read(ring, &number, records, 4, &lost), 2);
    assert_false(lost);
    assert_int_equal(records[0]->offset, 50);
    assert_int_equal(records[1]->service, SERVICE_ACCOUNTS);
    assert_int_equal(number, stream_ring_now(ring, NULL));
    for (size_t i = 0; i < 2; i++)
        stream_record_release(records[i]);
    stream_ring_free(ring);
}

static void all_that_ends_or_begins_an_order_is_kept(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < EVENT_KINDS; kind++) {
        const struct wire_record *record = WIRE_EVENTS[kind].payload;
        bool orders = strncmp(WIRE_EVENTS[kind].full_name, "bourse.orders.", 14) == 0;
        bool moves = wire_field(record, TEXT("ended")) != NULL;
        for (size_t i = 0; i < record->fields_count; i++)
            moves = moves || record->fields[i].record == &WIRE_ORDER;
        if (orders && moves && kind != EVENT_REPLACE_REFUSED) /* which leaves it as it was */
            assert_true(stream_record_matters(SERVICE_ORDERS, (enum event_kind)kind));
    }
}

static void the_oldest_give_way_and_who_wanted_them_is_told(void **state)
{
    (void)state;
    struct stream_ring *ring = stream_ring_new(COUNTS);
    struct stream_record *record;
    uint64_t number = 0;
    bool lost;
    assert_true(add(ring, SERVICE_ORDERS, 0, 0, EVENT_ORDER_ENTERED));
    assert_int_equal(stream_ring_read(ring, &number, &record, 1, &lost), 1);
    for (int64_t i = 1; i <= STREAM_RING_RECORDS; i++)
        assert_true(add(ring, SERVICE_ORDERS, 0, i, EVENT_ORDER_ENTERED));
    assert_int_equal(record->offset, 0); /* who has a reference still has the record */
    stream_record_release(record);
    assert_int_equal(stream_ring_first(ring), 1);
    struct stream_covered covered = stream_ring_covered(ring, SERVICE_ORDERS, 0);
    assert_int_equal(covered.from, 1);
    number = 0;
    assert_int_equal(stream_ring_read(ring, &number, &record, 1, &lost), 1);
    assert_true(lost);
    assert_int_equal(record->offset, 1);
    stream_record_release(record);
    stream_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_streams_tell_of_is_numbered_and_kept),
        cmocka_unit_test(all_that_ends_or_begins_an_order_is_kept),
        cmocka_unit_test(the_oldest_give_way_and_who_wanted_them_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
