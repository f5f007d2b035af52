#include "check.h"

#include "check_run.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- saying ----------------------------------------------------------------------------------- */

static void say(struct check_run *run, int invariant, const char *place, const char *format,
                va_list arguments)
{
    char *text = run->problem->text;
    run->problem->invariant = invariant;
    int size = snprintf(text, CHECK_PROBLEM_SIZE, "invariant %d: %s", invariant, place);
    vsnprintf(text + size, CHECK_PROBLEM_SIZE - (size_t)size, format, arguments);
}

bool check_says(struct check_run *run, int invariant, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(run, invariant, "", format, arguments);
    va_end(arguments);
    return false;
}

bool check_says_at(struct check_run *run, int invariant, const struct check_fact *fact,
                   const char *format, ...)
{
    char place[120];
    va_list arguments;
    snprintf(place, sizeof place, "%s/%d offset %lld, %s: ", evidence_service_name(fact->service),
             fact->partition, (long long)fact->offset, check_kinds[fact->kind].name);
    va_start(arguments, format);
    say(run, invariant, place, format, arguments);
    va_end(arguments);
    return false;
}

const char *check_show(struct check_run *run, struct uuid id)
{
    char *text = arena_alloc(run->arena, UUID_TEXT_SIZE + 1);
    uuid_print(id, text);
    return text;
}

/* --- asking ----------------------------------------------------------------------------------- */

bool check_follows(enum evidence_service service, enum evidence_service source)
{
    switch (service) {
    case EVIDENCE_ACCOUNTS: return source == EVIDENCE_ORDERS || source == EVIDENCE_SETTINGS;
    case EVIDENCE_ORDERS: return source != EVIDENCE_AUDIT && source != EVIDENCE_DESK;
    case EVIDENCE_AUDIT: return source != EVIDENCE_AUDIT;
    case EVIDENCE_SETTINGS: return source != EVIDENCE_AUDIT;
    case EVIDENCE_DESK: return source == EVIDENCE_SETTINGS;
    }
    return false;
}

int32_t check_partition_of(const struct check_run *run, enum evidence_service service,
                           struct uuid id)
{
    uint32_t hash = (uint32_t)id.bytes[0] << 24 | (uint32_t)id.bytes[1] << 16 |
                    (uint32_t)id.bytes[2] << 8 | id.bytes[3];
    return (int32_t)(hash & INT32_MAX) % run->evidence->partition_counts[service];
}

const struct check_fact *check_fact_at(const struct check_run *run, enum evidence_service service,
                                       int32_t partition, int64_t offset)
{
    if ((unsigned)service >= EVIDENCE_SERVICES || partition < 0 ||
        partition >= run->evidence->partition_counts[service])
        return NULL;
    const struct check_facts *facts = &run->facts[service][partition];
    if (offset < 0 || offset >= (int64_t)facts->count ||
        facts->list[offset].verdict != VERDICT_VALID)
        return NULL;
    return &facts->list[offset];
}

bool check_touches(const struct check_fact *fact, enum evidence_service service, int32_t partition)
{
    return fact->verdict == VERDICT_VALID && (fact->touches[service] >> partition & 1) != 0;
}

struct text check_code(const struct check_fact *fact)
{
    if (fact->kind == KIND_CommandRejected || fact->kind == KIND_OrderRefused ||
        fact->kind == KIND_ReplaceRefused || fact->kind == KIND_LoginRefused ||
        fact->kind == KIND_OrderPreviewed || fact->kind == KIND_PreviewAnswered)
        return TEXT_OF(fact->body, code);
    if (fact->kind == KIND_SessionsEnded && !check_is_null(GET(fact->body, code)))
        return TEXT_OF(fact->body, code);
    return TEXT("");
}

/* --- all of it -------------------------------------------------------------------------------- */

bool check_and_tally(const struct evidence *evidence, bool at_rest, struct check_tally *tally,
                     struct check_problem *ret_problem)
{
    CHECK(sodium_init() >= 0);
    struct check_run run = {.evidence = evidence,
                            .at_rest = at_rest,
                            .arena = arena_new(SIZE_MAX),
                            .tally = tally,
                            .problem = ret_problem};
    *ret_problem = (struct check_problem){0};
    tally->runs++;
    bool holds = check_fold(&run) && check_inputs(&run) && check_commands(&run) &&
                 check_actors(&run) && check_approvals(&run) && check_books(&run) &&
                 check_ledger(&run) && check_orders(&run) && check_alerts(&run) &&
                 check_support(&run) && check_tickets(&run) && check_clients(&run) &&
                 check_states(&run) && check_samples(&run) && check_statements(&run);
    check_map_free(&run.orders);
    check_map_free(&run.decided);
    check_map_free(&run.answers);
    arena_free(run.arena);
    return holds;
}

bool check_all(const struct evidence *evidence, bool at_rest, struct check_problem *ret_problem)
{
    struct check_tally tally = {0};
    return check_and_tally(evidence, at_rest, &tally, ret_problem);
}
