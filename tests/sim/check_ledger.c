/* Invariants 1, 2 and, by check_risk.c, 21: every event's postings sum to zero, no balance or hold
 * is below zero, a hold is what its order can still cost, and what events say balances are is what
 * they are. */
#include "check_ledger.h"

#include <sodium.h>
#include <string.h>

/* --- balances --------------------------------------------------------------------------------- */

struct check_balance *check_balance_at(struct check_ledger *ledger, enum check_book book,
                                       struct uuid account_id, struct text asset)
{
    uint8_t key[16], named[17 + 64] = {(uint8_t)book};
    CHECK(asset.size <= 64);
    memcpy(named + 1, account_id.bytes, 16);
    memcpy(named + 17, asset.data, asset.size);
    crypto_generichash(key, sizeof key, named, 17 + asset.size, NULL, 0);
    struct check_balance *balance = check_map_get(&ledger->balances, key);
    if (balance == NULL) {
        balance = ARENA_NEW(ledger->run->arena, struct check_balance, 1);
        *balance = (struct check_balance){.book = book, .account_id = account_id, .asset = asset};
        check_map_put(&ledger->balances, key, balance);
    }
    if (balance->stamp != ledger->stamp) {
        balance->stamp = ledger->stamp;
        balance->moved = ledger->moved;
        ledger->moved = balance;
    }
    return balance;
}

bool check_is_here(const struct check_ledger *ledger, struct uuid account_id)
{
    return check_partition_of(ledger->run, EVIDENCE_ACCOUNTS, account_id) ==
           ledger->fact->partition;
}

struct text check_hold_asset(const struct check_order *order)
{
    return order->buys ? order->instrument->quote : order->instrument->base;
}

void check_move_hold(struct check_ledger *ledger, struct check_order *order, int64_t hold_e8)
{
    struct check_balance *balance =
        check_balance_at(ledger, BOOK_ACCOUNT, order->account_id, check_hold_asset(order));
    balance->locked_e8 += hold_e8 - order->held_e8;
    order->held_e8 = hold_e8;
}

static bool check_balance(struct check_ledger *ledger, const struct check_balance *balance)
{
    static const char *const BOOKS[] = {"balance", "proceeds", "position"};
    const char *name = BOOKS[balance->book];
    struct check_run *run = ledger->run;
    const char *account = check_show(run, balance->account_id);
    if (balance->posted_e8 != balance->expected_e8)
        return check_says_at(run, 1, ledger->fact, "the %s of %s in %.*s is %lld; it must be %lld",
                             name, account, (int)balance->asset.size, balance->asset.data,
                             (long long)balance->posted_e8, (long long)balance->expected_e8);
    if (balance->locked_e8 >= 0 && balance->posted_e8 >= balance->locked_e8)
        return true;
    return check_says_at(run, 2, ledger->fact, "the %s of %s in %.*s is %lld, with %lld held", name,
                         account, (int)balance->asset.size, balance->asset.data,
                         (long long)balance->posted_e8, (long long)balance->locked_e8);
}

static bool check_moved(struct check_ledger *ledger)
{
    for (const struct check_balance *at = ledger->moved; at != NULL; at = at->moved) {
        if (!check_balance(ledger, at))
            return false;
    }
    return true;
}

/* --- what an event says ----------------------------------------------------------------------- */

static struct check_sum *sum_of(struct check_ledger *ledger, struct text asset)
{
    struct check_sum *sum = ledger->sums;
    while (sum != NULL && !text_equal(sum->asset, asset))
        sum = sum->next;
    if (sum != NULL)
        return sum;
    sum = ARENA_NEW(ledger->run->arena, struct check_sum, 1);
    *sum = (struct check_sum){.asset = asset, .next = ledger->sums};
    ledger->sums = sum;
    return sum;
}

static bool post(struct check_ledger *ledger, const struct check_item *postings)
{
    for (size_t i = 0; i < postings->count; i++) {
        const struct check_item *posting = &postings->items[i];
        const char *book = SYMBOL(posting, book);
        struct check_sum *sum = sum_of(ledger, TEXT_OF(posting, asset));
        int64_t amount_e8 = NUMBER(posting, amount_e8);
        sum->event_e8 += amount_e8;
        if (strcmp(book, "clearing") == 0)
            sum->clearing_e8 += amount_e8;
        bool account = strcmp(book, "account") == 0;
        if (account || strcmp(book, "market_maker_payable") == 0)
            check_balance_at(ledger, account ? BOOK_ACCOUNT : BOOK_PAYABLE,
                             UUID_OF(posting, account_id), TEXT_OF(posting, asset))
                ->posted_e8 += amount_e8;
    }
    for (struct check_sum *sum = ledger->sums; sum != NULL; sum = sum->next) {
        if (sum->event_e8 != 0)
            return check_says_at(ledger->run, 1, ledger->fact,
                                 "its postings of %.*s sum to %lld, not to zero",
                                 (int)sum->asset.size, sum->asset.data, (long long)sum->event_e8);
    }
    return true;
}

/* A BalanceAfter says what the balance is. */
static bool check_said(struct check_ledger *ledger, const struct check_item *said)
{
    const struct check_balance *balance =
        check_balance_at(ledger, BOOK_ACCOUNT, UUID_OF(said, account_id), TEXT_OF(said, asset));
    if (NUMBER(said, total_e8) == balance->posted_e8 &&
        NUMBER(said, locked_e8) == balance->locked_e8 &&
        NUMBER(said, available_e8) == balance->posted_e8 - balance->locked_e8)
        return true;
    return check_says_at(ledger->run, 2, ledger->fact,
                         "it says that %s has %lld %.*s, %lld of them locked; it has %lld and %lld",
                         check_show(ledger->run, balance->account_id),
                         (long long)NUMBER(said, total_e8), (int)balance->asset.size,
                         balance->asset.data, (long long)NUMBER(said, locked_e8),
                         (long long)balance->posted_e8, (long long)balance->locked_e8);
}

static bool check_all_said(struct check_ledger *ledger, const struct check_item *balances,
                           const struct check_item *proceeds, const struct check_item *positions)
{
    size_t moved = 0, said = balances->count;
    for (const struct check_balance *at = ledger->moved; at != NULL; at = at->moved)
        moved++;
    for (size_t i = 0; i < balances->count; i++) {
        if (!check_said(ledger, &balances->items[i]))
            return false;
    }
    for (size_t i = 0; proceeds != NULL && i < proceeds->count; i++, said++) {
        const struct check_item *item = &proceeds->items[i];
        const struct check_balance *balance = check_balance_at(
            ledger, BOOK_PAYABLE, UUID_OF(item, market_maker_id), TEXT_OF(item, asset));
        if (NUMBER(item, amount_e8) != balance->posted_e8)
            return check_says_at(
                ledger->run, 1, ledger->fact, "it says that %lld are due to %s, not %lld",
                (long long)NUMBER(item, amount_e8), check_show(ledger->run, balance->account_id),
                (long long)balance->posted_e8);
    }
    for (size_t i = 0; positions != NULL && i < positions->count; i++, said++) {
        const struct check_item *item = &positions->items[i];
        check_balance_at(ledger, BOOK_POSITION, UUID_OF(item, account_id),
                         TEXT_OF(item, instrument))
            ->posted_e8 = NUMBER(item, quantity_e8);
    }
    if (moved != said)
        return check_says_at(ledger->run, 1, ledger->fact, "it moves %zu balances and says %zu",
                             moved, said);
    return true;
}

/* --- events ----------------------------------------------------------------------------------- */

/* An id that is used again, when its order is over, is held for until its book refuses it. */
static struct check_order *authorized_order(struct check_ledger *ledger)
{
    const struct check_item *terms = GET(ledger->fact->body, order);
    struct check_order *order = check_order_of(ledger->run, UUID_OF(terms, id));
    if (order == NULL)
        order = check_order_make(ledger->run, ledger->fact);
    if (order == NULL || order->authorized == ledger->fact)
        return order;
    if (!order->closed) {
        check_says_at(ledger->run, 7, ledger->fact, "order %s was authorised before",
                      check_show(ledger->run, order->id));
        return NULL;
    }
    struct check_order *again = check_order_make(ledger->run, ledger->fact);
    if (again == NULL)
        return NULL;
    again->entered = order->entered;
    again->filled = order->filled;
    *order = *again;
    return order;
}

static bool authorize(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body;
    struct check_order *order = authorized_order(ledger);
    if (order == NULL)
        return false;
    if (order->closes && !check_close_authorized(ledger, order))
        return false;
    order->closing = order->closes;
    int64_t hold_e8 = NUMBER(body, hold_e8);
    if (hold_e8 != check_hold(order) || (hold_e8 <= 0 && !order->closes) ||
        !text_equal(TEXT_OF(body, hold_asset), check_hold_asset(order)))
        return check_says_at(ledger->run, 2, ledger->fact,
                             "it holds %lld; the order %s can cost %lld", (long long)hold_e8,
                             check_show(ledger->run, order->id), (long long)check_hold(order));
    check_move_hold(ledger, order, hold_e8);
    return check_moved(ledger) && check_said(ledger, GET(body, balance));
}

/* An order that is over, or none of the account's, has no hold to top up: its book will say so, and
 * *ret_order is NULL. `change`: who replaces which order by which terms. */
static bool check_change(struct check_ledger *ledger, const struct check_item *change, bool holds,
                         struct check_order **ret_order)
{
    struct check_run *run = ledger->run;
    struct check_order *order = check_order_of(run, UUID_OF(change, order_id));
    const char *id = check_show(run, UUID_OF(change, order_id));
    bool open = order != NULL && !order->closed && order->held_e8 > 0 &&
                uuid_equal(order->account_id, UUID_OF(change, account_id));
    *ret_order = open ? order : NULL;
    if (open != holds)
        return check_says_at(run, 2, ledger->fact, "order %s is %s, and is replaced otherwise", id,
                             open ? "open" : "not open");
    return !open || !order->replacing ||
           check_says_at(run, 4, ledger->fact, "order %s is being replaced already", id);
}

/* It holds enough for both its terms. */
static bool hold_both(struct check_ledger *ledger, const struct check_item *change,
                      struct check_order *order)
{
    int64_t hold_e8 = NUMBER(ledger->fact->body, hold_e8);
    order->replacing = true;
    order->new_total_e8 = check_number_or(GET(change, quantity_e8), order->total_e8);
    order->new_price_e8 = check_number_or(GET(change, limit_price_e8), order->price_e8);
    return hold_e8 == check_hold(order) ||
           check_says_at(ledger->run, 2, ledger->fact, "it holds %lld; order %s can cost %lld",
                         (long long)hold_e8, check_show(ledger->run, order->id),
                         (long long)check_hold(order));
}

static bool authorize_replace(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body;
    struct check_order *order;
    if (!check_change(ledger, body, !check_is_null(GET(body, hold_e8)), &order))
        return false;
    if (order == NULL)
        return true;
    if (!check_risk_replaced(ledger, order) || !hold_both(ledger, body, order))
        return false;
    check_move_hold(ledger, order, NUMBER(body, hold_e8));
    return check_moved(ledger) && check_said(ledger, GET(body, balance));
}

/* Nothing is held: it says what would be. */
static bool preview_replace(struct check_ledger *ledger, const struct check_item *change)
{
    struct check_order *order;
    bool holds = TEXT_OF(ledger->fact->body, hold_asset).size > 0;
    if (!check_change(ledger, change, holds, &order))
        return false;
    if (order == NULL)
        return true;
    struct check_order after = *order;
    return check_risk_previewed(ledger, order) && hold_both(ledger, change, &after);
}

static bool preview(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body, *change = GET(body, change);
    if (!check_is_null(change))
        return preview_replace(ledger, change);
    if (check_is_null(GET(body, order)))
        return check_risk_rejected(ledger);
    const struct check_order order = check_order_read(ledger->run, ledger->fact);
    return order.closes ? check_close_authorized(ledger, &order)
                        : check_risk_previewed(ledger, NULL);
}

static bool record_transaction(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body;
    const struct check_item *transaction = GET(body, transaction);
    const char *type = SYMBOL(transaction, type);
    int64_t gain_e8 = NUMBER(transaction, amount_e8);
    if (strcmp(type, "deposit") != 0)
        gain_e8 = -gain_e8;
    struct check_balance *balance =
        check_balance_at(ledger, strcmp(type, "payout") == 0 ? BOOK_PAYABLE : BOOK_ACCOUNT,
                         UUID_OF(transaction, account_id), TEXT_OF(transaction, asset));
    __int128 before_e8 = balance->expected_e8 - balance->locked_e8;
    balance->expected_e8 += gain_e8;
    if (NUMBER(transaction, balance_before_e8) != before_e8 ||
        NUMBER(transaction, balance_after_e8) != before_e8 + gain_e8)
        return check_says_at(
            ledger->run, 1, ledger->fact, "it goes from %lld to %lld; before it there were %lld",
            (long long)NUMBER(transaction, balance_before_e8),
            (long long)NUMBER(transaction, balance_after_e8), (long long)before_e8);
    return post(ledger, GET(body, postings)) && check_moved(ledger) &&
           check_all_said(ledger, GET(body, balances), GET(body, proceeds), NULL);
}

static bool create_maker(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body;
    struct uuid id = UUID_OF(GET(body, market_maker), id);
    check_map_put(&ledger->makers, id.bytes, ledger->run);
    if (!post(ledger, GET(body, postings)))
        return false;
    for (struct check_balance *at = ledger->moved; at != NULL; at = at->moved)
        at->expected_e8 = at->posted_e8; /* they are whatever its operator said */
    return check_moved(ledger) && check_all_said(ledger, GET(body, balances), NULL, NULL);
}

static bool settle(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body;
    bool fills = ledger->fact->kind == KIND_FillsSettled;
    bool option = ledger->fact->kind == KIND_OptionSettled;
    bool moves = fills || option;
    if (!(option ? check_option_settled : check_settlement)(ledger) ||
        (moves && !post(ledger, GET(body, postings))))
        return false;
    return check_all_said(ledger, GET(body, balances), fills ? GET(body, proceeds) : NULL,
                          moves ? GET(body, positions) : NULL) &&
           check_moved(ledger);
}

/* The transaction that it says is what the transfer moves. */
static bool change_transfer(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body, *transaction = GET(body, transaction);
    const struct check_item *about = GET(body, transfer);
    bool completed = SAME_SYMBOL(about, status, "completed");
    if (completed == check_is_null(transaction) ||
        (completed && NUMBER(transaction, amount_e8) != NUMBER(about, amount_e8)))
        return check_says_at(ledger->run, 24, ledger->fact,
                             "what moved is said, or is not, of a transfer that is %s",
                             SYMBOL(about, status));
    return check_transfer_changed(ledger) && post(ledger, GET(body, postings)) &&
           check_moved(ledger) && check_all_said(ledger, GET(body, balances), NULL, NULL);
}

static bool request_transfer(struct check_ledger *ledger)
{
    return check_transfer_requested(ledger) && check_moved(ledger) &&
           check_all_said(ledger, GET(ledger->fact->body, balances), NULL, NULL);
}

/* Nobody is kept from getting out: a close passes no check of risk. */
static bool authorize_order(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    bool asked = fact->command == NULL || strcmp(fact->command->shape->name, "ClosePosition") == 0;
    if (asked != (NUMBER(GET(fact->body, order), close) != 0))
        return check_says_at(ledger->run, 2, fact, "it closes a position, or is to do so");
    return (asked || check_risk_authorized(ledger)) && authorize(ledger);
}

static bool check_event(struct check_ledger *ledger)
{
    switch (ledger->fact->kind) {
    case KIND_OrderAuthorized: return authorize_order(ledger);
    case KIND_CommandRejected:
        return check_risk_rejected(ledger) && check_transfer_rejected(ledger);
    case KIND_AccountStatusChanged: return check_status_changed(ledger);
    case KIND_AccountOpened:
    case KIND_KycDocumentAdded:
    case KIND_KycDocumentRemoved:
    case KIND_KycProfileChanged:
    case KIND_KycReviewed:
    case KIND_KycSubmitted: return check_person_event(ledger);
    case KIND_PaymentMethodAdded: return check_method_added(ledger);
    case KIND_PaymentMethodChanged: return check_method_changed(ledger);
    case KIND_TransferRequested: return request_transfer(ledger);
    case KIND_TransferChanged: return change_transfer(ledger);
    case KIND_TransferLimitsSet: check_transfer_limits(ledger); return true;
    case KIND_StatementsIssued: return check_statements_issued(ledger);
    case KIND_OrderPreviewed: return preview(ledger);
    case KIND_RiskLimitsSet: check_risk_limits(ledger); return true;
    case KIND_VenueRulesAdopted: return check_venue_rules(ledger);
    case KIND_ReplaceAuthorized: return authorize_replace(ledger);
    case KIND_PricesAdopted: return check_prices_adopted(ledger);
    case KIND_InstrumentAdopted: return check_instrument_adopted(ledger);
    case KIND_CancelRequested: return check_cancel_requested(ledger);
    case KIND_CancelAfterSet: return check_cancel_after_set(ledger);
    case KIND_PositionsClosing: return check_positions_closing(ledger);
    case KIND_AssetTransactionRecorded: return record_transaction(ledger);
    case KIND_MarketMakerCreated: return create_maker(ledger);
    case KIND_FillsSettled:
    case KIND_HoldReleased:
    case KIND_OptionSettled: return settle(ledger);
    default: return true;
    }
}

static bool check_partition(struct check_ledger *ledger, const struct check_facts *facts)
{
    check_risk_begin(ledger);
    ledger->switches = NULL;
    ledger->closes = NULL;
    ledger->settlements = NULL;
    ledger->asked = NULL;
    ledger->marks = false;
    for (size_t i = 0; i < facts->count; i++) {
        ledger->fact = &facts->list[i];
        ledger->moved = NULL;
        ledger->stamp++;
        if (ledger->fact->verdict == VERDICT_VALID &&
            (!check_no_payment_due(ledger) || !check_no_cancel_due(ledger) ||
             !check_no_switch_due(ledger) || !check_no_close_due(ledger) || !check_event(ledger)))
            return false;
    }
    if (ledger->run->at_rest && !check_all_paid(ledger))
        return false;
    return !ledger->run->at_rest || ledger->closes == NULL ||
           check_says(ledger->run, 15, "a position of %s was to be closed, and is not",
                      check_show(ledger->run, ledger->closes->account_id));
}

bool check_ledger(struct check_run *run)
{
    struct check_ledger ledger = {.run = run};
    bool holds = true;
    for (int32_t i = 0; holds && i < run->evidence->partition_counts[EVIDENCE_ACCOUNTS]; i++)
        holds = check_partition(&ledger, &run->facts[EVIDENCE_ACCOUNTS][i]);
    for (const struct check_sum *sum = ledger.sums; holds && sum != NULL; sum = sum->next) {
        if (run->at_rest && sum->clearing_e8 != 0)
            holds = check_says(run, 1, "nothing is in flight, but %lld %.*s are in clearing",
                               (long long)sum->clearing_e8, (int)sum->asset.size, sum->asset.data);
    }
    check_map_free(&ledger.balances);
    check_map_free(&ledger.makers);
    check_map_free(&ledger.limits);
    check_map_free(&ledger.persons);
    check_map_free(&ledger.methods);
    check_map_free(&ledger.transfers);
    return holds;
}
