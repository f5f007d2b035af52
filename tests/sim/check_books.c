/* Invariants 3 and 4: the books, matched again as plainly as can be; and orders, whose states only
 * go forward. */
#include "check_order.h"

#include <string.h>

struct books {
    struct check_run *run;
    const struct check_fact *fact; /* at which they stand */
    struct check_queues *queues;
    int64_t told_us; /* when prices were last told; 0: never */
    size_t siblings; /* that ended by this event */
};

static struct check_queues *queues_of(struct books *books, const struct check_instrument *pair)
{
    struct check_queues *queues = books->queues;
    while (queues != NULL && queues->instrument != pair)
        queues = queues->next;
    if (queues != NULL)
        return queues;
    queues = ARENA_NEW(books->run->arena, struct check_queues, 1);
    *queues = (struct check_queues){
        .instrument = pair, .tick_e8 = E8 / 100, .lot_e8 = E8, .open = true, .next = books->queues};
    books->queues = queues;
    return queues;
}

static void change_instrument(struct books *books)
{
    const struct check_item *rules = GET(books->fact->body, instrument);
    struct check_queues *queues =
        queues_of(books, check_instrument_of(books->run, TEXT_OF(rules, symbol)));
    queues->tick_e8 = NUMBER(rules, tick_size_e8);
    queues->lot_e8 = NUMBER(rules, lot_size_e8);
    queues->band_percent_e8 = NUMBER(rules, price_band_percent_e8);
    queues->open = SAME_SYMBOL(rules, status, "open");
    check_price_marked(queues, GET(rules, mark_price_e8));
    if (check_is_null(GET(rules, mark_price_e8)))
        return;
    queues->has_mark = true;
    queues->mark_e8 = NUMBER(rules, mark_price_e8);
    check_price_seen(queues, queues->mark_e8, (struct uuid){{0}});
}

/* --- orders come ------------------------------------------------------------------------------ */

static bool same_number(const struct check_item *a, const struct check_item *b)
{
    return check_is_null(a) == check_is_null(b) && check_number(a) == check_number(b);
}

/* What was asked for does not change on the way to the book. */
static bool same_terms(const struct check_item *a, const struct check_item *b)
{
    return same_number(GET(a, limit_price_e8), GET(b, limit_price_e8)) &&
           same_number(GET(a, max_notional_e8), GET(b, max_notional_e8)) &&
           (SAME_SYMBOL(a, type, "trailing_stop") ||
            same_number(GET(a, stop_price_e8), GET(b, stop_price_e8))) &&
           same_number(GET(a, trail_amount_e8), GET(b, trail_amount_e8)) &&
           same_number(GET(a, trail_percent_e8), GET(b, trail_percent_e8)) &&
           same_number(GET(a, expires_at), GET(b, expires_at)) &&
           same_number(GET(a, stop_loss_price_e8), GET(b, stop_loss_price_e8)) &&
           same_number(GET(a, take_profit_price_e8), GET(b, take_profit_price_e8)) &&
           same_number(GET(a, post_only), GET(b, post_only)) &&
           same_number(GET(a, side), GET(b, side)) && same_number(GET(a, type), GET(b, type)) &&
           same_number(GET(a, time_in_force), GET(b, time_in_force)) &&
           same_number(GET(a, self_trade), GET(b, self_trade)) &&
           NUMBER(a, quantity_e8) == NUMBER(b, quantity_e8) &&
           NUMBER(a, close) == NUMBER(b, close) &&
           text_equal(TEXT_OF(a, instrument), TEXT_OF(b, instrument)) &&
           text_equal(TEXT_OF(a, account_id), TEXT_OF(b, account_id));
}

/* How much a close sells, and what becomes of the rest, is for its book to say. */
static bool same_close(const struct check_item *a, const struct check_item *b)
{
    return NUMBER(a, close) != 0 && NUMBER(b, close) != 0 && SAME_SYMBOL(a, side, "sell") &&
           SAME_SYMBOL(b, side, "sell") && same_number(GET(a, self_trade), GET(b, self_trade)) &&
           text_equal(TEXT_OF(a, instrument), TEXT_OF(b, instrument)) &&
           text_equal(TEXT_OF(a, account_id), TEXT_OF(b, account_id));
}

static bool closes(const struct check_fact *fact)
{
    return fact->kind == KIND_OrderEntered && SAME_SYMBOL(fact->body, entry, "close");
}

/* The order that this event is the book's answer to, as authorised. NULL: it is none. */
static struct check_order *arriving(struct books *books)
{
    const struct check_fact *fact = books->fact;
    const struct check_item *said = GET(fact->body, order);
    struct check_order *order = check_order_of(books->run, UUID_OF(said, id));
    const struct check_cause *cause = &fact->causes[0];
    const struct check_fact *input =
        cause->source == SOURCE_EVENTS
            ? check_fact_at(books->run, cause->service, cause->partition, cause->last)
            : NULL;
    if (input == NULL || input->kind != KIND_OrderAuthorized ||
        !text_equal(TEXT_OF(GET(input->body, order), id), TEXT_OF(said, id)) ||
        !(closes(fact) ? same_close : same_terms)(GET(input->body, order), said)) {
        check_says_at(books->run, 4, fact,
                      "order %s comes to its book in other terms than authorised",
                      check_show(books->run, UUID_OF(said, id)));
        return NULL;
    }
    return order == NULL ? check_order_make(books->run, input) : order;
}

/* It is said to be what it has become: by what was authorised, and by replaces. */
static bool is_as_it_was(const struct check_order *order, const struct check_item *said)
{
    return NUMBER(said, quantity_e8) == order->quantity_e8 &&
           NUMBER(said, limit_price_e8) == order->limit_e8 &&
           NUMBER(said, stop_price_e8) == order->stop_e8 &&
           same_number(GET(said, side), GET(order->terms, side)) &&
           same_number(GET(said, type), GET(order->terms, type));
}

/* The order whose trigger fires: it waited, in these terms. */
static struct check_order *waiting(struct books *books)
{
    const struct check_item *said = GET(books->fact->body, order);
    struct check_order *order = check_order_of(books->run, UUID_OF(said, id));
    if (order != NULL && order->waits && is_as_it_was(order, said))
        return order;
    check_says_at(books->run, 4, books->fact, "order %s fires, and did not wait in these terms",
                  check_show(books->run, UUID_OF(said, id)));
    return NULL;
}

static bool enter(struct books *books)
{
    if (SAME_SYMBOL(books->fact->body, entry, "triggered")) {
        struct check_order *fired = waiting(books);
        return fired != NULL &&
               check_entered(books->run, books->fact, fired, queues_of(books, fired->instrument));
    }
    struct check_order *order = arriving(books);
    if (order == NULL)
        return false;
    if (order->entered != NULL)
        return check_says_at(books->run, 4, books->fact, "order %s came before, at offset %lld",
                             check_show(books->run, order->id), (long long)order->entered->offset);
    if (order->closes != closes(books->fact))
        return check_says_at(books->run, 4, books->fact, "order %s comes as what it is not",
                             check_show(books->run, order->id));
    order->entered = books->fact;
    order->remaining_e8 = order->quantity_e8;
    books->run->tally->orders++;
    return check_entered(books->run, books->fact, order, queues_of(books, order->instrument));
}

/* An order may be refused because its id was used before. */
static bool refuse(struct books *books)
{
    struct check_order *order = arriving(books);
    if (order == NULL)
        return false;
    books->run->tally->refused++;
    if (order->closes &&
        !check_close_refused(books->run, books->fact, queues_of(books, order->instrument), order))
        return false;
    if (order->entered == NULL)
        order->entered = books->fact;
    return SAME_SYMBOL(GET(books->fact->body, order), status, "rejected") ||
           check_says_at(books->run, 4, books->fact, "a refused order is not rejected");
}

/* --- orders go -------------------------------------------------------------------------------- */

static bool cancel(struct books *books, const struct check_item *said, bool again_allowed)
{
    struct check_run *run = books->run;
    struct check_order *order = check_order_of(run, UUID_OF(said, id));
    const char *id = check_show(run, UUID_OF(said, id));
    if (order == NULL || order->entered == NULL)
        return check_says_at(run, 4, books->fact, "order %s never came to its book", id);
    bool open = order->rests || order->waits;
    if (!open && !again_allowed)
        return check_says_at(run, 4, books->fact, "order %s is not open any more", id);
    if ((!SAME_SYMBOL(said, status, "canceled") && !SAME_SYMBOL(said, status, "expired")) ||
        order->filled)
        return check_says_at(run, 4, books->fact, "order %s is %s, and was canceled", id,
                             SYMBOL(said, status));
    if (NUMBER(said, filled_quantity_e8) != order->filled_e8 ||
        NUMBER(said, remaining_quantity_e8) != order->remaining_e8 ||
        NUMBER(said, fees_e8) != order->fees_e8)
        return check_says_at(run, 4, books->fact,
                             "order %s has %lld filled, %lld left, not %lld"
                             " and %lld",
                             id, (long long)NUMBER(said, filled_quantity_e8),
                             (long long)NUMBER(said, remaining_quantity_e8),
                             (long long)order->filled_e8, (long long)order->remaining_e8);
    if (!open)
        return true;
    if (order->rests)
        check_dequeue(queues_of(books, order->instrument), order);
    else
        check_wait_no_more(queues_of(books, order->instrument), order);
    run->tally->canceled++;
    bool pair = check_open_sibling(order) != NULL;
    return check_expired(run, books->fact, queues_of(books, order->instrument), said, order) &&
           (!pair ||
            check_sibling_ends(run, books->fact, queues_of(books, order->instrument), order,
                               GET(books->fact->body, ended), books->siblings++, "sibling"));
}

/* What was asked for by accounts: each of the list that is open ends, and for that reason. */
static bool check_asked(struct books *books, const struct check_fact *asked)
{
    const struct check_item *listed = GET(asked->body, orders);
    const struct check_item *ended = GET(books->fact->body, orders);
    const char *reason =
        asked->kind == KIND_CancelRequested ? SYMBOL(asked->body, reason) : "canceled_by_operator";
    for (size_t i = 0; i < ended->count; i++) {
        if (!SAME_SYMBOL(&ended->items[i], end_reason, reason))
            return check_says_at(books->run, 4, books->fact, "an order ends by %s, not by %s",
                                 SYMBOL(&ended->items[i], end_reason), reason);
    }
    for (size_t i = 0; i < listed->count; i++) {
        const struct check_order *order = check_order_of(books->run, check_uuid(&listed->items[i]));
        if (order != NULL && (order->rests || order->waits) &&
            check_partition_of(books->run, EVIDENCE_ORDERS, order->id) == books->fact->partition)
            return check_says_at(books->run, 4, books->fact, "order %s was to end, and is open",
                                 check_show(books->run, order->id));
    }
    return true;
}

/* What is open in its book ends next, before anything but the clock: check_nothing_due(). */
static void expire_option(struct books *books)
{
    const struct check_item *body = books->fact->body;
    const struct check_instrument *pair =
        check_instrument_of(books->run, TEXT_OF(body, instrument));
    if (pair != NULL) /* nothing traded it otherwise */
        queues_of(books, pair)->expired_us = NUMBER(GET(body, asset), expires_at);
}

static bool cancel_several(struct books *books)
{
    const struct check_item *orders = GET(books->fact->body, orders);
    const struct check_cause *cause = &books->fact->causes[0];
    for (size_t i = 0; i < orders->count; i++) {
        if (!cancel(books, &orders->items[i], false))
            return false;
    }
    return cause->source == SOURCE_CLOCK ||
           check_asked(books,
                       check_fact_at(books->run, cause->service, cause->partition, cause->last));
}

/* --- and get other terms ---------------------------------------------------------------------- */

/* The ReplaceAuthorized that the event answers; NULL: it answers none, which is said. */
static const struct check_item *wanted_terms(struct books *books, struct uuid order_id)
{
    const struct check_fact *fact = books->fact;
    const struct check_cause *cause = &fact->causes[0];
    const struct check_fact *input =
        cause->source == SOURCE_EVENTS
            ? check_fact_at(books->run, cause->service, cause->partition, cause->last)
            : NULL;
    if (input != NULL && input->kind == KIND_ReplaceAuthorized &&
        uuid_equal(UUID_OF(input->body, order_id), order_id))
        return input->body;
    check_says_at(books->run, 4, fact, "order %s is replaced, and nobody asked for that",
                  check_show(books->run, order_id));
    return NULL;
}

/* So much is filled already that nothing would remain: the rest is canceled. */
static bool cancel_rest(struct books *books, struct check_order *order)
{
    const struct check_item *body = books->fact->body;
    if (GET(body, fills)->count + GET(body, prevented)->count > 0 || NUMBER(body, keeps_place) != 0)
        return check_says_at(books->run, 4, books->fact, "order %s must end by its replace",
                             check_show(books->run, order->id));
    return cancel(books, GET(body, order), false);
}

static bool replace(struct books *books)
{
    struct check_run *run = books->run;
    const struct check_item *said = GET(books->fact->body, order);
    struct uuid id = UUID_OF(said, id);
    const struct check_item *wanted = wanted_terms(books, id);
    struct check_order *order = check_order_of(run, id);
    if (wanted == NULL)
        return false;
    if (order == NULL || !(order->rests || order->waits) ||
        !text_equal(TEXT_OF(wanted, account_id), TEXT_OF(said, account_id)))
        return check_says_at(run, 4, books->fact, "order %s is replaced, and is not open",
                             check_show(run, id));
    int64_t quantity_e8 = check_number_or(GET(wanted, quantity_e8), order->quantity_e8);
    int64_t limit_e8 = check_number_or(GET(wanted, limit_price_e8), order->limit_e8);
    int64_t stop_e8 = check_number_or(GET(wanted, stop_price_e8), order->stop_e8);
    if (order->remaining_e8 + quantity_e8 - order->quantity_e8 <= 0)
        return cancel_rest(books, order);
    if (NUMBER(said, quantity_e8) != quantity_e8 || NUMBER(said, limit_price_e8) != limit_e8 ||
        NUMBER(said, stop_price_e8) != stop_e8)
        return check_says_at(run, 4, books->fact, "order %s is replaced by other terms than asked",
                             check_show(run, id));
    return check_replaced(run, books->fact, order, queues_of(books, order->instrument));
}

/* The order of a replace, where its book knows it as one of the account's; NULL: it does not. */
static const struct check_order *known_order(struct books *books, const struct check_item *wanted)
{
    const struct check_order *order = check_order_of(books->run, UUID_OF(wanted, order_id));
    bool known = order != NULL && order->entered != NULL &&
                 uuid_equal(order->account_id, UUID_OF(wanted, account_id));
    return known ? order : NULL;
}

static bool is_open(const struct check_order *order)
{
    return order != NULL && (order->rests || order->waits);
}

/* The loser of a race is told what won it. */
static bool check_replace_code(struct books *books, const struct check_order *known)
{
    struct text code = check_code(books->fact);
    bool filled = known != NULL && known->filled;
    if (text_is(code, "NOT_FOUND") == (known == NULL) &&
        text_is(code, "ORDER_ALREADY_FILLED") == filled &&
        text_is(code, "ORDER_NOT_OPEN") == (known != NULL && !is_open(known) && !filled))
        return true;
    return check_says_at(books->run, 4, books->fact, "a replace is refused with %.*s",
                         (int)code.size, code.data);
}

/* What it says of the order is so. */
static bool refuse_replace(struct books *books)
{
    const struct check_item *body = books->fact->body, *said = GET(body, order);
    struct uuid id = UUID_OF(body, order_id);
    const struct check_item *wanted = wanted_terms(books, id);
    if (wanted == NULL)
        return false;
    const struct check_order *order = known_order(books, wanted);
    if ((order == NULL) != check_is_null(said))
        return check_says_at(books->run, 4, books->fact, "order %s is known, or it is not",
                             check_show(books->run, id));
    return check_replace_code(books, order) &&
           (!is_open(order) || is_as_it_was(order, said) ||
            check_says_at(books->run, 4, books->fact, "a refused replace changed order %s",
                          check_show(books->run, id)));
}

static bool preview_replace(struct books *books, const struct check_item *change)
{
    const struct check_order *order = known_order(books, change);
    bool refused = check_is_null(GET(books->fact->body, order));
    if (refused && !check_replace_code(books, order))
        return false;
    if (is_open(order))
        return check_replace_previewed(books->run, books->fact, queues_of(books, order->instrument),
                                       order, change);
    return refused || check_says_at(books->run, 4, books->fact,
                                    "it tells of a replace of an order that is not open");
}

/* It moves nothing here: what comes behind it is checked against books without it. */
static bool preview(struct books *books)
{
    struct check_run *run = books->run;
    const struct check_item *body = books->fact->body, *said = GET(body, order);
    const struct check_cause *cause = &books->fact->causes[0];
    const struct check_fact *input =
        check_fact_at(run, cause->service, cause->partition, cause->last);
    if (input == NULL || input->kind != KIND_OrderPreviewed)
        return check_says_at(run, 4, books->fact, "it answers no preview");
    const struct check_item *change = GET(input->body, change);
    bool asked = !check_is_null(GET(input->body, order)) || !check_is_null(change);
    struct text code = check_code(books->fact);
    if (!asked && !text_equal(code, check_code(input)))
        return check_says_at(run, 4, books->fact, "the ledger refuses with another code");
    if (check_is_null(said) != (code.size > 0))
        return check_says_at(run, 4, books->fact, "it is refused, or it is not");
    if (!asked)
        return true;
    if (!check_is_null(change))
        return preview_replace(books, change);
    const struct check_order order = check_order_read(run, input);
    return order.instrument != NULL
               ? check_previewed(run, books->fact, queues_of(books, order.instrument), &order)
               : check_says_at(run, 4, books->fact, "there is no such instrument");
}

/* All of one instrument, like the fills they guard. */
static bool enter_brackets(struct books *books)
{
    const struct check_fact *fact = books->fact;
    struct text symbol = {(const char *)fact->record->key.data, fact->record->key.size};
    const struct check_instrument *pair = check_instrument_of(books->run, symbol);
    if (pair == NULL)
        return check_says_at(books->run, 4, fact, "its key is no instrument");
    return check_brackets(books->run, fact, queues_of(books, pair));
}

static bool check_event(struct books *books)
{
    books->siblings = 0;
    switch (books->fact->kind) {
    case KIND_InstrumentChanged: change_instrument(books); return true;
    case KIND_OrderEntered:
        return SAME_SYMBOL(books->fact->body, entry, "replaced") ? replace(books) : enter(books);
    case KIND_ReplaceRefused: return refuse_replace(books);
    case KIND_PreviewAnswered: return preview(books);
    case KIND_PricesMoved:
        return check_prices_told(books->run, books->fact, books->queues, &books->told_us);
    case KIND_OrderRefused: return refuse(books);
    case KIND_OrderCanceled: return cancel(books, GET(books->fact->body, order), true);
    case KIND_OptionExpired: expire_option(books); return true;
    case KIND_OrdersCanceled: return cancel_several(books);
    case KIND_BracketsEntered: return enter_brackets(books);
    default: return true;
    }
}

bool check_books(struct check_run *run)
{
    check_gather_instruments(run);
    for (int32_t i = 0; i < run->evidence->partition_counts[EVIDENCE_ORDERS]; i++) {
        const struct check_facts *facts = &run->facts[EVIDENCE_ORDERS][i];
        struct books books = {.run = run};
        for (size_t j = 0; j < facts->count; j++) {
            books.fact = &facts->list[j];
            if (books.fact->verdict == VERDICT_VALID &&
                (!check_nothing_due(run, books.fact, books.queues) ||
                 !check_prices_not_due(run, books.fact, books.queues, books.told_us) ||
                 !check_event(&books)))
                return false;
        }
    }
    return true;
}

/* --- ledger and books at rest ------------------------------------------------------------------
 */

static bool check_order_at_rest(struct check_run *run, const struct check_order *order)
{
    const char *id = check_show(run, order->id);
    const struct check_order *held = order->holder != NULL ? order->holder : order;
    if (order->entered == NULL)
        return check_says(run, 15, "order %s was authorised, and never came to its book", id);
    if (!order->rests && !order->waits)
        return (held->closed && held->held_e8 == 0) ||
               check_says(run, 15, "order %s is over, and %lld are held for it", id,
                          (long long)held->held_e8);
    if (order->replacing)
        return check_says(run, 15, "order %s is still being replaced", id);
    if (held->closed || held->left_e8 != order->remaining_e8 || held->held_e8 <= 0)
        return check_says(run, 15, "order %s is open with %lld; the ledger holds %lld for %lld", id,
                          (long long)order->remaining_e8, (long long)held->held_e8,
                          (long long)held->left_e8);
    return true;
}

bool check_orders(struct check_run *run)
{
    for (size_t i = 0; run->at_rest && i < run->orders.max; i++) {
        const struct check_order *order = run->orders.entries[i].value;
        if (order != NULL && !check_order_at_rest(run, order))
            return false;
    }
    return true;
}
