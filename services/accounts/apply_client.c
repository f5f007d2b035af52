/* Events about a person and their money on its way, into the state. */
#include "accounts/apply.h"
#include "accounts/funding.h"
#include "base/seeded_bug.h"

#include <stdlib.h>
#include <utlist.h>

static struct accounts_account *existing(struct accounts_state *state, struct uuid id)
{
    struct accounts_account *account = accounts_account(state, id);
    CHECK(account != NULL);
    return account;
}

static void apply_kyc(struct accounts_state *state, const struct kyc_review *review)
{
    existing(state, review->account_id)->kyc = *review;
}

static void apply_kyc_reviewed(struct accounts_state *state, const struct kyc_reviewed *reviewed)
{
    apply_kyc(state, &reviewed->review);
    if (reviewed->has_account)
        accounts_account_set(existing(state, reviewed->account.id), &reviewed->account);
}

static void apply_document_added(struct accounts_state *state,
                                 const struct kyc_document_added *added)
{
    apply_kyc(state, &added->review);
    accounts_document_add(existing(state, added->review.account_id), &added->document);
}

static void apply_document_removed(struct accounts_state *state,
                                   const struct kyc_document_removed *removed)
{
    struct accounts_account *account = existing(state, removed->review.account_id);
    struct accounts_document *document = accounts_document(account, removed->document.id);
    CHECK(document != NULL);
    apply_kyc(state, &removed->review);
    LL_DELETE(account->documents, document);
    free(document);
}

static void apply_method_added(struct accounts_state *state,
                               const struct payment_method_added *added)
{
    accounts_method_add(existing(state, added->method.account_id),
                        &(struct accounts_method){.about = added->method,
                                                  .first_hash = added->first_hash,
                                                  .second_hash = added->second_hash});
}

static void apply_allowed(struct accounts_state *state, const struct allowed_destination *allowed)
{
    struct accounts_method *method =
        accounts_method(existing(state, allowed->account_id), allowed->payment_method_id);
    CHECK(method != NULL);
    method->is_allowed = true;
    method->allowed = *allowed;
}

static void apply_disallowed(struct accounts_state *state,
                             const struct allowed_destination *allowed, int64_t now_us)
{
    struct accounts_account *account = existing(state, allowed->account_id);
    struct accounts_method *method = accounts_method(account, allowed->payment_method_id);
    CHECK(method != NULL && method->is_allowed);
    method->is_allowed = false;
    account->allow_list_shortened_at = now_us;
}

static void apply_method_changed(struct accounts_state *state,
                                 const struct payment_method_changed *changed, int64_t now_us)
{
    const struct payment_method *about = &changed->method;
    struct accounts_account *account = existing(state, about->account_id);
    struct accounts_method *method = accounts_method(account, about->id);
    CHECK(method != NULL);
    method->about = *about;
    if (changed->has_disallowed)
        apply_disallowed(state, &changed->disallowed, now_us);
    if (about->status != PAYMENT_METHOD_STATUS_REMOVED)
        return;
    LL_DELETE(account->methods, method);
    free(method);
}

static void apply_transfer_requested(struct accounts_state *state,
                                     const struct transfer_requested *requested)
{
    struct accounts_account *account = existing(state, requested->transfer.account_id);
    accounts_apply_balances(state, requested->balances, requested->balances_count);
    accounts_transfer_add(state, account, &requested->transfer);
    accounts_transfer_id_add(state, requested->transfer.id);
    accounts_use_set(account, &requested->use);
}

static void apply_transfer_changed(struct accounts_state *state,
                                   const struct transfer_changed *changed)
{
    struct accounts_transfer *transfer = accounts_transfer(state, changed->transfer.id);
    CHECK(transfer != NULL);
    accounts_apply_postings(state, changed->postings, changed->postings_count);
    accounts_apply_balances(state, changed->balances, changed->balances_count);
    if (changed->has_use)
        accounts_use_set(transfer->account, &changed->use);
    transfer->about.status = changed->transfer.status;
    transfer->about.updated_at = changed->transfer.updated_at;
    if (changed->transfer.status != TRANSFER_STATUS_PROCESSING &&
        !(SEEDED_BUG(TRANSFER_BOOKED_TWICE) && changed->has_transaction))
        accounts_transfer_remove(state, transfer);
}

static void apply_limits(struct accounts_state *state, const struct transfer_limits_set *set)
{
    struct accounts_account *account = existing(state, set->account_id);
    account->transfer_limits = set->limits;
    account->transfer_limits_version = set->version;
}

void accounts_apply_client(struct accounts_state *state, const struct event *event)
{
    if (event->kind == EVENT_KYC_PROFILE_CHANGED)
        apply_kyc(state, &event->kyc_profile_changed.review);
    else if (event->kind == EVENT_KYC_DOCUMENT_ADDED)
        apply_document_added(state, &event->kyc_document_added);
    else if (event->kind == EVENT_KYC_DOCUMENT_REMOVED)
        apply_document_removed(state, &event->kyc_document_removed);
    else if (event->kind == EVENT_KYC_SUBMITTED)
        apply_kyc(state, &event->kyc_submitted.review);
    else if (event->kind == EVENT_KYC_REVIEWED)
        apply_kyc_reviewed(state, &event->kyc_reviewed);
    else if (event->kind == EVENT_PAYMENT_METHOD_ADDED)
        apply_method_added(state, &event->payment_method_added);
    else if (event->kind == EVENT_PAYMENT_METHOD_CHANGED)
        apply_method_changed(state, &event->payment_method_changed, event->meta.occurred_at);
    else if (event->kind == EVENT_DESTINATION_ALLOWED)
        apply_allowed(state, &event->destination_allowed.destination);
    else if (event->kind == EVENT_DESTINATION_DISALLOWED)
        apply_disallowed(state, &event->destination_disallowed.destination,
                         event->meta.occurred_at);
    else if (event->kind == EVENT_TRANSFER_REQUESTED)
        apply_transfer_requested(state, &event->transfer_requested);
    else if (event->kind == EVENT_TRANSFER_CHANGED)
        apply_transfer_changed(state, &event->transfer_changed);
    else if (event->kind == EVENT_TRANSFER_LIMITS_SET)
        apply_limits(state, &event->transfer_limits_set);
}
