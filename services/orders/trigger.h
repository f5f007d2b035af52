/* trigger.h - orders of one instrument that wait for a price, and the time at which orders expire.
 *
 * Reference   triggers look at the instrument's mark price where the venue feeds one in, else at
 *             that of its last trade. A buy stop is crossed at its stop price or above, a sell stop
 *             at or below, a take-profit the other way round. A trailing stop's price follows the
 *             best reference price since it came.
 * Crossed     each reference price, trade by trade, takes those that it crosses into a queue, the
 *             price that was crossed first in front, at one price who came first. What is queued
 *             fires one by one (INPUT_TIME), whatever the price does meanwhile; in an instrument
 *             that is not open the queue waits.
 * Cost        a trigger is O(log n) once it is crossed. A new best price moves every trailing stop
 *             that it is the best for, other prices none.
 * Memory      some 400 bytes more for each order that waits, expires or has relatives.
 */
#ifndef ORDERS_TRIGGER_H
#define ORDERS_TRIGGER_H
#include "base/heap.h"
#include "wire/messages.h"

struct orders_state;
struct orders_instrument;
struct orders_order;

/* What few orders have. */
struct orders_terms {
    uint64_t turn;          /* among all that were given terms */
    struct heap_node cross; /* while it waits at a price */
    struct heap_node trail; /* while it waits and follows the price */
    struct heap_node expiry;
    bool has_stop_price, has_trail_amount, has_trail_percent, has_expires_at;
    bool has_stop_loss_price, has_take_profit_price, has_parent, has_sibling;
    bool crossed, waits;
    int64_t stop_price_e8, trail_amount_e8, trail_percent_e8, expires_at;
    int64_t stop_loss_price_e8, take_profit_price_e8;
    struct uuid parent_id, sibling_id;
    struct uuid correlation_id; /* of the command that placed it, or its parent; nil: of none */
    struct uuid crossed_by;     /* the trade whose price did; nil: of none */
    struct orders_order *order;
    struct orders_terms *prev, *next;                     /* among those that wait */
    struct orders_terms *crossed_before, *crossed_behind; /* in the queue */
};

/* Which way the price goes that crosses a trigger. */
enum { TRIGGER_RISING, TRIGGER_FALLING, TRIGGER_WAYS };

struct orders_triggers {
    struct heap waiting[TRIGGER_WAYS];  /* not crossed, by price: what is crossed first, first */
    struct heap trailing[TRIGGER_WAYS]; /* that follow the price, by the best they have seen */
    struct orders_terms *list;          /* all that wait, by turn */
    struct orders_terms *crossed;       /* the queue */
    size_t count;
    bool fires; /* in the state's list of those that do */
    struct orders_instrument *prev, *next;
};

/* True: an order of this type waits for a price before it goes to the book. */
bool orders_type_waits(enum order_type type);
/* The instrument's reference price. False: there is none yet. */
bool orders_reference(const struct orders_instrument *instrument, int64_t *ret_price_e8);
/* True: an order of these terms is crossed by that reference price. */
bool orders_is_crossed(const struct order *order, int64_t price_e8);
/* Sets the stop price of a trailing order that sees its best price; none where it is not above
 * zero.
 */
void orders_trail(struct order *order, int64_t best_e8);

/* The best price that an order that waits has followed, as a key of its trail; of any other that it
 * has seen none. `order` may be NULL. */
int64_t orders_best_seen(const struct orders_order *order);
/* The order waits for its trigger from now on, or, where the reference price crosses it already, to
 * fire. `best`: what it has followed until now. */
void orders_wait(struct orders_state *state, struct orders_order *order, int32_t maker_fee_bps,
                 int32_t taker_fee_bps, int64_t best);
/* The same for an order that waited before, as a snapshot has it: `best` is its trail's key. */
void orders_wait_on(struct orders_order *order, int32_t maker_fee_bps, int32_t taker_fee_bps,
                    int64_t best);
/* Queues an order that waits, whatever the price is; nil: no trade crossed it. */
void orders_cross(struct orders_order *order, struct uuid trade_id);
/* It no longer waits; nothing where it does not. */
void orders_stop_waiting(struct orders_state *state, struct orders_order *order);
/* This was the reference price for a moment, that of the trade; nil: of none. */
void orders_price_seen(struct orders_state *state, struct orders_instrument *instrument,
                       int64_t price_e8, struct uuid trade_id);
/* Keeps account of whether the instrument's triggers may fire. */
void orders_refresh(struct orders_state *state, struct orders_instrument *instrument);
/* The order that fires next. NULL: none. */
const struct orders_order *orders_next_to_fire(const struct orders_state *state);

/* Has an open order end when its time comes; nothing where it has none or is told again. */
void orders_await_expiry(struct orders_state *state, struct orders_order *order);
/* It ends otherwise, or has ended. */
void orders_forget_expiry(struct orders_state *state, struct orders_order *order);

#endif
