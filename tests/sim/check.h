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

/* What was seen on the way, added up over runs: an invariant that nothing put to the test says
 * little (20). */
struct check_tally {
    uint64_t runs, events;
    uint64_t zombies;    /* records of a writer that was replaced */
    uint64_t duplicates; /* records a second time */
    uint64_t poisoned;   /* epochs that lost a record */
    uint64_t claims, claims_lost;
    uint64_t unreadable; /* records that are none of ours */
    uint64_t repeated, reused, expired, overloaded, rejected, probed;
    uint64_t orders, fills, prevented, canceled, refused, replaced, switched;
    uint64_t waiting, fired, expired_orders; /* of orders that wait for their trigger, or expire */
    uint64_t guards, merged, released; /* orders that guard purchases, and what became of them */
    uint64_t previews;                 /* of orders that would trade */
    uint64_t replaces_previewed, closes_previewed; /* that would not be refused */
    uint64_t closes, closes_of_all; /* of positions, at once; of these, with all others */
    uint64_t options;               /* accounts paid for options that expired */
    uint64_t options_left;          /* events that paid some and left others */
    uint64_t cancels_left;          /* cancels that left some orders to the clock */
    uint64_t consented, unheard;    /* effects by two persons; requests that expired */
    uint64_t transfers, transfers_completed, transfers_limited; /* that were asked for, that moved
                                                                 money, and above a limit */
    uint64_t persons;                                           /* identity checks approved */
    uint64_t alerts_fired, alerts_expired;
    uint64_t statements, conversations;
    uint64_t tickets;
    uint64_t samples; /* of projections */
    uint64_t waited;  /* commands that had to be decided behind what their caller was shown */
    uint64_t retried; /* answers given a second time */
};

/* True when every invariant holds. `at_rest`: faults have stopped and everybody has come to rest,
 * so every command is answered and nothing is in flight. False: *ret_problem is the first thing
 * that does not hold. */
bool check_all(const struct evidence *evidence, bool at_rest,
               struct check_problem *ret_problem) MUST_CHECK;
/* The same; what was seen is added to *tally. */
bool check_and_tally(const struct evidence *evidence, bool at_rest, struct check_tally *tally,
                     struct check_problem *ret_problem) MUST_CHECK;

#endif
