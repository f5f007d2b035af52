#include "base/id_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { THINGS_COUNT = 1000, OPERATIONS_COUNT = 100000, SEED = 7 };

struct thing {
    struct uuid id;
    bool in;
};

static struct uuid id_of(uint32_t number)
{
    uint8_t rest[12] = {0};
    memcpy(rest + 8, &number, sizeof number);
    return uuid_make(1, rest);
}

static void an_empty_table_has_nothing(void **state)
{
    (void)state;
    struct id_table table = {0};
    size_t cursor = 0;

    assert_null(id_table_find(&table, id_of(1)));
    assert_null(id_table_next(&table, &cursor));
    id_table_free(&table);
}

static void check(const struct id_table *table, const struct thing *things)
{
    size_t count = 0, listed = 0, cursor = 0;
    for (uint32_t i = 0; i < THINGS_COUNT; i++) {
        const void *found = id_table_find(table, id_of(i));
        assert_ptr_equal(found, things[i].in ? &things[i] : NULL);
        count += things[i].in;
    }
    for (const struct thing *at; (at = id_table_next(table, &cursor)) != NULL; listed++)
        assert_true(at->in);
    assert_int_equal(table->count, count);
    assert_int_equal(listed, count);
}

static void things_are_found_while_they_are_in_and_not_afterwards(void **state)
{
    (void)state;
    static struct thing things[THINGS_COUNT];
    struct id_table table = {0};
    uint64_t random = SEED;
    for (uint32_t i = 0; i < THINGS_COUNT; i++)
        things[i].id = id_of(i);

    for (size_t i = 0; i < OPERATIONS_COUNT; i++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        struct thing *thing = &things[(random >> 33) % THINGS_COUNT];
        if (thing->in)
            id_table_remove(&table, thing);
        else
            id_table_add(&table, thing);
        thing->in = !thing->in;
        if (i % 1000 == 0)
            check(&table, things);
    }
    check(&table, things);
    id_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_has_nothing),
        cmocka_unit_test(things_are_found_while_they_are_in_and_not_afterwards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
