#include "evidence.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[EVIDENCE_SERVICES] = {
    [EVIDENCE_ACCOUNTS] = "accounts", [EVIDENCE_ORDERS] = "orders", [EVIDENCE_AUDIT] = "audit",
    [EVIDENCE_SETTINGS] = "settings", [EVIDENCE_DESK] = "desk",
};

const char *evidence_service_name(enum evidence_service service)
{
    return names[service];
}

bool evidence_service_named(struct text name, enum evidence_service *ret_service)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        if (text_is(name, names[i])) {
            *ret_service = (enum evidence_service)i;
            return true;
        }
    }
    return false;
}

struct evidence *evidence_new(uint64_t seed, const int32_t partition_counts[EVIDENCE_SERVICES])
{
    struct evidence *evidence = calloc(1, sizeof *evidence);
    CHECK(evidence != NULL);
    evidence->seed = seed;
    evidence->arena = arena_new(SIZE_MAX);
    CHECK(evidence->arena != NULL);
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        CHECK(partition_counts[i] > 0 && partition_counts[i] <= EVIDENCE_PARTITIONS_MAX);
        evidence->partition_counts[i] = partition_counts[i];
    }
    return evidence;
}

void evidence_free(struct evidence *evidence)
{
    if (evidence == NULL)
        return;
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int partition = 0; partition < EVIDENCE_PARTITIONS_MAX; partition++) {
            free(evidence->commands[i][partition].records);
            free(evidence->events[i][partition].records);
        }
    }
    for (size_t i = 0; i < evidence->samples_count; i++)
        free(evidence->samples[i].rows);
    free(evidence->requests);
    free(evidence->reads);
    free(evidence->samples);
    free(evidence->states);
    free(evidence->counts);
    free(evidence->bounds);
    arena_free(evidence->arena);
    free(evidence);
}

/* Room for one more element. */
static void *grow(void *elements, size_t count, size_t *max, size_t size)
{
    if (count < *max)
        return elements;
    *max = *max == 0 ? 16 : *max * 2;
    void *grown = realloc(elements, *max * size);
    CHECK(grown != NULL);
    return grown;
}
#define GROW(list, count, max) ((list) = grow((list), (count), &(max), sizeof *(list)))

int64_t evidence_moment(struct evidence *evidence)
{
    return ++evidence->moments;
}

struct evidence_partition *evidence_log(const struct evidence *evidence, bool commands,
                                        enum evidence_service service, int32_t partition)
{
    CHECK(partition >= 0 && partition < evidence->partition_counts[service]);
    const struct evidence_partition *log =
        commands ? &evidence->commands[service][partition] : &evidence->events[service][partition];
    return (struct evidence_partition *)(uintptr_t)log;
}

static struct bytes keep(struct evidence *evidence, struct bytes bytes)
{
    uint8_t *copy = arena_alloc(evidence->arena, bytes.size + 1);
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    return (struct bytes){copy, bytes.size};
}

void evidence_add_record(struct evidence *evidence, bool commands, enum evidence_service service,
                         int32_t partition, const struct evidence_record *record)
{
    struct evidence_partition *log = evidence_log(evidence, commands, service, partition);
    struct evidence_header *headers =
        ARENA_NEW(evidence->arena, struct evidence_header, record->headers_count + 1);
    for (size_t i = 0; i < record->headers_count; i++) {
        headers[i] = (struct evidence_header){
            .name = arena_text(evidence->arena, record->headers[i].name),
            .value = arena_text(evidence->arena, record->headers[i].value)};
    }
    GROW(log->records, log->count, log->max);
    log->records[log->count] = *record;
    log->records[log->count].key = keep(evidence, record->key);
    log->records[log->count].value = keep(evidence, record->value);
    log->records[log->count].headers = headers;
    log->count++;
}

void evidence_cut(struct evidence *evidence, bool commands, enum evidence_service service,
                  int32_t partition, size_t count)
{
    struct evidence_partition *log = evidence_log(evidence, commands, service, partition);
    if (log->count > count)
        log->count = count;
}

size_t evidence_send(struct evidence *evidence, const struct evidence_request *request)
{
    GROW(evidence->requests, evidence->requests_count, evidence->requests_max);
    evidence->requests[evidence->requests_count] = *request;
    evidence->requests[evidence->requests_count].sent_moment = evidence_moment(evidence);
    return evidence->requests_count++;
}

void evidence_answer(struct evidence *evidence, size_t request, int64_t answered_us,
                     enum evidence_outcome outcome, const struct evidence_position *answer,
                     const char *answer_kind, const char *code, bool replayed)
{
    CHECK(request < evidence->requests_count && outcome != EVIDENCE_UNANSWERED);
    struct evidence_request *asked = &evidence->requests[request];
    asked->answered_us = answered_us;
    asked->answered_moment = evidence_moment(evidence);
    asked->outcome = outcome;
    asked->replayed = replayed;
    if (outcome == EVIDENCE_ANSWERED) {
        asked->answer = *answer;
        asked->answer_kind = answer_kind;
    }
    size_t size = code == NULL ? 0 : strlen(code);
    CHECK(size < sizeof asked->code);
    if (size > 0)
        memcpy(asked->code, code, size);
    asked->code[size] = '\0';
}

void evidence_add_read(struct evidence *evidence, const struct evidence_read *read)
{
    GROW(evidence->reads, evidence->reads_count, evidence->reads_max);
    evidence->reads[evidence->reads_count] = *read;
    evidence->reads[evidence->reads_count++].moment = evidence_moment(evidence);
}

void evidence_begin_sample(struct evidence *evidence, const struct evidence_sample *sample)
{
    GROW(evidence->samples, evidence->samples_count, evidence->samples_max);
    struct evidence_sample *begun = &evidence->samples[evidence->samples_count++];
    *begun = *sample;
    begun->moment = evidence_moment(evidence);
    begun->rows = NULL;
    begun->rows_count = begun->rows_max = 0;
}

static const char *keep_string(struct evidence *evidence, const char *string)
{
    return string == NULL ? NULL : arena_text(evidence->arena, text_of(string)).data;
}

void evidence_add_row(struct evidence *evidence, const char *table,
                      const struct evidence_column *columns, size_t columns_count)
{
    CHECK(evidence->samples_count > 0);
    struct evidence_sample *sample = &evidence->samples[evidence->samples_count - 1];
    struct evidence_column *kept =
        ARENA_NEW(evidence->arena, struct evidence_column, columns_count + 1);
    for (size_t i = 0; i < columns_count; i++) {
        kept[i] = (struct evidence_column){.name = keep_string(evidence, columns[i].name),
                                           .value = keep_string(evidence, columns[i].value)};
    }
    GROW(sample->rows, sample->rows_count, sample->rows_max);
    sample->rows[sample->rows_count++] = (struct evidence_row){
        .table = keep_string(evidence, table), .columns = kept, .columns_count = columns_count};
}

void evidence_add_state(struct evidence *evidence, const struct evidence_state *state)
{
    GROW(evidence->states, evidence->states_count, evidence->states_max);
    evidence->states[evidence->states_count++] = *state;
}

void evidence_occurred(struct evidence *evidence, const char *name, uint64_t times)
{
    for (size_t i = 0; i < evidence->counts_count; i++) {
        if (strcmp(evidence->counts[i].name, name) == 0) {
            evidence->counts[i].count += times;
            return;
        }
    }
    GROW(evidence->counts, evidence->counts_count, evidence->counts_max);
    evidence->counts[evidence->counts_count++] = (struct evidence_count){name, times};
}

uint64_t evidence_count_of(const struct evidence *evidence, const char *name)
{
    for (size_t i = 0; i < evidence->counts_count; i++) {
        if (strcmp(evidence->counts[i].name, name) == 0)
            return evidence->counts[i].count;
    }
    return 0;
}

void evidence_reached(struct evidence *evidence, const char *name, uint64_t value, uint64_t limit)
{
    for (size_t i = 0; i < evidence->bounds_count; i++) {
        struct evidence_bound *bound = &evidence->bounds[i];
        if (strcmp(bound->name, name) != 0)
            continue;
        if (value > bound->value)
            bound->value = value;
        bound->limit = limit;
        return;
    }
    GROW(evidence->bounds, evidence->bounds_count, evidence->bounds_max);
    evidence->bounds[evidence->bounds_count++] =
        (struct evidence_bound){.name = name, .value = value, .limit = limit};
}
