/* seeded_bug.h - bugs put in on purpose, to see that the tests find them.
 *
 * Each stands as a condition where its rule is kept: `if (!SEEDED_BUG(FENCING) && ...)`. That is
 * the constant false, and no code at all, unless the build is one with -DBOURSE_SEEDED_BUGS=ON,
 * which CMake refuses for releases. In such a build the environment says which one is at work:
 * BOURSE_SEEDED_BUG=FENCING; an unknown name ends the process at its start. tests/sim/README.md
 * says how many seeds of the simulation each takes, and which tests fail by it.
 */
#ifndef BASE_SEEDED_BUG_H
#define BASE_SEEDED_BUG_H
#include "base/base.h"

/*     name                what is wrong then; the rules are those of the log protocol */
#define SEEDED_BUG_MAP(X)                                                                          \
    X(FENCING, "R1: records of a replaced writer go on as if it were in force")                    \
    X(DUPLICATE, "R1: a record once more is taken for a gap: < instead of <=")                     \
    X(GAP, "R1: a record behind a lost one counts")                                                \
    X(PREV_HASH, "R1: a record counts that does not continue the one before it")                   \
    X(CLAIM_RACE, "R2: a second claim of the same epoch counts, too")                              \
    X(CLAIM_UNREAD, "R2: a writer decides before it has read back its claim")                      \
    X(ANSWER_UNFOLDED, "R3: a gateway answers from what was persisted, whether it counts or not")  \
    X(FOLLOWER_UNFOLDED, "R3: a service follows events that do not count")                         \
    X(PROJECTOR_UNFOLDED, "R3: events that do not count are projected")                            \
    X(SNAPSHOT_UNSETTLED, "R3, R15: snapshots hold what is decided and not read back")             \
    X(DOUBT_IGNORED, "R4: a writer goes on after it lost a record")                                \
    X(GROUND_UNCHECKED, "R5: a reader does not notice that its log was cut or rewritten")          \
    X(OVERTAKING, "R6: an input overtakes one of its source that has to wait")                     \
    X(UNREAD_CAUSE, "R6: an answer to what has not been read back is taken in")                    \
    X(TIME_BACKWARDS, "R7: log time goes back with the clock")                                     \
    X(CLOCK_TRUSTED, "R7: the clock is not held against others")                                   \
    X(BARE_OFFSET, "R10: a reader starts at an offset, and believes the first record there")       \
    X(NO_COMPARE_AND_SET, "R11: a projector moves positions without comparing them")               \
    X(POSITION_APART, "R11: a projector commits rows first, then the position")                    \
    X(FILL_LIMIT, "R12: an order that met too many others does not say that it was cut short")     \
    X(FORGOTTEN_ID, "R13: command ids are not remembered")                                         \
    X(FORGOTTEN_KEY, "R13: idempotency keys are not remembered")                                   \
    X(EARLY_EVICTION, "R13: command ids are forgotten before their commands expire")               \
    X(STICKY_OVERLOAD, "R13: an overload sticks to its idempotency key")                           \
    X(EXPIRED_EXECUTED, "R13: a command is executed after its valid_until")                        \
    X(LAST_ANSWER, "R13: the last answer to a command is its outcome, not the first")              \
    X(EARLY_CLOSED, "R13: a probe is told `closed` while the command may still execute")           \
    X(FORGOTTEN_AFTER, "after: a command is decided before what its caller was shown")             \
    X(SHOWN_LESS, "after: a gateway keeps the least that was shown, not the most")                 \
    X(SNAPSHOT_SOURCES, "R15: a snapshot does not say how far the sources were answered")          \
    X(SNAPSHOT_UNCHECKED, "R15: damaged snapshots are used")                                       \
    X(ROLES_BELIEVED, "writers believe the roles that a command says")                             \
    X(APPROVED_BY_REQUESTER, "approvals: who asked for something may consent to it")               \
    X(APPROVAL_USED_TWICE, "approvals: a request that was consented to goes on waiting")           \
    X(TICKET_COUNTER, "audit: snapshots lack the last ticket's number, which is given again")      \
    X(HOLD_TWICE, "accounts: a canceled order gives back twice what it held")                      \
    X(DAILY_LIMIT_NEVER_RESETS, "accounts: what was bought on one day counts on the next")         \
    X(RISK_FAILS_OPEN, "accounts: a holding without a price counts as nothing")                    \
    X(CONCENTRATION_IGNORES_ORDER, "accounts: concentration is that of before the order")          \
    X(BAND_FORGOTTEN, "orders: a market order trades beyond the price band")                       \
    X(FEE_ROUNDING, "orders: the fee of the resting side is rounded to a place more")              \
    X(NEWEST_FIRST, "orders: at one price the newest order trades first")                          \
    X(SELF_TRADE, "orders: orders of one account trade with each other")                           \
    X(CANCEL_FILLED, "orders: a filled order is canceled")                                         \
    X(WRONG_TRIGGER_SIDE, "orders: stops fire on the wrong side of their price")                   \
    X(TRIGGER_FORGOTTEN, "orders: snapshots lack the orders that wait for their trigger")          \
    X(EXPIRED_TRADES, "orders: an order that has expired stays in its book")                       \
    X(FOK_COUNTS_SELF_TRADES, "orders: fill-or-kill counts what its own account would trade")      \
    X(REPLACE_LOSES_PLACE, "orders: a replace that only lowers the quantity loses its place")      \
    X(REPLACE_HOLD_LOST, "accounts: what a replace needs no longer is never released")             \
    X(SIBLING_SURVIVES, "orders: the other one of a pair goes on waiting")                         \
    X(CLOSE_LEAVES_SELLS, "orders: a close leaves the sells that it takes the place of")           \
    X(AVERAGE_OF_AVERAGES, "orders: an average price is of rounded averages, not of exact sums")   \
    X(CANCEL_AFTER_FORGOTTEN, "accounts: a dead man's switch never goes off")                      \
    X(CANCELS_FORGOTTEN, "accounts: orders that one event has no room for are not canceled")       \
    X(PAYMENT_FORGOTTEN, "accounts: whom the first event leaves is not paid for an option")        \
    X(TRANSFER_BOOKED_TWICE, "accounts: a transfer that is completed may be completed again")      \
    X(WITHDRAWAL_NOT_HELD, "accounts: nothing is held for what is to go")                          \
    X(LIMIT_NEVER_GIVEN_BACK, "accounts: a transfer that failed counts on against its limit")      \
    X(METHOD_BELIEVED, "accounts: any two amounts prove a payment method")                         \
    X(LEVEL_OF_ANY_DECISION, "accounts: whoever is judged has a level, approved or not")           \
    X(CHECKED_BY_ONESELF, "accounts: who works here checks himself")                               \
    X(STATEMENT_COUNTS_TWICE, "accounts: a statement counts what is on hold twice")                \
    X(ALERT_FIRES_AGAIN, "settings: snapshots forget that an alert has fired")                     \
    X(ALERT_SEES_LAST, "settings: alerts see the last price only, not the highest and lowest")

enum seeded_bug {
    SEEDED_BUG_NONE,
#define SEEDED_BUG_ENUM(name, text) SEEDED_BUG_##name,
    SEEDED_BUG_MAP(SEEDED_BUG_ENUM)
#undef SEEDED_BUG_ENUM
        SEEDED_BUGS
};

#ifdef BOURSE_SEEDED_BUGS
#define SEEDED_BUG(name) (seeded_bug_at_work == SEEDED_BUG_##name)
/* The one that the environment named before main() began. */
extern enum seeded_bug seeded_bug_at_work;
#else
#define SEEDED_BUG(name) ((void)SEEDED_BUG_##name, false)
#endif

#endif
