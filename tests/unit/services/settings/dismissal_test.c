/* Admins who dismiss admins: in whichever partitions, one dismissal comes after the other, so that
 * one admin is always left. */
#include "settings/state.h"

#include "decision/staff.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PARTITIONS = 3, ARENA_SIZE = 1 << 20 };

#define NOON_US INT64_C(1795348800000000)

static enum role ADMIN_ROLES[] = {ROLE_ADMIN};
static enum role USER_ROLES[] = {ROLE_USER};

/* All partitions of settings, and an admin in each. */
struct venue {
    struct place places[PARTITIONS];
    struct settings *settings[PARTITIONS];
    struct uuid admins[PARTITIONS];
    struct arena *arena;
    int judge; /* the partition that judges, and two others */
    int one;
    int other;
};

/* What a partition makes of an input; it has happened then. */
static struct event take(struct venue *venue, int partition, const struct input *input)
{
    struct event *event = ARENA_NEW(venue->arena, struct event, 1);
    *event = (struct event){.meta.occurred_at = NOON_US};
    settings_decide(venue->settings[partition], input, venue->arena, event);
    if (input->kind == INPUT_EVENTS) {
        event->meta.has_actor = input->events[0]->meta.has_actor;
        event->meta.actor = input->events[0]->meta.actor;
    } else {
        event->meta.has_actor = input->command->meta.has_actor;
        event->meta.actor = input->command->meta.actor;
    }
    settings_apply(venue->settings[partition], event);
    return *event;
}

static struct event follow(struct venue *venue, int partition, const struct event *followed)
{
    assert_true(event_touches(followed, SERVICE_SETTINGS, partition));
    return take(
        venue, partition,
        &(struct input){
            .kind = INPUT_EVENTS, .now_us = NOON_US, .events = &followed, .events_count = 1});
}

/* All other partitions hear of who is staff. */
static void tell_others(struct venue *venue, int partition, const struct event *event)
{
    for (int i = 0; i < PARTITIONS; i++) {
        if (i != partition)
            assert_int_equal(follow(venue, i, event).kind, EVENT_STAFF_ADOPTED);
    }
}

static struct event change(struct venue *venue, int partition, struct uuid by, enum role *roles)
{
    struct command command = {
        .kind = COMMAND_CHANGE_USER,
        .meta = {.has_actor = true,
                 .actor = {.user_id = by, .roles = ADMIN_ROLES, .roles_count = 1}},
        .change_user = {.user_id = venue->admins[partition], .roles = roles, .roles_count = 1}};
    return take(venue, partition,
                &(struct input){.kind = INPUT_COMMAND, .now_us = NOON_US, .command = &command});
}

/* The partition's admin is to be none any more. */
static struct event dismiss(struct venue *venue, int partition, int by)
{
    return change(venue, partition, venue->admins[by], USER_ROLES);
}

static bool is_admin(const struct venue *venue, int whose)
{
    return (staff_roles(&venue->settings[whose]->staff, venue->admins[whose]) &
            ROLE_BIT(ROLE_ADMIN)) != 0;
}

/* Registers an admin whom an address of that number places in a partition that has none yet. */
static void try_address(struct venue *venue, uint8_t number)
{
    struct keyed_hash email_hash = {{number, 0xab}};
    struct uuid id = uuid_make(settings_owner_hash(&email_hash), (const uint8_t[12]){number});
    int32_t partition = place_partition_of_id(&venue->places[0], SERVICE_SETTINGS, id);
    if (!uuid_is_nil(venue->admins[partition]))
        return;
    venue->admins[partition] = id;
    struct command command = {
        .kind = COMMAND_REGISTER_USER,
        .meta = {.has_actor = true, .actor = {.roles = ADMIN_ROLES, .roles_count = 1}},
        .register_user = {.user_id = id,
                          .account_id = uuid_make(number, (const uint8_t[12]){number, 1}),
                          .email_hash = email_hash,
                          .roles = ADMIN_ROLES,
                          .roles_count = 1}};
    struct event event =
        take(venue, partition,
             &(struct input){.kind = INPUT_COMMAND, .now_us = NOON_US, .command = &command});
    assert_int_equal(event.kind, EVENT_USER_REGISTERED);
    tell_others(venue, partition, &event);
}

static int set_up(void **state)
{
    static struct venue venue;
    venue = (struct venue){.arena = arena_new(ARENA_SIZE)};
    for (int i = 0; i < PARTITIONS; i++) {
        venue.places[i] = (struct place){.service = SERVICE_SETTINGS,
                                         .partition = i,
                                         .partition_counts = {1, 1, 1, PARTITIONS, 1}};
        venue.settings[i] = settings_new(&venue.places[i]);
    }
    for (uint8_t number = 1; number < 100; number++)
        try_address(&venue, number);
    venue.judge = place_partition(&venue.places[0], SERVICE_SETTINGS, TEXT("venue"));
    venue.one = (venue.judge + 1) % PARTITIONS;
    venue.other = (venue.judge + 2) % PARTITIONS;
    *state = &venue;
    return 0;
}

static int tear_down(void **state)
{
    struct venue *venue = *state;
    for (int i = 0; i < PARTITIONS; i++)
        settings_free(venue->settings[i]);
    arena_free(venue->arena);
    return 0;
}

static void a_dismissal_is_judged_in_one_partition_and_made_in_the_admins_own(void **state)
{
    struct venue *venue = *state;
    struct event proposed = dismiss(venue, venue->one, venue->other);
    assert_int_equal(proposed.kind, EVENT_DISMISSAL_PROPOSED);
    assert_true(is_admin(venue, venue->one));

    struct event judged = follow(venue, venue->judge, &proposed);
    assert_int_equal(judged.kind, EVENT_DISMISSAL_JUDGED);
    assert_true(judged.dismissal_judged.granted);
    assert_false(event_touches(&judged, SERVICE_SETTINGS, venue->other));

    struct event changed = follow(venue, venue->one, &judged);
    assert_int_equal(changed.kind, EVENT_USER_CHANGED);
    assert_int_equal(changed.user_changed.version, 2);
    assert_false(is_admin(venue, venue->one));
    tell_others(venue, venue->one, &changed);
}

static void of_two_who_dismiss_each_other_at_once_one_stays(void **state)
{
    struct venue *venue = *state;
    struct event first = dismiss(venue, venue->one, venue->other);
    struct event second = dismiss(venue, venue->other, venue->one);

    struct event granted = follow(venue, venue->judge, &first);
    struct event refused = follow(venue, venue->judge, &second);
    struct event changed = follow(venue, venue->one, &granted);
    struct event stays = follow(venue, venue->other, &refused);

    assert_int_equal(changed.kind, EVENT_USER_CHANGED);
    assert_int_equal(stays.kind, EVENT_DISMISSAL_REFUSED);
    assert_true(text_is(stays.dismissal_refused.code, "FORBIDDEN"));
    assert_true(is_admin(venue, venue->other));
    tell_others(venue, venue->one, &changed);
}

static void one_whose_partition_judges_is_dismissed_at_once_or_was_first(void **state)
{
    struct venue *venue = *state;
    struct event proposed = dismiss(venue, venue->one, venue->judge);
    struct event at_once = dismiss(venue, venue->judge, venue->one);
    assert_int_equal(at_once.kind, EVENT_USER_CHANGED);
    struct event judged = follow(venue, venue->judge, &proposed);
    assert_false(judged.dismissal_judged.granted);
    assert_int_equal(follow(venue, venue->one, &judged).kind, EVENT_DISMISSAL_REFUSED);

    proposed = dismiss(venue, venue->one, venue->other);
    assert_true(follow(venue, venue->judge, &proposed).dismissal_judged.granted);
    struct event late = change(venue, venue->judge, venue->admins[venue->one], ADMIN_ROLES);
    assert_int_equal(late.kind, EVENT_COMMAND_REJECTED); /* not heard of yet, but judged here */
    assert_true(text_is(late.command_rejected.code, "FORBIDDEN"));
}

static void while_a_dismissal_is_judged_its_subject_is_not_changed_otherwise(void **state)
{
    struct venue *venue = *state;
    struct event proposed = dismiss(venue, venue->one, venue->other);
    struct event other = change(venue, venue->one, venue->admins[venue->judge], ADMIN_ROLES);
    assert_int_equal(other.kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(other.command_rejected.code, "VERSION_CONFLICT"));

    struct event judged = follow(venue, venue->judge, &proposed);
    follow(venue, venue->one, &judged);
    other = change(venue, venue->one, venue->admins[venue->judge], ADMIN_ROLES);
    assert_int_equal(other.kind, EVENT_USER_CHANGED);
    assert_true(is_admin(venue, venue->one));
}

static void what_takes_no_admin_away_is_judged_by_nobody(void **state)
{
    struct venue *venue = *state;
    enum role roles[] = {ROLE_ADMIN};
    assert_int_equal(change(venue, venue->one, venue->admins[venue->other], roles).kind,
                     EVENT_USER_CHANGED);
}

static void a_snapshot_knows_of_what_is_being_judged(void **state)
{
    struct venue *venue = *state;
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    struct event proposed = dismiss(venue, venue->one, venue->other);
    struct event judged = follow(venue, venue->judge, &proposed);
    settings_save(venue->settings[venue->one], &bytes);
    settings_free(venue->settings[venue->one]);
    venue->settings[venue->one] = settings_new(&venue->places[venue->one]);
    assert_int_equal(settings_load(venue->settings[venue->one], buffer_bytes(&bytes)), OK);
    buffer_free(&bytes);

    struct event other = change(venue, venue->one, venue->admins[venue->judge], ADMIN_ROLES);
    assert_true(text_is(other.command_rejected.code, "VERSION_CONFLICT"));
    assert_int_equal(follow(venue, venue->one, &judged).kind, EVENT_USER_CHANGED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_dismissal_is_judged_in_one_partition_and_made_in_the_admins_own),
        TEST(of_two_who_dismiss_each_other_at_once_one_stays),
        TEST(one_whose_partition_judges_is_dismissed_at_once_or_was_first),
        TEST(while_a_dismissal_is_judged_its_subject_is_not_changed_otherwise),
        TEST(what_takes_no_admin_away_is_judged_by_nobody),
        TEST(a_snapshot_knows_of_what_is_being_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
