/* Emergency closes: all that is available of a position is held for one sale, and the open sells
 * beside it are named, whose holds pass to it when its book has taken their place. */
#include "accounts/due.h"
#include "base/murmur2.h"
#include "decimal/decimal.h"

/* Text of a struct text for "%.*s". */
#define SHOWN(text) (int)(text).size, (text).data

/* It only reduces, so an account that is restricted may. */
static bool may_sell(const struct accounts_turn *turn, const struct accounts_account *account)
{
    enum account_status status = account->about.status;
    return status == ACCOUNT_STATUS_ACTIVE || status == ACCOUNT_STATUS_RESTRICTED ||
           accounts_refuse(turn, "ACCOUNT_NOT_ACTIVE", NULL,
                           "The account is not active, so nothing may be traded for it.");
}

static bool may_close(const struct accounts_turn *turn, const struct close_position *command,
                      const struct accounts_account *account,
                      const struct accounts_instrument *instrument)
{
    struct text symbol = command->instrument;
    const struct accounts_balance *balance =
        accounts_balance(account->balances, instrument->pair->base);
    if (balance->available_e8 == 0 && balance->locked_e8 == 0)
        return accounts_refuse(turn, "NOT_FOUND", NULL, "There is no position in %.*s to close.",
                               SHOWN(symbol));
    if (uuid_owner_hash(command->order_id) != murmur2(symbol.data, symbol.size))
        return accounts_refuse(turn, "VALIDATION_FAILED", "order_id",
                               "The order id is not one of %.*s.", SHOWN(symbol));
    return accounts_order(turn->state, command->order_id) == NULL ||
           accounts_refuse(turn, "DUPLICATE_CLIENT_ORDER_ID", "order_id",
                           "The order %s is open already.",
                           accounts_id_text(turn, command->order_id).data);
}

/* What is sold: all that is available, which may be nothing beside what open sells hold. */
static void authorize(const struct accounts_turn *turn, const struct close_position *command,
                      const struct accounts_account *account,
                      const struct accounts_instrument *instrument)
{
    struct text base = instrument->pair->base;
    int64_t expires_at = accounts_option_expires_at(turn, command->instrument);
    const struct accounts_balance *balance = accounts_balance(account->balances, base);
    struct order_authorized *authorized = &turn->event->order_authorized;
    turn->event->kind = EVENT_ORDER_AUTHORIZED;
    *authorized = (struct order_authorized){
        .order = {.id = command->order_id,
                  .account_id = command->account_id,
                  .instrument = command->instrument,
                  .side = SIDE_SELL,
                  .type = ORDER_TYPE_MARKET,
                  .status = ORDER_STATUS_PENDING,
                  .lifecycle = LIFECYCLE_PENDING,
                  .quantity_e8 = balance->available_e8,
                  .remaining_quantity_e8 = balance->available_e8,
                  .self_trade = SELF_TRADE_CANCEL_RESTING, /* its own bids give way */
                  .has_expires_at = expires_at != 0,
                  .expires_at = expires_at,
                  .close = true,
                  .created_at = turn->input->now_us,
                  .updated_at = turn->input->now_us},
        .hold_asset = base,
        .hold_e8 = balance->available_e8,
        .maker_fee_bps = instrument->maker_fee_bps,
        .taker_fee_bps = instrument->taker_fee_bps,
        .balance = {.account_id = account->about.id,
                    .asset = base,
                    .locked_e8 = decimal_sum(balance->available_e8, balance->locked_e8),
                    .total_e8 = decimal_sum(balance->available_e8, balance->locked_e8)},
    };
    const struct accounts_selection sells = {.account = account,
                                             .has_instrument = true,
                                             .instrument = command->instrument,
                                             .has_side = true,
                                             .side = SIDE_SELL};
    (void)accounts_list_orders(turn, &sells, &authorized->sells, &authorized->sells_count);
    accounts_touch_book(turn, command->instrument);
}

void accounts_decide_close_position(const struct accounts_turn *turn)
{
    const struct close_position *command = &turn->input->command->close_position;
    bool own;
    const struct accounts_account *account = accounts_client(turn, command->account_id, &own);
    if (account == NULL || !may_sell(turn, account))
        return;
    const struct accounts_instrument *instrument = accounts_tradable(turn, command->instrument);
    if (instrument != NULL && may_close(turn, command, account, instrument))
        authorize(turn, command, account, instrument);
}
