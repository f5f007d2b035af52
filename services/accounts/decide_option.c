/* Options: what an order of them may do, and that they expire: contracts leave the accounts, and
 * what they are worth comes in. */
#include "accounts/journal.h"
#include "accounts/option.h"
#include "decimal/decimal.h"

/* One option that is paid for. */
struct expiry {
    const struct accounts_pair *pair; /* that it is traded by */
    int64_t value_e8;                 /* of one contract, in the pair's quote */
};

/* What one contract is worth: how far the price is on the right side of the strike, times the
 * multiplier, which is whole. Absurd amounts stop at the bound of all balances. */
static int64_t value_of(const struct asset *option, int64_t price_e8)
{
    __int128 inside_e8 = option->right == OPTION_RIGHT_CALL
                             ? (__int128)price_e8 - option->strike_e8
                             : (__int128)option->strike_e8 - price_e8;
    if (inside_e8 <= 0)
        return 0;
    __int128 value_e8 = inside_e8 * (option->multiplier_e8 / E8);
    return value_e8 < ACCOUNTS_AMOUNT_MAX_E8 ? (int64_t)value_e8 : ACCOUNTS_AMOUNT_MAX_E8;
}

static int64_t total_e8(const struct accounts_balance *balance)
{
    return decimal_sum(balance->available_e8, balance->locked_e8);
}

/* What the contracts pay, rounded half to even to the quote's places; what no balance may hold is
 * not paid. Contracts are whole. */
static int64_t payment_e8(const struct expiry *expiry, const struct accounts_account *account,
                          int64_t contracts_e8)
{
    const struct accounts_balance *quote =
        accounts_balance(&account->balances, expiry->pair->quote);
    __int128 room_e8 = (__int128)ACCOUNTS_AMOUNT_MAX_E8 - total_e8(quote) - quote->incoming_e8;
    __int128 amount_e8 = (__int128)expiry->value_e8 * (contracts_e8 / E8);
    int64_t unit_e8 = 1;
    for (int place = expiry->pair->quote_scale; place < DECIMAL_SCALE; place++)
        unit_e8 *= 10;
    if (amount_e8 > room_e8)
        amount_e8 = room_e8 > 0 ? room_e8 - room_e8 % unit_e8 : 0;
    return decimal_divide_half_even(amount_e8, unit_e8) * unit_e8;
}

/* The position as if its contracts had been sold at their value; what was deposited was no part of
 * it (README.md). False: the account has none. */
static bool close_position(const struct expiry *expiry, const struct accounts_account *account,
                           int64_t contracts_e8, struct position_after *ret_after)
{
    const struct accounts_position *before = accounts_position(account, expiry->pair->symbol);
    int64_t closed_e8 = contracts_e8 < before->quantity_e8 ? contracts_e8 : before->quantity_e8;
    if (closed_e8 == 0)
        return false;
    int64_t cost_e8 =
        decimal_divide_half_even((__int128)before->cost_e8 * closed_e8, before->quantity_e8);
    __int128 profit_e8 =
        (__int128)before->realised_pnl_e8 + (__int128)expiry->value_e8 * (closed_e8 / E8) - cost_e8;
    *ret_after = (struct position_after){.account_id = account->about.id,
                                         .instrument = expiry->pair->symbol,
                                         .quantity_e8 = before->quantity_e8 - closed_e8,
                                         .cost_e8 = before->cost_e8 - cost_e8,
                                         .realised_pnl_e8 = accounts_bounded(profit_e8)};
    return true;
}

/* None of its contracts is on hold. */
static void pay(const struct expiry *expiry, const struct accounts_account *account,
                struct accounts_journal *journal, struct option_settled *settled)
{
    struct text option = expiry->pair->base;
    int64_t contracts_e8 = accounts_balance(&account->balances, option)->available_e8;
    int64_t paid_e8 = payment_e8(expiry, account, contracts_e8);
    accounts_journal_move(journal, account, option, -contracts_e8, 0);
    accounts_journal_internal(journal, LEDGER_BOOK_EXTERNAL, option, contracts_e8);
    if (paid_e8 > 0) {
        accounts_journal_move(journal, account, expiry->pair->quote, paid_e8, 0);
        accounts_journal_internal(journal, LEDGER_BOOK_EXTERNAL, expiry->pair->quote, -paid_e8);
    }
    if (close_position(expiry, account, contracts_e8,
                       &settled->positions[settled->positions_count]))
        settled->positions_count++;
}

bool accounts_effect_allowed(const struct accounts_turn *turn, const struct place_order *command,
                             const struct accounts_instrument *instrument)
{
    const struct accounts_asset *base = accounts_asset(turn->state, instrument->pair->base);
    enum position_effect effect = command->position_effect;
    bool option = base->kind == ASSET_KIND_OPTION;
    if (option && (command->has_stop_loss_price_e8 || command->has_take_profit_price_e8))
        return accounts_refuse(turn, "VALIDATION_FAILED", "stop_loss_price",
                               "What an order of options fills cannot be guarded: it expires.");
    if (!command->has_position_effect)
        return true;
    if (!option)
        return accounts_refuse(turn, "VALIDATION_FAILED", "position_effect",
                               "position_effect is for options, which %.*s is not.",
                               (int)instrument->symbol.size, instrument->symbol.data);
    if (effect == POSITION_EFFECT_SELL_TO_OPEN || effect == POSITION_EFFECT_BUY_TO_CLOSE)
        return accounts_refuse(turn, "SHORT_NOT_SUPPORTED", "position_effect",
                               "Nobody goes short here: buy to open, and sell what you have to "
                               "close.");
    bool buys = effect == POSITION_EFFECT_BUY_TO_OPEN;
    return buys == (command->side == SIDE_BUY) ||
           accounts_refuse(turn, "VALIDATION_FAILED", "position_effect",
                           "The order %s, but is to be %s.", buys ? "sells" : "buys",
                           buys ? "buy_to_open" : "sell_to_close");
}

int64_t accounts_option_expires_at(const struct accounts_turn *turn, struct text instrument)
{
    const struct accounts_instrument *known = accounts_instrument(turn->state, instrument);
    const struct accounts_asset *base =
        known == NULL ? NULL : accounts_asset(turn->state, known->pair->base);
    return base == NULL ? 0 : base->expires_at;
}

static struct option_settled *settle(const struct accounts_turn *turn, struct text asset,
                                     const struct accounts_settlement *settlement)
{
    struct option_settled *settled = &turn->event->option_settled;
    turn->event->kind = EVENT_OPTION_SETTLED;
    *settled = (struct option_settled){.asset = asset,
                                       .instrument = settlement->instrument,
                                       .settlement_price_e8 = settlement->price_e8,
                                       .value_e8 = settlement->value_e8};
    return settled;
}

void accounts_decide_option_expired(const struct accounts_turn *turn,
                                    const struct option_expired *expired)
{
    const struct accounts_settlement settlement = {
        .instrument = expired->instrument,
        .price_e8 = expired->settlement_price_e8,
        .value_e8 = value_of(&expired->asset, expired->settlement_price_e8)};
    (void)settle(turn, expired->asset.code, &settlement);
}

void accounts_decide_payment(const struct accounts_turn *turn)
{
    const struct accounts_asset *option = accounts_owed_first(turn->state);
    const struct accounts_settlement *settlement = option->settlement;
    const struct accounts_instrument *instrument =
        accounts_instrument(turn->state, settlement->instrument);
    CHECK(instrument != NULL); /* its book told of itself before it told of the expiry */
    const struct expiry expiry = {.pair = instrument->pair, .value_e8 = settlement->value_e8};
    size_t paid_max = place_piece(turn->state->place, ACCOUNTS_PAID_MAX);
    struct option_settled *settled = settle(turn, option->code, settlement);
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, 2 * paid_max);
    settled->positions = ARENA_NEW(turn->arena, struct position_after, paid_max);
    const struct accounts_owed *at = settlement->owed;
    for (size_t i = 0; i < paid_max && at != NULL; i++, at = at->next)
        pay(&expiry, at->account, &journal, settled);
    accounts_journal_close(&journal);
    settled->postings = journal.postings;
    settled->postings_count = journal.postings_count;
    settled->balances = journal.balances;
    settled->balances_count = journal.balances_count;
}
