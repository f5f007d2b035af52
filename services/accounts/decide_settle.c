/* Fills become postings, and holds become exactly what is left to pay for. */
#include "accounts/journal.h"
#include "accounts/notices.h"
#include "accounts/turn.h"
#include "base/murmur2.h"
#include "base/seeded_bug.h"
#include "decimal/decimal.h"

#include <stdlib.h>

enum { PARTS_FEW = 8 }; /* so many are looked through; more are in a table */

/* What an event did to one order of this partition. */
struct part {
    struct uuid order_id; /* first: id_table.h */
    struct uuid meant_id; /* of a pair of guards, which are one order here, the one that traded */
    const struct accounts_order *before;
    struct accounts_order after;
    int64_t quantity_e8, notional_e8, fee_e8; /* traded now */
    bool closed, waits;                       /* waits: for its trigger, in no book yet */
    bool anew;                                /* with the terms of a replace, or of a close */
    int64_t taken_e8;                         /* of holds of others, or given to another */
    size_t index;                             /* in order of the event */
};

struct settlement {
    const struct accounts_turn *turn;
    struct part *parts; /* in order of the event */
    size_t parts_count;
    struct id_table by_id; /* where there are more than PARTS_FEW */
};

static bool is_ours(const struct accounts_turn *turn, struct uuid account_id)
{
    const struct place *place = turn->state->place;
    return place_partition_of_id(place, SERVICE_ACCOUNTS, account_id) == place->partition;
}

static bool has_ended(enum order_status status)
{
    switch (status) {
    case ORDER_STATUS_PENDING:
    case ORDER_STATUS_OPEN:
    case ORDER_STATUS_PARTIALLY_FILLED: return false;
    case ORDER_STATUS_FILLED:
    case ORDER_STATUS_CANCELED:
    case ORDER_STATUS_EXPIRED:
    case ORDER_STATUS_REJECTED: break;
    }
    return true;
}

struct settled_order accounts_settled(const struct accounts_order *order, bool closed)
{
    return (struct settled_order){
        .order_id = order->id,
        .account_id = order->account->about.id,
        .instrument = order->pair->symbol,
        .remaining_quantity_e8 = order->remaining_quantity_e8,
        .taker_notional_e8 = order->taker_notional_e8,
        .maker_notional_e8 = order->maker_notional_e8,
        .fees_e8 = order->fees_e8,
        .hold_e8 = closed ? 0 : order->hold_e8,
        .in_book = order->in_book,
        .closed = closed,
    };
}

struct settled_order accounts_settled_anew(const struct accounts_order *order, bool closed)
{
    struct settled_order settled = accounts_settled(order, closed);
    settled.has_terms = true;
    settled.terms = (struct order_terms){.quantity_e8 = order->quantity_e8,
                                         .has_limit_price_e8 = order->has_limit_price,
                                         .limit_price_e8 = order->limit_price_e8};
    return settled;
}

static struct part *known_part(const struct settlement *settlement, struct uuid order_id)
{
    if (settlement->parts_count > PARTS_FEW)
        return id_table_find(&settlement->by_id, order_id);
    for (size_t i = 0; i < settlement->parts_count; i++) {
        if (uuid_equal(settlement->parts[i].order_id, order_id))
            return &settlement->parts[i];
    }
    return NULL;
}

static struct part *new_part(struct settlement *settlement, const struct accounts_order *before)
{
    struct part *part = &settlement->parts[settlement->parts_count];
    *part = (struct part){.order_id = before->id,
                          .meant_id = before->id,
                          .before = before,
                          .after = *before,
                          .index = settlement->parts_count};
    settlement->parts_count++;
    if (settlement->parts_count > PARTS_FEW + 1)
        id_table_add(&settlement->by_id, part);
    for (size_t i = 0; settlement->parts_count == PARTS_FEW + 1 && i <= PARTS_FEW; i++)
        id_table_add(&settlement->by_id, &settlement->parts[i]);
    return part;
}

static struct part *part_of(struct settlement *settlement, struct uuid order_id)
{
    const struct accounts_order *before = accounts_order(settlement->turn->state, order_id);
    CHECK(before != NULL); /* nobody trades whose funds are not held */
    struct part *part = known_part(settlement, before->id);
    return part != NULL ? part : new_part(settlement, before);
}

static void add_fill(struct part *part, struct uuid order_id, const struct fill *fill,
                     int64_t fee_e8, bool taker)
{
    part->meant_id = order_id;
    int64_t notional_e8 = 0; /* exact: tick x lot is a multiple of the quote's smallest unit */
    CHECK(decimal_product(fill->price_e8, fill->quantity_e8, DECIMAL_EXACT, &notional_e8) == OK);
    part->quantity_e8 = decimal_sum(part->quantity_e8, fill->quantity_e8);
    part->notional_e8 = decimal_sum(part->notional_e8, notional_e8);
    part->fee_e8 = decimal_sum(part->fee_e8, fee_e8);
    struct accounts_order *after = &part->after;
    after->remaining_quantity_e8 = after->remaining_quantity_e8 - fill->quantity_e8;
    CHECK(after->remaining_quantity_e8 >= 0);
    after->fees_e8 = decimal_sum(after->fees_e8, fee_e8);
    int64_t *side_e8 = taker ? &after->taker_notional_e8 : &after->maker_notional_e8;
    *side_e8 = decimal_sum(*side_e8, notional_e8);
}

static void take_terms(struct part *part, const struct order *order)
{
    part->after = accounts_with_terms(&part->after, &(struct order_terms){order->quantity_e8,
                                                                          order->has_limit_price_e8,
                                                                          order->limit_price_e8});
    part->anew = true;
}

/* An emergency close sells what its account's sells held, too, which end with it. */
static void collect_close(struct settlement *settlement, const struct order_entered *entered)
{
    struct part *close = part_of(settlement, entered->order.id);
    for (size_t i = 0; i < entered->ended_count; i++) {
        if (entered->ended[i].end_reason != END_REASON_CLOSED)
            continue;
        struct part *sell = part_of(settlement, entered->ended[i].order_id);
        sell->taken_e8 = -sell->before->hold_e8;
        close->taken_e8 = decimal_sum(close->taken_e8, sell->before->hold_e8);
    }
}

static void shrink(struct part *part, int64_t quantity_e8)
{
    part->after.remaining_quantity_e8 -= quantity_e8;
    CHECK(part->after.remaining_quantity_e8 >= 0);
}

/* An order that decrements took the same quantity from itself and from those of its own account
 * that it met; neither holds anything for it any more. */
static void collect_prevented(struct settlement *settlement, const struct order_entered *entered)
{
    if (entered->order.self_trade != SELF_TRADE_DECREMENT ||
        !is_ours(settlement->turn, entered->order.account_id))
        return;
    for (size_t i = 0; i < entered->prevented_count; i++) {
        const struct prevented *prevented = &entered->prevented[i];
        shrink(part_of(settlement, entered->order.id), prevented->quantity_e8);
        shrink(part_of(settlement, prevented->order_id), prevented->quantity_e8);
    }
}

static void collect(struct settlement *settlement, const struct order_entered *entered)
{
    const struct accounts_turn *turn = settlement->turn;
    size_t parts_max = 1 + entered->fills_count + entered->prevented_count + entered->ended_count;
    settlement->parts = ARENA_NEW(turn->arena, struct part, parts_max);
    CHECK(entered->fills_count == entered->resting_count);
    if (is_ours(turn, entered->order.account_id)) {
        struct part *part = part_of(settlement, entered->order.id);
        if (entered->entry == ORDER_ENTRY_REPLACED || entered->entry == ORDER_ENTRY_CLOSE)
            take_terms(part, &entered->order);
        if (entered->entry == ORDER_ENTRY_CLOSE)
            collect_close(settlement, entered);
        for (size_t i = 0; i < entered->fills_count; i++)
            add_fill(part, entered->order.id, &entered->fills[i], entered->fills[i].fee_e8, true);
        part->closed = has_ended(entered->order.status);
        part->waits = entered->order.trigger == TRIGGER_STATE_WAITING;
    }
    for (size_t i = 0; i < entered->resting_count; i++) {
        const struct resting_fill *resting = &entered->resting[i];
        if (!is_ours(turn, resting->account_id))
            continue;
        struct part *part = part_of(settlement, resting->order_id);
        add_fill(part, resting->order_id, &entered->fills[i], resting->fee_e8, false);
        part->closed = has_ended(resting->status);
    }
    collect_prevented(settlement, entered);
    for (size_t i = 0; i < entered->ended_count; i++) {
        if (is_ours(turn, entered->ended[i].account_id))
            part_of(settlement, entered->ended[i].order_id)->closed = true;
    }
    id_table_free(&settlement->by_id);
}

/* What the order holds from now on; an order that neither is closed nor waits rests in its book. */
static void close_hold(struct part *part)
{
    part->after.in_book = !part->waits;
    part->after.hold_e8 = 0;
    CHECK(part->closed || part->after.remaining_quantity_e8 > 0);
    if (!part->closed)
        CHECK(accounts_hold(&part->after, &part->after.hold_e8) == OK);
}

/* What it bought is to be guarded: the guards hold it from now on. */
static bool is_guarded(const struct part *part)
{
    const struct accounts_order *order = part->before;
    return part->quantity_e8 > 0 && order->side == SIDE_BUY &&
           (order->has_stop_loss_price || order->has_take_profit_price);
}

/* The client's two legs, base first, and their other sides. */
static void post(struct accounts_journal *journal, const struct part *part)
{
    const struct accounts_order *order = part->before;
    bool buys = order->side == SIDE_BUY;
    int64_t held_e8 = decimal_sum(order->hold_e8, part->taken_e8);
    int64_t freed_e8 = decimal_difference(held_e8, part->after.hold_e8);
    if (part->quantity_e8 == 0) {
        accounts_journal_lock(journal, order->account, accounts_hold_asset(order), -freed_e8);
        return;
    }
    int64_t base_e8 = buys ? part->quantity_e8 : -part->quantity_e8;
    int64_t notional_e8 = buys ? -part->notional_e8 : part->notional_e8;
    int64_t quote_e8 = decimal_difference(notional_e8, part->fee_e8);
    CHECK(freed_e8 >= -(buys ? quote_e8 : base_e8)); /* the hold pays for it, nothing else does */
    int64_t guarded_e8 = is_guarded(part) ? base_e8 : 0;
    accounts_journal_move(journal, order->account, order->pair->base, base_e8,
                          buys ? guarded_e8 : -freed_e8);
    if (order->account->about.kind == ACCOUNT_KIND_MARKET_MAKER)
        accounts_journal_due(journal, order->account, order->pair->quote, quote_e8);
    else
        accounts_journal_move(journal, order->account, order->pair->quote, quote_e8,
                              buys ? -freed_e8 : 0);
    accounts_journal_internal(journal, LEDGER_BOOK_CLEARING, order->pair->base, -base_e8);
    accounts_journal_internal(journal, LEDGER_BOOK_CLEARING, order->pair->quote, -notional_e8);
    accounts_journal_internal(journal, LEDGER_BOOK_HOUSE, order->pair->quote, part->fee_e8);
}

int64_t accounts_bounded(__int128 amount_e8)
{
    if (amount_e8 > ACCOUNTS_AMOUNT_MAX_E8)
        return ACCOUNTS_AMOUNT_MAX_E8;
    return amount_e8 < -ACCOUNTS_AMOUNT_MAX_E8 ? -ACCOUNTS_AMOUNT_MAX_E8 : (int64_t)amount_e8;
}

/* A purchase adds its cost. A sale takes out its share of the cost; what it sells beyond the
 * position came in as a deposit, at no price that the ledger knows, and has no profit or loss. */
static void move_position(struct position_after *position, const struct part *part)
{
    if (part->before->side == SIDE_BUY) {
        position->quantity_e8 = decimal_sum(position->quantity_e8, part->quantity_e8);
        position->cost_e8 = accounts_bounded((__int128)position->cost_e8 + part->notional_e8);
        return;
    }
    int64_t sold_e8 = part->quantity_e8;
    if (sold_e8 > position->quantity_e8)
        sold_e8 = position->quantity_e8;
    if (sold_e8 == 0)
        return;
    int64_t cost_e8 =
        decimal_divide_half_even((__int128)position->cost_e8 * sold_e8, position->quantity_e8);
    int64_t proceeds_e8 =
        decimal_divide_half_even((__int128)part->notional_e8 * sold_e8, part->quantity_e8);
    position->quantity_e8 -= sold_e8;
    position->cost_e8 -= cost_e8;
    position->realised_pnl_e8 =
        accounts_bounded((__int128)position->realised_pnl_e8 + proceeds_e8 - cost_e8);
}

static int compare_by_account(const void *a, const void *b)
{
    const struct part *const *left = a;
    const struct part *const *right = b;
    int order =
        uuid_compare((*left)->before->account->about.id, (*right)->before->account->about.id);
    if (order != 0)
        return order;
    return (*left)->index < (*right)->index ? -1 : (*left)->index > (*right)->index;
}

/* One position for each trading account that traded, sorted by account. */
static void settle_positions(struct settlement *settlement, struct fills_settled *settled)
{
    struct arena *arena = settlement->turn->arena;
    const struct part **parts = ARENA_NEW(arena, const struct part *, settlement->parts_count);
    size_t count = 0;
    for (size_t i = 0; i < settlement->parts_count; i++) {
        const struct part *part = &settlement->parts[i];
        if (part->quantity_e8 > 0 && part->before->account->about.kind == ACCOUNT_KIND_TRADING)
            parts[count++] = part;
    }
    qsort(parts, count, sizeof(const struct part *), compare_by_account);
    settled->positions = ARENA_NEW(arena, struct position_after, count);
    for (size_t i = 0; i < count; i++) {
        const struct accounts_account *account = parts[i]->before->account;
        if (i == 0 || account != parts[i - 1]->before->account) {
            const struct accounts_position *before =
                accounts_position(account, parts[i]->before->pair->symbol);
            settled->positions[settled->positions_count++] =
                (struct position_after){.account_id = account->about.id,
                                        .instrument = parts[i]->before->pair->symbol,
                                        .quantity_e8 = before->quantity_e8,
                                        .cost_e8 = before->cost_e8,
                                        .realised_pnl_e8 = before->realised_pnl_e8};
        }
        move_position(&settled->positions[settled->positions_count - 1], parts[i]);
    }
}

/* Each purchase gets guards of its own; where others wait already, the book makes those larger. */
static void guard_purchases(const struct settlement *settlement, struct fills_settled *settled)
{
    const struct accounts_turn *turn = settlement->turn;
    settled->brackets = ARENA_NEW(turn->arena, struct bracket, settlement->parts_count);
    for (size_t i = 0; i < settlement->parts_count; i++) {
        const struct part *part = &settlement->parts[i];
        const struct accounts_order *order = part->before;
        if (!is_guarded(part))
            continue;
        bool waits = order->has_guard && accounts_order(turn->state, order->guard_id) != NULL;
        struct text symbol = order->pair->symbol;
        uint32_t owner_hash = murmur2(symbol.data, symbol.size);
        uint32_t index = 2 * (uint32_t)settled->brackets_count;
        settled->brackets[settled->brackets_count++] = (struct bracket){
            .order_id = input_id(turn->input, owner_hash, index),
            .has_sibling_id = order->has_stop_loss_price && order->has_take_profit_price,
            .sibling_id = input_id(turn->input, owner_hash, index + 1),
            .has_into_id = waits,
            .into_id = order->guard_id,
            .parent_id = order->id,
            .account_id = order->account->about.id,
            .instrument = symbol,
            .quantity_e8 = part->quantity_e8,
            .has_stop_loss_price_e8 = order->has_stop_loss_price,
            .stop_loss_price_e8 = order->stop_loss_price_e8,
            .has_take_profit_price_e8 = order->has_take_profit_price,
            .take_profit_price_e8 = order->take_profit_price_e8,
            .maker_fee_bps = order->maker_fee_bps,
            .taker_fee_bps = order->taker_fee_bps};
        accounts_touch_book(turn, symbol);
    }
}

/* Orders that traded come first, each with its two postings in the same order: project.c relies on
 * it to say which posting is of which order. */
static void settle(struct settlement *settlement, bool traded, struct accounts_journal *journal,
                   struct fills_settled *settled)
{
    for (size_t i = 0; i < settlement->parts_count; i++) {
        const struct part *part = &settlement->parts[i];
        if ((part->quantity_e8 > 0) != traded)
            continue;
        post(journal, part);
        struct settled_order *order = &settled->orders[settled->orders_count++];
        *order =
            (part->anew ? accounts_settled_anew : accounts_settled)(&part->after, part->closed);
        order->order_id = part->meant_id;
        accounts_note(settlement->turn, &part->after, part->quantity_e8, part->notional_e8,
                      settled);
    }
}

void accounts_decide_order_entered(const struct accounts_turn *turn,
                                   const struct order_entered *entered)
{
    struct settlement settlement = {.turn = turn};
    collect(&settlement, entered);
    turn->event->kind = EVENT_FILLS_SETTLED;
    struct fills_settled *settled = &turn->event->fills_settled;
    settled->orders = ARENA_NEW(turn->arena, struct settled_order, settlement.parts_count);
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, 2 * settlement.parts_count);
    for (size_t i = 0; i < settlement.parts_count; i++)
        close_hold(&settlement.parts[i]);
    settle(&settlement, true, &journal, settled);
    settle(&settlement, false, &journal, settled);
    settle_positions(&settlement, settled);
    guard_purchases(&settlement, settled);
    accounts_journal_close(&journal);
    settled->postings = journal.postings;
    settled->postings_count = journal.postings_count;
    settled->balances = journal.balances;
    settled->balances_count = journal.balances_count;
    settled->proceeds = journal.proceeds;
    settled->proceeds_count = journal.proceeds_count;
    if (settled->orders_count > 0)
        accounts_key_of_account(turn, settled->orders[0].account_id);
}

/* An order that is gone holds nothing any more: a second cancel of it is told again, and moves
 * nothing. */
void accounts_decide_orders_ended(const struct accounts_turn *turn, const struct order *orders,
                                  size_t orders_count)
{
    turn->event->kind = EVENT_HOLD_RELEASED;
    struct hold_released *released = &turn->event->hold_released;
    released->orders = ARENA_NEW(turn->arena, struct settled_order, orders_count);
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, orders_count);
    for (size_t i = 0; i < orders_count; i++) {
        const struct accounts_order *order = accounts_order(turn->state, orders[i].id);
        if (order == NULL || !is_ours(turn, orders[i].account_id))
            continue;
        accounts_journal_lock(&journal, order->account, accounts_hold_asset(order),
                              -order->hold_e8 * (SEEDED_BUG(HOLD_TWICE) ? 2 : 1));
        released->orders[released->orders_count++] = accounts_settled(order, true);
    }
    accounts_journal_close(&journal);
    released->balances = journal.balances;
    released->balances_count = journal.balances_count;
    if (released->orders_count > 0)
        accounts_key_of_account(turn, released->orders[0].account_id);
}

/* A bracket that was merged hands its hold over to what waits already. */
void accounts_decide_brackets_entered(const struct accounts_turn *turn,
                                      const struct brackets_entered *entered)
{
    turn->event->kind = EVENT_HOLD_RELEASED;
    struct hold_released *released = &turn->event->hold_released;
    released->orders = ARENA_NEW(turn->arena, struct settled_order, 2 * entered->merged_count);
    for (size_t i = 0; i < entered->merged_count; i++) {
        const struct merged_bracket *merged = &entered->merged[i];
        if (!is_ours(turn, merged->account_id))
            continue;
        const struct accounts_order *from = accounts_order(turn->state, merged->order_id);
        const struct accounts_order *into = accounts_order(turn->state, merged->into_id);
        CHECK(from != NULL && into != NULL);
        struct accounts_order larger = *into;
        larger.remaining_quantity_e8 += from->remaining_quantity_e8;
        larger.hold_e8 += from->hold_e8;
        released->orders[released->orders_count++] = accounts_settled(from, true);
        released->orders[released->orders_count++] = accounts_settled(&larger, false);
    }
    if (released->orders_count > 0)
        accounts_key_of_account(turn, released->orders[0].account_id);
}
