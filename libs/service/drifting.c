#include "service/drifting.h"

#include "log/log.h"
#include "metrics/metrics.h"
#include "projection/drift.h"
#include "service/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    STEP_TIMEOUT_MS = 100,
    NAP_US = 100000,           /* how long a stop may wait */
    FIRST_AFTER_US = 10000000, /* by then the projector has made what was missing */
    AGAIN_AFTER_US = 60000000, /* behind a pass that was given up */
};

struct drifting {
    struct drift *drift;
    int64_t share; /* per cent */
    atomic_bool stopping;
    pthread_t thread;
    struct metrics_counter *passes, *rows, *rows_apart;
};

static void rest(struct drifting *drifting, int64_t duration_us)
{
    int64_t until_us = clock_boot_us() + duration_us, left_us;
    while ((left_us = until_us - clock_boot_us()) > 0 && !drifting->stopping) {
        long nap_us = left_us < NAP_US ? (long)left_us : NAP_US;
        nanosleep(&(struct timespec){.tv_nsec = nap_us * 1000}, NULL);
    }
}

static void note(struct drifting *drifting, const struct drift_report *report)
{
    metrics_counter_add(drifting->passes, 1);
    metrics_counter_add(drifting->rows, (uint64_t)report->rows);
    metrics_counter_add(drifting->rows_apart, (uint64_t)report->rows_apart);
    if (report->rows_apart > 0)
        log_error("projection.drifted", LOG_U64("rows", (uint64_t)report->rows_apart),
                  LOG_U64("of_rows", (uint64_t)report->rows), LOG_STR("example", report->example));
}

static void *run(void *argument)
{
    struct drifting *drifting = argument;
    rest(drifting, FIRST_AFTER_US);
    while (!drifting->stopping) {
        bool ended;
        struct drift_report report;
        int64_t began_us = clock_boot_us();
        enum err err = drift_step(drifting->drift, STEP_TIMEOUT_MS, &ended, &report);
        int64_t rest_us = (clock_boot_us() - began_us) * (100 - drifting->share) / drifting->share;
        if (err != OK)
            log_warn("projection.drift_not_looked_for", LOG_ERR(err),
                     LOG_STR("problem", drift_problem(drifting->drift)));
        if (ended)
            note(drifting, &report);
        if (err != OK && rest_us < AGAIN_AFTER_US)
            rest_us = AGAIN_AFTER_US;
        rest(drifting, rest_us);
    }
    return NULL;
}

struct drifting *drifting_start(const struct service *service, const struct config *config,
                                const struct projector_world *world)
{
    if (config->drift_share == 0)
        return NULL;
    struct drifting *drifting = calloc(1, sizeof *drifting);
    CHECK(drifting != NULL);
    drifting->share = config->drift_share;
    drifting->drift = drift_new(world, service->id, service->projection);
    drifting->passes = metrics_counter("bourse_projection_drift_passes_total",
                                       "Samples of rows held against the log.", METRICS_NO_LABELS);
    drifting->rows = metrics_counter("bourse_projection_drift_checked_rows_total",
                                     "Rows held against the log.", METRICS_NO_LABELS);
    drifting->rows_apart =
        metrics_counter("bourse_projection_drift_rows_total",
                        "Rows that were not what the log says.", METRICS_NO_LABELS);
    CHECK(pthread_create(&drifting->thread, NULL, run, drifting) == 0);
    return drifting;
}

void drifting_stop(struct drifting *drifting)
{
    if (drifting == NULL)
        return;
    drifting->stopping = true;
    pthread_join(drifting->thread, NULL);
    drift_free(drifting->drift);
    free(drifting);
}
