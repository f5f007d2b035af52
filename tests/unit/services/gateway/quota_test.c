#include "gateway/quota.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ADA = 1, CARL = 2, GRACE = 3 };

static void a_caller_has_no_more_than_one_may(void **state)
{
    (void)state;
    struct quota *quota = quota_new(10, 2);
    assert_int_equal(quota_take(quota, ADA, true), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, ADA, true), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, ADA, true), QUOTA_OF_CALLER);
    assert_int_equal(quota_take(quota, CARL, true), QUOTA_TAKEN);
    quota_give_back(quota, ADA);
    assert_int_equal(quota_count(quota), 2);
    assert_int_equal(quota_take(quota, ADA, true), QUOTA_TAKEN);
    quota_free(quota);
}

static void all_together_have_no_more_than_there_may_be(void **state)
{
    (void)state;
    struct quota *quota = quota_new(3, 2);
    assert_int_equal(quota_take(quota, ADA, true), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, ADA, true), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, CARL, true), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, GRACE, true), QUOTA_OF_ALL);
    assert_int_equal(quota_take(quota, ADA, true),
                     QUOTA_OF_CALLER); /* it is hers that are too many */
    quota_give_back(quota, CARL);
    assert_int_equal(quota_take(quota, GRACE, true), QUOTA_TAKEN);
    quota_free(quota);
}

/* Addresses cost nothing. */
static void whom_nobody_knows_has_half_of_all_at_most(void **state)
{
    (void)state;
    struct quota *quota = quota_new(4, 2);
    assert_int_equal(quota_take(quota, 101, false), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, 102, false), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, 103, false), QUOTA_OF_ALL);
    assert_int_equal(quota_take(quota, ADA, true), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, CARL, true), QUOTA_TAKEN);
    assert_int_equal(quota_take(quota, GRACE, true), QUOTA_OF_ALL);
    quota_give_back(quota, 101);
    assert_int_equal(quota_take(quota, GRACE, true),
                     QUOTA_TAKEN); /* the others' half may be anybody's */
    assert_int_equal(quota_take(quota, 103, false), QUOTA_OF_ALL);
    quota_give_back(quota, ADA);
    assert_int_equal(quota_take(quota, 103, false), QUOTA_TAKEN);
    quota_free(quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_has_no_more_than_one_may),
        cmocka_unit_test(all_together_have_no_more_than_there_may_be),
        cmocka_unit_test(whom_nobody_knows_has_half_of_all_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
