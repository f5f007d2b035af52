#include "lies.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { DAYS_MAX = 24, PARTITIONS = 3, COMMANDS_COUNT = 1000 };

static struct {
    const struct lie *lies;
    size_t lies_count;
    struct evidence *days[DAYS_MAX]; /* at rest, by seed; NULL: not lived yet */
} test;

static int forget_the_days(void **state)
{
    (void)state;
    for (size_t i = 0; i < DAYS_MAX; i++)
        evidence_free(test.days[i]);
    return 0;
}

/* A rough day of that seed. */
static const struct evidence *day(size_t number)
{
    if (test.days[number] == NULL)
        test.days[number] = forge_day(number + 1, PARTITIONS, COMMANDS_COUNT, NULL);
    return test.days[number];
}

/* Some things do not happen every day, and some lies matter only where something comes of them.
 * Returns the invariant that finds it; 0: nobody does. */
static int found_by(const struct lie *lie, const struct evidence *truth)
{
    struct evidence *forged = NULL;
    struct check_problem problem = {0};
    if (!forge(truth, lie->lie, 1, &forged))
        return 0;
    if (!check_all(forged, true, &problem))
        print_message("%s: %s\n", lie->name, problem.text);
    evidence_free(forged);
    return problem.invariant;
}

static void every_lie_is_found_by_the_right_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < test.lies_count; i++) {
        const struct lie *lie = &test.lies[i];
        size_t number = 0;
        while (number < DAYS_MAX && found_by(lie, day(number)) != lie->invariant)
            number++;
        if (number == DAYS_MAX)
            fail_msg("%s is to be found by invariant %d", lie->name, lie->invariant);
    }
}

int lies_main(const struct lie *lies, size_t lies_count)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lie_is_found_by_the_right_check),
    };
    test.lies = lies;
    test.lies_count = lies_count;
    return cmocka_run_group_tests(tests, NULL, forget_the_days);
}
