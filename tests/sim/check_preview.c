/* Previews, worked out again: the order meets those that rest at that place of the log, and nothing
 * moves. */
#include "check_order.h"

#include <string.h>

/* What an order would come to. */
struct outlook {
    struct check_run *run;
    const struct check_fact *fact;
    const struct check_queues *queues;
    struct check_order order;      /* as it would be behind each one it met */
    int64_t traded_e8, charged_e8; /* before */
    size_t fills;
    bool own;                         /* stopped by its own account */
    bool waits;                       /* for its price */
    bool replaced, keeps_place, over; /* over: so much is filled that the replace ends it */
};

/* What its budget still pays for at that price, in whole lots. */
static int64_t affordable_e8(const struct outlook *outlook, int64_t price_e8, int64_t wanted_e8)
{
    const struct check_order *order = &outlook->order;
    if (order->has_limit || !order->buys)
        return wanted_e8;
    __int128 left_e16 = (__int128)(order->max_notional_e8 - order->notional_e8) * E8;
    __int128 quantity_e8 = left_e16 / price_e8;
    quantity_e8 -= quantity_e8 % outlook->queues->lot_e8;
    return quantity_e8 < wanted_e8 ? (int64_t)quantity_e8 : wanted_e8;
}

/* The next fill that is said is this one. */
static bool fill(struct outlook *outlook, int64_t price_e8, int64_t quantity_e8)
{
    struct check_order *order = &outlook->order;
    const struct check_item *fills = GET(outlook->fact->body, fills);
    int64_t notional_e8 = 0;
    CHECK(check_notional(price_e8, quantity_e8, &notional_e8));
    order->remaining_e8 -= quantity_e8;
    order->filled_e8 += quantity_e8;
    order->notional_e8 += notional_e8;
    order->incoming_e8 += notional_e8;
    int64_t due_e8 = check_fee(order->instrument, order->incoming_e8, order->taker_fee_bps,
                               order->notional_e8 - order->incoming_e8, order->maker_fee_bps);
    int64_t fee_e8 = due_e8 - order->fees_e8;
    order->fees_e8 = due_e8;
    const struct check_item *said =
        outlook->fills < fills->count ? &fills->items[outlook->fills++] : NULL;
    return (said != NULL && NUMBER(said, price_e8) == price_e8 &&
            NUMBER(said, quantity_e8) == quantity_e8 && NUMBER(said, fee_e8) == fee_e8) ||
           check_says_at(outlook->run, 3, outlook->fact,
                         "it would trade %lld at %lld for a fee of %lld, and says otherwise",
                         (long long)quantity_e8, (long long)price_e8, (long long)fee_e8);
}

/* Two orders of one account do not trade. True: the order goes on. */
static bool pass_own(struct outlook *outlook, int64_t quantity_e8)
{
    struct check_order *order = &outlook->order;
    if (SAME_SYMBOL(order->terms, self_trade, "decrement")) {
        order->remaining_e8 -= quantity_e8;
        outlook->own = order->remaining_e8 == 0;
    } else {
        outlook->own = !SAME_SYMBOL(order->terms, self_trade, "cancel_resting");
    }
    return !outlook->own;
}

static bool meet_all(struct outlook *outlook)
{
    struct check_order *order = &outlook->order;
    const struct check_order *at = order->buys ? outlook->queues->asks : outlook->queues->bids;
    for (; order->remaining_e8 > 0 && check_meets(outlook->queues, order, at); at = at->behind) {
        int64_t wanted_e8 =
            at->remaining_e8 < order->remaining_e8 ? at->remaining_e8 : order->remaining_e8;
        int64_t quantity_e8 = affordable_e8(outlook, at->limit_e8, wanted_e8);
        if (quantity_e8 == 0)
            break;
        if (uuid_equal(at->account_id, order->account_id)) {
            if (!pass_own(outlook, wanted_e8)) /* which costs nothing */
                break;
            continue;
        }
        if (!fill(outlook, at->limit_e8, quantity_e8))
            return false;
        if (quantity_e8 < wanted_e8)
            break;
    }
    return outlook->fills == GET(outlook->fact->body, fills)->count ||
           check_says_at(outlook->run, 3, outlook->fact, "it tells of %zu fills; it would have %zu",
                         GET(outlook->fact->body, fills)->count, outlook->fills);
}

static const char *status_of(const struct outlook *outlook)
{
    const struct check_order *order = &outlook->order;
    bool immediate = SAME_SYMBOL(order->terms, time_in_force, "ioc") ||
                     SAME_SYMBOL(order->terms, time_in_force, "fok");
    if (outlook->over)
        return "canceled";
    if (outlook->waits)
        return "pending";
    if (order->remaining_e8 == 0 && !outlook->own)
        return "filled";
    if (!order->has_limit || immediate || outlook->own)
        return "canceled";
    return order->filled_e8 > 0 ? "partially_filled" : "open";
}

static bool check_told(const struct outlook *outlook)
{
    const struct check_order *order = &outlook->order;
    const struct check_item *body = outlook->fact->body, *said = GET(body, order);
    int64_t moved_e8 = order->notional_e8 - outlook->traded_e8;
    int64_t fees_e8 = order->fees_e8 - outlook->charged_e8;
    int64_t cost_e8 = (order->buys ? moved_e8 : -moved_e8) + fees_e8;
    int64_t average_e8 = order->filled_e8 == 0
                             ? 0
                             : check_average((__int128)order->notional_e8 * E8, order->filled_e8);
    if (NUMBER(said, filled_quantity_e8) != order->filled_e8 ||
        NUMBER(said, remaining_quantity_e8) != order->remaining_e8 ||
        NUMBER(said, average_fill_price_e8) != average_e8 || NUMBER(body, fees_e8) != fees_e8 ||
        NUMBER(body, cost_e8) != cost_e8)
        return check_says_at(outlook->run, 4, outlook->fact,
                             "it tells of %lld filled and %lld left for %lld; it would be %lld, "
                             "%lld and %lld",
                             (long long)NUMBER(said, filled_quantity_e8),
                             (long long)NUMBER(said, remaining_quantity_e8),
                             (long long)NUMBER(body, cost_e8), (long long)order->filled_e8,
                             (long long)order->remaining_e8, (long long)cost_e8);
    if (NUMBER(said, limit_price_e8) != (order->has_limit ? order->limit_e8 : 0))
        return check_says_at(outlook->run, 4, outlook->fact, "it tells of a limit at %lld",
                             (long long)NUMBER(said, limit_price_e8));
    if (check_is_null(GET(said, keeps_place)) == outlook->replaced ||
        (NUMBER(said, keeps_place) != 0) != outlook->keeps_place)
        return check_says_at(outlook->run, 4, outlook->fact, "it %s its place",
                             outlook->keeps_place ? "would keep" : "would lose");
    if (SAME_SYMBOL(order->terms, time_in_force, "fok") && order->filled_e8 < order->quantity_e8)
        return check_says_at(outlook->run, 4, outlook->fact, "it would be filled in part, or not");
    const char *status = status_of(outlook);
    return strcmp(SYMBOL(said, status), status) == 0 ||
           check_says_at(outlook->run, 4, outlook->fact, "it tells that it would be %s, not %s",
                         SYMBOL(said, status), status);
}

/* What only the book itself can refuse. */
static bool check_refusal(const struct outlook *outlook)
{
    struct text code = check_code(outlook->fact);
    const struct check_order *order = &outlook->order;
    const struct check_order *first = order->buys ? outlook->queues->asks : outlook->queues->bids;
    if (text_is(code, "POST_ONLY_WOULD_TRADE") && !check_meets(outlook->queues, order, first))
        return check_says_at(outlook->run, 4, outlook->fact, "nobody is there whom it would meet");
    return true;
}

static struct outlook outlook_of(struct check_run *run, const struct check_fact *fact,
                                 const struct check_queues *queues, const struct check_order *order)
{
    return (struct outlook){.run = run,
                            .fact = fact,
                            .queues = queues,
                            .order = *order,
                            .traded_e8 = order->notional_e8,
                            .charged_e8 = order->fees_e8};
}

bool check_previewed(struct check_run *run, const struct check_fact *fact,
                     const struct check_queues *queues, const struct check_order *order)
{
    struct outlook outlook = outlook_of(run, fact, queues, order);
    struct check_order *coming = &outlook.order;
    size_t ended;
    if (order->closes)
        coming->quantity_e8 = check_close_sells(run, queues, order, &ended);
    coming->remaining_e8 = coming->quantity_e8;
    if (check_is_null(GET(fact->body, order)))
        return order->closes ? check_close_refused(run, fact, queues, order)
                             : check_refusal(&outlook);
    outlook.waits = check_must_wait(queues, coming);
    run->tally->previews += GET(fact->body, fills)->count > 0;
    run->tally->closes_previewed += order->closes;
    if (!outlook.waits && !meet_all(&outlook))
        return false;
    if (order->closes && coming->remaining_e8 > 0)
        (void)check_close_stays(queues, GET(fact->body, fills), coming);
    return check_told(&outlook);
}

bool check_replace_previewed(struct check_run *run, const struct check_fact *fact,
                             const struct check_queues *queues, const struct check_order *order,
                             const struct check_item *change)
{
    struct outlook outlook = outlook_of(run, fact, queues, order);
    struct check_order *after = &outlook.order;
    after->quantity_e8 = check_number_or(GET(change, quantity_e8), order->quantity_e8);
    after->remaining_e8 += after->quantity_e8 - order->quantity_e8;
    after->limit_e8 = check_number_or(GET(change, limit_price_e8), order->limit_e8);
    after->stop_e8 = check_number_or(GET(change, stop_price_e8), order->stop_e8);
    if (check_is_null(GET(fact->body, order)))
        return check_refusal(&outlook);
    outlook.replaced = true;
    outlook.over = after->remaining_e8 <= 0;
    outlook.keeps_place = !outlook.over && after->quantity_e8 <= order->quantity_e8 &&
                          after->limit_e8 == order->limit_e8 && after->stop_e8 == order->stop_e8;
    outlook.waits = order->waits && (outlook.keeps_place || !check_is_crossed(queues, after));
    run->tally->replaces_previewed++;
    if (outlook.over)
        *after = *order;
    return (outlook.over || outlook.waits || outlook.keeps_place || meet_all(&outlook)) &&
           check_told(&outlook);
}
