/* Invariant 25: who somebody is, is said by himself and judged by another, in that order; a level
 * comes of an approval and of nothing else, and so does it that an account which waited becomes
 * active, unless an operator says so.
 */
#include "check_ledger.h"

#include <string.h>

enum { LEVEL_MAX = 3 };

/* A document that has been handed in. */
struct check_document {
    struct uuid id;
    const char *kind;
    struct check_document *next;
};

struct check_person *check_person_of(struct check_ledger *ledger, struct uuid account_id)
{
    struct check_person *person = check_map_get(&ledger->persons, account_id.bytes);
    if (person != NULL)
        return person;
    person = ARENA_NEW(ledger->run->arena, struct check_person, 1);
    *person = (struct check_person){.account_status = "", .kyc_status = "draft"};
    check_map_put(&ledger->persons, account_id.bytes, person);
    return person;
}

static bool says(const struct check_ledger *ledger, const char *what)
{
    return check_says_at(ledger->run, 25, ledger->fact, "%s", what);
}

/* --- the account ------------------------------------------------------------------------------ */

static void hear_account(struct check_ledger *ledger, const struct check_item *account)
{
    check_person_of(ledger, UUID_OF(account, id))->account_status = SYMBOL(account, status);
}

static bool check_opened(struct check_ledger *ledger)
{
    const struct check_item *account = GET(ledger->fact->body, account);
    hear_account(ledger, account);
    return SAME_SYMBOL(account, status, "pending_kyc") ||
           says(ledger, "an account is open to somebody whom nobody knows");
}

/* An approval activates what has waited for it, and only that. */
static bool check_activation(struct check_ledger *ledger, const struct check_person *person)
{
    const struct check_item *account = GET(ledger->fact->body, account);
    bool approves = SAME_SYMBOL(ledger->fact->command, decision, "approve");
    bool activates = approves && strcmp(person->account_status, "pending_kyc") == 0;
    if (activates == check_is_null(account))
        return says(ledger, "it activates an account that does not wait, or leaves one that does");
    if (!activates)
        return true;
    hear_account(ledger, account);
    return SAME_SYMBOL(account, status, "active") || says(ledger, "it does not activate it");
}

/* --- the check -------------------------------------------------------------------------------- */

static bool is_open(const struct check_person *person)
{
    return strcmp(person->kyc_status, "draft") == 0 ||
           strcmp(person->kyc_status, "rejected") == 0 ||
           strcmp(person->kyc_status, "needs_information") == 0;
}

/* What the event says the check is now: the next version, in that status and at that level. */
static bool check_review(struct check_ledger *ledger, struct check_person *person,
                         const struct check_item *review, const char *status, int64_t level)
{
    bool next = NUMBER(review, version) == person->version + 1;
    bool same = NUMBER(review, level) == level && SAME_SYMBOL(review, status, status);
    person->version++;
    person->level = level;
    person->kyc_status = status;
    return (next && same) ||
           check_says_at(ledger->run, 25, ledger->fact,
                         "the check of %s is %s at level %lld, version %lld; it must be %s at %lld",
                         check_show(ledger->run, UUID_OF(review, user_id)), SYMBOL(review, status),
                         (long long)NUMBER(review, level), (long long)NUMBER(review, version),
                         status, (long long)level);
}

static bool add_document(struct check_ledger *ledger, struct check_person *person)
{
    const struct check_item *said = GET(ledger->fact->body, document);
    struct check_document *document = ARENA_NEW(ledger->run->arena, struct check_document, 1);
    for (const struct check_document *at = person->documents; at != NULL; at = at->next) {
        if (uuid_equal(at->id, UUID_OF(said, id)))
            return says(ledger, "a document comes twice");
    }
    *document = (struct check_document){UUID_OF(said, id), SYMBOL(said, kind), person->documents};
    person->documents = document;
    return true;
}

static bool remove_document(struct check_ledger *ledger, struct check_person *person)
{
    struct uuid id = UUID_OF(GET(ledger->fact->body, document), id);
    struct check_document **at = &person->documents;
    while (*at != NULL && !uuid_equal((*at)->id, id))
        at = &(*at)->next;
    if (*at == NULL)
        return says(ledger, "a document goes that is not there");
    *at = (*at)->next;
    return true;
}

static bool has(const struct check_person *person, const char *kind)
{
    const struct check_document *at = person->documents;
    while (at != NULL && strcmp(at->kind, kind) != 0)
        at = at->next;
    return at != NULL;
}

static bool is_complete(const struct check_person *person)
{
    return person->has_profile && (has(person, "passport") || has(person, "id_card")) &&
           has(person, "proof_of_address");
}

static bool check_profile(struct check_ledger *ledger, struct check_person *person,
                          const struct check_item *review)
{
    bool rejected = strcmp(person->kyc_status, "rejected") == 0;
    if (!is_open(person))
        return says(ledger, "somebody becomes another while he is being checked");
    person->has_profile = true;
    return check_review(ledger, person, review, rejected ? "draft" : person->kyc_status,
                        person->level);
}

static bool check_documents(struct check_ledger *ledger, struct check_person *person,
                            const struct check_item *review)
{
    bool comes = ledger->fact->kind == KIND_KycDocumentAdded;
    if (!is_open(person))
        return says(ledger, "documents change while they are being checked");
    return (comes ? add_document : remove_document)(ledger, person) &&
           check_review(ledger, person, review, person->kyc_status, person->level);
}

static bool check_submitted(struct check_ledger *ledger, struct check_person *person,
                            const struct check_item *review)
{
    if (!is_open(person) || !is_complete(person))
        return says(ledger, "somebody is to be checked of whom something is missing");
    return check_review(ledger, person, review, "submitted", person->level);
}

static bool check_judged(struct check_ledger *ledger, struct check_person *person,
                         const struct check_item *review)
{
    static const struct {
        const char *decision, *status;
    } DECISIONS[] = {{"take_up", "in_review"},
                     {"approve", "approved"},
                     {"reject", "rejected"},
                     {"request_information", "needs_information"}};
    const struct check_item *command = ledger->fact->command;
    size_t which = 0;
    while (!SAME_SYMBOL(command, decision, DECISIONS[which].decision))
        which++;
    bool waits = strcmp(person->kyc_status, "submitted") == 0 ||
                 (which > 0 && strcmp(person->kyc_status, "in_review") == 0);
    if (!waits)
        return says(ledger, "it is judged, and does not wait for that");
    if (text_equal(TEXT_OF(GET(ledger->fact->meta, actor), user_id), TEXT_OF(review, user_id)))
        return says(ledger, "somebody judges himself");
    bool approves = SAME_SYMBOL(command, decision, "approve");
    ledger->run->tally->persons += approves;
    int64_t level = approves ? check_number_or(GET(command, level), 1) : person->level;
    if (level < 0 || level > LEVEL_MAX)
        return says(ledger, "there is no such level");
    return check_activation(ledger, person) &&
           check_review(ledger, person, review, DECISIONS[which].status, level);
}

bool check_person_event(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    if (fact->kind == KIND_AccountOpened)
        return check_opened(ledger);
    if (fact->kind == KIND_AccountStatusChanged) {
        hear_account(ledger, GET(fact->body, account));
        return true;
    }
    const struct check_item *review = GET(fact->body, review);
    struct check_person *person = check_person_of(ledger, UUID_OF(review, account_id));
    switch (fact->kind) {
    case KIND_KycProfileChanged: return check_profile(ledger, person, review);
    case KIND_KycSubmitted: return check_submitted(ledger, person, review);
    case KIND_KycReviewed: return check_judged(ledger, person, review);
    default: return check_documents(ledger, person, review);
    }
}
