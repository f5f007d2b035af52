/* The checkers, checked: they have nothing to say of a true log, and the right thing of each lie.
 */
#include "check.h"
#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct evidence *truth; /* a rough day, at rest */

static int live_a_day(void **state)
{
    (void)state;
    truth = forge_day(1, 3, 700);
    return 0;
}

static int forget_the_day(void **state)
{
    (void)state;
    evidence_free(truth);
    return 0;
}

static void a_true_log_holds(void **state)
{
    (void)state;
    struct check_problem problem;
    struct check_tally tally = {0};
    if (!check_and_tally(truth, true, &tally, &problem))
        fail_msg("%s", problem.text);
    clock_t begun = clock();
    if (!check_and_tally(truth, true, &tally, &problem))
        fail_msg("%s", problem.text);
    print_message("%llu events, %llu fills, %llu zombies, %llu poisoned, %llu repeated: %.1f ms\n",
                  (unsigned long long)tally.events, (unsigned long long)tally.fills,
                  (unsigned long long)tally.zombies, (unsigned long long)tally.poisoned,
                  (unsigned long long)tally.repeated,
                  (double)(clock() - begun) * 1000 / CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_true_log_holds),
    };
    return cmocka_run_group_tests(tests, live_a_day, forget_the_day);
}
