#include "process.h"

#include "fiber.h"
#include "projecting.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    PIECE_MAX = 3, /* things of one event where many go piece by piece, by seed: so that some do */
    CLAIM_TIMEOUT_MS = 30000,
    STEP_TIMEOUT_MS = 100,
    RETRY_US = 500000,
    STOP_WAIT_US = 3000000,
    PAUSE_MAX_US = 40000000,
    RESTART_MAX_US = 1000000,
    RACE_MAX_US = 5000000,
    HEAR_MAX_US = 5000000,
    SNAPSHOT_EVERY = 24 /* settled steps, on average */
};

void process_init(struct process *process, struct sim *sim, enum service_id service,
                  int32_t partition, int slot)
{
    *process =
        (struct process){.sim = sim, .service = service, .partition = partition, .slot = slot};
    process->attempts_file = memfd_create("attempts", MFD_CLOEXEC);
    CHECK(process->attempts_file >= 0);
    snprintf(process->attempts_path, sizeof process->attempts_path, "/proc/self/fd/%d",
             process->attempts_file);
}

bool process_runs(const struct process *process)
{
    return process->fiber != NULL;
}

/* The page that outlives the process is kept as it was when it died, whatever its code does to it
 * on its way to its end. */
void process_kill(struct process *process)
{
    ssize_t size =
        pread(process->attempts_file, process->attempts_page, sizeof process->attempts_page, 0);
    if (size <= 0)
        memset(process->attempts_page, 0, sizeof process->attempts_page);
    weather_kill(process->sim->weather, &process->owner);
}

static void have_moment(struct weather_owner *owner)
{
    struct process *process = (struct process *)owner;
    struct sim *sim = process->sim;
    if (fate_strikes(&sim->fates, FATE_KILL)) {
        fate_struck(&sim->fates, "%s/%d.%d", service_name(process->service), process->partition,
                    process->slot);
        process_kill(process);
        return;
    }
    if (fate_strikes(&sim->fates, FATE_PAUSE)) {
        fate_struck(&sim->fates, "%s/%d.%d", service_name(process->service), process->partition,
                    process->slot);
        process->owner.pauses++;
        process->paused_until_us = sim_now_us(sim) + dice_span(&sim->dice, PAUSE_MAX_US);
        fiber_yield();
    } else if (dice_below(&sim->dice, sim->yield_every) == 0) {
        fiber_yield();
    }
}

/* --- the world of its writer --- */

static int64_t read_clock(void *context)
{
    struct process *process = context;
    if (!process->owner.dead)
        have_moment(&process->owner);
    int64_t boot_us = sim_now_us(process->sim);
    return clock_read(&process->clock, boot_us + process->clock_off_us, boot_us);
}

static void draw(void *context, void *ret_data, size_t size)
{
    struct process *process = context;
    uint8_t *data = ret_data;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)dice_next(&process->sim->dice);
}

static bool stopping(void *context)
{
    const struct process *process = context;
    return process->leaving || process->owner.dead;
}

static void rest_us(struct process *process, int64_t us)
{
    int64_t until_us = sim_now_us(process->sim) + us;
    while (!stopping(process) && sim_now_us(process->sim) < until_us)
        fiber_yield();
}

/* --- snapshots --- */

static void keep_snapshot(struct process *process)
{
    struct shelf *shelf = &process->sim->shelves[process->service][process->partition];
    if (shelf->count == SHELF_MAX) {
        buffer_free(&shelf->snapshots[0]);
        shelf->count--;
        memmove(shelf->snapshots, shelf->snapshots + 1, shelf->count * sizeof(struct buffer));
        memmove(shelf->offsets, shelf->offsets + 1, shelf->count * sizeof(int64_t));
    }
    struct buffer *bytes = &shelf->snapshots[shelf->count];
    buffer_init(bytes, SIZE_MAX);
    writer_snapshot(process->writer, bytes);
    writer_hash_snapshot(bytes);
    shelf->offsets[shelf->count++] = writer_offset(process->writer);
    sim_show_state(process->sim, process);
}

/* Another partition's, of any service. */
static struct bytes strange_snapshot(struct process *process)
{
    struct sim *sim = process->sim;
    struct process *other = &sim->processes[dice_below(&sim->dice, (uint32_t)sim->processes_count)];
    struct shelf *shelf = &sim->shelves[other->service][other->partition];
    bool same = other->service == process->service && other->partition == process->partition;
    return shelf->count == 0 || same ? (struct bytes){0}
                                     : buffer_bytes(&shelf->snapshots[shelf->count - 1]);
}

/* What the store gives back for the `index`-th: maybe damaged, maybe another's. */
static void load_snapshot(struct process *process, size_t index, struct buffer *ret)
{
    struct sim *sim = process->sim;
    struct bytes bytes =
        buffer_bytes(&sim->shelves[process->service][process->partition].snapshots[index]);
    struct bytes other = {0};
    if (fate_strikes(&sim->fates, FATE_STRANGE))
        other = strange_snapshot(process);
    if (other.size > 0)
        bytes = other;
    buffer_append(ret, bytes.data, bytes.size);
    if (!fate_strikes(&sim->fates, FATE_ROT))
        return;
    if (dice_below(&sim->dice, 4) == 0)
        ret->size = dice_below(&sim->dice, (uint32_t)ret->size);
    else
        ret->data[dice_below(&sim->dice, (uint32_t)ret->size)] ^=
            (uint8_t)(1 + dice_below(&sim->dice, 255));
}

/* --- its life --- */

static enum err recover_from(struct process *process, struct bytes snapshot)
{
    struct writer_world world = {
        .log = weather_log(process->sim->weather),
        .projected =
            projecting_landmark(process->sim->projecting, process->service, process->partition),
        .clock_us = read_clock,
        .random = draw,
        .stopping = stopping,
        .context = process,
        .attempts_path = process->attempts_path,
        .piece_max = 1 + process->sim->options.seed % PIECE_MAX};
    writer_free(process->writer);
    process->restored = snapshot.size > 0;
    process->writer = writer_new(venue_service(process->service), process->partition, &world);
    return writer_recover(process->writer, snapshot);
}

/* From the newest snapshot that fits, else from the whole log. */
static enum err recover(struct process *process)
{
    const struct shelf *shelf = &process->sim->shelves[process->service][process->partition];
    enum err err = ERR_POISON;
    for (size_t i = shelf->count; i > 0 && err == ERR_POISON && !stopping(process); i--) {
        struct buffer bytes;
        buffer_init(&bytes, SIZE_MAX);
        load_snapshot(process, i - 1, &bytes);
        err = recover_from(process, buffer_bytes(&bytes));
        buffer_free(&bytes);
        if (err == ERR_POISON)
            sim_count(process->sim, COUNT_SNAPSHOT_FALLBACK);
    }
    return err == ERR_POISON ? recover_from(process, (struct bytes){0}) : err;
}

static void fail(struct process *process, enum err err)
{
    process->failure = err;
    snprintf(process->problem, sizeof process->problem, "%s", writer_problem(process->writer));
    if (err == ERR_FENCED && !process->owns)
        sim_count(process->sim, COUNT_CLAIM_LOST);
}

static bool take_over(struct process *process)
{
    while (!stopping(process)) {
        int64_t boot_us = sim_now_us(process->sim);
        clock_start_at(&process->clock, boot_us + process->clock_off_us, boot_us);
        enum err err = recover(process);
        if (err == OK)
            err = writer_claim(process->writer, CLAIM_TIMEOUT_MS);
        if (err == OK)
            return true;
        if (stopping(process))
            break;
        fail(process, err);
        if (err_disposition(err) == ERR_LEAVE && err != ERR_FENCED)
            return false;
        rest_us(process, RETRY_US);
    }
    process->failure = OK;
    return false;
}

static enum err step(struct process *process)
{
    size_t decided = 0;
    enum err err = writer_step(process->writer, STEP_TIMEOUT_MS, &decided);
    if (err == OK && process->clock.jump_us != 0)
        err = ERR_CONFIG;
    if (!process->owner.dead)
        fiber_yield();
    return err;
}

static void work(struct process *process)
{
    enum err err = OK;
    process->owns = true;
    process->failure = OK;
    while (err == OK && !stopping(process)) {
        err = step(process);
        if (err == OK && !stopping(process) && writer_settled(process->writer) &&
            dice_below(&process->sim->dice, SNAPSHOT_EVERY) == 0)
            keep_snapshot(process);
    }
    int64_t leave_us = sim_now_us(process->sim) + STOP_WAIT_US;
    writer_drain(process->writer, true);
    while (err == OK && !process->owner.dead && !writer_settled(process->writer) &&
           sim_now_us(process->sim) < leave_us)
        err = step(process);
    if (err != OK && !process->owner.dead)
        fail(process, err);
}

static void run(void *argument)
{
    struct process *process = argument;
    if (take_over(process)) {
        sim_show_state(process->sim, process);
        work(process);
    }
    writer_free(process->writer);
    process->writer = NULL;
}

static void start(struct process *process)
{
    struct sim *sim = process->sim;
    process->owner = (struct weather_owner){.moment = have_moment};
    process->owns = process->leaving = false;
    process->failure = OK;
    process->problem[0] = 0;
    process->starts_count++;
    process->fiber = fiber_new(run, process);
    if (!fate_strikes(&sim->fates, FATE_RACE))
        return;
    struct process *other = sim_other_slot(sim, process);
    if (other->wanted)
        return;
    other->wanted = true;
    other->start_us = sim_now_us(sim);
    other->leave_us = sim_now_us(sim) + dice_span(&sim->dice, RACE_MAX_US);
}

static void finish(struct process *process)
{
    struct sim *sim = process->sim;
    if (process->owner.dead) {
        CHECK(pwrite(process->attempts_file, process->attempts_page, sizeof process->attempts_page,
                     0) == sizeof process->attempts_page);
        process->failure = OK;
    }
    fiber_free(process->fiber);
    process->fiber = NULL;
    process->paused_until_us = 0;
    process->start_us = sim_now_us(sim) + dice_span(&sim->dice, RESTART_MAX_US);
    sim_process_ended(sim, process);
}

static void resume(struct process *process)
{
    weather_set_owner(process->sim->weather, &process->owner);
    fiber_resume(process->fiber);
    weather_set_owner(process->sim->weather, NULL);
}

void process_run(struct process *process)
{
    int64_t now_us = sim_now_us(process->sim);
    if (process->fiber == NULL && process->wanted && now_us >= process->start_us)
        start(process);
    if (process->fiber == NULL || now_us < process->paused_until_us)
        return;
    if (process->paused_until_us != 0 && !process->wanted) /* it could not hear of it meanwhile */
        process->leave_us = now_us + dice_span(&process->sim->dice, HEAR_MAX_US);
    process->paused_until_us = 0;
    if (!process->wanted && now_us >= process->leave_us)
        process->leaving = true;
    resume(process);
    /* One that died while it ran comes to its end at once: the dead take no time. */
    while (process->owner.dead && !fiber_ended(process->fiber))
        resume(process);
    if (fiber_ended(process->fiber))
        finish(process);
}

void process_destroy(struct process *process)
{
    if (process->fiber != NULL) {
        process_kill(process);
        while (!fiber_ended(process->fiber))
            resume(process);
        fiber_free(process->fiber);
    }
    CHECK(close(process->attempts_file) == 0);
}
