/* ReplaceOrder: funds for an order as it is and as it is to be, while its book decides; and what
 * becomes of the hold where its book refuses. What became of an order that is not open here any
 * more only its book knows, so that a replace of it goes there, too, without a hold. */
#include "accounts/journal.h"
#include "accounts/risk.h"
#include "accounts/turn.h"
#include "base/seeded_bug.h"
#include "decimal/decimal.h"

/* The account's open order; NULL: there is none. */
static const struct accounts_order *order_of(const struct accounts_turn *turn,
                                             const struct replace_order *command)
{
    const struct accounts_order *order = accounts_order(turn->state, command->order_id);
    bool own = order != NULL && uuid_equal(order->account->about.id, command->account_id);
    return own ? order : NULL;
}

static struct order_terms terms_wanted(const struct accounts_order *order,
                                       const struct replace_order *command)
{
    return accounts_terms_wanted(order, command->has_quantity_e8, command->quantity_e8,
                                 command->has_limit_price_e8, command->limit_price_e8);
}

static bool is_above_zero(const struct accounts_turn *turn, bool given, int64_t value_e8,
                          const char *field)
{
    return !given || value_e8 > 0 ||
           accounts_refuse(turn, "VALIDATION_FAILED", field, "%s must be above zero.", field);
}

static bool terms_are_sound(const struct accounts_turn *turn, const struct replace_order *command)
{
    if (!command->has_quantity_e8 && !command->has_limit_price_e8 && !command->has_stop_price_e8)
        return accounts_refuse(turn, "VALIDATION_FAILED", NULL,
                               "A replace needs a quantity, a limit_price or a stop_price.");
    return is_above_zero(turn, command->has_quantity_e8, command->quantity_e8, "quantity") &&
           is_above_zero(turn, command->has_limit_price_e8, command->limit_price_e8,
                         "limit_price") &&
           is_above_zero(turn, command->has_stop_price_e8, command->stop_price_e8, "stop_price");
}

static bool may_replace(const struct accounts_turn *turn, const struct replace_order *command,
                        const struct accounts_order *order)
{
    if (order->guards)
        return accounts_refuse(turn, "VALIDATION_FAILED", NULL,
                               "The order guards what a purchase has filled, and keeps its terms; "
                               "cancel it to sell otherwise.");
    if (order->replacing)
        return accounts_refuse(turn, "REPLACE_PENDING", NULL,
                               "Another replace of the order is under way; wait for its answer.");
    return order->has_limit_price || !command->has_limit_price_e8 ||
           accounts_refuse(turn, "VALIDATION_FAILED", "limit_price",
                           "The order has no limit_price that could be replaced.");
}

/* Sends it to the order's book, as yet without a hold. */
static struct replace_authorized *authorize(const struct accounts_turn *turn,
                                            const struct replace_order *command)
{
    struct replace_authorized *authorized = &turn->event->replace_authorized;
    turn->event->kind = EVENT_REPLACE_AUTHORIZED;
    *authorized = (struct replace_authorized){.order_id = command->order_id,
                                              .account_id = command->account_id,
                                              .has_quantity_e8 = command->has_quantity_e8,
                                              .quantity_e8 = command->quantity_e8,
                                              .has_limit_price_e8 = command->has_limit_price_e8,
                                              .limit_price_e8 = command->limit_price_e8,
                                              .has_stop_price_e8 = command->has_stop_price_e8,
                                              .stop_price_e8 = command->stop_price_e8,
                                              .has_if_version = command->has_if_version,
                                              .if_version = command->if_version};
    event_touch(turn->event, turn->arena, SERVICE_ORDERS,
                place_partition_of_id(turn->state->place, SERVICE_ORDERS, command->order_id));
    return authorized;
}

static void replace(const struct accounts_turn *turn, const struct replace_order *command,
                    const struct accounts_order *order, const struct order_terms *wanted)
{
    struct accounts_order held = *order, after = accounts_with_terms(order, wanted);
    held.replacing = true;
    held.wanted = *wanted;
    struct balance_after balance;
    if (!accounts_amounts_in_range(turn, &held, order) ||
        !accounts_risk_allows(turn, &after, order) ||
        !accounts_funds_suffice(turn, &held, order, &balance))
        return;
    struct replace_authorized *authorized = authorize(turn, command);
    authorized->has_hold_e8 = authorized->has_balance = true;
    authorized->hold_e8 = held.hold_e8;
    authorized->balance = balance;
    authorized->has_daily_notional_e8 = order->side == SIDE_BUY;
    if (authorized->has_daily_notional_e8)
        authorized->daily_notional_e8 = accounts_risk_daily(turn, &after, order);
}

void accounts_decide_replace_order(const struct accounts_turn *turn)
{
    const struct replace_order *command = &turn->input->command->replace_order;
    const struct accounts_order *order = order_of(turn, command);
    struct order_terms wanted = {0};
    if (order != NULL)
        wanted = terms_wanted(order, command);
    bool reduces = order == NULL || order->side == SIDE_SELL ||
                   (accounts_keeps_place(order, &wanted) && !command->has_stop_price_e8);
    if (accounts_trader(turn, command->account_id, reduces) == NULL ||
        !terms_are_sound(turn, command))
        return;
    if (order == NULL)
        (void)authorize(turn, command);
    else if (may_replace(turn, command, order))
        replace(turn, command, order, &wanted);
}

void accounts_decide_replace_refused(const struct accounts_turn *turn,
                                     const struct replace_refused *refused)
{
    turn->event->kind = EVENT_HOLD_RELEASED;
    const struct accounts_order *order = accounts_order(turn->state, refused->order_id);
    CHECK(order != NULL && order->replacing); /* of one that has ended its book does not say so */
    struct accounts_order after = *order;
    after.replacing = false;
    after.wanted = (struct order_terms){0};
    if (!SEEDED_BUG(REPLACE_HOLD_LOST))
        CHECK(accounts_hold(&after, &after.hold_e8) == OK);
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, 1);
    accounts_journal_lock(&journal, order->account, accounts_hold_asset(order),
                          decimal_difference(after.hold_e8, order->hold_e8));
    accounts_journal_close(&journal);
    struct hold_released *released = &turn->event->hold_released;
    released->orders = ARENA_NEW(turn->arena, struct settled_order, 1);
    released->orders_count = 1;
    released->orders[0] = accounts_settled_anew(&after, false);
    released->balances = journal.balances;
    released->balances_count = journal.balances_count;
    accounts_key_of_account(turn, order->account->about.id);
}
