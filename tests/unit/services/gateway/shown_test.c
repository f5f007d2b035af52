#include "gateway/shown.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *printed(const struct shown *shown, struct buffer *buffer)
{
    buffer_reset(buffer);
    shown_print(shown, buffer);
    buffer_byte(buffer, 0);
    return (const char *)buffer->data;
}

static void what_is_printed_is_read_again(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    struct shown shown = {.count = 0};
    assert_int_equal(shown_parse(TEXT("orders/0:77 accounts/1<orders/0:77 settings/0:3"), &shown),
                     OK);
    assert_int_equal(shown.count, 3);
    assert_string_equal(printed(&shown, &buffer),
                        "orders/0:77 accounts/1<orders/0:77 settings/0:3");
    buffer_free(&buffer);
}

static void a_position_only_moves_on(void **state)
{
    (void)state;
    struct shown shown = {.count = 0};
    assert_int_equal(shown_parse(TEXT("orders/0:77 orders/0:76 orders/0:78"), &shown), OK);
    assert_int_equal(shown.count, 1);
    assert_int_equal(shown.rows[0].offset, 78);
}

static void what_is_not_a_position_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "orders",      "orders/0",     "orders/x:1",  "orders/0:",
        "nobody/0:1",  "orders/0:1,",  "orders/-1:1", "orders/9999:1",
        "orders/0<:1", "orders/0:1 ,", "/0:1",        "orders/0:9999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        struct shown shown = {.count = 0};
        assert_int_equal(shown_parse(text_of(WRONG[i]), &shown), ERR_INPUT);
    }
}

static void the_position_of_an_event_is_read_as_answers_show_it(void **state)
{
    static const char *const WRONG[] = {"",
                                        "accounts",
                                        "accounts/1",
                                        "accounts/1:77",
                                        "nobody/1/77",
                                        "accounts/1/",
                                        "accounts/1/77 ",
                                        "accounts/1/x"};
    struct shown_position position = {.offset = 0};
    (void)state;
    assert_int_equal(shown_parse_event(TEXT("accounts/1/77"), &position), OK);
    assert_int_equal(position.service, SERVICE_ACCOUNTS);
    assert_int_equal(position.source, SERVICE_ACCOUNTS);
    assert_int_equal(position.partition, 1);
    assert_int_equal(position.source_partition, 1);
    assert_int_equal(position.offset, 77);
    for (size_t i = 0; i < COUNT_OF(WRONG); i++)
        assert_int_equal(shown_parse_event(text_of(WRONG[i]), &position), ERR_INPUT);
}

static void a_full_set_keeps_what_it_has(void **state)
{
    (void)state;
    struct shown shown = {.count = 0};
    for (int i = 0; i < SHOWN_MAX + 10; i++)
        shown_add(&shown, (struct shown_position){.partition = (int16_t)i, .offset = i});
    assert_int_equal(shown.count, SHOWN_MAX);
}

static void each_caller_has_been_shown_its_own(void **state)
{
    (void)state;
    struct shown_store *store = shown_store_new();
    struct shown more = {.count = 0}, got;
    struct uuid one = {{1}}, other = {{2}};
    assert_int_equal(shown_parse(TEXT("orders/0:77"), &more), OK);

    shown_store_add(store, one, &more);
    shown_store_get(store, one, &got);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.rows[0].offset, 77);
    shown_store_get(store, other, &got);
    assert_int_equal(got.count, 0);
    shown_store_free(store);
}

/* Who has created an asset in one partition of orders may use it in another at once. */
static void a_command_waits_for_other_partitions_of_its_own_service(void **state)
{
    (void)state;
    struct arena *arena = arena_new(10000);
    struct command_meta meta = {0};
    struct shown shown = {.count = 0};
    assert_int_equal(shown_parse(TEXT("orders/1:77 accounts/1<orders/1:77 audit/0:3"), &shown), OK);
    shown_after(&shown, arena, &meta);
    assert_int_equal(meta.after_count, 1);
    assert_true(text_is(meta.after[0].topic, "bourse.orders.events"));
    assert_int_equal(meta.after[0].partition, 1);
    assert_int_equal(meta.after[0].offset, 77);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read_again),
        cmocka_unit_test(a_position_only_moves_on),
        cmocka_unit_test(what_is_not_a_position_is_refused),
        cmocka_unit_test(the_position_of_an_event_is_read_as_answers_show_it),
        cmocka_unit_test(a_full_set_keeps_what_it_has),
        cmocka_unit_test(each_caller_has_been_shown_its_own),
        cmocka_unit_test(a_command_waits_for_other_partitions_of_its_own_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
