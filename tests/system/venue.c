#include "venue.h"

#include "base/murmur2.h"
#include "eventlog/log_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BURST = 1000, ROUNDS_MAX = 100000 };

void venue_must(const struct writer *writer, enum err err)
{
    if (err != OK)
        fail_msg("%s: %s", err_name(err), writer_problem(writer));
}

static int64_t stopped_clock(void *context)
{
    return ((struct venue *)context)->clock_us;
}

/* Nothing that comes of a draw depends on what it is, only on that it comes once. */
static void draw(void *context, void *data, size_t size)
{
    struct venue_seat *seat = context;
    seat->venue->drawn++;
    memset(data, 0, size);
    memcpy(data, &seat->venue->drawn, sizeof seat->venue->drawn);
}

static bool accident_is(const struct venue_seat *seat, enum venue_fault fault)
{
    const struct venue_accident *accident = &seat->venue->accident;
    return !seat->venue->struck && accident->fault == fault && accident->service == seat->service &&
           accident->partition == seat->partition;
}

static int64_t read_clock(void *context)
{
    struct venue_seat *seat = context;
    if (seat->stepping && ++seat->readings == seat->venue->accident.at &&
        accident_is(seat, VENUE_USURPED)) {
        seat->venue->struck = true;
        venue_usurp(seat->venue, seat->service, seat->partition);
    }
    return seat->venue->clock_us;
}

static struct writer *open_writer(struct venue_seat *seat, struct bytes snapshot)
{
    const struct writer_world world = {
        .log = seat->venue->log, .clock_us = read_clock, .random = draw, .context = seat};
    for (;;) {
        struct writer *writer = writer_new(venue_service(seat->service), seat->partition, &world);
        venue_must(writer, writer_recover(writer, snapshot));
        enum err err = writer_claim(writer, 1000);
        if (err != ERR_DOUBT || !seat->lossy) {
            venue_must(writer, err);
            return writer;
        }
        seat->lossy = false; /* it was the claim that did not land */
        writer_free(writer);
    }
}

struct log *venue_topics(const int32_t partition_counts[SERVICES])
{
    struct log *log = log_open_memory();
    const char *problem = NULL;
    struct log_topic topics[2 * SERVICES];
    for (int i = 0; i < SERVICES; i++) {
        enum service_id service = (enum service_id)i;
        int32_t count = partition_counts[i];
        topics[2 * i] = (struct log_topic){follower_events_topic(service), count, true};
        topics[2 * i + 1] = (struct log_topic){follower_commands_topic(service), count, false};
    }
    assert_int_equal(log_create_topics(log, topics, COUNT_OF(topics), 1, &problem), OK);
    return log;
}

static void create_partition(struct venue *venue, enum service_id service, int32_t partition)
{
    struct partition_count counts[SERVICES];
    struct event event = {.kind = EVENT_LOG_CREATED};
    struct buffer value;
    for (int i = 0; i < SERVICES; i++)
        counts[i] = (struct partition_count){.service = text_of(service_name((enum service_id)i)),
                                             .count = venue->partition_counts[i]};
    memset(event.meta.incarnation.bytes, 7, sizeof event.meta.incarnation.bytes);
    event.meta.service = text_of(service_name(service));
    event.meta.partition = partition;
    event.meta.occurred_at = venue->clock_us;
    event.log_created = (struct log_created){.partition_counts = counts,
                                             .partition_counts_count = SERVICES,
                                             .created_at = venue->clock_us};
    buffer_init(&value, 10000);
    event_encode(&event, &value);
    assert_int_equal(log_writer_append(venue->gateway, follower_events_topic(service), partition,
                                       (struct bytes){0}, buffer_bytes(&value), NULL, 0),
                     OK);
    buffer_free(&value);
}

static void take_log(struct venue *venue, struct log *log)
{
    venue->log = log;
    log_memory_set_clock(log, stopped_clock, venue);
    venue->gateway = log_writer_open(log);
}

struct venue *venue_found(const int32_t partition_counts[SERVICES])
{
    struct venue *venue = calloc(1, sizeof *venue);
    assert_non_null(venue);
    venue->clock_us = VENUE_START_US;
    memcpy(venue->partition_counts, partition_counts, sizeof venue->partition_counts);
    take_log(venue, venue_topics(venue->partition_counts));
    for (int i = 0; i < SERVICES; i++)
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++)
            create_partition(venue, (enum service_id)i, partition);
    assert_int_equal(log_writer_flush(venue->gateway, 1000), OK);
    return venue;
}

void venue_man(struct venue *venue)
{
    for (int i = 0; i < SERVICES; i++) {
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++) {
            struct venue_seat *seat = &venue->seats[i][partition];
            *seat = (struct venue_seat){
                .venue = venue, .service = (enum service_id)i, .partition = partition};
            buffer_init(&seat->snapshot, SIZE_MAX);
            seat->writer = open_writer(seat, (struct bytes){0});
        }
    }
}

void venue_dismiss(struct venue *venue)
{
    for (int i = 0; i < SERVICES; i++) {
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++) {
            struct venue_seat *seat = &venue->seats[i][partition];
            writer_free(seat->writer);
            writer_free(seat->replaced);
            buffer_free(&seat->snapshot);
            *seat = (struct venue_seat){0};
        }
    }
}

struct venue *venue_new_with(int32_t partitions, const struct venue_accident *accident)
{
    int32_t counts[SERVICES];
    for (int i = 0; i < SERVICES; i++)
        counts[i] = i == SERVICE_AUDIT ? 1 : partitions;
    struct venue *venue = venue_found(counts);
    venue->accident = *accident;
    venue_man(venue);
    return venue;
}

struct venue *venue_new(int32_t partitions)
{
    return venue_new_with(partitions, &(struct venue_accident){VENUE_NOTHING});
}

void venue_move(struct venue *venue, struct log *log)
{
    venue_dismiss(venue);
    log_writer_close(venue->gateway);
    log_close(venue->log);
    take_log(venue, log);
    venue_man(venue);
    venue_settle(venue);
}

void venue_free(struct venue *venue)
{
    venue_dismiss(venue);
    log_writer_close(venue->gateway);
    log_close(venue->log);
    free(venue);
}

static void restart(struct venue_seat *seat, struct bytes snapshot)
{
    writer_free(seat->writer);
    seat->writer = NULL;
    seat->writer = open_writer(seat, snapshot);
}

void venue_restart(struct venue *venue, enum service_id service, int32_t partition)
{
    restart(&venue->seats[service][partition], (struct bytes){0});
}

void venue_usurp(struct venue *venue, enum service_id service, int32_t partition)
{
    struct venue_seat *seat = &venue->seats[service][partition];
    bool stepping = seat->stepping;
    if (seat->replaced != NULL) /* one at a time: the older one is still about */
        return;
    seat->stepping = false;
    seat->replaced = seat->writer;
    seat->writer = open_writer(seat, (struct bytes){0});
    seat->stepping = stepping;
}

void venue_lose(struct venue *venue, enum service_id service, int32_t partition)
{
    venue->seats[service][partition].lossy = true;
    log_memory_lose(venue->log, follower_events_topic(service), partition, 1);
}

/* A snapshot for later, half way to the accident or as soon after that as the writer is settled. */
static void take_snapshot(struct venue_seat *seat)
{
    if (!accident_is(seat, VENUE_RESTORED) || seat->snapshot.size > 0 ||
        seat->steps < seat->venue->accident.at / 2 || !writer_settled(seat->writer))
        return;
    writer_snapshot(seat->writer, &seat->snapshot);
    writer_hash_snapshot(&seat->snapshot);
}

static void have_accident(struct venue_seat *seat)
{
    struct venue *venue = seat->venue;
    take_snapshot(seat);
    if (seat->steps != venue->accident.at)
        return;
    if (accident_is(seat, VENUE_KILLED) || accident_is(seat, VENUE_RESTORED)) {
        venue->struck = true;
        restart(seat, buffer_bytes(&seat->snapshot));
    } else if (accident_is(seat, VENUE_LOST)) {
        venue->struck = true;
        venue_lose(venue, seat->service, seat->partition);
    }
}

/* One that was replaced may do anything but go on once it has read so. */
static void step_replaced(struct venue_seat *seat)
{
    size_t decided = 0;
    enum err err = writer_step(seat->replaced, 0, &decided);
    if (err == OK)
        return;
    if (err != ERR_FENCED && err != ERR_DOUBT)
        venue_must(seat->replaced, err);
    writer_free(seat->replaced);
    seat->replaced = NULL;
}

size_t venue_step(struct venue *venue, enum service_id service, int32_t partition)
{
    struct venue_seat *seat = &venue->seats[service][partition];
    size_t decided = 0;
    seat->steps++;
    have_accident(seat);
    if (seat->replaced != NULL)
        step_replaced(seat);
    struct writer *stepped = seat->writer;
    seat->stepping = true;
    enum err err = writer_step(stepped, 0, &decided);
    seat->stepping = false;
    if (stepped == seat->replaced) { /* by another, in the middle of the step */
        if (err != OK && err != ERR_FENCED && err != ERR_DOUBT)
            venue_must(stepped, err);
        if (err != OK) {
            writer_free(stepped);
            seat->replaced = NULL;
        }
        return 1;
    }
    if (err == ERR_DOUBT && seat->lossy) {
        seat->lossy = false;
        venue_restart(venue, service, partition);
        return 1;
    }
    venue_must(stepped, err);
    return decided;
}

static size_t records_count(const struct venue *venue)
{
    size_t count = 0;
    for (int i = 0; i < SERVICES; i++) {
        const char *topics[] = {follower_events_topic((enum service_id)i),
                                follower_commands_topic((enum service_id)i)};
        for (size_t topic = 0; topic < COUNT_OF(topics); topic++) {
            for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++) {
                int64_t start = 0, end = 0;
                assert_int_equal(log_ends(venue->log, topics[topic], partition, &start, &end), OK);
                count += (size_t)end;
            }
        }
    }
    return count;
}

/* True when somebody moved, or has still to hear of something. */
static bool step_all(struct venue *venue)
{
    bool moved = false;
    for (int i = 0; i < SERVICES; i++) {
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++) {
            size_t decided = venue_step(venue, (enum service_id)i, partition);
            const struct venue_seat *seat = &venue->seats[i][partition];
            moved = moved || decided > 0 || seat->replaced != NULL || !writer_settled(seat->writer);
        }
    }
    return moved;
}

/* A step may pass a burst of records that concern nobody there: so many idle rounds are no rest. */
void venue_settle(struct venue *venue)
{
    size_t idle = 0;
    for (size_t round = 0; idle < 2 + records_count(venue) / BURST; round++) {
        assert_true(round < ROUNDS_MAX);
        idle = step_all(venue) ? 0 : idle + 1;
    }
}

const void *venue_state(const struct venue *venue, enum service_id service, int32_t partition)
{
    return writer_state(venue->seats[service][partition].writer);
}

int32_t venue_partition(const struct venue *venue, enum service_id service, struct text key)
{
    return partition_of_key(key, venue->partition_counts[service]);
}

int32_t venue_partition_of_id(const struct venue *venue, enum service_id service, struct uuid id)
{
    return partition_of_hash(uuid_owner_hash(id), venue->partition_counts[service]);
}
