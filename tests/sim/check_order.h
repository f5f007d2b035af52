/* check_order.h - orders as ledger and book each tell them, and the arithmetic of both. */
#ifndef SIM_CHECK_ORDER_H
#define SIM_CHECK_ORDER_H
#include "check_run.h"

/* An instrument's pair never changes; its tick and lot are those of last. */
struct check_instrument {
    struct text symbol, base, quote;
    int64_t quote_scale;
    const struct check_instrument *next;
};

struct check_order {
    /* as authorised */
    struct uuid id, account_id;
    const struct check_fact *authorized;
    const struct check_item *terms; /* the Order in it */
    const struct check_instrument *instrument;
    bool buys, has_limit, has_stop, closes; /* closes: sells all of a position at once */
    int64_t quantity_e8, limit_e8, max_notional_e8, maker_fee_bps, taker_fee_bps;
    /* in the ledger */
    int64_t total_e8, price_e8; /* as the ledger knows them: the book may be ahead */
    bool replacing;             /* by these, as authorised */
    int64_t new_total_e8, new_price_e8;
    int64_t held_e8, left_e8, taker_e8, maker_e8, charged_e8; /* left: quantity to fill */
    bool settled, closed; /* settled: its book has been heard of */
    bool closing;         /* a close that may hold nothing itself was authorised */
    size_t stamp, anew;   /* of the event that moved it last, and that said its terms */
    const char *mark;     /* why the clock is to have it canceled; NULL: it is not */
    /* in its book */
    const struct check_fact *entered; /* or refused; NULL: not yet */
    bool rests, filled;               /* neither: refused, or ended before it was filled */
    int64_t remaining_e8, filled_e8, notional_e8, incoming_e8, fees_e8; /* incoming: as a taker */
    int64_t prevented_e8;
    struct check_order *behind; /* in the queue of its side */
    /* outside its book (check_trigger.c) */
    bool waits, crossed, has_best;
    struct uuid crossed_by;   /* the trade whose price did; nil: none */
    int64_t stop_e8, best_e8; /* of a trailing one, now */
    int64_t expires_at;       /* 0: never */
    struct check_order *waits_behind, *crossed_behind, *expires_behind;
    /* guarding a purchase (check_bracket.c) */
    bool guards;
    struct check_order *sibling; /* of a pair of which one cancels the other */
    struct check_order *holder;  /* of the second of a pair: the first, which holds for both */
    size_t traded_stamp;         /* of the event in which it traded last, */
    int64_t traded_e8;           /* and how much of it then */
};

/* The book of an instrument: two queues, best first, first come first served at a price. */
struct check_queues {
    const struct check_instrument *instrument;
    int64_t tick_e8, lot_e8, band_percent_e8;
    bool open;          /* may be traded */
    int64_t expired_us; /* of an option that is over: when it was to be; 0: it is not */
    struct check_order *bids, *asks;
    bool has_mark, has_last;
    int64_t mark_e8, last_e8;
    /* Since its price was last told (check_prices.c). */
    bool moved, has_range;
    int64_t high_e8, low_e8;
    struct check_order *waiting;  /* for their price, in the order they came */
    struct check_order *crossed;  /* of these, in the order in which they fire */
    struct check_order *expiring; /* whatever became of them */
    struct check_queues *next;
};

/* An OrderEntered, held against its book, which then moves on by it. */
bool check_entered(struct check_run *run, const struct check_fact *fact, struct check_order *order,
                   struct check_queues *queues) MUST_CHECK;
/* The same for a replace of an order that rests or waits. */
bool check_replaced(struct check_run *run, const struct check_fact *fact, struct check_order *order,
                    struct check_queues *queues) MUST_CHECK;
/* True when the order that comes would meet this one, first of the other side; NULL: nobody. */
bool check_meets(const struct check_queues *queues, const struct check_order *order,
                 const struct check_order *resting);
/* A PreviewAnswered of an order in these terms, or of a close, as it would meet its book there; and
 * of an open order that would be replaced. */
bool check_previewed(struct check_run *run, const struct check_fact *fact,
                     const struct check_queues *queues, const struct check_order *order) MUST_CHECK;
bool check_replace_previewed(struct check_run *run, const struct check_fact *fact,
                             const struct check_queues *queues, const struct check_order *order,
                             const struct check_item *change) MUST_CHECK;
/* Takes an order out of its queue. */
void check_dequeue(struct check_queues *queues, struct check_order *order);

/* True when orders of its type wait for a price. */
bool check_has_trigger(const struct check_order *order);
/* This was the price that triggers look at, that of a trade; nil: of none. */
void check_price_seen(struct check_queues *queues, int64_t price_e8, struct uuid trade_id);
/* True when the order that comes must wait; its stop price is set then. */
bool check_must_wait(const struct check_queues *queues, struct check_order *order);
/* True when the price that triggers look at has crossed its stop. */
bool check_is_crossed(const struct check_queues *queues, const struct check_order *order);
/* It waits from now on; and no more. */
void check_wait(struct check_queues *queues, struct check_order *order);
void check_wait_no_more(struct check_queues *queues, struct check_order *order);
/* What an OrderEntered says of an order that must wait; and of one that fires. */
bool check_waiting(struct check_run *run, const struct check_fact *fact,
                   const struct check_order *order) MUST_CHECK;
bool check_fires(struct check_run *run, const struct check_fact *fact,
                 const struct check_queues *queues, const struct check_order *order) MUST_CHECK;
/* Nothing is decided while something is due at its time but what the clock brings about. */
bool check_nothing_due(struct check_run *run, const struct check_fact *fact,
                       const struct check_queues *queues) MUST_CHECK;
/* An order that has come may expire. */
void check_expect_expiry(struct check_queues *queues, struct check_order *order);
/* An open order that ends is said to have expired if and only if it has. */
bool check_expired(struct check_run *run, const struct check_fact *fact,
                   const struct check_queues *queues, const struct check_item *said,
                   const struct check_order *order) MUST_CHECK;

/* The order of that id which a bracket makes; there may be one already. */
struct check_order *check_guard_make(struct check_run *run, const struct check_item *bracket,
                                     struct uuid id);
/* The other one of a pair while it is open; NULL: there is none. */
struct check_order *check_open_sibling(const struct check_order *order);
/* Where an order has an open sibling, that ends with it for `reason`: it is what stands at `index`
 * of those that are said to have ended. */
bool check_sibling_ends(struct check_run *run, const struct check_fact *fact,
                        struct check_queues *queues, const struct check_order *order,
                        const struct check_item *ended, size_t index,
                        const char *reason) MUST_CHECK;
/* A BracketsEntered, held against the FillsSettled that it answers. */
bool check_brackets(struct check_run *run, const struct check_fact *fact,
                    struct check_queues *queues) MUST_CHECK;
/* It is about to have that mark, if it is one; and to have traded last at that price. */
void check_price_marked(struct check_queues *queues, const struct check_item *mark);
void check_price_traded(struct check_queues *queues, int64_t price_e8);
/* A PricesMoved says what moved since the last one, at *told_us, and nothing else. */
bool check_prices_told(struct check_run *run, const struct check_fact *fact,
                       struct check_queues *queues, int64_t *told_us) MUST_CHECK;
/* Nothing is decided while prices are due to be told but what the clock brings about. */
bool check_prices_not_due(struct check_run *run, const struct check_fact *fact,
                          const struct check_queues *queues, int64_t told_us) MUST_CHECK;

/* check_close.c: a close that meets its book. Ends the sells that it takes the place of, which are
 * the last *ret_ended that the event says have ended, and says how much is sold. */
bool check_close_begins(struct check_run *run, const struct check_fact *fact,
                        struct check_queues *queues, struct check_order *close,
                        size_t *ret_ended) MUST_CHECK;
/* Gives what is left of it, when it has met everybody, the limit at which it stays; or it has none.
 */
bool check_close_leaves(struct check_run *run, const struct check_fact *fact,
                        const struct check_queues *queues, struct check_order *close) MUST_CHECK;
/* Gives what is left behind these fills the limit at which it stays, where a price is known. False:
 * it could bring more than its account has room for, and has none. */
bool check_close_stays(const struct check_queues *queues, const struct check_item *fills,
                       struct check_order *close);
/* What it sells, in whole lots; *ret_ended: so many orders end for it. */
int64_t check_close_sells(const struct check_run *run, const struct check_queues *queues,
                          const struct check_order *close, size_t *ret_ended);
/* It is not refused for want of anything to sell while there is something. */
bool check_close_refused(struct check_run *run, const struct check_fact *fact,
                         const struct check_queues *queues,
                         const struct check_order *close) MUST_CHECK;

/* The order of that id; NULL: none was authorised. */
struct check_order *check_order_of(const struct check_run *run, struct uuid id);
/* The order that an OrderAuthorized, or an OrderPreviewed, is about, which nobody finds. */
struct check_order check_order_read(const struct check_run *run, const struct check_fact *fact);
/* The order that an OrderAuthorized is about; under its id if that was not used before. NULL: there
 * is no such instrument, which is said. */
struct check_order *check_order_make(struct check_run *run, const struct check_fact *authorized);
/* Finds what may be traded, for check_instrument_of(). */
void check_gather_instruments(struct check_run *run);
/* The instrument of that name; NULL: there is none. */
const struct check_instrument *check_instrument_of(const struct check_run *run, struct text symbol);

/* price x quantity in 10^-8. False: it is no whole number of these, or too large. */
bool check_notional(int64_t price_e8, int64_t quantity_e8, int64_t *ret_notional_e8) MUST_CHECK;
/* The price on average of what was traded, rounded half even; both above zero. */
int64_t check_average(__int128 notional_e16, int64_t quantity_e8);
/* The fee on what was traded as taker and as maker, rounded half even to the quote's scale. */
int64_t check_fee(const struct check_instrument *instrument, int64_t taker_e8, int64_t taker_bps,
                  int64_t maker_e8, int64_t maker_bps);
/* Is the order open in the ledger? */
bool check_is_held(const struct check_order *order);
/* What an order holds when so much is left: exactly what that can still cost; and while it is being
 * replaced, whatever comes of it. */
int64_t check_hold(const struct check_order *order);

#endif
