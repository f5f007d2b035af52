/* Invariant 28: a conversation with support is its client's, goes on by whose turn it is, and what
 * was said in it is counted; whoever is not its client and not of the desk has no part in it.
 */
#include "check_run.h"

#include <string.h>

#define WEEK_US  (INT64_C(7) * 86400 * 1000000)
#define MONTH_US (INT64_C(30) * 86400 * 1000000)

static bool says(struct check_run *run, const struct check_fact *fact, const char *what)
{
    return check_says_at(run, 28, fact, "%s", what);
}

static bool is_one_of(const char *what, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(what, list[i]) == 0)
            return true;
    }
    return false;
}

/* What a client does himself; all else is the desk's or the clock's. */
static bool is_by_client(const char *change)
{
    static const char *const OWN[] = {"opened", "asked", "closed", "reopened", "rated"};
    return is_one_of(change, OWN, COUNT_OF(OWN));
}

static bool check_actor(struct check_run *run, const struct check_fact *fact, const char *change)
{
    const struct check_item *actor = GET(fact->meta, actor);
    bool clock = fact->causes[0].source == SOURCE_CLOCK;
    if (clock != (strcmp(change, "expired") == 0))
        return says(run, fact, "the clock does what others do, or others what it does");
    return clock || !is_by_client(change) ||
           text_equal(TEXT_OF(actor, user_id), TEXT_OF(GET(fact->body, ticket), user_id)) ||
           says(run, fact, "somebody speaks for its client");
}

/* Where it stands when it is the desk's turn. */
static const char *on_desk(const struct check_item *ticket)
{
    return check_is_null(GET(ticket, assignee_id)) ? "open" : "assigned";
}

/* What a change makes of a status; NULL: it may not come there. */
static const char *next_of(const struct check_fact *fact, const struct check_item *before,
                           const char *change)
{
    const struct check_item *ticket = GET(fact->body, ticket);
    const char *status = SYMBOL(before, status);
    bool closed = strcmp(status, "closed") == 0, resolved = strcmp(status, "resolved") == 0;
    int64_t now_us = fact->occurred_at_us;
    if (strcmp(change, "reopened") == 0)
        return resolved || (closed && now_us <= NUMBER(before, closed_at) + MONTH_US)
                   ? on_desk(ticket)
                   : NULL;
    if (strcmp(change, "rated") == 0)
        return resolved || closed ? status : NULL;
    if (strcmp(change, "expired") == 0)
        return resolved && now_us >= NUMBER(before, resolved_at) + WEEK_US ? "closed" : NULL;
    if (closed)
        return NULL;
    if (strcmp(change, "asked") == 0)
        return on_desk(ticket);
    if (strcmp(change, "assigned") == 0)
        return strcmp(status, "open") == 0 ? "assigned" : status;
    return strcmp(change, "replied") == 0    ? "waiting"
           : strcmp(change, "resolved") == 0 ? "resolved"
                                             : "closed";
}

static bool check_opened(struct check_run *run, const struct check_fact *fact,
                         const struct check_item *before)
{
    const struct check_item *ticket = GET(fact->body, ticket);
    if (before != NULL)
        return says(run, fact, "it begins once more");
    return (SAME_SYMBOL(ticket, status, "open") && NUMBER(ticket, version) == 1 &&
            NUMBER(ticket, messages) == 1) ||
           says(run, fact, "it begins in the middle");
}

static bool check_goes_on(struct check_run *run, const struct check_fact *fact,
                          const struct check_item *before, const char *change)
{
    const struct check_item *ticket = GET(fact->body, ticket);
    bool speaks = !check_is_null(GET(fact->body, message_id));
    const char *status = next_of(fact, before, change);
    if (!text_equal(TEXT_OF(ticket, user_id), TEXT_OF(before, user_id)))
        return says(run, fact, "it becomes another's");
    if (NUMBER(ticket, version) != NUMBER(before, version) + 1 ||
        NUMBER(ticket, messages) != NUMBER(before, messages) + speaks)
        return says(run, fact, "what was said in it is not counted");
    return (status != NULL && SAME_SYMBOL(ticket, status, status)) ||
           check_says_at(run, 28, fact, "it was %s, is %s, and is %s now", SYMBOL(before, status),
                         change, SYMBOL(ticket, status));
}

static bool check_event(struct check_run *run, struct check_map *known,
                        const struct check_fact *fact)
{
    const struct check_item *ticket = GET(fact->body, ticket);
    struct uuid id = UUID_OF(ticket, id);
    const struct check_item *before = check_map_get(known, id.bytes);
    const char *change = SYMBOL(fact->body, change);
    bool opens = strcmp(change, "opened") == 0;
    if (before == NULL && !opens)
        return says(run, fact, "there is no such conversation");
    check_map_put(known, id.bytes, (struct check_item *)(uintptr_t)ticket);
    run->tally->conversations += opens;
    return check_actor(run, fact, change) &&
           (opens ? check_opened(run, fact, before) : check_goes_on(run, fact, before, change));
}

bool check_support(struct check_run *run)
{
    bool holds = true;
    for (int32_t p = 0; holds && p < run->evidence->partition_counts[EVIDENCE_DESK]; p++) {
        const struct check_facts *facts = &run->facts[EVIDENCE_DESK][p];
        struct check_map known = {0};
        for (size_t i = 0; holds && i < facts->count; i++) {
            const struct check_fact *fact = &facts->list[i];
            holds = fact->verdict != VERDICT_VALID || fact->kind != KIND_SupportTicketChanged ||
                    check_event(run, &known, fact);
        }
        check_map_free(&known);
    }
    return holds;
}
