#include "gateway/stream_replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BEHIND = STREAM_REPLAY_RECORDS / 2 + 1 };

static const int32_t COUNTS[SERVICES] = {
    [SERVICE_ACCOUNTS] = 1, [SERVICE_ORDERS] = 2, [SERVICE_AUDIT] = 1, [SERVICE_SETTINGS] = 1};

/* There is no log here: who would begin to read it would not come back. */
static void an_id_too_far_back_in_all_partitions_together_is_not_read_for(void **state)
{
    (void)state;
    struct streams *streams = calloc(1, sizeof *streams);
    struct stream_subscriber *subscriber = calloc(1, sizeof *subscriber);
    assert_true(streams != NULL && subscriber != NULL);
    streams->ring = stream_ring_new(COUNTS);
    for (int32_t partition = 0; partition < 2; partition++) {
        stream_ring_place(streams->ring, SERVICE_ORDERS, partition, 1 + BEHIND,
                          &(struct hash){{7}});
        stream_cursor_add(&subscriber->cursor, SERVICE_ORDERS, partition, 0);
    }
    struct stream_backlog backlog = {.count = 0};
    assert_int_equal(stream_replay(streams, subscriber, INT64_MAX, &backlog), ERR_NOT_FOUND);
    assert_int_equal(backlog.count, 0);
    subscriber->cursor.rows[0].offset = subscriber->cursor.rows[1].offset = BEHIND;
    assert_int_equal(stream_replay(streams, subscriber, INT64_MAX, &backlog),
                     OK); /* the ring has it all */
    stream_ring_free(streams->ring);
    free(subscriber);
    free(streams);
}

static void an_id_whose_turn_comes_too_late_is_not_read_for(void **state)
{
    (void)state;
    struct streams *streams = calloc(1, sizeof *streams);
    struct stream_subscriber *subscriber = calloc(1, sizeof *subscriber);
    assert_true(streams != NULL && subscriber != NULL);
    streams->ring = stream_ring_new(COUNTS);
    stream_ring_place(streams->ring, SERVICE_ORDERS, 0, 2, &(struct hash){{7}});
    stream_cursor_add(&subscriber->cursor, SERVICE_ORDERS, 0, 0);
    struct stream_backlog backlog = {.count = 0};
    int64_t now_ns = gateway_now_ns();
    assert_int_equal(stream_replay(streams, subscriber, now_ns, &backlog), ERR_NOT_FOUND);
    assert_int_equal(backlog.count, 0);
    subscriber->cursor.rows[0].offset = 1;
    assert_int_equal(stream_replay(streams, subscriber, now_ns, &backlog), OK);
    stream_ring_free(streams->ring);
    free(subscriber);
    free(streams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_too_far_back_in_all_partitions_together_is_not_read_for),
        cmocka_unit_test(an_id_whose_turn_comes_too_late_is_not_read_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
