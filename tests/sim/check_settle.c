/* What accounts must make of fills and of orders that ended: told from the book's event alone. */
#include "check_ledger.h"

#include <string.h>

/* The order, counted among those that this event moves. NULL: nothing was ever held for it. */
static struct check_order *moved_order(struct check_ledger *ledger, struct uuid id)
{
    struct check_order *order = check_order_of(ledger->run, id);
    if (order == NULL) {
        check_says_at(ledger->run, 2, ledger->fact, "order %s was never authorised",
                      check_show(ledger->run, id));
        return NULL;
    }
    if (order->holder != NULL)
        order = order->holder;
    if (order->stamp != ledger->stamp)
        ledger->orders_moved++;
    order->stamp = ledger->stamp;
    return order;
}

/* --- fills ------------------------------------------------------------------------------------ */

/* Is what the order fills to be guarded? */
static bool is_guarded(const struct check_order *order)
{
    return order->buys && (!check_is_null(GET(order->terms, stop_loss_price_e8)) ||
                           !check_is_null(GET(order->terms, take_profit_price_e8)));
}

static void count_guarded(struct check_ledger *ledger, struct check_order *order,
                          int64_t quantity_e8)
{
    if (!is_guarded(order))
        return;
    if (order->traded_stamp != ledger->stamp) {
        order->traded_e8 = 0;
        ledger->orders_guarded++;
    }
    order->traded_stamp = ledger->stamp;
    order->traded_e8 += quantity_e8;
}

/* Both legs of a fill on the accounts of one side. */
static bool expect_fill(struct check_ledger *ledger, struct uuid order_id, bool taker,
                        const struct check_item *fill, int64_t fee_e8)
{
    struct check_order *order = moved_order(ledger, order_id);
    int64_t quantity_e8 = NUMBER(fill, quantity_e8), notional_e8;
    if (order == NULL)
        return false;
    if (!check_notional(NUMBER(fill, price_e8), quantity_e8, &notional_e8))
        return check_says_at(ledger->run, 1, ledger->fact, "a fill's price x quantity is inexact");
    bool maker = check_map_get(&ledger->makers, order->account_id.bytes) != NULL;
    count_guarded(ledger, order, quantity_e8);
    order->left_e8 -= quantity_e8;
    order->charged_e8 += fee_e8;
    *(taker ? &order->taker_e8 : &order->maker_e8) += notional_e8;
    const struct check_instrument *pair = order->instrument;
    check_balance_at(ledger, BOOK_ACCOUNT, order->account_id, pair->base)->expected_e8 +=
        order->buys ? quantity_e8 : -quantity_e8;
    check_balance_at(ledger, maker ? BOOK_PAYABLE : BOOK_ACCOUNT, order->account_id, pair->quote)
        ->expected_e8 += (order->buys ? -notional_e8 : notional_e8) - fee_e8;
    if (maker)
        return true;
    struct check_balance *position =
        check_balance_at(ledger, BOOK_POSITION, order->account_id, pair->symbol);
    position->expected_e8 += order->buys ? quantity_e8 : -quantity_e8;
    if (position->expected_e8 < 0) /* it sold what came in as a deposit */
        position->expected_e8 = 0;
    return true;
}

static bool expect_fills(struct check_ledger *ledger, const struct check_item *entered)
{
    const struct check_item *fills = GET(entered, fills), *resting = GET(entered, resting);
    const struct check_item *order = GET(entered, order);
    for (size_t i = 0; i < fills->count && i < resting->count; i++) {
        const struct check_item *fill = &fills->items[i], *other = &resting->items[i];
        if (check_is_here(ledger, UUID_OF(order, account_id)) &&
            !expect_fill(ledger, UUID_OF(order, id), true, fill, NUMBER(fill, fee_e8)))
            return false;
        if (check_is_here(ledger, UUID_OF(other, account_id)) &&
            !expect_fill(ledger, UUID_OF(other, order_id), false, fill, NUMBER(other, fee_e8)))
            return false;
    }
    return true;
}

/* --- ends ------------------------------------------------------------------------------------- */

static bool has_ended(const char *status)
{
    return strcmp(status, "pending") != 0 && strcmp(status, "open") != 0 &&
           strcmp(status, "partially_filled") != 0;
}

/* What is held for the order from now on. One that waits for its trigger may still be a taker, as
 * one may that has not been heard of. */
static bool expect_hold(struct check_ledger *ledger, struct uuid order_id, bool ended, bool waits)
{
    struct check_order *order = moved_order(ledger, order_id);
    if (order == NULL)
        return false;
    if (order->closed)
        return check_says_at(ledger->run, 2, ledger->fact, "order %s was closed before",
                             check_show(ledger->run, order_id));
    order->settled = !waits;
    order->closed = ended;
    check_move_hold(ledger, order, ended ? 0 : check_hold(order));
    return true;
}

static bool shrink(struct check_ledger *ledger, struct uuid order_id, int64_t quantity_e8)
{
    struct check_order *order = moved_order(ledger, order_id);
    if (order == NULL)
        return false;
    order->left_e8 -= quantity_e8;
    return true;
}

static bool ended_by(const struct check_item *entered, struct uuid order_id)
{
    const struct check_item *ended = GET(entered, ended);
    for (size_t i = 0; i < ended->count; i++) {
        if (uuid_equal(UUID_OF(&ended->items[i], order_id), order_id))
            return true;
    }
    return false;
}

/* Trades prevented: a decrement takes from both sides, an end closes the resting one. */
static bool expect_prevented(struct check_ledger *ledger, const struct check_item *entered)
{
    const struct check_item *order = GET(entered, order), *list = GET(entered, prevented);
    bool decrements = SAME_SYMBOL(order, self_trade, "decrement");
    if (!check_is_here(ledger, UUID_OF(order, account_id))) /* both sides are one account's */
        return true;
    for (size_t i = 0; i < list->count; i++) {
        const struct check_item *prevented = &list->items[i];
        struct uuid id = UUID_OF(prevented, order_id);
        int64_t quantity_e8 = NUMBER(prevented, quantity_e8);
        if (decrements &&
            (!shrink(ledger, UUID_OF(order, id), quantity_e8) || !shrink(ledger, id, quantity_e8)))
            return false;
        bool ended = ended_by(entered, id);
        if ((decrements || ended) && !expect_hold(ledger, id, ended, false))
            return false;
    }
    return true;
}

/* The order has its new terms, of which the book says what came: by a replace, or by a close, which
 * is told there how much it sells. */
static void expect_terms(struct check_ledger *ledger, const struct check_item *said)
{
    struct check_order *order = check_order_of(ledger->run, UUID_OF(said, id));
    if (order == NULL || !check_is_here(ledger, order->account_id))
        return;
    order->left_e8 += NUMBER(said, quantity_e8) - order->total_e8;
    order->total_e8 = NUMBER(said, quantity_e8);
    order->price_e8 = NUMBER(said, limit_price_e8);
    order->replacing = false;
    order->anew = ledger->stamp;
}

/* The order has its old terms, and holds what they need. */
static bool expect_not_replaced(struct check_ledger *ledger, const struct check_item *refused)
{
    struct check_order *order = moved_order(ledger, UUID_OF(refused, order_id));
    if (order == NULL)
        return false;
    if (order->closed || !order->replacing)
        return check_says_at(ledger->run, 2, ledger->fact, "order %s was not being replaced",
                             check_show(ledger->run, order->id));
    order->replacing = false;
    order->anew = ledger->stamp;
    return expect_hold(ledger, order->id, false, !order->settled);
}

/* The sells that an emergency close takes the place of hold nothing any more. */
static bool expect_closed(struct check_ledger *ledger, const struct check_item *entered)
{
    const struct check_item *ended = GET(entered, ended);
    for (size_t i = 0; i < ended->count; i++) {
        const struct check_item *item = &ended->items[i];
        if (SAME_SYMBOL(item, end_reason, "closed") &&
            check_is_here(ledger, UUID_OF(item, account_id)) &&
            !expect_hold(ledger, UUID_OF(item, order_id), true, false))
            return false;
    }
    return true;
}

static bool expect_entered(struct check_ledger *ledger, const struct check_item *entered)
{
    const struct check_item *order = GET(entered, order), *resting = GET(entered, resting);
    bool closes = SAME_SYMBOL(entered, entry, "close");
    if (closes || SAME_SYMBOL(entered, entry, "replaced"))
        expect_terms(ledger, order);
    if (!expect_fills(ledger, entered) || !expect_prevented(ledger, entered) ||
        (closes && !expect_closed(ledger, entered)))
        return false;
    for (size_t i = 0; i < resting->count; i++) {
        const struct check_item *other = &resting->items[i];
        bool ended = has_ended(SYMBOL(other, status));
        if (check_is_here(ledger, UUID_OF(other, account_id)) &&
            !expect_hold(ledger, UUID_OF(other, order_id), ended, false))
            return false;
    }
    return !check_is_here(ledger, UUID_OF(order, account_id)) ||
           expect_hold(ledger, UUID_OF(order, id), has_ended(SYMBOL(order, status)),
                       SAME_SYMBOL(order, trigger, "waiting"));
}

/* An order that is told again to have ended has nothing to give. */
static bool expect_ended(struct check_ledger *ledger, const struct check_item *order)
{
    const struct check_order *known = check_order_of(ledger->run, UUID_OF(order, id));
    if (known != NULL && known->holder != NULL)
        known = known->holder;
    if (!check_is_here(ledger, UUID_OF(order, account_id)) || (known != NULL && known->closed))
        return true;
    return expect_hold(ledger, UUID_OF(order, id), true, false);
}

/* --- guards ----------------------------------------------------------------------------------- */

/* A bracket that made another larger hands its hold over. */
static bool expect_merged(struct check_ledger *ledger, const struct check_item *merged)
{
    for (size_t i = 0; i < merged->count; i++) {
        const struct check_item *item = &merged->items[i];
        if (!check_is_here(ledger, UUID_OF(item, account_id)))
            continue;
        struct check_order *from = moved_order(ledger, UUID_OF(item, order_id));
        struct check_order *into = moved_order(ledger, UUID_OF(item, into_id));
        if (from == NULL || into == NULL)
            return false;
        into->left_e8 += from->left_e8;
        into->held_e8 += from->held_e8; /* nothing more is locked, and nothing less */
        from->held_e8 = 0;
        from->closed = true;
    }
    return true;
}

/* Each purchase that is to be guarded is, by what it has filled now, and nothing else. */
static bool expect_brackets(struct check_ledger *ledger, const struct check_item *brackets)
{
    for (size_t i = 0; i < brackets->count; i++) {
        const struct check_item *item = &brackets->items[i];
        const struct check_order *parent = check_order_of(ledger->run, UUID_OF(item, parent_id));
        if (parent == NULL || parent->traded_stamp != ledger->stamp ||
            parent->traded_e8 != NUMBER(item, quantity_e8) ||
            NUMBER(item, stop_loss_price_e8) != NUMBER(parent->terms, stop_loss_price_e8) ||
            NUMBER(item, take_profit_price_e8) != NUMBER(parent->terms, take_profit_price_e8))
            return check_says_at(ledger->run, 2, ledger->fact,
                                 "it guards %lld of order %s, which did not buy that",
                                 (long long)NUMBER(item, quantity_e8),
                                 check_show(ledger->run, UUID_OF(item, parent_id)));
        struct check_order *guard = check_guard_make(ledger->run, item, UUID_OF(item, order_id));
        check_move_hold(ledger, guard, check_hold(guard));
    }
    return brackets->count == ledger->orders_guarded ||
           check_says_at(ledger->run, 2, ledger->fact, "it guards %zu purchases of %zu",
                         brackets->count, ledger->orders_guarded);
}

static bool became_flat(struct check_ledger *ledger, const struct check_order *guard)
{
    const struct check_item *positions = GET(ledger->fact->body, positions);
    for (size_t i = 0; i < positions->count; i++) {
        const struct check_item *item = &positions->items[i];
        if (uuid_equal(UUID_OF(item, account_id), guard->account_id) &&
            text_equal(TEXT_OF(item, instrument), guard->instrument->symbol))
            return NUMBER(item, quantity_e8) == 0 &&
                   check_balance_at(ledger, BOOK_POSITION, guard->account_id,
                                    guard->instrument->symbol)
                           ->posted_e8 > 0;
    }
    return false;
}

/* What guards a position that became flat has to go, all of it, by the clock: check_cancel.c. */
static void expect_unguarded(struct check_ledger *ledger)
{
    const struct check_map *orders = &ledger->run->orders;
    for (size_t i = 0; i < orders->max; i++) {
        struct check_order *order = orders->entries[i].value;
        if (order != NULL && order->guards && order->held_e8 > 0 && became_flat(ledger, order))
            check_mark(ledger, order, "closed");
    }
}

/* --- what is said ----------------------------------------------------------------------------- */

static bool check_settled(struct check_ledger *ledger, const struct check_item *said)
{
    struct check_run *run = ledger->run;
    const struct check_order *order = check_order_of(run, UUID_OF(said, order_id));
    if (order == NULL || order->stamp != ledger->stamp)
        return check_says_at(run, 2, ledger->fact, "it settles order %s, which is not in its cause",
                             check_show(run, UUID_OF(said, order_id)));
    if (NUMBER(said, closed) != order->closed || NUMBER(said, hold_e8) != order->held_e8 ||
        (!order->closed && NUMBER(said, in_book) != order->settled))
        return check_says_at(run, 2, ledger->fact, "it holds %lld for order %s; it must be %lld",
                             (long long)NUMBER(said, hold_e8), check_show(run, order->id),
                             (long long)order->held_e8);
    const struct check_item *terms = GET(said, terms);
    bool anew = order->anew == ledger->stamp;
    if (anew == check_is_null(terms) ||
        (anew && (NUMBER(terms, quantity_e8) != order->total_e8 ||
                  NUMBER(terms, limit_price_e8) != order->price_e8)))
        return check_says_at(run, 2, ledger->fact, "it gives order %s other terms than its book",
                             check_show(run, order->id));
    if (NUMBER(said, remaining_quantity_e8) == order->left_e8 &&
        NUMBER(said, taker_notional_e8) == order->taker_e8 &&
        NUMBER(said, maker_notional_e8) == order->maker_e8 &&
        NUMBER(said, fees_e8) == order->charged_e8)
        return true;
    return check_says_at(
        run, 1, ledger->fact, "order %s has %lld left and paid %lld fees; it must be %lld and %lld",
        check_show(run, order->id), (long long)NUMBER(said, remaining_quantity_e8),
        (long long)NUMBER(said, fees_e8), (long long)order->left_e8, (long long)order->charged_e8);
}

static bool expect(struct check_ledger *ledger, const struct check_fact *cause)
{
    const struct check_item *body = cause->body;
    if (cause->kind == KIND_OrderEntered)
        return expect_entered(ledger, body);
    if (cause->kind == KIND_ReplaceRefused)
        return expect_not_replaced(ledger, body);
    if (cause->kind == KIND_BracketsEntered)
        return expect_merged(ledger, GET(body, merged));
    if (cause->kind == KIND_OrderRefused || cause->kind == KIND_OrderCanceled)
        return expect_ended(ledger, GET(body, order));
    if (cause->kind != KIND_OrdersCanceled)
        return check_says_at(ledger->run, 1, ledger->fact, "it settles what is no order's");
    const struct check_item *orders = GET(body, orders);
    for (size_t i = 0; i < orders->count; i++) {
        if (!expect_ended(ledger, &orders->items[i]))
            return false;
    }
    return true;
}

bool check_settlement(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    const struct check_cause *cause = &fact->causes[0];
    const struct check_item *said = GET(fact->body, orders);
    ledger->orders_moved = ledger->orders_guarded = 0;
    if (cause->source != SOURCE_EVENTS ||
        !expect(ledger, check_fact_at(ledger->run, cause->service, cause->partition, cause->last)))
        return ledger->run->problem->invariant == 0 &&
               check_says_at(ledger->run, 1, fact, "it settles a command");
    for (size_t i = 0; i < said->count; i++) {
        if (!check_settled(ledger, &said->items[i]))
            return false;
    }
    if (fact->kind == KIND_FillsSettled && !expect_brackets(ledger, GET(fact->body, brackets)))
        return false;
    if (fact->kind == KIND_FillsSettled)
        expect_unguarded(ledger);
    if (said->count == ledger->orders_moved)
        return true;
    return check_says_at(ledger->run, 2, fact, "it settles %zu orders; its cause is about %zu",
                         said->count, ledger->orders_moved);
}
