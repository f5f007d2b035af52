#include "gateway/identities.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const int64_t NOON_US = INT64_C(1795348800000000);

static int set_up(void **state)
{
    *state = identities_new();
    return 0;
}

static int tear_down(void **state)
{
    identities_free(*state);
    return 0;
}

static struct uuid id(uint8_t n)
{
    return (struct uuid){{n, 1, 2}};
}

static void end_at(struct identities *identities, uint8_t n, int64_t at_us)
{
    struct uuid ids[] = {id(n)};
    const struct event event = {.kind = EVENT_SESSIONS_ENDED,
                                .meta.occurred_at = at_us,
                                .sessions_ended = {.session_ids = ids, .session_ids_count = 1}};
    assert_true(identities_want(event.kind));
    identities_apply(identities, &event);
}

static void a_session_is_over_once_its_end_was_read(void **state)
{
    assert_false(identities_session_is_over(*state, id(1)));

    end_at(*state, 1, NOON_US);
    end_at(*state, 1, NOON_US);

    assert_true(identities_session_is_over(*state, id(1)));
    assert_false(identities_session_is_over(*state, id(2)));
}

static void a_login_ends_the_sessions_that_gave_way_to_it(void **state)
{
    struct uuid ids[] = {id(1), id(2)};
    const struct event event = {.kind = EVENT_SESSION_OPENED,
                                .meta.occurred_at = NOON_US,
                                .session_opened = {.session_id = id(3),
                                                   .ended_session_ids = ids,
                                                   .ended_session_ids_count = 2}};
    assert_true(identities_want(event.kind));

    identities_apply(*state, &event);

    assert_true(identities_session_is_over(*state, id(1)));
    assert_true(identities_session_is_over(*state, id(2)));
    assert_false(identities_session_is_over(*state, id(3)));
}

static void a_session_is_remembered_for_as_long_as_a_token_of_it_may_live(void **state)
{
    end_at(*state, 1, NOON_US);

    end_at(*state, 2, NOON_US + IDENTITIES_REMEMBERED_US - 1);
    assert_true(identities_session_is_over(*state, id(1)));
    end_at(*state, 3, NOON_US + IDENTITIES_REMEMBERED_US);

    assert_false(identities_session_is_over(*state, id(1)));
    assert_true(identities_session_is_over(*state, id(2)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_over_once_its_end_was_read),
        TEST(a_login_ends_the_sessions_that_gave_way_to_it),
        TEST(a_session_is_remembered_for_as_long_as_a_token_of_it_may_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
