#include "accounts/project_kyc.h"

#include <stdio.h>

static void project_review(const struct kyc_review *review, int statement, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, review->user_id);
    rows_uuid(rows, review->account_id);
    rows_symbol(rows, &WIRE_KYC_STATUS, review->status);
    rows_int(rows, review->level);
    rows_bool(rows, review->has_profile);
    rows_uuid_or_null(rows, review->has_reviewer_id, review->reviewer_id);
    rows_time_or_null(rows, review->has_submitted_at, review->submitted_at);
    rows_time_or_null(rows, review->has_reviewed_at, review->reviewed_at);
    rows_int(rows, review->version);
    rows_time(rows, review->created_at);
    rows_time(rows, review->updated_at);
}

static void project_profile(const struct kyc_profile_changed *changed, int statement,
                            struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, changed->user_id);
    rows_sealed(rows, changed->name, changed->user_id);
    rows_sealed(rows, changed->birth_date, changed->user_id);
    rows_sealed(rows, changed->nationality, changed->user_id);
    rows_sealed(rows, changed->address, changed->user_id);
    rows_sealed_or_null(rows, changed->has_tax_id, changed->tax_id, changed->user_id);
}

/* What was said of the last time is no reason of the next. */
static void project_reason(struct uuid user_id, bool has_reason, struct text reason, int statement,
                           struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, user_id);
    rows_sealed_or_null(rows, has_reason, reason, user_id);
}

static void project_document(struct uuid user_id, const struct kyc_document *document,
                             const char *status, int statement, struct rows *rows)
{
    enum { DIGITS = 2 * sizeof document->sha256.bytes };
    char sha256[DIGITS + 1];
    for (size_t i = 0; i < sizeof document->sha256.bytes; i++)
        (void)snprintf(sha256 + 2 * i, 3, "%02x", document->sha256.bytes[i]);
    rows_begin(rows, statement);
    rows_uuid(rows, document->id);
    rows_uuid(rows, user_id);
    rows_symbol(rows, &WIRE_KYC_DOCUMENT_KIND, document->kind);
    rows_symbol(rows, &WIRE_DOCUMENT_FORMAT, document->format);
    rows_int(rows, document->size_bytes);
    rows_text(rows, (struct text){sha256, DIGITS});
    rows_text(rows, text_of(status));
    rows_time(rows, document->created_at);
}

void accounts_project_kyc(const struct event *event, const struct accounts_kyc_rows *statements,
                          struct rows *rows)
{
    if (event->kind == EVENT_KYC_PROFILE_CHANGED) {
        project_review(&event->kyc_profile_changed.review, statements->reviews, rows);
        project_profile(&event->kyc_profile_changed, statements->profiles, rows);
    } else if (event->kind == EVENT_KYC_DOCUMENT_ADDED) {
        const struct kyc_document_added *added = &event->kyc_document_added;
        project_review(&added->review, statements->reviews, rows);
        project_document(added->review.user_id, &added->document, "kept", statements->documents,
                         rows);
    } else if (event->kind == EVENT_KYC_DOCUMENT_REMOVED) {
        const struct kyc_document_removed *removed = &event->kyc_document_removed;
        project_review(&removed->review, statements->reviews, rows);
        project_document(removed->review.user_id, &removed->document, "removed",
                         statements->documents, rows);
    } else if (event->kind == EVENT_KYC_SUBMITTED) {
        const struct kyc_review *review = &event->kyc_submitted.review;
        project_review(review, statements->reviews, rows);
        project_reason(review->user_id, false, TEXT(""), statements->reasons, rows);
    } else if (event->kind == EVENT_KYC_REVIEWED) {
        const struct kyc_reviewed *reviewed = &event->kyc_reviewed;
        project_review(&reviewed->review, statements->reviews, rows);
        project_reason(reviewed->user_id, reviewed->has_reason, reviewed->reason,
                       statements->reasons, rows);
    }
}
