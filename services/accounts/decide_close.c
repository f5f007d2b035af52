/* Emergency closes: all that is available of a position is held for one sale, and the open sells
 * beside it are named, whose holds pass to it when its book has taken their place. Of all positions
 * one follows the other, by the clock (due.h). */
#include "accounts/due.h"
#include "base/murmur2.h"
#include "decimal/decimal.h"

#include <stdlib.h>
#include <utlist.h>

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
        accounts_balance(&account->balances, instrument->pair->base);
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

/* The most that what a close leaves in its book may bring in: half of what still fits, so that a
 * close of another position has room, too. */
static int64_t room_e8(const struct accounts_account *account, struct text quote)
{
    bool maker = account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
    const struct accounts_balance *balance =
        accounts_balance(maker ? &account->proceeds : &account->balances, quote);
    __int128 room_e8 = (__int128)ACCOUNTS_AMOUNT_MAX_E8 - balance->available_e8 -
                       balance->locked_e8 - balance->incoming_e8;
    return room_e8 > 0 ? (int64_t)(room_e8 / 2) : 0;
}

/* What is sold: all that is available, which may be nothing beside what open sells hold. */
static struct order order_of(const struct accounts_turn *turn,
                             const struct accounts_account *account,
                             const struct accounts_close *close, int64_t available_e8)
{
    int64_t expires_at = accounts_option_expires_at(turn, close->instrument);
    return (struct order){.id = close->order_id,
                          .account_id = account->about.id,
                          .instrument = close->instrument,
                          .side = SIDE_SELL,
                          .type = ORDER_TYPE_MARKET,
                          .status = ORDER_STATUS_PENDING,
                          .lifecycle = LIFECYCLE_PENDING,
                          .quantity_e8 = available_e8,
                          .remaining_quantity_e8 = available_e8,
                          .self_trade = SELF_TRADE_CANCEL_RESTING, /* its own bids give way */
                          .has_expires_at = expires_at != 0,
                          .expires_at = expires_at,
                          .close = true,
                          .created_at = turn->input->now_us,
                          .updated_at = turn->input->now_us};
}

/* The sells that it takes the place of, and the order for those that are too many for one event. */
static void name_sells(const struct accounts_turn *turn, const struct accounts_account *account,
                       const struct accounts_close *close)
{
    struct order_authorized *authorized = &turn->event->order_authorized;
    const struct accounts_selection sells = {.account = account,
                                             .has_instrument = true,
                                             .instrument = close->instrument,
                                             .has_side = true,
                                             .side = SIDE_SELL,
                                             .has_after = close->has_after,
                                             .after = close->after};
    authorized->has_next_order_id =
        accounts_list_orders(turn, &sells, ACCOUNTS_CANCELS_MAX, &authorized->sells,
                             &authorized->sells_count) > authorized->sells_count;
    authorized->next_order_id =
        input_id(turn->input, murmur2(close->instrument.data, close->instrument.size), 0);
}

static void authorize(const struct accounts_turn *turn, const struct accounts_account *account,
                      const struct accounts_close *close)
{
    const struct accounts_instrument *instrument =
        accounts_instrument(turn->state, close->instrument);
    CHECK(instrument != NULL);
    struct text base = instrument->pair->base;
    const struct accounts_balance *balance = accounts_balance(&account->balances, base);
    int64_t total_e8 = decimal_sum(balance->available_e8, balance->locked_e8);
    turn->event->kind = EVENT_ORDER_AUTHORIZED;
    turn->event->order_authorized = (struct order_authorized){
        .order = order_of(turn, account, close, balance->available_e8),
        .hold_asset = base,
        .hold_e8 = balance->available_e8,
        .maker_fee_bps = instrument->maker_fee_bps,
        .taker_fee_bps = instrument->taker_fee_bps,
        .balance = {.account_id = account->about.id,
                    .asset = base,
                    .locked_e8 = total_e8,
                    .total_e8 = total_e8},
        .room_e8 = room_e8(account, instrument->pair->quote),
    };
    name_sells(turn, account, close);
    accounts_touch_book(turn, close->instrument);
}

void accounts_decide_close_position(const struct accounts_turn *turn)
{
    const struct close_position *command = &turn->input->command->close_position;
    bool own;
    const struct accounts_account *account = accounts_client(turn, command->account_id, &own);
    if (account == NULL || !may_sell(turn, account))
        return;
    const struct accounts_instrument *instrument = accounts_tradable(turn, command->instrument);
    if (instrument == NULL || !may_close(turn, command, account, instrument))
        return;
    const struct accounts_close close = {.instrument = command->instrument,
                                         .order_id = command->order_id};
    authorize(turn, account, &close);
}

/* --- all positions ---------------------------------------------------------------------------- */

static bool has_open_sell(const struct accounts_account *account, struct text symbol)
{
    const struct accounts_order *order;
    DL_FOREACH(account->orders, order)
    {
        if (order->side == SIDE_SELL && text_equal(order->pair->symbol, symbol))
            return true;
    }
    return false;
}

/* Of two instruments of one base the one whose close sells what is free of it: where there is a
 * position, else the first by name. */
static bool is_before(const struct accounts_account *account, const struct accounts_instrument *a,
                      const struct accounts_instrument *b)
{
    bool a_has = accounts_position(account, a->symbol)->quantity_e8 > 0;
    bool b_has = accounts_position(account, b->symbol)->quantity_e8 > 0;
    return a_has != b_has ? a_has : text_compare(a->symbol, b->symbol) < 0;
}

static const struct accounts_instrument *seller_of(const struct accounts_turn *turn,
                                                   const struct accounts_account *account,
                                                   struct text base)
{
    const struct accounts_instrument *found = NULL, *at = turn->state->instruments;
    for (; at != NULL; at = at->hh.next) {
        if (text_equal(at->pair->base, base) && (found == NULL || is_before(account, at, found)))
            found = at;
    }
    return found;
}

/* There is something of it that its close would sell. `wanted`: it is asked for by name. */
static bool would_sell(const struct accounts_turn *turn, const struct accounts_account *account,
                       const struct accounts_instrument *instrument, bool wanted)
{
    struct text base = instrument->pair->base;
    const struct accounts_asset *asset = accounts_asset(turn->state, base);
    const struct accounts_balance *balance = accounts_balance(&account->balances, base);
    if (wanted)
        return balance->available_e8 > 0 || balance->locked_e8 > 0;
    if (asset == NULL || asset->kind == ASSET_KIND_CASH)
        return false;
    return (balance->available_e8 > 0 && seller_of(turn, account, base) == instrument) ||
           (balance->locked_e8 > 0 && has_open_sell(account, instrument->symbol));
}

static int compare_closes(const void *a, const void *b)
{
    const struct position_close *left = a, *right = b;
    return text_compare(left->instrument, right->instrument);
}

/* What is asked for, by name; each has the id of its order already. */
static void list_closes(const struct accounts_turn *turn, const struct close_positions *command,
                        const struct accounts_account *account, struct positions_closing *closing)
{
    const struct accounts_instrument *at = turn->state->instruments;
    closing->closes =
        ARENA_NEW(turn->arena, struct position_close, HASH_COUNT(turn->state->instruments));
    for (; at != NULL; at = at->hh.next) {
        if ((!command->has_instrument || text_equal(at->symbol, command->instrument)) &&
            would_sell(turn, account, at, command->has_instrument))
            closing->closes[closing->closes_count++].instrument = at->symbol;
    }
    qsort(closing->closes, closing->closes_count, sizeof *closing->closes, compare_closes);
    for (size_t i = 0; i < closing->closes_count; i++) {
        struct text symbol = closing->closes[i].instrument;
        closing->closes[i].order_id =
            input_id(turn->input, murmur2(symbol.data, symbol.size), (uint32_t)i);
    }
}

void accounts_decide_close_positions(const struct accounts_turn *turn)
{
    const struct close_positions *command = &turn->input->command->close_positions;
    struct positions_closing closing = {.account_id = command->account_id};
    bool own;
    const struct accounts_account *account = accounts_client(turn, command->account_id, &own);
    if (account == NULL || !may_sell(turn, account) ||
        (command->has_instrument && accounts_tradable(turn, command->instrument) == NULL))
        return;
    list_closes(turn, command, account, &closing);
    if (closing.closes_count == 0) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no position to close.");
        return;
    }
    turn->event->kind = EVENT_POSITIONS_CLOSING;
    turn->event->positions_closing = closing;
}

/* Nothing came in between, so there is what there was. */
void accounts_decide_next_close(const struct accounts_turn *turn,
                                const struct accounts_account *account)
{
    authorize(turn, account, account->closes);
}
