#include "desk.h"

enum { ARENA_SIZE = 1 << 20 };

const struct place DESK_PLACE = {.service = SERVICE_SETTINGS, .partition_counts = {3, 3, 1, 1, 3}};

int desk_set_up(void **state)
{
    static struct desk desk;
    desk = (struct desk){settings_new(&DESK_PLACE), arena_new(ARENA_SIZE), DESK_NOON_US};
    *state = &desk;
    return 0;
}

int desk_tear_down(void **state)
{
    struct desk *desk = *state;
    settings_free(desk->settings);
    arena_free(desk->arena);
    return 0;
}

struct keyed_hash desk_address(uint8_t n)
{
    return (struct keyed_hash){{n, 0xab}};
}

struct uuid desk_id_of_address(uint8_t address_n, uint8_t n)
{
    struct keyed_hash email_hash = desk_address(address_n);
    return uuid_make(settings_owner_hash(&email_hash), (const uint8_t[12]){n});
}

struct command desk_registration(uint8_t address_n, uint8_t n)
{
    return (struct command){
        .kind = COMMAND_REGISTER_USER,
        .register_user =
            {
                .user_id = desk_id_of_address(address_n, n),
                .account_id = uuid_make(n * 7919u, (const uint8_t[12]){n, 1}),
                .email_hash = desk_address(address_n),
                .email = TEXT("s1:email"),
                .full_name = TEXT("s1:name"),
                .password_hash = TEXT("s1:hash"),
            },
    };
}

struct command desk_login(uint8_t address_n, uint8_t session_n, enum login_outcome outcome)
{
    return (struct command){
        .kind = COMMAND_RECORD_LOGIN,
        .record_login =
            {
                .session_id = desk_id_of_address(address_n, session_n),
                .email_hash = desk_address(address_n),
                .outcome = outcome,
                .expires_at = DESK_NOON_US + DESK_HOUR_US,
            },
    };
}

struct command desk_login_of_user(uint8_t address_n, uint8_t user_n, uint8_t session_n)
{
    struct command command = desk_login(address_n, session_n, LOGIN_OUTCOME_ACCEPTED);
    command.record_login.has_user_id = true;
    command.record_login.user_id = desk_id_of_address(address_n, user_n);
    command.record_login.credentials_version = 1;
    return command;
}

struct event desk_decide(struct desk *desk, const struct command *command)
{
    struct event event = {.meta.occurred_at = desk->now_us};
    struct input input = {.kind = INPUT_COMMAND, .now_us = desk->now_us, .command = command};
    settings_decide(desk->settings, &input, desk->arena, &event);
    return event;
}

struct event desk_decide_and_apply(struct desk *desk, const struct command *command)
{
    struct event event = desk_decide(desk, command);
    settings_apply(desk->settings, &event);
    return event;
}

struct event desk_follow(struct desk *desk, const struct event *followed)
{
    struct input input = {
        .kind = INPUT_EVENTS, .now_us = desk->now_us, .events = &followed, .events_count = 1};
    struct event event = {.meta.occurred_at = desk->now_us};
    settings_decide(desk->settings, &input, desk->arena, &event);
    settings_apply(desk->settings, &event);
    return event;
}

struct event desk_note_market_maker(struct desk *desk, uint8_t address_n)
{
    struct event created = {.kind = EVENT_MARKET_MAKER_CREATED};
    created.market_maker_created.market_maker.email_hash = desk_address(address_n);
    return desk_follow(desk, &created);
}

void desk_assert_rejected(const struct event *event, const char *code, const char *field)
{
    assert_int_equal(event->kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(event->command_rejected.code, code));
    assert_true(event->command_rejected.message.size > 0);
    assert_int_equal(event->command_rejected.has_field, field != NULL);
    if (field != NULL)
        assert_true(text_is(event->command_rejected.field, field));
}

void desk_assert_login_refused(const struct event *event, const char *code)
{
    assert_int_equal(event->kind, EVENT_LOGIN_REFUSED);
    assert_true(text_is(event->login_refused.code, code));
    assert_true(event->login_refused.message.size > 0);
}
