/* book.h - resting limit orders of one instrument in price-time priority: the matching core.
 *
 * Units    price_e8 and quantity_e8 are int64 above zero; a notional is price x quantity and so
 *          counts in 10^-16, 128-bit: it is exact and cannot overflow. No floating point.
 * Shape    two sides; each a list of levels, best first; first in, first out inside a level.
 * Use      book_match() decides and reads only. What it found goes into an event; applying the
 *          event calls book_fill(), book_decrement(), book_remove() and book_add(), so replaying
 *          events gives the same book without matching again.
 * Owner    orders are the caller's, who finds them by id; the book links them into its levels.
 *          Levels come in slabs that grow and stay; out of memory ends the process (CHECK).
 * Thread   one owner, no locks.   Depends on base and the enums of the schemas: no clock, I/O,
 *          randomness or log; nothing depends on hash order or addresses.
 */
#ifndef BOOK_H
#define BOOK_H
#include "base/base.h"
#include "base/uuid.h"
#include "wire/messages.h" /* enum side, enum time_in_force, enum self_trade */

struct book_queue; /* a price level, laid out in book_layout.h */

/* An order that may rest. quantity_e8 is the total it was placed for;
 * quantity = filled + prevented + remaining holds at any time. */
struct book_order {
    struct uuid order_id;
    struct uuid account_id;
    int64_t price_e8;
    int64_t quantity_e8;
    int64_t filled_quantity_e8;
    int64_t prevented_quantity_e8; /* taken away by self-trade prevention in decrement mode */
    __int128 filled_notional_e16;  /* sum of price x quantity of its fills; divided by
                                      filled_quantity_e8 it is the average price_e8 */
    __int128 taker_notional_e16;   /* the part of it that was filled before it rested */
    int64_t fee_charged_e8;        /* in the quote asset, sum over its fills; may be negative */
    int32_t maker_fee_bps;         /* both frozen when the order was authorised */
    int32_t taker_fee_bps;
    enum side side;
    bool
        guarded; /* what it buys will be guarded, which the events about a fill have to tell, too */
    /* The book's own; NULL while the order is in none. */
    struct book_queue *queue;
    struct book_order *before, *behind; /* in the level */
};

/* One price level as others may see it. */
struct book_level {
    int64_t price_e8;
    int64_t quantity_e8; /* sum of what remains, INT64_MAX where it is more than that */
    size_t orders_count;
};

/* What is to be matched. CHECKed by book_match(): quantity_e8 and lot_size_e8 above zero,
 * quantity_e8 a multiple of it, no price or a budget only as told here. */
struct book_incoming {
    struct uuid account_id;
    enum side side;
    enum time_in_force time_in_force;
    enum self_trade self_trade;
    bool post_only;
    int64_t price_e8;        /* its limit; 0: none, which takes IOC or FOK */
    int64_t quantity_e8;     /* what is left to match, for a replaced order less than its total */
    int64_t max_notional_e8; /* a buy's budget for price x quantity, fees apart; 0: none */
    int64_t lot_size_e8;     /* a budget buys whole lots */
};

/* How a matched order stands afterwards. */
enum book_outcome {
    BOOK_RESTS,        /* what remains goes into the book */
    BOOK_FILLED,       /* nothing remains: a trade took the last of it */
    BOOK_REMAINDER,    /* nothing (more) to trade with within its limit, and it may not rest */
    BOOK_BUDGET_SPENT, /* max_notional_e8 does not pay for another lot */
    BOOK_SELF_TRADE,   /* prevention ended it: the mode cancels it, or nothing remains */
    BOOK_FILL_LIMIT,   /* fills_max or prevented_max is reached and more would trade */
    BOOK_WOULD_TRADE,  /* refused: post-only, and the other side crosses it (its own orders too) */
    BOOK_NOT_FILLABLE  /* refused: fill-or-kill, and not all of it would trade */
};

/* A trade with `resting` at its price. */
struct book_fill {
    const struct book_order *resting; /* valid until the book changes */
    int64_t quantity_e8;
};

/* A trade that did not happen, because one account owns both orders. */
struct book_prevented {
    const struct book_order *resting; /* valid until the book changes */
    int64_t quantity_e8;              /* what would have traded */
    bool decrements;                  /* resting shrinks by quantity_e8: book_decrement() */
    bool ends_resting;                /* nothing of it stays; without decrements: book_remove() */
};

/* quantity_e8 = filled + prevented + remaining. A refusal filled and prevented nothing. */
struct book_match {
    enum book_outcome outcome;
    size_t fills_count;
    size_t prevented_count;
    int64_t filled_quantity_e8;
    int64_t prevented_quantity_e8; /* taken from the incoming order by SELF_TRADE_DECREMENT */
    int64_t remaining_quantity_e8; /* rests with BOOK_RESTS, is canceled otherwise */
    __int128 filled_notional_e16;
};

struct book; /* laid out in book_layout.h, for book*.c only */

/* New empty book; the caller owns it. */
struct book *book_new(void) MUST_CHECK;
/* Frees the book; the orders in it are the caller's to free. NULL does nothing. */
void book_free(struct book *book);

/* Finds out what `incoming` would do, and changes nothing. Fills and prevented self-trades are
 * each in the order they happen; at most `fills_max` and `prevented_max` of them, where a fill of a
 * guarded order counts for one and a half. */
void book_match(const struct book *book, const struct book_incoming *incoming, size_t fills_max,
                size_t prevented_max, struct book_fill *ret_fills,
                struct book_prevented *ret_prevented, struct book_match *ret_match);

/* Rests `order` behind its level; until it leaves the book it has to stay where it is. Restoring a
 * book adds its orders as book_first() and book_next() gave them. CHECKs what deciding settled
 * before: price and remaining quantity are above zero, it is in no book, nothing is crossed. */
void book_add(struct book *book, struct book_order *order);
/* A resting order traded `quantity_e8` at its price for `fee_e8`; at 0 remaining it leaves the
 * book. CHECKs that it rests and has that much left. Returns what remains. */
int64_t book_fill(struct book *book, struct book_order *order, int64_t quantity_e8, int64_t fee_e8);
/* As book_fill(), where self-trade prevention takes the quantity away. */
int64_t book_decrement(struct book *book, struct book_order *order, int64_t quantity_e8);
/* Lowers the total to `quantity_e8` and keeps its place. CHECKs that it rests, that this is lower
 * and that something still remains (else the caller removes it). */
void book_reduce(struct book_order *order, int64_t quantity_e8);
/* Takes an order out. CHECKs that it rests. */
void book_remove(struct book *book, struct book_order *order);

/* True while it is in a book. */
bool book_rests(const struct book_order *order);
/* What of it neither traded nor was prevented. */
int64_t book_remaining_e8(const struct book_order *order);
/* What remains of the orders before this one in its level, INT64_MAX where it is more. Takes a
 * step for each. CHECKs that it rests. */
int64_t book_quantity_ahead_e8(const struct book_order *order);

/* Resting orders, both sides. */
size_t book_orders_count(const struct book *book);
/* Best level of `side`. False: the side is empty and *ret_level is untouched. */
bool book_best(const struct book *book, enum side side, struct book_level *ret_level);
/* Up to `levels_max` levels, best first. Returns how many. */
size_t book_levels(const struct book *book, enum side side, size_t levels_max,
                   struct book_level *ret_levels);
/* First order of `side` in priority order, and the one after `order`; NULL: no more. */
const struct book_order *book_first(const struct book *book, enum side side);
const struct book_order *book_next(const struct book_order *order);

#endif
