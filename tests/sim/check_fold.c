/* The fold of protocol.md, record by record, and what it takes for granted. */
#include "check_run.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* How far a writer's clock may be ahead of the broker's: it is let start with one, and go on with
 * another difference of 5 s. */
enum { AHEAD_MAX_US = 10000000 };

const struct check_kind_row check_kinds[CHECK_KINDS_COUNT] = {[KIND_UNKNOWN] = {"", false, false},
#define CHECK_KIND_ROW(name, answers, ticket) [KIND_##name] = {#name, answers, ticket},
                                                              CHECK_KINDS(CHECK_KIND_ROW)
#undef CHECK_KIND_ROW
};

void check_hash(const uint8_t prev[CHECK_HASH_SIZE], const struct evidence_record *record,
                uint8_t ret_hash[CHECK_HASH_SIZE])
{
    size_t key = record->key.size;
    const uint8_t size[4] = {(uint8_t)(key >> 24), (uint8_t)(key >> 16), (uint8_t)(key >> 8),
                             (uint8_t)key};
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, CHECK_HASH_SIZE);
    crypto_generichash_update(&state, prev, CHECK_HASH_SIZE);
    crypto_generichash_update(&state, size, sizeof size);
    crypto_generichash_update(&state, record->key.data, key);
    crypto_generichash_update(&state, record->value.data, record->value.size);
    crypto_generichash_final(&state, ret_hash, CHECK_HASH_SIZE);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* "bourse.accounts.events" or "clock". False: no source that there is. */
static bool read_topic(struct text topic, struct check_cause *cause)
{
    char name[40];
    if (text_is(topic, "clock")) { /* the service's own */
        cause->source = SOURCE_CLOCK;
        return true;
    }
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        cause->service = (enum evidence_service)i;
        snprintf(name, sizeof name, "bourse.%s.events", evidence_service_name(cause->service));
        cause->source = SOURCE_EVENTS;
        if (text_is(topic, name))
            return true;
        snprintf(name, sizeof name, "bourse.%s.commands", evidence_service_name(cause->service));
        cause->source = SOURCE_COMMANDS;
        if (text_is(topic, name))
            return true;
    }
    return false;
}

static bool read_causes(struct check_run *run, struct check_fact *fact)
{
    const struct check_item *list = GET(fact->meta, cause);
    fact->causes_count = list->count;
    fact->causes = ARENA_NEW(run->arena, struct check_cause, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        const struct check_item *item = &list->items[i];
        struct check_cause *cause = &fact->causes[i];
        cause->service = fact->service;
        if (!read_topic(TEXT_OF(item, topic), cause))
            return check_says_at(run, 6, fact, "it has a cause in a topic that there is not");
        cause->partition = (int32_t)NUMBER(item, partition);
        if (cause->source == SOURCE_CLOCK) /* its own */
            cause->service = fact->service;
        if (cause->partition < 0 ||
            cause->partition >= run->evidence->partition_counts[cause->service])
            return check_says_at(run, 6, fact, "it has a cause in partition %d of %s",
                                 cause->partition, evidence_service_name(cause->service));
        cause->first = NUMBER(item, first_offset);
        cause->last = NUMBER(item, last_offset);
        cause->hash = GET(item, cause_hash)->data;
        cause->fold = GET(item, fold);
    }
    return true;
}

static bool read_touches(struct check_run *run, struct check_fact *fact)
{
    const struct check_item *list = GET(fact->meta, touches);
    for (size_t i = 0; i < list->count; i++) {
        enum evidence_service service;
        int64_t partition = NUMBER(&list->items[i], partition);
        if (!evidence_service_named(TEXT_OF(&list->items[i], service), &service) ||
            partition >= run->evidence->partition_counts[service])
            return check_says_at(run, 6, fact, "it touches a partition that there is not");
        fact->touches[service] |= partition < 0 ? UINT32_MAX : UINT32_C(1) << partition;
    }
    return true;
}

/* True for a record that the log protocol can judge. */
static bool read_record(struct check_run *run, struct check_fact *fact)
{
    const struct check_item *body = check_read(fact->record->value, run->arena);
    if (body == NULL || body->count == 0 || body->items[0].shape->name == NULL ||
        strcmp(body->items[0].shape->name, "EventMeta") != 0)
        return false;
    fact->body = body;
    fact->meta = GET(body, meta);
    for (size_t kind = KIND_UNKNOWN + 1; kind < CHECK_KINDS_COUNT; kind++) {
        if (strcmp(body->shape->name, check_kinds[kind].name) == 0)
            fact->kind = (enum check_kind)kind;
    }
    fact->occurred_at_us = NUMBER(fact->meta, occurred_at);
    fact->has_command_id = !check_is_null(GET(fact->meta, command_id));
    fact->command_id = UUID_OF(fact->meta, command_id);
    return true;
}

/* --- headers ---------------------------------------------------------------------------------- */

static struct text header(const struct evidence_record *record, const char *name)
{
    for (size_t i = 0; i < record->headers_count; i++) {
        if (text_is(record->headers[i].name, name))
            return record->headers[i].value;
    }
    return TEXT("");
}

static bool header_is_number(const struct check_fact *fact, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return text_is(header(fact->record, name), text);
}

static bool header_is_hex(const struct check_fact *fact, const char *name,
                          const struct check_item *item)
{
    char text[2 * CHECK_HASH_SIZE + 1];
    sodium_bin2hex(text, sizeof text, item->data, item->count);
    return text_is(header(fact->record, name), text);
}

/* The header "accounts/1 audit/0 orders/\*" says as many partitions as the value does, and each. */
static bool headers_touch(const struct check_fact *fact)
{
    const struct check_item *list = GET(fact->meta, touches);
    struct text rest = header(fact->record, "touches");
    for (size_t i = 0; i < list->count; i++) {
        char word[64];
        struct text service = TEXT_OF(&list->items[i], service);
        int64_t partition = NUMBER(&list->items[i], partition);
        int size = partition < 0
                       ? snprintf(word, sizeof word, "%.*s/*", (int)service.size, service.data)
                       : snprintf(word, sizeof word, "%.*s/%lld", (int)service.size, service.data,
                                  (long long)partition);
        size_t taken = (size_t)size + (i + 1 < list->count);
        if (rest.size < taken || memcmp(rest.data, word, (size_t)size) != 0)
            return false;
        rest.data += taken;
        rest.size -= taken;
    }
    return rest.size == 0;
}

static bool check_headers(struct check_run *run, const struct check_fact *fact)
{
    if (header_is_number(fact, "epoch", NUMBER(fact->meta, epoch)) &&
        header_is_number(fact, "wseq", NUMBER(fact->meta, wseq)) &&
        header_is_hex(fact, "nonce", GET(fact->meta, nonce)) &&
        header_is_hex(fact, "prev_hash", GET(fact->meta, prev_hash)) && headers_touch(fact))
        return true;
    return check_says_at(run, 9, fact, "a header says otherwise than the value");
}

/* --- the fold --------------------------------------------------------------------------------- */

struct folding {
    bool started;
    const struct check_item *incarnation;
    struct check_fold fold;
    int64_t occurred_at_us;
};

static void move_head(struct folding *at, struct check_fact *fact)
{
    static const uint8_t ZERO[CHECK_HASH_SIZE];
    check_hash(ZERO, fact->record, fact->hash);
    if (!at->started)
        memcpy(at->fold.head, fact->hash, CHECK_HASH_SIZE);
    else
        check_hash(at->fold.head, fact->record, at->fold.head);
}

static bool same_text(const struct check_item *a, const struct check_item *b)
{
    return text_equal(check_text(a), check_text(b));
}

static bool fold_creation(struct check_run *run, struct folding *at, struct check_fact *fact)
{
    if (at->started)
        return true;
    move_head(at, fact);
    at->started = true;
    at->incarnation = GET(fact->meta, incarnation);
    at->occurred_at_us = fact->occurred_at_us;
    fact->verdict = VERDICT_CREATION;
    const struct check_facts *first = &run->facts[EVIDENCE_ACCOUNTS][0];
    if (!same_text(at->incarnation, GET(first->list[0].meta, incarnation)))
        return check_says_at(run, 8, fact, "its log has another incarnation than accounts/0");
    return true;
}

static void fold_claim(struct check_run *run, struct folding *at, struct check_fact *fact)
{
    if (NUMBER(fact->meta, epoch) != at->fold.epoch + 1) {
        run->tally->claims_lost++;
        return;
    }
    move_head(at, fact);
    at->fold.epoch++;
    at->fold.wseq = 0;
    at->fold.poisoned = false;
    memcpy(at->fold.nonce, GET(fact->meta, nonce)->data, CHECK_NONCE_SIZE);
    fact->verdict = VERDICT_CLAIM;
    run->tally->claims++;
}

static bool fold_event(struct check_run *run, struct folding *at, struct check_fact *fact)
{
    struct check_fold *fold = &at->fold;
    int64_t wseq = NUMBER(fact->meta, wseq);
    if (NUMBER(fact->meta, epoch) != fold->epoch || fold->epoch == 0 ||
        memcmp(GET(fact->meta, nonce)->data, fold->nonce, CHECK_NONCE_SIZE) != 0) {
        run->tally->zombies++;
        return true;
    }
    if (fold->poisoned)
        return true;
    if (wseq <= fold->wseq) {
        run->tally->duplicates++;
        return true;
    }
    if (wseq != fold->wseq + 1 ||
        memcmp(GET(fact->meta, prev_hash)->data, fold->head, CHECK_HASH_SIZE) != 0) {
        fold->poisoned = true;
        run->tally->poisoned++;
        return true;
    }
    if (fact->occurred_at_us > fact->record->timestamp_us + AHEAD_MAX_US)
        return check_says_at(run, 14, fact, "it occurred at %lld, and was appended at %lld",
                             (long long)fact->occurred_at_us,
                             (long long)fact->record->timestamp_us);
    if (fact->occurred_at_us < at->occurred_at_us)
        return check_says_at(run, 14, fact, "it occurred at %lld, before the %lld of the last one",
                             (long long)fact->occurred_at_us, (long long)at->occurred_at_us);
    fold->wseq = wseq;
    at->occurred_at_us = fact->occurred_at_us;
    move_head(at, fact);
    fact->verdict = VERDICT_VALID;
    run->tally->events++;
    return read_causes(run, fact) && read_touches(run, fact) && check_headers(run, fact);
}

/* True when the record belongs to this partition of this log. */
static bool belongs(const struct folding *at, const struct check_fact *fact)
{
    return text_is(TEXT_OF(fact->meta, service), evidence_service_name(fact->service)) &&
           NUMBER(fact->meta, partition) == fact->partition &&
           (!at->started || same_text(GET(fact->meta, incarnation), at->incarnation));
}

static bool fold_record(struct check_run *run, struct folding *at, struct check_fact *fact)
{
    if (!read_record(run, fact)) {
        run->tally->unreadable++;
        return true;
    }
    if (fact->kind == KIND_UNKNOWN)
        return check_says_at(run, 8, fact, "no check knows %s: say in check_run.h what it is",
                             fact->body->shape->name);
    if (!belongs(at, fact))
        return true;
    if (fact->kind == KIND_LogCreated)
        return fold_creation(run, at, fact);
    if (!at->started)
        return check_says_at(run, 8, fact, "the log does not begin with LogCreated");
    if (fact->kind == KIND_WriterClaimed) {
        fold_claim(run, at, fact);
        return true;
    }
    return fold_event(run, at, fact);
}

static bool fold_partition(struct check_run *run, enum evidence_service service, int32_t partition)
{
    const struct evidence_partition *log = &run->evidence->events[service][partition];
    struct check_facts *facts = &run->facts[service][partition];
    struct folding at = {0};
    facts->list = ARENA_NEW(run->arena, struct check_fact, log->count + 1);
    for (; facts->count < log->count; facts->count++) {
        struct check_fact *fact = &facts->list[facts->count];
        fact->service = service;
        fact->partition = partition;
        fact->record = &log->records[facts->count];
        fact->offset = fact->record->offset;
        if (fact->offset != (int64_t)facts->count)
            return check_says_at(run, 6, fact, "the records before it are %zu", facts->count);
        if (!fold_record(run, &at, fact))
            return false;
        fact->fold = at.fold;
    }
    if (!at.started)
        return check_says(run, 8, "%s/%d has no LogCreated", evidence_service_name(service),
                          partition);
    return true;
}

/* A record lost poisons one epoch, and so does one of a writer's twin; nothing else does. */
static bool check_poison(struct check_run *run, uint64_t poisoned)
{
    const struct evidence *evidence = run->evidence;
    uint64_t lost = evidence_count_of(evidence, "LOSE") + evidence_count_of(evidence, "LOSE_REST") +
                    evidence_count_of(evidence, "TWIN");
    if (evidence->counts_count == 0 || poisoned <= lost)
        return true;
    return check_says(run, 9, "%llu epochs miss a record; %llu were lost",
                      (unsigned long long)poisoned, (unsigned long long)lost);
}

bool check_fold(struct check_run *run)
{
    uint64_t poisoned = run->tally->poisoned;
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t partition = 0; partition < run->evidence->partition_counts[i]; partition++) {
            if (!fold_partition(run, (enum evidence_service)i, partition))
                return false;
        }
    }
    return check_poison(run, run->tally->poisoned - poisoned);
}
