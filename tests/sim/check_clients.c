/* Invariants 7 and 13, as clients see them: an answer is an event that counts, and stays the same
 * on every retry; nobody reads what is older than what he was shown; and no command is decided
 * ahead of what its caller had been shown. */
#include "check_run.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENTS_MAX = 4096 };

/* What a client did or was shown, in order. */
enum step_kind { STEP_SENT, STEP_TOLD, STEP_ASKED, STEP_READ };
struct step {
    int64_t moment;
    int client;
    enum step_kind kind;
    size_t index; /* of request or read */
};

struct clients {
    struct check_run *run;
    struct step *steps;
    size_t steps_count;
    struct check_positions *shown; /* by client */
    struct check_positions *asked; /* by read: what was shown when it was asked */
    struct check_map told;         /* by key: the request that was told its outcome first */
};

static void add_step(struct clients *clients, int client, int64_t moment, enum step_kind kind,
                     size_t index)
{
    CHECK(client >= 0 && client < CLIENTS_MAX);
    clients->steps[clients->steps_count++] = (struct step){moment, client, kind, index};
}

static int compare_steps(const void *a, const void *b)
{
    const struct step *left = a, *right = b;
    return left->moment < right->moment ? -1 : left->moment > right->moment;
}

/* --- sent ------------------------------------------------------------------------------------- */

/* The last event up to a shown one that a partition has to answer; -1: none. */
static int64_t last_touching(const struct check_run *run, const struct check_fact *decided,
                             enum evidence_service source, int32_t partition, int64_t offset)
{
    const struct check_facts *facts = &run->facts[source][partition];
    if (offset >= (int64_t)facts->count)
        offset = (int64_t)facts->count - 1;
    while (offset >= 0 &&
           !check_touches(&facts->list[offset], decided->service, decided->partition))
        offset--;
    return offset;
}

static bool check_decided_after(struct check_run *run, const struct check_fact *decided,
                                enum evidence_service source, int32_t partition, int64_t shown)
{
    int64_t seen = decided->positions->offset[source][partition];
    int64_t needed = shown;
    if (source == decided->service && partition == decided->partition)
        seen = decided->offset - 1;
    else if (check_follows(decided->service, source))
        needed = last_touching(run, decided, source, partition, shown);
    else
        return true;
    run->tally->waited += needed >= 0;
    return seen >= needed ||
           check_says_at(run, 13, decided,
                         "its caller had been shown %s/%d up to offset %lld before asking; it was"
                         " decided behind %lld",
                         evidence_service_name(source), partition, (long long)shown,
                         (long long)seen);
}

static bool check_sent(struct clients *clients, const struct evidence_request *request)
{
    struct check_run *run = clients->run;
    const struct check_positions *shown = &clients->shown[request->client];
    const struct check_fact *decided = check_map_get(&run->decided, request->command_id.bytes);
    if (decided == NULL || text_is(check_code(decided), "OVERLOADED"))
        return true;
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t partition = 0; partition < run->evidence->partition_counts[i]; partition++) {
            int64_t offset = shown->offset[i][partition];
            if (offset >= 0 &&
                !check_decided_after(run, decided, (enum evidence_service)i, partition, offset))
                return false;
        }
    }
    return true;
}

/* --- told ------------------------------------------------------------------------------------- */

/* An outcome that does not stick to its key: a retry may end otherwise. */
static bool is_fleeting(const char *code)
{
    static const char *const CODES[] = {"COMMAND_EXPIRED", "OVERLOADED", "COMMAND_POISON",
                                        "IDEMPOTENCY_KEY_REUSED", "VALIDATION_FAILED"};
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        if (strcmp(code, CODES[i]) == 0)
            return true;
    }
    return false;
}

/* The answer is the first one to the command, or to that which came before it under its key. */
static bool check_answer_event(struct check_run *run, const struct evidence_request *request)
{
    const struct evidence_position *at = &request->answer;
    const char *id = check_show(run, request->command_id);
    const struct check_fact *told = check_fact_at(run, at->service, at->partition, at->offset);
    if (told == NULL || !check_kinds[told->kind].answers)
        return check_says(run, 7, "%s %s was answered with %s/%d offset %lld, which is no answer",
                          request->kind, id, evidence_service_name(at->service), at->partition,
                          (long long)at->offset);
    struct text code = check_code(told);
    if (strcmp(check_kinds[told->kind].name, request->answer_kind) != 0 ||
        !text_is(code, request->code))
        return check_says_at(run, 7, told, "%s %s was told of it as %s %s", request->kind, id,
                             request->answer_kind, request->code);
    struct uuid command_id = request->command_id;
    const struct check_fact *first = check_map_get(&run->answers, command_id.bytes);
    if (first != NULL && first->kind == KIND_CommandRepeated && told != first) {
        command_id = UUID_OF(first->body, first_command_id);
        first = check_map_get(&run->answers, command_id.bytes);
    }
    return told == first ||
           check_says_at(
               run, 7, told,
               "%s %s was told of it; its answer is %s/%d"
               " offset %lld",
               request->kind, id, first == NULL ? "none," : evidence_service_name(first->service),
               first == NULL ? 0 : first->partition, first == NULL ? 0 : (long long)first->offset);
}

static bool same_place(const struct evidence_position *a, const struct evidence_position *b)
{
    return a->service == b->service && a->partition == b->partition && a->offset == b->offset;
}

static bool check_same_answer(struct clients *clients, const struct evidence_request *request)
{
    struct check_run *run = clients->run;
    if (!request->has_key || is_fleeting(request->code))
        return true;
    const struct evidence_request *first = check_map_get(&clients->told, request->key_hash);
    if (first == NULL) {
        check_map_put(&clients->told, request->key_hash,
                      (struct evidence_request *)(uintptr_t)request);
        return true;
    }
    run->tally->retried++;
    if (memcmp(first->body_hash, request->body_hash, sizeof first->body_hash) == 0 &&
        same_place(&first->answer, &request->answer))
        return true;
    return check_says(run, 7,
                      "%s %s was answered with %s/%d offset %lld, and before, under the"
                      " same key, with %s/%d offset %lld",
                      request->kind, check_show(run, request->command_id),
                      evidence_service_name(request->answer.service), request->answer.partition,
                      (long long)request->answer.offset,
                      evidence_service_name(first->answer.service), first->answer.partition,
                      (long long)first->answer.offset);
}

static void show(struct check_positions *shown, enum evidence_service service, int32_t partition,
                 int64_t offset)
{
    int64_t *at = &shown->offset[service][partition];
    if (*at < offset)
        *at = offset;
}

static bool check_told(struct clients *clients, const struct evidence_request *request)
{
    if (request->outcome != EVIDENCE_ANSWERED)
        return true;
    if (!check_answer_event(clients->run, request) || !check_same_answer(clients, request))
        return false;
    show(&clients->shown[request->client], request->answer.service, request->answer.partition,
         request->answer.offset);
    return true;
}

/* --- read ------------------------------------------------------------------------------------- */

/* Where a partition has answered the last event up to a shown one that touches it. */
static int64_t followed_at(const struct check_run *run, const struct evidence_read *read,
                           enum evidence_service source, int32_t partition, int64_t shown)
{
    const struct check_fact place = {.service = read->service, .partition = read->partition};
    int64_t offset = last_touching(run, &place, source, partition, shown);
    if (offset < 0)
        return -1;
    const struct check_answer *answer = run->facts[source][partition].list[offset].answered;
    while (answer != NULL &&
           (answer->fact->service != read->service || answer->fact->partition != read->partition))
        answer = answer->next;
    return answer == NULL ? INT64_MAX : answer->fact->offset;
}

static bool check_read_of(struct clients *clients, size_t index)
{
    struct check_run *run = clients->run;
    const struct evidence_read *read = &run->evidence->reads[index];
    const struct check_positions *asked = &clients->asked[index];
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        enum evidence_service source = (enum evidence_service)i;
        for (int32_t partition = 0; partition < run->evidence->partition_counts[i]; partition++) {
            int64_t shown = asked->offset[i][partition], needed = -1;
            if (source == read->service && partition == read->partition)
                needed = shown;
            else if (shown >= 0 && check_follows(read->service, source))
                needed = followed_at(run, read, source, partition, shown);
            if (read->offset < needed)
                return check_says(run, 13,
                                  "client %d had been shown %s/%d offset %lld, and then"
                                  " read %s/%d as it was at %lld",
                                  read->client, evidence_service_name(source), partition,
                                  (long long)shown, evidence_service_name(read->service),
                                  read->partition, (long long)read->offset);
        }
    }
    show(&clients->shown[read->client], read->service, read->partition, read->offset);
    return true;
}

/* --- all -------------------------------------------------------------------------------------- */

static void gather(struct clients *clients)
{
    const struct evidence *evidence = clients->run->evidence;
    size_t steps_max = 2 * (evidence->requests_count + evidence->reads_count) + 1;
    clients->steps = ARENA_NEW(clients->run->arena, struct step, steps_max);
    clients->shown = ARENA_NEW(clients->run->arena, struct check_positions, CLIENTS_MAX);
    memset(clients->shown, -1, CLIENTS_MAX * sizeof *clients->shown);
    clients->asked =
        ARENA_NEW(clients->run->arena, struct check_positions, evidence->reads_count + 1);
    for (size_t i = 0; i < evidence->requests_count; i++) {
        const struct evidence_request *request = &evidence->requests[i];
        add_step(clients, request->client, request->sent_moment, STEP_SENT, i);
        if (request->outcome != EVIDENCE_UNANSWERED)
            add_step(clients, request->client, request->answered_moment, STEP_TOLD, i);
    }
    for (size_t i = 0; i < evidence->reads_count; i++) {
        const struct evidence_read *read = &evidence->reads[i];
        add_step(clients, read->client, read->asked_moment, STEP_ASKED, i);
        add_step(clients, read->client, read->moment, STEP_READ, i);
    }
    qsort(clients->steps, clients->steps_count, sizeof *clients->steps, compare_steps);
}

static bool check_step(struct clients *clients, const struct step *step)
{
    const struct evidence *evidence = clients->run->evidence;
    switch (step->kind) {
    case STEP_SENT: return check_sent(clients, &evidence->requests[step->index]);
    case STEP_TOLD: return check_told(clients, &evidence->requests[step->index]);
    case STEP_ASKED: clients->asked[step->index] = clients->shown[step->client]; return true;
    case STEP_READ: break;
    }
    return check_read_of(clients, step->index);
}

bool check_clients(struct check_run *run)
{
    struct clients clients = {.run = run};
    bool holds = true;
    gather(&clients);
    for (size_t i = 0; holds && i < clients.steps_count; i++)
        holds = check_step(&clients, &clients.steps[i]);
    check_map_free(&clients.told);
    return holds;
}
