#include "desk.h"

static const struct uuid ADMIN_ID = {{8}};
static enum role ADMIN[] = {ROLE_ADMIN};
static enum api_key_scope READ[] = {API_KEY_SCOPE_READ};

static struct uuid user_id(void)
{
    return desk_id_of_address(1, 1);
}

static struct uuid key_id(uint8_t n)
{
    return desk_id_of_address(1, (uint8_t)(100 + n));
}

static struct command asked_by(struct command command, struct uuid id)
{
    command.meta.has_actor = true;
    command.meta.actor.user_id = id;
    return command;
}

static struct command by_admin(struct command command)
{
    command = asked_by(command, ADMIN_ID);
    command.meta.actor.roles = ADMIN;
    command.meta.actor.roles_count = 1;
    return command;
}

static struct command creation(uint8_t n)
{
    struct command command = {.kind = COMMAND_CREATE_API_KEY,
                              .create_api_key = {.user_id = user_id(),
                                                 .key_id = key_id(n),
                                                 .key_hash = {{n}},
                                                 .name = TEXT("s1:name"),
                                                 .scopes = READ,
                                                 .scopes_count = 1}};
    return asked_by(command, user_id());
}

static struct command revocation(uint8_t n)
{
    struct command command = {.kind = COMMAND_REVOKE_API_KEY,
                              .revoke_api_key = {.user_id = user_id(), .key_id = key_id(n)}};
    return asked_by(command, user_id());
}

static int set_up(void **state)
{
    desk_set_up(state);
    struct desk *desk = *state;
    staff_set(&desk->settings->staff, ADMIN_ID, ROLE_BIT(ROLE_ADMIN));
    struct command registration = desk_registration(1, 1);
    (void)desk_decide_and_apply(*state, &registration);
    return 0;
}

static void a_key_says_whose_it_is_and_what_he_may_do(void **state)
{
    struct command command = creation(1);

    struct event event = desk_decide_and_apply(*state, &command);

    assert_int_equal(event.kind, EVENT_API_KEY_CREATED);
    const struct api_key_created *key = &event.api_key_created;
    assert_true(uuid_equal(key->user_id, user_id()) && uuid_equal(key->key_id, key_id(1)));
    assert_true(uuid_equal(key->account_id, desk_registration(1, 1).register_user.account_id));
    assert_int_equal(key->roles_count, 1);
    assert_int_equal(key->roles[0], ROLE_USER);
    assert_int_equal(key->created_at, DESK_NOON_US);
}

static void nobody_but_an_admin_makes_or_ends_a_key_of_somebody_else(void **state)
{
    struct command created = asked_by(creation(1), (struct uuid){{9}});
    struct command revoked = asked_by(revocation(1), (struct uuid){{9}});
    struct event event = desk_decide(*state, &created);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);

    created = by_admin(created);
    event = desk_decide_and_apply(*state, &created);
    assert_int_equal(event.kind, EVENT_API_KEY_CREATED);

    event = desk_decide(*state, &revoked);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);
    revoked = by_admin(revoked);
    event = desk_decide_and_apply(*state, &revoked);
    assert_int_equal(event.kind, EVENT_API_KEY_REVOKED);
}

static struct command with_scopes(struct command command, enum api_key_scope *scopes, size_t count)
{
    command.create_api_key.scopes = scopes;
    command.create_api_key.scopes_count = count;
    return command;
}

static void a_key_for_what_may_wait_for_a_second_person_is_its_owners_to_make(void **state)
{
    static enum api_key_scope LAST[] = {API_KEY_SCOPE_READ, API_KEY_SCOPE_TRADE,
                                        API_KEY_SCOPE_ADMIN};
    static enum api_key_scope FIRST[] = {API_KEY_SCOPE_FUNDING, API_KEY_SCOPE_SETTINGS};
    static enum api_key_scope NEITHER[] = {API_KEY_SCOPE_READ, API_KEY_SCOPE_TRADE,
                                           API_KEY_SCOPE_SETTINGS};
    struct command command = with_scopes(by_admin(creation(1)), LAST, COUNT_OF(LAST));
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "FORBIDDEN", "scopes");
    command = with_scopes(command, FIRST, COUNT_OF(FIRST));
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "FORBIDDEN", "scopes");

    command = with_scopes(command, NEITHER, COUNT_OF(NEITHER));
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_API_KEY_CREATED);
    command = with_scopes(creation(2), LAST, COUNT_OF(LAST));
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_API_KEY_CREATED);
    command = with_scopes(creation(3), FIRST, COUNT_OF(FIRST));
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_API_KEY_CREATED);
}

static void a_key_is_revoked_once(void **state)
{
    struct command created = creation(1), revoked = revocation(1);
    (void)desk_decide_and_apply(*state, &created);

    struct event event = desk_decide_and_apply(*state, &revoked);
    assert_int_equal(event.kind, EVENT_API_KEY_REVOKED);
    assert_true(uuid_equal(event.api_key_revoked.key_id, key_id(1)));

    event = desk_decide(*state, &revoked);
    desk_assert_rejected(&event, "NOT_FOUND", "key_id");
}

static void a_key_that_could_never_be_used_is_refused(void **state)
{
    struct command command = creation(1);
    command.create_api_key.scopes_count = 0;
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "scopes");

    command = creation(1);
    command.create_api_key.has_expires_at = true;
    command.create_api_key.expires_at = DESK_NOON_US;
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "expires_at");

    command = creation(1);
    command.create_api_key.has_rate_limit = true;
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "rate_limit");
}

static void an_id_is_given_once(void **state)
{
    struct command command = creation(1);
    (void)desk_decide_and_apply(*state, &command);

    struct event event = desk_decide(*state, &command);

    desk_assert_rejected(&event, "VALIDATION_FAILED", "key_id");
}

static void a_user_has_so_many_keys_and_expired_ones_do_not_count(void **state)
{
    struct desk *desk = *state;
    for (uint8_t n = 0; n < SETTINGS_KEYS_MAX; n++) {
        struct command command = creation(n);
        command.create_api_key.has_expires_at = n == 0;
        command.create_api_key.expires_at = DESK_NOON_US + 1;
        struct event event = desk_decide_and_apply(desk, &command);
        assert_int_equal(event.kind, EVENT_API_KEY_CREATED);
    }
    struct command one_more = creation(SETTINGS_KEYS_MAX);
    struct event event = desk_decide(desk, &one_more);
    desk_assert_rejected(&event, "VALIDATION_FAILED", NULL);

    desk->now_us++;
    event = desk_decide_and_apply(desk, &one_more);

    assert_int_equal(event.kind, EVENT_API_KEY_CREATED);
    assert_null(settings_key(settings_user(desk->settings, user_id()), key_id(0)));
}

static void the_use_of_a_key_is_a_fact_even_after_its_end(void **state)
{
    struct command use = {.kind = COMMAND_REPORT_API_KEY_USE,
                          .report_api_key_use = {.user_id = user_id(),
                                                 .key_id = key_id(1),
                                                 .used_at = DESK_NOON_US - 1}};

    struct event event = desk_decide_and_apply(*state, &use);
    assert_int_equal(event.kind, EVENT_API_KEY_USED);
    assert_int_equal(event.api_key_used.used_at, DESK_NOON_US - 1);

    use.report_api_key_use.user_id = desk_id_of_address(2, 2);
    event = desk_decide(*state, &use);
    desk_assert_rejected(&event, "NOT_FOUND", "user_id");
}

static void a_snapshot_has_the_keys(void **state)
{
    struct desk *desk = *state;
    struct command first = creation(1), second = creation(2), ended = revocation(1);
    (void)desk_decide_and_apply(desk, &first);
    (void)desk_decide_and_apply(desk, &second);
    struct buffer saved, again;
    buffer_init(&saved, 1 << 16);
    buffer_init(&again, 1 << 16);
    settings_save(desk->settings, &saved);
    settings_free(desk->settings);
    desk->settings = settings_new(&DESK_PLACE);

    assert_int_equal(settings_load(desk->settings, buffer_bytes(&saved)), OK);

    settings_save(desk->settings, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    struct event event = desk_decide(desk, &ended);
    assert_int_equal(event.kind, EVENT_API_KEY_REVOKED);
    buffer_free(&saved);
    buffer_free(&again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_key_says_whose_it_is_and_what_he_may_do),
        TEST(nobody_but_an_admin_makes_or_ends_a_key_of_somebody_else),
        TEST(a_key_for_what_may_wait_for_a_second_person_is_its_owners_to_make),
        TEST(a_key_is_revoked_once),
        TEST(a_key_that_could_never_be_used_is_refused),
        TEST(an_id_is_given_once),
        TEST(a_user_has_so_many_keys_and_expired_ones_do_not_count),
        TEST(the_use_of_a_key_is_a_fact_even_after_its_end),
        TEST(a_snapshot_has_the_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
