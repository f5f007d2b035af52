#include "cli/events.h"

#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 200, SILENT_POLLS_MAX = 150 };

/* A partition, and the record of it that comes next. */
struct lane {
    struct follower *follower; /* NULL: it is not asked for */
    int64_t end;
    int64_t released; /* all before it have been shown, or were not asked for */
    bool ended;       /* nothing more of it is asked for */
    bool has_head;
    struct followed head;
};

struct replay {
    struct log *log;
    const struct events_query *query;
    struct lane *lanes[SERVICES];
    int32_t counts[SERVICES];
    char *problem;
};

void events_query_init(struct events_query *query)
{
    *query = (struct events_query){
        .only_partition = -1, .to = {EVENTS_AT_END, 0}, .count_max = INT64_MAX};
}

bool events_before(const struct events_edge *edge, int64_t end, const struct followed *followed)
{
    switch (edge->kind) {
    case EVENTS_FROM_START: return false;
    case EVENTS_AT_OFFSET: return followed->record.offset < edge->at;
    case EVENTS_AT_TIME: return followed->fold->occurred_at < edge->at;
    case EVENTS_AT_END: return followed->record.offset < end;
    case EVENTS_NEVER: return true;
    }
    CHECK(edge->kind <= EVENTS_NEVER);
    return false;
}

static bool is_of_a_type(const struct events_query *query, const struct event *event)
{
    for (size_t i = 0; i < query->types_count; i++) {
        if (event != NULL && query->types[i] == event_message(event))
            return true;
    }
    return query->types_count == 0;
}

bool events_wanted(const struct events_query *query, const struct followed *followed)
{
    const struct event *event = followed->event;
    struct bytes key = followed->record.key;
    if (followed->verdict == FOLD_INERT && !query->all)
        return false;
    if (query->has_key && !text_equal(query->key, (struct text){(const char *)key.data, key.size}))
        return false;
    if (query->has_command && (event == NULL || !event->meta.has_command_id ||
                               !uuid_equal(event->meta.command_id, query->command_id)))
        return false;
    return is_of_a_type(query, event);
}

/* --- the partitions --- */

static enum err fail(struct replay *replay, enum service_id service, int32_t partition,
                     enum err err)
{
    const char *topic = follower_events_topic(service);
    const char *why = err == ERR_NOT_FOUND                    ? "there is none"
                      : err == ERR_BUSY || err == ERR_TIMEOUT ? "the broker does not answer"
                                                              : err_text(err);
    if (replay->problem[0] != '\0')
        return err;
    if (partition < 0)
        snprintf(replay->problem, EVENTS_PROBLEM_SIZE, "cannot read %s: %s", topic, why);
    else
        snprintf(replay->problem, EVENTS_PROBLEM_SIZE, "cannot read %s/%d: %s", topic, partition,
                 why);
    return err;
}

static enum err open_lane(struct replay *replay, enum service_id service, int32_t partition)
{
    struct lane *lane = &replay->lanes[service][partition];
    int64_t start = 0;
    enum err err =
        log_ends(replay->log, follower_events_topic(service), partition, &start, &lane->end);
    if (err != OK)
        return err;
    lane->ended = lane->end == 0;
    lane->follower = follower_open(replay->log, LOG_GATHERING);
    return follower_begin(lane->follower, service, partition);
}

static enum err open_service(struct replay *replay, enum service_id service)
{
    int32_t count = 0;
    enum err err = log_partition_count(replay->log, follower_events_topic(service), &count);
    if (err != OK || count > EVENTS_PARTITIONS_MAX)
        return fail(replay, service, -1, err == OK ? ERR_RANGE : err);
    if (replay->query->only_partition >= count)
        return fail(replay, service, replay->query->only_partition, ERR_NOT_FOUND);
    replay->lanes[service] = calloc((size_t)count, sizeof *replay->lanes[service]);
    CHECK(replay->lanes[service] != NULL);
    replay->counts[service] = count;
    for (int32_t p = 0; p < count && err == OK; p++) {
        if (replay->query->only_partition >= 0 && replay->query->only_partition != p)
            continue;
        err = open_lane(replay, service, p);
        if (err != OK)
            return fail(replay, service, p, err);
    }
    return OK;
}

static void close_all(struct replay *replay)
{
    for (int s = 0; s < SERVICES; s++) {
        for (int32_t p = 0; p < replay->counts[s]; p++)
            follower_close(replay->lanes[s][p].follower);
        free(replay->lanes[s]);
    }
}

/* --- what comes next --- */

/* Reads the next record of a partition, where there is another in the range. */
static enum err fill(struct replay *replay, enum service_id service, int32_t partition)
{
    struct lane *lane = &replay->lanes[service][partition];
    enum err err = ERR_TIMEOUT;
    if (lane->follower == NULL || lane->ended || lane->has_head)
        return OK;
    for (int i = 0; (err == ERR_TIMEOUT || err == ERR_BUSY) && i < SILENT_POLLS_MAX; i++)
        err = follower_poll(lane->follower, POLL_MS, &lane->head);
    if (err == ERR_LOG)
        snprintf(replay->problem, EVENTS_PROBLEM_SIZE, "%s", follower_problem(lane->follower));
    if (err != OK)
        return fail(replay, service, partition, err);
    lane->has_head = events_before(&replay->query->to, lane->end, &lane->head);
    lane->ended = !lane->has_head;
    return OK;
}

static enum err fill_all(struct replay *replay)
{
    for (int s = 0; s < SERVICES; s++) {
        for (int32_t p = 0; p < replay->counts[s]; p++) {
            enum err err = fill(replay, (enum service_id)s, p);
            if (err != OK)
                return err;
        }
    }
    return OK;
}

/* Whether all that caused a record has been shown; what is not asked for causes nothing here. */
static bool is_caused(const struct replay *replay, const struct followed *head)
{
    if (head->verdict != FOLD_VALID)
        return true;
    const struct event_meta *meta = &head->event->meta;
    for (size_t i = 0; i < meta->cause_count; i++) {
        const struct cause_run *run = &meta->cause[i];
        enum service_id service;
        if (follower_topic_service(run->topic, &service) != OK || run->partition < 0 ||
            run->partition >= replay->counts[service])
            continue;
        const struct lane *lane = &replay->lanes[service][run->partition];
        if (lane->follower != NULL && run->last_offset >= lane->released)
            return false;
    }
    return true;
}

/* The earliest of those that come next and are caused; the first partition where several are as
 * early. NULL: none is, for what caused the rest lies behind the range. */
static struct lane *next_lane(struct replay *replay)
{
    struct lane *next = NULL;
    for (int s = 0; s < SERVICES; s++) {
        for (int32_t p = 0; p < replay->counts[s]; p++) {
            struct lane *lane = &replay->lanes[s][p];
            if (lane->has_head && is_caused(replay, &lane->head) &&
                (next == NULL || lane->head.fold->occurred_at < next->head.fold->occurred_at))
                next = lane;
        }
    }
    return next;
}

static enum err show_all(struct replay *replay, events_take *take, void *context)
{
    const struct events_query *query = replay->query;
    struct lane *lane = NULL;
    enum err err = fill_all(replay);
    for (int64_t shown = 0; err == OK && shown < query->count_max;) {
        lane = next_lane(replay);
        if (lane == NULL)
            return OK;
        if (!events_before(&query->from, lane->end, &lane->head) &&
            events_wanted(query, &lane->head)) {
            err = take(context, &lane->head);
            shown++;
        }
        lane->has_head = false;
        lane->released = lane->head.record.offset + 1;
        lane->ended = lane->released >= lane->end;
        if (err == OK)
            err = fill(replay, lane->head.fold->service, lane->head.record.partition);
    }
    return err;
}

enum err events_replay(struct log *log, const struct events_query *query, events_take *take,
                       void *context, char ret_problem[EVENTS_PROBLEM_SIZE])
{
    struct replay replay = {.log = log, .query = query, .problem = ret_problem};
    enum err err = OK;
    ret_problem[0] = '\0';
    for (int s = 0; s < SERVICES && err == OK; s++) {
        if (query->services[s])
            err = open_service(&replay, (enum service_id)s);
    }
    if (err == OK)
        err = show_all(&replay, take, context);
    close_all(&replay);
    return err;
}
