#include "auth/keyed_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 16, SIZE = 24 };

static const struct seal_key KEY = {{7}}, OTHER_KEY = {{8}};
static const uint8_t PAYLOAD[SIZE] = "twenty-four bytes of it";

static struct text token_of(const char *purpose, struct arena *arena)
{
    return keyed_token_make(&KEY, purpose, (struct bytes){PAYLOAD, SIZE}, arena);
}

static int set_up(void **state)
{
    *state = arena_new(ARENA_SIZE);
    return seal_init() == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void a_token_gives_back_what_it_was_made_of(void **state)
{
    uint8_t payload[SIZE];
    struct text token = token_of("refresh", *state);

    assert_int_equal(keyed_token_open(&KEY, "refresh", token, payload, SIZE), OK);

    assert_memory_equal(payload, PAYLOAD, SIZE);
}

static void no_token_opens_for_another_purpose_key_or_size(void **state)
{
    uint8_t payload[SIZE + 1];
    struct text token = token_of("refresh", *state);

    assert_int_equal(keyed_token_open(&KEY, "refreshed", token, payload, SIZE), ERR_INPUT);
    assert_int_equal(keyed_token_open(&KEY, "refres", token, payload, SIZE), ERR_INPUT);
    assert_int_equal(keyed_token_open(&OTHER_KEY, "refresh", token, payload, SIZE), ERR_INPUT);
    assert_int_equal(keyed_token_open(&KEY, "refresh", token, payload, SIZE - 1), ERR_INPUT);
    assert_int_equal(keyed_token_open(&KEY, "refresh", token, payload, SIZE + 1), ERR_INPUT);
}

static void a_token_of_which_one_character_is_another_opens_nothing(void **state)
{
    uint8_t payload[SIZE];
    struct text token = token_of("refresh", *state);
    char *changed = arena_alloc(*state, token.size + 1);

    for (size_t i = 0; i < token.size; i++) {
        memcpy(changed, token.data, token.size);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        struct text other = {changed, token.size};
        assert_int_equal(keyed_token_open(&KEY, "refresh", other, payload, SIZE), ERR_INPUT);
    }
    struct text shorter = {token.data, token.size - 1};
    assert_int_equal(keyed_token_open(&KEY, "refresh", shorter, payload, SIZE), ERR_INPUT);
    assert_int_equal(keyed_token_open(&KEY, "refresh", TEXT(""), payload, SIZE), ERR_INPUT);
    assert_int_equal(keyed_token_open(&KEY, "refresh", TEXT("no token!"), payload, SIZE),
                     ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_gives_back_what_it_was_made_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_token_opens_for_another_purpose_key_or_size, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_token_of_which_one_character_is_another_opens_nothing,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
