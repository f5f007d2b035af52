/* Invariants 10, 11 and 18: one log, one state, however it was come by; projections only go
 * forward; whatever is bounded stays within its bound. */
#include "check_run.h"

#include <string.h>

enum { EVENT_SIZE_MAX = 8 << 20, FILLS_MAX = 10000 };

static bool check_one_state(struct check_run *run)
{
    struct check_map seen = {0};
    bool holds = true;
    for (size_t i = 0; holds && i < run->evidence->states_count; i++) {
        struct evidence_state *state = &run->evidence->states[i];
        int64_t key[2] = {(int64_t)state->service << 32 | state->partition, state->offset};
        const struct evidence_state *before = check_map_get(&seen, key);
        if (before == NULL)
            check_map_put(&seen, key, state);
        else if (memcmp(before->state_hash, state->state_hash, sizeof state->state_hash) != 0)
            holds = check_says(run, 10, "%s/%d has two states behind offset %lld: one %s, one %s",
                               evidence_service_name(state->service), state->partition,
                               (long long)state->offset - 1,
                               before->origin == EVIDENCE_LIVE ? "live" : "read back",
                               state->origin == EVIDENCE_LIVE ? "live" : "read back");
    }
    check_map_free(&seen);
    return holds;
}

static bool check_samples_go_forward(struct check_run *run)
{
    struct check_positions at;
    int database[EVIDENCE_SERVICES] = {0};
    memset(&at, -1, sizeof at);
    for (size_t i = 0; i < run->evidence->samples_count; i++) {
        const struct evidence_sample *sample = &run->evidence->samples[i];
        int64_t *offsets = at.offset[sample->service];
        bool same = database[sample->service] == sample->database;
        database[sample->service] = sample->database;
        for (int32_t j = 0; j < run->evidence->partition_counts[sample->service]; j++) {
            if (same && sample->offsets[j] < offsets[j])
                return check_says(run, 11,
                                  "the projection of %s/%d went from offset %lld back to"
                                  " %lld",
                                  evidence_service_name(sample->service), j, (long long)offsets[j],
                                  (long long)sample->offsets[j]);
            offsets[j] = sample->offsets[j];
        }
    }
    return true;
}

static bool check_bounds(struct check_run *run)
{
    for (size_t i = 0; i < run->evidence->bounds_count; i++) {
        const struct evidence_bound *bound = &run->evidence->bounds[i];
        if (bound->value > bound->limit)
            return check_says(run, 18, "%s came to %llu; its bound is %llu", bound->name,
                              (unsigned long long)bound->value, (unsigned long long)bound->limit);
    }
    return true;
}

static bool check_sizes(struct check_run *run, const struct check_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        const struct check_fact *fact = &facts->list[i];
        size_t size = fact->record->key.size + fact->record->value.size;
        if (fact->verdict != VERDICT_VALID)
            continue;
        if (size > EVENT_SIZE_MAX)
            return check_says_at(run, 18, fact, "it has %zu bytes; its bound is %d", size,
                                 EVENT_SIZE_MAX);
        if (fact->kind == KIND_OrderEntered && GET(fact->body, fills)->count > FILLS_MAX)
            return check_says_at(run, 18, fact, "it has %zu fills; its bound is %d",
                                 GET(fact->body, fills)->count, FILLS_MAX);
    }
    return true;
}

bool check_states(struct check_run *run)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t partition = 0; partition < run->evidence->partition_counts[i]; partition++) {
            if (!check_sizes(run, &run->facts[i][partition]))
                return false;
        }
    }
    return check_one_state(run) && check_samples_go_forward(run) && check_bounds(run);
}
