#include "gateway/pending.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ENTRIES = 2000 };

static struct pending_entry entry_of(uint8_t id, int64_t deadline_ns, bool wants_ticket)
{
    return (struct pending_entry){
        .command_id = {{id}}, .deadline_ns = deadline_ns, .wants_ticket = wants_ticket};
}

static void an_entry_is_found_until_somebody_takes_it(void **state)
{
    (void)state;
    struct pending *pending = pending_new(ENTRIES);
    struct pending_entry entry = entry_of(1, 100, true);

    assert_int_equal(pending_add(pending, &entry), OK);
    assert_ptr_equal(pending_find(pending, (struct uuid){{1}}), &entry);
    assert_null(pending_find(pending, (struct uuid){{2}}));
    assert_true(pending_wants_tickets(pending));
    assert_int_equal(pending_count(pending), 1);
    assert_ptr_equal(pending_take(pending, (struct uuid){{1}}), &entry);
    assert_null(pending_take(pending, (struct uuid){{1}}));
    assert_false(pending_wants_tickets(pending));
    pending_free(pending);
}

static void the_oldest_expires_first_and_not_before_its_time(void **state)
{
    (void)state;
    struct pending *pending = pending_new(ENTRIES);
    struct pending_entry entries[3] = {entry_of(1, 100, false), entry_of(2, 110, false),
                                       entry_of(3, 120, false)};
    for (int i = 0; i < 3; i++)
        assert_int_equal(pending_add(pending, &entries[i]), OK);

    assert_null(pending_expire(pending, 99));
    assert_ptr_equal(pending_expire(pending, 110), &entries[0]);
    assert_ptr_equal(pending_expire(pending, 110), &entries[1]);
    assert_null(pending_expire(pending, 110));
    assert_ptr_equal(pending_expire(pending, INT64_MAX), &entries[2]);
    pending_free(pending);
}

static void no_more_wait_than_may(void **state)
{
    (void)state;
    struct pending *pending = pending_new(1);
    struct pending_entry first = entry_of(1, 100, true), second = entry_of(2, 110, true);

    assert_int_equal(pending_add(pending, &first), OK);
    assert_int_equal(pending_add(pending, &second), ERR_FULL);
    assert_null(pending_find(pending, second.command_id));
    assert_ptr_equal(pending_take(pending, first.command_id), &first);
    assert_false(pending_wants_tickets(pending));
    assert_int_equal(pending_add(pending, &second), OK);
    assert_ptr_equal(pending_expire(pending, INT64_MAX), &second);
    pending_free(pending);
}

struct race {
    struct pending *pending;
    struct pending_entry entries[ENTRIES];
    int taken[2];
};

static struct uuid race_id(int i)
{
    return (struct uuid){{(uint8_t)i, (uint8_t)(i >> 8), 1}};
}

static void *take_all(void *argument)
{
    struct race *race = argument;
    for (int i = 0; i < ENTRIES; i++)
        race->taken[0] += pending_take(race->pending, race_id(i)) != NULL;
    return NULL;
}

static void exactly_one_of_two_gets_an_entry(void **state)
{
    (void)state;
    static struct race race;
    race.pending = pending_new(ENTRIES);
    for (int i = 0; i < ENTRIES; i++) {
        race.entries[i] = (struct pending_entry){.command_id = race_id(i), .deadline_ns = i};
        assert_int_equal(pending_add(race.pending, &race.entries[i]), OK);
    }
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_all, &race), 0);
    while (pending_expire(race.pending, INT64_MAX) != NULL)
        race.taken[1]++;
    pthread_join(thread, NULL);
    assert_int_equal(race.taken[0] + race.taken[1], ENTRIES);
    pending_free(race.pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_found_until_somebody_takes_it),
        cmocka_unit_test(the_oldest_expires_first_and_not_before_its_time),
        cmocka_unit_test(no_more_wait_than_may),
        cmocka_unit_test(exactly_one_of_two_gets_an_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
