/* Invariant 16: nothing happens that its actor may not ask for; and the event names the actor. */
#include "check_run.h"

#include <string.h>

static bool has_role(const struct check_item *actor, const char *role)
{
    if (check_is_null(actor))
        return false;
    const struct check_item *roles = GET(actor, roles);
    for (size_t i = 0; i < roles->count; i++) {
        if (strcmp(check_symbol(&roles->items[i]), role) == 0)
            return true;
    }
    return false;
}

static bool is_staff(const struct check_item *actor)
{
    return has_role(actor, "operator") || has_role(actor, "admin");
}

static bool owns(const struct check_item *actor, const struct check_item *order)
{
    return !check_is_null(actor) &&
           text_equal(TEXT_OF(actor, account_id), TEXT_OF(order, account_id));
}

/* Roles beyond a user's are an admin's to give. */
static bool may_have(const struct check_item *actor, const struct check_item *roles)
{
    for (size_t i = 0; i < roles->count; i++) {
        if (strcmp(check_symbol(&roles->items[i]), "user") != 0 && !has_role(actor, "admin"))
            return false;
    }
    return true;
}

static bool is_allowed(const struct check_fact *fact, const struct check_item *actor)
{
    switch (fact->kind) {
    case KIND_AccountStatusChanged:
    case KIND_AssetCreated:
    case KIND_AssetTransactionRecorded:
    case KIND_InstrumentChanged:
    case KIND_MarketMakerChanged:
    case KIND_MarketMakerCreated:
    case KIND_MarketMakerDeactivated:
    case KIND_RiskLimitsSet: return is_staff(actor);
    case KIND_VenueRulesChanged: return has_role(actor, "admin");
    case KIND_OrderAuthorized:
    case KIND_OrderCanceled: return is_staff(actor) || owns(actor, GET(fact->body, order));
    case KIND_OrderPreviewed:
        return check_is_null(GET(fact->body, order)) || is_staff(actor) ||
               owns(actor, GET(fact->body, order));
    case KIND_CancelAfterSet:
    case KIND_CancelRequested:
    case KIND_ReplaceAuthorized: return is_staff(actor) || owns(actor, fact->body);
    case KIND_UserRegistered: return may_have(actor, GET(fact->body, roles));
    default: return true;
    }
}

static bool same_actor(const struct check_item *a, const struct check_item *b)
{
    if (check_is_null(a) || check_is_null(b))
        return check_is_null(a) && check_is_null(b);
    return text_equal(TEXT_OF(a, user_id), TEXT_OF(b, user_id));
}

static bool check_fact_actor(struct check_run *run, const struct check_fact *fact)
{
    const struct check_item *actor = GET(GET(fact->command, meta), actor);
    if (!same_actor(actor, GET(fact->meta, actor)))
        return check_says_at(run, 16, fact, "it names another actor than its command %s",
                             check_show(run, fact->command_id));
    return is_allowed(fact, actor) ||
           check_says_at(run, 16, fact, "the actor of command %s may not ask for that",
                         check_show(run, fact->command_id));
}

bool check_actors(struct check_run *run)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t j = 0; j < run->evidence->partition_counts[i]; j++) {
            const struct check_facts *facts = &run->facts[i][j];
            for (size_t k = 0; k < facts->count; k++) {
                if (facts->list[k].command != NULL && !check_fact_actor(run, &facts->list[k]))
                    return false;
            }
        }
    }
    return true;
}
