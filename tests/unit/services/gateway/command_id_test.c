/* The id of a command says until when it may be executed. */
#include "gateway/command_id.h"

#include "base/time.h"
#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { OWNER = 0x12345678 };

/* As `written`, of a command that was valid until `given`. */
static void assert_says(int64_t given, int64_t written)
{
    struct uuid id = command_id_new(OWNER, given);
    assert_int_equal(uuid_owner_hash(id), OWNER);
    assert_int_equal(id.bytes[6] >> 4, 8);
    assert_int_equal(id.bytes[8] >> 6, 2);
    assert_int_equal(command_id_valid_until_us(id), written);
}

static void an_id_says_the_second_that_is_never_before_the_end(void **state)
{
    (void)state;
    const int64_t second = INT64_C(1795000000);
    assert_says(second * SECOND_US, second * SECOND_US);
    assert_says(second * SECOND_US + 1, (second + 1) * SECOND_US);
    assert_says((second + 1) * SECOND_US - 1, (second + 1) * SECOND_US);
}

static void a_time_without_such_a_second_is_cut_to_one(void **state)
{
    (void)state;
    assert_says(INT64_MIN, 0);
    assert_says(0, 0);
    assert_says(1, SECOND_US);
    assert_says(UINT32_MAX * SECOND_US + 1, UINT32_MAX * SECOND_US);
    assert_says(INT64_MAX, UINT32_MAX * SECOND_US);
}

static void two_ids_for_the_same_time_differ(void **state)
{
    (void)state;
    assert_false(uuid_equal(command_id_new(OWNER, 5), command_id_new(OWNER, 5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_says_the_second_that_is_never_before_the_end),
        cmocka_unit_test(a_time_without_such_a_second_is_cut_to_one),
        cmocka_unit_test(two_ids_for_the_same_time_differ),
    };
    return seal_init() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
