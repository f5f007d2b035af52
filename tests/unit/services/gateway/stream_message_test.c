#include "gateway/stream_message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

static const char *message_of(const struct stream_cursor *cursor, struct buffer *buffer)
{
    buffer_reset(buffer);
    stream_message(cursor, "trade", TEXT("{}"), buffer);
    buffer_byte(buffer, 0);
    return (const char *)buffer->data;
}

static void an_id_that_was_sent_is_read_again(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    struct stream_cursor cursor;
    assert_int_equal(stream_cursor_parse(TEXT("orders/0:55 orders/1:90.2 accounts/7:0"), &cursor),
                     OK);
    assert_int_equal(cursor.count, 3);
    assert_string_equal(message_of(&cursor, &buffer),
                        "id: orders/0:55 orders/1:90.2 accounts/7:0\nevent: trade\ndata: {}\n\n");
    buffer_free(&buffer);
}

static void what_is_no_id_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"",
                                        "17",
                                        "orders/0",
                                        "orders/0:",
                                        "orders/0:5.",
                                        "orders/0:5.0",
                                        "orders/0:5.x",
                                        "orders/0:5.1.2",
                                        "orders/0:5.1000000",
                                        "orders/0:5  orders/1:5",
                                        "orders/0:5 orders/0:6",
                                        "accounts/0<orders/0:5",
                                        "nobody/0:5",
                                        "orders/-1:5",
                                        "orders/0:5\norders/1:5"};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        struct stream_cursor cursor;
        if (stream_cursor_parse(text_of(WRONG[i]), &cursor) == OK)
            fail_msg("\"%s\" was read", WRONG[i]);
    }
}

static void a_partition_of_which_nothing_was_told_is_not_named(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    struct stream_cursor cursor = {.count = 0};
    stream_cursor_add(&cursor, SERVICE_ORDERS, 0, -1);
    stream_cursor_add(&cursor, SERVICE_ORDERS, 1, 7);
    assert_string_equal(message_of(&cursor, &buffer), "id: orders/1:7\nevent: trade\ndata: {}\n\n");
    buffer_free(&buffer);
}

static void an_event_that_was_told_in_part_is_missed_still(void **state)
{
    (void)state;
    struct stream_position position = {.offset = 5};
    assert_false(stream_position_misses(&position, 4));
    assert_false(stream_position_misses(&position, 5));
    assert_true(stream_position_misses(&position, 6));
    position.messages = 2;
    assert_false(stream_position_misses(&position, 4));
    assert_true(stream_position_misses(&position, 5));
}

static void a_trade_does_not_say_whose_it_is(void **state)
{
    (void)state;
    struct fill fill = {.trade_id = {{9}}, .price_e8 = 12 * E8, .quantity_e8 = E8};
    struct order_entered entered = {.order = {.id = {{1}},
                                              .account_id = {{2}},
                                              .instrument = TEXT("CEA-EUR"),
                                              .side = SIDE_SELL},
                                    .fills = &fill,
                                    .fills_count = 1};
    struct buffer json;
    buffer_init(&json, TEXT_MAX);
    stream_trade(&entered, 0, 17, 1000000, &json);
    buffer_byte(&json, 0);
    assert_string_equal((const char *)json.data,
                        "{\"symbol\":\"CEA-EUR\",\"sequence\":17,"
                        "\"trade_id\":\"09000000-0000-0000-0000-000000000000\","
                        "\"price\":\"12.00\",\"quantity\":\"1.00\",\"side\":\"sell\","
                        "\"executed_at\":\"1970-01-01T00:00:01.000000Z\"}");
    buffer_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_that_was_sent_is_read_again),
        cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(a_partition_of_which_nothing_was_told_is_not_named),
        cmocka_unit_test(an_event_that_was_told_in_part_is_missed_still),
        cmocka_unit_test(a_trade_does_not_say_whose_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
