#include "desk.h"

#include "wire/wire.h"

#include <string.h>

enum { SNAPSHOT_MAX = 1 << 20 };

/* --- registering --- */

static void a_registration_takes_the_address_and_asks_for_an_account(void **state)
{
    struct desk *desk = *state;
    struct command command = desk_registration(1, 1);

    struct event event = desk_decide_and_apply(desk, &command);

    assert_int_equal(event.kind, EVENT_USER_REGISTERED);
    assert_int_equal(event.user_registered.roles_count, 1);
    assert_int_equal(event.user_registered.roles[0], ROLE_USER);
    assert_true(event.user_registered.created_at == DESK_NOON_US);
    assert_int_equal(event.meta.touches_count, 1);
    assert_true(event_touches(
        &event, SERVICE_ACCOUNTS,
        place_partition_of_id(&DESK_PLACE, SERVICE_ACCOUNTS, command.register_user.account_id)));
    assert_non_null(settings_user(desk->settings, command.register_user.user_id));
}

static void two_registrations_of_one_address_give_one_user(void **state)
{
    struct desk *desk = *state;
    struct command first = desk_registration(1, 1), second = desk_registration(1, 2);

    struct event won = desk_decide_and_apply(desk, &first);
    struct event lost = desk_decide_and_apply(desk, &second);

    assert_int_equal(won.kind, EVENT_USER_REGISTERED);
    desk_assert_rejected(&lost, "EMAIL_TAKEN", "email");
    assert_int_equal(HASH_CNT(by_id, desk->settings->users_by_id), 1);
    assert_null(settings_user(desk->settings, second.register_user.user_id));
}

static void a_user_id_that_is_taken_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command command = desk_registration(2, 2);
    struct settings_user holder = {.id = command.register_user.user_id,
                                   .email_hash = desk_address(3)};
    settings_add_user(desk->settings, &holder);

    struct event event = desk_decide(desk, &command);

    desk_assert_rejected(&event, "VALIDATION_FAILED", "user_id");
}

static void a_user_id_placed_by_another_address_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command command = desk_registration(1, 1);
    command.register_user.user_id = desk_id_of_address(2, 1);

    struct event event = desk_decide(desk, &command);

    desk_assert_rejected(&event, "VALIDATION_FAILED", "user_id");
}

static void only_an_admin_gives_other_roles(void **state)
{
    struct desk *desk = *state;
    enum role wanted[] = {ROLE_OPERATOR}, operators[] = {ROLE_OPERATOR}, admins[] = {ROLE_ADMIN};
    struct command command = desk_registration(1, 1);
    command.register_user.roles = wanted;
    command.register_user.roles_count = 1;

    struct event by_nobody = desk_decide(desk, &command);
    command.meta.has_actor = true;
    command.meta.actor = (struct actor){.user_id = {{1}}, .roles = operators, .roles_count = 1};
    struct event by_operator = desk_decide(desk, &command);
    command.meta.actor.roles = admins; /* who says so, but is none */
    struct event by_liar = desk_decide(desk, &command);
    command.meta.actor.user_id =
        (struct uuid){{0}}; /* with the nil user id this is what `bourse init` sends */
    struct event by_admin = desk_decide(desk, &command);

    desk_assert_rejected(&by_nobody, "FORBIDDEN", "roles");
    desk_assert_rejected(&by_operator, "FORBIDDEN", "roles");
    desk_assert_rejected(&by_liar, "FORBIDDEN", "roles");
    assert_int_equal(by_admin.kind, EVENT_USER_REGISTERED);
    assert_int_equal(by_admin.user_registered.roles_count, 1);
    assert_int_equal(by_admin.user_registered.roles[0], ROLE_OPERATOR);
}

static void nobody_makes_a_user_a_market_maker(void **state)
{
    struct desk *desk = *state;
    enum role wanted[] = {ROLE_MARKET_MAKER}, admins[] = {ROLE_ADMIN};
    struct command command = desk_registration(1, 1);
    command.register_user.roles = wanted;
    command.register_user.roles_count = 1;
    command.meta.has_actor = true;
    command.meta.actor = (struct actor){.roles = admins, .roles_count = 1};

    struct event event = desk_decide(desk, &command);

    desk_assert_rejected(&event, "VALIDATION_FAILED", "roles");
}

/* --- signing in --- */

static void the_right_password_opens_a_session_with_the_users_roles(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1), command = desk_login_of_user(1, 1, 9);
    desk_decide_and_apply(desk, &user);

    struct event event = desk_decide_and_apply(desk, &command);

    assert_int_equal(event.kind, EVENT_SESSION_OPENED);
    assert_true(uuid_equal(event.session_opened.user_id, user.register_user.user_id));
    assert_true(event.session_opened.has_account_id);
    assert_true(uuid_equal(event.session_opened.account_id, user.register_user.account_id));
    assert_int_equal(event.session_opened.roles_count, 1);
    assert_int_equal(event.session_opened.roles[0], ROLE_USER);
    assert_true(event.session_opened.login_at == DESK_NOON_US);
    assert_non_null(settings_session(desk->settings, command.record_login.session_id));
}

static void a_wrong_password_and_an_unknown_address_are_refused_alike(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1);
    desk_decide_and_apply(desk, &user);
    struct command wrong = desk_login(1, 8, LOGIN_OUTCOME_WRONG_PASSWORD);
    struct command unknown = desk_login(2, 9, LOGIN_OUTCOME_UNKNOWN_USER);

    struct event of_wrong = desk_decide_and_apply(desk, &wrong);
    struct event of_unknown = desk_decide_and_apply(desk, &unknown);

    desk_assert_login_refused(&of_wrong, "INVALID_CREDENTIALS");
    desk_assert_login_refused(&of_unknown, "INVALID_CREDENTIALS");
    assert_true(text_equal(of_wrong.login_refused.message, of_unknown.login_refused.message));
    assert_true(of_wrong.login_refused.has_user_id);
    assert_false(of_unknown.login_refused.has_user_id);
    assert_null(desk->settings->sessions);
}

static void a_password_accepted_for_somebody_else_opens_nothing(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1), command = desk_login_of_user(1, 2, 9);
    desk_decide_and_apply(desk, &user);

    struct event event = desk_decide(desk, &command);

    desk_assert_login_refused(&event, "INVALID_CREDENTIALS");
}

static void a_market_maker_is_told_why_only_with_the_right_password(void **state)
{
    struct desk *desk = *state;
    desk_note_market_maker(desk, 1);
    struct command right = desk_login(1, 8, LOGIN_OUTCOME_ACCEPTED);
    struct command wrong = desk_login(1, 9, LOGIN_OUTCOME_WRONG_PASSWORD);
    struct command stranger = desk_login(2, 9, LOGIN_OUTCOME_ACCEPTED);

    struct event of_right = desk_decide_and_apply(desk, &right);
    struct event of_wrong = desk_decide_and_apply(desk, &wrong);
    struct event of_stranger = desk_decide_and_apply(desk, &stranger);

    desk_assert_login_refused(&of_right, "MARKET_MAKER_LOGIN_FORBIDDEN");
    desk_assert_login_refused(&of_wrong, "INVALID_CREDENTIALS");
    desk_assert_login_refused(&of_stranger, "INVALID_CREDENTIALS");
}

static void a_user_who_shares_a_market_makers_address_signs_in(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1), command = desk_login_of_user(1, 1, 9);
    desk_note_market_maker(desk, 1);
    desk_decide_and_apply(desk, &user);

    struct event event = desk_decide(desk, &command);

    assert_int_equal(event.kind, EVENT_SESSION_OPENED);
}

static void a_noted_address_is_the_key_of_its_event(void **state)
{
    struct desk *desk = *state;

    struct event event = desk_note_market_maker(desk, 1);
    desk_note_market_maker(desk, 1);

    assert_int_equal(event.kind, EVENT_MARKET_MAKER_NOTED);
    assert_true(text_is(event.key, "01ab0000000000000000000000000000"));
    assert_int_equal(HASH_CNT(by_email, desk->settings->market_makers), 1);
}

static void a_session_id_is_used_once_and_placed_by_its_address(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1), command = desk_login_of_user(1, 1, 9);
    desk_decide_and_apply(desk, &user);
    desk_decide_and_apply(desk, &command);

    struct event again = desk_decide(desk, &command);
    command.record_login.session_id = desk_id_of_address(2, 9);
    struct event misplaced = desk_decide(desk, &command);

    desk_assert_rejected(&again, "VALIDATION_FAILED", "session_id");
    desk_assert_rejected(&misplaced, "VALIDATION_FAILED", "session_id");
}

static void a_session_that_would_be_over_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1), command = desk_login_of_user(1, 1, 9);
    desk_decide_and_apply(desk, &user);

    command.record_login.expires_at = DESK_NOON_US;
    struct event over = desk_decide(desk, &command);
    command.record_login.expires_at = DESK_NOON_US + 1;
    struct event short_one = desk_decide(desk, &command);

    desk_assert_rejected(&over, "VALIDATION_FAILED", "expires_at");
    assert_int_equal(short_one.kind, EVENT_SESSION_OPENED);
}

static void a_command_of_another_service_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command command = {.kind = COMMAND_PLACE_ORDER};

    struct event event = desk_decide(desk, &command);

    desk_assert_rejected(&event, "VALIDATION_FAILED", NULL);
}

/* --- state --- */

static void expired_sessions_go_oldest_first_and_a_few_at_a_time(void **state)
{
    struct desk *desk = *state;
    struct command user = desk_registration(1, 1);
    desk_decide_and_apply(desk, &user);
    const uint8_t last = 10 + SETTINGS_DROPS_MAX;
    for (uint8_t n = 10; n <= last; n++) {
        struct command command = desk_login_of_user(1, 1, n);
        desk_decide_and_apply(desk, &command);
    }
    struct event event = {.kind = EVENT_COMMAND_REJECTED};

    event.meta.occurred_at = DESK_NOON_US + DESK_HOUR_US - 1;
    settings_apply(desk->settings, &event);
    assert_int_equal(HASH_CNT(by_id, desk->settings->sessions), SETTINGS_DROPS_MAX + 1);
    struct event claim = {.kind = EVENT_WRITER_CLAIMED,
                          .meta.occurred_at = DESK_NOON_US + 9 * DESK_HOUR_US};
    settings_apply(desk->settings, &claim);
    assert_int_equal(HASH_CNT(by_id, desk->settings->sessions), SETTINGS_DROPS_MAX + 1);
    event.meta.occurred_at = DESK_NOON_US + DESK_HOUR_US;
    settings_apply(desk->settings, &event);
    assert_int_equal(HASH_CNT(by_id, desk->settings->sessions), 1);
    assert_non_null(settings_session(desk->settings, desk_id_of_address(1, last)));
    settings_apply(desk->settings, &event);
    assert_null(desk->settings->sessions);
}

/* Registrations, logins and market makers from a seed; the events go to `ret_log`. */
enum { RANDOM_EVENTS = 400 };
static void run_random_commands(struct desk *desk, struct event ret_log[RANDOM_EVENTS])
{
    uint32_t seed = 20261122;
    for (int i = 0; i < RANDOM_EVENTS; i++) {
        seed = seed * 1664525 + 1013904223;
        uint8_t who = (uint8_t)(seed >> 24) % 40, n = (uint8_t)(seed >> 16);
        desk->now_us += (int64_t)(seed >> 8 & 1023) * 1000000;
        struct command command =
            seed & 1 ? desk_registration(who, n) : desk_login_of_user(who, 1, n);
        const struct settings_user *user =
            settings_user_of_email(desk->settings, &command.record_login.email_hash);
        if (command.kind == COMMAND_RECORD_LOGIN && user != NULL)
            command.record_login.user_id = user->id;
        command.record_login.expires_at = desk->now_us + DESK_HOUR_US;
        if ((seed >> 4 & 15) == 0)
            ret_log[i] = desk_note_market_maker(desk, who);
        else
            ret_log[i] = desk_decide_and_apply(desk, &command);
    }
}

static struct text state_bytes(const struct settings *settings, struct arena *arena)
{
    struct buffer buffer;
    buffer_init(&buffer, SNAPSHOT_MAX);
    settings_save(settings, &buffer);
    assert_true(buffer_ok(&buffer));
    struct text copy = arena_text(arena, buffer_as_text(&buffer));
    buffer_free(&buffer);
    return copy;
}

static void replaying_the_events_gives_the_same_state(void **state)
{
    struct desk *desk = *state;
    struct event log[RANDOM_EVENTS];
    run_random_commands(desk, log);
    struct settings *replayed = settings_new(&DESK_PLACE);

    for (int i = 0; i < RANDOM_EVENTS; i++)
        settings_apply(replayed, &log[i]);

    struct text live = state_bytes(desk->settings, desk->arena);
    assert_true(text_equal(live, state_bytes(replayed, desk->arena)));
    assert_true(HASH_CNT(by_id, replayed->users_by_id) > 10);
    assert_true(HASH_CNT(by_id, replayed->sessions) > 0);
    assert_true(HASH_CNT(by_email, replayed->market_makers) > 5);
    settings_free(replayed);
}

static void a_saved_state_is_loaded_whole_and_goes_on_alike(void **state)
{
    struct desk *desk = *state;
    struct event log[RANDOM_EVENTS];
    run_random_commands(desk, log);
    struct text saved = state_bytes(desk->settings, desk->arena);
    struct settings *loaded = settings_new(&DESK_PLACE);

    enum err err = settings_load(loaded, (struct bytes){(const uint8_t *)saved.data, saved.size});

    assert_int_equal(err, OK);
    assert_true(text_equal(saved, state_bytes(loaded, desk->arena)));
    struct event later = {.kind = EVENT_COMMAND_REJECTED,
                          .meta.occurred_at = desk->now_us + DESK_HOUR_US};
    settings_apply(loaded, &later);
    settings_apply(desk->settings, &later);
    assert_true(
        text_equal(state_bytes(loaded, desk->arena), state_bytes(desk->settings, desk->arena)));
    settings_free(loaded);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_registration_takes_the_address_and_asks_for_an_account),
        TEST(two_registrations_of_one_address_give_one_user),
        TEST(a_user_id_that_is_taken_is_refused),
        TEST(a_user_id_placed_by_another_address_is_refused),
        TEST(only_an_admin_gives_other_roles),
        TEST(nobody_makes_a_user_a_market_maker),
        TEST(the_right_password_opens_a_session_with_the_users_roles),
        TEST(a_wrong_password_and_an_unknown_address_are_refused_alike),
        TEST(a_password_accepted_for_somebody_else_opens_nothing),
        TEST(a_market_maker_is_told_why_only_with_the_right_password),
        TEST(a_user_who_shares_a_market_makers_address_signs_in),
        TEST(a_noted_address_is_the_key_of_its_event),
        TEST(a_session_id_is_used_once_and_placed_by_its_address),
        TEST(a_session_that_would_be_over_is_refused),
        TEST(a_command_of_another_service_is_refused),
        TEST(expired_sessions_go_oldest_first_and_a_few_at_a_time),
        TEST(replaying_the_events_gives_the_same_state),
        TEST(a_saved_state_is_loaded_whole_and_goes_on_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
