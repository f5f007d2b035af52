/* The venue's rules: who changes them, from which version, and who hears of it. */
#include "settings/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 20 };

static const struct place PLACE = {.service = SERVICE_SETTINGS, .partition_counts = {3, 3, 1, 1}};
static struct settings *settings;
static struct arena *arena;
static const struct uuid ADMIN_ID = {{1}};

static int set_up(void **state)
{
    (void)state;
    settings = settings_new(&PLACE);
    staff_set(&settings->staff, ADMIN_ID, ROLE_BIT(ROLE_ADMIN));
    arena = arena_new(ARENA_SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    settings_free(settings);
    arena_free(arena);
    return 0;
}

/* At most seven open orders, as an admin asks for it. */
static struct command change(void)
{
    static enum role admin[] = {ROLE_ADMIN};
    return (struct command){
        .kind = COMMAND_CHANGE_VENUE_RULES,
        .meta = {.has_actor = true,
                 .actor = {.user_id = ADMIN_ID, .roles = admin, .roles_count = COUNT_OF(admin)}},
        .change_venue_rules = {.has_max_open_orders = true, .max_open_orders = 7}};
}

static struct event decide(const struct command *command)
{
    struct event event = {0};
    const struct input input = {.kind = INPUT_COMMAND, .now_us = 99, .command = command};
    settings_decide(settings, &input, arena, &event);
    settings_apply(settings, &event);
    return event;
}

static void assert_refused(const struct command *command, const char *code, const char *field)
{
    const struct event event = decide(command);
    assert_int_equal(event.kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(event.command_rejected.code, code));
    assert_int_equal(event.command_rejected.has_field, field != NULL);
    if (field != NULL)
        assert_true(text_is(event.command_rejected.field, field));
}

static void a_change_replaces_the_rules_and_reaches_all_who_hold_to_them(void **state)
{
    (void)state;
    struct command command = change();
    const struct event event = decide(&command);
    assert_int_equal(event.kind, EVENT_VENUE_RULES_CHANGED);
    const struct venue_rules *rules = &event.venue_rules_changed.rules;
    assert_int_equal(rules->version, 2);
    assert_int_equal(rules->updated_at, 99);
    assert_true(rules->limits.has_max_open_orders && rules->limits.max_open_orders == 7);
    for (int32_t i = 0; i < 3; i++) {
        assert_true(event_touches(&event, SERVICE_ACCOUNTS, i));
        assert_true(event_touches(&event, SERVICE_ORDERS, i));
    }
    assert_true(event_touches(&event, SERVICE_DESK, 0));
    command.change_venue_rules = (struct change_venue_rules){.has_max_order_notional_e8 = true};
    (void)decide(&command);
    assert_false(settings->venue_rules.limits.has_max_open_orders);
    assert_true(settings->venue_rules.limits.has_max_order_notional_e8);
}

static void only_an_admin_changes_them(void **state)
{
    (void)state;
    enum role operators[] = {ROLE_OPERATOR};
    struct command command = change();
    command.meta.actor.roles = operators;
    assert_refused(&command, "FORBIDDEN", NULL);
    command.meta.has_actor = false;
    assert_refused(&command, "FORBIDDEN", NULL);
}

static void a_change_from_another_version_is_refused(void **state)
{
    (void)state;
    struct command command = change();
    command.change_venue_rules.has_if_version = true;
    command.change_venue_rules.if_version = 1;
    assert_int_equal(decide(&command).kind, EVENT_VENUE_RULES_CHANGED);
    assert_refused(&command, "VERSION_CONFLICT", NULL);
}

static void limits_lie_between_zero_and_what_can_be_counted(void **state)
{
    (void)state;
    struct command command = change();
    struct change_venue_rules *wanted = &command.change_venue_rules;
    wanted->max_open_orders = -1;
    assert_refused(&command, "VALIDATION_FAILED", "max_open_orders");
    wanted->max_open_orders = 0;
    wanted->has_max_concentration_percent_e8 = true;
    wanted->max_concentration_percent_e8 = 100 * E8 + 1;
    assert_refused(&command, "VALIDATION_FAILED", "max_concentration_percent");
    wanted->max_concentration_percent_e8 = 100 * E8;
    wanted->has_max_daily_notional_e8 = true;
    wanted->max_daily_notional_e8 = INT64_MAX;
    assert_refused(&command, "VALIDATION_FAILED", "max_daily_notional");
    wanted->max_daily_notional_e8 = 0;
    wanted->has_max_order_notional_e8 = true;
    wanted->max_order_notional_e8 = -1;
    assert_refused(&command, "VALIDATION_FAILED", "max_order_notional");
    wanted->max_order_notional_e8 = 0;
    assert_int_equal(decide(&command).kind, EVENT_VENUE_RULES_CHANGED);
}

static void they_are_saved_with_the_state(void **state)
{
    (void)state;
    struct command command = change();
    (void)decide(&command);
    struct buffer saved;
    buffer_init(&saved, ARENA_SIZE);
    settings_save(settings, &saved);
    struct settings *loaded = settings_new(&PLACE);
    assert_int_equal(settings_load(loaded, buffer_bytes(&saved)), OK);
    assert_int_equal(loaded->venue_rules.version, 2);
    assert_int_equal(loaded->venue_rules.limits.max_open_orders, 7);
    settings_free(loaded);
    buffer_free(&saved);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_change_replaces_the_rules_and_reaches_all_who_hold_to_them),
        TEST(only_an_admin_changes_them),
        TEST(a_change_from_another_version_is_refused),
        TEST(limits_lie_between_zero_and_what_can_be_counted),
        TEST(they_are_saved_with_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
