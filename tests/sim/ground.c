/* The ground breaks: a log loses its end, as by an unclean election or an old backup. Whoever had
 * gone on from what is lost has to stop, and to stay stopped (R5); nothing resets itself. */
#include "sim.h"

#include "eventlog/log_memory.h"

#include <string.h>

enum { STEPS = 300, STEPS_MAX = 5000, TURNS_TO_NOTICE = 8, LOST_MAX = 10 };

/* A topic's partition that is cut, and who must not decide anything any more. */
struct cut {
    const char *topic;
    int32_t partition;
    int64_t end;
    enum service_id victim;
    int32_t victim_partition;
};

static size_t events_count(const struct sim *sim, enum service_id service, int32_t partition)
{
    struct follower *follower = follower_open(sim->venue->log, LOG_PROMPT);
    struct followed followed;
    size_t count = 0;
    CHECK(follower_begin(follower, service, partition) == OK);
    while (follower_poll(follower, 0, &followed) == OK)
        count += followed.verdict == FOLD_VALID;
    follower_close(follower);
    return count;
}

/* The offset of the partition's last event that audit has answered; 0: there is none. */
static int64_t last_answered(const struct sim *sim, enum service_id service, int32_t partition)
{
    struct follower *follower = follower_open(sim->venue->log, LOG_PROMPT);
    struct followed followed;
    int64_t last = 0;
    CHECK(follower_begin(follower, service, partition) == OK);
    while (follower_poll(follower, 0, &followed) == OK)
        if (followed.verdict == FOLD_VALID && event_touches(followed.event, SERVICE_AUDIT, 0))
            last = followed.record.offset;
    follower_close(follower);
    return last;
}

/* Where to cut so that something is lost that was answered. False: nothing was. */
static bool choose(struct sim *sim, struct cut *ret_cut)
{
    const struct process *process =
        &sim->processes[dice_below(&sim->dice, (uint32_t)sim->processes_count)];
    bool commands = process->service == SERVICE_AUDIT || dice_below(&sim->dice, 2) == 0;
    int64_t start = 0, end = 0;
    *ret_cut = (struct cut){.topic = commands ? follower_commands_topic(process->service)
                                              : follower_events_topic(process->service),
                            .partition = process->partition,
                            .victim = commands ? process->service : SERVICE_AUDIT,
                            .victim_partition = commands ? process->partition : 0};
    CHECK(log_ends(sim->venue->log, ret_cut->topic, process->partition, &start, &end) == OK);
    if (!commands)
        end = last_answered(sim, process->service, process->partition) + 1;
    ret_cut->end = end - 1 - dice_below(&sim->dice, LOST_MAX);
    if (ret_cut->end < 2)
        ret_cut->end = 2;
    return ret_cut->end < end;
}

/* Those who run read on before anybody can fill the gap: then the log is seen to end too early. */
static void let_notice(struct sim *sim)
{
    for (size_t i = 0; i < sim->processes_count; i++)
        for (int turn = 0; process_runs(&sim->processes[i]) && turn < TURNS_TO_NOTICE; turn++)
            process_run(&sim->processes[i]);
    for (int i = 0; i < GATES; i++)
        gate_run(&sim->gates[i]);
}

void ground_break(struct sim *sim)
{
    struct cut cut;
    if (!choose(sim, &cut))
        return;
    size_t before = events_count(sim, cut.victim, cut.victim_partition);
    sim->ground_is_broken = true;
    log_memory_truncate(sim->venue->log, cut.topic, cut.partition, cut.end);
    let_notice(sim);
    for (int i = 0; i < STEPS || (i < STEPS_MAX && sim->counts[COUNT_GROUND_STOPPED] == 0); i++) {
        market_send(&sim->market);
        sim_step(sim);
    }
    if (sim->counts[COUNT_GROUND_STOPPED] == 0)
        sim_fail(sim, "nobody stopped when %s/%d lost what is behind %lld", cut.topic,
                 cut.partition, (long long)cut.end);
    size_t after = events_count(sim, cut.victim, cut.victim_partition);
    if (after != before)
        sim_fail(sim, "%s/%d decided %zd events after %s/%d had lost what it had answered",
                 service_name(cut.victim), cut.victim_partition, (ssize_t)(after - before),
                 cut.topic, cut.partition);
}
