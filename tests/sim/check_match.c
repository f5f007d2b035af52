/* An order meets its book: best price first, then first come, inside both limits, and never its own
 * account; what is left rests where it crosses nothing, or ends for a reason. */
#include "check_order.h"

#include <string.h>

struct walk {
    struct check_run *run;
    const struct check_fact *fact;
    const struct check_item *said; /* the OrderEntered */
    struct check_order *order;
    struct check_queues *queues;
    struct check_order **side; /* that it meets */
    size_t fills, prevented, ended;
    size_t closed; /* that end with it without being met, as the last of those that end */
    bool stopped;  /* by a trade with itself */
};

static bool better(const struct check_order *a, const struct check_order *b)
{
    return a->buys ? a->limit_e8 > b->limit_e8 : a->limit_e8 < b->limit_e8;
}

static void enqueue(struct check_queues *queues, struct check_order *order)
{
    struct check_order **at = order->buys ? &queues->bids : &queues->asks;
    while (*at != NULL && !better(order, *at))
        at = &(*at)->behind;
    order->behind = *at;
    *at = order;
    order->rests = true;
}

void check_dequeue(struct check_queues *queues, struct check_order *order)
{
    struct check_order **at = order->buys ? &queues->bids : &queues->asks;
    while (*at != order)
        at = &(*at)->behind;
    *at = order->behind;
    order->rests = false;
}

/* A price is no further from the instrument's than the band allows. */
static bool is_near(const struct check_queues *queues, int64_t price_e8, int64_t near_e8)
{
    __int128 distance_e8 =
        price_e8 > near_e8 ? (__int128)price_e8 - near_e8 : (__int128)near_e8 - price_e8;
    return distance_e8 * 100 * E8 <= (__int128)near_e8 * queues->band_percent_e8;
}

/* The price that the band lies around. False: there is no band. */
static bool find_band(const struct check_queues *queues, int64_t *ret_near_e8)
{
    *ret_near_e8 = queues->has_mark ? queues->mark_e8 : queues->last_e8;
    return queues->band_percent_e8 > 0 && (queues->has_mark || queues->has_last);
}

/* On its own side of the price anything is good enough for an order without a limit. */
static bool within_band(const struct check_queues *queues, bool buys, int64_t price_e8)
{
    int64_t near_e8;
    if (!find_band(queues, &near_e8))
        return true;
    bool better = buys ? price_e8 <= near_e8 : price_e8 >= near_e8;
    return better || is_near(queues, price_e8, near_e8);
}

bool check_meets(const struct check_queues *queues, const struct check_order *order,
                 const struct check_order *resting)
{
    if (resting == NULL)
        return false;
    if (!order->has_limit)
        return within_band(queues, order->buys, resting->limit_e8);
    return order->buys ? resting->limit_e8 <= order->limit_e8
                       : resting->limit_e8 >= order->limit_e8;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- trades ----------------------------------------------------------------------------------- */

static bool check_resting(struct walk *walk, const struct check_item *said,
                          const struct check_order *resting)
{
    if (NUMBER(said, filled_quantity_e8) == resting->filled_e8 &&
        NUMBER(said, remaining_quantity_e8) == resting->remaining_e8 &&
        NUMBER(said, filled_notional_e8) == resting->notional_e8 &&
        NUMBER(said, fees_e8) == resting->fees_e8 &&
        NUMBER(said, average_fill_price_e8) ==
            check_average((__int128)resting->notional_e8 * E8, resting->filled_e8) &&
        SAME_SYMBOL(said, status, resting->remaining_e8 > 0 ? "partially_filled" : "filled"))
        return true;
    return check_says_at(walk->run, 3, walk->fact,
                         "fill %zu leaves order %s with %lld filled, %lld left and %lld fees; it"
                         " must be %lld, %lld and %lld",
                         walk->fills, check_show(walk->run, resting->id),
                         (long long)NUMBER(said, filled_quantity_e8),
                         (long long)NUMBER(said, remaining_quantity_e8),
                         (long long)NUMBER(said, fees_e8), (long long)resting->filled_e8,
                         (long long)resting->remaining_e8, (long long)resting->fees_e8);
}

static void take(struct check_order *order, int64_t quantity_e8, int64_t notional_e8)
{
    order->remaining_e8 -= quantity_e8;
    order->filled_e8 += quantity_e8;
    order->notional_e8 += notional_e8;
}

/* Fees accrue: a fill's is the fee on all so far, less what was charged. */
static bool check_fees(struct walk *walk, struct check_order *order, int64_t fee_e8)
{
    int64_t due_e8 = check_fee(order->instrument, order->incoming_e8, order->taker_fee_bps,
                               order->notional_e8 - order->incoming_e8, order->maker_fee_bps);
    int64_t expected_e8 = due_e8 - order->fees_e8;
    order->fees_e8 = due_e8;
    return fee_e8 == expected_e8 || check_says_at(walk->run, 3, walk->fact,
                                                  "fill %zu charges order %s %lld; its fee is %lld",
                                                  walk->fills, check_show(walk->run, order->id),
                                                  (long long)fee_e8, (long long)expected_e8);
}

/* A budget ends an order before its quantity does. */
static bool money_is_short(const struct walk *walk, int64_t price_e8, int64_t wanted_e8)
{
    const struct check_order *order = walk->order;
    if (order->has_limit || !order->buys || check_is_null(GET(order->terms, max_notional_e8)))
        return false;
    __int128 left_e16 = (__int128)(order->max_notional_e8 - order->notional_e8) * E8;
    return left_e16 < (__int128)price_e8 * wanted_e8;
}

static bool trade(struct walk *walk, struct check_order *resting)
{
    struct check_run *run = walk->run;
    struct check_order *order = walk->order;
    const struct check_item *fill = &GET(walk->said, fills)->items[walk->fills];
    const struct check_item *other = &GET(walk->said, resting)->items[walk->fills];
    int64_t quantity_e8 = NUMBER(fill, quantity_e8), price_e8 = NUMBER(fill, price_e8);
    int64_t wanted_e8 = least(order->remaining_e8, resting->remaining_e8), notional_e8;
    struct uuid met = UUID_OF(other, order_id);
    if (!uuid_equal(met, resting->id) || price_e8 != resting->limit_e8)
        return check_says_at(run, 3, walk->fact, "fill %zu is with %s at %lld; %s at %lld is first",
                             walk->fills, check_show(run, met), (long long)price_e8,
                             check_show(run, resting->id), (long long)resting->limit_e8);
    if (quantity_e8 <= 0 || quantity_e8 > wanted_e8 || quantity_e8 % walk->queues->lot_e8 != 0 ||
        (quantity_e8 < wanted_e8 && !money_is_short(walk, price_e8, wanted_e8)) ||
        !check_notional(price_e8, quantity_e8, &notional_e8))
        return check_says_at(run, 3, walk->fact, "fill %zu is of %lld; %lld could be traded",
                             walk->fills, (long long)quantity_e8, (long long)wanted_e8);
    take(order, quantity_e8, notional_e8);
    order->incoming_e8 += notional_e8;
    take(resting, quantity_e8, notional_e8);
    if (!check_fees(walk, order, NUMBER(fill, fee_e8)) ||
        !check_fees(walk, resting, NUMBER(other, fee_e8)) || !check_resting(walk, other, resting))
        return false;
    if (resting->remaining_e8 == 0) {
        check_dequeue(walk->queues, resting);
        resting->filled = true;
    }
    walk->fills++;
    run->tally->fills++;
    return true;
}

/* --- its own account -------------------------------------------------------------------------- */

static bool end_resting(struct walk *walk, struct check_order *resting)
{
    const struct check_item *ended = GET(walk->said, ended);
    check_dequeue(walk->queues, resting);
    if (walk->ended < ended->count &&
        uuid_equal(UUID_OF(&ended->items[walk->ended], order_id), resting->id) &&
        NUMBER(&ended->items[walk->ended], remaining_quantity_e8) == resting->remaining_e8) {
        walk->ended++;
        return true;
    }
    return check_says_at(walk->run, 3, walk->fact, "order %s of the same account must end",
                         check_show(walk->run, resting->id));
}

static bool prevent(struct walk *walk, struct check_order *resting)
{
    struct check_order *order = walk->order;
    const struct check_item *said = &GET(walk->said, prevented)->items[walk->prevented];
    const char *mode = SYMBOL(order->terms, self_trade);
    int64_t quantity_e8 = least(order->remaining_e8, resting->remaining_e8);
    bool decrements = strcmp(mode, "decrement") == 0;
    if (decrements) {
        order->remaining_e8 -= quantity_e8;
        order->prevented_e8 += quantity_e8; /* it may rest, and meet its own account again */
        resting->remaining_e8 -= quantity_e8;
        resting->prevented_e8 += quantity_e8;
    }
    if (!uuid_equal(UUID_OF(said, order_id), resting->id) ||
        NUMBER(said, quantity_e8) != quantity_e8 || NUMBER(said, price_e8) != resting->limit_e8 ||
        NUMBER(said, prevented_quantity_e8) != resting->prevented_e8 ||
        NUMBER(said, remaining_quantity_e8) != resting->remaining_e8)
        return check_says_at(walk->run, 3, walk->fact,
                             "trade %zu prevented is with %s; %s of the same account is first",
                             walk->prevented, check_show(walk->run, UUID_OF(said, order_id)),
                             check_show(walk->run, resting->id));
    walk->prevented++;
    walk->run->tally->prevented++;
    walk->stopped = strcmp(mode, "cancel_incoming") == 0 || strcmp(mode, "cancel_both") == 0 ||
                    (decrements && order->remaining_e8 == 0);
    bool ends = decrements ? resting->remaining_e8 == 0 : strcmp(mode, "cancel_incoming") != 0;
    return !ends || end_resting(walk, resting);
}

/* --- the walk --------------------------------------------------------------------------------- */

static bool meet_all(struct walk *walk)
{
    size_t fills = GET(walk->said, fills)->count, prevented = GET(walk->said, prevented)->count;
    if (GET(walk->said, resting)->count != fills)
        return check_says_at(walk->run, 3, walk->fact, "its fills have not two sides each");
    while (!walk->stopped && walk->order->remaining_e8 > 0 &&
           check_meets(walk->queues, walk->order, *walk->side)) {
        struct check_order *best = *walk->side;
        bool own = uuid_equal(best->account_id, walk->order->account_id);
        if (own ? walk->prevented == prevented : walk->fills == fills)
            break;
        if (!(own ? prevent(walk, best) : trade(walk, best)))
            return false;
    }
    size_t siblings = check_open_sibling(walk->order) != NULL;
    if (!check_sibling_ends(walk->run, walk->fact, walk->queues, walk->order,
                            GET(walk->said, ended), walk->ended, "sibling"))
        return false;
    if (walk->fills == fills && walk->prevented == prevented &&
        walk->ended + siblings + walk->closed == GET(walk->said, ended)->count)
        return true;
    return check_says_at(walk->run, 3, walk->fact,
                         "it has %zu fills and %zu prevented; %zu and %zu could be", fills,
                         prevented, walk->fills, walk->prevented);
}

/* It stops only where nobody is left whom it could meet. */
static bool check_stop(struct walk *walk, const struct check_item *said)
{
    const struct check_order *order = walk->order;
    bool goes_on = !walk->stopped && order->remaining_e8 > 0 &&
                   check_meets(walk->queues, walk->order, *walk->side);
    bool short_of_money =
        goes_on && money_is_short(walk, (*walk->side)->limit_e8,
                                  least(order->remaining_e8, (*walk->side)->remaining_e8));
    return !goes_on || short_of_money || SAME_SYMBOL(said, end_reason, "fill_limit") ||
           check_says_at(walk->run, 3, walk->fact, "it is %s, and could still meet order %s",
                         SYMBOL(said, status), check_show(walk->run, (*walk->side)->id));
}

/* What is left rests only where it may, and ends only where it must. */
static bool check_end(struct walk *walk, const struct check_item *said)
{
    struct check_order *order = walk->order;
    const char *status = SYMBOL(said, status), *reason = SYMBOL(said, end_reason);
    bool rests = strcmp(status, "open") == 0 || strcmp(status, "partially_filled") == 0;
    bool immediate =
        SAME_SYMBOL(said, time_in_force, "ioc") || SAME_SYMBOL(said, time_in_force, "fok");
    bool may_rest = order->has_limit && !immediate && !walk->stopped && order->remaining_e8 > 0;
    bool kills = SAME_SYMBOL(said, time_in_force, "fok") && order->filled_e8 != order->quantity_e8;
    bool takes =
        NUMBER(said, post_only) != 0 && order->has_limit && walk->fills + walk->prevented > 0;
    bool filled = order->remaining_e8 == 0 && !walk->stopped;
    if (rests != (may_rest && strcmp(reason, "fill_limit") != 0) || kills || takes ||
        (strcmp(status, "filled") == 0) != filled || rests != (*reason == '\0'))
        return check_says_at(walk->run, 4, walk->fact, "it is %s (%s) with %lld of %lld filled",
                             status, reason, (long long)order->filled_e8,
                             (long long)order->quantity_e8);
    order->filled = filled;
    if (rests)
        enqueue(walk->queues, order);
    return SAME_SYMBOL(said, trigger, check_has_trigger(order) ? "fired" : "none") ||
           check_says_at(walk->run, 4, walk->fact, "it met its book with its trigger %s",
                         SYMBOL(said, trigger));
}

/* Each trade sets the price that triggers look at, where no mark does. */
static void see_prices(struct walk *walk)
{
    const struct check_item *fills = GET(walk->said, fills);
    struct check_queues *queues = walk->queues;
    for (size_t i = 0; i < fills->count; i++) {
        check_price_traded(queues, NUMBER(&fills->items[i], price_e8));
        queues->has_last = true;
        queues->last_e8 = NUMBER(&fills->items[i], price_e8);
        if (!queues->has_mark)
            check_price_seen(queues, queues->last_e8, UUID_OF(&fills->items[i], trade_id));
    }
}

static bool check_totals(struct walk *walk, const struct check_item *said)
{
    const struct check_order *order = walk->order;
    int64_t average_e8 = order->filled_e8 == 0
                             ? 0
                             : check_average((__int128)order->notional_e8 * E8, order->filled_e8);
    if (NUMBER(said, filled_quantity_e8) == order->filled_e8 &&
        NUMBER(said, remaining_quantity_e8) == order->remaining_e8 &&
        NUMBER(said, filled_notional_e8) == order->notional_e8 &&
        NUMBER(said, fees_e8) == order->fees_e8 &&
        NUMBER(said, average_fill_price_e8) == average_e8)
        return true;
    return check_says_at(walk->run, 3, walk->fact,
                         "it says %lld filled, %lld left, %lld fees; its fills say %lld, %lld, "
                         "%lld",
                         (long long)NUMBER(said, filled_quantity_e8),
                         (long long)NUMBER(said, remaining_quantity_e8),
                         (long long)NUMBER(said, fees_e8), (long long)order->filled_e8,
                         (long long)order->remaining_e8, (long long)order->fees_e8);
}

/* A limit is near the price when it comes; that of a stop is near its stop price. */
static bool limit_is_near(const struct walk *walk)
{
    const struct check_order *order = walk->order;
    const struct check_item *stop = GET(order->terms, stop_price_e8);
    if (!order->has_limit || !SAME_SYMBOL(walk->said, entry, "placed") ||
        walk->queues->band_percent_e8 == 0)
        return true;
    int64_t near_e8;
    if (!check_is_null(stop))
        return is_near(walk->queues, order->limit_e8, check_number(stop));
    return !find_band(walk->queues, &near_e8) || is_near(walk->queues, order->limit_e8, near_e8);
}

bool check_entered(struct check_run *run, const struct check_fact *fact, struct check_order *order,
                   struct check_queues *queues)
{
    const struct check_item *said = GET(fact->body, order);
    struct walk walk = {.run = run,
                        .fact = fact,
                        .said = fact->body,
                        .order = order,
                        .queues = queues,
                        .side = order->buys ? &queues->asks : &queues->bids};
    if (NUMBER(fact->body, maker_fee_bps) != order->maker_fee_bps ||
        NUMBER(fact->body, taker_fee_bps) != order->taker_fee_bps)
        return check_says_at(run, 3, fact, "its fees are not those it was authorised with");
    bool closes = SAME_SYMBOL(fact->body, entry, "close");
    if (closes && !check_close_begins(run, fact, queues, order, &walk.closed))
        return false;
    if (!queues->open || order->quantity_e8 % queues->lot_e8 != 0 ||
        (order->has_limit && order->limit_e8 % queues->tick_e8 != 0))
        return check_says_at(run, 3, fact,
                             "its book takes no such order: price %lld, quantity %lld",
                             (long long)order->limit_e8, (long long)order->quantity_e8);
    if (!limit_is_near(&walk))
        return check_says_at(run, 3, fact, "its limit %lld lies beyond the band",
                             (long long)order->limit_e8);
    if (SAME_SYMBOL(fact->body, entry, "triggered")) {
        if (!check_fires(run, fact, queues, order))
            return false;
        check_wait_no_more(queues, order);
    } else if (SAME_SYMBOL(fact->body, entry, "replaced")) {
        run->tally->replaced++;
    } else if (check_must_wait(queues, order)) {
        check_wait(queues, order);
        check_expect_expiry(queues, order);
        return check_waiting(run, fact, order);
    } else {
        check_expect_expiry(queues, order);
    }
    bool holds = meet_all(&walk) && check_totals(&walk, said) && check_stop(&walk, said) &&
                 (!closes || check_close_leaves(run, fact, queues, order)) &&
                 check_end(&walk, said);
    see_prices(&walk);
    return holds;
}

/* Only less of it, or nothing else at all: it trades nothing and stays where it is. */
static bool check_in_place(struct check_run *run, const struct check_fact *fact,
                           const struct check_order *order)
{
    const struct check_item *body = fact->body, *said = GET(body, order);
    if (GET(body, fills)->count + GET(body, prevented)->count + GET(body, ended)->count == 0 &&
        NUMBER(said, remaining_quantity_e8) == order->remaining_e8 &&
        NUMBER(said, filled_quantity_e8) == order->filled_e8 &&
        NUMBER(said, fees_e8) == order->fees_e8 && check_is_null(GET(said, end_reason)))
        return true;
    return check_says_at(run, 3, fact, "order %s stays in its place with %lld left, not %lld",
                         check_show(run, order->id), (long long)order->remaining_e8,
                         (long long)NUMBER(said, remaining_quantity_e8));
}

bool check_replaced(struct check_run *run, const struct check_fact *fact, struct check_order *order,
                    struct check_queues *queues)
{
    const struct check_item *said = GET(fact->body, order);
    int64_t quantity_e8 = NUMBER(said, quantity_e8), limit_e8 = NUMBER(said, limit_price_e8);
    int64_t stop_e8 = NUMBER(said, stop_price_e8);
    bool keeps_place = quantity_e8 <= order->quantity_e8 && limit_e8 == order->limit_e8 &&
                       stop_e8 == order->stop_e8;
    bool waits = order->waits;
    if (keeps_place != (NUMBER(fact->body, keeps_place) != 0))
        return check_says_at(run, 3, fact, "order %s %s its place", check_show(run, order->id),
                             keeps_place ? "must keep" : "loses");
    order->remaining_e8 += quantity_e8 - order->quantity_e8;
    order->quantity_e8 = quantity_e8;
    order->limit_e8 = limit_e8;
    order->stop_e8 = stop_e8;
    if (keeps_place)
        return check_in_place(run, fact, order);
    (waits ? check_wait_no_more : check_dequeue)(queues, order);
    if (!waits || check_is_crossed(queues, order))
        return check_entered(run, fact, order, queues);
    check_wait(queues, order);
    return check_waiting(run, fact, order);
}
