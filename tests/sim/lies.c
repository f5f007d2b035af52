#include "lies.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void lies_are_found(const struct evidence *truth, const struct lie *lies, size_t lies_count)
{
    for (size_t i = 0; i < lies_count; i++) {
        struct evidence *forged = NULL;
        struct check_problem problem;
        if (!forge(truth, lies[i].lie, 1, &forged))
            fail_msg("there is nothing to lie about: %s", lies[i].name);
        if (check_all(forged, true, &problem))
            fail_msg("nobody found that %s", lies[i].name);
        print_message("%s: %s\n", lies[i].name, problem.text);
        if (problem.invariant != lies[i].invariant)
            fail_msg("%s is to be found by invariant %d", lies[i].name, lies[i].invariant);
        evidence_free(forged);
    }
}
