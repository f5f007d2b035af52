#include "office.h"

enum { ARENA_SIZE = 1 << 20, SAVED_MAX = 1 << 20 };

static const struct place PLACE = {.service = SERVICE_DESK, .partition_counts = {3, 3, 1, 1, 3}};

int office_set_up(void **state)
{
    static struct office office;
    office = (struct office){desk_new(&PLACE), arena_new(ARENA_SIZE), OFFICE_NOON_US};
    staff_set(&office.desk->staff, (struct uuid){{1}}, ROLE_BIT(ROLE_OPERATOR));
    *state = &office;
    return 0;
}

int office_tear_down(void **state)
{
    struct office *office = *state;
    desk_free(office->desk);
    arena_free(office->arena);
    return 0;
}

void office_act_as(struct command *command, uint8_t person)
{
    static enum role operator_roles[] = {ROLE_OPERATOR}, user_roles[] = {ROLE_USER};
    command->meta.has_actor = true;
    command->meta.actor = (struct actor){.user_id = {{person}},
                                         .roles = person == 1 ? operator_roles : user_roles,
                                         .roles_count = 1};
}

struct event office_decide(struct office *office, const struct command *command)
{
    struct event event = {.meta.occurred_at = office->now_us};
    struct input input = {.kind = INPUT_COMMAND, .now_us = office->now_us, .command = command};
    desk_decide(office->desk, &input, office->arena, &event);
    return event;
}

struct event office_do(struct office *office, const struct command *command)
{
    struct event event = office_decide(office, command);
    desk_apply(office->desk, &event);
    return event;
}

struct event office_follow(struct office *office, const struct event *followed)
{
    struct input input = {
        .kind = INPUT_EVENTS, .now_us = office->now_us, .events = &followed, .events_count = 1};
    struct event event = {.meta.occurred_at = office->now_us};
    desk_decide(office->desk, &input, office->arena, &event);
    desk_apply(office->desk, &event);
    return event;
}

struct event office_tick(struct office *office)
{
    struct input input = {.kind = INPUT_TIME, .now_us = office->now_us};
    struct event event = {.meta.occurred_at = office->now_us};
    desk_decide(office->desk, &input, office->arena, &event);
    desk_apply(office->desk, &event);
    return event;
}

void office_assert_rejected(const struct event *event, const char *code, const char *field)
{
    assert_int_equal(event->kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(event->command_rejected.code, code));
    assert_true(event->command_rejected.message.size > 0);
    assert_int_equal(event->command_rejected.has_field, field != NULL);
    if (field != NULL)
        assert_true(text_is(event->command_rejected.field, field));
}

void office_assert_loads_as_saved(struct office *office)
{
    struct buffer saved, again;
    struct desk *loaded = desk_new(&PLACE);
    buffer_init(&saved, SAVED_MAX);
    buffer_init(&again, SAVED_MAX);
    desk_save(office->desk, &saved);
    assert_int_equal(desk_load(loaded, buffer_bytes(&saved)), OK);
    desk_save(loaded, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    desk_free(loaded);
    buffer_free(&saved);
    buffer_free(&again);
}
