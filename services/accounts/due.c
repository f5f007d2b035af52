#include "accounts/due.h"

#include "accounts/statement.h"
#include "base/seeded_bug.h"

#include <stdlib.h>
#include <utlist.h>

void accounts_wait(struct accounts_state *state, struct accounts_account *account, uint64_t turn)
{
    struct heap_node *due = &account->due;
    int64_t key = account->cancel_at;
    if (account->marked_count > 0 || account->closes != NULL)
        key = INT64_MIN;
    if (due->place > 0 && due->key == key)
        return;
    if (due->place > 0)
        heap_remove(&state->due, due);
    if (key == 0)
        return;
    *due = (struct heap_node){.key = key, .turn = turn, .thing = account};
    heap_add(&state->due, due);
}

/* What it waits for may have changed. */
static void wait_anew(struct accounts_state *state, struct accounts_account *account)
{
    accounts_wait(state, account, ++state->turns);
}

int64_t accounts_due_us(const void *opaque)
{
    const struct accounts_state *state = opaque;
    const struct heap_node *first = heap_first(&state->due);
    int64_t statements_us = accounts_calendar_due_us(state);
    if (state->owed_count > 0)
        return INT64_MIN;
    bool forgotten = SEEDED_BUG(CANCEL_AFTER_FORGOTTEN) && first != NULL && first->key > 0;
    int64_t account_us = first == NULL || forgotten ? INT64_MAX : first->key;
    int64_t approval_us = approvals_due_us(&state->approvals);
    int64_t due_us = account_us < approval_us ? account_us : approval_us;
    return due_us < statements_us ? due_us : statements_us;
}

bool accounts_is_meant(const struct accounts_selection *selection,
                       const struct accounts_order *order)
{
    return (!selection->has_side || order->side == selection->side) &&
           (!selection->has_instrument || text_equal(order->pair->symbol, selection->instrument)) &&
           (!selection->guards || order->guards) &&
           (!selection->has_after || uuid_compare(order->id, selection->after) > 0) &&
           (!selection->has_mark || (order->marked && order->mark == selection->mark));
}

void accounts_mark(struct accounts_state *state, const struct accounts_selection *selection,
                   const struct uuid *listed, size_t listed_count, enum end_reason reason)
{
    struct accounts_account *account = accounts_account(state, selection->account->about.id);
    struct accounts_order *order;
    DL_FOREACH(account->orders, order)
    {
        if (!accounts_is_meant(selection, order) || SEEDED_BUG(CANCELS_FORGOTTEN))
            continue;
        account->marked_count += !order->marked;
        order->marked = true;
        order->mark = reason;
    }
    accounts_unmark(state, listed, listed_count);
    wait_anew(state, account);
}

void accounts_release_guards(struct accounts_state *state, struct uuid account_id,
                             struct text instrument)
{
    const struct accounts_selection guards = {.account = accounts_account(state, account_id),
                                              .has_instrument = true,
                                              .instrument = instrument,
                                              .guards = true};
    if (guards.account->guards_count > 0) /* else no order is looked at: there may be thousands */
        accounts_mark(state, &guards, NULL, 0, END_REASON_CLOSED);
}

void accounts_unmark(struct accounts_state *state, const struct uuid *listed, size_t listed_count)
{
    for (size_t i = 0; i < listed_count; i++) {
        struct accounts_order *order = accounts_order(state, listed[i]);
        if (order == NULL || !order->marked)
            continue;
        order->marked = false;
        order->account->marked_count--;
        wait_anew(state, order->account);
    }
}

void accounts_close_add(struct accounts_account *account, const struct accounts_close *close)
{
    struct accounts_close *kept = malloc(sizeof *kept);
    CHECK(kept != NULL);
    *kept = *close;
    kept->instrument = (struct text){0};
    accounts_text_set(&kept->instrument, close->instrument);
    LL_APPEND(account->closes, kept);
}

void accounts_close_next(struct accounts_state *state, struct accounts_account *account,
                         const struct accounts_close *close)
{
    accounts_close_add(account, close);
    wait_anew(state, account);
}

void accounts_close_begun(struct accounts_state *state, struct accounts_account *account)
{
    struct accounts_close *close = account->closes;
    CHECK(close != NULL);
    LL_DELETE(account->closes, close);
    accounts_text_set(&close->instrument, (struct text){0});
    free(close);
    wait_anew(state, account);
}

void accounts_set_switch(struct accounts_state *state, struct accounts_account *account,
                         int64_t timeout_s, int64_t cancel_at)
{
    account->timeout_s = timeout_s;
    account->cancel_at = cancel_at;
    wait_anew(state, account);
}
