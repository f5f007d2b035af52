#include "audit/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SNAPSHOT_MAX = 1 << 12 };

static const struct place PLACE = {.service = SERVICE_AUDIT, .partition_counts = {1, 1, 1, 1}};

static struct buffer two_commands(void)
{
    struct audit *audit = audit_new(&PLACE);
    audit->year = 2026;
    audit->issued = 2;
    audit->tree = (struct merkle){.size = 5, .peaks = {[0] = {{1}}, [2] = {{2}}}};
    audit->checkpoint.number = 1;
    buffer_string(&audit->checkpoint.text, "to be signed");
    audit_remember(audit, (struct uuid){{1}}, 1);
    audit_remember(audit, (struct uuid){{2}}, 2);
    struct buffer saved;
    buffer_init(&saved, SNAPSHOT_MAX);
    audit_save(audit, &saved);
    audit_free(audit);
    return saved;
}

static enum err load(struct bytes bytes)
{
    struct audit *audit = audit_new(&PLACE);
    enum err err = audit_load(audit, bytes);
    audit_free(audit);
    return err;
}

static void a_state_is_saved_and_loaded_whole(void **state)
{
    (void)state;
    struct buffer saved = two_commands(), again;
    struct audit *audit = audit_new(&PLACE);
    buffer_init(&again, SNAPSHOT_MAX);
    assert_int_equal(audit_load(audit, buffer_bytes(&saved)), OK);
    audit_save(audit, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    assert_int_equal(audit->tree.size, 5);
    assert_true(text_is(buffer_as_text(&audit->checkpoint.text), "to be signed"));
    audit_free(audit);
    buffer_free(&saved);
    buffer_free(&again);
}

static void bytes_cut_short_or_too_long_are_no_state(void **state)
{
    (void)state;
    struct buffer saved = two_commands();
    size_t whole = saved.size;
    buffer_byte(&saved, 0);

    for (size_t size = 0; size <= saved.size; size++)
        assert_int_equal(load((struct bytes){saved.data, size}), size == whole ? OK : ERR_POISON);
    buffer_free(&saved);
}

static void a_command_remembered_twice_is_no_state(void **state)
{
    (void)state;
    struct buffer saved = two_commands();
    uint8_t *second_id = saved.data + saved.size - sizeof(struct uuid) - 8;
    assert_int_equal(second_id[0], 2);

    second_id[0] = 1;

    assert_int_equal(load(buffer_bytes(&saved)), ERR_POISON);
    buffer_free(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_saved_and_loaded_whole),
        cmocka_unit_test(bytes_cut_short_or_too_long_are_no_state),
        cmocka_unit_test(a_command_remembered_twice_is_no_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
