/* sim.h - a run: one venue, two instances of every service, two gateways and a dozen clients, in a
 * world that a seed makes, for so many steps.
 *
 *     opened calmly --> safety: steps, while everything goes wrong --> liveness: nothing new goes
 *     wrong, and everything has to come to rest in time --> judged from what it leaves behind
 *
 * A run that does not hold ends the process by sim_fail(). The same options, the same run.
 */
#ifndef SIM_H
#define SIM_H
#include "client.h"
#include "evidence.h"
#include "fate.h"
#include "gate.h"
#include "market.h"
#include "process.h"
#include "projecting.h"
#include "weather.h"

enum { GATES = 2, CLIENTS = 24, PROCESSES_MAX = SLOTS * SERVICES * VENUE_PARTITIONS_MAX };

/* What came of the faults. */
/*     name               what it is */
#define COUNT_MAP(X)                                                                               \
    X(COMMANDS, "commands sent by clients")                                                        \
    X(EVENTS, "valid events")                                                                      \
    X(VOID, "records that do not count")                                                           \
    X(DUPLICATE, "copies of valid events")                                                         \
    X(POISONED, "epochs that lost a record")                                                       \
    X(CLAIM_LOST, "claim races lost")                                                              \
    X(FENCED, "writers ended by another's claim")                                                  \
    X(DOUBTED, "writers ended by doubt")                                                           \
    X(CLOCK_STOPPED, "writers ended by their clock")                                               \
    X(UNKNOWN_LANDED, "appends of unknown outcome that had landed")                                \
    X(UNKNOWN_LOST, "appends of unknown outcome that had not")                                     \
    X(SNAPSHOT_USED, "recoveries from a snapshot")                                                 \
    X(SNAPSHOT_FALLBACK, "snapshots passed over")                                                  \
    X(CONNECTION_BROKEN, "clients whose gateway died")                                             \
    X(OUTCOME_UNKNOWN, "clients told that the outcome is not known yet")                           \
    X(PROBED, "probes of commands whose outcome nobody knew")                                      \
    X(FOUND_LATER, "outcomes that clients asked for and found")                                    \
    X(REPLAYED, "answers given once more under their key")                                         \
    X(RISK_REFUSED, "orders refused for a limit of their account")                                 \
    X(GROUND_STOPPED, "processes that stopped at a truncated log")                                 \
    X(WAITED, "orders that waited for a price")                                                    \
    X(FIRED, "of these, fired later by the clock")                                                 \
    X(GUARDS, "orders that guard purchases")                                                       \
    X(MERGED, "brackets that made others larger")                                                  \
    X(RELEASED, "guards of positions that were flat")                                              \
    X(CLOSES, "positions sold at once")                                                            \
    X(CLOSES_OF_ALL, "of these, with all that its account had")                                    \
    X(PREVIEWS, "previews of orders that would trade")                                             \
    X(REPLACES_PREVIEWED, "previews of replaces")                                                  \
    X(CLOSES_PREVIEWED, "previews of closes")                                                      \
    X(CANCELS_LEFT, "cancels that left some orders to the clock")                                  \
    X(OPTIONS, "accounts paid for options that expired")                                           \
    X(OPTIONS_LEFT, "events that paid some and left others for the next")                          \
    X(CONSENTED, "effects that a second person consented to")                                      \
    X(UNHEARD, "requests for consent that expired")                                                \
    X(EXPIRED, "orders that expired")                                                              \
    X(TRANSFERS, "transfers asked for")                                                            \
    X(TRANSFERS_COMPLETED, "of these, money that came or went")                                    \
    X(TRANSFERS_LIMITED, "transfers above a limit")                                                \
    X(PERSONS, "identity checks approved")                                                         \
    X(ALERTS_FIRED, "alerts that fired")                                                           \
    X(ALERTS_EXPIRED, "alerts that expired")                                                       \
    X(STATEMENTS, "statements issued")                                                             \
    X(CONVERSATIONS, "conversations with support")                                                 \
    X(BATCHES, "batches of events projected")                                                      \
    X(PROJECTOR_FENCED, "projectors ended by another's position")                                  \
    X(COMMITS_LOST, "commits lost by crashes of the database")                                     \
    X(TABLES_COMPARED, "times a service's tables were compared with the log")

enum count {
#define COUNT_ENUM(name, text) COUNT_##name,
    COUNT_MAP(COUNT_ENUM)
#undef COUNT_ENUM
        COUNTS
};

struct sim_options {
    uint64_t seed, steps;
    const bool *left_out; /* faults by number, see fate.h */
    size_t left_out_count;
    bool verbose; /* say on failure which faults struck */
    bool records; /* say what stands in the event topics */
    size_t
        *ret_struck; /* how many faults struck so far, whatever becomes of the run; may be NULL */
};

/* What a run amounted to. */
struct sim_result {
    uint64_t fates[FATES], counts[COUNTS];
    uint64_t runs, steps;
};

struct sim {
    struct sim_options options;
    struct fates fates;
    struct dice dice;
    struct venue *venue; /* whose clock is the true time */
    struct market market;
    struct weather *weather;
    struct process processes[PROCESSES_MAX];
    size_t processes_count;
    struct shelf shelves[SERVICES][VENUE_PARTITIONS_MAX];
    struct gate gates[GATES];
    struct client clients[CLIENTS];
    size_t clients_count;
    struct projecting *projecting;
    struct evidence *evidence;
    uint64_t counts[COUNTS];
    uint64_t step;
    uint64_t keys_count, sent_count;
    uint32_t yield_every;  /* calls, on average */
    int64_t pace_us;       /* virtual time of a step, at most, lulls aside */
    uint32_t turns;        /* that somebody gets in a step */
    bool ground_is_broken; /* on purpose */
};

/* Runs it. Ends the process with a sentence where something does not hold. */
void sim_run(const struct sim_options *options, struct sim_result *ret_result);

/* For the parts of a run. */
int64_t sim_now_us(const struct sim *sim);
void sim_count(struct sim *sim, enum count count);
struct process *sim_other_slot(struct sim *sim, const struct process *process);
/* A process has ended; a gateway cannot go on reading. */
void sim_process_ended(struct sim *sim, struct process *process);
void sim_gate_stopped(struct sim *sim, const struct gate *gate);
/* Keeps the hash of a settled writer's state. */
void sim_show_state(struct sim *sim, const struct process *process);
/* Says what does not hold and where, and ends the process. */
void sim_fail(const struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3)
    __attribute__((noreturn));

void sim_step(struct sim *sim);

/* ground.c: a log loses its end, and everybody has to stop. Nothing can be judged afterwards. */
void ground_break(struct sim *sim);
/* judge.c: whether what the run left behind may stand. Fails otherwise. */
void judge(struct sim *sim);
/* "POISONED", and what it is. Static storage. */
const char *count_name(enum count count);
const char *count_text(enum count count);

#endif
