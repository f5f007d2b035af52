#include "eventlog/follower.h"

#include "base/seeded_bug.h"
#include "eventlog/headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTITIONS_MAX = SERVICES * 64, ARENA_SIZE = 64 << 20 };

/* A partition being read. */
struct lane {
    char topic[48];
    int32_t partition;
    bool is_events;
    bool believing; /* the next record is taken for valid: the fold begins before it */
    bool checking;  /* the next record is the one already answered: its hash is to be compared */
    struct hash expected;
    int64_t next_offset; /* of the record to come: none is ever passed over */
    struct fold fold;
};

struct follower {
    struct log *log;
    struct log_reader *reader;
    struct arena *arena;
    struct event event;
    char problem[512];
    size_t lanes_count;
    struct lane *lanes[PARTITIONS_MAX];
};

#define EVENTS_ROW(id, name)   [id] = "bourse." name ".events",
#define COMMANDS_ROW(id, name) [id] = "bourse." name ".commands",
static const char *const EVENTS_TOPICS[SERVICES] = {SERVICES_MAP(EVENTS_ROW)};
static const char *const COMMANDS_TOPICS[SERVICES] = {SERVICES_MAP(COMMANDS_ROW)};
#undef EVENTS_ROW
#undef COMMANDS_ROW

const char *follower_events_topic(enum service_id service)
{
    return EVENTS_TOPICS[service];
}

const char *follower_commands_topic(enum service_id service)
{
    return COMMANDS_TOPICS[service];
}

enum err follower_topic_service(struct text topic, enum service_id *ret_service)
{
    for (int i = 0; i < SERVICES; i++) {
        if (text_is(topic, EVENTS_TOPICS[i])) {
            *ret_service = (enum service_id)i;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

struct follower *follower_open(struct log *log, enum log_pace pace)
{
    struct follower *follower = calloc(1, sizeof *follower);
    CHECK(follower != NULL);
    follower->log = log;
    follower->reader = log_reader_open(log, pace);
    follower->arena = arena_new(ARENA_SIZE);
    return follower;
}

void follower_close(struct follower *follower)
{
    if (follower == NULL)
        return;
    log_reader_close(follower->reader);
    for (size_t i = 0; i < follower->lanes_count; i++) {
        fold_free(&follower->lanes[i]->fold);
        free(follower->lanes[i]);
    }
    arena_free(follower->arena);
    free(follower);
}

const char *follower_problem(const struct follower *follower)
{
    return follower->problem;
}

static enum err problem(struct follower *follower, const struct lane *lane, int64_t offset,
                        const char *what)
{
    snprintf(follower->problem, sizeof follower->problem, "%s/%d at offset %lld: %s", lane->topic,
             lane->partition, (long long)offset, what);
    return ERR_LOG;
}

static struct lane *find_lane(const struct follower *follower, struct text topic, int32_t partition)
{
    for (size_t i = 0; i < follower->lanes_count; i++) {
        struct lane *lane = follower->lanes[i];
        if (lane->partition == partition && text_is(topic, lane->topic))
            return lane;
    }
    return NULL;
}

struct fold *follower_fold(struct follower *follower, enum service_id service, int32_t partition)
{
    struct lane *lane = find_lane(follower, text_of(EVENTS_TOPICS[service]), partition);
    CHECK(lane != NULL && lane->is_events);
    return &lane->fold;
}

static struct lane *add_lane(struct follower *follower, const char *topic, int32_t partition)
{
    CHECK(follower->lanes_count < PARTITIONS_MAX);
    CHECK(find_lane(follower, text_of(topic), partition) == NULL);
    struct lane *lane = calloc(1, sizeof *lane);
    CHECK(lane != NULL);
    snprintf(lane->topic, sizeof lane->topic, "%s", topic);
    lane->partition = partition;
    follower->lanes[follower->lanes_count++] = lane;
    return lane;
}

/* Starts to read a lane at `offset`. */
static enum err assign(struct follower *follower, struct lane *lane, int64_t offset)
{
    const char *why = NULL;
    lane->next_offset = offset;
    enum err err = log_reader_assign(follower->reader, lane->topic, lane->partition, offset, &why);
    return err == ERR_LOG ? problem(follower, lane, offset, why) : err;
}

/* Starts to read at the record answered last, to see that it is still the one it was; where
 * retention has taken it, behind it. */
static enum err assign_behind(struct follower *follower, struct lane *lane,
                              const struct fold_source *source)
{
    int64_t start = 0, end = 0;
    enum err err = log_ends(follower->log, lane->topic, lane->partition, &start, &end);
    if (err != OK)
        return err;
    if (source == NULL) {
        if (start > 0)
            return problem(follower, lane, start, "records were deleted before they were read");
        return assign(follower, lane, 0);
    }
    if (source->offset >= end && !SEEDED_BUG(GROUND_UNCHECKED))
        return problem(follower, lane, end,
                       "the log ends before the position reached: it was truncated, recreated or "
                       "restored from an older backup");
    if (source->offset + 1 < start)
        return problem(follower, lane, start, "records were deleted before they were read");
    lane->checking = source->offset >= start && !SEEDED_BUG(GROUND_UNCHECKED);
    lane->expected = source->hash;
    return assign(follower, lane, source->offset + (lane->checking ? 0 : 1));
}

enum err follower_begin(struct follower *follower, enum service_id service, int32_t partition)
{
    struct lane *lane = add_lane(follower, EVENTS_TOPICS[service], partition);
    lane->is_events = true;
    fold_init(&lane->fold, service, partition);
    return assign(follower, lane, 0);
}

enum err follower_resume(struct follower *follower, enum service_id service,
                         struct uuid incarnation, const struct fold_source *source)
{
    CHECK(source->has_fold);
    struct lane *lane = add_lane(follower, EVENTS_TOPICS[service], source->partition);
    lane->is_events = true;
    fold_init(&lane->fold, service, source->partition);
    fold_resume(&lane->fold, incarnation, source->offset + 1, &source->fold);
    return assign_behind(follower, lane, source);
}

enum err follower_rejoin(struct follower *follower, enum service_id service, int32_t partition,
                         int64_t offset)
{
    if (offset <= 0)
        return follower_begin(follower, service, partition);
    struct lane *lane = add_lane(follower, EVENTS_TOPICS[service], partition);
    lane->is_events = lane->believing = true;
    fold_init(&lane->fold, service, partition);
    return assign(follower, lane, offset);
}

enum err follower_commands(struct follower *follower, enum service_id service, int32_t partition,
                           const struct fold_source *source)
{
    struct lane *lane = add_lane(follower, COMMANDS_TOPICS[service], partition);
    return assign_behind(follower, lane, source);
}

static void pause_lane(struct follower *follower, const struct lane *lane, bool pause)
{
    log_reader_pause(follower->reader, lane->topic, lane->partition, pause);
}

void follower_pause_commands(struct follower *follower, bool pause)
{
    for (size_t i = 0; i < follower->lanes_count; i++) {
        if (!follower->lanes[i]->is_events)
            pause_lane(follower, follower->lanes[i], pause);
    }
}

void follower_pause_events(struct follower *follower, const struct fold *but, bool pause)
{
    for (size_t i = 0; i < follower->lanes_count; i++) {
        const struct lane *lane = follower->lanes[i];
        if (lane->is_events && &lane->fold != but)
            pause_lane(follower, lane, pause);
    }
}

/* The record that was answered last: still the same one? */
static enum err check_ground(struct follower *follower, struct lane *lane,
                             const struct log_record *record)
{
    lane->checking = false;
    struct hash hash = fold_record_hash(record->key, record->value);
    if (memcmp(&hash, &lane->expected, sizeof hash) == 0)
        return OK;
    return problem(follower, lane, record->offset,
                   "another record stands where one was answered: the topic was recreated, "
                   "rewritten or restored");
}

/* Sets the fold on where it stood before the record, as the record says. */
static enum err believe(struct follower *follower, struct lane *lane,
                        const struct log_record *record)
{
    struct event_rest rest;
    lane->believing = false;
    if (event_decode_meta(record->value, follower->arena, &follower->event, &rest) != OK)
        return problem(follower, lane, record->offset, "no event of ours stands there");
    const struct event_meta *meta = &follower->event.meta;
    bool claims = follower->event.kind == EVENT_WRITER_CLAIMED;
    fold_resume(&lane->fold, meta->incarnation, record->offset,
                &(struct fold_state){.epoch = meta->epoch - claims,
                                     .nonce = meta->nonce,
                                     .wseq = meta->wseq - !claims,
                                     .head = meta->prev_hash});
    return OK;
}

static enum err fold_record(struct follower *follower, struct lane *lane, struct followed *followed)
{
    enum err err = lane->believing ? believe(follower, lane, &followed->record) : OK;
    if (err != OK)
        return err;
    followed->verdict =
        fold_step(&lane->fold, &followed->record, follower->arena, &follower->event);
    if (followed->verdict == FOLD_STOP)
        return problem(follower, lane, followed->record.offset, lane->fold.reason);
    followed->fold = &lane->fold;
    followed->event = lane->fold.readable ? &follower->event : NULL;
    return OK;
}

/* Our topics are neither compacted nor written in transactions, so each offset has its record. One
 * that is not handed out was damaged where no checksum covers it, and a client library takes the
 * batch for one that it has had. Going on would lose what was acknowledged. */
static enum err check_next(struct follower *follower, struct lane *lane, int64_t offset)
{
    if (offset != lane->next_offset)
        return problem(follower, lane, lane->next_offset,
                       "the record was not handed out, but another was");
    lane->next_offset++;
    return OK;
}

/* The next record as it stands in the log, and the lane it came by. */
static enum err read_record(struct follower *follower, int timeout_ms, struct log_record *ret,
                            struct lane **ret_lane)
{
    const char *why = NULL;
    enum err err = log_reader_poll(follower->reader, timeout_ms, ret, &why);
    if (err == ERR_LOG)
        snprintf(follower->problem, sizeof follower->problem, "%s", why);
    if (err != OK)
        return err;
    *ret_lane = find_lane(follower, ret->topic, ret->partition);
    CHECK(*ret_lane != NULL);
    return check_next(follower, *ret_lane, ret->offset);
}

enum err follower_poll(struct follower *follower, int timeout_ms, struct followed *ret_followed)
{
    struct lane *lane = NULL;
    enum err err;
    arena_reset(follower->arena);
    *ret_followed = (struct followed){.verdict = FOLD_VALID, .arena = follower->arena};
    while ((err = read_record(follower, timeout_ms, &ret_followed->record, &lane)) == OK) {
        if (!lane->checking)
            return lane->is_events ? fold_record(follower, lane, ret_followed) : OK;
        err = check_ground(follower, lane, &ret_followed->record); /* known: not handed out */
        if (err != OK)
            return err;
    }
    return err;
}
