/* What happened, happened: events into the state. CHECKs what state.h promises. */
#include "accounts/apply.h"
#include "accounts/apply_reference.h"
#include "accounts/due.h"
#include "accounts/funding.h"
#include "accounts/notices.h"
#include "accounts/option.h"
#include "accounts/statement.h"
#include "base/time.h"
#include "decimal/decimal.h"

static struct accounts_account *existing(struct accounts_state *state, struct uuid id)
{
    struct accounts_account *account = accounts_account(state, id);
    CHECK(account != NULL);
    return account;
}

static void check_sums_are_zero(const struct posting *postings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool first = true; /* of its asset: an event has few, so the look back ends early */
        for (size_t j = i; first && j > 0; j--)
            first = !text_equal(postings[j - 1].asset, postings[i].asset);
        __int128 sum_e8 = 0;
        for (size_t j = i; first && j < count; j++) {
            if (text_equal(postings[j].asset, postings[i].asset))
                sum_e8 += postings[j].amount_e8;
        }
        CHECK(sum_e8 == 0);
    }
}

/* Postings come before the balances behind them: until then a balance's available part takes it
 * all, and may be below zero where it is the locked part that pays. */
void accounts_apply_postings(struct accounts_state *state, const struct posting *postings,
                             size_t count)
{
    check_sums_are_zero(postings, count);
    for (size_t i = 0; i < count; i++) {
        const struct posting *posting = &postings[i];
        struct accounts_balance *balance;
        switch (posting->book) {
        case LEDGER_BOOK_ACCOUNT:
            balance = accounts_balance_at(&existing(state, posting->account_id)->balances,
                                          posting->asset);
            balance->available_e8 = decimal_sum(balance->available_e8, posting->amount_e8);
            break;
        case LEDGER_BOOK_MARKET_MAKER_PAYABLE:
            balance = accounts_balance_at(&existing(state, posting->account_id)->proceeds,
                                          posting->asset);
            balance->available_e8 = decimal_sum(balance->available_e8, posting->amount_e8);
            break;
        case LEDGER_BOOK_CLEARING:
            accounts_shard_at(state, posting->asset)->clearing_e8 += posting->amount_e8;
            break;
        case LEDGER_BOOK_HOUSE:
            accounts_shard_at(state, posting->asset)->house_e8 += posting->amount_e8;
            break;
        case LEDGER_BOOK_EXTERNAL:
            accounts_shard_at(state, posting->asset)->external_e8 += posting->amount_e8;
            break;
        }
    }
}

void accounts_apply_balances(struct accounts_state *state, const struct balance_after *balances,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct balance_after *after = &balances[i];
        struct accounts_balance *balance =
            accounts_balance_at(&existing(state, after->account_id)->balances, after->asset);
        CHECK(after->available_e8 >= 0 && after->locked_e8 >= 0);
        CHECK(decimal_sum(after->available_e8, after->locked_e8) == after->total_e8);
        CHECK(decimal_sum(balance->available_e8, balance->locked_e8) == after->total_e8);
        balance->available_e8 = after->available_e8;
        balance->locked_e8 = after->locked_e8;
    }
}

static void check_proceeds(struct accounts_state *state, const struct proceeds_after *proceeds,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct accounts_account *maker = existing(state, proceeds[i].market_maker_id);
        CHECK(proceeds[i].amount_e8 >= 0);
        CHECK(accounts_balance(&maker->proceeds, proceeds[i].asset)->available_e8 ==
              proceeds[i].amount_e8);
    }
}

static void apply_maker(struct accounts_state *state, const struct market_maker *maker)
{
    struct accounts_account *account = existing(state, maker->id);
    accounts_maker_set(account, maker);
    account->about.status =
        maker->status == MARKET_MAKER_STATUS_ACTIVE ? ACCOUNT_STATUS_ACTIVE : ACCOUNT_STATUS_CLOSED;
    account->about.version = maker->version;
    account->about.updated_at = maker->updated_at;
}

static void apply_maker_created(struct accounts_state *state,
                                const struct market_maker_created *created)
{
    const struct ledger_account about = {.id = created->market_maker.id,
                                         .kind = ACCOUNT_KIND_MARKET_MAKER,
                                         .created_at = created->market_maker.created_at};
    (void)accounts_account_add(state, &about);
    apply_maker(state, &created->market_maker);
    accounts_apply_postings(state, created->postings, created->postings_count);
    accounts_apply_balances(state, created->balances, created->balances_count);
}

/* What the account's buys of the day came to, behind the event. */
static void apply_daily_notional(struct accounts_account *account, struct text quote,
                                 int64_t notional_e8, int64_t now_us)
{
    struct accounts_balance *balance = accounts_balance_at(&account->balances, quote);
    balance->day_us = time_day_start(now_us);
    balance->bought_e8 = notional_e8;
}

/* It may be the first of those that wait; what its sells were too many for follows. */
static void apply_close_begun(struct accounts_state *state, struct accounts_account *account,
                              const struct order_authorized *authorized)
{
    if (account->closes != NULL && uuid_equal(account->closes->order_id, authorized->order.id))
        accounts_close_begun(state, account);
    if (!authorized->has_next_order_id)
        return;
    CHECK(authorized->sells_count > 0);
    const struct accounts_close next = {.instrument = authorized->order.instrument,
                                        .order_id = authorized->next_order_id,
                                        .has_after = true,
                                        .after = authorized->sells[authorized->sells_count - 1]};
    accounts_close_next(state, account, &next);
}

static void apply_order_authorized(struct accounts_state *state,
                                   const struct order_authorized *authorized, int64_t now_us)
{
    const struct order *order = &authorized->order;
    struct accounts_account *account = existing(state, order->account_id);
    const struct accounts_instrument *instrument = accounts_instrument(state, order->instrument);
    CHECK(instrument != NULL);
    const struct accounts_order held = {
        .id = order->id,
        .account = account,
        .pair = instrument->pair,
        .side = order->side,
        .has_limit_price = order->has_limit_price_e8,
        .limit_price_e8 = order->limit_price_e8,
        .max_notional_e8 = order->side == SIDE_BUY ? order->max_notional_e8 : authorized->room_e8,
        .has_stop_loss_price = order->has_stop_loss_price_e8,
        .stop_loss_price_e8 = order->stop_loss_price_e8,
        .has_take_profit_price = order->has_take_profit_price_e8,
        .take_profit_price_e8 = order->take_profit_price_e8,
        .maker_fee_bps = authorized->maker_fee_bps,
        .taker_fee_bps = authorized->taker_fee_bps,
        .quantity_e8 = order->quantity_e8,
        .remaining_quantity_e8 = order->remaining_quantity_e8,
        .hold_e8 = authorized->hold_e8,
        .replacing = order->close, /* its book gives it its terms: until then nobody else does */
        .wanted = {.quantity_e8 = order->close ? order->quantity_e8 : 0},
    };
    accounts_order_add(state, &held);
    if (order->has_client_order_id)
        accounts_client_order_id_add(account, order->client_order_id);
    accounts_apply_balances(state, &authorized->balance, 1);
    if (authorized->has_daily_notional_e8)
        apply_daily_notional(account, instrument->pair->quote, authorized->daily_notional_e8,
                             now_us);
    if (order->close)
        apply_close_begun(state, account, authorized);
}

static void apply_positions_closing(struct accounts_state *state,
                                    const struct positions_closing *closing)
{
    struct accounts_account *account = existing(state, closing->account_id);
    for (size_t i = 0; i < closing->closes_count; i++)
        accounts_close_next(state, account,
                            &(struct accounts_close){.instrument = closing->closes[i].instrument,
                                                     .order_id = closing->closes[i].order_id});
}

static void apply_risk_limits(struct accounts_state *state, const struct risk_limits_set *set)
{
    struct accounts_account *account = existing(state, set->account_id);
    account->limits = set->limits;
    account->limits_version = set->version;
}

static void apply_replace_authorized(struct accounts_state *state,
                                     const struct replace_authorized *authorized, int64_t now_us)
{
    if (!authorized->has_hold_e8)
        return;
    struct accounts_order *order = accounts_order(state, authorized->order_id);
    CHECK(order != NULL && !order->replacing);
    accounts_expect_no_more(order);
    order->replacing = true;
    order->wanted =
        accounts_terms_wanted(order, authorized->has_quantity_e8, authorized->quantity_e8,
                              authorized->has_limit_price_e8, authorized->limit_price_e8);
    order->hold_e8 = authorized->hold_e8;
    accounts_expect(order);
    accounts_apply_balances(state, &authorized->balance, 1);
    if (authorized->has_daily_notional_e8)
        apply_daily_notional(order->account, order->pair->quote, authorized->daily_notional_e8,
                             now_us);
}

/* Its replace is over: done, or refused. */
static void apply_terms(struct accounts_order *order, const struct order_terms *terms)
{
    order->quantity_e8 = terms->quantity_e8;
    order->has_limit_price = terms->has_limit_price_e8;
    order->limit_price_e8 = terms->limit_price_e8;
    order->replacing = false;
    order->wanted = (struct order_terms){0};
}

static void apply_settled(struct accounts_state *state, const struct settled_order *orders,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct settled_order *settled = &orders[i];
        struct accounts_order *order = accounts_order(state, settled->order_id);
        CHECK(order != NULL && settled->hold_e8 >= 0);
        if (settled->closed) {
            CHECK(settled->hold_e8 == 0);
            accounts_order_remove(state, order);
            continue;
        }
        accounts_expect_no_more(order);
        if (settled->has_terms)
            apply_terms(order, &settled->terms);
        order->in_book = settled->in_book;
        order->remaining_quantity_e8 = settled->remaining_quantity_e8;
        order->taker_notional_e8 = settled->taker_notional_e8;
        order->maker_notional_e8 = settled->maker_notional_e8;
        order->fees_e8 = settled->fees_e8;
        order->hold_e8 = settled->hold_e8;
        accounts_expect(order);
    }
}

static void apply_positions(struct accounts_state *state, const struct position_after *positions,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct position_after *after = &positions[i];
        struct accounts_position *position =
            accounts_position_at(existing(state, after->account_id), after->instrument);
        CHECK(after->quantity_e8 >= 0);
        if (position->quantity_e8 > 0 && after->quantity_e8 == 0)
            accounts_release_guards(state, after->account_id, after->instrument);
        position->quantity_e8 = after->quantity_e8;
        position->cost_e8 = after->cost_e8;
        position->realised_pnl_e8 = after->realised_pnl_e8;
    }
}

/* What guards a purchase holds what was bought. */
static void apply_brackets(struct accounts_state *state, const struct bracket *brackets,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bracket *bracket = &brackets[i];
        struct accounts_order *parent = accounts_order(state, bracket->parent_id);
        CHECK(parent != NULL);
        if (!bracket->has_into_id)
            parent->guard_id = bracket->order_id;
        parent->has_guard = true;
        const struct accounts_order held = {
            .id = bracket->order_id,
            .account = parent->account,
            .pair = parent->pair,
            .side = SIDE_SELL,
            .guards = true,
            .has_sibling = bracket->has_sibling_id,
            .sibling = {.id = bracket->sibling_id},
            .maker_fee_bps = bracket->maker_fee_bps,
            .taker_fee_bps = bracket->taker_fee_bps,
            .remaining_quantity_e8 = bracket->quantity_e8,
            .hold_e8 = bracket->quantity_e8,
        };
        accounts_order_add(state, &held);
    }
}

static void apply_fills_settled(struct accounts_state *state, const struct fills_settled *settled)
{
    apply_brackets(state, settled->brackets, settled->brackets_count); /* before a parent goes */
    apply_settled(state, settled->orders, settled->orders_count);
    accounts_apply_postings(state, settled->postings, settled->postings_count);
    accounts_apply_balances(state, settled->balances, settled->balances_count);
    check_proceeds(state, settled->proceeds, settled->proceeds_count);
    apply_positions(state, settled->positions, settled->positions_count);
}

static void apply_option_settled(struct accounts_state *state, const struct option_settled *settled)
{
    accounts_apply_postings(state, settled->postings, settled->postings_count);
    accounts_apply_balances(state, settled->balances, settled->balances_count);
    apply_positions(state, settled->positions, settled->positions_count);
    accounts_settle(state, settled);
}

static void apply_transaction(struct accounts_state *state,
                              const struct asset_transaction_recorded *recorded)
{
    accounts_apply_postings(state, recorded->postings, recorded->postings_count);
    accounts_apply_balances(state, recorded->balances, recorded->balances_count);
    check_proceeds(state, recorded->proceeds, recorded->proceeds_count);
}

static void apply_hold_released(struct accounts_state *state, const struct hold_released *released)
{
    apply_settled(state, released->orders, released->orders_count);
    accounts_apply_balances(state, released->balances, released->balances_count);
    accounts_owe(state, released->balances, released->balances_count);
}

static void apply_account_status(struct accounts_state *state,
                                 const struct account_status_changed *changed)
{
    struct accounts_account *account = existing(state, changed->account.id);
    const struct accounts_selection meant = {.account = account,
                                             .has_side =
                                                 changed->account.status != ACCOUNT_STATUS_CLOSED,
                                             .side = SIDE_BUY};
    accounts_account_set(account, &changed->account);
    if (changed->cancel_orders)
        accounts_mark(state, &meant, NULL, 0, END_REASON_CANCELED_BY_OPERATOR);
}

/* What is left of those that are meant follows; a switch that has done its work is off. */
static void apply_cancel_requested(struct accounts_state *state,
                                   const struct cancel_requested *requested)
{
    struct accounts_account *account = existing(state, requested->account_id);
    if (requested->goes_on) {
        accounts_unmark(state, requested->orders, requested->orders_count);
        return;
    }
    const struct accounts_selection selection = {.account = account,
                                                 .has_instrument = requested->has_instrument,
                                                 .instrument = requested->instrument,
                                                 .has_side = requested->has_side,
                                                 .side = requested->side};
    accounts_mark(state, &selection, requested->orders, requested->orders_count, requested->reason);
    if (requested->reason == END_REASON_CANCEL_AFTER)
        accounts_set_switch(state, account, 0, 0);
}

static void apply_cancel_after_set(struct accounts_state *state, const struct cancel_after_set *set)
{
    accounts_set_switch(state, existing(state, set->account_id), set->timeout_s,
                        set->has_cancel_at ? set->cancel_at : 0);
}

static void apply_maker_deactivated(struct accounts_state *state,
                                    const struct market_maker_deactivated *deactivated)
{
    const struct accounts_selection all = {.account =
                                               existing(state, deactivated->market_maker.id)};
    apply_maker(state, &deactivated->market_maker);
    accounts_mark(state, &all, deactivated->orders, deactivated->orders_count,
                  END_REASON_CANCELED_BY_OPERATOR);
}

static void apply_opened(struct accounts_state *state, const struct account_opened *opened)
{
    struct accounts_account *account = accounts_account_add(state, &opened->account);
    account->tells = ACCOUNTS_TELLS_TRANSFERS; /* as settings has it for everybody at first */
    staff_set(&state->staff, opened->account.user_id,
              role_bits_of(opened->staff_roles, opened->staff_roles_count));
}

static void apply_staff(struct accounts_state *state, const struct staff_adopted *adopted)
{
    staff_set(&state->staff, adopted->user_id, role_bits_of(adopted->roles, adopted->roles_count));
}

void accounts_apply(void *opaque, const struct event *event)
{
    struct accounts_state *state = opaque;
    approvals_apply(&state->approvals, event);
    switch (event->kind) {
    case EVENT_LOG_CREATED: accounts_apply_log_created(state, event->meta.occurred_at); break;
    case EVENT_ASSET_ADOPTED: accounts_apply_asset(state, &event->asset_adopted.asset); break;
    case EVENT_INSTRUMENT_ADOPTED:
        accounts_apply_instrument(state, &event->instrument_adopted.instrument);
        break;
    case EVENT_PRICES_ADOPTED: accounts_apply_prices(state, &event->prices_adopted); break;
    case EVENT_ACCOUNT_OPENED: apply_opened(state, &event->account_opened); break;
    case EVENT_STAFF_ADOPTED: apply_staff(state, &event->staff_adopted); break;
    case EVENT_ACCOUNT_STATUS_CHANGED:
        apply_account_status(state, &event->account_status_changed);
        break;
    case EVENT_MARKET_MAKER_CREATED:
        apply_maker_created(state, &event->market_maker_created);
        break;
    case EVENT_MARKET_MAKER_CHANGED:
        apply_maker(state, &event->market_maker_changed.market_maker);
        break;
    case EVENT_MARKET_MAKER_DEACTIVATED:
        apply_maker_deactivated(state, &event->market_maker_deactivated);
        break;
    case EVENT_ASSET_TRANSACTION_RECORDED:
        apply_transaction(state, &event->asset_transaction_recorded);
        break;
    case ACCOUNTS_EVENTS_OF_CLIENTS: accounts_apply_client(state, event); break;
    case EVENT_RISK_LIMITS_SET: apply_risk_limits(state, &event->risk_limits_set); break;
    case EVENT_NOTICES_ADOPTED: accounts_apply_notices(state, &event->notices_adopted); break;
    case EVENT_VENUE_RULES_ADOPTED:
        state->venue_limits = event->venue_rules_adopted.rules.limits;
        break;
    case EVENT_ORDER_AUTHORIZED:
        apply_order_authorized(state, &event->order_authorized, event->meta.occurred_at);
        break;
    case EVENT_REPLACE_AUTHORIZED:
        apply_replace_authorized(state, &event->replace_authorized, event->meta.occurred_at);
        break;
    case EVENT_CANCEL_REQUESTED: apply_cancel_requested(state, &event->cancel_requested); break;
    case EVENT_POSITIONS_CLOSING: apply_positions_closing(state, &event->positions_closing); break;
    case EVENT_CANCEL_AFTER_SET: apply_cancel_after_set(state, &event->cancel_after_set); break;
    case EVENT_FILLS_SETTLED: apply_fills_settled(state, &event->fills_settled); break;
    case EVENT_HOLD_RELEASED: apply_hold_released(state, &event->hold_released); break;
    case EVENT_STATEMENTS_ISSUED: accounts_calendar_go_on(state, event); break;
    case EVENT_OPTION_SETTLED: apply_option_settled(state, &event->option_settled); break;
    case EVENT_APPROVAL_REQUESTED: /* what waits for consent moves nothing here */
    case EVENT_APPROVAL_REJECTED:
    case EVENT_APPROVAL_EXPIRED: break;
    case EVENT_COMMAND_PROBED: /* facts for readers; no state moves */
    case EVENT_COMMAND_REJECTED:
    case EVENT_COMMAND_REPEATED:
    case EVENT_COMMANDS_LOST:
    case EVENT_ORDER_PREVIEWED:
    case EVENT_WRITER_CLAIMED: break;
    case EVENTS_OF_AUDIT: /* of other services' logs */
    case EVENTS_OF_ORDERS:
    case EVENTS_OF_SETTINGS:
    case EVENTS_OF_DESK: CHECK(false);
    }
}
