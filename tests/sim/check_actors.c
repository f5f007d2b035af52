/* Invariant 16: nothing happens that its actor may not ask for, by what its partition has heard of
 * him up to there; what it has heard is what settings has decided; and the event names the actor.
 */
#include "check_run.h"

#include <string.h>

enum { ADMIN = 1, OPERATOR = 2, AUDITOR = 4 };

/* What one partition knows. */
struct actors {
    struct check_run *run;
    struct check_map heard; /* by user id: roles, never 0: HEARD is among them */
};
enum { HEARD = 8 };

static uintptr_t bits_of(const struct check_item *roles)
{
    uintptr_t bits = 0;
    for (size_t i = 0; i < roles->count; i++) {
        const char *role = check_symbol(&roles->items[i]);
        bits |= strcmp(role, "admin") == 0      ? ADMIN
                : strcmp(role, "operator") == 0 ? OPERATOR
                : strcmp(role, "auditor") == 0  ? AUDITOR
                                                : 0;
    }
    return bits;
}

static bool is_nobody(struct uuid user_id)
{
    static const struct uuid NOBODY;
    return memcmp(&user_id, &NOBODY, sizeof NOBODY) == 0;
}

/* What a command's actor may do beyond what is his own. Who is nobody is `bourse init`. */
static uintptr_t rights_of(const struct actors *actors, const struct check_item *actor)
{
    if (check_is_null(actor))
        return 0;
    struct uuid user_id = UUID_OF(actor, user_id);
    uintptr_t heard = (uintptr_t)check_map_get(&actors->heard, user_id.bytes);
    return bits_of(GET(actor, roles)) & (is_nobody(user_id) ? ADMIN : heard);
}

static bool owns(const struct check_item *actor, const struct check_item *order)
{
    return !check_is_null(actor) &&
           text_equal(TEXT_OF(actor, account_id), TEXT_OF(order, account_id));
}

static bool may_preview(const struct check_item *actor, const struct check_fact *fact)
{
    const struct check_item *change = GET(fact->body, change);
    return check_code(fact).size > 0 ||
           owns(actor, check_is_null(change) ? GET(fact->body, order) : change);
}

static bool is_user(const struct check_item *actor, const struct check_item *body)
{
    return !check_is_null(actor) && text_equal(TEXT_OF(actor, user_id), TEXT_OF(body, user_id));
}

/* Roles beyond a user's are an admin's to give. */
static bool may_give(uintptr_t rights, const struct check_item *roles)
{
    for (size_t i = 0; i < roles->count; i++) {
        if (strcmp(check_symbol(&roles->items[i]), "user") != 0 && !(rights & ADMIN))
            return false;
    }
    return true;
}

static bool is_allowed(const struct check_fact *fact, const struct check_item *actor,
                       uintptr_t rights)
{
    bool staff = (rights & (ADMIN | OPERATOR)) != 0;
    switch (fact->kind) {
    case KIND_AccountStatusChanged:
    case KIND_AssetCreated:
    case KIND_AssetTransactionRecorded:
    case KIND_InstrumentChanged:
    case KIND_MarketMakerChanged:
    case KIND_MarketMakerCreated:
    case KIND_MarketMakerDeactivated:
    case KIND_NewsPublished:
    case KIND_DocumentWithdrawn:
    case KIND_KycReviewed:
    case KIND_TransferLimitsSet:
    case KIND_FaqPublished:
    case KIND_EconomicEventPublished:
    case KIND_EarningsPublished:
    case KIND_RiskLimitsSet: return staff;
    case KIND_SupportTicketChanged: return staff || is_user(actor, fact->body);
    case KIND_TransferChanged:
        return staff || check_is_null(actor) || owns(actor, GET(fact->body, transfer));
    case KIND_TransferRequested: return staff || owns(actor, GET(fact->body, transfer));
    case KIND_PaymentMethodAdded:
    case KIND_PaymentMethodChanged: return owns(actor, GET(fact->body, method));
    case KIND_StatementsIssued: return staff || owns(actor, &GET(fact->body, statements)->items[0]);
    case KIND_AlertChanged: return is_user(actor, GET(fact->body, alert));
    case KIND_AlertDeleted:
    case KIND_NotificationSettingsChanged:
    case KIND_PushSubscribed:
    case KIND_PushUnsubscribed:
    case KIND_NotificationsRead: return is_user(actor, fact->body);
    case KIND_DismissalProposed:
    case KIND_UserChanged:
    case KIND_VenueRulesChanged: return (rights & ADMIN) != 0;
    case KIND_OrderAuthorized:
    case KIND_OrderCanceled: return staff || owns(actor, GET(fact->body, order));
    case KIND_OrderPreviewed: return staff || may_preview(actor, fact);
    case KIND_CancelAfterSet:
    case KIND_CancelRequested:
    case KIND_PositionsClosing:
    case KIND_ReplaceAuthorized: return staff || owns(actor, fact->body);
    case KIND_KycProfileChanged:
    case KIND_SessionRefreshed:
    case KIND_SessionsEnded: return is_user(actor, fact->body);
    case KIND_KycSubmitted: return is_user(actor, GET(fact->body, review));
    case KIND_UserRegistered: return may_give(rights, GET(fact->body, roles));
    default: return true;
    }
}

static bool same_actor(const struct check_item *a, const struct check_item *b)
{
    if (check_is_null(a) || check_is_null(b))
        return check_is_null(a) && check_is_null(b);
    return text_equal(TEXT_OF(a, user_id), TEXT_OF(b, user_id));
}

static bool check_actor(struct actors *actors, const struct check_fact *fact)
{
    struct check_run *run = actors->run;
    const struct check_item *actor = GET(GET(fact->command, meta), actor);
    if (!same_actor(actor, GET(fact->meta, actor)))
        return check_says_at(run, 16, fact, "it names another actor than its command %s",
                             check_show(run, fact->command_id));
    return is_allowed(fact, actor, rights_of(actors, actor)) ||
           check_says_at(run, 16, fact, "the actor of command %s may not ask for that",
                         check_show(run, fact->command_id));
}

/* --- what is heard ---------------------------------------------------------------------------- */

/* What an event of settings says of a user's roles. */
static uintptr_t decided(const struct check_fact *fact)
{
    bool locked = fact->kind == KIND_UserChanged && !SAME_SYMBOL(fact->body, status, "active");
    return locked ? 0 : bits_of(GET(fact->body, roles));
}

/* Its cause is about the same user, and says the same. */
static bool check_heard(struct actors *actors, const struct check_fact *fact, struct uuid user_id,
                        uintptr_t roles)
{
    const struct check_cause *cause = &fact->causes[0];
    const struct check_fact *said =
        check_fact_at(actors->run, cause->service, cause->partition, cause->last);
    bool tells =
        said != NULL && (said->kind == KIND_UserRegistered || said->kind == KIND_UserChanged);
    struct uuid whom = tells ? UUID_OF(said->body, user_id) : (struct uuid){{0}};
    return (tells && memcmp(&whom, &user_id, sizeof whom) == 0 && decided(said) == roles) ||
           check_says_at(actors->run, 16, fact, "settings has decided other roles for user %s",
                         check_show(actors->run, user_id));
}

static bool hear(struct actors *actors, const struct check_fact *fact)
{
    struct uuid user_id = {{0}};
    uintptr_t roles = 0;
    bool is_new = true;
    if (fact->kind == KIND_UserRegistered || fact->kind == KIND_UserChanged) {
        user_id = UUID_OF(fact->body, user_id);
        roles = decided(fact);
    } else if (fact->kind == KIND_StaffAdopted) {
        user_id = UUID_OF(fact->body, user_id);
        roles = bits_of(GET(fact->body, roles));
        is_new = check_heard(actors, fact, user_id, roles);
    } else if (fact->kind == KIND_AccountOpened) {
        user_id = UUID_OF(GET(fact->body, account), user_id);
        roles = bits_of(GET(fact->body, staff_roles));
        is_new = check_heard(actors, fact, user_id, roles);
    } else {
        return true;
    }
    check_map_put(&actors->heard, user_id.bytes, (void *)(roles | HEARD));
    return is_new;
}

static bool check_partition(struct check_run *run, const struct check_facts *facts)
{
    struct actors actors = {.run = run};
    bool holds = true;
    for (size_t i = 0; i < facts->count && holds; i++) {
        const struct check_fact *fact = &facts->list[i];
        holds = fact->command == NULL || check_actor(&actors, fact);
        if (holds && fact->verdict == VERDICT_VALID)
            holds = hear(&actors, fact);
    }
    check_map_free(&actors.heard);
    return holds;
}

bool check_actors(struct check_run *run)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t j = 0; j < run->evidence->partition_counts[i]; j++) {
            if (!check_partition(run, &run->facts[i][j]))
                return false;
        }
    }
    return true;
}
