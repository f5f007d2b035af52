/* Lies about money that comes and goes. */
#include "lies.h"

static struct transfer_changed *changed(struct event *event, enum transfer_status status)
{
    bool is_so =
        event->kind == EVENT_TRANSFER_CHANGED && event->transfer_changed.transfer.status == status;
    return is_so ? &event->transfer_changed : NULL;
}

static bool is_withdrawal(const struct event *event)
{
    return event->kind == EVENT_TRANSFER_REQUESTED &&
           event->transfer_requested.transfer.type == TRANSFER_TYPE_WITHDRAWAL;
}

static bool nothing_is_held_for_a_withdrawal(struct event *event, struct arena *arena)
{
    (void)arena;
    if (!is_withdrawal(event))
        return false;
    event->transfer_requested.balances_count = 0;
    return true;
}

static bool a_transfer_is_of_more_than_is_allowed(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_TRANSFER_REQUESTED ||
        event->transfer_requested.transfer.type != TRANSFER_TYPE_DEPOSIT)
        return false;
    event->transfer_requested.transfer.amount_e8 += 10000000 * E8;
    return true;
}

static bool it_goes_by_what_is_another_s(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_TRANSFER_REQUESTED)
        return false;
    event->transfer_requested.transfer.payment_method_id.bytes[14] ^= 1;
    return true;
}

static bool less_is_said_to_have_been_asked_for(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_TRANSFER_REQUESTED)
        return false;
    event->transfer_requested.use.day_e8--;
    return true;
}

static bool a_method_is_proved_by_wrong_amounts(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PAYMENT_METHOD_CHANGED ||
        event->payment_method_changed.method.status != PAYMENT_METHOD_STATUS_PENDING)
        return false;
    event->payment_method_changed.method.status = PAYMENT_METHOD_STATUS_VERIFIED;
    return true;
}

/* What ended is said to end once more: it was another's end. */
static bool money_comes_once_more(struct event *event, struct arena *arena)
{
    (void)arena;
    static struct uuid ended;
    struct transfer_changed *completed = changed(event, TRANSFER_STATUS_COMPLETED);
    if (completed == NULL)
        return false;
    if (!uuid_is_nil(ended) && !uuid_equal(ended, completed->transfer.id)) {
        completed->transfer.id = ended;
        return true;
    }
    ended = completed->transfer.id;
    return false;
}

static bool more_comes_than_was_announced(struct event *event, struct arena *arena)
{
    (void)arena;
    struct transfer_changed *completed = changed(event, TRANSFER_STATUS_COMPLETED);
    if (completed == NULL || completed->postings_count < 2)
        return false;
    completed->postings[0].amount_e8 += E8;
    completed->postings[1].amount_e8 -= E8;
    completed->balances[0].total_e8 += E8;
    completed->balances[0].available_e8 += E8;
    return true;
}

static bool what_failed_has_moved(struct event *event, struct arena *arena)
{
    struct transfer_changed *failed = changed(event, TRANSFER_STATUS_FAILED);
    if (failed == NULL)
        return false;
    failed->postings = ARENA_NEW(arena, struct posting, 2);
    failed->postings[0] = (struct posting){.book = LEDGER_BOOK_EXTERNAL,
                                           .asset = failed->transfer.asset,
                                           .amount_e8 = failed->transfer.amount_e8};
    failed->postings[1] = failed->postings[0];
    failed->postings[1].amount_e8 = -failed->transfer.amount_e8;
    failed->postings_count = 2;
    return true;
}

static bool what_failed_counts_on(struct event *event, struct arena *arena)
{
    (void)arena;
    struct transfer_changed *failed = changed(event, TRANSFER_STATUS_FAILED);
    if (failed == NULL)
        return false;
    failed->use.day_e8 += failed->transfer.amount_e8;
    return true;
}

static const struct lie LIES[] = {
    LIE(nothing_is_held_for_a_withdrawal, 1),
    LIE(a_transfer_is_of_more_than_is_allowed, 24),
    LIE(it_goes_by_what_is_another_s, 24),
    LIE(less_is_said_to_have_been_asked_for, 24),
    LIE(a_method_is_proved_by_wrong_amounts, 24),
    LIE(money_comes_once_more, 24),
    LIE(more_comes_than_was_announced, 1),
    LIE(what_failed_has_moved, 24),
    LIE(what_failed_counts_on, 24),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
