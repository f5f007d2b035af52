/* How fast a partition comes back: a log made by the real services (replay_flow.h), then, for
 * accounts and for orders: the whole log replayed, a snapshot taken, a start from a snapshot with
 * SNAPSHOT_EVERY records behind it, and the memory an open order takes.
 *
 * Usage    replay_bench [open orders [seed]]; 1,000,000 and 1 where left out. BOURSE_TEST_PG, a
 *          libpq connection string: the snapshot's rows are stored and loaded, too.
 * Times are CPU seconds of one thread, so that others on the machine count less; with Postgres they
 * are by the wall. Fails where what was replayed and what was restored have different hashes.
 */
#include "books.h"
#include "orders/state.h"
#include "projection/snapshot.h"
#include "projection/tables.h"
#include "replay_flow.h"
#include "seal/seal.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TAIL_COMMANDS = 50000, MEGABYTE = 1000000 };

struct measured {
    size_t events, open_before, open;
    double replay_s, snapshot_s, restart_s;
    size_t heap; /* bytes that the replayed state takes */
    size_t snapshot_size;
    double store_s, load_s;
};

static double seconds(clockid_t clock)
{
    struct timespec now;
    CHECK(clock_gettime(clock, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    return seconds(CLOCK_THREAD_CPUTIME_ID);
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static int64_t stopped_clock(void *context)
{
    return ((const struct venue *)context)->clock_us;
}

static struct writer *new_writer(struct venue *venue, enum service_id service)
{
    const struct writer_world world = {
        .log = venue->log, .clock_us = stopped_clock, .context = venue};
    return writer_new(venue_service(service), 0, &world);
}

static void recover(struct writer *writer, struct bytes snapshot)
{
    enum err err = writer_recover(writer, snapshot);
    if (err != OK)
        fprintf(stderr, "%s: %s\n", err_name(err), writer_problem(writer));
    CHECK(err == OK);
}

static struct hash replay(struct venue *venue, enum service_id service, struct measured *measured)
{
    struct buffer snapshot;
    struct writer *writer = new_writer(venue, service);
    size_t heap = heap_bytes();
    double begin_s = cpu_s();
    recover(writer, (struct bytes){0});
    measured->replay_s = cpu_s() - begin_s;
    measured->heap = heap_bytes() - heap;
    measured->events = (size_t)writer_offset(writer);
    buffer_init(&snapshot, SNAPSHOT_SIZE_MAX);
    begin_s = cpu_s();
    writer_snapshot(writer, &snapshot);
    measured->snapshot_s = cpu_s() - begin_s;
    measured->snapshot_size = snapshot.size;
    CHECK(buffer_ok(&snapshot));
    buffer_free(&snapshot);
    struct hash hash = writer_state_hash(writer);
    writer_free(writer);
    return hash;
}

static struct hash restart(struct venue *venue, enum service_id service, struct bytes snapshot,
                           struct measured *measured)
{
    struct writer *writer = new_writer(venue, service);
    double begin_s = cpu_s();
    recover(writer, snapshot);
    measured->restart_s = cpu_s() - begin_s;
    struct hash hash = writer_state_hash(writer);
    writer_free(writer);
    return hash;
}

/* As rows of a table, and back. */
static void keep(const char *pg, enum service_id service, struct bytes snapshot,
                 struct measured *measured)
{
    struct db *db = db_new(pg, 60000);
    struct buffer loaded;
    int64_t offset = 0;
    CHECK(db_connect(db) == OK && tables_create(db) == OK);
    double begin_s = seconds(CLOCK_MONOTONIC);
    CHECK(snapshot_store(db, service, 0, 1, snapshot) == OK);
    measured->store_s = seconds(CLOCK_MONOTONIC) - begin_s;
    buffer_init(&loaded, SNAPSHOT_SIZE_MAX);
    begin_s = seconds(CLOCK_MONOTONIC);
    CHECK(snapshot_load(db, service, 0, INT64_MAX, &loaded, &offset) == OK);
    measured->load_s = seconds(CLOCK_MONOTONIC) - begin_s;
    CHECK(bytes_equal(buffer_bytes(&loaded), snapshot));
    buffer_free(&loaded);
    db_free(db);
}

static void show(enum service_id service, const struct measured *measured, bool kept)
{
    double open = (double)measured->open;
    printf("%s: %zu open orders, %zu events\n", service_name(service), measured->open,
           measured->events);
    printf("  replay    %6.2f s, %.0f events/s\n", measured->replay_s,
           (double)measured->events / measured->replay_s);
    printf("  snapshot  %6.2f s, %zu MB\n", measured->snapshot_s,
           measured->snapshot_size / MEGABYTE);
    printf("  restart   %6.2f s, from a snapshot of %zu open orders and what came after\n",
           measured->restart_s, measured->open_before);
    if (kept)
        printf("  Postgres  %6.2f s to store, %.2f s to load\n", measured->store_s,
               measured->load_s);
    printf("  memory    %6.0f bytes an open order\n", (double)measured->heap / open);
}

static void take_snapshot(struct venue *venue, enum service_id service, struct buffer *ret_snapshot)
{
    buffer_init(ret_snapshot, SNAPSHOT_SIZE_MAX);
    writer_snapshot(venue->seats[service][0].writer, ret_snapshot);
    writer_hash_snapshot(ret_snapshot);
    CHECK(buffer_ok(ret_snapshot));
}

/* So that what they hold is not counted, and its memory is not at hand. */
static void stop_writers(struct venue *venue)
{
    for (int service = 0; service < SERVICES; service++) {
        writer_free(venue->seats[service][0].writer);
        venue->seats[service][0].writer = NULL;
    }
}

struct job {
    struct venue *venue;
    struct buffer *snapshots; /* by service */
    size_t open_before, open;
};

/* On a thread of its own, as a partition is in its process: with a heap that nobody used before. */
static void *measure(void *argument)
{
    static const enum service_id MEASURED[] = {SERVICE_ORDERS, SERVICE_ACCOUNTS};
    struct job *job = argument;
    struct measured measured = {.open_before = job->open_before, .open = job->open};
    const char *pg = getenv("BOURSE_TEST_PG");
    for (size_t i = 0; i < COUNT_OF(MEASURED); i++) {
        enum service_id service = MEASURED[i];
        struct bytes snapshot = buffer_bytes(&job->snapshots[service]);
        struct hash replayed = replay(job->venue, service, &measured);
        struct hash restored = restart(job->venue, service, snapshot, &measured);
        CHECK(memcmp(&replayed, &restored, sizeof replayed) == 0);
        if (pg != NULL)
            keep(pg, service, snapshot, &measured);
        show(service, &measured, pg != NULL);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    size_t open = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    CHECK(seal_init() == OK); /* which finds the fastest hash for this machine */
    struct flow *flow = flow_new(FLOW_RESTS, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    struct buffer snapshots[SERVICES] = {0};
    struct job job = {.venue = flow_venue(flow), .snapshots = snapshots};
    pthread_t thread;
    flow_until_open(flow, open);
    job.open_before = venue_open_count(job.venue);
    take_snapshot(job.venue, SERVICE_ORDERS, &snapshots[SERVICE_ORDERS]);
    take_snapshot(job.venue, SERVICE_ACCOUNTS, &snapshots[SERVICE_ACCOUNTS]);
    flow_more(flow, open < TAIL_COMMANDS ? open : TAIL_COMMANDS);
    job.open = venue_open_count(job.venue);
    stop_writers(job.venue);
    CHECK(pthread_create(&thread, NULL, measure, &job) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    for (int i = 0; i < SERVICES; i++)
        buffer_free(&snapshots[i]);
    flow_free(flow);
    return EXIT_SUCCESS;
}
