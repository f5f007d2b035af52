#include "eventlog/fold.h"

#include "base/seeded_bug.h"
#include "eventlog/headers.h"
#include "eventlog/kept.h"
#include "seal/seal.h"
#include "wire/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fold_init(struct fold *fold, enum service_id service, int32_t partition)
{
    *fold = (struct fold){.service = service, .partition = partition, .reason = ""};
    fold->sources = calloc(FOLD_SOURCES_MAX, sizeof *fold->sources);
    CHECK(fold->sources != NULL);
}

void fold_free(struct fold *fold)
{
    free(fold->sources);
    fold->sources = NULL;
}

void fold_resume(struct fold *fold, struct uuid incarnation, int64_t next_offset,
                 const struct fold_state *state)
{
    fold->started = true;
    fold->incarnation = incarnation;
    fold->next_offset = next_offset;
    fold->state = *state;
}

struct hash fold_hash(const struct hash *prev, struct bytes key, struct bytes value)
{
    const uint8_t size[4] = {(uint8_t)(key.size >> 24), (uint8_t)(key.size >> 16),
                             (uint8_t)(key.size >> 8), (uint8_t)key.size};
    struct seal_hash running;
    struct hash hash;
    seal_hash_begin(&running);
    seal_hash_add(&running, prev->bytes, sizeof prev->bytes);
    seal_hash_add(&running, size, sizeof size);
    seal_hash_add(&running, key.data, key.size);
    seal_hash_add(&running, value.data, value.size);
    seal_hash_end(&running, hash.bytes);
    return hash;
}

const char *fold_void_name(enum fold_void why)
{
    static const char *const NAMES[FOLD_VOIDS] = {
        [FOLD_VOID_UNREADABLE] = "unreadable",
        [FOLD_VOID_MISPLACED] = "misplaced",
        [FOLD_VOID_OTHER_LOG] = "other_log",
        [FOLD_VOID_LATE] = "late",
        [FOLD_VOID_COPY] = "copy",
        [FOLD_VOID_LOST] = "lost",
        [FOLD_VOID_POISONED] = "poisoned",
    };
    return NAMES[why];
}

struct hash fold_record_hash(struct bytes key, struct bytes value)
{
    return fold_hash(&(struct hash){{0}}, key, value);
}

static struct fold_source *find_source(const struct fold *fold, struct text topic,
                                       int32_t partition)
{
    for (size_t i = 0; i < fold->sources_count; i++) {
        struct fold_source *source = &fold->sources[i];
        if (source->partition == partition && text_is(topic, source->topic))
            return source;
    }
    return NULL;
}

const struct fold_source *fold_source(const struct fold *fold, struct text topic, int32_t partition)
{
    return find_source(fold, topic, partition);
}

static enum fold_verdict verdict(struct fold *fold, enum fold_verdict verdict, const char *reason)
{
    fold->reason = reason;
    return verdict;
}

static enum fold_verdict inert(struct fold *fold, enum fold_void why, const char *reason)
{
    fold->why = why;
    return verdict(fold, FOLD_INERT, reason);
}

static enum fold_verdict fold_creation(struct fold *fold, const struct log_record *record,
                                       struct arena *arena, struct event *event)
{
    if (fold->started)
        return inert(fold, FOLD_VOID_OTHER_LOG, "a second LogCreated");
    if (event_decode_rest(fold->rest, arena, event) != OK)
        return verdict(fold, FOLD_STOP, "LogCreated cannot be read");
    for (size_t i = 0; i < event->log_created.partition_counts_count; i++) {
        const struct partition_count *count = &event->log_created.partition_counts[i];
        enum service_id service;
        if (service_named(count->service, &service) == OK)
            fold->partition_counts[service] = count->count;
    }
    fold->started = true;
    fold->incarnation = event->meta.incarnation;
    fold->state = (struct fold_state){.head = fold_record_hash(record->key, record->value)};
    fold->occurred_at = event->meta.occurred_at;
    return FOLD_VALID;
}

static enum fold_verdict fold_claim(struct fold *fold, const struct log_record *record,
                                    struct arena *arena, struct event *event)
{
    bool again = SEEDED_BUG(CLAIM_RACE) && event->meta.epoch == fold->state.epoch;
    if (event->meta.epoch != fold->state.epoch + 1 && !again)
        return inert(fold, FOLD_VOID_LATE, "a claim of another epoch came first");
    if (event_decode_rest(fold->rest, arena, event) != OK)
        return verdict(fold, FOLD_STOP, "a claim cannot be read");
    if (event->writer_claimed.min_reader > FOLD_READER_VERSION)
        return verdict(fold, FOLD_STOP, "a newer version writes this log: this one is too old");
    fold->state = (struct fold_state){
        .epoch = event->meta.epoch,
        .nonce = event->meta.nonce,
        .head = fold_hash(&fold->state.head, record->key, record->value),
    };
    return FOLD_CLAIM;
}

static bool is_of_partition(const struct fold *fold, const struct event_meta *meta)
{
    return text_is(meta->service, service_name(fold->service)) &&
           meta->partition == fold->partition;
}

/* True when `meta` is of the writer in force and continues what it wrote last. */
static bool continues(const struct fold *fold, const struct event_meta *meta)
{
    const struct fold_state *state = &fold->state;
    return state->epoch > 0 && meta->epoch == state->epoch &&
           memcmp(&meta->nonce, &state->nonce, sizeof state->nonce) == 0 && !state->poisoned &&
           meta->wseq == state->wseq + 1 &&
           memcmp(&meta->prev_hash, &state->head, sizeof state->head) == 0;
}

/* True when `meta` makes a record of our partition the very next that would count: an event that
 * goes on where the writer in force is, the claim of the next epoch, which alone has wseq 0, or the
 * log's beginning. */
static bool counts_next(const struct fold *fold, const struct event_meta *meta)
{
    if (!is_of_partition(fold, meta))
        return false;
    if (!fold->started)
        return true;
    if (!uuid_equal(meta->incarnation, fold->incarnation))
        return false;
    bool claims = meta->epoch == fold->state.epoch + 1 && meta->wseq == 0;
    return claims || continues(fold, meta);
}

/* A record of a schema that is not known here. Whose meta, which is at the head of every schema,
 * says that it would be the next to count is a newer version's: to pass over it would be to lose
 * it, and over a claim to lose all that its writer writes. */
static enum fold_verdict fold_unreadable(struct fold *fold, const struct log_record *record,
                                         struct arena *arena)
{
    struct bytes rest = record->value;
    struct event_meta meta;
    if (rest.size > WIRE_FRAME_SIZE && rest.data[0] == 0) {
        rest.data += WIRE_FRAME_SIZE;
        rest.size -= WIRE_FRAME_SIZE;
        if (wire_decode(&WIRE_EVENT_META, &rest, arena, &meta) == OK && counts_next(fold, &meta))
            return verdict(fold, FOLD_STOP,
                           "its schema is not known here: this version is too old");
    }
    return inert(fold, FOLD_VOID_UNREADABLE, "it cannot be read, so it is none of ours");
}

/* True when no run before that one in the list is of the same source: a writer makes it one run. */
static bool first_of_source(const struct event_meta *meta, size_t index)
{
    const struct cause_run *run = &meta->cause[index];
    for (size_t i = 0; i < index; i++) {
        if (meta->cause[i].partition == run->partition &&
            text_equal(meta->cause[i].topic, run->topic))
            return false;
    }
    return true;
}

/* True when every cause can be kept and lies behind the last answered input of its source. */
static bool causes_follow(const struct fold *fold, const struct event_meta *meta)
{
    if (meta->cause_count > FOLD_SOURCES_MAX)
        return false;
    for (size_t i = 0; i < meta->cause_count; i++) {
        const struct cause_run *run = &meta->cause[i];
        const struct fold_source *source = find_source(fold, run->topic, run->partition);
        if (!first_of_source(meta, i))
            return false;
        if (run->last_offset < run->first_offset || run->topic.size >= sizeof source->topic ||
            (source == NULL && fold->sources_count + meta->cause_count > FOLD_SOURCES_MAX))
            return false;
        if (source != NULL && run->first_offset <= source->offset)
            return false;
    }
    return true;
}

static void move_sources(struct fold *fold, const struct event_meta *meta)
{
    for (size_t i = 0; i < meta->cause_count; i++) {
        const struct cause_run *run = &meta->cause[i];
        struct fold_source *source = find_source(fold, run->topic, run->partition);
        if (source == NULL) {
            CHECK(fold->sources_count < FOLD_SOURCES_MAX);
            source = &fold->sources[fold->sources_count++];
            snprintf(source->topic, sizeof source->topic, "%.*s", (int)run->topic.size,
                     run->topic.data);
            source->partition = run->partition;
        }
        source->offset = run->last_offset;
        source->hash = run->cause_hash;
        source->has_fold = run->has_fold;
        source->fold = run->fold;
    }
}

/* The head behind the next event, which has `wseq` and continues the chain: equal bytes have equal
 * heads, for the head before them is among them. */
static struct hash head_behind(const struct fold *fold, const struct log_record *record,
                               int64_t wseq)
{
    const struct fold_appended *appended =
        fold->appended == NULL ? NULL : &fold->appended[(uint64_t)wseq % FOLD_APPENDED_MAX];
    if (appended != NULL && kept_is(&appended->record, record->key, record->value))
        return appended->head;
    return fold_hash(&fold->state.head, record->key, record->value);
}

static enum fold_verdict fold_event(struct fold *fold, const struct log_record *record,
                                    const struct event *event)
{
    const struct event_meta *meta = &event->meta;
    struct fold_state *state = &fold->state;
    if (SEEDED_BUG(BARE_OFFSET) && state->epoch == 0)
        *state = (struct fold_state){.epoch = meta->epoch,
                                     .nonce = meta->nonce,
                                     .wseq = meta->wseq - 1,
                                     .head = meta->prev_hash};
    bool foreign = meta->epoch != state->epoch || state->epoch == 0 ||
                   memcmp(&meta->nonce, &state->nonce, sizeof state->nonce) != 0;
    if (foreign && !SEEDED_BUG(FENCING))
        return inert(fold, FOLD_VOID_LATE, "its writer is not in force");
    if (state->poisoned)
        return inert(fold, FOLD_VOID_POISONED, "its epoch has lost a record");
    if (SEEDED_BUG(DUPLICATE) ? meta->wseq < state->wseq : meta->wseq <= state->wseq)
        return inert(fold, FOLD_VOID_COPY, "a duplicate");
    bool gap = meta->wseq != state->wseq + 1;
    bool forked = memcmp(&meta->prev_hash, &state->head, sizeof state->head) != 0;
    if (!SEEDED_BUG(GAP) && (gap || (forked && !SEEDED_BUG(PREV_HASH)))) {
        state->poisoned = true;
        fold->poison_count++;
        return inert(fold, FOLD_VOID_LOST, "a record before it is missing");
    }
    if (meta->occurred_at < fold->occurred_at)
        return verdict(fold, FOLD_STOP, "its time lies before that of the event before it");
    if (!causes_follow(fold, meta))
        return verdict(fold, FOLD_STOP, "it answers what was answered before, or cannot be");
    if (!headers_agree(record, event))
        return verdict(fold, FOLD_STOP, "a header says otherwise than the value");
    state->wseq = meta->wseq;
    state->head = head_behind(fold, record, meta->wseq);
    fold->occurred_at = meta->occurred_at;
    move_sources(fold, meta);
    return FOLD_VALID;
}

enum fold_verdict fold_step(struct fold *fold, const struct log_record *record, struct arena *arena,
                            struct event *ret_event)
{
    if (record->offset < fold->next_offset)
        return verdict(fold, FOLD_STOP, "the log went back");
    fold->next_offset = record->offset + 1;
    fold->readable = event_decode_meta(record->value, arena, ret_event, &fold->rest) == OK;
    if (!fold->readable)
        return fold_unreadable(fold, record, arena);
    ret_event->key = (struct text){(const char *)record->key.data, record->key.size};
    const struct event_meta *meta = &ret_event->meta;
    if (!is_of_partition(fold, meta))
        return inert(fold, FOLD_VOID_MISPLACED, "it belongs to another partition");
    if (ret_event->kind == EVENT_LOG_CREATED)
        return fold_creation(fold, record, arena, ret_event);
    if (!fold->started)
        return verdict(fold, FOLD_STOP, "the log does not begin with LogCreated");
    if (!uuid_equal(meta->incarnation, fold->incarnation))
        return inert(fold, FOLD_VOID_OTHER_LOG, "it belongs to another log");
    if (ret_event->kind == EVENT_WRITER_CLAIMED)
        return fold_claim(fold, record, arena, ret_event);
    return fold_event(fold, record, ret_event);
}
