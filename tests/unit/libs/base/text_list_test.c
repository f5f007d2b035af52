#include "base/text_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { THINGS_COUNT = 200 };

struct thing {
    struct text name;
    char letters[24];
};

static void an_empty_list_has_nothing(void **state)
{
    (void)state;
    struct text_list list = {0};

    assert_null(text_list_find(&list, TEXT("a")));
    assert_null(text_list_find(&list, TEXT("")));
    text_list_free(&list);
}

/* Added in an order that is neither of names nor the other way around. */
static void add_and_find(const char *before, const char *behind)
{
    static struct thing things[THINGS_COUNT];
    struct text_list list = {0};
    for (int i = 0; i < THINGS_COUNT; i++) {
        struct thing *thing = &things[i];
        int size = snprintf(thing->letters, sizeof thing->letters, "%s%d%s", before,
                            i * 77 % THINGS_COUNT, behind);
        thing->name = (struct text){thing->letters, (size_t)size};
        assert_null(text_list_find(&list, thing->name));
        text_list_add(&list, thing);
        assert_int_equal(list.count, i + 1);
        for (int j = 0; j <= i; j++)
            assert_ptr_equal(text_list_find(&list, things[j].name), &things[j]);
    }
    for (uint32_t i = 1; i < list.count; i++)
        assert_true(text_compare(*(struct text *)list.entries[i - 1].thing,
                                 *(struct text *)list.entries[i].thing) < 0);
    assert_null(text_list_find(&list, TEXT("00")));
    text_list_free(&list);
    assert_int_equal(list.count, 0);
}

static void things_are_found_and_stand_in_the_order_of_their_names(void **state)
{
    (void)state;
    add_and_find("", "");
}

static void so_are_those_whose_names_begin_alike(void **state)
{
    (void)state;
    add_and_find("CEA-EUR-", "");
    add_and_find("CEA-EU", "");
    add_and_find("CEA-", "-EUR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_has_nothing),
        cmocka_unit_test(things_are_found_and_stand_in_the_order_of_their_names),
        cmocka_unit_test(so_are_those_whose_names_begin_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
