#include "audit/owed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_oldest(const struct owed *owed, int64_t number, struct text note)
{
    int64_t found_number;
    struct text found;
    assert_true(owed_oldest(owed, &found_number, &found));
    assert_int_equal(found_number, number);
    assert_true(text_equal(found, note));
}

static void nothing_is_owed_at_first(void **state)
{
    (void)state;
    int64_t number = 1;
    struct text note = TEXT("untouched");
    struct owed *owed = owed_new();
    assert_false(owed_oldest(owed, &number, &note));
    assert_int_equal(number, 1);
    assert_true(text_equal(note, TEXT("untouched")));
    owed_free(owed);
    owed_free(NULL);
}

static void what_is_owed_longest_comes_first_and_is_a_copy(void **state)
{
    (void)state;
    char seven[] = "seven\n";
    struct owed *owed = owed_new();
    assert_true(owed_add(owed, 7, text_of(seven)));
    assert_true(owed_add(owed, 9, TEXT("")));
    seven[0] = 'S';
    assert_oldest(owed, 7, TEXT("seven\n"));
    assert_oldest(owed, 7, TEXT("seven\n"));
    owed_drop(owed);
    assert_oldest(owed, 9, TEXT(""));
    owed_drop(owed);
    assert_true(owed_add(owed, 10, TEXT("ten\n")));
    assert_oldest(owed, 10, TEXT("ten\n"));
    owed_free(owed);
}

static void no_more_are_kept_than_fit(void **state)
{
    (void)state;
    struct owed *owed = owed_new();
    for (int64_t number = 1; number <= OWED_MAX; number++)
        assert_true(owed_add(owed, number, TEXT("x")));
    assert_false(owed_add(owed, OWED_MAX + 1, TEXT("x")));
    owed_drop(owed);
    assert_true(owed_add(owed, OWED_MAX + 1, TEXT("x")));
    assert_oldest(owed, 2, TEXT("x"));
    owed_free(owed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_owed_at_first),
        cmocka_unit_test(what_is_owed_longest_comes_first_and_is_a_copy),
        cmocka_unit_test(no_more_are_kept_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
