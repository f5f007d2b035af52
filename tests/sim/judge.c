/* What a run left behind, and whether it may stand. */
#include "sim.h"

#include "books.h"
#include "check.h"
#include "transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void collect(struct sim *sim, bool commands, enum service_id service, int32_t partition)
{
    const char *topic =
        commands ? follower_commands_topic(service) : follower_events_topic(service);
    struct log_reader *reader = log_reader_open(sim->venue->log, LOG_PROMPT);
    struct log_record record;
    const char *problem = NULL;
    CHECK(log_reader_assign(reader, topic, partition, 0, &problem) == OK);
    while (log_reader_poll(reader, 0, &record, &problem) == OK) {
        struct evidence_header headers[LOG_HEADERS_MAX + 1];
        struct evidence_record kept = {.offset = record.offset,
                                       .timestamp_us = record.timestamp_us,
                                       .key = record.key,
                                       .value = record.value,
                                       .headers = headers,
                                       .headers_count = record.headers_count};
        for (size_t i = 0; i < record.headers_count; i++)
            headers[i] = (struct evidence_header){record.headers[i].name, record.headers[i].value};
        evidence_add_record(sim->evidence, commands, (enum evidence_service)service, partition,
                            &kept);
    }
    log_reader_close(reader);
}

static void collect_all(struct sim *sim)
{
    for (int i = 0; i < SERVICES; i++)
        for (int32_t p = 0; p < sim->venue->partition_counts[i]; p++) {
            collect(sim, false, (enum service_id)i, p);
            collect(sim, true, (enum service_id)i, p);
        }
    for (int i = 0; i < FATES; i++)
        evidence_occurred(sim->evidence, fate_name((enum fate)i), sim->fates.counts[i]);
    for (int i = 0; i < COUNTS; i++)
        evidence_occurred(sim->evidence, count_name((enum count)i), sim->counts[i]);
}

static const char *verdict_text(const struct followed *followed)
{
    if (followed->verdict == FOLD_INERT)
        return followed->fold->reason;
    return followed->verdict == FOLD_CLAIM ? "claim" : "valid";
}

static void tell_record(const struct followed *followed, struct event *event)
{
    const struct event_meta *meta = &event->meta;
    char id[UUID_TEXT_SIZE];
    fprintf(stderr, "%s/%d:%lld", service_name(followed->fold->service), followed->record.partition,
            (long long)followed->record.offset);
    if (followed->event == NULL || event_decode(followed->record.value, followed->arena, event)) {
        fprintf(stderr, " %s\n", verdict_text(followed));
        return;
    }
    uuid_print(meta->command_id, id);
    fprintf(stderr, " %s, epoch %lld.%lld, %s, at %lld, command %.*s, of",
            wire_message_name(event_message(event)), (long long)meta->epoch, (long long)meta->wseq,
            verdict_text(followed), (long long)(meta->occurred_at - VENUE_START_US), UUID_TEXT_SIZE,
            id);
    for (size_t i = 0; i < meta->cause_count; i++)
        fprintf(stderr, " %.*s/%d:%lld", (int)meta->cause[i].topic.size, meta->cause[i].topic.data,
                meta->cause[i].partition, (long long)meta->cause[i].last_offset);
    if (event->kind == EVENT_COMMAND_REJECTED)
        fprintf(stderr, ", %.*s", (int)event->command_rejected.code.size,
                event->command_rejected.code.data);
    fprintf(stderr, "\n");
}

/* What the log shows of the faults, by the fold. */
static void count_records(struct sim *sim, enum service_id service, int32_t partition)
{
    struct follower *follower = follower_open(sim->venue->log, LOG_PROMPT);
    struct followed followed;
    CHECK(follower_begin(follower, service, partition) == OK);
    while (follower_poll(follower, 0, &followed) == OK) {
        const struct fold *fold = followed.fold;
        if (sim->options.records)
            tell_record(&followed, followed.event);
        if (followed.verdict == FOLD_VALID)
            sim_count(sim, COUNT_EVENTS);
        else if (followed.verdict == FOLD_INERT)
            sim_count(sim, COUNT_VOID);
        if (followed.verdict == FOLD_INERT && strcmp(fold->reason, "a duplicate") == 0)
            sim_count(sim, COUNT_DUPLICATE);
    }
    sim->counts[COUNT_POISONED] += follower_fold(follower, service, partition)->poison_count;
    follower_close(follower);
}

/* Those who have it running and those who replay it agree on the state. */
static void compare_states(struct sim *sim)
{
    for (size_t i = 0; i < sim->processes_count; i++) {
        const struct process *process = &sim->processes[i];
        if (!process->wanted)
            continue;
        struct hash live = writer_state_hash(process->writer);
        struct hash replayed =
            writer_state_hash(sim->venue->seats[process->service][process->partition].writer);
        if (memcmp(&live, &replayed, sizeof live) != 0)
            sim_fail(sim, "the state of %s/%d is another one after replay",
                     service_name(process->service), process->partition);
    }
}

static void check(struct sim *sim)
{
    struct check_problem problem;
    struct check_tally tally = {0};
    if (!check_and_tally(sim->evidence, true, &tally, &problem))
        sim_fail(sim, "%s", problem.text);
    sim->counts[COUNT_WAITED] = tally.waiting;
    sim->counts[COUNT_FIRED] = tally.fired;
    sim->counts[COUNT_CLOSES] = tally.closes;
    sim->counts[COUNT_CLOSES_OF_ALL] = tally.closes_of_all;
    sim->counts[COUNT_PREVIEWS] = tally.previews;
    sim->counts[COUNT_REPLACES_PREVIEWED] = tally.replaces_previewed;
    sim->counts[COUNT_CLOSES_PREVIEWED] = tally.closes_previewed;
    sim->counts[COUNT_CANCELS_LEFT] = tally.cancels_left;
    sim->counts[COUNT_OPTIONS] = tally.options;
    sim->counts[COUNT_CONSENTED] = tally.consented;
    sim->counts[COUNT_UNHEARD] = tally.unheard;
    sim->counts[COUNT_OPTIONS_LEFT] = tally.options_left;
    sim->counts[COUNT_EXPIRED] = tally.expired_orders;
    sim->counts[COUNT_GUARDS] = tally.guards;
    sim->counts[COUNT_TRANSFERS] = tally.transfers;
    sim->counts[COUNT_TRANSFERS_COMPLETED] = tally.transfers_completed;
    sim->counts[COUNT_TRANSFERS_LIMITED] = tally.transfers_limited;
    sim->counts[COUNT_PERSONS] = tally.persons;
    sim->counts[COUNT_ALERTS_FIRED] = tally.alerts_fired;
    sim->counts[COUNT_ALERTS_EXPIRED] = tally.alerts_expired;
    sim->counts[COUNT_STATEMENTS] = tally.statements;
    sim->counts[COUNT_CONVERSATIONS] = tally.conversations;
    sim->counts[COUNT_MERGED] = tally.merged;
    sim->counts[COUNT_RELEASED] = tally.released;
}

void judge(struct sim *sim)
{
    struct venue *venue = sim->venue;
    for (int i = 0; i < SERVICES; i++)
        for (int32_t p = 0; p < venue->partition_counts[i]; p++)
            count_records(sim, (enum service_id)i, p);
    sim->counts[COUNT_COMMANDS] = sim->sent_count;
    sim->counts[COUNT_UNKNOWN_LANDED] = weather_counts(sim->weather)->unknown_landed;
    sim->counts[COUNT_UNKNOWN_LOST] = weather_counts(sim->weather)->unknown_lost;
    projecting_judge(sim->projecting);
    collect_all(sim);
    check(sim);
    venue_man(venue);
    compare_states(sim);
    venue_settle(venue);
    venue_check(venue);
    venue_dismiss(venue);
}
