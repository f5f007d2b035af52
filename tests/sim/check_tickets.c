/* Invariant 5: tickets are numbered without a gap in fold order; each is of one answering event,
 * and each command has one. The tree has as many leaves, and a checkpoint the heads that there
 * were.
 */
#include "check_run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)

struct tickets {
    struct check_run *run;
    const struct check_fact *fact; /* at which they stand */
    struct check_map issued;       /* by command id: the fact with its ticket */
    int year;
    int64_t number;
    int64_t leaves, signed_leaves; /* so far, and at the last checkpoint */
};

static bool check_number_of(struct tickets *tickets, const struct check_item *ticket)
{
    char expected[48];
    struct tm date;
    time_t seconds = (time_t)(tickets->fact->occurred_at_us / 1000000);
    CHECK(gmtime_r(&seconds, &date) != NULL);
    if (date.tm_year + 1900 != tickets->year)
        tickets->number = 0;
    tickets->year = date.tm_year + 1900;
    tickets->number++;
    snprintf(expected, sizeof expected, "TKT-%04d-%06lld", tickets->year,
             (long long)tickets->number);
    struct text id = TEXT_OF(ticket, id);
    return text_is(id, expected) ||
           check_says_at(tickets->run, 5, tickets->fact, "ticket %.*s comes where %s must",
                         (int)id.size, id.data, expected);
}

/* Audit remembers for more than a day which commands have a ticket; no id is of use so long.
 */
static bool check_only_one(struct tickets *tickets, struct uuid command_id)
{
    const struct check_fact *before = check_map_get(&tickets->issued, command_id.bytes);
    if (before == NULL || before->occurred_at_us + DAY_US < tickets->fact->occurred_at_us) {
        check_map_put(&tickets->issued, command_id.bytes,
                      (struct check_fact *)(uintptr_t)tickets->fact);
        return true;
    }
    return check_says_at(tickets->run, 5, tickets->fact, "command %s has a ticket at offset %lld",
                         check_show(tickets->run, command_id), (long long)before->offset);
}

static bool is_among(const struct check_fact *source, const struct check_fact *fact)
{
    const struct check_answer *answer = source->answered;
    while (answer != NULL && answer->fact != fact)
        answer = answer->next;
    return answer != NULL;
}

/* The event that the ticket names as its source. NULL: there is none. */
static const struct check_fact *source_of(const struct check_run *run,
                                          const struct check_item *source)
{
    char topic[40];
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        enum evidence_service service = (enum evidence_service)i;
        snprintf(topic, sizeof topic, "bourse.%s.events", evidence_service_name(service));
        if (text_is(TEXT_OF(source, topic), topic))
            return check_fact_at(run, service, (int32_t)NUMBER(source, partition),
                                 NUMBER(source, offset));
    }
    return NULL;
}

/* Who asked, as the event says; whoever signed in is who asked. */
static bool same_actor(const struct check_item *ticket, const struct check_fact *source)
{
    const struct check_item *actor = GET(source->meta, actor);
    struct uuid id = {{0}};
    if (!check_is_null(actor))
        id = UUID_OF(actor, user_id);
    if (source->kind == KIND_SessionOpened)
        id = UUID_OF(source->body, user_id);
    return uuid_equal(UUID_OF(ticket, actor_id), id);
}

static bool check_ticket(struct tickets *tickets, const struct check_item *ticket)
{
    struct check_run *run = tickets->run;
    struct text id = TEXT_OF(ticket, id);
    const struct check_fact *source = source_of(run, GET(ticket, source));
    if (!check_number_of(tickets, ticket))
        return false;
    if (source == NULL || !is_among(source, tickets->fact) || !check_kinds[source->kind].ticket ||
        !source->has_command_id)
        return check_says_at(run, 5, tickets->fact, "ticket %.*s is of no event that it answers",
                             (int)id.size, id.data);
    struct text code = check_code(source);
    if (memcmp(GET(ticket, event_hash)->data, source->hash, CHECK_HASH_SIZE) != 0 ||
        !text_equal(TEXT_OF(ticket, event_id), TEXT_OF(source->meta, event_id)) ||
        !uuid_equal(UUID_OF(ticket, command_id), source->command_id) ||
        !text_equal(TEXT_OF(ticket, code), code) || !same_actor(ticket, source) ||
        strcmp(SYMBOL(ticket, outcome), code.size == 0 ? "success" : "failed") != 0 ||
        NUMBER(ticket, occurred_at) != source->occurred_at_us)
        return check_says_at(run, 5, tickets->fact,
                             "ticket %.*s says otherwise than %s/%d offset"
                             " %lld",
                             (int)id.size, id.data, evidence_service_name(source->service),
                             source->partition, (long long)source->offset);
    run->tally->tickets++;
    return check_only_one(tickets, source->command_id);
}

/* Every answer that this event took in has its ticket now. */
static bool check_none_missing(struct tickets *tickets)
{
    struct check_run *run = tickets->run;
    for (size_t i = 0; i < tickets->fact->causes_count; i++) {
        const struct check_cause *cause = &tickets->fact->causes[i];
        for (int64_t offset = cause->first; offset <= cause->last; offset++) {
            const struct check_fact *fact =
                check_fact_at(run, cause->service, cause->partition, offset);
            if (fact == NULL || !fact->has_command_id || !check_kinds[fact->kind].ticket ||
                !check_touches(fact, EVIDENCE_AUDIT, 0) ||
                check_map_get(&tickets->issued, fact->command_id.bytes) != NULL)
                continue;
            return check_says_at(run, 5, fact, "command %s has no ticket",
                                 check_show(run, fact->command_id));
        }
    }
    return true;
}

/* --- the tree and its checkpoints --- */

static bool check_leaves(struct tickets *tickets, size_t count)
{
    int64_t said = NUMBER(tickets->fact->body, tree_size);
    tickets->leaves += (int64_t)count;
    return said == tickets->leaves || check_says_at(tickets->run, 5, tickets->fact,
                                                    "it says %lld tickets where there are %lld",
                                                    (long long)said, (long long)tickets->leaves);
}

/* What it says of a partition is what the fold had there, be it a while ago. */
static bool check_head(const struct tickets *tickets, const struct check_item *head)
{
    int64_t next_offset = NUMBER(head, next_offset), partition = NUMBER(head, partition);
    int service = 0;
    while (service < EVIDENCE_SERVICES &&
           !text_is(TEXT_OF(head, service), evidence_service_name((enum evidence_service)service)))
        service++;
    if (service == EVIDENCE_SERVICES || partition < 0 || partition >= EVIDENCE_PARTITIONS_MAX)
        return false;
    const struct check_facts *facts = &tickets->run->facts[service][partition];
    if (next_offset < 1 || next_offset > (int64_t)facts->count)
        return next_offset == 0;
    const struct check_fact *last = &facts->list[next_offset - 1];
    return memcmp(GET(head, head)->data, last->fold.head, CHECK_HASH_SIZE) == 0;
}

static bool check_checkpoint(struct tickets *tickets)
{
    const struct check_fact *fact = tickets->fact;
    const struct check_item *heads = GET(fact->body, heads);
    if (!check_leaves(tickets, 0))
        return false;
    if (tickets->leaves == tickets->signed_leaves)
        return check_says_at(tickets->run, 5, fact, "it signs nothing new");
    for (size_t i = 0; i < heads->count; i++) {
        if (!check_head(tickets, &heads->items[i]))
            return check_says_at(tickets->run, 5, fact, "%.*s/%lld never had the head behind %lld",
                                 (int)TEXT_OF(&heads->items[i], service).size,
                                 TEXT_OF(&heads->items[i], service).data,
                                 (long long)NUMBER(&heads->items[i], partition),
                                 (long long)NUMBER(&heads->items[i], next_offset));
    }
    tickets->signed_leaves = tickets->leaves;
    return true;
}

static bool check_event(struct tickets *tickets)
{
    const struct check_item *body = tickets->fact->body;
    if (tickets->fact->kind == KIND_RefusalRecorded)
        return check_number_of(tickets, GET(body, ticket)) && check_leaves(tickets, 1) &&
               check_only_one(tickets, tickets->fact->command_id);
    if (tickets->fact->kind == KIND_CheckpointMade)
        return check_checkpoint(tickets);
    if (tickets->fact->kind != KIND_TicketsIssued)
        return true;
    const struct check_item *list = GET(body, tickets);
    for (size_t i = 0; i < list->count; i++) {
        if (!check_ticket(tickets, &list->items[i]))
            return false;
    }
    return check_none_missing(tickets) && check_leaves(tickets, list->count);
}

bool check_tickets(struct check_run *run)
{
    const struct check_facts *facts = &run->facts[EVIDENCE_AUDIT][0];
    struct tickets tickets = {.run = run};
    bool holds = true;
    for (size_t i = 0; holds && i < facts->count; i++) {
        tickets.fact = &facts->list[i];
        holds = tickets.fact->verdict != VERDICT_VALID || check_event(&tickets);
    }
    check_map_free(&tickets.issued);
    return holds;
}
