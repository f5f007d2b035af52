#include "../recorded_rows.h"
#include "settings/project.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NIL "00000000-0000-0000-0000-000000000000"

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
        "[name 01]|02000000-0000-0000-0000-000000000000|{admin,user}|active|5|1\n"
        "1|01000000-0000-0000-0000-000000000000|[hash 01]|1\n"
        "9|" NIL "|01000000-0000-0000-0000-000000000000|registered|-|-|f|-|-|0\n"));
}

static void a_changed_user_is_put_to_his_row_and_his_sessions_end_for_that(void **state)
{
    (void)state;
    enum role roles[] = {ROLE_OPERATOR};
    struct uuid ids[] = {{{1}}};
    struct event event = {.kind = EVENT_USER_CHANGED,
                          .meta = {.has_actor = true,
                                   .actor = {.user_id = {{7}}},
                                   .has_origin = true,
                                   .origin = {{{7}}, TEXT("ip"), TEXT("ua")}},
                          .user_changed = {.user_id = {{2}},
                                           .roles = roles,
                                           .roles_count = 1,
                                           .status = USER_STATUS_ACTIVE,
                                           .version = 7,
                                           .changed_at = 9,
                                           .ended_session_ids = ids,
                                           .ended_session_ids_count = 1}};

    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event,
                                  "10|02000000-0000-0000-0000-000000000000|{operator}|active|7\n"
                                  "3|01000000-0000-0000-0000-000000000000|9|role_changed\n"
                                  "9|" NIL "|02000000-0000-0000-0000-000000000000|"
                                  "rights_changed|active|-|t|-|-|0\n"));
    event.user_changed.status = USER_STATUS_LOCKED;
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event,
                                  "10|02000000-0000-0000-0000-000000000000|{operator}|locked|7\n"
                                  "3|01000000-0000-0000-0000-000000000000|9|locked\n"
                                  "9|" NIL "|02000000-0000-0000-0000-000000000000|"
                                  "rights_changed|locked|-|t|-|-|0\n"));
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

    assert_true(
        recorded_rows_are(&SETTINGS_PROJECTION, &event,
                          "2|01000000-0000-0000-0000-000000000000|"
                          "02000000-0000-0000-0000-000000000000|5|6|[ip 09]|[ua 09]|[ip 09]\n"
                          "9|" NIL "|02000000-0000-0000-0000-000000000000|login|-|"
                          "01000000-0000-0000-0000-000000000000|f|[ip 09]|[ua 09]|0\n"));
    event.meta.has_origin = false;
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event,
                                  "2|01000000-0000-0000-0000-000000000000|"
                                  "02000000-0000-0000-0000-000000000000|5|6|-|-|-\n"
                                  "9|" NIL "|02000000-0000-0000-0000-000000000000|login|-|"
                                  "01000000-0000-0000-0000-000000000000|f|-|-|0\n"));
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
                                  "3|02000000-0000-0000-0000-000000000000|7|logout\n"
                                  "9|" NIL "|09000000-0000-0000-0000-000000000000|sessions_ended|"
                                  "logout|-|f|-|-|0\n"));
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &opened,
                                  "2|03000000-0000-0000-0000-000000000000|"
                                  "09000000-0000-0000-0000-000000000000|8|9|-|-|-\n"
                                  "3|01000000-0000-0000-0000-000000000000|8|too_many\n"
                                  "9|" NIL "|09000000-0000-0000-0000-000000000000|login|-|"
                                  "03000000-0000-0000-0000-000000000000|f|-|-|0\n"));
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
                          "\"max_concentration_percent\":null,\"max_open_orders\":7}|-|3|9\n"));
}

static void a_failed_login_is_shown_to_whom_it_was_to_be(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_LOGIN_REFUSED,
                          .login_refused = {.session_id = {{1}},
                                            .has_user_id = true,
                                            .user_id = {{2}},
                                            .code = TEXT("INVALID_CREDENTIALS")}};

    assert_true(recorded_rows_are(
        &SETTINGS_PROJECTION, &event,
        "9|" NIL "|02000000-0000-0000-0000-000000000000|login_failed|INVALID_CREDENTIALS|"
        "01000000-0000-0000-0000-000000000000|f|-|-|0\n"));
}

static void a_changed_password_is_a_row_and_ends_sessions(void **state)
{
    (void)state;
    struct uuid ids[] = {{{1}}};
    struct event event = {.kind = EVENT_PASSWORD_CHANGED,
                          .password_changed = {.user_id = {{9}},
                                               .credentials_version = 4,
                                               .password_hash = TEXT("hash"),
                                               .ended_session_ids = ids,
                                               .ended_session_ids_count = 1,
                                               .changed_at = 7}};

    assert_true(recorded_rows_are(
        &SETTINGS_PROJECTION, &event,
        "6|09000000-0000-0000-0000-000000000000|[hash 09]|4\n"
        "3|01000000-0000-0000-0000-000000000000|7|password_changed\n"
        "9|" NIL "|09000000-0000-0000-0000-000000000000|password_changed|-|-|f|-|-|0\n"));
}

static void a_secret_stays_sealed(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_TWO_FACTOR_PREPARED,
        .two_factor_prepared = {
            .user_id = {{9}}, .secret_version = 2, .secret = TEXT("s1:secret"), .prepared_at = 5}};

    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event,
                                  "7|09000000-0000-0000-0000-000000000000|s1:secret|2|5\n"));
}

static void an_api_key_is_a_row_that_its_use_and_end_are_put_to(void **state)
{
    (void)state;
    enum api_key_scope scopes[] = {API_KEY_SCOPE_READ, API_KEY_SCOPE_ADMIN};
    struct keyed_network networks[] = {{.prefix = 24, .hash = {{0xab}}},
                                       {.prefix = 128, .hash = {{0xcd}}}};
    struct event created = {.kind = EVENT_API_KEY_CREATED,
                            .api_key_created = {.key_id = {{1}},
                                                .user_id = {{9}},
                                                .key_hash = {{0xef}},
                                                .name = TEXT("name"),
                                                .scopes = scopes,
                                                .scopes_count = 2,
                                                .has_rate_limit = true,
                                                .rate_limit = 20,
                                                .has_addresses = true,
                                                .addresses = TEXT("nets"),
                                                .networks = networks,
                                                .networks_count = 2,
                                                .created_at = 5}};
    const struct event used = {.kind = EVENT_API_KEY_USED,
                               .api_key_used = {.key_id = {{1}}, .used_at = 6}};
    const struct event revoked = {
        .kind = EVENT_API_KEY_REVOKED,
        .api_key_revoked = {.key_id = {{1}}, .user_id = {{9}}, .revoked_at = 7}};

    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &created,
                                  "11|01000000-0000-0000-0000-000000000000|"
                                  "09000000-0000-0000-0000-000000000000|"
                                  "ef000000000000000000000000000000|[name 09]|{read,admin}|20|"
                                  "[nets 09]|{24/ab000000000000000000000000000000,"
                                  "128/cd000000000000000000000000000000}|-|5\n"
                                  "9|" NIL "|09000000-0000-0000-0000-000000000000|api_key_created|"
                                  "-|01000000-0000-0000-0000-000000000000|f|-|-|0\n"));
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &used,
                                  "13|01000000-0000-0000-0000-000000000000|6\n"));
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &revoked,
                                  "12|01000000-0000-0000-0000-000000000000|7\n"
                                  "9|" NIL "|09000000-0000-0000-0000-000000000000|api_key_revoked|"
                                  "-|01000000-0000-0000-0000-000000000000|f|-|-|0\n"));
}

static void preferences_are_a_row_and_a_name_goes_to_the_user(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_PREFERENCES_CHANGED,
        .preferences_changed = {.user_id = {{1}},
                                .preferences = {.default_order_type = ORDER_TYPE_LIMIT,
                                                .theme = THEME_LIGHT,
                                                .language = TEXT("en"),
                                                .timezone = TEXT("UTC")},
                                .version = 2,
                                .changed_at = 5}};
    static const char ROW[] =
        "14|01000000-0000-0000-0000-000000000000|{\"default_order_type\":\"limit\","
        "\"require_confirmation\":false,\"email_notifications\":false,"
        "\"sms_notifications\":false,\"push_notifications\":false,"
        "\"notification_quiet_hours\":false,\"quiet_start_time\":null,"
        "\"quiet_end_time\":null,\"theme\":\"light\",\"language\":\"en\","
        "\"timezone\":\"UTC\"}|2|5\n";
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event, ROW));

    event.preferences_changed.has_full_name = true;
    event.preferences_changed.full_name = TEXT("name");
    char rows[sizeof ROW + 64];
    snprintf(rows, sizeof rows, "%s15|01000000-0000-0000-0000-000000000000|[name 01]\n", ROW);
    assert_true(recorded_rows_are(&SETTINGS_PROJECTION, &event, rows));
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
        cmocka_unit_test(a_changed_user_is_put_to_his_row_and_his_sessions_end_for_that),
        cmocka_unit_test(a_session_is_logged_with_where_it_came_from),
        cmocka_unit_test(the_end_of_a_session_is_put_to_its_row),
        cmocka_unit_test(the_venues_rules_are_one_row),
        cmocka_unit_test(a_failed_login_is_shown_to_whom_it_was_to_be),
        cmocka_unit_test(a_changed_password_is_a_row_and_ends_sessions),
        cmocka_unit_test(a_secret_stays_sealed),
        cmocka_unit_test(an_api_key_is_a_row_that_its_use_and_end_are_put_to),
        cmocka_unit_test(preferences_are_a_row_and_a_name_goes_to_the_user),
        cmocka_unit_test(other_events_make_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
