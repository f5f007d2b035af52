/* What proves who somebody is: passwords, and who has failed to too often. */
#include "settings/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 20 };

static const int64_t NOON_US = INT64_C(1795348800000000);
#define SECOND (INT64_C(1000000))

static const struct place PLACE = {.service = SERVICE_SETTINGS, .partition_counts = {3, 3, 1, 1}};
static const struct keyed_hash ADA = {{1, 0xab}}, BOB = {{2, 0xab}};
static const struct keyed_hash HOME = {{7}}, ELSEWHERE = {{8}};

/* A partition of settings, and what its decisions live in. */
struct desk {
    struct settings *settings;
    struct arena *arena;
    int64_t now_us;
    uint8_t ids;
};

static struct uuid id_of(const struct keyed_hash *email_hash, uint8_t n)
{
    return uuid_make(settings_owner_hash(email_hash), (const uint8_t[12]){n});
}

static struct event decide_and_apply(struct desk *desk, const struct command *command)
{
    struct event event = {.meta.occurred_at = desk->now_us};
    struct input input = {.kind = INPUT_COMMAND, .now_us = desk->now_us, .command = command};
    settings_decide(desk->settings, &input, desk->arena, &event);
    settings_apply(desk->settings, &event);
    return event;
}

static void register_user(struct desk *desk, const struct keyed_hash *email_hash)
{
    struct command command = {
        .kind = COMMAND_REGISTER_USER,
        .register_user = {.user_id = id_of(email_hash, 1), .email_hash = *email_hash}};
    assert_int_equal(decide_and_apply(desk, &command).kind, EVENT_USER_REGISTERED);
}

static int set_up(void **state)
{
    static struct desk desk;
    desk = (struct desk){settings_new(&PLACE), arena_new(ARENA_SIZE), NOON_US, 1};
    register_user(&desk, &ADA);
    register_user(&desk, &BOB);
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

static struct event log_in(struct desk *desk, const struct keyed_hash *email_hash,
                           const struct keyed_hash *address_hash, enum login_outcome outcome)
{
    struct command command = {.kind = COMMAND_RECORD_LOGIN,
                              .record_login = {.session_id = id_of(email_hash, ++desk->ids),
                                               .has_user_id = true,
                                               .user_id = id_of(email_hash, 1),
                                               .email_hash = *email_hash,
                                               .outcome = outcome,
                                               .expires_at = desk->now_us + 3600 * SECOND,
                                               .credentials_version = 1,
                                               .has_address_hash = true,
                                               .address_hash = *address_hash}};
    return decide_and_apply(desk, &command);
}

static void fail_times(struct desk *desk, const struct keyed_hash *email_hash,
                       const struct keyed_hash *address_hash, int times)
{
    for (int i = 0; i < times; i++) {
        desk->now_us += SECOND;
        log_in(desk, email_hash, address_hash, LOGIN_OUTCOME_WRONG_PASSWORD);
    }
}

static void assert_refused(struct event event, const char *code)
{
    assert_int_equal(event.kind, EVENT_LOGIN_REFUSED);
    assert_true(text_is(event.login_refused.code, code));
}

static void assert_opened(struct event event)
{
    assert_int_equal(event.kind, EVENT_SESSION_OPENED);
}

static void a_password_that_was_another_ones_when_checked_opens_nothing(void **state)
{
    struct desk *desk = *state;
    struct command command = {.kind = COMMAND_RECORD_LOGIN,
                              .record_login = {.session_id = id_of(&ADA, 9),
                                               .has_user_id = true,
                                               .user_id = id_of(&ADA, 1),
                                               .email_hash = ADA,
                                               .outcome = LOGIN_OUTCOME_ACCEPTED,
                                               .expires_at = NOON_US + SECOND,
                                               .credentials_version = 2}};
    assert_refused(decide_and_apply(desk, &command), "INVALID_CREDENTIALS");
}

static void ten_failures_lock_out_even_the_right_password(void **state)
{
    struct desk *desk = *state;
    fail_times(desk, &ADA, &HOME, SETTINGS_FAILURES - 1);
    assert_refused(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_WRONG_PASSWORD), "INVALID_CREDENTIALS");
    assert_refused(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_ACCEPTED), "ACCOUNT_LOCKED");
    assert_refused(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_WRONG_PASSWORD), "ACCOUNT_LOCKED");
}

static void nobody_else_is_locked_out(void **state)
{
    struct desk *desk = *state;
    fail_times(desk, &ADA, &HOME, SETTINGS_FAILURES);
    assert_opened(log_in(desk, &ADA, &ELSEWHERE, LOGIN_OUTCOME_ACCEPTED));
    assert_opened(log_in(desk, &BOB, &HOME, LOGIN_OUTCOME_ACCEPTED));
    assert_refused(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_ACCEPTED), "ACCOUNT_LOCKED");
}

/* However often it is tried meanwhile. */
static void a_lock_ends_a_quarter_of_an_hour_after_the_first_of_the_ten(void **state)
{
    struct desk *desk = *state;
    fail_times(desk, &ADA, &HOME, SETTINGS_FAILURES + 20);
    desk->now_us = NOON_US + SECOND + SETTINGS_FAILURES_US - 1;
    assert_refused(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_ACCEPTED), "ACCOUNT_LOCKED");
    desk->now_us++;
    assert_opened(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_ACCEPTED));
}

static void who_gets_in_begins_anew(void **state)
{
    struct desk *desk = *state;
    fail_times(desk, &ADA, &HOME, SETTINGS_FAILURES - 1);
    assert_opened(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_ACCEPTED));
    fail_times(desk, &ADA, &HOME, SETTINGS_FAILURES - 1);
    assert_opened(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_ACCEPTED));
}

static void failures_that_no_longer_count_are_forgotten(void **state)
{
    struct desk *desk = *state;
    fail_times(desk, &ADA, &HOME, 1);
    fail_times(desk, &BOB, &HOME, 1);
    fail_times(desk, &ADA, &HOME, 1);
    struct event later = {.kind = EVENT_COMMAND_REJECTED,
                          .meta.occurred_at = NOON_US + 2 * SECOND + SETTINGS_FAILURES_US};
    settings_apply(desk->settings, &later);
    assert_int_equal(HASH_CNT(by_pair, desk->settings->failures), 1);
    later.meta.occurred_at += SECOND;
    settings_apply(desk->settings, &later);
    assert_null(desk->settings->failures);
}

static void a_snapshot_keeps_who_is_locked_out(void **state)
{
    struct desk *desk = *state;
    fail_times(desk, &BOB, &HOME, 3);
    fail_times(desk, &ADA, &HOME, SETTINGS_FAILURES);
    struct buffer bytes;
    buffer_init(&bytes, 1 << 16);
    settings_save(desk->settings, &bytes);
    settings_free(desk->settings);
    desk->settings = settings_new(&PLACE);
    assert_int_equal(settings_load(desk->settings, buffer_bytes(&bytes)), OK);
    buffer_free(&bytes);
    assert_refused(log_in(desk, &ADA, &HOME, LOGIN_OUTCOME_ACCEPTED), "ACCOUNT_LOCKED");
    assert_opened(log_in(desk, &BOB, &HOME, LOGIN_OUTCOME_ACCEPTED));
}

/* --- mails --- */

static struct event ask_for_password(struct desk *desk, const struct keyed_hash *email_hash)
{
    struct command command = {
        .kind = COMMAND_REQUEST_PASSWORD_RESET,
        .request_password_reset = {.request_id = id_of(email_hash, ++desk->ids),
                                   .email_hash = *email_hash}};
    return decide_and_apply(desk, &command);
}

static void an_address_is_verified_once(void **state)
{
    struct desk *desk = *state;
    struct command command = {.kind = COMMAND_VERIFY_EMAIL,
                              .verify_email = {.user_id = id_of(&ADA, 1)}};
    struct event first = decide_and_apply(desk, &command);
    struct event second = decide_and_apply(desk, &command);
    command.verify_email.user_id = id_of(&ADA, 77);
    struct event unknown = decide_and_apply(desk, &command);

    assert_int_equal(first.kind, EVENT_EMAIL_VERIFIED);
    assert_int_equal(second.kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(second.command_rejected.field, "token"));
    assert_int_equal(unknown.kind, EVENT_COMMAND_REJECTED);
}

static void a_new_password_is_asked_for_alike_whoever_has_the_address(void **state)
{
    struct desk *desk = *state;
    static const struct keyed_hash NOBODY = {{3, 0xab}};
    struct event of_user = ask_for_password(desk, &ADA),
                 of_nobody = ask_for_password(desk, &NOBODY);

    assert_int_equal(of_user.kind, EVENT_PASSWORD_RESET_REQUESTED);
    assert_int_equal(of_nobody.kind, EVENT_PASSWORD_RESET_REQUESTED);
    assert_true(of_user.password_reset_requested.has_user_id);
    assert_true(of_user.password_reset_requested.credentials_version == 1);
    assert_false(of_nobody.password_reset_requested.has_user_id);
}

static void nobody_is_mailed_for_a_new_password_twice_a_minute(void **state)
{
    struct desk *desk = *state;
    ask_for_password(desk, &ADA);
    desk->now_us += SETTINGS_RESET_EVERY_US - 1;
    assert_false(ask_for_password(desk, &ADA).password_reset_requested.has_user_id);
    desk->now_us++;
    assert_true(ask_for_password(desk, &ADA).password_reset_requested.has_user_id);
}

static void a_delivery_may_be_reported_twice(void **state)
{
    struct desk *desk = *state;
    struct command command = {.kind = COMMAND_COMPLETE_DELIVERY,
                              .complete_delivery = {.delivery_id = {{9}},
                                                    .user_id = id_of(&ADA, 1),
                                                    .outcome = DELIVERY_OUTCOME_EXPIRED}};
    for (int i = 0; i < 2; i++) {
        struct event event = decide_and_apply(desk, &command);
        assert_int_equal(event.kind, EVENT_DELIVERY_COMPLETED);
        assert_int_equal(event.delivery_completed.outcome, DELIVERY_OUTCOME_EXPIRED);
    }
    command.complete_delivery.user_id = id_of(&ADA, 77);
    assert_int_equal(decide_and_apply(desk, &command).kind, EVENT_COMMAND_REJECTED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_password_that_was_another_ones_when_checked_opens_nothing),
        TEST(ten_failures_lock_out_even_the_right_password),
        TEST(nobody_else_is_locked_out),
        TEST(a_lock_ends_a_quarter_of_an_hour_after_the_first_of_the_ten),
        TEST(who_gets_in_begins_anew),
        TEST(failures_that_no_longer_count_are_forgotten),
        TEST(a_snapshot_keeps_who_is_locked_out),
        TEST(an_address_is_verified_once),
        TEST(a_new_password_is_asked_for_alike_whoever_has_the_address),
        TEST(nobody_is_mailed_for_a_new_password_twice_a_minute),
        TEST(a_delivery_may_be_reported_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
