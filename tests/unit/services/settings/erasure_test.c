#include "desk.h"

static enum role ADMIN[] = {ROLE_ADMIN};
static enum api_key_scope READ[] = {API_KEY_SCOPE_READ};

static struct uuid user_id(void)
{
    return desk_id_of_address(1, 1);
}

static struct command asked_by_admin(struct command command)
{
    command.meta.has_actor = true;
    command.meta.actor =
        (struct actor){.user_id = desk_id_of_address(9, 9), .roles = ADMIN, .roles_count = 1};
    return command;
}

static struct command erasure(void)
{
    return asked_by_admin(
        (struct command){.kind = COMMAND_ERASE_PERSON, .erase_person.user_id = user_id()});
}

static int set_up(void **state)
{
    desk_set_up(state);
    struct desk *desk = *state;
    staff_set(&desk->settings->staff, desk_id_of_address(9, 9), ROLE_BIT(ROLE_ADMIN));
    struct command registration = desk_registration(1, 1), login = desk_login_of_user(1, 1, 5);
    struct command key =
        asked_by_admin((struct command){.kind = COMMAND_CREATE_API_KEY,
                                        .create_api_key = {.user_id = user_id(),
                                                           .key_id = desk_id_of_address(1, 6),
                                                           .scopes = READ,
                                                           .scopes_count = 1}});
    (void)desk_decide_and_apply(*state, &registration);
    (void)desk_decide_and_apply(*state, &login);
    (void)desk_decide_and_apply(*state, &key);
    return 0;
}

static void an_erasure_ends_sessions_and_keys(void **state)
{
    struct desk *desk = *state;
    struct command command = erasure();

    struct event event = desk_decide_and_apply(desk, &command);

    assert_int_equal(event.kind, EVENT_PERSON_ERASED);
    const struct person_erased *erased = &event.person_erased;
    assert_true(uuid_equal(erased->user_id, user_id()));
    assert_int_equal(erased->ended_session_ids_count, 1);
    assert_true(uuid_equal(erased->ended_session_ids[0], desk_id_of_address(1, 5)));
    assert_int_equal(erased->revoked_key_ids_count, 1);
    assert_true(uuid_equal(erased->revoked_key_ids[0], desk_id_of_address(1, 6)));
    assert_null(settings_user(desk->settings, user_id()));
    assert_null(settings_session(desk->settings, desk_id_of_address(1, 5)));
    event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "NOT_FOUND", NULL);
}

static void the_address_is_free_for_somebody_new(void **state)
{
    struct command command = erasure(), login = desk_login_of_user(1, 1, 7);
    struct command again = desk_registration(1, 2);
    (void)desk_decide_and_apply(*state, &command);
    struct event event = desk_decide(*state, &login);
    desk_assert_login_refused(&event, "INVALID_CREDENTIALS");

    event = desk_decide_and_apply(*state, &again);

    assert_int_equal(event.kind, EVENT_USER_REGISTERED);
    assert_false(uuid_equal(event.user_registered.user_id, user_id()));
}

static void only_an_admin_erases_and_only_others(void **state)
{
    struct command command = erasure();
    command.meta.actor.roles_count = 0;
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);

    staff_set(&((struct desk *)*state)->settings->staff, user_id(), ROLE_BIT(ROLE_ADMIN));
    command = erasure();
    command.meta.actor.user_id = user_id();
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);
}

static void who_acts_for_the_venue_is_not_erased(void **state)
{
    struct desk *desk = *state;
    settings_user(desk->settings, user_id())->roles |= ROLE_BIT(ROLE_AUDITOR);
    struct command command = erasure();
    struct event event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_erasure_ends_sessions_and_keys),
        TEST(the_address_is_free_for_somebody_new),
        TEST(only_an_admin_erases_and_only_others),
        TEST(who_acts_for_the_venue_is_not_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
