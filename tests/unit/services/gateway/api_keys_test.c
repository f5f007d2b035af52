#include "gateway/api_keys.h"

#include "decision/decision.h"
#include "gateway/keyed_network.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#define NOON_US  INT64_C(1795348800000000)
#define ANYWHERE TEXT("198.51.100.7")

static const struct seal_key HASH_KEY = {.bytes = {7}};
static const struct uuid ID = {{1}}, USER_ID = {{2}}, ACCOUNT_ID = {{3}};

struct fixture {
    struct arena *arena;
    struct api_keys *keys;
    struct text key;
    struct event created;
    enum role role;
    enum api_key_scope scopes[2];
    struct keyed_network networks[1];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.arena = arena_new(1 << 16),
                               .keys = api_keys_new(),
                               .role = ROLE_USER,
                               .scopes = {API_KEY_SCOPE_READ, API_KEY_SCOPE_TRADE}};
    assert_int_equal(seal_init(), OK);
    fixture.created = (struct event){.kind = EVENT_API_KEY_CREATED,
                                     .api_key_created = {.user_id = USER_ID,
                                                         .key_id = ID,
                                                         .account_id = ACCOUNT_ID,
                                                         .roles = &fixture.role,
                                                         .roles_count = 1,
                                                         .scopes = fixture.scopes,
                                                         .scopes_count = 2,
                                                         .created_at = NOON_US}};
    fixture.key =
        api_key_make(&HASH_KEY, ID, fixture.arena, &fixture.created.api_key_created.key_hash);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    api_keys_free(fixture->keys);
    arena_free(fixture->arena);
    return 0;
}

static void apply(struct fixture *fixture, const struct event *event)
{
    assert_true(api_keys_want(event->kind));
    api_keys_apply(fixture->keys, event);
}

static enum api_key_verdict check(struct fixture *fixture, struct text address, int64_t now_us,
                                  struct api_key_grant *ret_grant)
{
    return api_keys_check(fixture->keys, &HASH_KEY, fixture->key, address, now_us, ret_grant);
}

static void a_key_is_good_from_its_event_until_it_is_revoked(void **state)
{
    struct fixture *fixture = *state;
    struct api_key_grant grant;
    const struct event revoked = {.kind = EVENT_API_KEY_REVOKED, .api_key_revoked.key_id = ID};
    assert_int_equal(check(fixture, ANYWHERE, NOON_US, &grant), API_KEY_UNKNOWN);

    apply(fixture, &fixture->created);
    apply(fixture, &fixture->created);

    assert_int_equal(check(fixture, ANYWHERE, NOON_US, &grant), API_KEY_GOOD);
    assert_true(uuid_equal(grant.id, ID) && uuid_equal(grant.user_id, USER_ID) &&
                uuid_equal(grant.account_id, ACCOUNT_ID));
    assert_int_equal(grant.roles, ROLE_BIT(ROLE_USER));
    assert_int_equal(grant.scopes, API_KEY_SCOPE_BIT(API_KEY_SCOPE_READ) |
                                       API_KEY_SCOPE_BIT(API_KEY_SCOPE_TRADE));
    assert_int_equal(grant.expires_at_us, INT64_MAX);

    apply(fixture, &revoked);
    apply(fixture, &revoked);
    assert_int_equal(check(fixture, ANYWHERE, NOON_US, &grant), API_KEY_UNKNOWN);
}

static void a_key_may_do_what_its_owner_may_now(void **state)
{
    struct fixture *fixture = *state;
    struct api_key_grant grant;
    enum role roles[] = {ROLE_OPERATOR, ROLE_USER};
    struct event changed = {
        .kind = EVENT_USER_CHANGED,
        .user_changed = {
            .user_id = USER_ID, .roles = roles, .roles_count = 2, .status = USER_STATUS_ACTIVE}};
    fixture->scopes[0] = API_KEY_SCOPE_ADMIN;
    apply(fixture, &fixture->created);

    apply(fixture, &changed);
    assert_int_equal(check(fixture, ANYWHERE, NOON_US, &grant), API_KEY_GOOD);
    assert_int_equal(grant.roles, ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_USER));
    assert_false(api_keys_is_locked(fixture->keys, ID));

    changed.user_changed.status = USER_STATUS_LOCKED;
    apply(fixture, &changed);
    assert_int_equal(check(fixture, ANYWHERE, NOON_US, &grant), API_KEY_LOCKED);
    assert_true(api_keys_is_locked(fixture->keys, ID));
}

static void a_key_of_another_secret_is_none_of_ours(void **state)
{
    struct fixture *fixture = *state;
    struct api_key_grant grant;
    struct keyed_hash hash;
    struct uuid id;
    apply(fixture, &fixture->created);
    struct text other = api_key_make(&HASH_KEY, ID, fixture->arena, &hash);
    assert_false(text_equal(other, fixture->key));
    assert_int_equal(api_key_parse(other, &id), OK);
    assert_true(uuid_equal(id, ID));

    assert_int_equal(api_keys_check(fixture->keys, &HASH_KEY, other, ANYWHERE, NOON_US, &grant),
                     API_KEY_UNKNOWN);
    for (size_t size = 0; size < fixture->key.size; size++) {
        struct text cut = {fixture->key.data, size};
        assert_int_equal(api_keys_check(fixture->keys, &HASH_KEY, cut, ANYWHERE, NOON_US, &grant),
                         API_KEY_UNKNOWN);
    }
}

static void a_key_expires(void **state)
{
    struct fixture *fixture = *state;
    struct api_key_grant grant;
    fixture->created.api_key_created.has_expires_at = true;
    fixture->created.api_key_created.expires_at = NOON_US + 1;
    apply(fixture, &fixture->created);

    assert_int_equal(check(fixture, ANYWHERE, NOON_US, &grant), API_KEY_GOOD);
    assert_int_equal(grant.expires_at_us, NOON_US + 1);
    assert_int_equal(check(fixture, ANYWHERE, NOON_US + 1, &grant), API_KEY_EXPIRED);
}

static void a_key_is_good_from_its_networks_only(void **state)
{
    struct fixture *fixture = *state;
    struct api_key_grant grant;
    struct network network;
    assert_int_equal(network_parse(TEXT("192.0.2.64/26"), &network), OK);
    fixture->networks[0] = keyed_network_of(&HASH_KEY, &network);
    fixture->created.api_key_created.networks = fixture->networks;
    fixture->created.api_key_created.networks_count = 1;
    apply(fixture, &fixture->created);

    assert_int_equal(check(fixture, TEXT("192.0.2.64"), NOON_US, &grant), API_KEY_GOOD);
    assert_int_equal(check(fixture, TEXT("192.0.2.127"), NOON_US, &grant), API_KEY_GOOD);
    assert_int_equal(check(fixture, TEXT("192.0.2.128"), NOON_US, &grant), API_KEY_ELSEWHERE);
    assert_int_equal(check(fixture, TEXT("192.0.2.63"), NOON_US, &grant), API_KEY_ELSEWHERE);
    assert_int_equal(check(fixture, TEXT("2001:db8::1"), NOON_US, &grant), API_KEY_ELSEWHERE);
    assert_int_equal(check(fixture, TEXT("nowhere"), NOON_US, &grant), API_KEY_ELSEWHERE);
}

static void the_use_of_a_key_is_told_once_a_minute_whoever_tells_it(void **state)
{
    struct fixture *fixture = *state;
    struct api_key_grant grant;
    apply(fixture, &fixture->created);

    assert_int_equal(check(fixture, ANYWHERE, NOON_US, &grant), API_KEY_GOOD);
    assert_true(grant.tell);
    assert_int_equal(check(fixture, ANYWHERE, NOON_US + API_KEYS_TOLD_EVERY_US - 1, &grant),
                     API_KEY_GOOD);
    assert_false(grant.tell);

    const struct event elsewhere = {
        .kind = EVENT_API_KEY_USED,
        .api_key_used = {.key_id = ID, .used_at = NOON_US + API_KEYS_TOLD_EVERY_US}};
    apply(fixture, &elsewhere);
    assert_int_equal(check(fixture, ANYWHERE, NOON_US + 2 * API_KEYS_TOLD_EVERY_US - 1, &grant),
                     API_KEY_GOOD);
    assert_false(grant.tell);
    assert_int_equal(check(fixture, ANYWHERE, NOON_US + 2 * API_KEYS_TOLD_EVERY_US, &grant),
                     API_KEY_GOOD);
    assert_true(grant.tell);
}

static void without_the_scope_admin_staff_is_a_user_like_others(void **state)
{
    (void)state;
    const uint32_t admin = API_KEY_SCOPE_BIT(API_KEY_SCOPE_ADMIN);
    const uint32_t all_others = (UINT32_C(1) << API_KEY_SCOPE_ADMIN) - 1;
    const uint32_t roles = ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_AUDITOR);

    assert_int_equal(api_key_roles(roles, admin), roles);
    assert_int_equal(api_key_roles(roles, all_others), ROLE_BIT(ROLE_USER));
    assert_int_equal(api_key_roles(ROLE_BIT(ROLE_USER), admin), ROLE_BIT(ROLE_USER));
    assert_int_equal(api_key_roles(0, all_others), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_good_from_its_event_until_it_is_revoked),
        TEST(a_key_may_do_what_its_owner_may_now),
        TEST(a_key_of_another_secret_is_none_of_ours),
        TEST(a_key_expires),
        TEST(a_key_is_good_from_its_networks_only),
        TEST(the_use_of_a_key_is_told_once_a_minute_whoever_tells_it),
        TEST(without_the_scope_admin_staff_is_a_user_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
