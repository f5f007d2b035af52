#include "settings/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SNAPSHOT_MAX = 1 << 12 };

static const struct place PLACE = {.service = SERVICE_SETTINGS, .partition_counts = {1, 1, 1, 1}};

static void add_user(struct settings *settings, uint8_t n)
{
    settings_add_user(settings, &(struct settings_user){
                                    .id = {{n}}, .account_id = {{n, 1}}, .email_hash = {{n, 2}}});
}

static void add_market_maker(struct settings *settings, uint8_t n)
{
    settings_add_market_maker(settings, &(struct keyed_hash){{n}});
}

static void equal_states_give_equal_bytes_however_they_came_about(void **state)
{
    (void)state;
    struct settings *up = settings_new(&PLACE), *down = settings_new(&PLACE);
    struct buffer of_up, of_down;
    buffer_init(&of_up, SNAPSHOT_MAX);
    buffer_init(&of_down, SNAPSHOT_MAX);
    for (uint8_t n = 1; n <= 9; n++) {
        add_user(up, n);
        add_user(down, (uint8_t)(10 - n));
        add_market_maker(up, n);
        add_market_maker(down, (uint8_t)(10 - n));
    }

    settings_save(up, &of_up);
    settings_save(down, &of_down);

    assert_true(buffer_ok(&of_up));
    assert_true(bytes_equal(buffer_bytes(&of_up), buffer_bytes(&of_down)));
    buffer_free(&of_up);
    buffer_free(&of_down);
    settings_free(up);
    settings_free(down);
}

static struct buffer one_of_each(void)
{
    struct settings *settings = settings_new(&PLACE);
    add_user(settings, 1);
    add_market_maker(settings, 2);
    settings_add_session(settings, &(struct settings_session){.id = {{3}}, .user_id = {{1}}});
    struct buffer saved;
    buffer_init(&saved, SNAPSHOT_MAX);
    settings_save(settings, &saved);
    settings_free(settings);
    return saved;
}

static enum err load(struct bytes bytes)
{
    struct settings *settings = settings_new(&PLACE);
    enum err err = settings_load(settings, bytes);
    settings_free(settings);
    return err;
}

static void bytes_cut_short_or_too_long_are_no_state(void **state)
{
    (void)state;
    struct buffer saved = one_of_each();
    size_t whole = saved.size;
    buffer_byte(&saved, 0);

    for (size_t size = 0; size <= saved.size; size++)
        assert_int_equal(load((struct bytes){saved.data, size}), size == whole ? OK : ERR_POISON);
    buffer_free(&saved);
}

static void bytes_of_another_version_are_no_state(void **state)
{
    (void)state;
    struct buffer saved = one_of_each();

    saved.data[0]++;

    assert_int_equal(load(buffer_bytes(&saved)), ERR_POISON);
    buffer_free(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_states_give_equal_bytes_however_they_came_about),
        cmocka_unit_test(bytes_cut_short_or_too_long_are_no_state),
        cmocka_unit_test(bytes_of_another_version_are_no_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
