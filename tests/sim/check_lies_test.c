/* Writers that lie: each lie stands in a log whose chain is whole, and the right check finds it. */
#include "lies.h"

#include <string.h>

/* --- money ------------------------------------------------------------------------------------ */

static bool one_posting_is_more(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_FILLS_SETTLED || event->fills_settled.postings_count == 0)
        return false;
    event->fills_settled.postings[0].amount_e8++;
    return true;
}

/* The postings still sum to zero, and the balance says so, too: but nobody paid for it. */
static bool the_house_gives_some_away(struct event *event, struct arena *arena)
{
    (void)arena;
    struct fills_settled *settled = &event->fills_settled;
    if (event->kind != EVENT_FILLS_SETTLED || settled->balances_count == 0)
        return false;
    struct posting *to = NULL, *from = NULL;
    for (size_t i = 0; i < settled->postings_count; i++) {
        struct posting *posting = &settled->postings[i];
        if (posting->book == LEDGER_BOOK_ACCOUNT && to == NULL)
            to = posting;
        if (posting->book == LEDGER_BOOK_CLEARING && to != NULL &&
            text_equal(posting->asset, to->asset))
            from = posting;
    }
    if (to == NULL || from == NULL)
        return false;
    to->amount_e8 += E8;
    from->amount_e8 -= E8;
    for (size_t i = 0; i < settled->balances_count; i++) {
        struct balance_after *balance = &settled->balances[i];
        if (uuid_equal(balance->account_id, to->account_id) &&
            text_equal(balance->asset, to->asset)) {
            balance->available_e8 += E8;
            balance->total_e8 += E8;
        }
    }
    return true;
}

static bool a_balance_is_said_wrong(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ASSET_TRANSACTION_RECORDED ||
        event->asset_transaction_recorded.balances_count == 0)
        return false;
    event->asset_transaction_recorded.balances[0].available_e8 += 1;
    event->asset_transaction_recorded.balances[0].total_e8 += 1;
    return true;
}

static bool too_little_is_held(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_AUTHORIZED)
        return false;
    event->order_authorized.hold_e8--;
    event->order_authorized.balance.locked_e8--;
    event->order_authorized.balance.available_e8++;
    return true;
}

static bool a_hold_is_not_released(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_HOLD_RELEASED || event->hold_released.orders_count == 0)
        return false;
    event->hold_released.orders_count = 0;
    event->hold_released.balances_count = 0;
    return true;
}

/* --- books ------------------------------------------------------------------------------------ */

static bool two_fills_change_places(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_entered *entered = &event->order_entered;
    if (event->kind != EVENT_ORDER_ENTERED || entered->fills_count < 2)
        return false;
    struct fill fill = entered->fills[0];
    entered->fills[0] = entered->fills[1];
    entered->fills[1] = fill;
    struct resting_fill resting = entered->resting[0];
    entered->resting[0] = entered->resting[1];
    entered->resting[1] = resting;
    return true;
}

static bool a_fee_is_too_low(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_entered *entered = &event->order_entered;
    if (event->kind != EVENT_ORDER_ENTERED || entered->fills_count == 0 ||
        entered->fills[0].fee_e8 == 0)
        return false;
    entered->fills[0].fee_e8 -= E8 / 100;
    entered->order.fees_e8 -= E8 / 100;
    return true;
}

static bool a_fill_has_another_price(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_ENTERED || event->order_entered.fills_count == 0)
        return false;
    event->order_entered.fills[0].price_e8 += E8 / 100;
    return true;
}

/* It rests although it could be filled: the book is crossed. */
static bool an_order_meets_nobody(struct event *event, struct arena *arena)
{
    (void)arena;
    struct order_entered *entered = &event->order_entered;
    struct order *order = &entered->order;
    if (event->kind != EVENT_ORDER_ENTERED || entered->fills_count == 0 ||
        entered->prevented_count > 0 || order->type != ORDER_TYPE_LIMIT ||
        order->time_in_force != TIME_IN_FORCE_GTC)
        return false;
    entered->fills_count = entered->resting_count = 0;
    order->status = ORDER_STATUS_OPEN;
    order->lifecycle = LIFECYCLE_SUBMITTED;
    order->has_end_reason = order->has_average_fill_price_e8 = false;
    order->filled_quantity_e8 = order->filled_notional_e8 = order->fees_e8 = 0;
    order->remaining_quantity_e8 = order->quantity_e8;
    return true;
}

static bool an_order_comes_in_other_terms(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_ENTERED || !event->order_entered.order.has_limit_price_e8)
        return false;
    event->order_entered.order.limit_price_e8 += E8 / 100;
    return true;
}

static bool a_canceled_order_is_open(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_CANCELED)
        return false;
    event->order_canceled.order.status = ORDER_STATUS_OPEN;
    return true;
}

/* --- tickets ---------------------------------------------------------------------------------- */

static bool a_ticket_is_left_out(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_TICKETS_ISSUED || event->tickets_issued.tickets_count != 1)
        return false;
    event->tickets_issued.tickets_count = 0;
    return true;
}

static bool a_ticket_comes_twice(struct event *event, struct arena *arena)
{
    struct tickets_issued *issued = &event->tickets_issued;
    if (event->kind != EVENT_TICKETS_ISSUED || issued->tickets_count == 0)
        return false;
    struct ticket *tickets = ARENA_NEW(arena, struct ticket, issued->tickets_count + 1);
    memcpy(tickets, issued->tickets, issued->tickets_count * sizeof *tickets);
    tickets[issued->tickets_count] = tickets[0];
    issued->tickets = tickets;
    issued->tickets_count++;
    return true;
}

static bool a_tree_has_a_leaf_too_many(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_TICKETS_ISSUED)
        return false;
    event->tickets_issued.tree_size++;
    return true;
}

static bool a_ticket_hides_a_failure(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_TICKETS_ISSUED)
        return false;
    for (size_t i = 0; i < event->tickets_issued.tickets_count; i++) {
        struct ticket *ticket = &event->tickets_issued.tickets[i];
        if (ticket->outcome == TICKET_OUTCOME_FAILED) {
            ticket->outcome = TICKET_OUTCOME_SUCCESS;
            ticket->has_code = false;
            return true;
        }
    }
    return false;
}

/* --- commands --------------------------------------------------------------------------------- */

static bool decides_command(const struct event *event)
{
    return event->meta.cause_count == 1 && !event->meta.cause[0].has_fold &&
           event->meta.has_command_id;
}

static bool a_repetition_names_another(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_COMMAND_REPEATED)
        return false;
    event->command_repeated.first_command_id.bytes[15] ^= 1;
    return true;
}

static bool a_new_command_is_called_repeated(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ACCOUNT_STATUS_CHANGED)
        return false;
    event->kind = EVENT_COMMAND_REPEATED;
    event->command_repeated.first_command_id = event->meta.command_id;
    return true;
}

/* What was only repeated takes effect again. */
static bool a_command_takes_effect_twice(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_COMMAND_REPEATED)
        return false;
    event->kind = EVENT_LOGIN_REFUSED;
    event->login_refused = (struct login_refused){.code = TEXT("INVALID_CREDENTIALS")};
    return true;
}

static bool a_command_expires_too_early(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_COMMAND_REJECTED || !event->meta.has_command_id)
        return false;
    event->command_rejected.code = TEXT("COMMAND_EXPIRED");
    return true;
}

static bool an_event_names_another_command(struct event *event, struct arena *arena)
{
    (void)arena;
    if (!decides_command(event))
        return false;
    event->meta.command_id.bytes[15] ^= 1;
    return true;
}

static bool a_command_is_passed_over(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ACCOUNT_STATUS_CHANGED) /* which nobody but audit follows */
        return false;
    event->meta.cause[0].first_offset++;
    event->meta.cause[0].last_offset++;
    return true;
}

static bool a_cause_has_another_hash(struct event *event, struct arena *arena)
{
    (void)arena;
    if (!decides_command(event))
        return false;
    event->meta.cause[0].cause_hash.bytes[0] ^= 1;
    return true;
}

static bool a_follower_folds_otherwise(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_FILLS_SETTLED)
        return false;
    event->meta.cause[0].fold.wseq--;
    return true;
}

static bool time_runs_ahead(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_ENTERED)
        return false;
    event->meta.occurred_at += INT64_C(3600) * 1000000;
    return true;
}

static bool time_goes_back(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_COMMAND_REJECTED)
        return false;
    event->meta.occurred_at -= INT64_C(3600) * 1000000;
    return true;
}

static bool an_answer_does_not_touch_the_journal(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ACCOUNT_STATUS_CHANGED)
        return false;
    event->meta.touches_count = 0;
    return true;
}

static bool an_event_names_another_actor(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ACCOUNT_STATUS_CHANGED || !event->meta.has_actor)
        return false;
    event->meta.actor.user_id.bytes[15] ^= 1;
    return true;
}

/* An order under another's name: the account in it is not the actor's. */
static bool an_order_is_canceled_by_a_stranger(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_CANCELED || !event->meta.has_actor ||
        !event->meta.actor.has_account_id)
        return false;
    event->order_canceled.order.account_id.bytes[15] ^= 1;
    return true;
}

/* --- risk ------------------------------------------------------------------------------------- */

static bool a_limit_is_said_that_nobody_set(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_COMMAND_REJECTED ||
        !text_is(event->command_rejected.code, "INSUFFICIENT_FUNDS"))
        return false;
    event->command_rejected.code = TEXT("RISK_ORDER_LIMIT");
    return true;
}

static bool a_limit_is_passed_off_as_lack_of_funds(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_COMMAND_REJECTED ||
        memcmp(event->command_rejected.code.data, "RISK_", strlen("RISK_")) != 0)
        return false;
    event->command_rejected.code = TEXT("INSUFFICIENT_FUNDS");
    return true;
}

static bool less_is_said_to_be_bought_today(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDER_AUTHORIZED || !event->order_authorized.has_daily_notional_e8)
        return false;
    event->order_authorized.daily_notional_e8 -= E8;
    return true;
}

static bool a_price_is_adopted_that_never_was(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PRICES_ADOPTED || !text_is(event->meta.service, "accounts") ||
        !event->prices_adopted.prices[0].has_last_price_e8)
        return false;
    event->prices_adopted.prices[0].last_price_e8 += E8;
    return true;
}

static bool a_high_is_told_that_was_never_traded(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PRICES_MOVED || !event->prices_moved.prices[0].has_high_price_e8)
        return false;
    event->prices_moved.prices[0].high_price_e8 += E8;
    return true;
}

static bool a_price_is_kept_back(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PRICES_MOVED || event->prices_moved.prices_count == 0)
        return false;
    event->prices_moved.prices_count--;
    return true;
}

/* --- all -------------------------------------------------------------------------------------- */

static const struct lie LIES[] = {
    LIE(one_posting_is_more, 1),
    LIE(the_house_gives_some_away, 1),
    LIE(a_balance_is_said_wrong, 2),
    LIE(too_little_is_held, 2),
    LIE(a_hold_is_not_released, 2),
    LIE(two_fills_change_places, 3),
    LIE(a_fee_is_too_low, 3),
    LIE(a_fill_has_another_price, 3),
    LIE(an_order_meets_nobody, 3),
    LIE(an_order_comes_in_other_terms, 4),
    LIE(a_canceled_order_is_open, 4),
    LIE(a_ticket_is_left_out, 5),
    LIE(a_ticket_comes_twice, 5),
    LIE(a_tree_has_a_leaf_too_many, 5),
    LIE(a_ticket_hides_a_failure, 5),
    LIE(an_answer_does_not_touch_the_journal, 5),
    LIE(an_event_names_another_command, 6),
    LIE(a_command_is_passed_over, 6),
    LIE(a_cause_has_another_hash, 6),
    LIE(a_repetition_names_another, 7),
    LIE(a_new_command_is_called_repeated, 7),
    LIE(a_command_takes_effect_twice, 7),
    LIE(a_command_expires_too_early, 7),
    LIE(a_follower_folds_otherwise, 8),
    LIE(time_goes_back, 14),
    LIE(time_runs_ahead, 14),
    LIE(an_event_names_another_actor, 16),
    LIE(an_order_is_canceled_by_a_stranger, 16),
    LIE(a_limit_is_said_that_nobody_set, 21),
    LIE(a_limit_is_passed_off_as_lack_of_funds, 21),
    LIE(less_is_said_to_be_bought_today, 21),
    LIE(a_price_is_adopted_that_never_was, 21),
    LIE(a_high_is_told_that_was_never_traded, 3),
    LIE(a_price_is_kept_back, 3),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
