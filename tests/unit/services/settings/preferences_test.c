#include "desk.h"

static struct command wanted(void)
{
    return (struct command){.kind = COMMAND_CHANGE_PREFERENCES,
                            .meta = {.has_actor = true, .actor.user_id = desk_id_of_address(1, 1)},
                            .change_preferences = {.user_id = desk_id_of_address(1, 1),
                                                   .default_order_type = ORDER_TYPE_STOP,
                                                   .theme = THEME_LIGHT,
                                                   .language = TEXT("en"),
                                                   .timezone = TEXT("Europe/Berlin")}};
}

static int set_up(void **state)
{
    desk_set_up(state);
    struct command registration = desk_registration(1, 1);
    (void)desk_decide_and_apply(*state, &registration);
    return 0;
}

static void each_change_is_another_version(void **state)
{
    struct command command = wanted();

    struct event event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_PREFERENCES_CHANGED);
    assert_int_equal(event.preferences_changed.version, 2);
    assert_int_equal(event.preferences_changed.preferences.default_order_type, ORDER_TYPE_STOP);
    assert_false(event.preferences_changed.has_full_name);

    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.preferences_changed.version, 3);
}

static void a_change_from_an_older_version_is_refused(void **state)
{
    struct command command = wanted();
    command.change_preferences.has_if_version = true;
    command.change_preferences.if_version = 1;
    struct event event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_PREFERENCES_CHANGED);

    event = desk_decide(*state, &command);

    desk_assert_rejected(&event, "VERSION_CONFLICT", NULL);
}

static void nobody_changes_what_another_would_like(void **state)
{
    struct command command = wanted();
    command.meta.actor.user_id = desk_id_of_address(1, 2);
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);
}

static void quiet_hours_have_a_beginning_and_an_end(void **state)
{
    struct command command = wanted();
    struct change_preferences *wanted = &command.change_preferences;
    wanted->notification_quiet_hours = true;
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "quiet_start_time");

    wanted->has_quiet_start_time = true;
    wanted->quiet_start_time = TEXT("22:00");
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "quiet_end_time");

    wanted->has_quiet_end_time = true;
    wanted->quiet_end_time = TEXT("07:00");
    event = desk_decide(*state, &command);
    assert_int_equal(event.kind, EVENT_PREFERENCES_CHANGED);
}

static void text_messages_are_not_switched_on_before_it_is_known_where_they_go(void **state)
{
    struct command command = wanted();
    command.change_preferences.sms_notifications = true;
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "sms_notifications");

    struct command number = {.kind = COMMAND_CHANGE_NOTIFICATION_SETTINGS, .meta = command.meta};
    number.change_notification_settings =
        (struct change_notification_settings){.user_id = command.change_preferences.user_id,
                                              .has_phone_number = true,
                                              .phone_number = TEXT("s1:number")};
    event = desk_decide_and_apply(*state, &number);
    assert_int_equal(event.kind, EVENT_NOTIFICATION_SETTINGS_CHANGED);
    event = desk_decide(*state, &command);
    assert_int_equal(event.kind, EVENT_PREFERENCES_CHANGED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_change_is_another_version),
        TEST(a_change_from_an_older_version_is_refused),
        TEST(nobody_changes_what_another_would_like),
        TEST(quiet_hours_have_a_beginning_and_an_end),
        TEST(text_messages_are_not_switched_on_before_it_is_known_where_they_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
