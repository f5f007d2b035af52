/* Which mails are to be sent, and what is in them. */
#include "auth/mail_token.h"
#include "settings/letter.h"
#include "settings/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
enum { NOTICES_MAX = 1200 };
static const int64_t NOON_US = INT64_C(1795348800000000);
static const struct uuid ADA = {{1}}, REGISTERED = {{2}}, ASKED = {{3}};
static const struct seal_key HASH_KEY = {{7}};
static const struct letter_head HEAD = {&HASH_KEY, "https://bourse.test", "bourse@example.org"};

static void take_registration(struct outbox *outbox)
{
    struct event event = {.kind = EVENT_USER_REGISTERED,
                          .meta = {.event_id = REGISTERED, .occurred_at = NOON_US},
                          .user_registered = {.user_id = ADA, .email = TEXT("s1:ada")}};
    outbox_take(outbox, &event);
}

static void take_reset_request(struct outbox *outbox, bool of_user)
{
    struct event event = {.kind = EVENT_PASSWORD_RESET_REQUESTED,
                          .meta = {.event_id = ASKED, .occurred_at = NOON_US + SECOND}};
    event.password_reset_requested.has_user_id = of_user;
    event.password_reset_requested.user_id = ADA;
    event.password_reset_requested.credentials_version = 4;
    outbox_take(outbox, &event);
}

static void take_completion(struct outbox *outbox, struct uuid id)
{
    struct event event = {.kind = EVENT_DELIVERY_COMPLETED};
    event.delivery_completed.delivery_id = id;
    outbox_take(outbox, &event);
}

static void what_asks_for_a_letter_gets_it_in_order_and_once(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    take_registration(outbox);
    take_reset_request(outbox, true);
    assert_true(outbox_next(outbox, LANE_SIGN_IN, NOON_US, &letter));
    assert_true(uuid_equal(letter.key.id, REGISTERED));
    assert_int_equal(letter.key.kind, LETTER_VERIFY_EMAIL);
    assert_true(text_is(letter.email, "s1:ada"));
    take_completion(outbox, REGISTERED);
    assert_true(outbox_next(outbox, LANE_SIGN_IN, NOON_US, &letter));
    assert_true(uuid_equal(letter.key.id, ASKED));
    assert_int_equal(letter.key.kind, LETTER_RESET_PASSWORD);
    assert_true(letter.version == 4);
    assert_true(letter.expires_at_us == NOON_US + 1801 * SECOND);
    take_completion(outbox, ASKED);
    take_completion(outbox, ASKED); /* told twice */
    assert_false(outbox_next(outbox, LANE_SIGN_IN, NOON_US, &letter));
    assert_int_equal(outbox_count(outbox), 0);
    outbox_free(outbox);
}

static void nobody_is_written_to_for_an_address_that_is_nobodys(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    take_reset_request(outbox, false);
    assert_int_equal(outbox_count(outbox), 0);
    outbox_free(outbox);
}

static void what_could_not_be_sent_is_tried_later_each_time(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    int64_t now_us = NOON_US, wait_us = SECOND;
    take_registration(outbox);
    for (int i = 0; i < 10; i++) {
        assert_true(outbox_next(outbox, LANE_SIGN_IN, now_us, &letter));
        outbox_retry(outbox, &letter.key, now_us);
        assert_false(outbox_next(outbox, LANE_SIGN_IN, now_us + wait_us - 1, &letter));
        now_us += wait_us;
        wait_us = 2 * wait_us < 60 * SECOND ? 2 * wait_us : 60 * SECOND;
    }
    outbox_free(outbox);
}

static void what_was_reported_is_not_sent_again_before_it_is_read(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    take_registration(outbox);
    outbox_reported(outbox, &(struct letter_key){.id = REGISTERED, .kind = LETTER_VERIFY_EMAIL});
    assert_false(outbox_next(outbox, LANE_SIGN_IN, INT64_MAX - 1, &letter));
    assert_int_equal(outbox_count(outbox), 1);
    outbox_free(outbox);
}

static void a_letter_is_the_same_however_often_it_is_written(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 16);
    struct letter letter = {.key = {ASKED, LETTER_RESET_PASSWORD},
                            .user_id = ADA,
                            .version = 4,
                            .expires_at_us = NOON_US};
    struct text body = letter_body(&letter, &HEAD, arena);
    assert_true(text_equal(body, letter_body(&letter, &HEAD, arena)));
    assert_true(text_is(letter_message_id(&letter, &HEAD, arena),
                        "03000000-0000-0000-0000-000000000000@example.org"));
    const char *start = strstr(body.data, "https://bourse.test/reset-password#token=");
    assert_non_null(start);
    start = strchr(start, '=') + 1;
    struct text token = {.data = start, .size = strcspn(start, "\n")};
    struct mail_token opened;
    assert_int_equal(mail_token_open(&HASH_KEY, MAIL_TOKEN_RESET, token, NOON_US - 1, &opened), OK);
    assert_true(uuid_equal(opened.user_id, ADA));
    assert_true(opened.version == 4);
    assert_int_equal(mail_token_open(&HASH_KEY, MAIL_TOKEN_RESET, token, NOON_US, &opened),
                     ERR_INPUT);
    assert_int_equal(mail_token_open(&HASH_KEY, MAIL_TOKEN_VERIFY, token, NOON_US - 1, &opened),
                     ERR_INPUT);
    assert_int_equal(
        mail_token_open(&(struct seal_key){{8}}, MAIL_TOKEN_RESET, token, NOON_US - 1, &opened),
        ERR_INPUT);
    arena_free(arena);
}

static void take_preferences(struct outbox *outbox, bool quiet)
{
    struct event event = {.kind = EVENT_PREFERENCES_CHANGED};
    event.preferences_changed.user_id = ADA;
    event.preferences_changed.preferences = (struct preferences){.notification_quiet_hours = quiet,
                                                                 .has_quiet_start_time = true,
                                                                 .quiet_start_time = TEXT("22:30"),
                                                                 .has_quiet_end_time = true,
                                                                 .quiet_end_time = TEXT("07:00"),
                                                                 .timezone = TEXT("Europe/Berlin")};
    outbox_take(outbox, &event);
}

static void take_notification(struct outbox *outbox)
{
    enum notification_channel ways[] = {NOTIFICATION_CHANNEL_EMAIL, NOTIFICATION_CHANNEL_WEBHOOK};
    struct notification notification = {
        .id = ASKED, .user_id = ADA, .channels = ways, .channels_count = 2, .raised_at = NOON_US};
    struct event event = {.kind = EVENT_NOTIFICATIONS_RAISED,
                          .notifications_raised = {&notification, 1}};
    outbox_take(outbox, &event);
}

static void a_notification_goes_each_way_once(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    struct event completed = {.kind = EVENT_DELIVERY_COMPLETED};
    take_registration(outbox);
    take_completion(outbox, REGISTERED);
    take_notification(outbox);
    assert_int_equal(outbox_count(outbox), 2);
    assert_true(outbox_next(outbox, LANE_MAIL, NOON_US, &letter));
    assert_int_equal(letter.key.kind, LETTER_NOTIFICATION);
    completed.delivery_completed.delivery_id = ASKED;
    completed.delivery_completed.has_channel = true;
    completed.delivery_completed.channel = NOTIFICATION_CHANNEL_EMAIL;
    outbox_take(outbox, &completed);
    assert_true(outbox_next(outbox, LANE_POST, NOON_US, &letter));
    assert_int_equal(letter.key.kind, LETTER_WEBHOOK);
    assert_int_equal(letter.url.size, 0);
    outbox_hold(outbox, &letter.key, NOON_US + SECOND);
    assert_false(outbox_next(outbox, LANE_POST, NOON_US, &letter));
    assert_true(outbox_next(outbox, LANE_POST, NOON_US + SECOND, &letter));
    outbox_free(outbox);
}

static void a_text_message_says_it_in_a_line_and_goes_to_the_number_of_then(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 16);
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    enum notification_channel way = NOTIFICATION_CHANNEL_SMS;
    struct notification notification = {.id = ASKED,
                                        .user_id = ADA,
                                        .kind = NOTIFICATION_KIND_WITHDRAWAL,
                                        .has_asset = true,
                                        .asset = TEXT("EUR"),
                                        .has_amount_e8 = true,
                                        .amount_e8 = 5 * E8,
                                        .has_state = true,
                                        .state = TEXT("failed"),
                                        .channels = &way,
                                        .channels_count = 1,
                                        .raised_at = NOON_US};
    struct event event = {.kind = EVENT_NOTIFICATION_SETTINGS_CHANGED};
    event.notification_settings_changed.user_id = ADA;
    event.notification_settings_changed.has_phone_number = true;
    event.notification_settings_changed.phone_number = TEXT("s1:number");
    take_registration(outbox);
    take_completion(outbox, REGISTERED);
    outbox_take(outbox, &event);
    event = (struct event){.kind = EVENT_NOTIFICATIONS_RAISED,
                           .notifications_raised = {&notification, 1}};
    outbox_take(outbox, &event);
    assert_true(outbox_next(outbox, LANE_TEXT_MESSAGE, NOON_US, &letter));
    assert_int_equal(letter.key.kind, LETTER_SMS);
    assert_true(text_is(letter.phone, "s1:number"));
    assert_true(text_is(letter_short(&letter, arena), "Bourse: withdrawal 5.00 EUR failed"));
    event = (struct event){.kind = EVENT_DELIVERY_COMPLETED,
                           .delivery_completed = {.delivery_id = ASKED,
                                                  .has_channel = true,
                                                  .channel = NOTIFICATION_CHANNEL_SMS}};
    outbox_take(outbox, &event);
    assert_int_equal(outbox_count(outbox), 0);
    outbox_free(outbox);
    arena_free(arena);
}

static void take_subscription(struct outbox *outbox, uint8_t n, struct text endpoint)
{
    struct event event = {.kind = EVENT_PUSH_SUBSCRIBED};
    event.push_subscribed.user_id = ADA;
    event.push_subscribed.subscription_id = (struct uuid){{n}};
    event.push_subscribed.endpoint = endpoint;
    outbox_take(outbox, &event);
}

static void complete_push(struct outbox *outbox, uint8_t n, bool gone)
{
    struct event event = {.kind = EVENT_DELIVERY_COMPLETED,
                          .delivery_completed = {.delivery_id = ASKED,
                                                 .user_id = ADA,
                                                 .has_subscription_id = true,
                                                 .subscription_id = {{n}},
                                                 .gone = gone}};
    outbox_take(outbox, &event);
}

static void a_notification_goes_to_each_browser_by_itself(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    struct uuid browsers[] = {{{1}}, {{2}}, {{3}}};
    struct notification notification = {
        .id = ASKED, .user_id = ADA, .push_to = browsers, .push_to_count = 3, .raised_at = NOON_US};
    struct event raised = {.kind = EVENT_NOTIFICATIONS_RAISED,
                           .notifications_raised = {&notification, 1}};
    take_registration(outbox);
    take_completion(outbox, REGISTERED);
    take_subscription(outbox, 1, TEXT("s1:one"));
    take_subscription(outbox, 2, TEXT("s1:two"));
    take_subscription(outbox, 2, TEXT("s1:two, anew"));
    take_subscription(outbox, 3, TEXT("s1:three"));
    outbox_take(outbox, &raised);
    assert_int_equal(outbox_count(outbox), 3);
    assert_true(outbox_next(outbox, LANE_POST, NOON_US, &letter));
    assert_int_equal(letter.key.kind, LETTER_PUSH);
    assert_true(text_is(letter.browser.endpoint, "s1:one"));
    complete_push(outbox, 1, true);
    complete_push(outbox, 1, true); /* told twice */
    assert_true(outbox_next(outbox, LANE_POST, NOON_US, &letter));
    assert_true(text_is(letter.browser.endpoint, "s1:two, anew"));
    outbox_retry(outbox, &letter.key, NOON_US);
    assert_true(outbox_next(outbox, LANE_POST, NOON_US, &letter));
    assert_true(text_is(letter.browser.endpoint, "s1:three"));
    struct event ended = {.kind = EVENT_PUSH_UNSUBSCRIBED,
                          .push_unsubscribed = {.user_id = ADA, .subscription_id = {{3}}}};
    outbox_take(outbox, &ended);
    assert_true(outbox_next(outbox, LANE_POST, NOON_US, &letter));
    assert_int_equal(letter.browser.endpoint.size, 0);
    complete_push(outbox, 3, false);
    assert_int_equal(outbox_count(outbox), 1);
    outbox_free(outbox);
}

static void quiet_hours_are_those_of_the_users_time_zone(void **state)
{
    (void)state;
    const int64_t minute = 60 * SECOND, evening_us = INT64_C(1795383000000000); /* 21:30 UTC */
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    take_registration(outbox);
    take_preferences(outbox, true);
    assert_true(outbox_next(outbox, LANE_SIGN_IN, NOON_US, &letter));
    assert_true(quiet_over_us(letter.quiet, NOON_US) == NOON_US);
    assert_true(quiet_over_us(letter.quiet, evening_us - minute) == evening_us - minute);
    int64_t over_us = evening_us + (8 * 60 + 30) * minute; /* 07:00 in Berlin, in winter */
    assert_true(quiet_over_us(letter.quiet, evening_us) == over_us);
    assert_true(quiet_over_us(letter.quiet, over_us - 1) == over_us);
    assert_true(quiet_over_us(letter.quiet, over_us) == over_us);
    take_preferences(outbox, false);
    assert_true(quiet_over_us(letter.quiet, evening_us) == evening_us);
    outbox_free(outbox);
}

static void signing_in_waits_for_no_notice(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    take_registration(outbox);
    take_completion(outbox, REGISTERED);
    take_notification(outbox);
    assert_true(outbox_next(outbox, LANE_MAIL, NOON_US, &letter));
    outbox_begin(outbox, &letter.key, NOON_US);
    assert_true(outbox_next(outbox, LANE_POST, NOON_US, &letter));
    outbox_begin(outbox, &letter.key, NOON_US);
    take_reset_request(outbox, true);
    assert_true(outbox_next(outbox, LANE_SIGN_IN, NOON_US, &letter));
    assert_int_equal(letter.key.kind, LETTER_RESET_PASSWORD);
    outbox_free(outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_asks_for_a_letter_gets_it_in_order_and_once),
        cmocka_unit_test(nobody_is_written_to_for_an_address_that_is_nobodys),
        cmocka_unit_test(what_could_not_be_sent_is_tried_later_each_time),
        cmocka_unit_test(what_was_reported_is_not_sent_again_before_it_is_read),
        cmocka_unit_test(a_letter_is_the_same_however_often_it_is_written),
        cmocka_unit_test(a_notification_goes_each_way_once),
        cmocka_unit_test(a_text_message_says_it_in_a_line_and_goes_to_the_number_of_then),
        cmocka_unit_test(a_notification_goes_to_each_browser_by_itself),
        cmocka_unit_test(quiet_hours_are_those_of_the_users_time_zone),
        cmocka_unit_test(signing_in_waits_for_no_notice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
