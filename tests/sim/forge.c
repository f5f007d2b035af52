#include "forge.h"

#include "eventlog/fold.h"
#include "eventlog/headers.h"
#include "market.h"
#include "witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS_MAX = 12, ROUGH_MOMENT = 60, TICK_US = 4000 };

/* --- a day ------------------------------------------------------------------------------------ */

static void live(struct market *market, int commands_count)
{
    struct venue *venue = market->venue;
    for (int i = 0; i < commands_count; i++) {
        market_send(market);
        venue->clock_us += market_below(market, TICK_US);
        for (uint32_t steps = market_below(market, STEPS_MAX); steps > 0; steps--) {
            enum service_id service = (enum service_id)market_below(market, SERVICES);
            int32_t partition =
                (int32_t)market_below(market, (uint32_t)venue->partition_counts[service]);
            if (market_below(market, ROUGH_MOMENT) == 0)
                market_befall(market, service, partition);
            (void)venue_step(venue, service, partition);
        }
    }
    venue_settle(venue);
}

static void read_topic(const struct venue *venue, struct evidence *evidence, bool commands,
                       enum service_id service)
{
    const char *topic =
        commands ? follower_commands_topic(service) : follower_events_topic(service);
    const char *problem;
    struct log_reader *reader = log_reader_open(venue->log, LOG_PROMPT);
    for (int32_t i = 0; i < venue->partition_counts[service]; i++)
        assert_int_equal(log_reader_assign(reader, topic, i, 0, &problem), OK);
    struct log_record record;
    while (log_reader_poll(reader, 0, &record, &problem) == OK)
        witness_record(evidence, commands, service, &record);
    log_reader_close(reader);
}

struct evidence *forge_day(uint64_t seed, int32_t partitions, int commands_count,
                           void (*look)(struct venue *venue, struct evidence *evidence))
{
    struct market market;
    struct venue *venue = venue_new(partitions);
    market_open(&market, venue, seed);
    live(&market, commands_count);
    struct evidence *evidence = evidence_new(seed, venue->partition_counts);
    for (int i = 0; i < SERVICES; i++) {
        read_topic(venue, evidence, false, (enum service_id)i);
        read_topic(venue, evidence, true, (enum service_id)i);
    }
    if (look != NULL)
        look(venue, evidence);
    venue_free(venue);
    return evidence;
}

/* --- copies ----------------------------------------------------------------------------------- */

static void copy_partition(struct evidence *copy, const struct evidence *truth, bool commands,
                           enum evidence_service service, int32_t partition, size_t without)
{
    const struct evidence_partition *log = evidence_log(truth, commands, service, partition);
    for (size_t i = 0; i < log->count; i++) {
        struct evidence_record record = log->records[i];
        record.offset = (int64_t)(i - (i > without));
        if (i != without)
            evidence_add_record(copy, commands, service, partition, &record);
    }
}

struct evidence *forge_without(const struct evidence *truth, bool commands,
                               enum evidence_service service, int32_t partition, size_t index)
{
    struct evidence *copy = evidence_new(truth->seed, truth->partition_counts);
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        enum evidence_service at = (enum evidence_service)i;
        for (int32_t j = 0; j < truth->partition_counts[i]; j++) {
            bool here = at == service && j == partition;
            copy_partition(copy, truth, false, at, j, here && !commands ? index : SIZE_MAX);
            copy_partition(copy, truth, true, at, j, here && commands ? index : SIZE_MAX);
        }
    }
    return copy;
}

struct evidence *forge_copy(const struct evidence *truth)
{
    return forge_without(truth, false, EVIDENCE_ACCOUNTS, 0, SIZE_MAX);
}

/* --- a lie ------------------------------------------------------------------------------------ */

/* A partition of the truth, forged up to `next`. */
struct lane {
    struct fold told, forged; /* the fold of each */
    size_t next, count;
    struct hash *hashes; /* of forged records, by offset */
    struct fold_state *states;
};

struct forgery {
    const struct evidence *truth;
    struct evidence *forged;
    struct lane lanes[EVIDENCE_SERVICES][EVIDENCE_PARTITIONS_MAX];
    struct arena *arena;
    forge_lie lie;
    size_t nth, lies;
};

static void open_lanes(struct forgery *forgery)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t j = 0; j < forgery->truth->partition_counts[i]; j++) {
            struct lane *lane = &forgery->lanes[i][j];
            lane->count = forgery->truth->events[i][j].count;
            fold_init(&lane->told, (enum service_id)i, j);
            fold_init(&lane->forged, (enum service_id)i, j);
            lane->hashes = calloc(lane->count, sizeof *lane->hashes);
            lane->states = calloc(lane->count, sizeof *lane->states);
            copy_partition(forgery->forged, forgery->truth, true, (enum evidence_service)i, j,
                           SIZE_MAX);
        }
    }
}

static void close_lanes(struct forgery *forgery)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t j = 0; j < forgery->truth->partition_counts[i]; j++) {
            struct lane *lane = &forgery->lanes[i][j];
            fold_free(&lane->told);
            fold_free(&lane->forged);
            free(lane->hashes);
            free(lane->states);
        }
    }
}

/* The lane of a topic's events; NULL: it is a command topic's. */
static struct lane *lane_of(struct forgery *forgery, struct text topic, int32_t partition)
{
    enum service_id service;
    if (follower_topic_service(topic, &service) != OK)
        return NULL;
    return &forgery->lanes[service][partition];
}

/* True when all that the event comes of is forged already, and says so then in it. */
static bool forge_causes(struct forgery *forgery, struct event_meta *meta)
{
    for (size_t i = 0; i < meta->cause_count; i++) {
        struct cause_run *run = &meta->cause[i];
        const struct lane *lane = lane_of(forgery, run->topic, run->partition);
        if (lane == NULL)
            continue;
        if ((size_t)run->last_offset >= lane->next)
            return false;
        run->cause_hash = lane->hashes[run->last_offset];
        run->fold = lane->states[run->last_offset];
    }
    return true;
}

static void forge_tickets(struct forgery *forgery, struct event *event)
{
    if (event->kind != EVENT_TICKETS_ISSUED)
        return;
    for (size_t i = 0; i < event->tickets_issued.tickets_count; i++) {
        struct ticket *ticket = &event->tickets_issued.tickets[i];
        ticket->event_hash = lane_of(forgery, ticket->source.topic, ticket->source.partition)
                                 ->hashes[ticket->source.offset];
    }
}

static struct log_record log_record_of(const struct evidence_record *record,
                                       struct log_header headers[LOG_HEADERS_MAX])
{
    for (size_t i = 0; i < record->headers_count; i++)
        headers[i] = (struct log_header){record->headers[i].name, record->headers[i].value};
    return (struct log_record){.offset = record->offset,
                               .timestamp_us = record->timestamp_us,
                               .key = record->key,
                               .value = record->value,
                               .headers = headers,
                               .headers_count = record->headers_count};
}

static void put(struct forgery *forgery, struct lane *lane, struct evidence_record *record,
                const struct event *event)
{
    struct log_header headers[LOG_HEADERS_MAX];
    struct buffer value;
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    if (event != NULL) {
        event_encode(event, &value);
        record->value = buffer_bytes(&value);
        record->headers_count = headers_of_event(event, forgery->arena, headers);
    }
    struct evidence_header kept[EVIDENCE_HEADERS_MAX];
    for (size_t i = 0; event != NULL && i < record->headers_count; i++)
        kept[i] = (struct evidence_header){headers[i].name, headers[i].value};
    if (event != NULL)
        record->headers = kept;
    struct event scratch;
    const struct log_record read = log_record_of(record, headers);
    (void)fold_step(&lane->forged, &read, forgery->arena, &scratch);
    lane->hashes[lane->next] = fold_record_hash(record->key, record->value);
    lane->states[lane->next++] = lane->forged.state;
    evidence_add_record(forgery->forged, false, (enum evidence_service)lane->told.service,
                        lane->told.partition, record);
    buffer_free(&value);
}

/* Forges the next record of a lane. False: there is none, or it comes of what is not forged yet. */
static bool forge_next(struct forgery *forgery, struct lane *lane)
{
    if (lane->next == lane->count)
        return false;
    struct evidence_record record =
        forgery->truth->events[lane->told.service][lane->told.partition].records[lane->next];
    struct log_header headers[LOG_HEADERS_MAX];
    const struct log_record told = log_record_of(&record, headers);
    struct event event;
    arena_reset(forgery->arena);
    if (event_decode(record.value, forgery->arena, &event) == OK &&
        !forge_causes(forgery, &event.meta))
        return false;
    if (fold_step(&lane->told, &told, forgery->arena, &event) != FOLD_VALID ||
        event.kind == EVENT_LOG_CREATED) {
        put(forgery, lane, &record, NULL);
        return true;
    }
    assert_int_equal(event_decode(record.value, forgery->arena, &event), OK);
    event.key = (struct text){(const char *)record.key.data, record.key.size};
    assert_true(forge_causes(forgery, &event.meta));
    forge_tickets(forgery, &event);
    event.meta.prev_hash = lane->forged.state.head;
    if (forgery->lies <= forgery->nth)
        forgery->lies += forgery->lie(&event, forgery->arena) ? 1 : 0;
    put(forgery, lane, &record, &event);
    return true;
}

bool forge(const struct evidence *truth, forge_lie lie, size_t nth, struct evidence **ret_forged)
{
    struct forgery forgery = {.truth = truth,
                              .forged = evidence_new(truth->seed, truth->partition_counts),
                              .arena = arena_new(SIZE_MAX),
                              .lie = lie,
                              .nth = nth};
    open_lanes(&forgery);
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < EVIDENCE_SERVICES; i++)
            for (int32_t j = 0; j < truth->partition_counts[i]; j++)
                while (forge_next(&forgery, &forgery.lanes[i][j]))
                    moved = true;
    }
    close_lanes(&forgery);
    arena_free(forgery.arena);
    *ret_forged = forgery.forged;
    if (forgery.lies > nth)
        return true;
    evidence_free(forgery.forged);
    return false;
}
