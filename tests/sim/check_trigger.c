/* Orders that wait for a price or end at a time, told from prices alone: each price in its turn,
 * against each that waits. */
#include "check_order.h"

#include <string.h>

bool check_has_trigger(const struct check_order *order)
{
    return !SAME_SYMBOL(order->terms, type, "limit") && !SAME_SYMBOL(order->terms, type, "market");
}

static bool trails(const struct check_order *order)
{
    return SAME_SYMBOL(order->terms, type, "trailing_stop");
}

/* The price that its trigger looks at. */
static bool reference(const struct check_queues *queues, int64_t *ret_price_e8)
{
    *ret_price_e8 = queues->has_mark ? queues->mark_e8 : queues->last_e8;
    return queues->has_mark || queues->has_last;
}

/* A buy stop fires when the price has risen to it, a sell stop when it has fallen; a take-profit
 * when it is as good as that. */
static bool rises(const struct check_order *order)
{
    return order->buys != (bool)SAME_SYMBOL(order->terms, type, "take_profit");
}

static bool crosses(const struct check_order *order, int64_t price_e8)
{
    return order->has_stop &&
           (rises(order) ? price_e8 >= order->stop_e8 : price_e8 <= order->stop_e8);
}

/* A trailing stop stays behind the best price it has seen, a percentage rounded up. */
static void follow(struct check_order *order, int64_t price_e8)
{
    if (!trails(order) || (order->has_best &&
                           (order->buys ? price_e8 >= order->best_e8 : price_e8 <= order->best_e8)))
        return;
    __int128 away = NUMBER(order->terms, trail_amount_e8);
    if (check_is_null(GET(order->terms, trail_amount_e8)))
        away = ((__int128)price_e8 * NUMBER(order->terms, trail_percent_e8) + 100 * E8 - 1) /
               (100 * E8);
    __int128 stop = order->buys ? price_e8 + away : price_e8 - away;
    order->has_best = true;
    order->best_e8 = price_e8;
    order->has_stop = stop > 0 && stop <= INT64_MAX;
    order->stop_e8 = order->has_stop ? (int64_t)stop : 0;
}

/* Where one price crosses both kinds, those that wait for it to rise come first. Otherwise the stop
 * that lies nearest to where the price came from. */
static bool comes_before(const struct check_order *a, const struct check_order *b)
{
    if (rises(a) != rises(b))
        return rises(a);
    return rises(a) ? a->stop_e8 < b->stop_e8 : a->stop_e8 > b->stop_e8;
}

/* Of those that this price crosses, the next; of equals who came first. NULL: none. */
static struct check_order *next_crossed(const struct check_queues *queues, int64_t price_e8)
{
    struct check_order *next = NULL;
    for (struct check_order *at = queues->waiting; at != NULL; at = at->waits_behind) {
        if (!at->crossed && crosses(at, price_e8) && (next == NULL || comes_before(at, next)))
            next = at;
    }
    return next;
}

void check_price_seen(struct check_queues *queues, int64_t price_e8, struct uuid trade_id)
{
    for (struct check_order *at = queues->waiting; at != NULL; at = at->waits_behind) {
        if (!at->crossed)
            follow(at, price_e8);
    }
    for (struct check_order *next; (next = next_crossed(queues, price_e8)) != NULL;) {
        struct check_order **last = &queues->crossed;
        while (*last != NULL)
            last = &(*last)->crossed_behind;
        next->crossed = true;
        next->crossed_by = trade_id;
        *last = next;
    }
}

void check_wait(struct check_queues *queues, struct check_order *order)
{
    struct check_order **last = &queues->waiting;
    int64_t price_e8;
    while (*last != NULL)
        last = &(*last)->waits_behind;
    *last = order;
    order->waits = true;
    if (reference(queues, &price_e8))
        check_price_seen(queues, price_e8, (struct uuid){{0}});
}

void check_wait_no_more(struct check_queues *queues, struct check_order *order)
{
    struct check_order **at = &queues->waiting;
    while (*at != order)
        at = &(*at)->waits_behind;
    *at = order->waits_behind;
    for (at = &queues->crossed; order->crossed && *at != order; at = &(*at)->crossed_behind)
        ;
    if (order->crossed)
        *at = order->crossed_behind;
    order->waits = order->crossed = false;
    order->waits_behind = order->crossed_behind = NULL;
}

bool check_is_crossed(const struct check_queues *queues, const struct check_order *order)
{
    int64_t price_e8;
    return reference(queues, &price_e8) && crosses(order, price_e8);
}

/* --- what is said ----------------------------------------------------------------------------- */

/* An order with a trigger waits, unless it is crossed as it comes. */
bool check_must_wait(const struct check_queues *queues, struct check_order *order)
{
    int64_t price_e8;
    order->has_stop = !check_is_null(GET(order->terms, stop_price_e8));
    order->stop_e8 = NUMBER(order->terms, stop_price_e8);
    if (!check_has_trigger(order))
        return false;
    if (!reference(queues, &price_e8))
        return true;
    follow(order, price_e8);
    return !crosses(order, price_e8);
}

bool check_waiting(struct check_run *run, const struct check_fact *fact,
                   const struct check_order *order)
{
    const struct check_item *said = GET(fact->body, order);
    bool met = GET(fact->body, fills)->count > 0 || GET(fact->body, prevented)->count > 0 ||
               GET(fact->body, ended)->count > 0;
    if (met || !SAME_SYMBOL(said, status, "pending") || !SAME_SYMBOL(said, trigger, "waiting") ||
        NUMBER(said, remaining_quantity_e8) != order->quantity_e8)
        return check_says_at(run, 3, fact, "it must wait for its price, and is %s",
                             SYMBOL(said, status));
    run->tally->waiting++;
    return NUMBER(said, stop_price_e8) == order->stop_e8 ||
           check_says_at(run, 3, fact, "it waits for %lld; it must wait for %lld",
                         (long long)NUMBER(said, stop_price_e8), (long long)order->stop_e8);
}

/* A trigger comes of the request that placed its order; a guard, of that of the purchase. */
static bool check_origin(struct check_run *run, const struct check_fact *fact,
                         const struct check_order *order)
{
    const struct check_order *placed = order;
    if (order->guards)
        placed = check_order_of(run, UUID_OF(order->terms, parent_id));
    struct uuid asked = {{0}};
    if (placed != NULL && placed->entered != NULL)
        asked = UUID_OF(placed->entered->meta, correlation_id);
    return (uuid_equal(UUID_OF(fact->meta, correlation_id), asked) &&
            uuid_equal(UUID_OF(fact->body, crossed_by), order->crossed_by)) ||
           check_says_at(run, 3, fact, "order %s fires for another request, or by another trade",
                         check_show(run, order->id));
}

bool check_fires(struct check_run *run, const struct check_fact *fact,
                 const struct check_queues *queues, const struct check_order *order)
{
    if (fact->causes[0].source != SOURCE_CLOCK || fact->has_command_id)
        return check_says_at(run, 3, fact, "a trigger fires because of something else than time");
    if (!queues->open || queues->crossed != order)
        return check_says_at(
            run, 3, fact, "order %s fires; %s must be the next", check_show(run, order->id),
            queues->crossed == NULL || !queues->open ? "none"
                                                     : check_show(run, queues->crossed->id));
    run->tally->fired++;
    if (!SAME_SYMBOL(GET(fact->body, order), trigger, "fired"))
        return check_says_at(run, 3, fact, "a trigger that fires has not fired");
    return check_origin(run, fact, order);
}

static bool check_nothing_outlives(struct check_run *run, const struct check_fact *fact,
                                   const struct check_queues *queues)
{
    const struct check_order *open = queues->bids != NULL ? queues->bids : queues->asks;
    if (open == NULL)
        open = queues->waiting;
    return queues->expired_us == 0 || open == NULL ||
           check_says_at(run, 4, fact, "it comes while order %s outlives its option",
                         check_show(run, open->id));
}

bool check_nothing_due(struct check_run *run, const struct check_fact *fact,
                       const struct check_queues *queues)
{
    if (fact->verdict != VERDICT_VALID || fact->causes_count == 0 ||
        fact->causes[0].source == SOURCE_CLOCK)
        return true;
    for (; queues != NULL; queues = queues->next) {
        if (!check_nothing_outlives(run, fact, queues))
            return false;
        if (queues->open && queues->crossed != NULL)
            return check_says_at(run, 3, fact, "it comes before order %s fires",
                                 check_show(run, queues->crossed->id));
        for (const struct check_order *at = queues->expiring; at != NULL; at = at->expires_behind) {
            if ((at->rests || at->waits) && at->expires_at <= fact->occurred_at_us)
                return check_says_at(run, 4, fact, "it comes before order %s expires",
                                     check_show(run, at->id));
        }
    }
    return true;
}

void check_expect_expiry(struct check_queues *queues, struct check_order *order)
{
    if (check_is_null(GET(order->terms, expires_at)))
        return;
    order->expires_at = NUMBER(order->terms, expires_at);
    order->expires_behind = queues->expiring;
    queues->expiring = order;
}

/* That an option is over may be known first where the clock is ahead. */
bool check_expired(struct check_run *run, const struct check_fact *fact,
                   const struct check_queues *queues, const struct check_item *said,
                   const struct check_order *order)
{
    bool expired = SAME_SYMBOL(said, status, "expired");
    bool by_time = fact->causes[0].source == SOURCE_CLOCK;
    if (!by_time && !expired)
        return true;
    run->tally->expired_orders++;
    bool over = order->expires_at > 0 && (order->expires_at <= fact->occurred_at_us ||
                                          order->expires_at <= queues->expired_us);
    return (by_time && expired && SAME_SYMBOL(said, end_reason, "expired") && over) ||
           check_says_at(run, 4, fact, "order %s is %s, and expires at %lld",
                         check_show(run, order->id), SYMBOL(said, status),
                         (long long)order->expires_at);
}
