#include "gateway/refusals.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What was told: records, and the refusals in them. */
struct told {
    int records;
    int64_t of_sources, of_none;
};

static void refuse(struct refusals *refusals, uint64_t source, int64_t second, struct told *told)
{
    struct refusals_due due = refusals_count(refusals, source, second);
    told->records += (due.of_source > 0) + (due.of_none > 0);
    told->of_sources += due.of_source;
    told->of_none += due.of_none;
}

static int64_t refused(const struct told *told)
{
    return told->of_sources + told->of_none;
}

static void a_source_has_one_record_a_second_with_how_many_there_were(void **state)
{
    (void)state;
    struct refusals *refusals = refusals_new();
    struct told first = {.records = 0}, second = {.records = 0};
    for (int i = 0; i < 100; i++)
        refuse(refusals, 7, 1, &first);
    assert_int_equal(first.records, 1);
    assert_int_equal(first.of_sources, 1);
    refuse(refusals, 7, 2, &second);
    assert_int_equal(second.records, 1);
    assert_int_equal(second.of_sources, 100);
    refuse(refusals, 7, 1, &second); /* who read the clock before: it is no new second */
    assert_int_equal(second.records, 1);
    refusals_free(refusals);
}

static void two_that_have_one_place_and_take_turns_have_a_record_each(void **state)
{
    (void)state;
    struct refusals *refusals = refusals_new();
    struct told told = {.records = 0};
    for (int i = 0; i < 100; i++)
        refuse(refusals, 5 + (uint64_t)(i % 2) * REFUSAL_SOURCES, 1, &told);
    assert_int_equal(told.records, 2);
    refuse(refusals, 5, 2, &told);
    refuse(refusals, 5 + REFUSAL_SOURCES, 2, &told);
    assert_int_equal(told.records, 4);
    assert_int_equal(told.of_sources, 102);
    refusals_free(refusals);
}

static void of_more_that_have_one_place_the_rest_is_told_together(void **state)
{
    (void)state;
    enum { SOURCES = 12, ROUNDS = 10 };
    struct refusals *refusals = refusals_new();
    struct told told = {.records = 0};
    for (int i = 0; i < SOURCES * ROUNDS; i++)
        refuse(refusals, 5 + (uint64_t)(i % SOURCES) * REFUSAL_SOURCES, 1, &told);
    assert_in_range(told.records, 2, SOURCES); /* those that have a place, and one for the others */
    assert_true(told.of_none > 0);
    for (int i = 0; i < SOURCES; i++)
        refuse(refusals, 5 + (uint64_t)i * REFUSAL_SOURCES, 2, &told);
    refuse(refusals, 6, 3, &told); /* for those who came behind the others' record */
    assert_int_equal(refused(&told), SOURCES * ROUNDS + SOURCES + 1);
    refusals_free(refusals);
}

static void however_many_sources_there_are_the_records_of_a_second_are_bounded(void **state)
{
    (void)state;
    enum { SOURCES = 100, SECONDS = 5 };
    struct refusals *refusals = refusals_new();
    int64_t all = 0;
    for (int64_t second = 1; second <= SECONDS; second++) {
        struct told told = {.records = 0};
        for (uint64_t i = 0; i < SOURCES; i++)
            refuse(refusals, i * 10, second, &told);
        assert_int_equal(told.records, REFUSALS_A_SECOND);
        all += refused(&told);
    }
    struct told last = {.records = 0};
    refuse(refusals, 1, SECONDS + 1, &last);
    assert_int_equal(last.records, 2);
    assert_int_equal(all + refused(&last), SOURCES * SECONDS + 1); /* each was counted once */
    refusals_free(refusals);
}

static void what_is_untold_of_one_that_gives_way_is_not_lost(void **state)
{
    (void)state;
    struct refusals *refusals = refusals_new();
    struct told told = {.records = 0};
    for (int i = 0; i < 10; i++)
        refuse(refusals, 5, 1, &told); /* nine are still to be told */
    for (uint64_t i = 1; i <= 8; i++)
        refuse(refusals, 5 + i * REFUSAL_SOURCES, 1 + (int64_t)i, &told);
    assert_int_equal(told.of_sources, 1 + 8);
    assert_int_equal(told.of_none, 9);
    refusals_free(refusals);
}

static void what_is_untold_of_one_that_does_not_come_back_is_told_all_the_same(void **state)
{
    (void)state;
    struct refusals *refusals = refusals_new();
    struct told told = {.records = 0};
    for (int i = 0; i < 1000; i++)
        refuse(refusals, 5, 1, &told);
    refuse(refusals, 6, 11, &told);
    assert_int_equal(told.of_none, 0); /* it may come back yet */
    refuse(refusals, 6, 12, &told);
    assert_int_equal(told.of_none, 999);
    assert_int_equal(refused(&told), 1002);
    refusals_free(refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_has_one_record_a_second_with_how_many_there_were),
        cmocka_unit_test(two_that_have_one_place_and_take_turns_have_a_record_each),
        cmocka_unit_test(of_more_that_have_one_place_the_rest_is_told_together),
        cmocka_unit_test(however_many_sources_there_are_the_records_of_a_second_are_bounded),
        cmocka_unit_test(what_is_untold_of_one_that_gives_way_is_not_lost),
        cmocka_unit_test(what_is_untold_of_one_that_does_not_come_back_is_told_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
