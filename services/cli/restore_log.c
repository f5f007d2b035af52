/* A backup's files into empty topics, each record at the offset that it had. */
#include "cli/backup.h"
#include "eventlog/fold.h"
#include "eventlog/range.h"

#include <stdlib.h>
#include <string.h>

enum { EVENT_ARENA_SIZE = 256 << 20, FLUSH_MS = 60000, FLUSH_EVERY = 20000 };

/* --- what is to be restored --- */

struct checking {
    struct backup *backup;
    struct arena *arena;
    struct event *event;
};

static void note_erased(struct backup *backup, struct uuid user_id)
{
    backup->erased = realloc(backup->erased, (backup->erased_count + 1) * sizeof *backup->erased);
    CHECK(backup->erased != NULL);
    backup->erased[backup->erased_count++] = user_id;
}

/* Folds an event of a copy. */
static enum err fold_event(struct checking *checking, struct fold *fold,
                           const struct log_record *record)
{
    arena_reset(checking->arena);
    enum fold_verdict verdict = fold_step(fold, record, checking->arena, checking->event);
    if (verdict == FOLD_STOP)
        return ERR_POISON;
    if (verdict != FOLD_VALID || checking->event->kind != EVENT_PERSON_ERASED)
        return OK;
    if (event_decode_rest(fold->rest, checking->arena, checking->event) != OK)
        return ERR_POISON;
    note_erased(checking->backup, checking->event->person_erased.user_id);
    return OK;
}

/* Sees that a copy has each record from its start to its end, and folds those that are events.
 * *ret_missing is the first that it does not have, or -1. */
static enum err read_copy(struct checking *checking, const struct backup_log *at,
                          struct log_copy *copy, struct fold *fold, int64_t *ret_missing)
{
    struct log_record record;
    int64_t next = at->start;
    enum err err;
    while ((err = log_copy_next(copy, &record)) == OK && record.offset == next) {
        next++;
        err = at->place.commands ? OK : fold_event(checking, fold, &record);
        if (err != OK)
            return err;
    }
    bool ended = err == ERR_NOT_FOUND;
    if (err == OK || (ended && next < at->end))
        *ret_missing = next;
    return ended && next == at->end ? OK : ERR_POISON;
}

static enum err fail_chain(struct backup *backup, const char *name, int64_t missing)
{
    if (missing < 0)
        return backup_fail(backup, ERR_POISON, "the chain in %s/%s is not the one that was copied",
                           backup->folder, name);
    return backup_fail(backup, ERR_POISON,
                       "%s/%s has no record %lld: the log was damaged when it was copied; restore "
                       "an older backup",
                       backup->folder, name, (long long)missing);
}

static enum err check_chain(struct checking *checking, const struct backup_log *at,
                            const char *name)
{
    struct fold fold;
    struct log_copy copy;
    int64_t missing = -1;
    enum err err = log_copy_find(checking->backup->folder, &at->place, &copy);
    if (err != OK)
        return fail_chain(checking->backup, name, missing);
    fold_init(&fold, at->place.service, at->place.partition);
    err = read_copy(checking, at, &copy, &fold, &missing);
    if (err == OK && !at->place.commands &&
        (memcmp(&fold.state.head, &at->head, sizeof at->head) != 0 ||
         !uuid_equal(fold.incarnation, checking->backup->incarnation)))
        err = ERR_POISON;
    fold_free(&fold);
    log_copy_close(&copy);
    return err == OK ? OK : fail_chain(checking->backup, name, missing);
}

static enum err check_file(struct backup *backup, const char *name, const struct backup_file *told)
{
    struct backup_file found;
    enum err err = backup_measure(backup, name, &found);
    if (err != OK)
        return err;
    if (found.size == told->size && memcmp(&found.hash, &told->hash, sizeof found.hash) == 0)
        return OK;
    return backup_fail(backup, ERR_POISON, "%s/%s has been changed since it was written",
                       backup->folder, name);
}

enum err backup_check(struct backup *backup)
{
    struct checking checking = {.backup = backup,
                                .arena = arena_new(EVENT_ARENA_SIZE),
                                .event = calloc(1, sizeof *checking.event)};
    CHECK(checking.event != NULL);
    enum err err = backup->has_vault ? check_file(backup, BACKUP_VAULT_FILE, &backup->vault) : OK;
    for (size_t i = 0; i < backup->logs_count && err == OK; i++) {
        char name[LOG_COPY_NAME_SIZE];
        const struct backup_log *at = &backup->logs[i];
        log_copy_name(&at->place, name);
        err = check_file(backup, name, &at->file);
        if (err == OK)
            err = check_chain(&checking, at, name);
    }
    free(checking.event);
    arena_free(checking.arena);
    return err;
}

/* --- where to --- */

enum err restore_is_empty(struct backup *backup, struct log *log)
{
    for (size_t i = 0; i < backup->logs_count; i++) {
        const struct log_copy_place *place = &backup->logs[i].place;
        const char *topic = log_copy_topic(place);
        int64_t start = 0, end = 0;
        enum err err = log_ends(log, topic, place->partition, &start, &end);
        if (err != OK && err != ERR_NOT_FOUND)
            return backup_fail(backup, err, "cannot ask whether %s is empty: %s", topic,
                               err_text(err));
        if (err == OK && end > 0)
            return backup_fail(backup, ERR_DENIED,
                               "%s/%d is not empty, and nothing is ever written over: restore into "
                               "a broker without topics of Bourse, or delete them first",
                               topic, place->partition);
    }
    return OK;
}

/* --- there --- */

struct writing {
    struct log_writer *writer;
    const struct backup_log *at;
    int64_t next; /* offset */
};

/* Appends a record, or where `record` is NULL an empty one, at the next offset. */
static enum err append(struct writing *writing, const struct log_record *record)
{
    static const struct log_record EMPTY = {.key = {(const uint8_t *)"", 0},
                                            .value = {(const uint8_t *)"", 0}};
    const struct log_record *added = record != NULL ? record : &EMPTY;
    enum err err = ERR_FULL;
    for (int tries = 0; tries < 2 && err == ERR_FULL; tries++) {
        err = log_writer_append(writing->writer, log_copy_topic(&writing->at->place),
                                writing->at->place.partition, added->key, added->value,
                                added->headers, added->headers_count);
        if (err == ERR_FULL || (err == OK && writing->next % FLUSH_EVERY == 0)) {
            enum err flushed = log_writer_flush(writing->writer, FLUSH_MS);
            err = flushed != OK ? flushed : err;
        }
    }
    writing->next++;
    return err;
}

/* Appends empty records up to an offset. */
static enum err fill(struct writing *writing, int64_t offset)
{
    enum err err = OK;
    while (writing->next < offset && err == OK)
        err = append(writing, NULL);
    return err;
}

/* Writes a copy; what retention had deleted before its start is filled up, and nothing else. */
static enum err write_copy(struct writing *writing, struct log_copy *copy)
{
    struct log_record record;
    enum err err = fill(writing, writing->at->start);
    while (err == OK && (err = log_copy_next(copy, &record)) == OK)
        err = record.offset == writing->next ? append(writing, &record) : ERR_POISON;
    if (err == ERR_NOT_FOUND)
        err = writing->next == writing->at->end ? OK : ERR_POISON;
    return err == OK ? log_writer_flush(writing->writer, FLUSH_MS) : err;
}

enum err restore_write(struct backup *backup, struct log *log)
{
    struct writing writing = {.writer = log_writer_open(log)};
    enum err err = OK;
    for (size_t i = 0; i < backup->logs_count && err == OK; i++) {
        struct log_copy copy;
        writing.at = &backup->logs[i];
        writing.next = 0;
        const struct log_copy_place *place = &writing.at->place;
        err = log_copy_find(backup->folder, place, &copy);
        if (err == OK) {
            err = write_copy(&writing, &copy);
            log_copy_close(&copy);
        }
        if (err == OK && writing.at->start > 0)
            err =
                log_delete_before(log, log_copy_topic(place), place->partition, writing.at->start);
        if (err != OK)
            (void)backup_fail(backup, err,
                              "cannot write %s/%d: %s; what has been written is of no "
                              "use: delete the topics and begin again",
                              log_copy_topic(place), place->partition, err_text(err));
    }
    log_writer_close(writing.writer);
    return err;
}

/* --- and back --- */

struct comparing {
    struct log_copy copy;
    struct log_record told; /* the next of the copy */
    bool more;
};

static enum err next_told(struct comparing *comparing)
{
    enum err err = log_copy_next(&comparing->copy, &comparing->told);
    comparing->more = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

static bool same_headers(const struct log_record *one, const struct log_record *other)
{
    bool same = one->headers_count == other->headers_count;
    for (size_t i = 0; i < one->headers_count && same; i++)
        same = text_equal(one->headers[i].name, other->headers[i].name) &&
               text_equal(one->headers[i].value, other->headers[i].value);
    return same;
}

static enum err compare_record(void *context, const struct log_record *found)
{
    struct comparing *comparing = context;
    const struct log_record *told = &comparing->told;
    if (!comparing->more || found->offset != told->offset || !bytes_equal(found->key, told->key) ||
        !bytes_equal(found->value, told->value) || !same_headers(found, told))
        return ERR_LOG;
    return next_told(comparing);
}

static enum err compare(struct backup *backup, struct log *log, const struct backup_log *at,
                        char ret_problem[RANGE_PROBLEM_SIZE])
{
    struct comparing comparing;
    const char *topic = log_copy_topic(&at->place);
    int64_t start = 0, end = 0;
    enum err err = log_ends(log, topic, at->place.partition, &start, &end);
    if (err == OK && (start != at->start || end != at->end))
        return ERR_LOG;
    if (err == OK)
        err = log_copy_find(backup->folder, &at->place, &comparing.copy);
    if (err != OK)
        return err;
    err = next_told(&comparing);
    if (err == OK)
        err = range_read(log, topic, at->place.partition, start, end, compare_record, &comparing,
                         ret_problem);
    if (err == OK && comparing.more)
        err = ERR_LOG;
    log_copy_close(&comparing.copy);
    return err;
}

enum err restore_compare(struct backup *backup, struct log *log)
{
    for (size_t i = 0; i < backup->logs_count; i++) {
        const struct backup_log *at = &backup->logs[i];
        char why[RANGE_PROBLEM_SIZE] = "";
        enum err err = compare(backup, log, at, why);
        if (err != OK)
            return backup_fail(backup, err, "%s/%d: %s; start nothing on it",
                               log_copy_topic(&at->place), at->place.partition,
                               why[0] != '\0'   ? why
                               : err == ERR_LOG ? "it does not hold what was written, and perhaps "
                                                  "something runs already"
                                                : err_text(err));
    }
    return OK;
}
