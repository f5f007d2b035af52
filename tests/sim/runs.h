/* runs.h - many seeds, each run in a process that may fail; and a failing one made small.
 */
#ifndef SIM_RUNS_H
#define SIM_RUNS_H
#include "sim.h"

enum { RUNS_JOBS_MAX = 64 };

struct runs_options {
    uint64_t from, count, steps;
    int jobs;
    bool first;         /* the first that fails ends it, and stays as large as it is */
    const char *commit; /* of the code that runs, for whoever repeats it */
};

/* Runs them all, says what did not hold, and what occurred how often. Returns how many failed.
 * *ret_result: those that held, together. The first that fails is made small (runs_shrink). */
uint64_t runs_all(const struct runs_options *options, struct sim_result *ret_result);

/* Looks for fewer steps and fewer faults with which this run still fails, and tells them. */
void runs_shrink(const struct sim_options *options, const char *commit);

/* A run in a process of its own. True: it holds. False: ret_said is what it said last. */
bool runs_one(const struct sim_options *options, char *ret_said, size_t said_size) MUST_CHECK;

#endif
