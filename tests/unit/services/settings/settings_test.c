#include "settings/state.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 20, SNAPSHOT_MAX = 1 << 20 };

static const int64_t NOON_US = INT64_C(1795348800000000);
#define HOUR_US (INT64_C(3600) * 1000000)

static const struct place PLACE = {SERVICE_SETTINGS, 0, {3, 3, 1, 1}};

/* A partition of settings, and what its decisions live in. */
struct desk {
    struct settings *settings;
    struct arena *arena;
    int64_t now_us;
};

static int set_up(void **state)
{
    static struct desk desk;
    desk = (struct desk){settings_new(&PLACE), arena_new(ARENA_SIZE), NOON_US};
    *state = &desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    settings_free(desk->settings);
    arena_free(desk->arena);
    return 0;
}

static struct keyed_hash address(uint8_t n)
{
    return (struct keyed_hash){{n, 0xab}};
}

static struct uuid id_of_address(uint8_t address_n, uint8_t n)
{
    struct keyed_hash email_hash = address(address_n);
    return uuid_make(settings_owner_hash(&email_hash), (const uint8_t[12]){n});
}

static struct command registration(uint8_t address_n, uint8_t n)
{
    return (struct command){
        .kind = COMMAND_REGISTER_USER,
        .register_user =
            {
                .user_id = id_of_address(address_n, n),
                .account_id = uuid_make(n * 7919u, (const uint8_t[12]){n, 1}),
                .email_hash = address(address_n),
                .email = TEXT("s1:email"),
                .full_name = TEXT("s1:name"),
                .password_hash = TEXT("s1:hash"),
            },
    };
}

static struct command login(uint8_t address_n, uint8_t session_n, enum login_outcome outcome)
{
    return (struct command){
        .kind = COMMAND_RECORD_LOGIN,
        .record_login =
            {
                .session_id = id_of_address(address_n, session_n),
                .email_hash = address(address_n),
                .outcome = outcome,
                .expires_at = NOON_US + HOUR_US,
            },
    };
}

static struct command login_of_user(uint8_t address_n, uint8_t user_n, uint8_t session_n)
{
    struct command command = login(address_n, session_n, LOGIN_OUTCOME_ACCEPTED);
    command.record_login.has_user_id = true;
    command.record_login.user_id = id_of_address(address_n, user_n);
    command.record_login.credentials_version = 1;
    return command;
}

static struct event decide(struct desk *desk, const struct command *command)
{
    struct event event = {.meta.occurred_at = desk->now_us};
    struct input input = {.kind = INPUT_COMMAND, .now_us = desk->now_us, .command = command};
    settings_decide(desk->settings, &input, desk->arena, &event);
    return event;
}

static struct event decide_and_apply(struct desk *desk, const struct command *command)
{
    struct event event = decide(desk, command);
    settings_apply(desk->settings, &event);
    return event;
}

static struct event note_market_maker(struct desk *desk, uint8_t address_n)
{
    struct event created = {.kind = EVENT_MARKET_MAKER_CREATED};
    created.market_maker_created.market_maker.email_hash = address(address_n);
    const struct event *const events[] = {&created};
    struct input input = {
        .kind = INPUT_EVENTS, .now_us = desk->now_us, .events = events, .events_count = 1};
    struct event event = {.meta.occurred_at = desk->now_us};
    settings_decide(desk->settings, &input, desk->arena, &event);
    settings_apply(desk->settings, &event);
    return event;
}

static void assert_rejected(const struct event *event, const char *code, const char *field)
{
    assert_int_equal(event->kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(event->command_rejected.code, code));
    assert_true(event->command_rejected.message.size > 0);
    assert_int_equal(event->command_rejected.has_field, field != NULL);
    if (field != NULL)
        assert_true(text_is(event->command_rejected.field, field));
}

static void assert_login_refused(const struct event *event, const char *code)
{
    assert_int_equal(event->kind, EVENT_LOGIN_REFUSED);
    assert_true(text_is(event->login_refused.code, code));
    assert_true(event->login_refused.message.size > 0);
}

/* --- registering --- */

static void a_registration_takes_the_address_and_asks_for_an_account(void **state)
{
    struct desk *desk = *state;
    struct command command = registration(1, 1);

    struct event event = decide_and_apply(desk, &command);

    assert_int_equal(event.kind, EVENT_USER_REGISTERED);
    assert_int_equal(event.user_registered.roles_count, 1);
    assert_int_equal(event.user_registered.roles[0], ROLE_USER);
    assert_true(event.user_registered.created_at == NOON_US);
    assert_int_equal(event.meta.touches_count, 1);
    assert_true(event_touches(
        &event, SERVICE_ACCOUNTS,
        place_partition_of_id(&PLACE, SERVICE_ACCOUNTS, command.register_user.account_id)));
    assert_non_null(settings_user(desk->settings, command.register_user.user_id));
}

static void two_registrations_of_one_address_give_one_user(void **state)
{
    struct desk *desk = *state;
    struct command first = registration(1, 1), second = registration(1, 2);

    struct event won = decide_and_apply(desk, &first);
    struct event lost = decide_and_apply(desk, &second);

    assert_int_equal(won.kind, EVENT_USER_REGISTERED);
    assert_rejected(&lost, "EMAIL_TAKEN", "email");
    assert_int_equal(HASH_CNT(by_id, desk->settings->users_by_id), 1);
    assert_null(settings_user(desk->settings, second.register_user.user_id));
}

static void a_user_id_that_is_taken_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command command = registration(2, 2);
    struct settings_user holder = {.id = command.register_user.user_id, .email_hash = address(3)};
    settings_add_user(desk->settings, &holder);

    struct event event = decide(desk, &command);

    assert_rejected(&event, "VALIDATION_FAILED", "user_id");
}

static void a_user_id_placed_by_another_address_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command command = registration(1, 1);
    command.register_user.user_id = id_of_address(2, 1);

    struct event event = decide(desk, &command);

    assert_rejected(&event, "VALIDATION_FAILED", "user_id");
}

static void only_an_admin_gives_other_roles(void **state)
{
    struct desk *desk = *state;
    enum role wanted[] = {ROLE_OPERATOR}, operators[] = {ROLE_OPERATOR}, admins[] = {ROLE_ADMIN};
    struct command command = registration(1, 1);
    command.register_user.roles = wanted;
    command.register_user.roles_count = 1;

    struct event by_nobody = decide(desk, &command);
    command.meta.has_actor = true;
    command.meta.actor = (struct actor){.roles = operators, .roles_count = 1};
    struct event by_operator = decide(desk, &command);
    command.meta.actor.roles = admins; /* with the nil user id this is what `bourse init` sends */
    struct event by_admin = decide(desk, &command);

    assert_rejected(&by_nobody, "FORBIDDEN", "roles");
    assert_rejected(&by_operator, "FORBIDDEN", "roles");
    assert_int_equal(by_admin.kind, EVENT_USER_REGISTERED);
    assert_int_equal(by_admin.user_registered.roles_count, 1);
    assert_int_equal(by_admin.user_registered.roles[0], ROLE_OPERATOR);
}

static void nobody_makes_a_user_a_market_maker(void **state)
{
    struct desk *desk = *state;
    enum role wanted[] = {ROLE_MARKET_MAKER}, admins[] = {ROLE_ADMIN};
    struct command command = registration(1, 1);
    command.register_user.roles = wanted;
    command.register_user.roles_count = 1;
    command.meta.has_actor = true;
    command.meta.actor = (struct actor){.roles = admins, .roles_count = 1};

    struct event event = decide(desk, &command);

    assert_rejected(&event, "VALIDATION_FAILED", "roles");
}

/* --- signing in --- */

static void the_right_password_opens_a_session_with_the_users_roles(void **state)
{
    struct desk *desk = *state;
    struct command user = registration(1, 1), command = login_of_user(1, 1, 9);
    decide_and_apply(desk, &user);

    struct event event = decide_and_apply(desk, &command);

    assert_int_equal(event.kind, EVENT_SESSION_OPENED);
    assert_true(uuid_equal(event.session_opened.user_id, user.register_user.user_id));
    assert_true(event.session_opened.has_account_id);
    assert_true(uuid_equal(event.session_opened.account_id, user.register_user.account_id));
    assert_int_equal(event.session_opened.roles_count, 1);
    assert_int_equal(event.session_opened.roles[0], ROLE_USER);
    assert_true(event.session_opened.login_at == NOON_US);
    assert_non_null(settings_session(desk->settings, command.record_login.session_id));
}

static void a_wrong_password_and_an_unknown_address_are_refused_alike(void **state)
{
    struct desk *desk = *state;
    struct command user = registration(1, 1);
    decide_and_apply(desk, &user);
    struct command wrong = login(1, 8, LOGIN_OUTCOME_WRONG_PASSWORD);
    struct command unknown = login(2, 9, LOGIN_OUTCOME_UNKNOWN_USER);

    struct event of_wrong = decide_and_apply(desk, &wrong);
    struct event of_unknown = decide_and_apply(desk, &unknown);

    assert_login_refused(&of_wrong, "INVALID_CREDENTIALS");
    assert_login_refused(&of_unknown, "INVALID_CREDENTIALS");
    assert_true(text_equal(of_wrong.login_refused.message, of_unknown.login_refused.message));
    assert_true(of_wrong.login_refused.has_user_id);
    assert_false(of_unknown.login_refused.has_user_id);
    assert_null(desk->settings->sessions);
}

static void a_password_accepted_for_somebody_else_opens_nothing(void **state)
{
    struct desk *desk = *state;
    struct command user = registration(1, 1), command = login_of_user(1, 2, 9);
    decide_and_apply(desk, &user);

    struct event event = decide(desk, &command);

    assert_login_refused(&event, "INVALID_CREDENTIALS");
}

static void a_market_maker_is_told_why_only_with_the_right_password(void **state)
{
    struct desk *desk = *state;
    note_market_maker(desk, 1);
    struct command right = login(1, 8, LOGIN_OUTCOME_ACCEPTED);
    struct command wrong = login(1, 9, LOGIN_OUTCOME_WRONG_PASSWORD);
    struct command stranger = login(2, 9, LOGIN_OUTCOME_ACCEPTED);

    struct event of_right = decide_and_apply(desk, &right);
    struct event of_wrong = decide_and_apply(desk, &wrong);
    struct event of_stranger = decide_and_apply(desk, &stranger);

    assert_login_refused(&of_right, "MARKET_MAKER_LOGIN_FORBIDDEN");
    assert_login_refused(&of_wrong, "INVALID_CREDENTIALS");
    assert_login_refused(&of_stranger, "INVALID_CREDENTIALS");
}

static void a_user_who_shares_a_market_makers_address_signs_in(void **state)
{
    struct desk *desk = *state;
    struct command user = registration(1, 1), command = login_of_user(1, 1, 9);
    note_market_maker(desk, 1);
    decide_and_apply(desk, &user);

    struct event event = decide(desk, &command);

    assert_int_equal(event.kind, EVENT_SESSION_OPENED);
}

static void a_noted_address_is_the_key_of_its_event(void **state)
{
    struct desk *desk = *state;

    struct event event = note_market_maker(desk, 1);
    note_market_maker(desk, 1);

    assert_int_equal(event.kind, EVENT_MARKET_MAKER_NOTED);
    assert_true(text_is(event.key, "01ab0000000000000000000000000000"));
    assert_int_equal(HASH_CNT(by_email, desk->settings->market_makers), 1);
}

static void a_session_id_is_used_once_and_placed_by_its_address(void **state)
{
    struct desk *desk = *state;
    struct command user = registration(1, 1), command = login_of_user(1, 1, 9);
    decide_and_apply(desk, &user);
    decide_and_apply(desk, &command);

    struct event again = decide(desk, &command);
    command.record_login.session_id = id_of_address(2, 9);
    struct event misplaced = decide(desk, &command);

    assert_rejected(&again, "VALIDATION_FAILED", "session_id");
    assert_rejected(&misplaced, "VALIDATION_FAILED", "session_id");
}

static void a_session_that_would_be_over_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command user = registration(1, 1), command = login_of_user(1, 1, 9);
    decide_and_apply(desk, &user);

    command.record_login.expires_at = NOON_US;
    struct event over = decide(desk, &command);
    command.record_login.expires_at = NOON_US + 1;
    struct event short_one = decide(desk, &command);

    assert_rejected(&over, "VALIDATION_FAILED", "expires_at");
    assert_int_equal(short_one.kind, EVENT_SESSION_OPENED);
}

static void a_command_of_another_service_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command command = {.kind = COMMAND_PLACE_ORDER};

    struct event event = decide(desk, &command);

    assert_rejected(&event, "VALIDATION_FAILED", NULL);
}

/* --- state --- */

static void expired_sessions_go_oldest_first_and_a_few_at_a_time(void **state)
{
    struct desk *desk = *state;
    struct command user = registration(1, 1);
    decide_and_apply(desk, &user);
    const uint8_t last = 10 + SETTINGS_DROPS_MAX;
    for (uint8_t n = 10; n <= last; n++) {
        struct command command = login_of_user(1, 1, n);
        decide_and_apply(desk, &command);
    }
    struct event event = {.kind = EVENT_COMMAND_REJECTED};

    event.meta.occurred_at = NOON_US + HOUR_US - 1;
    settings_apply(desk->settings, &event);
    assert_int_equal(HASH_CNT(by_id, desk->settings->sessions), SETTINGS_DROPS_MAX + 1);
    struct event claim = {.kind = EVENT_WRITER_CLAIMED, .meta.occurred_at = NOON_US + 9 * HOUR_US};
    settings_apply(desk->settings, &claim);
    assert_int_equal(HASH_CNT(by_id, desk->settings->sessions), SETTINGS_DROPS_MAX + 1);
    event.meta.occurred_at = NOON_US + HOUR_US;
    settings_apply(desk->settings, &event);
    assert_int_equal(HASH_CNT(by_id, desk->settings->sessions), 1);
    assert_non_null(settings_session(desk->settings, id_of_address(1, last)));
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
        struct command command = seed & 1 ? registration(who, n) : login_of_user(who, 1, n);
        const struct settings_user *user =
            settings_user_of_email(desk->settings, &command.record_login.email_hash);
        if (command.kind == COMMAND_RECORD_LOGIN && user != NULL)
            command.record_login.user_id = user->id;
        command.record_login.expires_at = desk->now_us + HOUR_US;
        if ((seed >> 4 & 15) == 0)
            ret_log[i] = note_market_maker(desk, who);
        else
            ret_log[i] = decide_and_apply(desk, &command);
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
    struct settings *replayed = settings_new(&PLACE);

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
    struct settings *loaded = settings_new(&PLACE);

    enum err err = settings_load(loaded, (struct bytes){(const uint8_t *)saved.data, saved.size});

    assert_int_equal(err, OK);
    assert_true(text_equal(saved, state_bytes(loaded, desk->arena)));
    struct event later = {.kind = EVENT_COMMAND_REJECTED,
                          .meta.occurred_at = desk->now_us + HOUR_US};
    settings_apply(loaded, &later);
    settings_apply(desk->settings, &later);
    assert_true(
        text_equal(state_bytes(loaded, desk->arena), state_bytes(desk->settings, desk->arena)));
    settings_free(loaded);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
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
