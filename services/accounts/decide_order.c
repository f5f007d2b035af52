/* PlaceOrder: the checks of spec/domain.md, "Risk", in its order, then the hold. */
#include "accounts/risk.h"
#include "base/murmur2.h"
#include "decimal/decimal.h"

/* Text of a struct text for "%.*s". */
#define SHOWN(text) (int)(text).size, (text).data

static bool maker_may_trade(const struct accounts_turn *turn,
                            const struct accounts_account *account, bool reduces)
{
    if (!reduces)
        return accounts_refuse(turn, "MARKET_MAKER_SELL_ONLY", "side",
                               "A market maker may only sell.");
    return account->maker.status == MARKET_MAKER_STATUS_ACTIVE ||
           accounts_refuse(turn, "MARKET_MAKER_INACTIVE", NULL, "The market maker is inactive.");
}

static bool status_allows(const struct accounts_turn *turn, const struct accounts_account *account,
                          bool reduces)
{
    switch (account->about.status) {
    case ACCOUNT_STATUS_ACTIVE: return true;
    case ACCOUNT_STATUS_RESTRICTED:
        return reduces ||
               accounts_refuse(turn, "ACCOUNT_RESTRICTED", NULL,
                               "The account is restricted: it may reduce and withdraw only.");
    case ACCOUNT_STATUS_PENDING_KYC:
        return accounts_refuse(turn, "ACCOUNT_NOT_ACTIVE", NULL,
                               "The account waits for its owner's identity to be verified.");
    case ACCOUNT_STATUS_CLOSED: break;
    }
    return accounts_refuse(turn, "ACCOUNT_NOT_ACTIVE", NULL, "The account is closed.");
}

const struct accounts_account *accounts_trader(const struct accounts_turn *turn,
                                               struct uuid account_id, bool reduces)
{
    const struct command_meta *meta = &turn->input->command->meta;
    bool staff = accounts_is_staff(turn);
    bool trades = staff || actor_has(meta->has_actor, &meta->actor, ROLE_BIT(ROLE_USER));
    bool own = trades && accounts_is_own(turn, account_id);
    const struct accounts_account *account = accounts_account(turn->state, account_id);
    bool maker = account != NULL && account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
    if (account == NULL && (own || staff))
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no account %s.",
                        accounts_id_text(turn, account_id).data);
    else if (maker ? !staff : !own)
        accounts_refuse(turn, "FORBIDDEN", NULL, "You may not place orders for this account.");
    else if (maker ? maker_may_trade(turn, account, reduces)
                   : status_allows(turn, account, reduces))
        return account;
    return NULL;
}

static bool ids_are_new(const struct accounts_turn *turn, const struct place_order *command,
                        const struct accounts_account *account)
{
    if (command->has_client_order_id) {
        struct text id = command->client_order_id;
        if (id.size == 0 || id.size > ACCOUNTS_CLIENT_ORDER_ID_MAX)
            return accounts_refuse(turn, "VALIDATION_FAILED", "client_order_id",
                                   "A client_order_id has 1 to %d bytes, not %zu.",
                                   ACCOUNTS_CLIENT_ORDER_ID_MAX, id.size);
        if (accounts_knows_client_order_id(account, id))
            return accounts_refuse(turn, "DUPLICATE_CLIENT_ORDER_ID", "client_order_id",
                                   "The account has used the client_order_id \"%.*s\" before.",
                                   SHOWN(id));
    }
    return accounts_order(turn->state, command->order_id) == NULL ||
           accounts_refuse(turn, "DUPLICATE_CLIENT_ORDER_ID", "order_id",
                           "The order %s is open already.",
                           accounts_id_text(turn, command->order_id).data);
}

const struct accounts_instrument *accounts_tradable(const struct accounts_turn *turn,
                                                    struct text symbol)
{
    const struct accounts_instrument *instrument = accounts_instrument(turn->state, symbol);
    if (instrument != NULL && accounts_asset(turn->state, instrument->pair->base) != NULL)
        return instrument;
    accounts_refuse(turn, "INSTRUMENT_UNKNOWN", "instrument", "There is no instrument %.*s.",
                    SHOWN(symbol));
    return NULL;
}

/* A maker sells certificates; an order's id leads to its instrument's book (protocol.md, R8). */
static bool instrument_allows(const struct accounts_turn *turn, const struct place_order *command,
                              const struct accounts_account *account,
                              const struct accounts_instrument *instrument)
{
    struct text symbol = command->instrument;
    if (uuid_owner_hash(command->order_id) != murmur2(symbol.data, symbol.size))
        return accounts_refuse(turn, "VALIDATION_FAILED", "order_id",
                               "The order id is not one of %.*s.", SHOWN(symbol));
    const struct accounts_asset *base = accounts_asset(turn->state, instrument->pair->base);
    bool maker = account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
    return !maker || base->kind == ASSET_KIND_CERTIFICATE ||
           accounts_refuse(turn, "ASSET_NOT_SUPPORTED", "instrument",
                           "A market maker sells certificates only, not %.*s.",
                           SHOWN(instrument->pair->base));
}

bool accounts_amounts_in_range(const struct accounts_turn *turn, struct accounts_order *order,
                               const struct accounts_order *before)
{
    struct text asset = {0};
    int64_t incoming_e8 = 0, counted_e8 = 0;
    if (before != NULL)
        CHECK(accounts_incoming(before, &asset, &counted_e8) == OK);
    bool fits = accounts_hold(order, &order->hold_e8) == OK &&
                order->hold_e8 <= ACCOUNTS_AMOUNT_MAX_E8 &&
                accounts_incoming(order, &asset, &incoming_e8) == OK;
    if (fits) {
        const struct accounts_account *account = order->account;
        bool due = order->side == SIDE_SELL && account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
        const struct accounts_balance *balance =
            accounts_balance(due ? &account->proceeds : &account->balances, asset);
        fits = (__int128)balance->available_e8 + balance->locked_e8 + balance->incoming_e8 +
                   incoming_e8 - counted_e8 <=
               ACCOUNTS_AMOUNT_MAX_E8;
    }
    return fits || accounts_refuse(turn, "AMOUNT_RANGE", NULL,
                                   "The order could move more than %s, the most a balance holds.",
                                   accounts_amount_text(turn, ACCOUNTS_AMOUNT_MAX_E8, 0));
}

bool accounts_funds_suffice(const struct accounts_turn *turn, const struct accounts_order *order,
                            const struct accounts_order *before, struct balance_after *ret_balance)
{
    const struct accounts_account *account = order->account;
    struct text asset = accounts_hold_asset(order);
    const struct accounts_balance *balance = accounts_balance(&account->balances, asset);
    int64_t needed_e8 = order->hold_e8 - (before != NULL ? before->hold_e8 : 0);
    bool maker = account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
    if (needed_e8 > balance->available_e8)
        return accounts_refuse(turn, maker ? "INSUFFICIENT_BALANCE" : "INSUFFICIENT_FUNDS", NULL,
                               "The order needs %s %.*s; %s are available.",
                               accounts_amount_text(turn, needed_e8, 0), SHOWN(asset),
                               accounts_amount_text(turn, balance->available_e8, 0));
    *ret_balance =
        (struct balance_after){.account_id = account->about.id,
                               .asset = asset,
                               .available_e8 = decimal_difference(balance->available_e8, needed_e8),
                               .locked_e8 = decimal_sum(balance->locked_e8, needed_e8),
                               .total_e8 = decimal_sum(balance->available_e8, balance->locked_e8)};
    return true;
}

static struct accounts_order hold_wanted(const struct place_order *command,
                                         const struct accounts_account *account,
                                         const struct accounts_instrument *instrument)
{
    return (struct accounts_order){
        .id = command->order_id,
        .account = (struct accounts_account *)(uintptr_t)account, /* read only here */
        .pair = instrument->pair,
        .side = command->side,
        .has_limit_price = command->has_limit_price_e8,
        .limit_price_e8 = command->limit_price_e8,
        .max_notional_e8 = command->side == SIDE_BUY ? command->max_notional_e8 : 0,
        .maker_fee_bps = instrument->maker_fee_bps,
        .taker_fee_bps = instrument->taker_fee_bps,
        .quantity_e8 = command->quantity_e8,
        .remaining_quantity_e8 = command->quantity_e8,
    };
}

static void authorize(const struct accounts_turn *turn, const struct place_order *command,
                      const struct accounts_order *held, const struct balance_after *balance)
{
    struct event *event = turn->event;
    int64_t expires_at = 0;
    bool expires = accounts_expires(turn, command, &expires_at);
    event->kind = EVENT_ORDER_AUTHORIZED;
    event->order_authorized = (struct order_authorized){
        .order = {.id = command->order_id,
                  .account_id = command->account_id,
                  .instrument = command->instrument,
                  .side = command->side,
                  .type = command->type,
                  .time_in_force = command->time_in_force,
                  .status = ORDER_STATUS_PENDING,
                  .lifecycle = LIFECYCLE_PENDING,
                  .quantity_e8 = command->quantity_e8,
                  .remaining_quantity_e8 = command->quantity_e8,
                  .has_limit_price_e8 = command->has_limit_price_e8,
                  .limit_price_e8 = command->limit_price_e8,
                  .has_stop_price_e8 = command->has_stop_price_e8,
                  .stop_price_e8 = command->stop_price_e8,
                  .has_trail_amount_e8 = command->has_trail_amount_e8,
                  .trail_amount_e8 = command->trail_amount_e8,
                  .has_trail_percent_e8 = command->has_trail_percent_e8,
                  .trail_percent_e8 = command->trail_percent_e8,
                  .has_max_notional_e8 = command->has_max_notional_e8,
                  .max_notional_e8 = command->max_notional_e8,
                  .post_only = command->post_only,
                  .self_trade = command->self_trade,
                  .has_client_order_id = command->has_client_order_id,
                  .client_order_id = command->client_order_id,
                  .has_expires_at = expires,
                  .expires_at = expires_at,
                  .has_stop_loss_price_e8 = command->has_stop_loss_price_e8,
                  .stop_loss_price_e8 = command->stop_loss_price_e8,
                  .has_take_profit_price_e8 = command->has_take_profit_price_e8,
                  .take_profit_price_e8 = command->take_profit_price_e8,
                  .created_at = turn->input->now_us,
                  .updated_at = turn->input->now_us},
        .hold_asset = accounts_hold_asset(held),
        .hold_e8 = held->hold_e8,
        .maker_fee_bps = held->maker_fee_bps,
        .taker_fee_bps = held->taker_fee_bps,
        .balance = *balance,
        .has_daily_notional_e8 = held->side == SIDE_BUY,
    };
    if (held->side == SIDE_BUY)
        event->order_authorized.daily_notional_e8 = accounts_risk_daily(turn, held, NULL);
    accounts_touch_book(turn, command->instrument);
}

void accounts_decide_place_order(const struct accounts_turn *turn)
{
    struct place_order wanted = turn->input->command->place_order;
    const struct place_order *command = &wanted;
    bool reduces = command->side == SIDE_SELL; /* nobody sells what they do not have */
    const struct accounts_account *account = accounts_trader(turn, command->account_id, reduces);
    if (account == NULL || !ids_are_new(turn, command, account))
        return;
    const struct accounts_instrument *instrument = accounts_tradable(turn, command->instrument);
    if (instrument == NULL || !instrument_allows(turn, command, account, instrument) ||
        !accounts_effect_allowed(turn, command, instrument))
        return;
    accounts_take_budget(&wanted, instrument);
    if (!accounts_terms_are_sound(turn, command, instrument))
        return;
    struct accounts_order held = hold_wanted(command, account, instrument);
    struct balance_after balance;
    if (accounts_amounts_in_range(turn, &held, NULL) && accounts_risk_allows(turn, &held, NULL) &&
        accounts_funds_suffice(turn, &held, NULL, &balance))
        authorize(turn, command, &held, &balance);
}
