/* Invariant 23: what the venue's rules put above one person has, where it takes effect, been asked
 * for by one and approved by another, exactly as it was asked for and once; and a request is over
 * when it was used, rejected, or its time has come.
 */
#include "check_run.h"

#include <string.h>

/* What one partition knows. */
struct approvals {
    struct check_run *run;
    struct check_map waiting;         /* by approval id: the fact that asks */
    const struct check_item *amounts; /* by asset; NULL: no rules */
};

/* The amount above which a booking takes two. False: there is none. */
static bool find_bound(const struct approvals *approvals, struct text asset, int64_t *ret_bound_e8)
{
    const struct check_item *amounts = approvals->amounts;
    for (size_t i = 0; amounts != NULL && i < amounts->count; i += 2) {
        if (text_equal(check_text(&amounts->items[i]), asset)) {
            *ret_bound_e8 = check_number(&amounts->items[i + 1]);
            return true;
        }
    }
    return false;
}

static bool is_above(const struct approvals *approvals, const struct check_item *transaction)
{
    int64_t bound_e8;
    return find_bound(approvals, TEXT_OF(transaction, asset), &bound_e8) &&
           NUMBER(transaction, amount_e8) > bound_e8;
}

/* What leaves, when it is asked for; and what came by the word of an operator alone. */
static bool takes_two_to_move(const struct check_fact *fact, const struct check_item *transfer)
{
    if (fact->kind == KIND_TransferRequested)
        return SAME_SYMBOL(transfer, type, "withdrawal");
    return SAME_SYMBOL(transfer, type, "deposit") && SAME_SYMBOL(transfer, status, "completed") &&
           check_is_null(GET(transfer, provider));
}

/* Whether an event books what takes two. */
static bool takes_two(const struct approvals *approvals, const struct check_fact *fact)
{
    if (fact->kind == KIND_AssetTransactionRecorded)
        return is_above(approvals, GET(fact->body, transaction));
    const struct check_item *transfer =
        fact->kind == KIND_TransferRequested || fact->kind == KIND_TransferChanged
            ? GET(fact->body, transfer)
            : NULL;
    if (transfer != NULL)
        return takes_two_to_move(fact, transfer) && is_above(approvals, transfer);
    if (fact->kind != KIND_MarketMakerCreated)
        return false;
    const struct check_item *transactions = GET(fact->body, transactions);
    bool above = false;
    for (size_t i = 0; i < transactions->count; i++)
        above = above || is_above(approvals, &transactions->items[i]);
    return above;
}

/* What was booked is what the one had asked for. */
static bool is_as_asked(const struct check_fact *fact, const struct check_fact *asked)
{
    const struct check_item *booked = NULL, *wanted = asked->command;
    if (fact->kind == KIND_TransferChanged)
        return wanted != NULL &&
               text_equal(TEXT_OF(GET(fact->body, transfer), id), TEXT_OF(wanted, transfer_id));
    if (fact->kind == KIND_AssetTransactionRecorded)
        booked = GET(fact->body, transaction);
    if (fact->kind == KIND_TransferRequested)
        booked = GET(fact->body, transfer);
    if (booked == NULL)
        return true;
    return wanted != NULL && text_equal(TEXT_OF(booked, account_id), TEXT_OF(wanted, account_id)) &&
           text_equal(TEXT_OF(booked, asset), TEXT_OF(wanted, asset)) &&
           NUMBER(booked, amount_e8) == NUMBER(wanted, amount_e8) &&
           strcmp(SYMBOL(booked, type), SYMBOL(wanted, type)) == 0;
}

static struct uuid actor_of(const struct check_fact *fact)
{
    const struct check_item *actor = GET(fact->meta, actor);
    return check_is_null(actor) ? (struct uuid){{0}} : UUID_OF(actor, user_id);
}

/* The request that waits under that id. NULL: none does, which is said. */
static const struct check_fact *take(struct approvals *approvals, const struct check_fact *fact,
                                     struct uuid id)
{
    const struct check_fact *asked = check_map_get(&approvals->waiting, id.bytes);
    if (asked == NULL || asked->verdict != VERDICT_VALID) {
        check_says_at(approvals->run, 23, fact, "no request %s waits",
                      check_show(approvals->run, id));
        return NULL;
    }
    static const struct check_fact over = {.verdict = VERDICT_INERT};
    check_map_put(&approvals->waiting, id.bytes, (struct check_fact *)(uintptr_t)&over);
    return asked;
}

/* From here on its command is the one that waited: other checks hold it against that. */
static bool check_effect(struct approvals *approvals, struct check_fact *fact,
                         const struct check_item *approval)
{
    struct check_run *run = approvals->run;
    struct uuid asker = UUID_OF(approval, requested_by);
    struct uuid consenting = UUID_OF(approval, approved_by);
    const struct check_fact *asked = take(approvals, fact, UUID_OF(approval, id));
    if (asked == NULL)
        return false;
    if (!uuid_equal(asker, actor_of(asked)) || !uuid_equal(consenting, actor_of(fact)) ||
        uuid_equal(asker, consenting))
        return check_says_at(run, 23, fact, "%s asked for it and %s approved it",
                             check_show(run, asker), check_show(run, consenting));
    if (fact->occurred_at_us >= NUMBER(GET(asked->body, request), expires_at))
        return check_says_at(run, 23, fact, "its request has expired");
    if (!is_as_asked(fact, asked))
        return check_says_at(run, 23, fact, "it is not what was asked for at offset %lld",
                             (long long)asked->offset);
    fact->command = asked->command;
    run->tally->consented++;
    return true;
}

static bool check_expired(struct approvals *approvals, const struct check_fact *fact)
{
    const struct check_fact *asked = take(approvals, fact, UUID_OF(fact->body, approval_id));
    if (asked == NULL)
        return false;
    approvals->run->tally->unheard++;
    return fact->occurred_at_us >= NUMBER(GET(asked->body, request), expires_at) ||
           check_says_at(approvals->run, 23, fact, "its time has not come");
}

static bool has_approval(const struct check_fact *fact)
{
    switch (fact->kind) {
    case KIND_AssetTransactionRecorded:
    case KIND_DismissalProposed:
    case KIND_MarketMakerCreated:
    case KIND_TransferChanged:
    case KIND_TransferRequested:
    case KIND_UserChanged:
    case KIND_VenueRulesChanged: return true;
    default: return false;
    }
}

static void hear_rules(struct approvals *approvals, const struct check_fact *fact)
{
    const struct check_item *rules = GET(GET(fact->body, rules), approvals);
    approvals->amounts = check_is_null(rules) ? NULL : GET(rules, amounts_e8);
}

static bool check_event(struct approvals *approvals, struct check_fact *fact)
{
    if (fact->kind == KIND_ApprovalRequested) {
        struct uuid id = UUID_OF(GET(fact->body, request), approval_id);
        check_map_put(&approvals->waiting, id.bytes, fact);
        return true;
    }
    if (fact->kind == KIND_ApprovalRejected)
        return take(approvals, fact, UUID_OF(fact->body, approval_id)) != NULL;
    if (fact->kind == KIND_ApprovalExpired)
        return check_expired(approvals, fact);
    const struct check_item *approval = has_approval(fact) ? GET(fact->body, approval) : NULL;
    if (approval != NULL && !check_is_null(approval) && !check_effect(approvals, fact, approval))
        return false;
    if (takes_two(approvals, fact) && check_is_null(approval))
        return check_says_at(approvals->run, 23, fact, "it takes two persons");
    if (fact->kind == KIND_VenueRulesAdopted || fact->kind == KIND_VenueRulesChanged)
        hear_rules(approvals, fact);
    return true;
}

bool check_approvals(struct check_run *run)
{
    static const enum evidence_service SERVICES[] = {EVIDENCE_ACCOUNTS, EVIDENCE_SETTINGS};
    bool holds = true;
    for (size_t s = 0; s < COUNT_OF(SERVICES); s++) {
        for (int32_t p = 0; holds && p < run->evidence->partition_counts[SERVICES[s]]; p++) {
            const struct check_facts *facts = &run->facts[SERVICES[s]][p];
            struct approvals approvals = {.run = run};
            for (size_t i = 0; holds && i < facts->count; i++)
                holds = facts->list[i].verdict != VERDICT_VALID ||
                        check_event(&approvals, &facts->list[i]);
            check_map_free(&approvals.waiting);
        }
    }
    return holds;
}
