/* process.h - a partition's writer in a process of its own, run as libs/service/partition.c runs
 * it, but on a fiber: it may be left standing, or die, at any reading of the clock and any call to
 * the log, and another process may run for the same partition meanwhile.
 *
 *     wanted --> recover --> claim --> step, step, ... --> ends: killed, fenced, in doubt, told to
 *       ^        from a snapshot or                        leave. Started again while it is wanted.
 *       '------- the whole log ------------------------------'
 */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H
#include "base/buffer.h"
#include "service/clock.h"
#include "service/writer.h"
#include "weather.h"

struct sim;

enum { SHELF_MAX = 4, SLOTS = 2 };

/* The snapshots kept of a partition, the newest last. */
struct shelf {
    struct buffer snapshots[SHELF_MAX];
    int64_t offsets[SHELF_MAX];
    size_t count;
};

struct process {
    struct weather_owner owner; /* first: it is cast back */
    struct sim *sim;
    enum service_id service;
    int32_t partition;
    int slot;
    bool wanted;         /* the group gives it the partition */
    int64_t leave_us;    /* when it hears that it is not wanted */
    int64_t start_us;    /* not before */
    struct fiber *fiber; /* NULL: it does not run */
    struct writer *writer;
    bool owns, leaving;
    bool restored; /* from a snapshot */
    int64_t paused_until_us;
    struct clock clock;
    int64_t clock_off_us; /* of the wall clock, from the true time */
    int attempts_file;
    char attempts_path[32];
    uint8_t attempts_page[16]; /* as it was when the process was killed */
    size_t starts_count;       /* since it was last set to 0 */
    enum err failure;          /* what it ended with last; OK: asked to, or killed */
    char problem[640];
};

/* A process that does not run and is not wanted. Freed with process_stop() behind it. */
void process_init(struct process *process, struct sim *sim, enum service_id service,
                  int32_t partition, int slot);
/* Ends it at once, running or not, and gives back what it has. */
void process_destroy(struct process *process);
/* Starts it if it is wanted, and lets it run until its next pause. */
void process_run(struct process *process);
/* Kills it where it stands. */
void process_kill(struct process *process);
bool process_runs(const struct process *process);

#endif
