#include "gateway/asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct uuid id_of(uint32_t number)
{
    struct uuid id = {{0}};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static void the_first_question_is_remembered(void **state)
{
    (void)state;
    struct asked *asked = asked_new();
    assert_int_equal(asked_first_us(asked, id_of(1), 100), 100);
    assert_int_equal(asked_first_us(asked, id_of(2), 110), 110);
    assert_int_equal(asked_first_us(asked, id_of(1), 120), 100);
    asked_free(asked);
}

static void the_oldest_gives_way_when_there_are_too_many(void **state)
{
    (void)state;
    struct asked *asked = asked_new();
    for (uint32_t i = 0; i < ASKED_MAX; i++)
        assert_int_equal(asked_first_us(asked, id_of(i), i), i);
    assert_int_equal(asked_first_us(asked, id_of(ASKED_MAX), 7), 7);
    assert_int_equal(asked_first_us(asked, id_of(1), 8), 1);
    assert_int_equal(asked_first_us(asked, id_of(0), 9), 9);
    asked_free(asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_question_is_remembered),
        cmocka_unit_test(the_oldest_gives_way_when_there_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
