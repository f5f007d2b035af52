#include "sim.h"

#include "base/time.h"
#include "eventlog/log_memory.h"
#include "twin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETUP_SEED = 0x5eed,
    REST_STEPS_MAX = 60000, /* within which everything comes to rest */
    REST_ROUNDS = 40,       /* without anything new: that is rest */
    RESTARTS_MAX = 8,       /* of a process, once nothing goes wrong any more */
    LEAVE_MAX_US = 10000000,
    CLOCK_STEP_US = 1000000,
    DUSK_US = 60000000, /* of a run's first day, at most */
    CALM_YIELD_EVERY = 64,
    CALM_PACE_US = 2000,
    GROUND_BREAKS_IN = 4 /* runs */
};

static const struct {
    const char *name, *text;
} COUNT_ROWS[COUNTS] = {
#define COUNT_ROW(name, text) [COUNT_##name] = {#name, text},
    COUNT_MAP(COUNT_ROW)
#undef COUNT_ROW
};

const char *count_name(enum count count)
{
    return COUNT_ROWS[count].name;
}

const char *count_text(enum count count)
{
    return COUNT_ROWS[count].text;
}

int64_t sim_now_us(const struct sim *sim)
{
    return sim->venue->clock_us;
}

void sim_count(struct sim *sim, enum count count)
{
    sim->counts[count]++;
}

void sim_fail(const struct sim *sim, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "sim: step %llu: ", (unsigned long long)sim->step);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    if (sim->options.verbose)
        for (size_t i = 0; i < sim->fates.struck_count; i++) {
            const struct fate_struck *struck = &sim->fates.struck[i];
            if (i < sim->options.left_out_count && sim->options.left_out[i])
                continue;
            fprintf(stderr, "  %4zu step %5llu %-14s %s: %s\n", i, (unsigned long long)struck->step,
                    fate_name(struck->fate), struck->what, fate_text(struck->fate));
        }
    exit(1);
}

/* --- who ends --- */

void sim_process_ended(struct sim *sim, struct process *process)
{
    switch (process->failure) {
    case OK:
    case ERR_BUSY:
    case ERR_TIMEOUT: return;
    case ERR_FENCED: sim_count(sim, COUNT_FENCED); return;
    case ERR_DOUBT: sim_count(sim, COUNT_DOUBTED); return;
    case ERR_CONFIG: sim_count(sim, COUNT_CLOCK_STOPPED); return;
    default: break;
    }
    if (process->failure == ERR_LOG && sim->ground_is_broken) {
        sim_count(sim, COUNT_GROUND_STOPPED);
        return;
    }
    sim_fail(sim, "%s/%d.%d ended with %s: %s", service_name(process->service), process->partition,
             process->slot, err_name(process->failure), process->problem);
}

void sim_gate_stopped(struct sim *sim, const struct gate *gate)
{
    if (sim->ground_is_broken)
        sim_count(sim, COUNT_GROUND_STOPPED);
    else
        sim_fail(sim, "gateway %d cannot go on: %s", gate->number, gate->problem);
}

struct process *sim_other_slot(struct sim *sim, const struct process *process)
{
    size_t index = (size_t)(process - sim->processes);
    return &sim->processes[process->slot == 0 ? index + 1 : index - 1];
}

void sim_show_state(struct sim *sim, const struct process *process)
{
    struct hash hash = writer_state_hash(process->writer);
    struct evidence_state state = {
        .service = (enum evidence_service)process->service,
        .partition = process->partition,
        .offset = writer_offset(process->writer),
        .origin = process->owns       ? EVIDENCE_LIVE
                  : process->restored ? EVIDENCE_RESTORED
                                      : EVIDENCE_REPLAYED,
    };
    memcpy(state.state_hash, hash.bytes, sizeof state.state_hash);
    evidence_add_state(sim->evidence, &state);
    if (state.origin == EVIDENCE_RESTORED)
        sim_count(sim, COUNT_SNAPSHOT_USED);
}

/* --- opening --- */

/* A market command comes to a client who is free. */
static void take_command(struct venue *venue, const struct command *command)
{
    struct sim *sim = venue->context;
    size_t first = dice_below(&sim->dice, (uint32_t)sim->clients_count);
    for (size_t i = 0; i < sim->clients_count; i++) {
        struct client *client = &sim->clients[(first + i) % sim->clients_count];
        if (client->state != CLIENT_IDLE)
            continue;
        client_give(client, command);
        return;
    }
}

static void hire(struct sim *sim)
{
    for (int i = 0; i < SERVICES; i++)
        for (int32_t p = 0; p < sim->venue->partition_counts[i]; p++)
            for (int slot = 0; slot < SLOTS; slot++) {
                struct process *process = &sim->processes[sim->processes_count++];
                process_init(process, sim, (enum service_id)i, p, slot);
                process->wanted = slot == 0;
            }
    for (int i = 0; i < GATES; i++)
        gate_init(&sim->gates[i], sim, i);
    for (sim->clients_count = 0; sim->clients_count < CLIENTS; sim->clients_count++)
        client_init(&sim->clients[sim->clients_count], sim, (int)sim->clients_count);
    sim->projecting = projecting_new(sim);
}

/* The venue is founded and its first accounts are opened on a quiet day, of which little is left:
 * what is counted by days begins anew somewhere in the run. */
static void open_venue(struct sim *sim)
{
    int32_t counts[SERVICES];
    for (int i = 0; i < SERVICES; i++)
        counts[i] = i == SERVICE_AUDIT ? 1 : 1 + (int32_t)dice_below(&sim->dice, 3);
    sim->venue = venue_found(counts);
    sim->venue->context = sim;
    sim->venue->clock_us = time_day_start(VENUE_START_US) + DAY_US - dice_span(&sim->dice, DUSK_US);
    venue_man(sim->venue);
    market_open(&sim->market, sim->venue, dice_next(&sim->dice) | 1);
    venue_dismiss(sim->venue);
    sim->venue->send = take_command;
    sim->evidence = evidence_new(sim->options.seed, counts);
    sim->weather = weather_new(&(struct weather_world){.log = sim->venue->log,
                                                       .fates = &sim->fates,
                                                       .dice = &sim->dice,
                                                       .now_us = &sim->venue->clock_us});
}

static void open_sim(struct sim *sim, const struct sim_options *options)
{
    memset(sim, 0, sizeof *sim);
    sim->options = *options;
    sim->dice.state = options->seed ^ SETUP_SEED;
    fates_init(&sim->fates, options->seed, options->left_out, options->left_out_count);
    sim->fates.ret_count = options->ret_struck;
    sim->yield_every = 2U << dice_below(&sim->dice, 6);
    sim->pace_us = INT64_C(1000) << dice_below(&sim->dice, 6);
    sim->turns = 2 + dice_below(&sim->dice, 6);
    open_venue(sim);
    hire(sim);
}

static void close_sim(struct sim *sim)
{
    for (size_t i = 0; i < sim->processes_count; i++)
        process_destroy(&sim->processes[i]);
    for (int i = 0; i < GATES; i++)
        gate_destroy(&sim->gates[i]);
    for (size_t i = 0; i < sim->clients_count; i++)
        client_destroy(&sim->clients[i]);
    for (int i = 0; i < SERVICES; i++)
        for (int p = 0; p < VENUE_PARTITIONS_MAX; p++)
            for (size_t j = 0; j < sim->shelves[i][p].count; j++)
                buffer_free(&sim->shelves[i][p].snapshots[j]);
    projecting_free(sim->projecting);
    weather_free(sim->weather);
    evidence_free(sim->evidence);
    venue_free(sim->venue);
    fates_free(&sim->fates);
}

/* --- steps --- */

/* Time goes on; now and then nothing happens for long. */
static void pass_time(struct sim *sim)
{
    sim->venue->clock_us += dice_below(&sim->dice, (uint32_t)sim->pace_us);
    if (dice_below(&sim->dice, 100) == 0)
        sim->venue->clock_us += dice_span(&sim->dice, 15000000);
    weather_tick(sim->weather);
}

static struct process *any_process(struct sim *sim)
{
    return &sim->processes[dice_below(&sim->dice, (uint32_t)sim->processes_count)];
}

/* The group gives the partition to the other instance; this one hears of it later. */
static void hand_over(struct sim *sim, struct process *process)
{
    struct process *other = sim_other_slot(sim, process);
    process->wanted = false;
    process->leave_us = sim_now_us(sim) + dice_span(&sim->dice, LEAVE_MAX_US);
    other->wanted = true;
    other->leaving = false;
}

static int64_t wild_jump(struct dice *dice)
{
    static const int64_t SECONDS[] = {-3600, INT64_C(315576000), 6, -6, 3600, -4, 4};
    return SECONDS[dice_below(dice, COUNT_OF(SECONDS))] * CLOCK_STEP_US;
}

static void move_clocks(struct sim *sim)
{
    struct process *process = any_process(sim);
    struct gate *gate = &sim->gates[dice_below(&sim->dice, GATES)];
    if (fate_strikes(&sim->fates, FATE_CLOCK))
        process->clock_off_us = wild_jump(&sim->dice);
    if (fate_strikes(&sim->fates, FATE_STROBE))
        process->clock_off_us = process->clock_off_us == 0 ? CLOCK_STEP_US : 0;
    if (process->clock_off_us != 0 && dice_below(&sim->dice, 50) == 0)
        process->clock_off_us = 0;
    if (fate_strikes(&sim->fates, FATE_GATE_CLOCK))
        gate->clock_off_us = wild_jump(&sim->dice);
    if (gate->clock_off_us != 0 && dice_below(&sim->dice, 50) == 0)
        gate->clock_off_us = 0;
}

/* A record that nobody's writer made: rubbish, or one that was appended before, here or elsewhere.
 */
static void throw_junk(struct sim *sim)
{
    struct dice *dice = &sim->dice;
    const struct process *from = any_process(sim), *to = any_process(sim);
    bool commands = dice_below(dice, 2) == 0;
    const char *topic =
        commands ? follower_commands_topic(from->service) : follower_events_topic(from->service);
    int64_t start = 0, end = 0;
    struct log_record record = {0};
    const char *problem;
    struct log_reader *reader = log_reader_open(sim->venue->log, LOG_PROMPT);
    CHECK(log_ends(sim->venue->log, topic, from->partition, &start, &end) == OK);
    if (end > start && dice_below(dice, 4) > 0) {
        int64_t offset = start + dice_below(dice, (uint32_t)(end - start));
        CHECK(log_reader_assign(reader, topic, from->partition, offset, &problem) == OK);
        CHECK(log_reader_poll(reader, 0, &record, &problem) == OK);
    } else {
        record.value = (struct bytes){(const uint8_t *)"junk", 4};
    }
    /* A command in another's partition is refused there, maybe first: nobody promises more. */
    if (commands || dice_below(dice, 2) == 0)
        to = from;
    topic = commands ? follower_commands_topic(to->service) : follower_events_topic(to->service);
    (void)log_memory_append_raw(sim->venue->log, topic, to->partition, record.key, record.value,
                                record.headers, record.headers_count);
    log_reader_close(reader);
}

static void go_wrong(struct sim *sim)
{
    struct process *process = any_process(sim);
    bool stands = process_runs(process) && process->paused_until_us > sim_now_us(sim);
    if (process->wanted && ((stands && !sim->fates.calm && dice_below(&sim->dice, 20) == 0) ||
                            fate_strikes(&sim->fates, FATE_TAKEOVER)))
        hand_over(sim, process);
    move_clocks(sim);
    if (fate_strikes(&sim->fates, FATE_JUNK))
        throw_junk(sim);
    if (fate_strikes(&sim->fates, FATE_TWIN))
        (void)twin_append(sim->venue->log, process->service, process->partition);
    struct gate *gate = &sim->gates[dice_below(&sim->dice, GATES)];
    if (gate->up && fate_strikes(&sim->fates, FATE_GATE_KILL))
        gate_kill(gate);
    projecting_go_wrong(sim->projecting);
}

/* Somebody gets his turn. */
static void take_turn(struct sim *sim)
{
    size_t who = dice_below(&sim->dice, (uint32_t)sim->processes_count + 2 * GATES + CLIENTS / 2);
    if (who < sim->processes_count)
        process_run(&sim->processes[who]);
    else if (who < sim->processes_count + 2 * GATES)
        gate_run(&sim->gates[(who - sim->processes_count) % GATES]);
    else
        client_run(&sim->clients[dice_below(&sim->dice, (uint32_t)sim->clients_count)]);
}

void sim_step(struct sim *sim)
{
    sim->step++;
    sim->fates.step = sim->step;
    pass_time(sim);
    go_wrong(sim);
    for (uint32_t i = 0; i < sim->turns; i++)
        take_turn(sim);
    projecting_run(sim->projecting);
}

static void be_safe(struct sim *sim)
{
    while (sim->step < sim->options.steps) {
        if (dice_below(&sim->dice, 2) == 0)
            market_send(&sim->market);
        sim_step(sim);
    }
}

/* --- coming to rest --- */

/* From now on nothing goes wrong: clocks are right, each partition has one instance, and everybody
 * is fast enough for those who try again. */
static void calm_down(struct sim *sim)
{
    sim->fates.calm = true;
    sim->yield_every = CALM_YIELD_EVERY;
    sim->pace_us = CALM_PACE_US;
    for (int i = 0; i < GATES; i++)
        sim->gates[i].clock_off_us = 0;
    for (size_t i = 0; i < sim->processes_count; i++) {
        struct process *process = &sim->processes[i];
        struct process *other = sim_other_slot(sim, process);
        process->clock_off_us = 0;
        process->paused_until_us = 0;
        process->starts_count = 0;
        if (process->slot == 1 && process->wanted && other->wanted) {
            process->wanted = false;
            process->leave_us = sim_now_us(sim);
        }
    }
    projecting_calm_down(sim->projecting);
}

/* What somebody has still to do; NULL: nothing. */
static const char *unrest(struct sim *sim)
{
    if (weather_travelling(sim->weather) > 0)
        return "records are on their way";
    for (size_t i = 0; i < sim->clients_count; i++)
        if (sim->clients[i].state != CLIENT_IDLE)
            return "a client has no answer";
    for (size_t i = 0; i < sim->processes_count; i++) {
        const struct process *process = &sim->processes[i];
        if (process->wanted &&
            (!process_runs(process) || !process->owns || !writer_settled(process->writer)))
            return "a partition has no writer that is settled";
        if (!process->wanted && process_runs(process))
            return "a writer that is not wanted does not leave";
    }
    return projecting_unrest(sim->projecting);
}

static size_t records_count(const struct sim *sim)
{
    size_t count = 0;
    for (size_t i = 0; i < sim->processes_count; i++) {
        int64_t start = 0, end = 0;
        CHECK(log_ends(sim->venue->log, follower_events_topic(sim->processes[i].service),
                       sim->processes[i].partition, &start, &end) == OK);
        count += (size_t)end;
    }
    return count;
}

static void check_restarts(const struct sim *sim)
{
    for (size_t i = 0; i < sim->processes_count; i++) {
        const struct process *process = &sim->processes[i];
        if (process->starts_count > RESTARTS_MAX)
            sim_fail(sim, "liveness: %s/%d.%d has started %zu times, last ended by: %s",
                     service_name(process->service), process->partition, process->slot,
                     process->starts_count, process->problem);
    }
}

static void come_to_rest(struct sim *sim)
{
    size_t idle = 0, known = 0;
    uint64_t begun = sim->step;
    const char *why = "";
    calm_down(sim);
    while (idle < REST_ROUNDS) {
        if (sim->step - begun > REST_STEPS_MAX)
            sim_fail(sim, "liveness: no rest after %d steps: %s", REST_STEPS_MAX,
                     why == NULL ? "new events all the time" : why);
        for (int i = 0; i < 8; i++)
            sim_step(sim);
        check_restarts(sim);
        why = unrest(sim);
        size_t count = records_count(sim);
        idle = why == NULL && count == known ? idle + 1 : 0;
        known = count;
    }
}

void sim_run(const struct sim_options *options, struct sim_result *result)
{
    static struct sim sim; /* one at a time, and large */
    open_sim(&sim, options);
    be_safe(&sim);
    come_to_rest(&sim);
    judge(&sim);
    if (dice_below(&sim.dice, GROUND_BREAKS_IN) == 0)
        ground_break(&sim);
    else
        projecting_break_ground(sim.projecting);
    for (int i = 0; i < FATES; i++)
        result->fates[i] += sim.fates.counts[i];
    for (int i = 0; i < COUNTS; i++)
        result->counts[i] += sim.counts[i];
    result->runs++;
    result->steps += sim.step;
    close_sim(&sim);
}
