#include "gateway/answers.h"

#include "base/crash.h"
#include "base/seeded_bug.h"
#include "db/db.h"
#include "eventlog/follower.h"
#include "gateway/attempts.h"
#include "gateway/awaited.h"
#include "gateway/cache.h"
#include "gateway/identities.h"
#include "gateway/outcome.h"
#include "gateway/streams.h"
#include "gateway/tracing.h"
#include "log/log.h"
#include "metrics/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 20, PARTITIONS_MAX = SERVICES * 64, TABLE_TIMEOUT_MS = 10000 };

struct answers {
    struct gateway *gateway;
    struct answers_events events;
    struct follower *follower;
    struct awaited *awaited;
    pthread_t thread;
    atomic_bool stopping;
    atomic_bool caught_up;
    atomic_bool reading;
    int32_t first[SERVICES]; /* partitions of the services before */
    int32_t total;
    int64_t ends[PARTITIONS_MAX]; /* of the logs at the start */
    _Atomic int64_t next[PARTITIONS_MAX];
    struct exchange **incomplete; /* decided, but others have to follow: x-answer all */
    size_t incomplete_count;
    size_t incomplete_capacity;
};

static int32_t index_of(const struct answers *answers, enum service_id service, int32_t partition)
{
    return answers->first[service] + partition;
}

/* --- completing ------------------------------------------------------------------------------- */

static bool all_have_followed(struct answers *answers, const struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->all_count; i++) {
        const struct shown_position *wanted = &outcome->all[i];
        const struct fold *fold =
            follower_fold(answers->follower, wanted->service, wanted->partition);
        const struct fold_source *source = fold_source(
            fold, text_of(follower_events_topic(wanted->source)), wanted->source_partition);
        if (source == NULL || source->offset < wanted->offset)
            return false;
    }
    return true;
}

/* Whether the outcome is all that the operation waits for. */
static bool is_complete(struct answers *answers, const struct exchange *exchange)
{
    const struct outcome *outcome = &exchange->outcome;
    if (!outcome->decided)
        return false;
    bool ticket = exchange->operation->waits_ticket && !outcome->repeated;
    return (!ticket || outcome->ticket_id.size > 0) && all_have_followed(answers, outcome);
}

static void forget_incomplete(struct answers *answers, const struct exchange *exchange)
{
    for (size_t i = 0; i < answers->incomplete_count; i++) {
        if (answers->incomplete[i] == exchange) {
            answers->incomplete[i] = answers->incomplete[--answers->incomplete_count];
            return;
        }
    }
}

static void remember_incomplete(struct answers *answers, struct exchange *exchange)
{
    if (answers->incomplete_count == answers->incomplete_capacity) {
        answers->incomplete_capacity = answers->incomplete_capacity * 2 + 64;
        answers->incomplete =
            realloc(answers->incomplete, answers->incomplete_capacity * sizeof(struct exchange *));
        CHECK(answers->incomplete != NULL);
    }
    answers->incomplete[answers->incomplete_count++] = exchange;
}

/* Takes the exchange out of the table and hands it on, where its outcome is complete. */
static bool complete(struct answers *answers, struct exchange *exchange)
{
    if (!is_complete(answers, exchange))
        return false;
    if (exchange->outcome.all_count > 0)
        forget_incomplete(answers, exchange);
    CRASH_POINT("before_reply");
    if (pending_take(answers->gateway->pending, exchange->pending.command_id) != NULL)
        exchange->completed(exchange);
    return true;
}

static void complete_those_followed(struct answers *answers)
{
    size_t i = 0;
    while (i < answers->incomplete_count) {
        if (!complete(answers, answers->incomplete[i]))
            i++;
    }
}

static void expire(struct answers *answers, int64_t until_ns)
{
    struct pending_entry *entry;
    while ((entry = pending_expire(answers->gateway->pending, until_ns)) != NULL) {
        struct exchange *exchange = EXCHANGE_OF(entry, pending);
        forget_incomplete(answers, exchange);
        outcome_pending(exchange);
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct exchange *waiting_for(struct answers *answers, struct uuid command_id)
{
    struct pending_entry *entry = pending_find(answers->gateway->pending, command_id);
    return entry == NULL ? NULL : EXCHANGE_OF(entry, pending);
}

/* The whole of a valid event. False: it is none, so this is not the log that this version knows;
 * what follows from it cannot be told, and nothing behind it either. */
static bool read_whole(const struct followed *followed, struct event *ret_event)
{
    if (event_decode(followed->record.value, followed->arena, ret_event) == OK)
        return true;
    log_error("answers.stopped", LOG_TEXT("topic", followed->record.topic),
              LOG_I64("partition", followed->record.partition),
              LOG_I64("offset", followed->record.offset),
              LOG_STR("reason", "a valid event cannot be read whole: this version is too old, or "
                                "somebody else has written it"));
    return false;
}

static bool take_tickets(struct answers *answers, const struct followed *followed)
{
    if (!pending_wants_tickets(answers->gateway->pending))
        return true;
    struct event event;
    if (!read_whole(followed, &event))
        return false;
    for (size_t i = 0; i < event.tickets_issued.tickets_count; i++) {
        const struct ticket *ticket = &event.tickets_issued.tickets[i];
        struct exchange *exchange = waiting_for(answers, ticket->command_id);
        if (exchange == NULL || !exchange->operation->waits_ticket ||
            exchange->outcome.ticket_id.size > 0)
            continue; /* or an answer would show whether others wait beside it */
        exchange->outcome.ticket_id = arena_text(exchange->arena, ticket->id);
        complete(answers, exchange);
    }
    return true;
}

static bool take_answer(struct answers *answers, const struct followed *followed)
{
    const struct event_meta *meta = &followed->event->meta;
    if (!meta->has_command_id || !meta->has_reply_to ||
        !text_is(meta->reply_to, answers->gateway->config.instance))
        return true;
    struct exchange *exchange = waiting_for(answers, meta->command_id);
    if (exchange == NULL || (exchange->outcome.decided && !SEEDED_BUG(LAST_ANSWER)))
        return true; /* the first answer of a command is its outcome (R13) */
    struct event event;
    struct trace_span span;
    if (!read_whole(followed, &event))
        return false;
    tracing_receive(exchange, followed, &span);
    outcome_take(exchange, &event, followed->record.partition, followed->record.offset);
    if (exchange->outcome.all_count > 0)
        remember_incomplete(answers, exchange);
    complete(answers, exchange);
    trace_span_end(&span, trace_now_us());
    return true;
}

static bool take_attempt(struct answers *answers, const struct followed *followed)
{
    struct event event;
    if (!attempts_told_by(answers->gateway, followed->event))
        return true;
    if (!read_whole(followed, &event))
        return false;
    attempts_take(answers->gateway, &event);
    return true;
}

/* Before anybody is answered: who is told that a session is over finds it so. */
static bool take_identity(struct answers *answers, const struct followed *followed)
{
    struct event event;
    if (!identities_want(followed->event->kind))
        return true;
    if (!read_whole(followed, &event))
        return false;
    size_t ended = identities_apply(answers->gateway->identities, &event);
    metrics_counter_add(answers->gateway->sessions_ended, ended);
    if (event.kind == EVENT_PERSON_ERASED)
        vault_forget(answers->gateway->vault, event.person_erased.user_id);
    return true;
}

static bool take_event(struct answers *answers, const struct followed *followed)
{
    if (!take_identity(answers, followed))
        return false;
    if (followed->event->kind == EVENT_TICKETS_ISSUED && !take_tickets(answers, followed))
        return false;
    if (!take_attempt(answers, followed))
        return false;
    if (event_message(followed->event)->answers && !take_answer(answers, followed))
        return false;
    if (answers->incomplete_count > 0)
        complete_those_followed(answers);
    return true;
}

static void look_whether_caught_up(struct answers *answers)
{
    if (atomic_load(&answers->caught_up))
        return;
    for (int32_t i = 0; i < answers->total; i++) {
        if (atomic_load(&answers->next[i]) < answers->ends[i])
            return;
    }
    atomic_store(&answers->caught_up, true);
    log_info("answers.caught_up", LOG_I64("partitions", answers->total));
}

static void note_progress(struct answers *answers, const struct log_record *record)
{
    enum service_id service;
    if (follower_topic_service(record->topic, &service) == OK)
        atomic_store(&answers->next[index_of(answers, service, record->partition)],
                     record->offset + 1);
    look_whether_caught_up(answers);
}

/* Before its position is told: whoever sees that this was read finds no answer older than it. */
static void drop_what_it_changes(struct answers *answers, const struct followed *followed)
{
    enum service_id service;
    if (follower_topic_service(followed->record.topic, &service) == OK)
        cache_take(answers->gateway->cache, service, followed, gateway_now_ns());
}

/* False: the log cannot be followed any further. */
static bool take(struct answers *answers, enum err err, struct followed *followed)
{
    atomic_store(&answers->reading, err == OK || err == ERR_TIMEOUT);
    if (err == ERR_TIMEOUT || err == ERR_BUSY)
        return true;
    if (err != OK || followed->verdict == FOLD_STOP) {
        log_error("answers.stopped",
                  LOG_STR("reason", err != OK ? follower_problem(answers->follower)
                                              : followed->fold->reason));
        return false;
    }
    if (followed->verdict == FOLD_VALID && followed->event != NULL)
        streams_take(answers->gateway->streams, followed);
    if (followed->verdict == FOLD_VALID && followed->event != NULL)
        drop_what_it_changes(answers, followed);
    bool counts = followed->verdict == FOLD_VALID || SEEDED_BUG(ANSWER_UNFOLDED);
    if (counts && followed->event != NULL && !take_event(answers, followed))
        return false;
    note_progress(answers, &followed->record);
    return true;
}

static void *run(void *argument)
{
    struct answers *answers = argument;
    bool going = true;
    look_whether_caught_up(answers);
    while (going && !atomic_load(&answers->stopping)) {
        struct followed followed;
        enum err err = follower_poll(answers->follower, LOOK_MS, &followed);
        going = take(answers, err, &followed);
        awaited_serve(answers->awaited, gateway_now_ns());
        expire(answers, gateway_now_ns());
    }
    if (!going)
        answers->events.broken(answers->events.context);
    awaited_serve(answers->awaited, INT64_MAX);
    expire(answers, INT64_MAX);
    return NULL;
}

/* --- starting --------------------------------------------------------------------------------- */

static void copy_bytes(const struct db_result *rows, size_t row, size_t column, void *ret_bytes,
                       size_t size)
{
    struct buffer buffer;
    buffer_init(&buffer, size);
    db_get_bytes(rows, row, column, &buffer);
    if (buffer.size == size)
        memcpy(ret_bytes, buffer.data, size);
    buffer_free(&buffer);
}

/* The state that a projection keeps of its partition, to go on from. False: there is none. */
static bool kept_state(struct db *db, enum service_id service, int32_t partition,
                       struct uuid *ret_incarnation, struct fold_source *ret_source)
{
    static const char SQL[] =
        "SELECT incarnation, next_offset, record_hash, epoch, nonce, wseq, head, poisoned "
        "FROM bourse.positions WHERE service = $1 AND partition = $2::int AND head IS NOT NULL";
    AUTO_DB_RESULT rows = {0};
    if (db_connect(db) != OK ||
        db_query(db, SQL, DB_PARAMS(db_string(service_name(service)), db_int(partition)), &rows) !=
            OK ||
        db_rows(&rows) == 0)
        return false;
    struct fold_source source = {
        .partition = partition, .offset = db_get_int(&rows, 0, 1) - 1, .has_fold = true};
    snprintf(source.topic, sizeof source.topic, "%s", follower_events_topic(service));
    copy_bytes(&rows, 0, 2, &source.hash, sizeof source.hash);
    source.fold.epoch = db_get_int(&rows, 0, 3);
    copy_bytes(&rows, 0, 4, &source.fold.nonce, sizeof source.fold.nonce);
    source.fold.wseq = db_get_int(&rows, 0, 5);
    copy_bytes(&rows, 0, 6, &source.fold.head, sizeof source.fold.head);
    source.fold.poisoned = db_get_bool(&rows, 0, 7);
    *ret_incarnation = db_get_uuid(&rows, 0, 0);
    *ret_source = source;
    return true;
}

/* Where a reader of the partition begins: with what the projections have, where `kept`. */
static enum err place_reader(struct answers *answers, struct db *db, bool kept,
                             enum service_id service, int32_t partition)
{
    struct uuid incarnation;
    struct fold_source source;
    int32_t index = index_of(answers, service, partition);
    int64_t start;
    enum err err = log_ends(answers->gateway->log, follower_events_topic(service), partition,
                            &start, &answers->ends[index]);
    if (err != OK)
        return err;
    if (!kept || !kept_state(db, service, partition, &incarnation, &source)) {
        streams_place(answers->gateway->streams, service, partition, 0,
                      &(struct hash){.bytes = {0}});
        return follower_begin(answers->follower, service, partition);
    }
    answers->next[index] = source.offset + 1;
    streams_place(answers->gateway->streams, service, partition, source.offset + 1,
                  &source.fold.head);
    return follower_resume(answers->follower, service, incarnation, &source);
}

static enum err place_service(struct answers *answers, struct db *db, bool kept,
                              enum service_id service)
{
    enum err err = OK;
    int32_t count = answers->gateway->place.partition_counts[service];
    for (int32_t p = 0; p < count && err == OK; p++)
        err = place_reader(answers, db, kept, service, p);
    return err;
}

/* Who is who comes from the rows of settings and from the log behind them, so both are of one
 * moment, in which nobody puts other tables in their place. Where that cannot be had, it all comes
 * from the log. */
static enum err place_settings(struct answers *answers, struct db *db)
{
    bool kept = db_connect(db) == OK && db_begin_snapshot(db) == OK &&
                db_exec(db, "LOCK TABLE bourse.switches IN ACCESS SHARE MODE") == OK &&
                identities_load(answers->gateway->identities, db) == OK &&
                attempts_load(answers->gateway, db) == OK;
    enum err err = place_service(answers, db, kept, SERVICE_SETTINGS);
    db_rollback(db);
    return err;
}

static enum err place_readers(struct answers *answers)
{
    struct db *db = db_new(answers->gateway->config.pg, TABLE_TIMEOUT_MS);
    enum err err = place_settings(answers, db);
    for (int i = 0; i < SERVICES && err == OK; i++) {
        if (i != SERVICE_SETTINGS)
            err = place_service(answers, db, true, (enum service_id)i);
    }
    if (err != OK)
        log_error("answers.not_placed", LOG_ERR(err),
                  LOG_STR("reason", follower_problem(answers->follower)));
    db_free(db);
    return err;
}

enum err answers_start(struct gateway *gateway, struct answers_events events,
                       struct answers **ret_answers)
{
    struct answers *answers = calloc(1, sizeof *answers);
    CHECK(answers != NULL);
    answers->gateway = gateway;
    answers->events = events;
    for (int i = 0; i < SERVICES; i++) {
        answers->first[i] = answers->total;
        answers->total += gateway->place.partition_counts[i];
    }
    CHECK(answers->total <= PARTITIONS_MAX);
    answers->follower = follower_open(gateway->log, LOG_PROMPT);
    atomic_init(&answers->reading, true);
    enum err err = place_readers(answers);
    if (err != OK) {
        follower_close(answers->follower);
        free(answers);
        return err;
    }
    answers->awaited = awaited_new(answers);
    CHECK(pthread_create(&answers->thread, NULL, run, answers) == 0);
    *ret_answers = answers;
    return OK;
}

void answers_stop(struct answers *answers)
{
    if (answers == NULL)
        return;
    atomic_store(&answers->stopping, true);
    pthread_join(answers->thread, NULL);
}

void answers_free(struct answers *answers)
{
    if (answers == NULL)
        return;
    follower_close(answers->follower);
    awaited_free(answers->awaited);
    free(answers->incomplete);
    free(answers);
}

bool answers_caught_up(struct answers *answers)
{
    return atomic_load(&answers->caught_up);
}

int64_t answers_next_offset(struct answers *answers, enum service_id service, int32_t partition)
{
    return atomic_load(&answers->next[index_of(answers, service, partition)]);
}

/* Whether a position is of an event that there may be, and of no follower. */
static bool is_event(const struct answers *answers, const struct shown_position *row)
{
    return row->service == row->source && row->partition == row->source_partition &&
           row->partition < answers->gateway->place.partition_counts[row->service];
}

bool answers_have_read(struct answers *answers, const struct shown *positions)
{
    for (size_t i = 0; i < positions->count; i++) {
        const struct shown_position *row = &positions->rows[i];
        if (is_event(answers, row) && answers_next_offset(answers, (enum service_id)row->service,
                                                          row->partition) <= row->offset)
            return false;
    }
    return true;
}

void answers_await(struct answers *answers, struct waiter *waiter)
{
    awaited_add(answers->awaited, waiter);
}

bool answers_reading(struct answers *answers)
{
    return atomic_load(&answers->reading);
}
