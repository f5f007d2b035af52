/* Sessions: refreshed, reused, ended, and how many there may be. */
#include "desk.h"

/* User 1 of address 1, with session 9. */
static struct desk *signed_in(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1), login = desk_login_of_user(1, 1, 9);
    desk_decide_and_apply(desk, &user);
    desk_decide_and_apply(desk, &login);
    return desk;
}

static struct command refresh(uint8_t session_n, int64_t generation)
{
    return (struct command){.kind = COMMAND_REFRESH_SESSION,
                            .refresh_session = {.session_id = desk_id_of_address(1, session_n),
                                                .generation = generation}};
}

/* That user `user_n` of `address_n`, in session `asking_n`, ends session `session_n` of address 1.
 */
static struct command end(uint8_t address_n, uint8_t user_n, uint8_t asking_n, uint8_t session_n)
{
    return (struct command){
        .kind = COMMAND_END_SESSION,
        .meta = {.has_actor = true,
                 .actor = {.user_id = desk_id_of_address(address_n, user_n),
                           .has_session_id = true,
                           .session_id = desk_id_of_address(address_n, asking_n)}},
        .end_session.session_id = desk_id_of_address(1, session_n)};
}

static void assert_ended(const struct event *event, enum session_end reason, uint8_t session_n)
{
    assert_int_equal(event->kind, EVENT_SESSIONS_ENDED);
    assert_int_equal(event->sessions_ended.reason, reason);
    assert_int_equal(event->sessions_ended.session_ids_count, 1);
    assert_true(uuid_equal(event->sessions_ended.session_ids[0], desk_id_of_address(1, session_n)));
}

static void each_refresh_gives_the_next_generation_and_never_a_later_end(void **state)
{
    struct desk *desk = signed_in(state);
    desk->now_us += DESK_HOUR_US / 2;

    for (int64_t generation = 0; generation < 3; generation++) {
        struct command command = refresh(9, generation);
        struct event event = desk_decide_and_apply(desk, &command);
        assert_int_equal(event.kind, EVENT_SESSION_REFRESHED);
        assert_int_equal(event.session_refreshed.generation, generation + 1);
        assert_int_equal(event.session_refreshed.expires_at, DESK_NOON_US + DESK_HOUR_US);
        assert_int_equal(event.session_refreshed.roles_count, 1);
        assert_int_equal(event.session_refreshed.roles[0], ROLE_USER);
        assert_true(uuid_equal(event.session_refreshed.user_id, desk_id_of_address(1, 1)));
    }
}

static void a_refresh_token_that_comes_twice_ends_its_session(void **state)
{
    struct desk *desk = signed_in(state);
    struct command first = refresh(9, 0), next = refresh(9, 1);
    desk_decide_and_apply(desk, &first);

    struct event again = desk_decide_and_apply(desk, &first);
    struct event after = desk_decide(desk, &next);

    assert_ended(&again, SESSION_END_TOKEN_REUSED, 9);
    assert_true(again.sessions_ended.has_code);
    assert_true(text_is(again.sessions_ended.code, "TOKEN_REUSED"));
    desk_assert_rejected(&after, "TOKEN_REVOKED", NULL);
}

static void a_session_that_is_over_is_not_refreshed(void **state)
{
    struct desk *desk = signed_in(state);
    struct command of_nobody = refresh(8, 0), late = refresh(9, 0);

    struct event unknown = desk_decide(desk, &of_nobody);
    desk->now_us = DESK_NOON_US + DESK_HOUR_US;
    struct event expired = desk_decide(desk, &late);
    desk->now_us--;
    struct event in_time = desk_decide(desk, &late);

    desk_assert_rejected(&unknown, "TOKEN_REVOKED", NULL);
    desk_assert_rejected(&expired, "TOKEN_REVOKED", NULL);
    assert_int_equal(in_time.kind, EVENT_SESSION_REFRESHED);
}

static void one_ends_ones_own_sessions_and_nobody_elses(void **state)
{
    struct desk *desk = signed_in(state);
    struct command login = desk_login_of_user(1, 1, 8), user = desk_registration(2, 2);
    desk_decide_and_apply(desk, &login);
    desk_decide_and_apply(desk, &user);
    struct command logout = end(1, 1, 9, 9), other = end(1, 1, 9, 8), foreign = end(2, 2, 7, 9);
    struct command nobodys = logout;
    nobodys.meta.has_actor = false;

    struct event by_stranger = desk_decide(desk, &foreign);
    struct event by_nobody = desk_decide(desk, &nobodys);
    struct event of_other = desk_decide_and_apply(desk, &other);
    struct event of_this = desk_decide_and_apply(desk, &logout);
    struct event again = desk_decide(desk, &logout);

    desk_assert_rejected(&by_stranger, "NOT_FOUND", "session_id");
    desk_assert_rejected(&by_nobody, "NOT_FOUND", "session_id");
    assert_ended(&of_other, SESSION_END_REVOKED, 8);
    assert_ended(&of_this, SESSION_END_LOGOUT, 9);
    desk_assert_rejected(&again, "NOT_FOUND", "session_id");
    assert_null(desk->settings->sessions);
}

static void the_oldest_session_gives_way_when_there_are_too_many(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1);
    desk_decide_and_apply(desk, &user);
    for (uint8_t n = 1; n <= SETTINGS_SESSIONS_MAX; n++) {
        struct command login = desk_login_of_user(1, 1, n);
        struct event event = desk_decide_and_apply(desk, &login);
        assert_int_equal(event.session_opened.ended_session_ids_count, 0);
    }
    struct command more = desk_login_of_user(1, 1, SETTINGS_SESSIONS_MAX + 1);

    struct event event = desk_decide_and_apply(desk, &more);

    assert_int_equal(event.session_opened.ended_session_ids_count, 1);
    assert_true(uuid_equal(event.session_opened.ended_session_ids[0], desk_id_of_address(1, 1)));
    assert_null(settings_session(desk->settings, desk_id_of_address(1, 1)));
    assert_non_null(settings_session(desk->settings, desk_id_of_address(1, 2)));
    assert_int_equal(settings_user(desk->settings, desk_id_of_address(1, 1))->sessions_count,
                     SETTINGS_SESSIONS_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_refresh_gives_the_next_generation_and_never_a_later_end),
        TEST(a_refresh_token_that_comes_twice_ends_its_session),
        TEST(a_session_that_is_over_is_not_refreshed),
        TEST(one_ends_ones_own_sessions_and_nobody_elses),
        TEST(the_oldest_session_gives_way_when_there_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
