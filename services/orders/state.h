/* state.h - what orders knows in one partition: assets, its instruments with their books, and its
 * orders.
 *
 * Place      an instrument lives where its symbol's murmur2 says, with its book, halts and last
 *            price; an order's id carries the same hash. Assets are known in every partition.
 * Invariant  an order that rests is in its instrument's book, which links it where it lies here;
 *            a book at rest is not crossed. What waits for its trigger is in no book.
 * Bounds     open orders are kept until they end, ended ones until ORDERS_ENDED_MAX ended after
 *            them: long enough to tell a late cancel what became of its order.
 * Thread     one owner, no locks. Depends on base, decimal, wire, decision and the book only, so
 *            replay repeats it.
 */
#ifndef ORDERS_STATE_H
#define ORDERS_STATE_H
#include "base/buffer.h"
#include "base/heap.h"
#include "base/id_table.h"
#include "base/table.h"
#include "decision/approval.h"
#include "orders/book.h"
#include "orders/option.h"
#include "orders/trigger.h"

enum {
    ORDERS_ENDED_MAX = 100000,
    ORDERS_CLIENT_ORDER_ID_MAX = UINT8_MAX, /* bytes; accounts lets fewer pass */
    /* Of one event; tests/unit/services/bounds_test.c holds the largest against what a topic takes.
     */
    ORDERS_FILLS_MAX = 10000,    /* of one incoming order; of guarded orders two thirds (book.h) */
    ORDERS_PREVENTED_MAX = 1000, /* self-trades of one incoming order */
    ORDERS_EXPIRED_MAX = 100
};

struct orders_asset {
    struct asset asset; /* owns its texts */
    bool expired;       /* an option that has been settled */
    struct orders_asset *next_option;
    UT_hash_handle hh; /* by code */
};

struct orders_instrument {
    struct instrument rules; /* owns its texts */
    bool has_last_price;
    int64_t last_price_e8;
    /* Since its price was last told (PricesMoved): whether it moved; and where it traded away from
     * the price of then, between which prices. */
    bool moved, has_range;
    int64_t high_price_e8, low_price_e8;
    struct book *book;
    struct orders_triggers triggers; /* trigger.h */
    UT_hash_handle hh;               /* by symbol */
};

/* What an order's owner sees (orders_as_seen()), in as little room as it takes: there are millions.
 */
struct orders_order {
    struct book_order book; /* first: id_table.h; in the book, or among those that ended */
    struct orders_instrument *instrument;
    struct orders_terms *terms; /* of those that wait, expire or have relatives; NULL: none */
    int64_t max_notional_e8, average_fill_price_e8;
    int64_t created_at, updated_at;
    int64_t version; /* of the last event about it: struct orders_moment */
    uint8_t type, time_in_force, status, lifecycle, self_trade, end_reason, trigger; /* enums */
    bool has_limit_price : 1, has_max_notional : 1, has_average_fill_price : 1;
    bool post_only : 1, has_client_order_id : 1, has_end_reason : 1, close : 1;
    uint8_t client_order_id_size;
    char client_order_id[]; /* not terminated */
};

struct orders_state {
    const struct place *place;
    struct staff staff;
    struct approvals approvals;   /* what waits for a second person, or to be decided anew */
    struct orders_asset *assets;  /* sorted by code */
    struct orders_asset *options; /* those of them that are options, in any order */
    struct orders_instrument *instruments; /* sorted by symbol */
    struct id_table orders;
    struct heap expiries;  /* of open orders that expire */
    int64_t option_due_us; /* when the next option is settled here; INT64_MAX: none */
    const struct orders_instrument *ending; /* of an expired option, with open orders; NULL: none */
    struct orders_instrument *firing; /* where triggers are crossed and may fire, in that order */
    uint64_t turns;                   /* counts the orders that were given terms */
    struct orders_order **ended;      /* a ring of ORDERS_ENDED_MAX */
    size_t ended_first, ended_count;
    size_t moved_count;     /* instruments whose price is to be told */
    int64_t prices_told_us; /* when prices were last told */
    /* Room for what one decision finds in a book; nothing of it outlives the decision. */
    struct book_fill *fills;
    struct book_prevented *prevented;
};

/* When an event happened, and the version that every order has behind it which it is about: it
 * grows from event to event, and the read model has the same. */
struct orders_moment {
    int64_t now_us, version;
};
struct orders_moment orders_moment_of(const struct event_meta *meta);

/* The functions that service.h asks for; `state` is a struct orders_state. */
void *orders_new(const struct place *place);
void orders_free(void *state);
void orders_decide(const void *state, const struct input *input, struct arena *arena,
                   struct event *ret_event);
void orders_apply(void *state, const struct event *event);
int64_t orders_due_us(const void *state);
void orders_save(const void *state, struct buffer *buffer);
enum err orders_load(void *state, struct bytes bytes) MUST_CHECK;

/* What there is from the start: the assets, and the instruments as of the log's creation.
 * Static storage. */
extern const struct asset ORDERS_FIRST_ASSETS[];
extern const size_t ORDERS_FIRST_ASSETS_COUNT;
enum { ORDERS_FIRST_INSTRUMENTS = 2 };
struct instrument orders_first_instrument(size_t index, int64_t created_at_us);

/* NULL: none. */
struct orders_asset *orders_asset(const struct orders_state *state, struct text code);
struct orders_instrument *orders_instrument(const struct orders_state *state, struct text symbol);
/* An order that is open, or ended not long ago. NULL: none. */
struct orders_order *orders_order(const struct orders_state *state, struct uuid id);
/* The order that rests as `resting`. */
const struct orders_order *orders_resting(const struct book_order *resting);
/* True while it rests or waits for its trigger. */
bool orders_is_open(const struct orders_order *order);
/* An order as its owner sees it. Texts are the instrument's and the order's own. */
struct order orders_as_seen(const struct orders_order *order);

/* Keeps a copy of an asset; one that is known already stays as it is. */
void orders_add_asset(struct orders_state *state, const struct asset *asset);
/* Keeps a copy of an instrument, with an empty book if it is new. Returns what is kept. */
struct orders_instrument *orders_put_instrument(struct orders_state *state,
                                                const struct instrument *instrument);
/* It traded at that price, or was given another mark. */
void orders_price_traded(struct orders_state *state, struct orders_instrument *instrument,
                         int64_t price_e8);
void orders_price_moved(struct orders_state *state, struct orders_instrument *instrument);
/* Its price has been told. */
void orders_price_told(struct orders_state *state, struct orders_instrument *instrument);
/* Keeps a copy of an order that is not known yet; it rests nowhere, does not wait and has not
 * ended.
 */
struct orders_order *orders_add_order(struct orders_state *state,
                                      struct orders_instrument *instrument,
                                      const struct order *order);
/* Makes what changes of an order as it meets its book what `from` says; its terms, too, while it
 * neither rests nor waits. */
void orders_update(struct orders_order *order, const struct order *from);
/* Of those that expire or wait at the same time or price it is the last from now on. */
void orders_take_turn(struct orders_state *state, struct orders_order *order);
/* Puts an order into its book, behind its level. */
void orders_rest(struct orders_state *state, struct orders_order *order, int32_t maker_fee_bps,
                 int32_t taker_fee_bps, int64_t taker_notional_e8);
/* The order has ended so, and is in no book (any more); it no longer waits or expires. The oldest
 * of too many that ended goes. */
void orders_end(struct orders_state *state, struct orders_order *order);

#endif
