/* Users as admins change them: roles, locked or not, and who is told. */
#include "desk.h"

#include "decision/staff.h"

enum { ADMIN = 1, ADA = 2 };

static enum role ADMIN_ROLES[] = {ROLE_ADMIN};

/* An admin, as `bourse init` makes the first, and Ada with two sessions: 8 and 9. */
static struct desk *with_people(void **state)
{
    struct desk *desk = *state;
    struct command admin = desk_registration(ADMIN, ADMIN), ada = desk_registration(ADA, ADA);
    admin.register_user.roles = ADMIN_ROLES;
    admin.register_user.roles_count = 1;
    admin.meta.has_actor = true;
    admin.meta.actor = (struct actor){.roles = ADMIN_ROLES, .roles_count = 1};
    desk_decide_and_apply(desk, &admin);
    desk_decide_and_apply(desk, &ada);
    for (uint8_t session_n = 8; session_n <= 9; session_n++) {
        struct command login = desk_login_of_user(ADA, ADA, session_n);
        desk_decide_and_apply(desk, &login);
    }
    return desk;
}

/* By the admin, of Ada. */
static struct command change(void)
{
    return (struct command){.kind = COMMAND_CHANGE_USER,
                            .meta = {.has_actor = true,
                                     .actor = {.user_id = desk_id_of_address(ADMIN, ADMIN),
                                               .roles = ADMIN_ROLES,
                                               .roles_count = 1}},
                            .change_user.user_id = desk_id_of_address(ADA, ADA)};
}

static struct command change_roles(enum role *roles, size_t count)
{
    struct command command = change();
    command.change_user.roles = roles;
    command.change_user.roles_count = count;
    return command;
}

static struct command change_status(enum user_status status)
{
    struct command command = change();
    command.change_user.has_status = true;
    command.change_user.status = status;
    return command;
}

static void assert_touches_writers(const struct event *event, bool expected)
{
    static const enum service_id WRITERS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS, SERVICE_SETTINGS,
                                              SERVICE_DESK};
    for (size_t i = 0; i < COUNT_OF(WRITERS); i++)
        for (int32_t p = 0; p < DESK_PLACE.partition_counts[WRITERS[i]]; p++)
            assert_int_equal(event_touches(event, WRITERS[i], p), expected);
}

static void other_roles_end_all_sessions_and_every_writer_hears_of_it(void **state)
{
    struct desk *desk = with_people(state);
    enum role roles[] = {ROLE_USER, ROLE_OPERATOR};
    struct command command = change_roles(roles, 2);

    struct event event = desk_decide_and_apply(desk, &command);

    assert_int_equal(event.kind, EVENT_USER_CHANGED);
    assert_int_equal(event.user_changed.roles_count, 2);
    assert_int_equal(event.user_changed.status, USER_STATUS_ACTIVE);
    assert_int_equal(event.user_changed.version, 2);
    assert_int_equal(event.user_changed.ended_session_ids_count, 2);
    assert_touches_writers(&event, true);
    assert_null(settings_session(desk->settings, desk_id_of_address(ADA, 8)));
    assert_int_equal(staff_roles(&desk->settings->staff, desk_id_of_address(ADA, ADA)),
                     ROLE_BIT(ROLE_OPERATOR));
    struct command login = desk_login_of_user(ADA, ADA, 10);
    assert_int_equal(desk_decide(desk, &login).session_opened.roles_count, 2);
}

static void the_same_roles_end_nothing_and_of_a_mere_user_nobody_hears(void **state)
{
    struct desk *desk = with_people(state);
    enum role roles[] = {ROLE_USER};
    struct command command = change_roles(roles, 1);

    struct event event = desk_decide_and_apply(desk, &command);

    assert_int_equal(event.user_changed.ended_session_ids_count, 0);
    assert_int_equal(event.meta.touches_count, 0);
    assert_non_null(settings_session(desk->settings, desk_id_of_address(ADA, 8)));
}

static void who_is_locked_is_out_until_unlocked_and_keeps_his_roles(void **state)
{
    struct desk *desk = with_people(state);
    enum role roles[] = {ROLE_OPERATOR};
    struct command promote = change_roles(roles, 1);
    struct command lock = change_status(USER_STATUS_LOCKED),
                   unlock = change_status(USER_STATUS_ACTIVE);
    struct command right = desk_login_of_user(ADA, ADA, 12);
    struct command wrong = desk_login(ADA, 13, LOGIN_OUTCOME_WRONG_PASSWORD);
    struct uuid ada = desk_id_of_address(ADA, ADA);
    desk_decide_and_apply(desk, &promote);
    desk_decide_and_apply(desk, &right);

    struct event locked = desk_decide_and_apply(desk, &lock);
    right.record_login.session_id = desk_id_of_address(ADA, 14);
    struct event refused = desk_decide(desk, &right), guessed = desk_decide(desk, &wrong);

    assert_int_equal(locked.user_changed.status, USER_STATUS_LOCKED);
    assert_int_equal(locked.user_changed.ended_session_ids_count, 1);
    assert_touches_writers(&locked, true);
    assert_int_equal(staff_roles(&desk->settings->staff, ada), 0);
    desk_assert_login_refused(&refused, "ACCOUNT_LOCKED");
    desk_assert_login_refused(&guessed, "INVALID_CREDENTIALS");
    struct event unlocked = desk_decide_and_apply(desk, &unlock);
    assert_int_equal(unlocked.user_changed.status, USER_STATUS_ACTIVE);
    assert_int_equal(staff_roles(&desk->settings->staff, ada), ROLE_BIT(ROLE_OPERATOR));
    assert_int_equal(desk_decide(desk, &right).kind, EVENT_SESSION_OPENED);
}

static void only_an_admin_changes_users_and_never_himself(void **state)
{
    struct desk *desk = with_people(state);
    struct command by_nobody = change_status(USER_STATUS_LOCKED), by_ada = by_nobody,
                   by_himself = by_nobody;
    by_nobody.meta.has_actor = false;
    by_ada.meta.actor.user_id = desk_id_of_address(ADA, ADA); /* who only says that she is admin */
    by_ada.change_user.user_id = desk_id_of_address(ADMIN, ADMIN);
    by_himself.change_user.user_id = desk_id_of_address(ADMIN, ADMIN);

    struct event of_nobody = desk_decide(desk, &by_nobody), of_ada = desk_decide(desk, &by_ada);
    struct event of_himself = desk_decide(desk, &by_himself);

    desk_assert_rejected(&of_nobody, "FORBIDDEN", NULL);
    desk_assert_rejected(&of_ada, "FORBIDDEN", NULL);
    desk_assert_rejected(&of_himself, "FORBIDDEN", NULL);
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct desk *desk = with_people(state);
    enum role makers[] = {ROLE_USER, ROLE_MARKET_MAKER};
    struct command of_maker = change_roles(makers, 2), of_nothing = change(),
                   of_stranger = change_status(USER_STATUS_LOCKED),
                   late = change_status(USER_STATUS_LOCKED);
    of_stranger.change_user.user_id = desk_id_of_address(ADA, 99);
    late.change_user.has_if_version = true;
    late.change_user.if_version = 2;

    struct event maker = desk_decide(desk, &of_maker), nothing = desk_decide(desk, &of_nothing);
    struct event stranger = desk_decide(desk, &of_stranger), conflict = desk_decide(desk, &late);
    late.change_user.if_version = 1;
    struct event in_time = desk_decide(desk, &late);

    desk_assert_rejected(&maker, "VALIDATION_FAILED", "roles");
    desk_assert_rejected(&nothing, "VALIDATION_FAILED", "roles");
    desk_assert_rejected(&stranger, "NOT_FOUND", NULL);
    desk_assert_rejected(&conflict, "VERSION_CONFLICT", NULL);
    assert_int_equal(in_time.kind, EVENT_USER_CHANGED);
}

static void an_admin_of_another_partition_is_one_here_once_that_is_heard(void **state)
{
    struct desk *desk = with_people(state);
    struct event promoted = {.kind = EVENT_USER_CHANGED};
    struct user_changed *changed = &promoted.user_changed;
    changed->user_id = desk_id_of_address(7, 7);
    changed->roles = ADMIN_ROLES;
    changed->roles_count = 1;
    struct command command = change_status(USER_STATUS_LOCKED);
    command.meta.actor.user_id = changed->user_id;

    struct event before = desk_decide(desk, &command);
    struct event adopted = desk_follow(desk, &promoted);
    struct event after = desk_decide(desk, &command);
    changed->status = USER_STATUS_LOCKED;
    struct event dropped = desk_follow(desk, &promoted);
    struct event at_last = desk_decide(desk, &command);

    desk_assert_rejected(&before, "FORBIDDEN", NULL);
    assert_int_equal(adopted.kind, EVENT_STAFF_ADOPTED);
    assert_int_equal(adopted.staff_adopted.roles_count, 1);
    assert_int_equal(after.kind, EVENT_USER_CHANGED);
    assert_int_equal(dropped.staff_adopted.roles_count, 0);
    desk_assert_rejected(&at_last, "FORBIDDEN", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(other_roles_end_all_sessions_and_every_writer_hears_of_it),
        TEST(the_same_roles_end_nothing_and_of_a_mere_user_nobody_hears),
        TEST(who_is_locked_is_out_until_unlocked_and_keeps_his_roles),
        TEST(only_an_admin_changes_users_and_never_himself),
        TEST(what_makes_no_sense_is_refused),
        TEST(an_admin_of_another_partition_is_one_here_once_that_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
