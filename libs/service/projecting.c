#include "service/projecting.h"

#include "config/reread.h"
#include "eventlog/pace.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "projection/projector.h"
#include "seal/vault.h"
#include "service/drifting.h"
#include "service/status.h"
#include "service/voids.h"

#include <stdatomic.h>
#include <time.h>

enum {
    STEP_TIMEOUT_MS = 200,
    LAG_READY_MAX = 10000,
    LAG_EVERY_STEPS = 50,
    VAULT_CONNECTIONS = 1,
    /* A transaction costs Postgres 0.6 ms before its first row, and a balance that moves ten times
     * in a batch is written once: up to 80 ms between two of them under load, where a batch without
     * a rest comes every 22 ms. */
    PATIENCE = 8,
};

extern char **environ;

/* What the status port tells of the projector. */
struct progress {
    _Atomic bool caught_up;
    _Atomic int64_t lag;
    int64_t level_us; /* when it was last seen to lack nothing, or began */
    struct metrics_gauge *lag_records, *lag_seconds, *last_event;
};

static bool projector_ready(void *context, struct buffer *members)
{
    struct progress *progress = context;
    int64_t lag = progress->lag;
    bool ready = progress->caught_up && lag <= LAG_READY_MAX;
    buffer_printf(members, "\"status\":\"%s\",\"lag_records\":%lld", ready ? "ok" : "catching_up",
                  (long long)lag);
    return ready;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void begin_to_measure(struct progress *progress)
{
    progress->level_us = now_us();
    progress->lag_records =
        metrics_gauge("bourse_projection_lag_records",
                      "Records the log has and the tables have not.", METRICS_NO_LABELS);
    progress->lag_seconds =
        metrics_gauge("bourse_projection_lag_seconds", "For how long the tables have been behind.",
                      METRICS_NO_LABELS);
    progress->last_event =
        metrics_gauge("bourse_projection_last_event_timestamp_seconds",
                      "When the newest event in the tables occurred.", METRICS_NO_LABELS);
}

/* How old what the tables lack may be. The newest event that they have says it, but where there was
 * none for long before: then since when something is missing. */
static int64_t behind_us(struct progress *progress, int64_t lag, int64_t event_us)
{
    int64_t now = now_us(), since_us = event_us;
    if (lag == 0)
        progress->level_us = now;
    if (since_us < progress->level_us)
        since_us = progress->level_us;
    return now > since_us ? now - since_us : 0;
}

/* Looks at the lag now and then: it asks the broker for the ends. */
static void measure(struct projector *projector, struct progress *progress)
{
    static unsigned steps;
    int64_t lag = 0, event_us = projector_last_event_us(projector);
    progress->caught_up = projector_caught_up(projector);
    if (steps++ % LAG_EVERY_STEPS != 0 || projector_lag(projector, &lag) != OK)
        return;
    progress->lag = lag;
    metrics_gauge_set(progress->lag_records, lag);
    metrics_gauge_set_e6(progress->lag_seconds, behind_us(progress, lag, event_us));
    metrics_gauge_set_e6(progress->last_event, event_us);
}

static enum err project(struct projector *projector, struct reread *reread,
                        struct progress *progress)
{
    struct metrics_counter *events =
        metrics_counter("bourse_projection_events_total", "Events projected.", METRICS_NO_LABELS);
    struct pace pace = {.patience = PATIENCE};
    enum err last = OK;
    begin_to_measure(progress);
    while (!service_stop_asked()) {
        size_t count = 0;
        enum err err = projector_step(projector, STEP_TIMEOUT_MS, &count);
        if (err != OK && err != ERR_BUSY) {
            log_error("projection.failed", LOG_ERR(err),
                      LOG_STR("problem", projector_problem(projector)));
            return err;
        }
        if (err == ERR_BUSY && last != ERR_BUSY)
            log_warn("projection.waits", LOG_STR("problem", projector_problem(projector)));
        last = err;
        metrics_counter_add(events, count);
        measure(projector, progress);
        reread_look_in_time(reread);
        pace_rest(&pace, count);
    }
    return OK;
}

/* NULL where no file of places is named: then nobody's place is known. */
static enum err open_geo(const struct config *config, struct geo **ret_geo)
{
    const char *problem = NULL;
    if (config->geo_db == NULL)
        return OK;
    enum err err = geo_open(config->geo_db, ret_geo, &problem);
    if (err != OK)
        log_error("geo.not_opened", LOG_ERR(err), LOG_STR("setting", "BOURSE_GEO_DB"),
                  LOG_STR("path", config->geo_db), LOG_STR("problem", problem));
    return err;
}

enum err run_projector(const struct service *service, const struct config *config)
{
    struct projector_world world = {
        .conninfo = config->pg, .traces = true, .observe = service->observe, .inert = voids_take};
    struct progress progress = {0};
    struct status *status = NULL;
    enum err err = service_open_log(config, &world.log);
    if (err != OK)
        return err;
    err = vault_open(config->vault_pg, text_of(config->seal_key), VAULT_CONNECTIONS, &world.vault);
    if (err == OK)
        err = open_geo(config, &world.geo);
    if (err == OK)
        err = status_start(config->http_address, config->metrics_port, projector_ready, &progress,
                           &status);
    if (err != OK)
        return err;
    const struct reread_taker takers[] = {{CONFIG_SEAL_KEYS, vault_take_masters, world.vault}};
    struct reread *reread =
        reread_new(PROCESS_PROJECTOR, environ, config, takers, COUNT_OF(takers));
    voids_begin(service->id);
    struct projector *projector = projector_new(&world, service->id, service->projection);
    struct drifting *drifting = drifting_start(service, config, &world);
    err = project(projector, reread, &progress);
    drifting_stop(drifting);
    projector_free(projector);
    reread_free(reread);
    status_stop(status);
    vault_free(world.vault);
    geo_close(world.geo);
    log_close(world.log);
    return err;
}
