/* What takes two admins: to give a role for others' affairs, and to change the rules that say so.
 */
#include "desk.h"

#include "wire/wire.h"

enum { ADMIN = 1, ADA = 2, SECOND = 3 };

static enum role ADMIN_ROLES[] = {ROLE_ADMIN};
static enum role OPERATOR_ROLES[] = {ROLE_OPERATOR};

static struct uuid user_id(uint8_t n)
{
    return desk_id_of_address(n, n);
}

static struct command by(uint8_t admin, enum command_kind kind)
{
    return (struct command){
        .kind = kind,
        .meta = {.has_actor = true,
                 .actor = {.user_id = user_id(admin), .roles = ADMIN_ROLES, .roles_count = 1}}};
}

/* As the shell does, with the command in the event. */
static struct event decide(struct desk *desk, const struct command *command)
{
    struct buffer value;
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    command_encode(command, &value);
    struct text copy = arena_text(desk->arena, buffer_as_text(&value));
    buffer_free(&value);
    struct event event = desk_decide(desk, command);
    event.meta.has_request = true;
    event.meta.request = (struct bytes){(const uint8_t *)copy.data, copy.size};
    settings_apply(desk->settings, &event);
    return event;
}

/* One or two admins, and Ada, who is a user. */
static struct desk *with_admins(void **state, uint8_t second)
{
    struct desk *desk = *state;
    const uint8_t people[] = {ADMIN, ADA, second};
    for (size_t i = 0; i < COUNT_OF(people) && people[i] != 0; i++) {
        struct command registration = desk_registration(people[i], people[i]);
        registration.meta.has_actor = true;
        registration.meta.actor = (struct actor){.roles = ADMIN_ROLES, .roles_count = 1};
        if (people[i] != ADA) {
            registration.register_user.roles = ADMIN_ROLES;
            registration.register_user.roles_count = 1;
        }
        assert_int_equal(decide(desk, &registration).kind, EVENT_USER_REGISTERED);
    }
    return desk;
}

static struct event change_rules(struct desk *desk, bool roles)
{
    struct command command = by(ADMIN, COMMAND_CHANGE_VENUE_RULES);
    command.change_venue_rules.approval_of_roles = roles;
    return decide(desk, &command);
}

static struct event make_operator(struct desk *desk)
{
    struct command command = by(ADMIN, COMMAND_CHANGE_USER);
    command.change_user.user_id = user_id(ADA);
    command.change_user.roles = OPERATOR_ROLES;
    command.change_user.roles_count = 1;
    return decide(desk, &command);
}

static struct event approve(struct desk *desk, const struct event *asked, uint8_t who)
{
    assert_int_equal(asked->kind, EVENT_APPROVAL_REQUESTED);
    struct command command = by(who, COMMAND_APPROVE_REQUEST);
    command.approve_request.approval_id = asked->approval_requested.request.approval_id;
    return decide(desk, &command);
}

static void a_role_for_others_affairs_takes_two_admins(void **state)
{
    struct desk *desk = with_admins(state, SECOND);
    assert_int_equal(change_rules(desk, true).kind, EVENT_VENUE_RULES_CHANGED);
    struct event asked = make_operator(desk);
    struct event event = approve(desk, &asked, ADMIN);
    desk_assert_rejected(&event, "APPROVAL_BY_REQUESTER", NULL);
    event = approve(desk, &asked, SECOND);
    assert_int_equal(event.kind, EVENT_USER_CHANGED);
    assert_true(event.user_changed.has_approval);
    assert_true(uuid_equal(event.user_changed.approval.approved_by, user_id(SECOND)));
    assert_int_equal(staff_roles(&desk->settings->staff, user_id(ADA)), ROLE_BIT(ROLE_OPERATOR));
    event = approve(desk, &asked, SECOND);
    desk_assert_rejected(&event, "APPROVAL_NOT_PENDING", NULL);
}

static void taking_a_role_and_locking_are_never_delayed_but_unlocking_staff_is(void **state)
{
    struct desk *desk = with_admins(state, SECOND);
    assert_int_equal(make_operator(desk).kind, EVENT_USER_CHANGED);
    change_rules(desk, true);
    struct command lock = by(ADMIN, COMMAND_CHANGE_USER);
    lock.change_user = (struct change_user){
        .user_id = user_id(ADA), .has_status = true, .status = USER_STATUS_LOCKED};
    assert_int_equal(decide(desk, &lock).kind, EVENT_USER_CHANGED);
    lock.change_user.status = USER_STATUS_ACTIVE;
    struct event asked = decide(desk, &lock);
    assert_int_equal(approve(desk, &asked, SECOND).kind, EVENT_USER_CHANGED);
}

static void nobody_consents_to_more_for_himself(void **state)
{
    struct desk *desk = with_admins(state, SECOND);
    change_rules(desk, true);
    enum role both[] = {ROLE_ADMIN, ROLE_AUDITOR};
    struct command command = by(ADMIN, COMMAND_CHANGE_USER);
    command.change_user =
        (struct change_user){.user_id = user_id(SECOND), .roles = both, .roles_count = 2};
    struct event asked = decide(desk, &command);
    struct event event = approve(desk, &asked, SECOND);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);
}

static void the_only_admin_there_ever_was_needs_none_and_one_of_two_does_for_ever(void **state)
{
    struct desk *desk = with_admins(state, 0);
    change_rules(desk, true);
    assert_int_equal(make_operator(desk).kind, EVENT_USER_CHANGED);
    struct command change = by(ADMIN, COMMAND_CHANGE_USER);
    change.change_user =
        (struct change_user){.user_id = user_id(ADA), .roles = ADMIN_ROLES, .roles_count = 1};
    assert_int_equal(decide(desk, &change).kind, EVENT_USER_CHANGED);
    enum role user = ROLE_USER;
    change.change_user.roles = &user;
    assert_int_equal(decide(desk, &change).kind, EVENT_USER_CHANGED);
    assert_int_equal(make_operator(desk).kind, EVENT_APPROVAL_REQUESTED);
    struct command registration = desk_registration(SECOND, SECOND);
    registration.meta = change.meta;
    registration.register_user.roles = ADMIN_ROLES;
    registration.register_user.roles_count = 1;
    struct event event = decide(desk, &registration);
    desk_assert_rejected(&event, "FORBIDDEN", "roles");
}

static void the_rules_are_not_shaken_off_by_one(void **state)
{
    struct desk *desk = with_admins(state, SECOND);
    change_rules(desk, true);
    struct command same = by(ADMIN, COMMAND_CHANGE_VENUE_RULES);
    same.change_venue_rules = (struct change_venue_rules){
        .approval_of_roles = true, .has_max_open_orders = true, .max_open_orders = 7};
    assert_int_equal(decide(desk, &same).kind, EVENT_VENUE_RULES_CHANGED);
    struct event asked = change_rules(desk, false);
    assert_int_equal(approve(desk, &asked, SECOND).kind, EVENT_VENUE_RULES_CHANGED);
    assert_int_equal(make_operator(desk).kind, EVENT_USER_CHANGED);
}

static void rules_that_cannot_be_are_refused(void **state)
{
    struct desk *desk = with_admins(state, SECOND);
    struct change_venue_rules_approval_amounts_e8_entry amount = {TEXT("EUR"), -1};
    struct command command = by(ADMIN, COMMAND_CHANGE_VENUE_RULES);
    command.change_venue_rules.approval_amounts_e8 = &amount;
    command.change_venue_rules.approval_amounts_e8_count = 1;
    struct event event = decide(desk, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "approval_amounts");
    amount.value = 0;
    command.change_venue_rules.has_approval_expires_after_s = true;
    for (int64_t wrong = 0; wrong <= APPROVAL_EXPIRES_S_MAX + 1;
         wrong += APPROVAL_EXPIRES_S_MAX + 1) {
        command.change_venue_rules.approval_expires_after_s = wrong;
        event = decide(desk, &command);
        desk_assert_rejected(&event, "VALIDATION_FAILED", "approval_expires_after_s");
    }
    command.change_venue_rules.approval_expires_after_s = APPROVAL_EXPIRES_S_MAX;
    assert_int_equal(decide(desk, &command).kind, EVENT_VENUE_RULES_CHANGED);
}

static void other_partitions_adopt_the_rules(void **state)
{
    struct desk *desk = with_admins(state, SECOND);
    const struct event changed = {
        .kind = EVENT_VENUE_RULES_CHANGED,
        .venue_rules_changed.rules = {.version = 9,
                                      .has_approvals = true,
                                      .approvals = {.roles = true, .expires_after_s = 1}}};
    assert_int_equal(desk_follow(desk, &changed).kind, EVENT_VENUE_RULES_ADOPTED);
    assert_int_equal(desk->settings->venue_rules.version, 1);
    assert_int_equal(make_operator(desk).kind, EVENT_APPROVAL_REQUESTED);
}

static void a_request_expires_and_outlives_a_snapshot(void **state)
{
    struct desk *desk = with_admins(state, SECOND);
    change_rules(desk, true);
    struct event asked = make_operator(desk);
    struct buffer saved;
    buffer_init(&saved, WIRE_VALUE_SIZE_MAX);
    settings_save(desk->settings, &saved);
    settings_free(desk->settings);
    desk->settings = settings_new(&DESK_PLACE);
    assert_int_equal(settings_load(desk->settings, buffer_bytes(&saved)), OK);
    buffer_free(&saved);
    int64_t due_us = settings_due_us(desk->settings);
    assert_int_equal(due_us, asked.approval_requested.request.expires_at);
    struct input input = {.kind = INPUT_TIME, .now_us = due_us};
    struct event event = {.meta.occurred_at = due_us};
    settings_decide(desk->settings, &input, desk->arena, &event);
    assert_int_equal(event.kind, EVENT_APPROVAL_EXPIRED);
    settings_apply(desk->settings, &event);
    assert_int_equal(settings_due_us(desk->settings), INT64_MAX);
    event = approve(desk, &asked, SECOND);
    desk_assert_rejected(&event, "APPROVAL_NOT_PENDING", NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, desk_set_up, desk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_role_for_others_affairs_takes_two_admins),
        TEST(taking_a_role_and_locking_are_never_delayed_but_unlocking_staff_is),
        TEST(nobody_consents_to_more_for_himself),
        TEST(the_only_admin_there_ever_was_needs_none_and_one_of_two_does_for_ever),
        TEST(the_rules_are_not_shaken_off_by_one),
        TEST(rules_that_cannot_be_are_refused),
        TEST(other_partitions_adopt_the_rules),
        TEST(a_request_expires_and_outlives_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
