/* Invariant 6: every input gives exactly one event, in order, none left out; and what an event says
 * of its input is so. */
#include "check_run.h"

#include <string.h>

/* What one partition has answered so far. */
struct progress {
    struct check_run *run;
    enum evidence_service service;
    int32_t partition;
    int64_t commands, clock; /* the last of each */
    struct check_positions events;
};

/* The next event behind `offset` that a partition has to answer, or where there is none, the end.
 */
static int64_t next_touching(const struct progress *progress, enum evidence_service source,
                             int32_t source_partition, int64_t offset)
{
    const struct check_facts *facts = &progress->run->facts[source][source_partition];
    for (offset++; offset < (int64_t)facts->count; offset++) {
        if (check_touches(&facts->list[offset], progress->service, progress->partition))
            break;
    }
    return offset;
}

/* --- commands --------------------------------------------------------------------------------- */

/* What the event says of its command is what the command says. */
static bool check_inherited(struct check_run *run, struct check_fact *fact,
                            const struct evidence_record *record)
{
    struct text request = check_text(GET(fact->meta, request));
    if (request.size == 0 || request.size > record->value.size ||
        memcmp(request.data, record->value.data, request.size) != 0)
        return check_says_at(run, 6, fact, "the request in it is not the command that it answers");
    fact->command = check_read(record->value, run->arena);
    if (!fact->has_command_id) {
        if (fact->kind != KIND_CommandRejected)
            return check_says_at(run, 6, fact, "%s answers a command without naming it",
                                 check_kinds[fact->kind].name);
        fact->command = NULL;
        return true;
    }
    if (fact->command == NULL)
        return check_says_at(run, 6, fact, "it names the id of a command that cannot be read");
    struct uuid id = UUID_OF(GET(fact->command, meta), command_id);
    if (!uuid_equal(id, fact->command_id))
        return check_says_at(run, 6, fact, "it names command %s, but answers %s",
                             check_show(run, fact->command_id), check_show(run, id));
    return true;
}

static void keep_decision(struct progress *progress, struct check_fact *fact)
{
    struct check_positions *positions = ARENA_NEW(progress->run->arena, struct check_positions, 1);
    *positions = progress->events;
    fact->positions = positions;
    if (fact->command != NULL &&
        check_map_get(&progress->run->decided, fact->command_id.bytes) == NULL)
        check_map_put(&progress->run->decided, fact->command_id.bytes, fact);
}

static bool answer_command(struct progress *progress, struct check_fact *fact)
{
    static const uint8_t ZERO[CHECK_HASH_SIZE];
    struct check_run *run = progress->run;
    const struct check_cause *cause = &fact->causes[0];
    const struct evidence_partition *log =
        &run->evidence->commands[progress->service][progress->partition];
    if (fact->causes_count != 1 || cause->service != progress->service ||
        cause->partition != progress->partition || cause->first != cause->last)
        return check_says_at(run, 6, fact, "it answers more than one command of its partition");
    if (cause->first != progress->commands + 1)
        return check_says_at(run, 6, fact, "it answers command %lld; the one to answer is %lld",
                             (long long)cause->first, (long long)progress->commands + 1);
    if (cause->first >= (int64_t)log->count)
        return check_says_at(run, 6, fact, "it answers command %lld; there are %zu",
                             (long long)cause->first, log->count);
    uint8_t hash[CHECK_HASH_SIZE];
    const struct evidence_record *record = &log->records[cause->first];
    check_hash(ZERO, record, hash);
    if (memcmp(hash, cause->hash, sizeof hash) != 0)
        return check_says_at(run, 6, fact, "its cause_hash is not that of command %lld",
                             (long long)cause->first);
    progress->commands = cause->first;
    if (!check_inherited(run, fact, record))
        return false;
    keep_decision(progress, fact);
    return true;
}

/* --- events ----------------------------------------------------------------------------------- */

static bool check_fold_of_cause(struct check_run *run, const struct check_fact *fact,
                                const struct check_cause *cause, const struct check_fact *input)
{
    const struct check_item *said = cause->fold;
    if (memcmp(input->hash, cause->hash, CHECK_HASH_SIZE) != 0)
        return check_says_at(run, 6, fact, "its cause_hash is not that of %s/%d offset %lld",
                             evidence_service_name(cause->service), cause->partition,
                             (long long)cause->last);
    if (!check_is_null(said) && NUMBER(said, epoch) == input->fold.epoch &&
        NUMBER(said, wseq) == input->fold.wseq && NUMBER(said, poisoned) == input->fold.poisoned &&
        memcmp(GET(said, nonce)->data, input->fold.nonce, CHECK_NONCE_SIZE) == 0 &&
        memcmp(GET(said, head)->data, input->fold.head, CHECK_HASH_SIZE) == 0)
        return true;
    return check_says_at(run, 8, fact, "it folded %s/%d differently up to offset %lld",
                         evidence_service_name(cause->service), cause->partition,
                         (long long)cause->last);
}

static void keep_answer(struct progress *progress, struct check_fact *fact,
                        struct check_fact *input)
{
    struct check_answer *answer = ARENA_NEW(progress->run->arena, struct check_answer, 1);
    answer->fact = fact;
    answer->next = input->answered;
    input->answered = answer;
}

/* A run of events of one partition, from the next to be answered on. */
static bool answer_run(struct progress *progress, struct check_fact *fact,
                       const struct check_cause *cause)
{
    struct check_run *run = progress->run;
    struct check_facts *facts = &run->facts[cause->service][cause->partition];
    int64_t *at = &progress->events.offset[cause->service][cause->partition];
    int64_t next = next_touching(progress, cause->service, cause->partition, *at);
    if (cause->first != next || cause->last < cause->first)
        return check_says_at(run, 6, fact, "it answers %s/%d from offset %lld; the next is %lld",
                             evidence_service_name(cause->service), cause->partition,
                             (long long)cause->first, (long long)next);
    for (; next < cause->last && next < (int64_t)facts->count;
         next = next_touching(progress, cause->service, cause->partition, next))
        keep_answer(progress, fact, &facts->list[next]);
    if (next != cause->last || next >= (int64_t)facts->count)
        return check_says_at(run, 6, fact, "it answers %s/%d up to offset %lld, which is no input",
                             evidence_service_name(cause->service), cause->partition,
                             (long long)cause->last);
    keep_answer(progress, fact, &facts->list[next]);
    *at = next;
    return check_fold_of_cause(run, fact, cause, &facts->list[next]);
}

static bool answer_events(struct progress *progress, struct check_fact *fact)
{
    struct check_run *run = progress->run;
    for (size_t i = 0; i < fact->causes_count; i++) {
        const struct check_cause *cause = &fact->causes[i];
        bool own = cause->service == progress->service && cause->partition == progress->partition;
        if (cause->source != SOURCE_EVENTS || own ||
            !check_follows(progress->service, cause->service))
            return check_says_at(run, 6, fact, "it answers what its service does not follow");
        if (!answer_run(progress, fact, cause))
            return false;
    }
    if (progress->service == EVIDENCE_AUDIT)
        return true;
    const struct check_cause *cause = &fact->causes[0];
    const struct check_fact *input =
        check_fact_at(run, cause->service, cause->partition, cause->last);
    if (fact->causes_count != 1 || cause->first != cause->last)
        return check_says_at(run, 6, fact, "it answers more than one event");
    if (fact->has_command_id != input->has_command_id ||
        !uuid_equal(fact->command_id, input->command_id))
        return check_says_at(run, 6, fact, "it is of another command than the event it answers");
    return true;
}

/* --- all -------------------------------------------------------------------------------------- */

static bool answer(struct progress *progress, struct check_fact *fact)
{
    struct check_run *run = progress->run;
    if (fact->causes_count == 0)
        return check_says_at(run, 6, fact, "%s answers nothing", check_kinds[fact->kind].name);
    const struct check_cause *first = &fact->causes[0];
    if (first->source == SOURCE_COMMANDS)
        return answer_command(progress, fact);
    if (first->source == SOURCE_EVENTS)
        return answer_events(progress, fact);
    if (fact->causes_count != 1 || first->first != progress->clock + 1 ||
        first->last != first->first)
        return check_says_at(run, 6, fact, "the clock goes from %lld to %lld",
                             (long long)progress->clock, (long long)first->last);
    progress->clock = first->last;
    return true;
}

/* The event that a client is told. A second record of a command has an event, too, that may even
 * come before the answer, where another service gives that; it is nobody's outcome (R13). */
static void keep_answering(struct check_run *run, struct check_fact *fact)
{
    if (!check_kinds[fact->kind].answers || !fact->has_command_id ||
        (fact->positions != NULL && check_map_get(&run->decided, fact->command_id.bytes) != fact))
        return;
    if (check_map_get(&run->answers, fact->command_id.bytes) == NULL)
        check_map_put(&run->answers, fact->command_id.bytes, fact);
}

static bool check_rest(const struct progress *progress)
{
    struct check_run *run = progress->run;
    const char *name = evidence_service_name(progress->service);
    const struct evidence_partition *log =
        &run->evidence->commands[progress->service][progress->partition];
    if (progress->commands + 1 != (int64_t)log->count)
        return check_says(run, 19, "command %lld of %s/%d was never answered",
                          (long long)progress->commands + 1, name, progress->partition);
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        enum evidence_service source = (enum evidence_service)i;
        for (int32_t partition = 0; partition < run->evidence->partition_counts[i]; partition++) {
            if (!check_follows(progress->service, source) ||
                (source == progress->service && partition == progress->partition))
                continue;
            int64_t next = next_touching(progress, source, partition,
                                         progress->events.offset[source][partition]);
            if (next < (int64_t)run->facts[source][partition].count)
                return check_says(run, 19, "%s/%d offset %lld was never answered by %s/%d",
                                  evidence_service_name(source), partition, (long long)next, name,
                                  progress->partition);
        }
    }
    return true;
}

static bool check_partition(struct check_run *run, enum evidence_service service, int32_t partition)
{
    struct progress progress = {
        .run = run, .service = service, .partition = partition, .commands = -1};
    memset(&progress.events, -1, sizeof progress.events);
    struct check_facts *facts = &run->facts[service][partition];
    for (size_t i = 0; i < facts->count; i++) {
        struct check_fact *fact = &facts->list[i];
        if (fact->verdict != VERDICT_VALID)
            continue;
        if (!answer(&progress, fact))
            return false;
        keep_answering(run, fact);
        if (check_kinds[fact->kind].answers && service != EVIDENCE_AUDIT &&
            !check_touches(fact, EVIDENCE_AUDIT, 0))
            return check_says_at(run, 5, fact, "it answers, but the audit journal hears nothing");
    }
    return !run->at_rest || check_rest(&progress);
}

bool check_inputs(struct check_run *run)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t partition = 0; partition < run->evidence->partition_counts[i]; partition++) {
            if (!check_partition(run, (enum evidence_service)i, partition))
                return false;
        }
    }
    return true;
}
