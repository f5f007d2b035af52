/* check.h - what must be true of every run of the simulation: the invariants of faults.md, judged
 * from evidence alone.
 *
 * Nothing is shared with what is checked: avro-c reads the records, libsodium hashes them, and
 * fold, ledger and book are written again, as plainly as can be, from protocol.md and domain.md.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H
#include "evidence.h"

enum { CHECK_PROBLEM_SIZE = 600 };

/* What does not hold: the invariant's number, and where, in a sentence with the values. */
struct check_problem {
    int invariant; /* as numbered in faults.md, "What the simulation checks" */
    char text[CHECK_PROBLEM_SIZE];
};

/* True when every invariant holds. `at_rest`: faults have stopped and everybody has come to rest,
 * so every command is answered and nothing is in flight. False: *ret_problem is the first thing
 * that does not hold. */
bool check_all(const struct evidence *evidence, bool at_rest,
               struct check_problem *ret_problem) MUST_CHECK;

#endif
