/* Lies about who somebody is, about what he had, and about what he has asked support. */
#include "lies.h"

/* --- who he is -------------------------------------------------------------------------------- */

static struct kyc_review *judged(struct event *event, bool approved)
{
    if (event->kind != EVENT_KYC_REVIEWED)
        return NULL;
    struct kyc_review *review = &event->kyc_reviewed.review;
    return (review->status == KYC_STATUS_APPROVED) == approved ? review : NULL;
}

static bool a_level_comes_without_an_approval(struct event *event, struct arena *arena)
{
    (void)arena;
    struct kyc_review *review = judged(event, false);
    if (review == NULL)
        return false;
    review->level++;
    return true;
}

static bool a_level_comes_of_papers_alone(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_KYC_SUBMITTED)
        return false;
    event->kyc_submitted.review.level = 3;
    return true;
}

static bool an_approval_is_of_another_level(struct event *event, struct arena *arena)
{
    (void)arena;
    struct kyc_review *review = judged(event, true);
    if (review == NULL)
        return false;
    review->level = review->level == 1 ? 2 : 1;
    return true;
}

static bool somebody_was_checked_without_a_document(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_KYC_DOCUMENT_ADDED ||
        event->kyc_document_added.document.kind != KYC_DOCUMENT_KIND_PROOF_OF_ADDRESS)
        return false;
    event->kyc_document_added.document.kind = KYC_DOCUMENT_KIND_PASSPORT;
    return true;
}

static bool a_rejection_activates_the_account(struct event *event, struct arena *arena)
{
    (void)arena;
    if (judged(event, false) == NULL)
        return false;
    event->kyc_reviewed.has_account = true;
    event->kyc_reviewed.account =
        (struct ledger_account){.id = event->kyc_reviewed.review.account_id,
                                .kind = ACCOUNT_KIND_TRADING,
                                .status = ACCOUNT_STATUS_ACTIVE};
    return true;
}

/* --- what he had ------------------------------------------------------------------------------ */

static struct account_statement *stated(struct event *event)
{
    bool says = event->kind == EVENT_STATEMENTS_ISSUED &&
                event->statements_issued.statements_count > 0 &&
                event->statements_issued.statements[0].totals_count > 0;
    return says ? &event->statements_issued.statements[0] : NULL;
}

static bool a_statement_says_more_than_there_is(struct event *event, struct arena *arena)
{
    (void)arena;
    struct account_statement *statement = stated(event);
    if (statement == NULL)
        return false;
    statement->totals[0].total_e8 += E8;
    return true;
}

static bool a_statement_leaves_something_out(struct event *event, struct arena *arena)
{
    (void)arena;
    struct account_statement *statement = stated(event);
    if (statement == NULL)
        return false;
    statement->totals_count--;
    return true;
}

static bool a_statement_is_about_tomorrow(struct event *event, struct arena *arena)
{
    (void)arena;
    if (stated(event) == NULL)
        return false;
    event->statements_issued.to = event->meta.occurred_at + 1;
    return true;
}

/* --- what he has asked ------------------------------------------------------------------------ */

static struct support_ticket_changed *happened(struct event *event, enum support_change change)
{
    bool is_so = event->kind == EVENT_SUPPORT_TICKET_CHANGED &&
                 event->support_ticket_changed.change == change;
    return is_so ? &event->support_ticket_changed : NULL;
}

static bool a_conversation_becomes_another_s(struct event *event, struct arena *arena)
{
    (void)arena;
    struct support_ticket_changed *replied = happened(event, SUPPORT_CHANGE_REPLIED);
    if (replied == NULL)
        return false;
    replied->ticket.user_id.bytes[15] ^= 1;
    return true;
}

static bool a_client_waits_though_he_was_answered(struct event *event, struct arena *arena)
{
    (void)arena;
    struct support_ticket_changed *replied = happened(event, SUPPORT_CHANGE_REPLIED);
    if (replied == NULL)
        return false;
    replied->ticket.status = SUPPORT_STATUS_OPEN;
    return true;
}

static bool what_was_said_is_not_counted(struct event *event, struct arena *arena)
{
    (void)arena;
    struct support_ticket_changed *asked = happened(event, SUPPORT_CHANGE_ASKED);
    if (asked == NULL)
        return false;
    asked->ticket.messages--;
    return true;
}

static bool an_operator_rates_the_help(struct event *event, struct arena *arena)
{
    (void)arena;
    struct support_ticket_changed *resolved = happened(event, SUPPORT_CHANGE_RESOLVED);
    if (resolved == NULL)
        return false;
    resolved->change = SUPPORT_CHANGE_RATED;
    return true;
}

static const struct lie LIES[] = {
    LIE(a_level_comes_without_an_approval, 25), LIE(a_level_comes_of_papers_alone, 25),
    LIE(an_approval_is_of_another_level, 25),   LIE(somebody_was_checked_without_a_document, 25),
    LIE(a_rejection_activates_the_account, 25), LIE(a_statement_says_more_than_there_is, 27),
    LIE(a_statement_leaves_something_out, 27),  LIE(a_statement_is_about_tomorrow, 27),
    LIE(a_conversation_becomes_another_s, 28),  LIE(a_client_waits_though_he_was_answered, 28),
    LIE(what_was_said_is_not_counted, 28),      LIE(an_operator_rates_the_help, 28),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
