#include "service/partition.h"

#include "base/crash.h"
#include "eventlog/pace.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "projection/snapshot.h"
#include "seal/seal.h"
#include "service/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    STEP_TIMEOUT_MS = 100,
    CLAIM_TIMEOUT_MS = 30000,
    RETRY_US = 500000,
    ASK_US = 1000000,                       /* the database what was projected, when it is away */
    STOP_WAIT_US = 3000000,                 /* for what was appended to be read back */
    SNAPSHOT_EVERY = BOURSE_SNAPSHOT_EVERY, /* records of the own partition, or more (due_after) */
    SNAPSHOT_CHEAP = 16 << 20,              /* bytes */
    DB_TIMEOUT_MS = 30000,
};

struct partition {
    const struct service *service;
    int32_t number;
    struct partition_world world;
    char attempts_path[512];
    pthread_t thread;
    atomic_bool stop, owner;
    _Atomic enum err failure;
    struct writer *writer;
    struct clock clock;
    struct landmark projected;
    /* Of comparing the log with that (R5). ERR_BUSY: still to be done, for the database was away;
     * ERR_LOG: it does not fit, and the problem says how. */
    _Atomic enum err ground;
    char ground_problem[LANDMARK_PROBLEM_SIZE];
    int64_t ask_at_us;       /* by clock_boot_us() */
    int64_t snapshot_offset; /* of the newest one kept, or tried */
    size_t snapshot_size;
    pthread_t aside; /* stores that one, or asks the database; joined before the next */
    bool has_aside;
    atomic_bool is_aside; /* at work */
    struct metrics_counter *events;
    struct metrics_gauge *offset;
};

static int64_t clock_us(void *context)
{
    return clock_now_us(&((struct partition *)context)->clock);
}

static bool stopping(void *context)
{
    return atomic_load_explicit(&((struct partition *)context)->stop, memory_order_relaxed);
}

static void random_bytes(void *context, void *ret_data, size_t size)
{
    (void)context;
    seal_random(ret_data, size);
}

static void rest_us(int64_t us)
{
    struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    if (us > 0)
        nanosleep(&time, NULL);
}

/* Says what went wrong, once, where it is handled. */
static void report(const struct partition *partition, const char *event, enum err err)
{
    bool fits = atomic_load(&partition->ground) != ERR_LOG;
    log_error(
        event, LOG_I64("partition", partition->number), LOG_ERR(err),
        LOG_STR("problem", fits ? writer_problem(partition->writer) : partition->ground_problem));
}

static struct db *snapshots_open(const struct partition *partition)
{
    struct db *db = NULL;
    if (partition->world.pg != NULL && (db = db_new(partition->world.pg, DB_TIMEOUT_MS)) != NULL &&
        db_connect(db) != OK) {
        log_warn("snapshot.database_away", LOG_I64("partition", partition->number),
                 LOG_STR("error_text", db_error_text(db)));
        db_free(db);
        db = NULL;
    }
    return db;
}

/* A snapshot on its way to the database. */
struct stored {
    struct partition *partition;
    int64_t next_offset;
    struct buffer bytes;
};

/* Runs beside the partition: to hash takes as long as to make the bytes, to store many times that.
 */
static void *snapshot_store_beside(void *argument)
{
    struct stored *stored = argument;
    struct partition *partition = stored->partition;
    struct db *db = snapshots_open(partition);
    writer_hash_snapshot(&stored->bytes);
    CRASH_POINT("before_snapshot");
    enum err err = !buffer_ok(&stored->bytes) ? ERR_FULL : OK;
    if (err == OK && db != NULL)
        err = snapshot_store(db, partition->service->id, partition->number, stored->next_offset,
                             buffer_bytes(&stored->bytes));
    if (err != OK)
        log_warn("snapshot.not_stored", LOG_I64("partition", partition->number), LOG_ERR(err),
                 LOG_STR("error_text", db == NULL ? "" : db_error_text(db)));
    else if (db != NULL)
        log_info("snapshot.stored", LOG_I64("partition", partition->number),
                 LOG_I64("next_offset", stored->next_offset), LOG_U64("bytes", stored->bytes.size));
    buffer_free(&stored->bytes);
    db_free(db);
    free(stored);
    atomic_store(&partition->is_aside, false);
    return NULL;
}

static void join_aside(struct partition *partition)
{
    if (partition->has_aside)
        pthread_join(partition->aside, NULL);
    partition->has_aside = false;
}

/* `work` ends with is_aside set to false. */
static void start_aside(struct partition *partition, void *(*work)(void *), void *argument)
{
    join_aside(partition);
    atomic_store(&partition->is_aside, true);
    partition->has_aside = true;
    CHECK(pthread_create(&partition->aside, NULL, work, argument) == 0);
}

static void snapshot_take(struct partition *partition)
{
    partition->snapshot_offset = writer_offset(partition->writer); /* where it fails, not at once */
    if (partition->world.pg == NULL)
        return;
    struct stored *stored = calloc(1, sizeof *stored);
    CHECK(stored != NULL);
    stored->partition = partition;
    stored->next_offset = partition->snapshot_offset;
    buffer_init(&stored->bytes, SNAPSHOT_SIZE_MAX);
    writer_snapshot(partition->writer, &stored->bytes);
    partition->snapshot_size = stored->bytes.size;
    start_aside(partition, snapshot_store_beside, stored);
}

/* A new writer, recovered from a snapshot, or where that is empty from the whole log. */
static enum err recover_from(struct partition *partition, struct bytes snapshot)
{
    struct writer_world world = {
        .log = partition->world.log,
        .projected = partition->projected,
        .clock_us = clock_us,
        .random = random_bytes,
        .stopping = stopping,
        .context = partition,
        .attempts_path = partition->world.state_dir == NULL ? NULL : partition->attempts_path,
    };
    writer_free(partition->writer);
    partition->writer = writer_new(partition->service, partition->number, &world);
    return writer_recover(partition->writer, snapshot);
}

/* R7: the database has a clock, too. Where it does not answer it is not asked. ERR_CONFIG: one of
 * the two is wrong. */
static enum err check_clock(struct partition *partition, struct db *db)
{
    AUTO_DB_RESULT found = {0};
    int64_t before_us = clock_us(partition);
    if (db == NULL ||
        db_query(db, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
                 DB_NO_PARAMS, &found) != OK)
        return OK;
    int64_t apart_us = clock_apart_us(before_us, db_get_int(&found, 0, 0), clock_us(partition));
    if (!clock_is_wrong(apart_us))
        return OK;
    log_error("partition.clock_apart", LOG_I64("partition", partition->number),
              LOG_I64("apart_ms", apart_us / 1000),
              LOG_STR("problem", "the clock here and the database's are so far apart that nothing "
                                 "is decided: set them right"));
    return ERR_CONFIG;
}

/* --- what the projection has read --- */

/* An error: the database is away, or has no tables yet. */
static enum err find_projected(const struct partition *partition, struct db *db,
                               struct landmark *ret_projected)
{
    enum err err = snapshot_projected(db, partition->service->id, partition->number,
                                      &ret_projected->offset, &ret_projected->hash);
    ret_projected->known = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

static void ask_before_recovering(struct partition *partition, struct db *db)
{
    bool is_known = db != NULL && find_projected(partition, db, &partition->projected) == OK;
    if (!is_known)
        partition->projected.known = false;
    atomic_store(&partition->ground, is_known || partition->world.pg == NULL ? OK : ERR_BUSY);
}

/* Runs beside the partition, which goes on meanwhile: to connect may take long. */
static void *ask_beside(void *argument)
{
    struct partition *partition = argument;
    struct landmark projected = {.known = false};
    struct db *db = db_new(partition->world.pg, DB_TIMEOUT_MS);
    enum err err = db_connect(db);
    if (err == OK)
        err = find_projected(partition, db, &projected);
    if (err == OK)
        err = landmark_compare(&projected, partition->world.log, partition->service->id,
                               partition->number, partition->ground_problem);
    db_free(db);
    if (err == OK)
        log_info("partition.compared", LOG_I64("partition", partition->number),
                 LOG_I64("projected_offset", projected.known ? projected.offset : -1));
    if (err == OK || err == ERR_LOG)
        atomic_store(&partition->ground, err);
    atomic_store(&partition->is_aside, false);
    return NULL;
}

/* Makes up for the comparison, where the database was away when the partition was recovered. */
static enum err look_at_ground(struct partition *partition)
{
    enum err ground = atomic_load(&partition->ground);
    if (ground != ERR_BUSY)
        return ground;
    int64_t now_us = clock_boot_us();
    if (now_us >= partition->ask_at_us && !atomic_load(&partition->is_aside)) {
        partition->ask_at_us = now_us + ASK_US;
        start_aside(partition, ask_beside, partition);
    }
    return OK;
}

/* --- taking over --- */

/* Recovers from the newest snapshot that fits, else from the whole log; loudly past a bad one. */
static enum err recover(struct partition *partition)
{
    struct db *db = snapshots_open(partition);
    int64_t before = INT64_MAX;
    enum err err = ERR_POISON, found = db == NULL ? ERR_NOT_FOUND : OK;
    ask_before_recovering(partition, db);
    while (err == ERR_POISON && (found == OK || found == ERR_POISON) && !stopping(partition)) {
        struct buffer bytes;
        buffer_init(&bytes, SNAPSHOT_SIZE_MAX);
        found =
            snapshot_load(db, partition->service->id, partition->number, before, &bytes, &before);
        if (found == OK)
            err = recover_from(partition, buffer_bytes(&bytes));
        partition->snapshot_size = bytes.size;
        buffer_free(&bytes);
        if (found == ERR_POISON || (found == OK && err == ERR_POISON))
            log_warn("snapshot.passed_over", LOG_I64("partition", partition->number),
                     LOG_I64("next_offset", before));
    }
    if (err == ERR_POISON)
        err = recover_from(partition, (struct bytes){0});
    if (err == OK)
        err = check_clock(partition, db);
    db_free(db);
    if (err == OK && found == OK)
        partition->snapshot_offset = before;
    return err;
}

/* Becomes the owner, however often it takes. False: stopped, or failed. */
static bool take_over(struct partition *partition)
{
    while (!stopping(partition)) {
        clock_start(&partition->clock);
        enum err err = recover(partition);
        CRASH_POINT("before_claim");
        if (err == OK)
            err = writer_claim(partition->writer, CLAIM_TIMEOUT_MS);
        if (err == OK)
            return true;
        if (stopping(partition))
            break;
        report(partition, "partition.not_taken", err);
        if (err_disposition(err) == ERR_LEAVE && err != ERR_FENCED) {
            atomic_store(&partition->failure, err);
            return false;
        }
        rest_us(RETRY_US); /* another was first, or the broker is away: look again */
    }
    return false;
}

/* Records behind the last snapshot, from which on the next is due. A snapshot costs by the size of
 * the state, replaying what is behind it by the record: a large state is kept more seldom, so that
 * each record pays for a bounded share of it. */
static int64_t due_after(const struct partition *partition)
{
    int64_t cheap = 1 + (int64_t)partition->snapshot_size / SNAPSHOT_CHEAP;
    return SNAPSHOT_EVERY * cheap;
}

/* Takes one where it is due, everything is read back and the one before is stored; where load never
 * lets it come to that, holds back what comes in (R15). */
static void maybe_snapshot(struct partition *partition)
{
    int64_t due = due_after(partition);
    int64_t behind = writer_offset(partition->writer) - partition->snapshot_offset;
    bool settled = writer_settled(partition->writer);
    bool storing = atomic_load(&partition->is_aside);
    if (behind >= due && settled && !storing)
        snapshot_take(partition);
    writer_drain(partition->writer, behind >= due + due / 2 && !settled && !storing);
}

/* One round. ERR_CONFIG: the clock has jumped; what was decided before had the right time. */
static enum err step(struct partition *partition, struct pace *pace)
{
    size_t decided = 0;
    enum err err = writer_step(partition->writer, STEP_TIMEOUT_MS, &decided);
    if (err != OK)
        return err;
    metrics_counter_add(partition->events, decided);
    metrics_gauge_set(partition->offset, writer_offset(partition->writer));
    if (partition->clock.jump_us != 0) {
        log_error("partition.clock_jumped", LOG_I64("partition", partition->number),
                  LOG_I64("jump_ms", partition->clock.jump_us / 1000),
                  LOG_STR("problem", "the wall clock was set while this process ran: it ends, and "
                                     "decides again once the clock agrees with the broker's"));
        return ERR_CONFIG;
    }
    pace_rest(pace, decided);
    return OK;
}

static enum err work(struct partition *partition)
{
    struct pace pace = {0};
    enum err err = OK;
    while (err == OK && !stopping(partition)) {
        err = step(partition, &pace);
        if (err == OK)
            err = look_at_ground(partition);
        if (err == OK)
            maybe_snapshot(partition);
    }
    int64_t leave_us = clock_boot_us() + STOP_WAIT_US;
    writer_drain(partition->writer, true);
    while (err == OK && !writer_settled(partition->writer) && clock_boot_us() < leave_us)
        err = step(partition, &pace);
    return err;
}

static void *run(void *argument)
{
    struct partition *partition = argument;
    if (take_over(partition)) {
        log_info("partition.owned", LOG_I64("partition", partition->number),
                 LOG_I64("next_offset", writer_offset(partition->writer)));
        atomic_store(&partition->owner, true);
        enum err err = work(partition);
        atomic_store(&partition->owner, false);
        if (err != OK) {
            report(partition, "partition.failed", err);
            atomic_store(&partition->failure, err);
        }
    }
    join_aside(partition);
    writer_free(partition->writer);
    return NULL;
}

struct partition *partition_start(const struct service *service, int32_t number,
                                  const struct partition_world *world)
{
    struct partition *partition = calloc(1, sizeof *partition);
    char label[16];
    CHECK(partition != NULL);
    partition->service = service;
    partition->number = number;
    partition->world = *world;
    snprintf(partition->attempts_path, sizeof partition->attempts_path, "%s/%s-%d.attempts",
             world->state_dir == NULL ? "" : world->state_dir, service_name(service->id), number);
    snprintf(label, sizeof label, "%d", number);
    partition->events = metrics_counter("bourse_events_total", "Events decided and appended.",
                                        METRICS_LABELS({"partition", label}));
    partition->offset =
        metrics_gauge("bourse_partition_next_offset", "Own records read back up to here.",
                      METRICS_LABELS({"partition", label}));
    CHECK(pthread_create(&partition->thread, NULL, run, partition) == 0);
    return partition;
}

void partition_ask_to_stop(struct partition *partition)
{
    atomic_store(&partition->stop, true);
}

void partition_stop(struct partition *partition)
{
    if (partition == NULL)
        return;
    partition_ask_to_stop(partition);
    pthread_join(partition->thread, NULL);
    free(partition);
}

int32_t partition_number(const struct partition *partition)
{
    return partition->number;
}

bool partition_is_owner(const struct partition *partition)
{
    return atomic_load(&partition->owner);
}

enum err partition_failure(const struct partition *partition)
{
    return atomic_load(&partition->failure);
}
