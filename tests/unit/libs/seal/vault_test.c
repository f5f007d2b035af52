/* What of the vault needs no server; the rest is in tests/integration/vault_test.c. */
#include "base/time.h"
#include "seal/key_cache.h"
#include "seal/vault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct uuid id_of(uint8_t number)
{
    return (struct uuid){{number, 1}};
}

static void cache_finds_what_was_put_and_not_what_was_dropped(void **state)
{
    (void)state;
    struct key_cache *cache = key_cache_new();
    const struct seal_key key = seal_key_random();
    struct seal_key found;
    assert_false(key_cache_find(cache, id_of(1), &found));
    assert_false(key_cache_find(cache, (struct uuid){{0}}, &found));
    key_cache_put(cache, id_of(1), &key);
    assert_true(key_cache_find(cache, id_of(1), &found));
    assert_memory_equal(found.bytes, key.bytes, sizeof key.bytes);

    uint64_t generation = key_cache_generation(cache);
    key_cache_drop(cache, id_of(1));
    assert_false(key_cache_find(cache, id_of(1), &found));
    assert_true(key_cache_generation(cache) > generation);
    key_cache_free(cache);
}

static void cache_stays_bounded_and_keeps_the_newest(void **state)
{
    (void)state;
    struct key_cache *cache = key_cache_new();
    struct seal_key key = {{0}};
    struct uuid id = {{0}};
    for (uint32_t i = 1; i <= 100000; i++) {
        for (int byte = 0; byte < 4; byte++)
            key.bytes[byte] = id.bytes[byte] = (uint8_t)(i >> (8 * byte));
        key_cache_put(cache, id, &key);
        struct seal_key found;
        assert_true(key_cache_find(cache, id, &found));
        assert_memory_equal(found.bytes, key.bytes, sizeof key.bytes);
    }
    key_cache_free(cache);
}

static void venue_key_changes_with_the_calendar_month(void **state)
{
    (void)state;
    int64_t last_of_november;
    assert_int_equal(time_parse(TEXT("2026-11-30T23:59:59Z"), &last_of_november), OK);
    struct uuid november = vault_venue_key_id(last_of_november);
    assert_true(uuid_equal(november, vault_venue_key_id(last_of_november - 20 * DAY_US)));
    assert_false(uuid_equal(november, vault_venue_key_id(last_of_november + SECOND_US)));
}

static void an_absent_database_is_busy_and_says_so(void **state)
{
    (void)state;
    struct seal_key key = {{1}};
    struct vault *vault = vault_new("host=127.0.0.1 port=1", &key, 1);
    char error[VAULT_ERROR_SIZE];
    assert_int_equal(vault_key(vault, id_of(1), true, &key), ERR_BUSY);
    vault_error(vault, error);
    assert_true(error[0] != '\0');
    assert_int_equal(vault_shred(vault, id_of(1)), ERR_BUSY);
    vault_free(vault);
}

int main(void)
{
    if (seal_init() != OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache_finds_what_was_put_and_not_what_was_dropped),
        cmocka_unit_test(cache_stays_bounded_and_keeps_the_newest),
        cmocka_unit_test(venue_key_changes_with_the_calendar_month),
        cmocka_unit_test(an_absent_database_is_busy_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
