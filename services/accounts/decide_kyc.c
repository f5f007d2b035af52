/* Who somebody is (spec/domain.md, "Onboarding"): said by themselves, checked by an operator.
 *
 *                     accounts_decide_kyc_submit      accounts_decide_kyc_review
 *     draft, needs_information ------> submitted ------------> in_review
 *       ^  '-----------------------------<---|--------------------|  request_information
 *       |                                    |--------------------|--> approved
 *       '---- accounts_decide_kyc_profile -- rejected <-----------'
 *
 * What they said is sealed, so nothing here looks into it.
 */
#include "accounts/funding.h"
#include "base/seeded_bug.h"

#include <utlist.h>

static const char *status_name(const struct kyc_review *review)
{
    return WIRE_KYC_STATUS.symbols[review->status];
}

/* The account of whoever asks, if it is their own affair. NULL: refused. */
static const struct accounts_account *own_account(const struct accounts_turn *turn,
                                                  struct uuid user_id)
{
    const struct command_meta *meta = &turn->input->command->meta;
    const struct accounts_account *account = accounts_account_of(turn->state, user_id);
    if (account != NULL && meta->has_actor && uuid_equal(meta->actor.user_id, user_id))
        return account;
    accounts_refuse(turn, "NOT_FOUND", NULL, "There is no such user here.");
    return NULL;
}

static bool is_open(const struct accounts_turn *turn, const struct kyc_review *review)
{
    switch (review->status) {
    case KYC_STATUS_DRAFT:
    case KYC_STATUS_REJECTED:
    case KYC_STATUS_NEEDS_INFORMATION: return true;
    case KYC_STATUS_SUBMITTED:
    case KYC_STATUS_IN_REVIEW:
    case KYC_STATUS_APPROVED: break;
    }
    return accounts_refuse(turn, "KYC_NOT_OPEN", NULL,
                           "The identity check is %s: what was handed in stays as it is.",
                           status_name(review));
}

/* What comes next of a check, which begins here where there is none. */
static struct kyc_review next_review(const struct accounts_turn *turn,
                                     const struct accounts_account *account)
{
    struct kyc_review review = account->kyc;
    if (review.version == 0)
        review = (struct kyc_review){.user_id = account->about.user_id,
                                     .account_id = account->about.id,
                                     .created_at = turn->input->now_us};
    review.version++;
    review.updated_at = turn->input->now_us;
    return review;
}

void accounts_decide_kyc_profile(const struct accounts_turn *turn)
{
    const struct change_kyc_profile *command = &turn->input->command->change_kyc_profile;
    const struct accounts_account *account = own_account(turn, command->user_id);
    if (account == NULL || !is_open(turn, &account->kyc) ||
        !accounts_version_is(turn, command->has_if_version, command->if_version,
                             account->kyc.version))
        return;
    struct kyc_review review = next_review(turn, account);
    review.has_profile = true;
    if (review.status == KYC_STATUS_REJECTED)
        review.status = KYC_STATUS_DRAFT;
    turn->event->kind = EVENT_KYC_PROFILE_CHANGED;
    turn->event->kyc_profile_changed =
        (struct kyc_profile_changed){.user_id = command->user_id,
                                     .name = command->name,
                                     .birth_date = command->birth_date,
                                     .nationality = command->nationality,
                                     .address = command->address,
                                     .has_tax_id = command->has_tax_id,
                                     .tax_id = command->tax_id,
                                     .review = review};
    accounts_key_of_account(turn, account->about.id);
}

static bool has_document(const struct accounts_account *account, enum kyc_document_kind kind)
{
    const struct accounts_document *document;
    LL_FOREACH(account->documents, document)
    {
        if (document->about.kind == kind)
            return true;
    }
    return false;
}

/* What a check cannot begin without; NULL: everything is there. */
static const char *missing_of(const struct accounts_account *account)
{
    if (!account->kyc.has_profile)
        return "The profile";
    if (!has_document(account, KYC_DOCUMENT_KIND_PASSPORT) &&
        !has_document(account, KYC_DOCUMENT_KIND_ID_CARD))
        return "A passport or id_card";
    return has_document(account, KYC_DOCUMENT_KIND_PROOF_OF_ADDRESS) ? NULL : "A proof_of_address";
}

void accounts_decide_kyc_submit(const struct accounts_turn *turn)
{
    const struct accounts_account *account =
        own_account(turn, turn->input->command->submit_kyc.user_id);
    if (account == NULL || !is_open(turn, &account->kyc))
        return;
    const char *missing = missing_of(account);
    if (missing != NULL) {
        accounts_refuse(turn, "KYC_INCOMPLETE", NULL, "%s is missing.", missing);
        return;
    }
    struct kyc_review review = next_review(turn, account);
    review.status = KYC_STATUS_SUBMITTED;
    review.has_submitted_at = true;
    review.submitted_at = turn->input->now_us;
    review.has_reviewer_id = false;
    turn->event->kind = EVENT_KYC_SUBMITTED;
    turn->event->kyc_submitted.review = review;
    accounts_key_of_account(turn, account->about.id);
}

/* --- by an operator --------------------------------------------------------------------------- */

/* The account of whom an operator may check now. NULL: refused. */
static const struct accounts_account *under_review(const struct accounts_turn *turn,
                                                   const struct review_kyc *command)
{
    if (!accounts_asked_by_staff(turn))
        return NULL;
    const struct accounts_account *account = accounts_account_of(turn->state, command->user_id);
    if (account == NULL || account->kyc.version == 0) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no identity check of user %s.",
                        accounts_id_text(turn, command->user_id).data);
        return NULL;
    }
    if (uuid_equal(turn->input->command->meta.actor.user_id, command->user_id) &&
        !SEEDED_BUG(CHECKED_BY_ONESELF)) {
        accounts_refuse(turn, "FORBIDDEN", NULL, "Nobody checks themselves; ask a colleague.");
        return NULL;
    }
    bool waits =
        account->kyc.status == KYC_STATUS_SUBMITTED ||
        (account->kyc.status == KYC_STATUS_IN_REVIEW && command->decision != KYC_DECISION_TAKE_UP);
    if (!waits) {
        accounts_refuse(turn, "KYC_NOT_SUBMITTED", NULL, "The identity check is %s.",
                        status_name(&account->kyc));
        return NULL;
    }
    return account;
}

static bool says_enough(const struct accounts_turn *turn, const struct review_kyc *command)
{
    bool needs_reason = command->decision == KYC_DECISION_REJECT ||
                        command->decision == KYC_DECISION_REQUEST_INFORMATION;
    if (needs_reason && !command->has_reason)
        return accounts_refuse(turn, "VALIDATION_FAILED", "reason",
                               "Say why: it is all that the client will have to go by.");
    return !command->has_level ||
           (command->level >= 1 && command->level <= ACCOUNTS_KYC_LEVEL_MAX) ||
           accounts_refuse(turn, "VALIDATION_FAILED", "level", "There are levels 1 to %d.",
                           ACCOUNTS_KYC_LEVEL_MAX);
}

/* Only what waited for the check becomes active: an operator may have restricted it meanwhile. */
static void activate(const struct accounts_turn *turn, const struct accounts_account *account)
{
    struct kyc_reviewed *reviewed = &turn->event->kyc_reviewed;
    reviewed->has_account = account->about.status == ACCOUNT_STATUS_PENDING_KYC;
    if (!reviewed->has_account)
        return;
    reviewed->account = account->about;
    reviewed->account.status = ACCOUNT_STATUS_ACTIVE;
    reviewed->account.version++;
    reviewed->account.updated_at = turn->input->now_us;
}

static enum kyc_status decided(enum kyc_decision decision)
{
    switch (decision) {
    case KYC_DECISION_TAKE_UP: return KYC_STATUS_IN_REVIEW;
    case KYC_DECISION_APPROVE: return KYC_STATUS_APPROVED;
    case KYC_DECISION_REJECT: return KYC_STATUS_REJECTED;
    case KYC_DECISION_REQUEST_INFORMATION: break;
    }
    return KYC_STATUS_NEEDS_INFORMATION;
}

void accounts_decide_kyc_review(const struct accounts_turn *turn)
{
    const struct review_kyc *command = &turn->input->command->review_kyc;
    const struct accounts_account *account = under_review(turn, command);
    if (account == NULL || !says_enough(turn, command))
        return;
    struct kyc_review review = next_review(turn, account);
    review.status = decided(command->decision);
    review.has_reviewer_id = true;
    review.reviewer_id = turn->input->command->meta.actor.user_id;
    if (command->decision != KYC_DECISION_TAKE_UP) {
        review.has_reviewed_at = true;
        review.reviewed_at = turn->input->now_us;
    }
    if (command->decision == KYC_DECISION_APPROVE || SEEDED_BUG(LEVEL_OF_ANY_DECISION))
        review.level = command->has_level ? command->level : 1;
    turn->event->kind = EVENT_KYC_REVIEWED;
    turn->event->kyc_reviewed = (struct kyc_reviewed){.user_id = command->user_id,
                                                      .review = review,
                                                      .has_reason = command->has_reason,
                                                      .reason = command->reason};
    if (command->decision == KYC_DECISION_APPROVE)
        activate(turn, account);
    accounts_key_of_account(turn, account->about.id);
}

/* --- documents -------------------------------------------------------------------------------- */

void accounts_decide_add_document(const struct accounts_turn *turn)
{
    const struct add_kyc_document *command = &turn->input->command->add_kyc_document;
    const struct accounts_account *account = own_account(turn, command->user_id);
    if (account == NULL || !is_open(turn, &account->kyc))
        return;
    size_t count;
    const struct accounts_document *document;
    if (accounts_document(account, command->document_id) != NULL) {
        accounts_refuse(turn, "IDEMPOTENCY_KEY_REUSED", NULL,
                        "A document was handed in under this key more than a day ago.");
        return;
    }
    LL_COUNT(account->documents, document, count);
    if (count >= ACCOUNTS_DOCUMENTS_MAX) {
        accounts_refuse(turn, "DOCUMENT_REJECTED", NULL,
                        "There are %d documents, which is the most; take one back first.",
                        ACCOUNTS_DOCUMENTS_MAX);
        return;
    }
    turn->event->kind = EVENT_KYC_DOCUMENT_ADDED;
    turn->event->kyc_document_added =
        (struct kyc_document_added){.review = next_review(turn, account),
                                    .document = {.id = command->document_id,
                                                 .kind = command->kind,
                                                 .format = command->format,
                                                 .size_bytes = command->size_bytes,
                                                 .sha256 = command->sha256,
                                                 .created_at = turn->input->now_us}};
    accounts_key_of_account(turn, account->about.id);
}

void accounts_decide_remove_document(const struct accounts_turn *turn)
{
    const struct remove_kyc_document *command = &turn->input->command->remove_kyc_document;
    const struct accounts_account *account = own_account(turn, command->user_id);
    if (account == NULL)
        return;
    const struct accounts_document *document = accounts_document(account, command->document_id);
    if (document == NULL) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no document %s of yours.",
                        accounts_id_text(turn, command->document_id).data);
        return;
    }
    if (!is_open(turn, &account->kyc))
        return;
    turn->event->kind = EVENT_KYC_DOCUMENT_REMOVED;
    turn->event->kyc_document_removed = (struct kyc_document_removed){
        .review = next_review(turn, account), .document = document->about};
    accounts_key_of_account(turn, account->about.id);
}
