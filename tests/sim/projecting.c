#include "projecting.h"

#include "eventlog/log_memory.h"
#include "fiber.h"
#include "folded.h"
#include "projection/projector.h"
#include "projection/store_memory.h"
#include "sim.h"
#include "witness.h"

#include <stdlib.h>

enum {
    PROJECTOR_SLOTS = 2,
    DICE_SEED = 0x7ab1e5,
    PAUSE_MAX_US = 20000000,
    RESTART_MAX_US = 1000000,
    SECOND_MAX_US = 10000000, /* for which there are two */
    BATCH_TICK_US = 12000,    /* of the collecting time, for each record, at most */
    COMPARE_EVERY = 150       /* steps, on average */
};

/* A projector's process. */
struct desk {
    struct weather_owner owner; /* first: it is cast back */
    struct projecting *all;
    enum service_id service;
    int slot;
    bool wanted;
    int64_t leave_us;    /* the second one: when it is not wanted any more */
    int64_t start_us;    /* not before */
    struct fiber *fiber; /* NULL: it does not run */
    struct projector *projector;
    int64_t paused_until_us;
    int64_t clock_us; /* its own: only how long it has collected */
};

struct projecting {
    struct sim *sim;
    struct dice dice;
    struct store_memory *memory;
    struct desk desks[SERVICES][PROJECTOR_SLOTS];
    struct desk *running;
    int crashes;                                     /* of the database */
    int64_t offsets[SERVICES][VENUE_PARTITIONS_MAX]; /* positions seen since the last crash */
};

/* --- what befalls them --- */

static int64_t now_us(const struct projecting *all)
{
    return sim_now_us(all->sim);
}

static void kill_desk(struct desk *desk)
{
    weather_kill(desk->all->sim->weather, &desk->owner);
}

/* At every call to the log, and before every batch is written. */
static void have_moment(struct weather_owner *owner)
{
    struct desk *desk = (struct desk *)owner;
    struct sim *sim = desk->all->sim;
    if (fate_strikes(&sim->fates, FATE_PROJECTOR_KILL)) {
        fate_struck(&sim->fates, "%s.%d", service_name(desk->service), desk->slot);
        kill_desk(desk);
        return;
    }
    if (fate_strikes(&sim->fates, FATE_PROJECTOR_PAUSE)) {
        fate_struck(&sim->fates, "%s.%d", service_name(desk->service), desk->slot);
        desk->paused_until_us = now_us(desk->all) + dice_span(&desk->all->dice, PAUSE_MAX_US);
        fiber_yield();
    } else if (dice_below(&desk->all->dice, sim->yield_every) == 0) {
        fiber_yield();
    }
}

static enum store_memory_fault befall_batch(void *context, enum service_id service)
{
    struct projecting *all = context;
    struct sim *sim = all->sim;
    if (all->running == NULL) /* nobody's of this run */
        return STORE_MEMORY_FINE;
    struct desk *desk = all->running;
    CHECK(desk->service == service);
    have_moment(&desk->owner);
    if (desk->owner.dead)
        return dice_below(&all->dice, 2) == 0 ? STORE_MEMORY_LOST : STORE_MEMORY_DOUBT_WRITTEN;
    if (fate_strikes(&sim->fates, FATE_COMMIT_LOST))
        return STORE_MEMORY_LOST;
    if (!fate_strikes(&sim->fates, FATE_COMMIT_DOUBT))
        return STORE_MEMORY_FINE;
    return dice_below(&all->dice, 2) == 0 ? STORE_MEMORY_DOUBT : STORE_MEMORY_DOUBT_WRITTEN;
}

static void crash_database(struct projecting *all)
{
    size_t lost = store_memory_crash(all->memory, dice_below(&all->dice, STORE_MEMORY_COMMITS_MAX));
    fate_struck(&all->sim->fates, "%zu commits", lost);
    all->sim->counts[COUNT_COMMITS_LOST] += lost;
    all->crashes++;
    for (int i = 0; i < SERVICES; i++)
        for (int p = 0; p < VENUE_PARTITIONS_MAX; p++)
            all->offsets[i][p] = 0;
}

static const struct projection *projection_of(enum service_id service)
{
    return venue_service(service)->projection;
}

/* Compares a service's tables with the log, and keeps them as evidence for who knows better. */
static void compare_tables(struct projecting *all, enum service_id service)
{
    char problem[FOLDED_PROBLEM_SIZE];
    struct sim *sim = all->sim;
    if (!folded_holds(sim->venue->log, sim->venue->partition_counts[service], service,
                      projection_of(service), all->memory, problem))
        sim_fail(sim, "%s", problem);
    witness_projection(sim->evidence, all->memory, service, all->crashes);
    sim_count(sim, COUNT_TABLES_COMPARED);
}

void projecting_go_wrong(struct projecting *all)
{
    struct sim *sim = all->sim;
    enum service_id service = (enum service_id)dice_below(&all->dice, SERVICES);
    struct desk *second = &all->desks[service][1];
    if (!second->wanted && fate_strikes(&sim->fates, FATE_PROJECTOR_TWO)) {
        second->wanted = true;
        second->leave_us = now_us(all) + dice_span(&all->dice, SECOND_MAX_US);
    }
    if (fate_strikes(&sim->fates, FATE_DATABASE))
        crash_database(all);
    if (fate_strikes(&sim->fates, FATE_REBUILD))
        store_memory_renew(all->memory, service);
    if (!sim->fates.calm && dice_below(&all->dice, COMPARE_EVERY) == 0)
        compare_tables(all, service);
}

/* --- a projector's life --- */

static int64_t read_clock(void *context)
{
    struct desk *desk = context;
    return desk->clock_us += dice_below(&desk->all->dice, BATCH_TICK_US);
}

static struct projector *new_projector(struct projecting *all, enum service_id service,
                                       const struct projector_world *world)
{
    return projector_new_over(world, service, projection_of(service),
                              store_memory_connect(all->memory, service, projection_of(service)));
}

/* It ends, as its process does; another comes. */
static void note_end(struct desk *desk, enum err err)
{
    struct sim *sim = desk->all->sim;
    if (err == ERR_FENCED)
        sim_count(sim, COUNT_PROJECTOR_FENCED);
    else if (err == ERR_LOG && sim->ground_is_broken)
        sim_count(sim, COUNT_GROUND_STOPPED);
    else
        sim_fail(sim, "the projector of %s ended with %s: %s", service_name(desk->service),
                 err_name(err), projector_problem(desk->projector));
}

static void work(void *argument)
{
    struct desk *desk = argument;
    struct projecting *all = desk->all;
    const struct projector_world world = {
        .log = weather_log(all->sim->weather), .clock_us = read_clock, .context = desk};
    desk->projector = new_projector(all, desk->service, &world);
    enum err err = OK;
    while ((err == OK || err == ERR_BUSY) && desk->wanted && !desk->owner.dead) {
        size_t events = 0;
        err = projector_step(desk->projector, 0, &events);
        if (events > 0)
            sim_count(all->sim, COUNT_BATCHES);
        if (!desk->owner.dead)
            fiber_yield();
    }
    if (err != OK && err != ERR_BUSY && !desk->owner.dead)
        note_end(desk, err);
    projector_free(desk->projector);
    desk->projector = NULL;
}

static void resume(struct desk *desk)
{
    struct weather *weather = desk->all->sim->weather;
    desk->all->running = desk;
    weather_set_owner(weather, &desk->owner);
    fiber_resume(desk->fiber);
    weather_set_owner(weather, NULL);
    desk->all->running = NULL;
}

static void finish(struct desk *desk)
{
    fiber_free(desk->fiber);
    desk->fiber = NULL;
    desk->paused_until_us = 0;
    desk->start_us = now_us(desk->all) + dice_span(&desk->all->dice, RESTART_MAX_US);
}

static void run_desk(struct desk *desk)
{
    int64_t now = now_us(desk->all);
    if (desk->slot > 0 && now >= desk->leave_us)
        desk->wanted = false;
    if (desk->fiber == NULL && desk->wanted && now >= desk->start_us) {
        desk->owner = (struct weather_owner){.moment = have_moment};
        desk->fiber = fiber_new(work, desk);
    }
    if (desk->fiber == NULL || now < desk->paused_until_us)
        return;
    resume(desk);
    while (desk->owner.dead && !fiber_ended(desk->fiber))
        resume(desk);
    if (fiber_ended(desk->fiber))
        finish(desk);
}

/* --- what must hold --- */

static void check_growth(struct projecting *all)
{
    struct store_position position;
    for (int i = 0; i < SERVICES; i++)
        for (int32_t p = 0; p < all->sim->venue->partition_counts[i]; p++) {
            if (!store_memory_position(all->memory, (enum service_id)i, p, &position))
                continue;
            if (position.next_offset < all->offsets[i][p])
                sim_fail(all->sim, "the position of %s/%d went back from %lld to %lld",
                         service_name((enum service_id)i), p, (long long)all->offsets[i][p],
                         (long long)position.next_offset);
            all->offsets[i][p] = position.next_offset;
        }
}

void projecting_run(struct projecting *all)
{
    run_desk(
        &all->desks[dice_below(&all->dice, SERVICES)][dice_below(&all->dice, PROJECTOR_SLOTS)]);
    check_growth(all);
}

void projecting_calm_down(struct projecting *all)
{
    for (int i = 0; i < SERVICES; i++)
        for (int slot = 0; slot < PROJECTOR_SLOTS; slot++) {
            all->desks[i][slot].paused_until_us = 0;
            all->desks[i][slot].leave_us = 0;
        }
}

const char *projecting_unrest(const struct projecting *all)
{
    struct venue *venue = all->sim->venue;
    for (int i = 0; i < SERVICES; i++) {
        if (all->desks[i][0].fiber == NULL || all->desks[i][1].fiber != NULL)
            return "a service has not just one projector";
        for (int32_t p = 0; p < venue->partition_counts[i]; p++) {
            int64_t start = 0, end = 0;
            struct store_position position = {0};
            CHECK(log_ends(venue->log, follower_events_topic((enum service_id)i), p, &start,
                           &end) == OK);
            if (!store_memory_position(all->memory, (enum service_id)i, p, &position) ||
                position.next_offset < end)
                return "a projection is behind its log";
        }
    }
    return NULL;
}

/* --- the end --- */

void projecting_judge(struct projecting *all)
{
    for (int i = 0; i < SERVICES; i++)
        compare_tables(all, (enum service_id)i);
}

struct landmark projecting_landmark(const struct projecting *all, enum service_id service,
                                    int32_t partition)
{
    struct store_position position = {0};
    if (!store_memory_position(all->memory, service, partition, &position) ||
        position.next_offset == 0)
        return (struct landmark){.known = false};
    return (struct landmark){
        .known = true, .offset = position.next_offset - 1, .hash = position.record_hash};
}

void projecting_break_ground(struct projecting *all)
{
    struct sim *sim = all->sim;
    for (int i = 0; i < SERVICES; i++) {
        enum service_id service = (enum service_id)i;
        struct store_position position;
        const struct projector_world world = {.log = sim->venue->log};
        CHECK(store_memory_position(all->memory, service, 0, &position));
        int64_t end = dice_below(&all->dice, (uint32_t)position.next_offset);
        log_memory_truncate(sim->venue->log, follower_events_topic(service), 0, end);
        struct projector *projector = new_projector(all, service, &world);
        size_t events = 0;
        enum err err = projector_step(projector, 0, &events);
        if (err != ERR_LOG)
            sim_fail(sim, "%s/0 was cut at %lld, its projection at %lld goes on: %s",
                     service_name(service), (long long)end, (long long)position.next_offset,
                     err == OK ? "ok" : err_name(err));
        projector_free(projector);
        sim_count(sim, COUNT_GROUND_STOPPED);
    }
}

struct projecting *projecting_new(struct sim *sim)
{
    struct projecting *all = calloc(1, sizeof *all);
    CHECK(all != NULL);
    all->sim = sim;
    all->dice.state = sim->options.seed ^ DICE_SEED;
    all->memory = store_memory_new();
    store_memory_set_faults(all->memory, befall_batch, all);
    for (int i = 0; i < SERVICES; i++)
        for (int slot = 0; slot < PROJECTOR_SLOTS; slot++)
            all->desks[i][slot] = (struct desk){
                .all = all, .service = (enum service_id)i, .slot = slot, .wanted = slot == 0};
    return all;
}

void projecting_free(struct projecting *all)
{
    for (int i = 0; i < SERVICES; i++)
        for (int slot = 0; slot < PROJECTOR_SLOTS; slot++) {
            struct desk *desk = &all->desks[i][slot];
            if (desk->fiber == NULL)
                continue;
            kill_desk(desk);
            while (!fiber_ended(desk->fiber))
                resume(desk);
            fiber_free(desk->fiber);
        }
    store_memory_free(all->memory);
    free(all);
}
