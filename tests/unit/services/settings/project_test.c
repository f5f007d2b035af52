#include "../recorded_rows.h"
#include "settings/project.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_user_becomes_a_row_of_people_and_one_of_credentials(void **state)
{
    (void)state;
    enum role roles[] = {ROLE_ADMIN, ROLE_USER};
    struct event event = {
        .kind = EVENT_USER_REGISTERED,
        .user_registered =
            {
                .user_id = {{1}},
                .account_id = {{2}},
                .email_hash = {{0xab, 0xcd}},
                .email = TEXT("email"),
                .full_name = TEXT("name"),
                .password_hash = TEXT("hash"),
                .roles = roles,
                .roles_count = 2,
                .created_at = 5,
            },
    };

    assert_true(recorded_rows_are(
        &SETTINGS_PROJECTION, &event,
        "0|01000000-0000-0000-0000-000000000000|[email 01]|abcd0000000000000000000000000000|"
        "[name 01]|02000000-0000-0000-0000-000000000000|{admin,user}|active|5\n"
        "1|01000000-0000-0000-0000-000000000000|[hash 01]|1\n"));
}

static void a_session_is_logged_with_where_it_came_from(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_SESSION_OPENED,
        .meta =
            {
                .has_origin = true,
                .origin = {.key_id = {{9}}, .ip_address = TEXT("ip"), .user_agent = TEXT("ua")},
            },
        .session_opened = {.session_id = {{1}}, .user_id = {{2}}, .login_at = 5, .expires_at = 6},
    };

    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event,
                                  "2|01000000-0000-0000-0000-000000000000|"
                                  "02000000-0000-0000-0000-000000000000|5|6|[ip 09]|[ua 09]\n"));
    event.meta.has_origin = false;
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event,
                                  "2|01000000-0000-0000-0000-000000000000|"
                                  "02000000-0000-0000-0000-000000000000|5|6|-|-\n"));
}

static void the_end_of_a_session_is_put_to_its_row(void **state)
{
    (void)state;
    struct uuid ids[] = {{{1}}, {{2}}};
    struct event ended = {.kind = EVENT_SESSIONS_ENDED,
                          .sessions_ended = {.user_id = {{9}},
                                             .session_ids = ids,
                                             .session_ids_count = 2,
                                             .reason = SESSION_END_LOGOUT,
                                             .ended_at = 7}};
    struct event opened = {.kind = EVENT_SESSION_OPENED,
                           .session_opened = {.session_id = {{3}},
                                              .user_id = {{9}},
                                              .login_at = 8,
                                              .expires_at = 9,
                                              .ended_session_ids = ids,
                                              .ended_session_ids_count = 1}};

    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &ended,
                                  "3|01000000-0000-0000-0000-000000000000|7|logout\n"
                                  "3|02000000-0000-0000-0000-000000000000|7|logout\n"));
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &opened,
                                  "2|03000000-0000-0000-0000-000000000000|"
                                  "09000000-0000-0000-0000-000000000000|8|9|-|-\n"
                                  "3|01000000-0000-0000-0000-000000000000|8|too_many\n"));
}

static void the_venues_rules_are_one_row(void **state)
{
    (void)state;
    const struct event event = {
        .kind = EVENT_VENUE_RULES_CHANGED,
        .venue_rules_changed.rules = {.limits = {.has_max_open_orders = true, .max_open_orders = 7},
                                      .version = 3,
                                      .updated_at = 9}};

    assert_true(
        recorded_rows_are(&SETTINGS_PROJECTION, &event,
                          "4|venue|{\"max_order_notional\":null,\"max_daily_notional\":null,"
                          "\"max_concentration_percent\":null,\"max_open_orders\":7}|3|9\n"));
}

static void other_events_make_no_rows(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_LOGIN_REFUSED};

    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_becomes_a_row_of_people_and_one_of_credentials),
        cmocka_unit_test(a_session_is_logged_with_where_it_came_from),
        cmocka_unit_test(the_end_of_a_session_is_put_to_its_row),
        cmocka_unit_test(the_venues_rules_are_one_row),
        cmocka_unit_test(other_events_make_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
