/* fate.h - what is decided by chance: everything, from one seed. And what may go wrong, each kind
 * with a number, so that a run can be had again without some of it.
 *
 * Faults   each kind draws from a stream of its own, so that leaving one out moves no other.
 *          A seed makes some kinds rare, some common, and leaves some out (swarm testing).
 */
#ifndef SIM_FATE_H
#define SIM_FATE_H
#include "base/base.h"

/* splitmix64. */
struct dice {
    uint64_t state;
};
uint64_t dice_next(struct dice *dice);
/* Below `bound`, which is not 0. */
uint32_t dice_below(struct dice *dice, uint32_t bound);
/* From 0 to `most`, small ones more often than large ones. */
int64_t dice_span(struct dice *dice, int64_t most);

/*     name             in a million opportunities, what it is */
#define FATE_MAP(X)                                                                                \
    X(KILL, 400, "a writer's process is killed at a call to the log or the clock")                 \
    X(PAUSE, 300, "a writer's process stands still at a call to the log or the clock")             \
    X(TAKEOVER, 2000, "another instance is given the partition")                                   \
    X(RACE, 100000, "both instances start for the partition at once")                              \
    X(LOSE, 2000, "a record is lost on its way to the log, those behind it are not")               \
    X(LOSE_REST, 1000, "a record and all behind it are lost on their way")                         \
    X(DOUBT, 1000, "a record lands, and its writer is told that nobody knows")                     \
    X(TWICE, 2000, "a record lands twice")                                                         \
    X(TWICE_LATE, 2000, "a record lands once more, later")                                         \
    X(STUCK, 1000, "a record is long on its way")                                                  \
    X(LATE, 20000, "a record shows late to one reader")                                            \
    X(BLIND, 100, "a reader sees nothing new for long")                                            \
    X(AWAY, 10000, "the broker does not say where a log ends")                                     \
    X(FULL, 300, "a writer's queue is full")                                                       \
    X(CLOCK, 1000, "the clock of a process jumps")                                                 \
    X(STROBE, 1000, "the clock of a process swings by a second")                                   \
    X(ROT, 300000, "a stored snapshot is damaged")                                                 \
    X(STRANGE, 200000, "a stored snapshot is another partition's")                                 \
    X(GATE_KILL, 2000, "a gateway is killed")                                                      \
    X(GATE_KILL_SENT, 5000, "a gateway is killed between sending a command and its answer")        \
    X(GATE_CLOCK, 300, "the clock of a gateway jumps")                                             \
    X(JUNK, 3000, "somebody appends what no writer made")                                          \
    X(PROJECTOR_KILL, 1500,                                                                        \
      "a projector's process is killed at a call to the log or the database")                      \
    X(PROJECTOR_PAUSE, 1500, "a projector's process stands still at such a call")                  \
    X(PROJECTOR_TWO, 4000, "a service has two projectors")                                         \
    X(COMMIT_LOST, 10000, "the database is away when a batch is written")                          \
    X(COMMIT_DOUBT, 10000, "nobody knows whether a batch was written")                             \
    X(DATABASE, 1500, "the database crashes and loses its last commits")                           \
    X(REBUILD, 1500, "a projection is rebuilt")                                                    \
    X(LAG, 3000, "a reader sees nothing new of one partition for long")                            \
    X(TWIN, 1000, "the copy of a writer's machine appends under its name")

enum fate {
#define FATE_ENUM(name, rate, text) FATE_##name,
    FATE_MAP(FATE_ENUM)
#undef FATE_ENUM
        FATES
};

/* One that struck. */
struct fate_struck {
    enum fate fate;
    uint64_t step;
    char what[64]; /* whom; empty: nothing to add */
};

struct fates {
    struct dice streams[FATES];
    uint32_t rates[FATES];
    uint64_t counts[FATES];
    bool calm; /* nothing strikes any more */
    struct fate_struck *struck;
    size_t struck_count, struck_max;
    const bool *left_out; /* by number; those behind `left_out_count` strike */
    size_t left_out_count;
    uint64_t step;
    size_t *ret_count; /* kept up to date for another process; may be NULL */
};

/* The rates of a seed. Those left out stay the caller's. */
void fates_init(struct fates *fates, uint64_t seed, const bool *left_out, size_t left_out_count);
void fates_free(struct fates *fates);
/* An opportunity: does it strike? */
bool fate_strikes(struct fates *fates, enum fate fate) MUST_CHECK;
/* Says whom the last one struck. */
void fate_struck(struct fates *fates, const char *format, ...) PRINTF_LIKE(2, 3);
/* "KILL"; and what it is. Static storage. */
const char *fate_name(enum fate fate);
const char *fate_text(enum fate fate);

#endif
