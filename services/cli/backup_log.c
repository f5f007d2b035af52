/* Every topic as files, of one moment: backup.h says of which. */
#include "cli/backup.h"
#include "eventlog/fold.h"
#include "eventlog/follower.h"
#include "eventlog/range.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_ARENA_SIZE = 256 << 20 };

struct copying {
    struct backup *backup;
    struct log *log;
    struct fold *folds;  /* of each event partition: the first half of backup->logs */
    int64_t *copied;     /* of each partition: before this offset all is in its file */
    struct arena *arena; /* of one event */
    struct event *event;
    struct backup_log *at; /* that is being copied, into `file` */
    FILE *file;
};

/* --- what must be in it --- */

static bool place_of_topic(struct text topic, int32_t partition, struct log_copy_place *ret_place)
{
    *ret_place = (struct log_copy_place){.partition = partition};
    if (follower_topic_service(topic, &ret_place->service) == OK)
        return true;
    ret_place->commands = true;
    for (int i = 0; i < SERVICES; i++) {
        ret_place->service = (enum service_id)i;
        if (text_is(topic, follower_commands_topic(ret_place->service)))
            return true;
    }
    return false;
}

/* A partition has to be copied up to before `end`, at least. */
static void want(struct copying *copying, const struct log_copy_place *place, int64_t end)
{
    struct backup_log *log = backup_find(copying->backup, place);
    if (log != NULL && log->end < end)
        log->end = end;
}

static void want_causes(struct copying *copying, const struct event_meta *meta)
{
    for (size_t i = 0; i < meta->cause_count; i++) {
        struct log_copy_place place;
        const struct cause_run *run = &meta->cause[i];
        if (place_of_topic(run->topic, run->partition, &place)) /* else it is the clock's */
            want(copying, &place, run->last_offset + 1);
    }
}

static enum err want_heads(struct copying *copying, const struct fold *fold)
{
    if (event_decode_rest(fold->rest, copying->arena, copying->event) != OK)
        return ERR_POISON;
    const struct checkpoint_made *checkpoint = &copying->event->checkpoint_made;
    for (size_t i = 0; i < checkpoint->heads_count; i++) {
        struct log_copy_place place = {.partition = checkpoint->heads[i].partition};
        if (service_named(checkpoint->heads[i].service, &place.service) == OK)
            want(copying, &place, checkpoint->heads[i].next_offset);
    }
    return OK;
}

/* --- one partition --- */

static enum err take_event(struct copying *copying, struct fold *fold,
                           const struct log_record *record)
{
    arena_reset(copying->arena);
    enum fold_verdict verdict = fold_step(fold, record, copying->arena, copying->event);
    if (verdict == FOLD_STOP)
        return backup_fail(copying->backup, ERR_LOG, "%s/%d, record %lld: %s",
                           service_name(fold->service), fold->partition, (long long)record->offset,
                           fold->reason);
    if (verdict != FOLD_VALID)
        return OK;
    want_causes(copying, &copying->event->meta);
    return copying->event->kind == EVENT_CHECKPOINT_MADE ? want_heads(copying, fold) : OK;
}

static enum err take_record(void *context, const struct log_record *record)
{
    struct copying *copying = context;
    size_t index = (size_t)(copying->at - copying->backup->logs);
    enum err err = log_copy_add(copying->file, record);
    if (err == OK && !copying->at->place.commands)
        err = take_event(copying, &copying->folds[index], record);
    return err;
}

/* Copies what is still missing of a partition. Its end may move meanwhile: then it is its turn
 * again. */
static enum err copy_partition(struct copying *copying, struct backup_log *at)
{
    char name[LOG_COPY_NAME_SIZE], path[PATH_MAX], why[RANGE_PROBLEM_SIZE] = "";
    int64_t *copied = &copying->copied[at - copying->backup->logs];
    const int64_t end = at->end;
    const bool begins = *copied < 0;
    log_copy_name(&at->place, name);
    if (backup_path(copying->backup, name, sizeof path, path) != OK)
        return ERR_INPUT;
    copying->at = at;
    copying->file = fopen(path, begins ? "wxe" : "ae");
    if (copying->file == NULL)
        return backup_fail(copying->backup, ERR_BUSY, "cannot make %s: %s", path, strerror(errno));
    enum err err = begins ? log_copy_begin(copying->file, &at->place) : OK;
    if (err == OK)
        err = range_read(copying->log, log_copy_topic(&at->place), at->place.partition,
                         begins ? at->start : *copied, end, take_record, copying, why);
    if (fclose(copying->file) != 0 && err == OK)
        err = ERR_BUSY;
    *copied = end;
    if (err != OK && copying->backup->problem[0] == '\0')
        return backup_fail(copying->backup, err, "cannot copy %s/%d into %s: %s",
                           log_copy_topic(&at->place), at->place.partition, path,
                           why[0] == '\0' ? err_text(err) : why);
    return err;
}

/* --- all --- */

static enum err ask_ends(struct copying *copying)
{
    for (size_t i = 0; i < copying->backup->logs_count; i++) {
        struct backup_log *at = &copying->backup->logs[i];
        const char *topic = log_copy_topic(&at->place);
        enum err err = log_ends(copying->log, topic, at->place.partition, &at->start, &at->end);
        if (err != OK)
            return backup_fail(copying->backup, err, "cannot ask where %s/%d ends: %s", topic,
                               at->place.partition, err_text(err));
        if (!at->place.commands && (at->start != 0 || at->end == 0))
            return backup_fail(copying->backup, ERR_LOG,
                               "%s/%d has lost its start, or never had one", topic,
                               at->place.partition);
        copying->copied[i] = -1;
    }
    return OK;
}

/* Copies until no record in the copy names one that is not. */
static enum err copy_all(struct copying *copying)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < copying->backup->logs_count; i++) {
            struct backup_log *at = &copying->backup->logs[i];
            if (copying->copied[i] >= at->end)
                continue;
            enum err err = copy_partition(copying, at);
            if (err != OK)
                return err;
            moved = true;
        }
    }
    return OK;
}

/* Takes down what the copies are. */
static enum err measure_all(struct copying *copying)
{
    struct backup *backup = copying->backup;
    for (size_t i = 0; i < backup->logs_count; i++) {
        char name[LOG_COPY_NAME_SIZE];
        struct backup_log *at = &backup->logs[i];
        log_copy_name(&at->place, name);
        enum err err = backup_measure(backup, name, &at->file);
        if (err != OK)
            return err;
        if (at->place.commands)
            continue;
        const struct fold *fold = &copying->folds[i];
        if (i > 0 && !uuid_equal(backup->incarnation, fold->incarnation))
            return backup_fail(backup, ERR_LOG, "%s/%d belongs to another log than audit's",
                               service_name(fold->service), fold->partition);
        backup->incarnation = fold->incarnation;
        at->head = fold->state.head;
    }
    return OK;
}

enum err backup_copy_log(struct backup *backup, struct log *log)
{
    int32_t partitions = 0;
    enum err err = log_partition_count(log, follower_events_topic(SERVICE_ACCOUNTS), &partitions);
    if (err != OK || partitions > BACKUP_PARTITIONS_MAX)
        return backup_fail(backup, err == OK ? ERR_LOG : err,
                           "there is no log to make a backup of");
    backup_places(backup, partitions);
    size_t events = backup->logs_count / 2;
    struct copying copying = {.backup = backup,
                              .log = log,
                              .folds = calloc(events, sizeof *copying.folds),
                              .copied = calloc(backup->logs_count, sizeof *copying.copied),
                              .arena = arena_new(EVENT_ARENA_SIZE),
                              .event = calloc(1, sizeof *copying.event)};
    CHECK(copying.folds != NULL && copying.copied != NULL && copying.event != NULL);
    for (size_t i = 0; i < events; i++)
        fold_init(&copying.folds[i], backup->logs[i].place.service,
                  backup->logs[i].place.partition);
    err = ask_ends(&copying);
    if (err == OK)
        err = copy_all(&copying);
    if (err == OK)
        err = measure_all(&copying);
    for (size_t i = 0; i < events; i++)
        fold_free(&copying.folds[i]);
    free(copying.folds);
    free(copying.copied);
    free(copying.event);
    arena_free(copying.arena);
    return err;
}
