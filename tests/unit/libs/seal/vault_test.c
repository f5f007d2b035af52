/* What of the vault needs no server; the rest is in tests/integration/vault_test.c. */
#include "base/time.h"
#include "seal/key_cache.h"
#include "seal/masters.h"
#include "seal/vault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FIRST  "0101010101010101010101010101010101010101010101010101010101010102"
#define SECOND "0202020202020202020202020202020202020202020202020202020202020201"

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

static const struct bytes CONTEXT = {(const uint8_t *)"alice", 5};

static struct masters masters_of(struct text lines)
{
    struct masters masters;
    assert_int_equal(masters_parse(lines, &masters), OK);
    return masters;
}

static struct bytes by(const struct wrapped_key *wrapped)
{
    return (struct bytes){wrapped->by, sizeof wrapped->by};
}

static enum err unwrap(const struct masters *masters, const struct wrapped_key *wrapped,
                       struct bytes by, struct seal_key *ret_key)
{
    return masters_unwrap(masters, CONTEXT, (struct bytes){wrapped->bytes, sizeof wrapped->bytes},
                          by, ret_key);
}

static void the_first_master_wraps_and_each_unwraps(void **state)
{
    (void)state;
    const struct masters old = masters_of(TEXT(FIRST)), fresh = masters_of(TEXT(SECOND)),
                         both = masters_of(TEXT(SECOND "\n" FIRST));
    const struct seal_key key = seal_key_random();
    struct seal_key found;
    struct wrapped_key by_old, by_both;
    masters_wrap(&old, CONTEXT, &key, &by_old);
    masters_wrap(&both, CONTEXT, &key, &by_both);
    assert_memory_equal(by_both.by, fresh.list[0].id, MASTER_ID_SIZE);
    assert_memory_not_equal(by_both.by, by_old.by, MASTER_ID_SIZE);

    assert_int_equal(unwrap(&both, &by_old, by(&by_old), &found), OK);
    assert_memory_equal(found.bytes, key.bytes, sizeof key.bytes);
    assert_int_equal(unwrap(&fresh, &by_both, by(&by_both), &found), OK);
    assert_int_equal(unwrap(&fresh, &by_old, by(&by_old), &found), ERR_NOT_FOUND);
    assert_int_equal(unwrap(&old, &by_both, by(&by_both), &found), ERR_NOT_FOUND);
    by_old.bytes[0] ^= 1;
    assert_int_equal(unwrap(&both, &by_old, by(&by_old), &found), ERR_POISON);
}

static void what_was_wrapped_before_ids_were_kept_is_tried_with_each_master(void **state)
{
    (void)state;
    const struct masters old = masters_of(TEXT(FIRST)), fresh = masters_of(TEXT(SECOND)),
                         both = masters_of(TEXT(SECOND "\n" FIRST));
    const struct seal_key key = seal_key_random();
    const struct bytes nobody = {NULL, 0};
    struct seal_key found;
    struct wrapped_key wrapped;
    masters_wrap(&old, CONTEXT, &key, &wrapped);
    assert_int_equal(unwrap(&both, &wrapped, nobody, &found), OK);
    assert_memory_equal(found.bytes, key.bytes, sizeof key.bytes);
    assert_int_equal(unwrap(&fresh, &wrapped, nobody, &found), ERR_POISON);
}

static void what_is_no_list_of_keys_is_no_masters(void **state)
{
    (void)state;
    struct masters masters;
    static const char *const WRONG[] = {"",
                                        "\n",
                                        FIRST "\n\n" SECOND,
                                        FIRST " ",
                                        FIRST "0",
                                        FIRST "\nsecret",
                                        FIRST "\n" FIRST "\n" FIRST "\n" FIRST "\n" FIRST};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        assert_int_equal(masters_parse(text_of(WRONG[i]), &masters), ERR_CONFIG);
        assert_int_equal(masters.count, 0);
    }
}

static void an_absent_database_is_busy_and_says_so(void **state)
{
    (void)state;
    struct seal_key key;
    struct vault *vault = NULL;
    assert_int_equal(vault_open("host=127.0.0.1 port=1", TEXT(FIRST), 1, &vault), OK);
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
        cmocka_unit_test(the_first_master_wraps_and_each_unwraps),
        cmocka_unit_test(what_was_wrapped_before_ids_were_kept_is_tried_with_each_master),
        cmocka_unit_test(what_is_no_list_of_keys_is_no_masters),
        cmocka_unit_test(an_absent_database_is_busy_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
