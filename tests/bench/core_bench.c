/* What an order costs the pure core on one thread. A market of the real services (FLOW_TRADES)
 * makes a log; then what `accounts` and `orders` did is done again, event by event: decided from
 * the same input (funds held, matched, settled), encoded, and applied as read from its bytes. Each
 * event has to come out as it stands in the log, byte for byte.
 *
 * Usage    core_bench [orders [seed]]; 200,000 and 1 where left out.
 * Times are CPU seconds of one thread. Each stage is what a pass takes longer than the one without
 * it.
 */
#include "eventlog/fold.h"
#include "eventlog/follower.h"
#include "replay_flow.h"
#include "service/internal.h"
#include "wire/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_ARENA_SIZE = 64 << 20, WARM_ORDERS = 10000, TOPICS = 2 * SERVICES };

/* A topic's only partition, whole: record i is at offset i. */
struct topic {
    const char *name;
    struct log_record *records;
    size_t count, max;
};

/* What a service's events were made of, and what they are. */
struct bench {
    struct topic topics[TOPICS];
    const struct service *service;
    struct topic *own;
    size_t first; /* own event that is timed */
    struct place place;
    void *state;
    struct arena *input_arena, *event_arena;
    struct buffer encoded;
    struct command command;
    struct event cause, decided, own_event;
    struct input input;
};

/* What a pass does with each event, beside decoding it. WORK_INPUT: decodes what it answers, and
 * makes the seed of its ids. */
enum work {
    WORK_ENCODE = 1,
    WORK_APPLY = 2,
    WORK_INPUT = 4,
    WORK_DECIDE = 8,
    WORK_HASH = 16,
    WORK_CHECK = 32
};

static double cpu_s(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- the log --- */

static struct bytes copied(struct bytes bytes)
{
    uint8_t *copy = malloc(bytes.size + 1);
    CHECK(copy != NULL);
    memcpy(copy, bytes.data, bytes.size);
    return (struct bytes){copy, bytes.size};
}

static void keep(struct topic *topic, const struct log_record *record)
{
    if (topic->count == topic->max) {
        topic->max = topic->max == 0 ? 1024 : 2 * topic->max;
        topic->records = realloc(topic->records, topic->max * sizeof *topic->records);
        CHECK(topic->records != NULL);
    }
    CHECK(record->offset == (int64_t)topic->count);
    topic->records[topic->count++] = (struct log_record){
        .offset = record->offset, .key = copied(record->key), .value = copied(record->value)};
}

static void read_topic(struct log *log, struct topic *topic)
{
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;
    const char *problem;
    CHECK(log_reader_assign(reader, topic->name, 0, 0, &problem) == OK);
    while (log_reader_poll(reader, 0, &record, &problem) == OK)
        keep(topic, &record);
    log_reader_close(reader);
}

static void free_log(struct bench *bench)
{
    for (size_t i = 0; i < TOPICS; i++) {
        struct topic *topic = &bench->topics[i];
        for (size_t j = 0; j < topic->count; j++) {
            free((void *)(uintptr_t)topic->records[j].key.data);
            free((void *)(uintptr_t)topic->records[j].value.data);
        }
        free(topic->records);
    }
}

static struct topic *topic_named(struct bench *bench, struct text name)
{
    for (size_t i = 0; i < TOPICS; i++)
        if (text_is(name, bench->topics[i].name))
            return &bench->topics[i];
    return NULL;
}

static void read_log(struct bench *bench, struct log *log)
{
    for (size_t i = 0; i < SERVICES; i++) {
        bench->topics[2 * i].name = follower_commands_topic((enum service_id)i);
        bench->topics[2 * i + 1].name = follower_events_topic((enum service_id)i);
    }
    for (size_t i = 0; i < TOPICS; i++)
        read_topic(log, &bench->topics[i]);
}

/* --- one event again --- */

/* What the event answers, as its writer had it. False: no record, but the clock or the log's begin.
 */
static bool arrival_of(struct bench *bench, struct arrival *ret_arrival)
{
    const struct event_meta *meta = &bench->own_event.meta;
    if (meta->cause_count != 1)
        return false;
    const struct cause_run *run = &meta->cause[0];
    struct topic *topic = topic_named(bench, run->topic);
    if (topic == NULL)
        return false;
    const struct log_record *record = &topic->records[run->last_offset];
    *ret_arrival = (struct arrival){.partition = run->partition,
                                    .offset = run->last_offset,
                                    .key = record->key,
                                    .value = record->value,
                                    .hash = run->cause_hash,
                                    .is_event = run->has_fold};
    memcpy(ret_arrival->topic, run->topic.data, run->topic.size);
    return true;
}

static void read_input(struct bench *bench, const struct arrival *arrival)
{
    struct text key = {(const char *)arrival->key.data, arrival->key.size};
    arena_reset(bench->input_arena);
    bench->input = (struct input){.kind = arrival->is_event ? INPUT_EVENTS : INPUT_COMMAND,
                                  .now_us = bench->own_event.meta.occurred_at};
    if (arrival->is_event) {
        CHECK(event_decode(arrival->value, bench->input_arena, &bench->cause) == OK);
        bench->cause.key = key;
    } else {
        CHECK(command_decode(arrival->value, bench->input_arena, &bench->command) == OK);
        bench->command.key = key;
    }
    writer_make_seed(bench->own_event.meta.incarnation, &bench->place, arrival,
                     bench->input.id_seed);
}

static void decide(struct bench *bench, const struct arrival *arrival)
{
    const struct event *const events[] = {&bench->cause};
    struct source source = {.offset = arrival->offset, .hash = arrival->hash};
    bench->input.command = &bench->command;
    bench->input.events = events;
    bench->input.sources = &source;
    bench->input.events_count = 1;
    memset(&bench->decided, 0, sizeof bench->decided);
    bench->decided.key = arrival->is_event ? bench->cause.key : bench->command.key;
    bench->service->decide(bench->state, &bench->input, bench->input_arena, &bench->decided);
}

/* As the writer hashes it: the record, its input, and once more an input that it follows. */
static void hash(const struct bench *bench, const struct log_record *record,
                 const struct arrival *arrival)
{
    struct hash head = fold_hash(&bench->own_event.meta.prev_hash, record->key, record->value);
    struct hash of_input = fold_record_hash(arrival->key, arrival->value);
    CHECK(memcmp(&of_input, &arrival->hash, sizeof of_input) == 0);
    if (arrival->is_event)
        head = fold_hash(&head, arrival->key, arrival->value);
    CHECK(head.bytes[0] + head.bytes[1] < 512); /* else the compiler may leave it out */
}

static void check(struct bench *bench, const struct log_record *record)
{
    bench->decided.meta = bench->own_event.meta;
    buffer_reset(&bench->encoded);
    event_encode(&bench->decided, &bench->encoded);
    if (!bytes_equal(buffer_bytes(&bench->encoded), record->value) ||
        !text_equal(bench->decided.key, bench->own_event.key)) {
        fprintf(stderr, "%s decides otherwise at offset %lld\n", bench->own->name,
                (long long)record->offset);
        exit(1);
    }
}

static void again(struct bench *bench, const struct log_record *record, unsigned work)
{
    struct arrival arrival;
    arena_reset(bench->event_arena);
    CHECK(event_decode(record->value, bench->event_arena, &bench->own_event) == OK);
    bench->own_event.key = (struct text){(const char *)record->key.data, record->key.size};
    bool has_input =
        (work & ~(unsigned)(WORK_ENCODE | WORK_APPLY)) != 0 && arrival_of(bench, &arrival);
    if ((work & WORK_HASH) != 0 && has_input)
        hash(bench, record, &arrival);
    if ((work & WORK_INPUT) != 0 && has_input)
        read_input(bench, &arrival);
    if ((work & WORK_DECIDE) != 0 && has_input)
        decide(bench, &arrival);
    if ((work & WORK_CHECK) != 0 && has_input)
        check(bench, record);
    if ((work & WORK_ENCODE) != 0) {
        buffer_reset(&bench->encoded);
        event_encode(&bench->own_event, &bench->encoded);
    }
    if ((work & WORK_APPLY) != 0 && bench->own_event.kind != EVENT_WRITER_CLAIMED)
        bench->service->apply(bench->state, &bench->own_event);
}

/* CPU seconds of one pass over the events that are timed. */
static double pass(struct bench *bench, unsigned work)
{
    const struct topic *own = bench->own;
    if ((work & WORK_APPLY) != 0) {
        bench->state = bench->service->state_new(&bench->place);
        for (size_t i = 0; i < bench->first; i++)
            again(bench, &own->records[i], WORK_APPLY);
    }
    double began_s = cpu_s();
    for (size_t i = bench->first; i < own->count; i++)
        again(bench, &own->records[i], work);
    double took_s = cpu_s() - began_s;
    if ((work & WORK_APPLY) != 0)
        bench->service->state_free(bench->state);
    return took_s;
}

/* --- what it comes to --- */

/* Of one service, or of both, in seconds. */
struct stages {
    double decide, encode, apply, decode, hash;
};

static struct stages measure(struct bench *bench)
{
    struct stages stages = {0};
    (void)pass(bench, WORK_INPUT | WORK_DECIDE | WORK_CHECK | WORK_APPLY);
    double read = pass(bench, 0);
    double with_input = pass(bench, WORK_INPUT);
    double with_apply = pass(bench, WORK_APPLY);
    stages.encode = pass(bench, WORK_ENCODE) - read;
    stages.apply = with_apply - read;
    stages.decide =
        pass(bench, WORK_INPUT | WORK_DECIDE | WORK_APPLY) - with_apply - (with_input - read);
    stages.decode = with_input;
    stages.hash = pass(bench, WORK_HASH) - read;
    return stages;
}

static void show(const char *name, const struct stages *stages, size_t orders)
{
    double per_order = 1e6 / (double)orders;
    double core = stages->decide + stages->encode + stages->apply;
    printf("%-8s decide %.2f  encode %.2f  apply %.2f: %.2f us an order, %.0f orders a second; "
           "beside it decode %.2f, hash %.2f\n",
           name, stages->decide * per_order, stages->encode * per_order, stages->apply * per_order,
           core * per_order, (double)orders / core, stages->decode * per_order,
           stages->hash * per_order);
}

static struct stages measure_service(struct bench *bench, enum service_id service, size_t first)
{
    bench->service = venue_service(service);
    bench->own = topic_named(bench, text_of(follower_events_topic(service)));
    bench->place.service = service;
    bench->first = first;
    return measure(bench);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    size_t orders = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    struct flow *flow = flow_new(FLOW_TRADES, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    struct venue *venue = flow_venue(flow);
    size_t first[2];
    int64_t start;
    flow_more(flow, WARM_ORDERS);
    for (size_t i = 0; i < COUNT_OF(first); i++) {
        int64_t end;
        CHECK(log_ends(venue->log, follower_events_topic((enum service_id)i), 0, &start, &end) ==
              OK);
        first[i] = (size_t)end;
    }
    flow_more(flow, orders);
    read_log(&bench, venue->log);
    memcpy(bench.place.partition_counts, venue->partition_counts, sizeof venue->partition_counts);
    bench.input_arena = arena_new(BENCH_ARENA_SIZE);
    bench.event_arena = arena_new(BENCH_ARENA_SIZE);
    buffer_init(&bench.encoded, WIRE_VALUE_SIZE_MAX);
    struct stages accounts = measure_service(&bench, SERVICE_ACCOUNTS, first[SERVICE_ACCOUNTS]);
    struct stages books = measure_service(&bench, SERVICE_ORDERS, first[SERVICE_ORDERS]);
    struct stages both = {accounts.decide + books.decide, accounts.encode + books.encode,
                          accounts.apply + books.apply, accounts.decode + books.decode,
                          accounts.hash + books.hash};
    show("accounts", &accounts, orders);
    show("orders", &books, orders);
    show("both", &both, orders);
    buffer_free(&bench.encoded);
    arena_free(bench.input_arena);
    arena_free(bench.event_arena);
    free_log(&bench);
    flow_free(flow);
    return 0;
}
