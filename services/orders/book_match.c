/* Matching, the deciding half: walks the other side best first and writes down what would happen.
 * Fill-or-kill needs no check of its own: what was found is forgotten where it is not all. */
#include "orders/book_layout.h"

#include "base/seeded_bug.h"

enum { HALVES = 2, GUARDED_HALVES = 3 }; /* of the room of a fill: R12 */

struct walk {
    const struct book_incoming *incoming;
    struct book_fill *fills;
    size_t halves_left; /* room for fills */
    struct book_prevented *prevented;
    size_t prevented_max;
    struct book_match *match;
};

static int64_t lower_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Does the incoming limit reach a level of this rank on the other side? */
static bool reaches(const struct book_incoming *incoming, int64_t rank)
{
    return incoming->price_e8 == 0 || rank <= -book_rank(incoming->side, incoming->price_e8);
}

/* What the budget still pays for at a price, in whole lots, and at most `wanted_e8`. */
static int64_t affordable_e8(const struct walk *walk, int64_t price_e8, int64_t wanted_e8)
{
    const struct book_incoming *incoming = walk->incoming;
    if (incoming->max_notional_e8 == 0)
        return wanted_e8;
    __int128 left_e16 = (__int128)incoming->max_notional_e8 * E8 - walk->match->filled_notional_e16;
    __int128 quantity_e8 = left_e16 / price_e8;
    if (quantity_e8 >= wanted_e8)
        return wanted_e8;
    return (int64_t)(quantity_e8 - quantity_e8 % incoming->lot_size_e8);
}

/* Both orders are of one account. BOOK_RESTS: the incoming one goes on. */
static enum book_outcome prevent(struct walk *walk, const struct book_order *resting)
{
    struct book_match *match = walk->match;
    if (match->prevented_count == walk->prevented_max)
        return BOOK_FILL_LIMIT;
    int64_t quantity_e8 = lower_of(match->remaining_quantity_e8, book_remaining_e8(resting));
    struct book_prevented *prevented = &walk->prevented[match->prevented_count++];
    *prevented = (struct book_prevented){.resting = resting, .quantity_e8 = quantity_e8};
    switch (walk->incoming->self_trade) {
    case SELF_TRADE_CANCEL_RESTING: prevented->ends_resting = true; return BOOK_RESTS;
    case SELF_TRADE_CANCEL_INCOMING: return BOOK_SELF_TRADE;
    case SELF_TRADE_CANCEL_BOTH: prevented->ends_resting = true; return BOOK_SELF_TRADE;
    case SELF_TRADE_DECREMENT: break;
    }
    prevented->decrements = true;
    prevented->ends_resting = quantity_e8 == book_remaining_e8(resting);
    match->prevented_quantity_e8 += quantity_e8;
    match->remaining_quantity_e8 -= quantity_e8;
    return match->remaining_quantity_e8 == 0 ? BOOK_SELF_TRADE : BOOK_RESTS;
}

/* The incoming order meets the next resting one within its limit. BOOK_RESTS: it goes on. */
static enum book_outcome meet(struct walk *walk, const struct book_order *resting)
{
    struct book_match *match = walk->match;
    int64_t wanted_e8 = lower_of(match->remaining_quantity_e8, book_remaining_e8(resting));
    int64_t quantity_e8 = affordable_e8(walk, resting->price_e8, wanted_e8);
    if (quantity_e8 == 0)
        return BOOK_BUDGET_SPENT;
    if (uuid_equal(walk->incoming->account_id, resting->account_id) && !SEEDED_BUG(SELF_TRADE))
        return prevent(walk, resting);
    size_t halves = resting->guarded ? GUARDED_HALVES : HALVES;
    if (halves > walk->halves_left)
        return SEEDED_BUG(FILL_LIMIT) ? BOOK_BUDGET_SPENT : BOOK_FILL_LIMIT;
    walk->halves_left -= halves;
    walk->fills[match->fills_count++] =
        (struct book_fill){.resting = resting, .quantity_e8 = quantity_e8};
    match->filled_quantity_e8 += quantity_e8;
    match->filled_notional_e16 += (__int128)resting->price_e8 * quantity_e8;
    match->remaining_quantity_e8 -= quantity_e8;
    if (match->remaining_quantity_e8 == 0)
        return BOOK_FILLED;
    return quantity_e8 < wanted_e8 ? BOOK_BUDGET_SPENT : BOOK_RESTS;
}

static enum book_outcome walk_side(struct walk *walk, const struct book_queue *queue)
{
    enum book_outcome outcome = BOOK_RESTS;
    for (; queue != NULL && reaches(walk->incoming, queue->rank); queue = queue->worse) {
        const struct book_order *at = SEEDED_BUG(NEWEST_FIRST) ? queue->last : queue->first;
        for (; at != NULL; at = SEEDED_BUG(NEWEST_FIRST) ? at->before : at->behind) {
            outcome = meet(walk, at);
            if (outcome != BOOK_RESTS)
                return outcome;
        }
    }
    return outcome;
}

static bool may_rest(const struct book_incoming *incoming)
{
    return incoming->time_in_force != TIME_IN_FORCE_IOC &&
           incoming->time_in_force != TIME_IN_FORCE_FOK;
}

static void check_incoming(const struct book_incoming *incoming)
{
    CHECK(incoming->side == SIDE_BUY || incoming->side == SIDE_SELL);
    CHECK(incoming->quantity_e8 > 0 && incoming->lot_size_e8 > 0);
    CHECK(incoming->quantity_e8 % incoming->lot_size_e8 == 0);
    CHECK(incoming->price_e8 > 0 || (incoming->price_e8 == 0 && !may_rest(incoming)));
    CHECK(incoming->max_notional_e8 >= 0);
    CHECK(incoming->max_notional_e8 == 0 || incoming->side == SIDE_BUY);
}

/* What would have traded with its own account. */
static int64_t prevented_e8(const struct walk *walk)
{
    int64_t sum_e8 = 0;
    for (size_t i = 0; i < walk->match->prevented_count; i++)
        sum_e8 += walk->prevented[i].quantity_e8;
    return sum_e8;
}

static void refuse(const struct book_incoming *incoming, enum book_outcome refusal,
                   struct book_match *ret_match)
{
    *ret_match =
        (struct book_match){.outcome = refusal, .remaining_quantity_e8 = incoming->quantity_e8};
}

void book_match(const struct book *book, const struct book_incoming *incoming, size_t fills_max,
                size_t prevented_max, struct book_fill *ret_fills,
                struct book_prevented *ret_prevented, struct book_match *ret_match)
{
    check_incoming(incoming);
    const struct book_queue *best =
        book->trees[incoming->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY].best;
    if (incoming->post_only && best != NULL && reaches(incoming, best->rank)) {
        refuse(incoming, BOOK_WOULD_TRADE, ret_match);
        return;
    }
    *ret_match = (struct book_match){.remaining_quantity_e8 = incoming->quantity_e8};
    struct walk walk = {.incoming = incoming,
                        .fills = ret_fills,
                        .halves_left = HALVES * fills_max,
                        .prevented = ret_prevented,
                        .prevented_max = prevented_max,
                        .match = ret_match};
    ret_match->outcome = walk_side(&walk, best);
    if (ret_match->outcome == BOOK_RESTS && !may_rest(incoming))
        ret_match->outcome = BOOK_REMAINDER;
    int64_t own_e8 = SEEDED_BUG(FOK_COUNTS_SELF_TRADES) ? prevented_e8(&walk) : 0;
    if (incoming->time_in_force == TIME_IN_FORCE_FOK &&
        ret_match->filled_quantity_e8 + own_e8 < incoming->quantity_e8) {
        refuse(incoming, BOOK_NOT_FILLABLE, ret_match);
    }
}
