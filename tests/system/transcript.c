#include "transcript.h"

#include "audit/state.h"
#include "eventlog/follower.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- reading --- */

static void *grown(void *array, size_t count, size_t *max, size_t size)
{
    if (count < *max)
        return array;
    *max = *max == 0 ? 256 : 2 * *max;
    array = realloc(array, *max * size);
    assert_non_null(array);
    return array;
}

static struct transcript_cause cause_of(const struct cause_run *run)
{
    struct transcript_cause cause = {
        .partition = run->partition, .first = run->first_offset, .last = run->last_offset};
    for (int i = 0; i < SERVICES; i++) {
        cause.service = (enum service_id)i;
        cause.commands = text_is(run->topic, follower_commands_topic(cause.service));
        if (cause.commands || text_is(run->topic, follower_events_topic(cause.service)))
            return cause;
    }
    fail_msg("an event has a cause in %.*s", (int)run->topic.size, run->topic.data);
    return cause;
}

static void keep_code(struct transcript_event *kept, struct text code)
{
    snprintf(kept->code, sizeof kept->code, "%.*s", (int)code.size, code.data);
}

static void keep_tickets(struct transcript *transcript, const struct ticket *tickets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        transcript->tickets = grown(transcript->tickets, transcript->tickets_count,
                                    &transcript->tickets_max, sizeof *transcript->tickets);
        transcript->tickets[transcript->tickets_count++] = tickets[i].command_id;
        char id[AUDIT_TICKET_ID_MAX];
        struct text expected =
            audit_ticket_id(time_year(VENUE_START_US), (int64_t)transcript->tickets_count, id);
        assert_true(text_equal(tickets[i].id, expected));
    }
}

static void keep_event(struct transcript *transcript, const struct venue *venue,
                       const struct followed *followed, const struct event *event)
{
    transcript->events = grown(transcript->events, transcript->events_count,
                               &transcript->events_max, sizeof *transcript->events);
    struct transcript_event *kept = &transcript->events[transcript->events_count++];
    *kept = (struct transcript_event){.service = followed->fold->service,
                                      .partition = followed->fold->partition,
                                      .offset = followed->record.offset,
                                      .kind = event->kind,
                                      .command_id = event->meta.command_id};
    for (int i = 0; i < SERVICES; i++)
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++)
            if (event_touches(event, (enum service_id)i, partition))
                kept->touches[i] |= UINT32_C(1) << partition;
    assert_true(event->meta.cause_count > 0 && event->meta.cause_count <= TRANSCRIPT_CAUSES_MAX);
    for (size_t i = 0; i < event->meta.cause_count; i++) {
        if (text_is(event->meta.cause[i].topic, "clock"))
            continue; /* nobody sent it */
        kept->causes[kept->causes_count++] = cause_of(&event->meta.cause[i]);
    }
    struct refused refused;
    if (event_refuses(event, &refused))
        keep_code(kept, refused.code);
    else if (event->kind == EVENT_TICKETS_ISSUED)
        keep_tickets(transcript, event->tickets_issued.tickets,
                     event->tickets_issued.tickets_count);
    else if (event->kind == EVENT_REFUSAL_RECORDED)
        keep_tickets(transcript, &event->refusal_recorded.ticket, 1);
}

static void read_partition(struct transcript *transcript, const struct venue *venue,
                           enum service_id service, int32_t partition)
{
    struct follower *follower = follower_open(venue->log, LOG_PROMPT);
    struct followed followed;
    enum err err = follower_begin(follower, service, partition);
    assert_int_equal(err, OK);
    while ((err = follower_poll(follower, 0, &followed)) == OK) {
        if (followed.verdict == FOLD_INERT)
            transcript->inert_count++;
        if (followed.verdict != FOLD_VALID || followed.event->kind == EVENT_LOG_CREATED)
            continue;
        assert_int_equal(event_decode(followed.record.value, followed.arena, followed.event), OK);
        keep_event(transcript, venue, &followed, followed.event);
    }
    if (err != ERR_TIMEOUT)
        fail_msg("%s", follower_problem(follower));
    follower_close(follower);
}

void transcript_read(const struct venue *venue, struct transcript *ret_transcript)
{
    *ret_transcript = (struct transcript){0};
    for (int i = 0; i < SERVICES; i++) {
        enum service_id service = (enum service_id)i;
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++) {
            const char *topics[] = {follower_events_topic(service),
                                    follower_commands_topic(service)};
            int64_t start = 0;
            for (int topic = 0; topic < 2; topic++)
                assert_int_equal(log_ends(venue->log, topics[topic], partition, &start,
                                          &ret_transcript->ends[topic][i][partition]),
                                 OK);
            read_partition(ret_transcript, venue, service, partition);
        }
    }
}

void transcript_free(struct transcript *transcript)
{
    free(transcript->events);
    free(transcript->tickets);
}

/* --- every input one event --- */

/* How often one partition answered each record of a source. */
struct tally {
    uint8_t *counts[2][SERVICES][VENUE_PARTITIONS_MAX]; /* of events and commands, by offset */
};

static void tally_init(struct tally *tally, const struct transcript *transcript)
{
    for (int topic = 0; topic < 2; topic++)
        for (int i = 0; i < SERVICES; i++)
            for (int partition = 0; partition < VENUE_PARTITIONS_MAX; partition++) {
                tally->counts[topic][i][partition] =
                    calloc((size_t)transcript->ends[topic][i][partition] + 1, 1);
                assert_non_null(tally->counts[topic][i][partition]);
            }
}

static void tally_free(struct tally *tally)
{
    for (int topic = 0; topic < 2; topic++)
        for (int i = 0; i < SERVICES; i++)
            for (int partition = 0; partition < VENUE_PARTITIONS_MAX; partition++)
                free(tally->counts[topic][i][partition]);
}

static void tally_answers(struct tally *tally, const struct transcript *transcript,
                          enum service_id service, int32_t partition)
{
    for (size_t i = 0; i < transcript->events_count; i++) {
        const struct transcript_event *event = &transcript->events[i];
        if (event->service != service || event->partition != partition)
            continue;
        for (size_t j = 0; j < event->causes_count; j++) {
            const struct transcript_cause *cause = &event->causes[j];
            uint8_t *counts =
                tally->counts[cause->commands ? 1 : 0][cause->service][cause->partition];
            for (int64_t offset = cause->first; offset <= cause->last; offset++)
                counts[offset]++;
        }
    }
}

static bool follows(enum service_id service, enum service_id source)
{
    const struct service *row = venue_service(service);
    for (size_t i = 0; i < row->follows_count; i++)
        if (row->follows[i] == source)
            return true;
    return false;
}

/* Where one event answers a run, it runs over events that are not the partition's concern. */
static void check_followed(const struct tally *tally, const struct transcript *transcript,
                           enum service_id service, int32_t partition)
{
    for (size_t i = 0; i < transcript->events_count; i++) {
        const struct transcript_event *event = &transcript->events[i];
        if (!follows(service, event->service) ||
            (event->service == service && event->partition == partition))
            continue;
        unsigned touched = event->touches[service] >> partition & 1;
        unsigned count = tally->counts[0][event->service][event->partition][event->offset];
        if (count != touched && (touched == 1 || venue_service(service)->run_max == 1))
            fail_msg("%s/%d answered %s/%d offset %lld %u times, not %u", service_name(service),
                     partition, service_name(event->service), event->partition,
                     (long long)event->offset, count, touched);
    }
}

void transcript_check_answers(const struct transcript *transcript, const struct venue *venue)
{
    for (int i = 0; i < SERVICES; i++) {
        enum service_id service = (enum service_id)i;
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++) {
            struct tally tally;
            tally_init(&tally, transcript);
            tally_answers(&tally, transcript, service, partition);
            for (int64_t offset = 0; offset < transcript->ends[1][i][partition]; offset++)
                if (tally.counts[1][i][partition][offset] != 1)
                    fail_msg("command %lld of %s/%d was answered %d times", (long long)offset,
                             service_name(service), partition,
                             tally.counts[1][i][partition][offset]);
            check_followed(&tally, transcript, service, partition);
            tally_free(&tally);
        }
    }
}

/* --- tickets --- */

static int compare_ids(const void *a, const void *b)
{
    const struct uuid *left = a, *right = b;
    return uuid_compare(*left, *right);
}

/* The commands that should have a ticket, sorted, each once; how many. What could not be read is no
 * command. Audit's own have it in their event; one of those that it rejects has none, for it is a
 * gateway's, no person's. */
static size_t ticketed_commands(const struct transcript *transcript, struct uuid *ret_ids)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < transcript->events_count; i++) {
        const struct transcript_event *event = &transcript->events[i];
        const struct wire_message *message = &WIRE_EVENTS[event->kind];
        bool wanted = event->service == SERVICE_AUDIT ? event->kind == EVENT_REFUSAL_RECORDED
                                                      : message->ticket && message->answers;
        if (wanted && !uuid_is_nil(event->command_id))
            ret_ids[count++] = event->command_id;
    }
    qsort(ret_ids, count, sizeof *ret_ids, compare_ids);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !uuid_equal(ret_ids[kept - 1], ret_ids[i]))
            ret_ids[kept++] = ret_ids[i];
    return kept;
}

void transcript_check_tickets(const struct transcript *transcript)
{
    struct uuid *wanted = calloc(transcript->events_count + 1, sizeof *wanted);
    struct uuid *issued = calloc(transcript->tickets_count + 1, sizeof *issued);
    assert_non_null(wanted);
    assert_non_null(issued);
    size_t count = ticketed_commands(transcript, wanted);
    assert_int_equal(transcript->tickets_count, count);
    if (count > 0)
        memcpy(issued, transcript->tickets, count * sizeof *issued);
    qsort(issued, count, sizeof *issued, compare_ids);
    assert_memory_equal(issued, wanted, count * sizeof *issued);
    free(wanted);
    free(issued);
}

/* --- asking --- */

const struct transcript_event *transcript_answer(const struct transcript *transcript,
                                                 struct uuid command_id)
{
    const struct transcript_event *repeated = NULL;
    for (size_t i = 0; i < transcript->events_count; i++) {
        const struct transcript_event *event = &transcript->events[i];
        if (!WIRE_EVENTS[event->kind].answers || !uuid_equal(event->command_id, command_id))
            continue;
        if (event->kind != EVENT_COMMAND_REPEATED)
            return event;
        repeated = event;
    }
    assert_non_null(repeated);
    return repeated;
}

size_t transcript_count(const struct transcript *transcript, struct uuid command_id,
                        enum event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < transcript->events_count; i++) {
        const struct transcript_event *event = &transcript->events[i];
        if (event->kind == kind &&
            (uuid_is_nil(command_id) || uuid_equal(event->command_id, command_id)))
            count++;
    }
    return count;
}

void venue_check_answer(const struct venue *venue, struct uuid command_id, enum event_kind kind,
                        const char *code)
{
    struct transcript transcript;
    transcript_read(venue, &transcript);
    transcript_check_answers(&transcript, venue);
    transcript_check_tickets(&transcript);
    const struct transcript_event *answer = transcript_answer(&transcript, command_id);
    assert_string_equal(answer->code, code == NULL ? "" : code);
    assert_int_equal(answer->kind, kind);
    transcript_free(&transcript);
}
