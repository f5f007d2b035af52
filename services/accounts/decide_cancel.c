/* Cancels of many orders at once: by their account or an operator, and by the clock. */
#include "accounts/due.h"
#include "accounts/option.h"
#include "accounts/statement.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>

const struct accounts_account *accounts_client(const struct accounts_turn *turn, struct uuid id,
                                               bool *ret_own)
{
    const struct accounts_account *account = accounts_account(turn->state, id);
    bool staff = accounts_is_staff(turn);
    *ret_own = accounts_is_own(turn, id);
    if (!*ret_own && !staff)
        accounts_refuse(turn, "FORBIDDEN", NULL, "You may not do this to this account's orders.");
    else if (account == NULL)
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no account %s.",
                        accounts_id_text(turn, id).data);
    else
        return account;
    return NULL;
}

/* --- what is meant ---------------------------------------------------------------------------- */

size_t accounts_list_orders(const struct accounts_turn *turn,
                            const struct accounts_selection *selection, size_t orders_max,
                            struct uuid **ret_orders, size_t *ret_count)
{
    struct accounts_order **orders = accounts_orders_sorted(selection->account);
    size_t meant = 0, count = 0;
    *ret_orders = ARENA_NEW(turn->arena, struct uuid, orders_max);
    for (size_t i = 0; i < selection->account->orders_count; i++) {
        if (!accounts_is_meant(selection, orders[i]) || ++meant > orders_max)
            continue;
        (*ret_orders)[count++] = orders[i]->id;
        event_touch(turn->event, turn->arena, SERVICE_ORDERS,
                    place_partition_of_id(turn->state->place, SERVICE_ORDERS, orders[i]->id));
    }
    free(orders);
    *ret_count = count;
    return meant;
}

static void request(const struct accounts_turn *turn, const struct accounts_selection *selection,
                    enum end_reason reason)
{
    struct cancel_requested *requested = &turn->event->cancel_requested;
    turn->event->kind = EVENT_CANCEL_REQUESTED;
    *requested = (struct cancel_requested){.account_id = selection->account->about.id,
                                           .has_instrument = selection->has_instrument,
                                           .instrument = selection->instrument,
                                           .has_side = selection->has_side,
                                           .side = selection->side,
                                           .reason = reason,
                                           .goes_on = selection->has_mark};
    size_t orders_max = place_piece(turn->state->place, ACCOUNTS_CANCELS_MAX);
    size_t meant = accounts_list_orders(turn, selection, orders_max, &requested->orders,
                                        &requested->orders_count);
    requested->left = (int64_t)(meant - requested->orders_count);
}

/* --- commands --------------------------------------------------------------------------------- */

void accounts_decide_cancel_orders(const struct accounts_turn *turn)
{
    const struct cancel_orders *command = &turn->input->command->cancel_orders;
    bool own;
    const struct accounts_selection selection = {
        .account = accounts_client(turn, command->account_id, &own),
        .has_instrument = command->has_instrument,
        .instrument = command->instrument,
        .has_side = command->has_side,
        .side = command->side,
    };
    if (selection.account == NULL)
        return;
    if (command->has_instrument && accounts_instrument(turn->state, command->instrument) == NULL) {
        accounts_refuse(turn, "INSTRUMENT_UNKNOWN", "instrument", "There is no instrument %.*s.",
                        (int)command->instrument.size, command->instrument.data);
        return;
    }
    request(turn, &selection, own ? END_REASON_CANCELED_BY_USER : END_REASON_CANCELED_BY_OPERATOR);
}

static void set_switch(const struct accounts_turn *turn, struct uuid account_id, int64_t timeout_s)
{
    turn->event->kind = EVENT_CANCEL_AFTER_SET;
    turn->event->cancel_after_set =
        (struct cancel_after_set){.account_id = account_id,
                                  .timeout_s = timeout_s,
                                  .has_cancel_at = timeout_s > 0,
                                  .cancel_at = turn->input->now_us + timeout_s * SECOND_US};
}

void accounts_decide_cancel_after(const struct accounts_turn *turn)
{
    const struct set_cancel_after *command = &turn->input->command->set_cancel_after;
    bool own;
    if (accounts_client(turn, command->account_id, &own) == NULL)
        return;
    if (command->timeout_s < 0 || command->timeout_s > ACCOUNTS_TIMEOUT_S_MAX)
        accounts_refuse(turn, "VALIDATION_FAILED", "timeout_s",
                        "timeout_s is %" PRId64 "; it must lie between 0 and %d.",
                        command->timeout_s, ACCOUNTS_TIMEOUT_S_MAX);
    else
        set_switch(turn, command->account_id, command->timeout_s);
}

/* --- the clock -------------------------------------------------------------------------------- */

/* Some reason that orders of the account are marked for: of the first by id. */
static enum end_reason mark_of(const struct accounts_account *account)
{
    struct accounts_order **orders = accounts_orders_sorted(account);
    size_t first = 0;
    while (!orders[first]->marked) /* marked_count says that there is one */
        first++;
    enum end_reason reason = orders[first]->mark;
    free(orders);
    return reason;
}

/* A request for approval expires before what else is due: never between what has begun. */
static bool approval_is_next(const struct accounts_state *state, const struct heap_node *due)
{
    int64_t approval_us = approvals_due_us(&state->approvals);
    return approval_us < INT64_MAX && (due == NULL || due->key > approval_us) &&
           accounts_calendar_due_us(state) > approval_us;
}

void accounts_decide_time(const struct accounts_turn *turn)
{
    const struct heap_node *due = heap_first(&turn->state->due);
    if (turn->state->owed_count > 0) {
        accounts_decide_payment(turn);
        return;
    }
    if (approval_is_next(turn->state, due)) {
        approvals_decide_time(&turn->state->approvals, turn->input, turn->arena, turn->event);
        return;
    }
    if (due == NULL || due->key > accounts_calendar_due_us(turn->state)) {
        accounts_decide_calendar(turn); /* accounts_due_us() said that there is something */
        return;
    }
    struct accounts_selection selection = {.account = due->thing};
    const struct accounts_account *account = selection.account;
    accounts_key_of_account(turn, account->about.id);
    if (account->marked_count > 0) {
        selection.has_mark = true;
        selection.mark = mark_of(account);
        request(turn, &selection, selection.mark);
    } else if (account->closes != NULL) {
        accounts_decide_next_close(turn, account);
    } else if (turn->input->now_us - account->cancel_at > ACCOUNTS_SWITCH_LATE_S_MAX * SECOND_US) {
        set_switch(turn, account->about.id, account->timeout_s);
    } else {
        request(turn, &selection, END_REASON_CANCEL_AFTER);
    }
}
