/* Passwords that change, and second factors: what counts once, and for whom. */
#include "desk.h"

#define SECOND INT64_C(1000000)

static const struct keyed_hash HOME = {{7}};

static struct uuid ada(void)
{
    return desk_id_of_address(1, 1);
}

static struct command by_ada(enum command_kind kind)
{
    struct command command = {.kind = kind};
    command.meta.has_actor = true;
    command.meta.actor.user_id = ada();
    command.meta.actor.has_session_id = true;
    command.meta.actor.session_id = desk_id_of_address(1, 200);
    return command;
}

static void register_ada(struct desk *desk)
{
    struct command command = desk_registration(1, 1);
    assert_int_equal(desk_decide_and_apply(desk, &command).kind, EVENT_USER_REGISTERED);
}

static struct event prepare(struct desk *desk)
{
    struct command command = by_ada(COMMAND_PREPARE_TWO_FACTOR);
    command.prepare_two_factor.user_id = ada();
    command.prepare_two_factor.secret = TEXT("s1:secret");
    return desk_decide_and_apply(desk, &command);
}

static struct second_factor step_of(int64_t version, int64_t step)
{
    return (struct second_factor){.secret_version = version, .has_step = true, .step = step};
}

static struct second_factor backup_of(int64_t version, uint8_t n)
{
    return (struct second_factor){
        .secret_version = version, .has_backup_hash = true, .backup_hash = {{n, 0xbb}}};
}

static struct event enable(struct desk *desk, struct second_factor factor)
{
    struct command command = by_ada(COMMAND_ENABLE_TWO_FACTOR);
    struct keyed_hash hashes[] = {{{1, 0xbb}}, {{2, 0xbb}}};
    command.enable_two_factor.user_id = ada();
    command.enable_two_factor.factor = factor;
    command.enable_two_factor.backup_hashes = hashes;
    command.enable_two_factor.backup_hashes_count = COUNT_OF(hashes);
    return desk_decide_and_apply(desk, &command);
}

static struct event disable(struct desk *desk, struct second_factor factor)
{
    struct command command = by_ada(COMMAND_DISABLE_TWO_FACTOR);
    command.disable_two_factor.user_id = ada();
    command.disable_two_factor.factor = factor;
    return desk_decide_and_apply(desk, &command);
}

/* The password was right: a challenge, or a session. */
static struct event log_in(struct desk *desk, uint8_t session_n)
{
    struct command command = desk_login_of_user(1, 1, session_n);
    command.record_login.expires_at = desk->now_us + DESK_HOUR_US;
    return desk_decide_and_apply(desk, &command);
}

static struct event complete(struct desk *desk, uint8_t session_n, struct second_factor factor)
{
    struct command command = {.kind = COMMAND_COMPLETE_LOGIN};
    command.complete_login = (struct complete_login){.session_id = desk_id_of_address(1, session_n),
                                                     .factor = factor,
                                                     .has_address_hash = true,
                                                     .address_hash = HOME};
    return desk_decide_and_apply(desk, &command);
}

/* Ada, with a second factor whose step 100 has been used. */
static int guard_ada(void **state)
{
    desk_set_up(state);
    struct desk *desk = *state;
    register_ada(desk);
    assert_true(prepare(desk).two_factor_prepared.secret_version == 1);
    assert_int_equal(enable(desk, step_of(1, 100)).kind, EVENT_TWO_FACTOR_ENABLED);
    return 0;
}

/* A wrong code, shown in a login of its own from a network of its own. */
static struct event guess(struct desk *desk, uint8_t session_n)
{
    struct command command = {.kind = COMMAND_COMPLETE_LOGIN};
    assert_int_equal(log_in(desk, session_n).kind, EVENT_LOGIN_CHALLENGED);
    command.complete_login = (struct complete_login){.session_id = desk_id_of_address(1, session_n),
                                                     .factor = step_of(1, 1),
                                                     .has_address_hash = true,
                                                     .address_hash = {{session_n, 0xee}}};
    return desk_decide_and_apply(desk, &command);
}

static void who_has_the_password_guesses_twenty_codes_an_hour_from_wherever(void **state)
{
    struct desk *desk = *state;
    for (uint8_t n = 0; n < SETTINGS_FACTOR_FAILURES; n++) {
        struct event wrong = guess(desk, (uint8_t)(20 + n));
        desk_assert_login_refused(&wrong, "TWO_FACTOR_INVALID");
    }
    struct event locked = guess(desk, 60);
    desk_assert_login_refused(&locked, "ACCOUNT_LOCKED");
    assert_int_equal(log_in(desk, 61).kind, EVENT_LOGIN_CHALLENGED);
    struct event right = complete(desk, 61, step_of(1, 101));
    desk_assert_login_refused(&right, "ACCOUNT_LOCKED"); /* nobody learns that it was */

    desk->now_us += DESK_HOUR_US;
    assert_int_equal(log_in(desk, 62).kind, EVENT_LOGIN_CHALLENGED);
    assert_int_equal(complete(desk, 62, step_of(1, 101)).kind, EVENT_SESSION_OPENED);
}

static void another_password_ends_the_guessing(void **state)
{
    struct desk *desk = *state;
    for (uint8_t n = 0; n < SETTINGS_FACTOR_FAILURES; n++)
        guess(desk, (uint8_t)(20 + n));
    struct event locked = guess(desk, 60);
    desk_assert_login_refused(&locked, "ACCOUNT_LOCKED");
    struct command change = by_ada(COMMAND_CHANGE_PASSWORD);
    change.change_password.user_id = ada();
    change.change_password.outcome = LOGIN_OUTCOME_ACCEPTED;
    change.change_password.credentials_version = 1;
    change.change_password.password_hash = TEXT("s1:other");
    assert_int_equal(desk_decide_and_apply(desk, &change).kind, EVENT_PASSWORD_CHANGED);
    struct command login = desk_login_of_user(1, 1, 61);
    login.record_login.credentials_version = 2;
    assert_int_equal(desk_decide_and_apply(desk, &login).kind, EVENT_LOGIN_CHALLENGED);
    assert_int_equal(complete(desk, 61, step_of(1, 101)).kind, EVENT_SESSION_OPENED);
}

static void a_secret_counts_once_a_code_of_it_was_shown(void **state)
{
    struct desk *desk = *state;
    register_ada(desk);
    prepare(desk);
    struct event wrong = enable(desk, (struct second_factor){.secret_version = 1});
    struct event other = enable(desk, step_of(2, 100));
    assert_int_equal(log_in(desk, 9).kind, EVENT_SESSION_OPENED);
    struct event right = enable(desk, step_of(1, 100));

    desk_assert_login_refused(&wrong, "TWO_FACTOR_INVALID");
    desk_assert_login_refused(&other, "TWO_FACTOR_INVALID");
    assert_int_equal(right.kind, EVENT_TWO_FACTOR_ENABLED);
    assert_int_equal(log_in(desk, 10).kind, EVENT_LOGIN_CHALLENGED);
}

static void only_its_user_touches_a_second_factor(void **state)
{
    struct desk *desk = *state;
    struct command command = by_ada(COMMAND_DISABLE_TWO_FACTOR);
    command.disable_two_factor.user_id = ada();
    command.disable_two_factor.factor = step_of(1, 101);
    command.meta.actor.user_id = desk_id_of_address(1, 2);
    struct event by_other = desk_decide(desk, &command);
    command.meta.has_actor = false;
    struct event by_nobody = desk_decide(desk, &command);

    desk_assert_rejected(&by_other, "FORBIDDEN", NULL);
    desk_assert_rejected(&by_nobody, "FORBIDDEN", NULL);
}

static void a_step_and_all_before_it_count_once(void **state)
{
    struct desk *desk = *state;
    log_in(desk, 9);
    struct event used = complete(desk, 9, step_of(1, 100));
    struct event older = complete(desk, 9, step_of(1, 99));
    struct event next = complete(desk, 9, step_of(1, 101));

    desk_assert_login_refused(&used, "TWO_FACTOR_INVALID");
    desk_assert_login_refused(&older, "TWO_FACTOR_INVALID");
    assert_int_equal(next.kind, EVENT_SESSION_OPENED);
    assert_true(next.session_opened.expires_at == desk->now_us + DESK_HOUR_US);
    log_in(desk, 10);
    struct event again = complete(desk, 10, step_of(1, 101));
    desk_assert_login_refused(&again, "TWO_FACTOR_INVALID");
}

static void a_backup_code_counts_once_and_only_one_that_there_is(void **state)
{
    struct desk *desk = *state;
    log_in(desk, 9);
    struct event strange = complete(desk, 9, backup_of(1, 3));
    struct event first = complete(desk, 9, backup_of(1, 1));
    log_in(desk, 10);
    struct event again = complete(desk, 10, backup_of(1, 1));
    struct event second = complete(desk, 10, backup_of(1, 2));

    desk_assert_login_refused(&strange, "TWO_FACTOR_INVALID");
    assert_int_equal(first.kind, EVENT_SESSION_OPENED);
    desk_assert_login_refused(&again, "TWO_FACTOR_INVALID");
    assert_int_equal(second.kind, EVENT_SESSION_OPENED);
}

static void a_challenge_is_over_by_time_tries_and_use(void **state)
{
    struct desk *desk = *state;
    log_in(desk, 9);
    for (int i = 0; i < SETTINGS_CHALLENGE_TRIES; i++)
        complete(desk, 9, step_of(1, 0));
    struct event tried = complete(desk, 9, step_of(1, 101));
    desk->now_us += SETTINGS_FAILURES_US;
    log_in(desk, 10);
    desk->now_us += SETTINGS_CHALLENGE_US;
    struct event late = complete(desk, 10, step_of(1, 101));
    log_in(desk, 11);
    complete(desk, 11, step_of(1, 101));
    struct event used = complete(desk, 11, step_of(1, 102));

    desk_assert_rejected(&tried, "UNAUTHENTICATED", "challenge");
    desk_assert_rejected(&late, "UNAUTHENTICATED", "challenge");
    desk_assert_rejected(&used, "UNAUTHENTICATED", "challenge");
    assert_null(desk->settings->challenges);
}

static void a_new_secret_does_not_bring_back_what_was_used_of_the_old_one(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(disable(desk, backup_of(1, 1)).kind, EVENT_TWO_FACTOR_DISABLED);
    assert_true(prepare(desk).two_factor_prepared.secret_version == 2);
    struct event used_step = enable(desk, step_of(2, 100));
    struct event of_old = enable(desk, step_of(1, 101));
    struct event right = enable(desk, step_of(2, 101));

    desk_assert_login_refused(&used_step, "TWO_FACTOR_INVALID");
    desk_assert_login_refused(&of_old, "TWO_FACTOR_INVALID");
    assert_int_equal(right.kind, EVENT_TWO_FACTOR_ENABLED);
}

/* --- passwords --- */

static struct event change(struct desk *desk, enum login_outcome outcome, int64_t version)
{
    struct command command = by_ada(COMMAND_CHANGE_PASSWORD);
    command.change_password = (struct change_password){.user_id = ada(),
                                                       .outcome = outcome,
                                                       .credentials_version = version,
                                                       .password_hash = TEXT("s1:new"),
                                                       .has_address_hash = true,
                                                       .address_hash = HOME};
    return desk_decide_and_apply(desk, &command);
}

static struct event reset(struct desk *desk, int64_t version)
{
    struct command command = {.kind = COMMAND_RESET_PASSWORD};
    command.reset_password = (struct reset_password){
        .user_id = ada(), .credentials_version = version, .password_hash = TEXT("s1:new")};
    return desk_decide_and_apply(desk, &command);
}

static void a_changed_password_ends_the_other_sessions(void **state)
{
    struct desk *desk = *state;
    register_ada(desk);
    log_in(desk, 200);
    log_in(desk, 201);
    struct event event = change(desk, LOGIN_OUTCOME_ACCEPTED, 1);

    assert_int_equal(event.kind, EVENT_PASSWORD_CHANGED);
    assert_true(event.password_changed.credentials_version == 2);
    assert_int_equal(event.password_changed.ended_session_ids_count, 1);
    assert_non_null(settings_session(desk->settings, desk_id_of_address(1, 200)));
    assert_null(settings_session(desk->settings, desk_id_of_address(1, 201)));
    struct event by_old = log_in(desk, 202);
    desk_assert_login_refused(&by_old, "INVALID_CREDENTIALS");
}

static void a_password_is_changed_from_the_present_one_only(void **state)
{
    struct desk *desk = *state;
    register_ada(desk);
    struct event wrong = change(desk, LOGIN_OUTCOME_WRONG_PASSWORD, 1);
    struct event first = change(desk, LOGIN_OUTCOME_ACCEPTED, 1);
    struct event second = change(desk, LOGIN_OUTCOME_ACCEPTED, 1);

    desk_assert_login_refused(&wrong, "INVALID_CREDENTIALS");
    assert_int_equal(first.kind, EVENT_PASSWORD_CHANGED);
    desk_assert_login_refused(&second, "INVALID_CREDENTIALS");
}

static void a_reset_is_good_once_and_ends_all_sessions(void **state)
{
    struct desk *desk = *state;
    register_ada(desk);
    log_in(desk, 200);
    struct event first = reset(desk, 1), second = reset(desk, 1);

    assert_int_equal(first.kind, EVENT_PASSWORD_CHANGED);
    assert_int_equal(first.password_changed.ended_session_ids_count, 1);
    desk_assert_rejected(&second, "VALIDATION_FAILED", "token");
    assert_null(desk->settings->sessions);
}

static void a_password_changed_meanwhile_ends_a_challenge(void **state)
{
    struct desk *desk = *state;
    log_in(desk, 9);
    reset(desk, 1);
    struct event event = complete(desk, 9, step_of(1, 101));
    desk_assert_rejected(&event, "UNAUTHENTICATED", "challenge");
}

static void a_snapshot_keeps_what_was_used_and_who_is_challenged(void **state)
{
    struct desk *desk = *state;
    struct buffer bytes;
    buffer_init(&bytes, 1 << 16);
    log_in(desk, 9);
    complete(desk, 9, backup_of(1, 1));
    log_in(desk, 10);
    settings_save(desk->settings, &bytes);
    settings_free(desk->settings);
    desk->settings = settings_new(&DESK_PLACE);
    assert_int_equal(settings_load(desk->settings, buffer_bytes(&bytes)), OK);
    buffer_free(&bytes);
    struct event step = complete(desk, 10, step_of(1, 100)),
                 backup = complete(desk, 10, backup_of(1, 1));
    struct event right = complete(desk, 10, backup_of(1, 2));

    desk_assert_login_refused(&step, "TWO_FACTOR_INVALID");
    desk_assert_login_refused(&backup, "TWO_FACTOR_INVALID");
    assert_int_equal(right.kind, EVENT_SESSION_OPENED);
}

/* --- sign-ins through a provider --- */

static struct event sign_in(struct desk *desk, uint8_t session_n, uint8_t attempt_n,
                            int64_t expires_at, bool known)
{
    struct command command = known ? desk_login_of_user(1, 1, session_n)
                                   : desk_login(1, session_n, LOGIN_OUTCOME_UNKNOWN_USER);
    command.record_login.expires_at = desk->now_us + DESK_HOUR_US;
    command.record_login.has_attempt = true;
    command.record_login.attempt =
        (struct sign_in_attempt){.id = {{attempt_n}}, .expires_at = expires_at};
    return desk_decide_and_apply(desk, &command);
}

static void a_sign_in_through_a_provider_is_used_once_whatever_comes_of_it(void **state)
{
    struct desk *desk = *state;
    int64_t end_us = desk->now_us + SETTINGS_ATTEMPT_US;
    register_ada(desk);
    struct event opened = sign_in(desk, 9, 1, end_us, true),
                 again = sign_in(desk, 10, 1, end_us, true);
    struct event refused = sign_in(desk, 11, 2, end_us, false);
    struct event after = sign_in(desk, 12, 2, end_us, true);

    assert_int_equal(opened.kind, EVENT_SESSION_OPENED);
    desk_assert_rejected(&again, "UNAUTHENTICATED", "state");
    desk_assert_login_refused(&refused, "INVALID_CREDENTIALS");
    desk_assert_rejected(&after, "UNAUTHENTICATED", "state");
}

static void a_sign_in_through_a_provider_has_its_time(void **state)
{
    struct desk *desk = *state;
    register_ada(desk);
    struct event late = sign_in(desk, 9, 1, desk->now_us, true);
    struct event long_one = sign_in(desk, 9, 1, desk->now_us + SETTINGS_ATTEMPT_US + 1, true);

    desk_assert_rejected(&late, "UNAUTHENTICATED", "state");
    desk_assert_rejected(&long_one, "UNAUTHENTICATED", "state");
}

static void a_provider_does_not_spare_the_second_factor(void **state)
{
    struct desk *desk = *state;
    int64_t end_us = desk->now_us + SECOND;
    assert_int_equal(sign_in(desk, 9, 1, end_us, true).kind, EVENT_LOGIN_CHALLENGED);
    struct event again = sign_in(desk, 10, 1, end_us, true);
    desk_assert_rejected(&again, "UNAUTHENTICATED", "state");
    struct event later = {.kind = EVENT_COMMAND_REJECTED, .meta.occurred_at = end_us};
    settings_apply(desk->settings, &later);
    assert_null(desk->settings->attempted);
}

int main(void)
{
#define TEST(name)    cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)
#define GUARDED(name) cmocka_unit_test_setup_teardown(name, guard_ada, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_secret_counts_once_a_code_of_it_was_shown),
        GUARDED(who_has_the_password_guesses_twenty_codes_an_hour_from_wherever),
        GUARDED(another_password_ends_the_guessing),
        GUARDED(only_its_user_touches_a_second_factor),
        GUARDED(a_step_and_all_before_it_count_once),
        GUARDED(a_backup_code_counts_once_and_only_one_that_there_is),
        GUARDED(a_challenge_is_over_by_time_tries_and_use),
        GUARDED(a_new_secret_does_not_bring_back_what_was_used_of_the_old_one),
        TEST(a_changed_password_ends_the_other_sessions),
        TEST(a_password_is_changed_from_the_present_one_only),
        TEST(a_reset_is_good_once_and_ends_all_sessions),
        GUARDED(a_password_changed_meanwhile_ends_a_challenge),
        GUARDED(a_snapshot_keeps_what_was_used_and_who_is_challenged),
        TEST(a_sign_in_through_a_provider_is_used_once_whatever_comes_of_it),
        TEST(a_sign_in_through_a_provider_has_its_time),
        GUARDED(a_provider_does_not_spare_the_second_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
