/* ledger_model.h - a naive ledger and a matching stand-in: the oracle of ledger_model_test.c.
 *
 * Whole cents and whole certificates in plain arrays; every hold is worked out anew from its
 * definition. What it shares with the real ledger is ids and the records of the schemas.
 */
#ifndef LEDGER_MODEL_H
#define LEDGER_MODEL_H
#include "ledger.h"

enum {
    PARTITIONS = 2,
    ACCOUNTS_COUNT = 8, /* the last MAKERS_COUNT are market makers */
    MAKERS_COUNT = 2,
    INSTRUMENTS_COUNT = 2,
    EUR = INSTRUMENTS_COUNT, /* asset i is the base of instrument i */
    ASSETS_COUNT,
    PLACED_MAX = 60, /* what is live, when another order is placed */
    LIVE_MAX = 160,  /* with what guards them */
    FILLS_MAX = LIVE_MAX
};
#define CENT (E8 / 100)

extern const char *const MODEL_ASSETS[ASSETS_COUNT];
extern const char *const MODEL_SYMBOLS[INSTRUMENTS_COUNT];

struct naive_order {
    uint32_t number; /* 0: this place is free */
    int account, instrument;
    bool sells, market, ioc, in_book;
    bool guarded;                     /* what it buys will be */
    bool guards;                      /* what was bought: waits, and then sells at market */
    struct uuid id;                   /* of one that guards */
    uint32_t parent;                  /* whose purchases it guards: its number */
    bool decrements;                  /* meeting its own account's order; otherwise that one ends */
    int64_t price, budget, remaining; /* cents, cents, certificates */
    int64_t quantity;                 /* in total */
    bool replacing;                   /* with these terms, once its book has heard of it */
    int64_t new_price, new_quantity;
    int64_t taker_notional, maker_notional, fees;
    int64_t taker_bps, maker_bps;
};

/* What an order that is guarded bought by one event. */
struct purchase {
    struct naive_order order;
    int64_t quantity;
};

/* Of an account, in cents; each of them it may have or not. */
struct naive_limits {
    bool has_order, has_day, has_percent, has_open;
    int64_t order, day, percent, open;
};

/* What there should be. */
struct model {
    struct uuid ids[ACCOUNTS_COUNT];
    int64_t totals[ACCOUNTS_COUNT][ASSETS_COUNT]; /* EUR of a maker: its proceeds */
    int64_t held[ACCOUNTS_COUNT][ASSETS_COUNT];   /* position: certificates */
    int64_t cost_e8[ACCOUNTS_COUNT][ASSETS_COUNT], profit_e8[ACCOUNTS_COUNT][ASSETS_COUNT];
    int64_t deposited[ASSETS_COUNT], house;
    int64_t taker_bps[INSTRUMENTS_COUNT], maker_bps[INSTRUMENTS_COUNT];
    int64_t mark[INSTRUMENTS_COUNT]; /* cents; 0: none yet */
    struct naive_limits limits[ACCOUNTS_COUNT];
    int64_t bought[ACCOUNTS_COUNT];      /* what was authorised today, in cents */
    struct naive_order orders[LIVE_MAX]; /* oldest first among those of equal price */
    struct purchase purchases[LIVE_MAX]; /* of the last event */
    size_t purchases_count;
    size_t trades, self_trades, partial; /* so far */
};

/* An OrderEntered with its arrays. */
struct entering {
    struct fill fills[FILLS_MAX];
    struct resting_fill resting[FILLS_MAX];
    struct prevented prevented[FILLS_MAX];
    struct ended_order ended[FILLS_MAX];
    struct event event;
};

bool model_is_maker(int account);
struct uuid model_order_id(const struct naive_order *order);
/* A place for another order; it fails the test when there is none. */
struct naive_order *model_free_slot(struct model *model);
int model_live_count(const struct model *model);
/* What the order must hold, in cents (a buy) or certificates (a sell). */
int64_t model_hold(const struct naive_order *order);
/* The sum of what the account's orders hold of an asset. */
int64_t model_locked(const struct model *model, int account, int asset);
/* The order with the terms that it is being replaced with. */
struct naive_order model_replaced(const struct naive_order *order);
/* What a buy adds to those of its day; `before`: as it is until then, NULL where it is new. */
int64_t model_added(const struct naive_order *wanted, const struct naive_order *before);
/* The account's limits let it pass; `before` as above, and in the model's orders. */
bool model_risk_allows(const struct model *model, const struct naive_order *wanted,
                       const struct naive_order *before);
/* Matches a live order that arrives at its book: moves both sides and writes the event. */
void model_enter(struct model *model, struct naive_order *incoming, struct entering *ret_entering);
/* The same for one that is there, with the terms it is being replaced with. */
void model_replace(struct model *model, struct naive_order *order, struct entering *ret_entering);

#endif
