/* Who is told of what: settings decides that, and the ledger keeps to it. */
#include "accounts/notices.h"

#include "decimal/decimal.h"

void accounts_decide_notices(const struct accounts_turn *turn,
                             const struct notification_settings_changed *changed)
{
    turn->event->kind = EVENT_NOTICES_ADOPTED;
    turn->event->notices_adopted = (struct notices_adopted){.account_id = changed->account_id,
                                                            .order_fills = changed->order_fills,
                                                            .transfers = changed->transfers};
    accounts_key_of_account(turn, changed->account_id);
}

void accounts_apply_notices(struct accounts_state *state, const struct notices_adopted *adopted)
{
    struct accounts_account *account = accounts_account(state, adopted->account_id);
    CHECK(account != NULL);
    account->tells = (uint8_t)((adopted->order_fills ? ACCOUNTS_TELLS_FILLS : 0) |
                               (adopted->transfers ? ACCOUNTS_TELLS_TRANSFERS : 0));
}

/* The order behind it could not sell all that an emergency close is to sell. */
static bool is_incomplete(const struct accounts_turn *turn, const struct settled_order *order)
{
    const struct order *entered = &turn->input->events[0]->order_entered.order;
    return entered->close && uuid_equal(entered->id, order->order_id) && !order->closed;
}

static void touch_user(const struct accounts_turn *turn, struct uuid user_id)
{
    event_touch(turn->event, turn->arena, SERVICE_SETTINGS,
                place_partition_of_id(turn->state->place, SERVICE_SETTINGS, user_id));
}

void accounts_note(const struct accounts_turn *turn, const struct accounts_order *order,
                   int64_t quantity_e8, int64_t notional_e8, struct fills_settled *settled)
{
    const struct accounts_account *account = order->account;
    const struct settled_order *after = &settled->orders[settled->orders_count - 1];
    bool traded = quantity_e8 > 0, incomplete = is_incomplete(turn, after);
    bool wanted = (traded && (account->tells & ACCOUNTS_TELLS_FILLS) != 0) || incomplete;
    if (!wanted || !account->about.has_user_id || settled->notices_count == ACCOUNTS_NOTICES_MAX)
        return;
    struct uuid user_id = account->about.user_id;
    if (settled->notices == NULL)
        settled->notices = ARENA_NEW(turn->arena, struct fill_notice, ACCOUNTS_NOTICES_MAX);
    settled->notices[settled->notices_count++] = (struct fill_notice){
        .user_id = user_id,
        .order_id = after->order_id,
        .instrument = order->pair->symbol,
        .quantity_e8 = quantity_e8,
        .has_price_e8 = traded,
        .price_e8 = traded ? decimal_divide_half_even((__int128)notional_e8 * E8, quantity_e8) : 0,
        .remaining_quantity_e8 = after->remaining_quantity_e8,
        .closed = after->closed,
        .incomplete = incomplete,
    };
    touch_user(turn, user_id);
}

void accounts_note_transfer(const struct accounts_turn *turn,
                            const struct accounts_account *account)
{
    if ((account->tells & ACCOUNTS_TELLS_TRANSFERS) == 0 || !account->about.has_user_id)
        return;
    turn->event->transfer_changed.has_notified_user_id = true;
    turn->event->transfer_changed.notified_user_id = account->about.user_id;
    touch_user(turn, account->about.user_id);
}
