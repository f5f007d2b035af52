/* state.h - one partition of the ledger: accounts, balances, holds, positions, internal shards.
 *
 * Invariants (apply.c CHECKs them, tests/model holds them against a naive ledger)
 *   - available_e8 >= 0 and locked_e8 >= 0 in every balance, and so in every sum due to a maker
 *   - per asset: balances + proceeds + clearing + house + external = 0
 *   - locked_e8 of a balance = sum of hold_e8 of its account's open orders in that asset, and of
 * its withdrawals that are under way
 *   - an order is here while it is open; one that ended holds nothing and is gone
 * Shape    hash tables by id or code; per account lists sorted by name. Whoever needs an
 *          order (state_bytes.c, the list of a maker's orders) sorts by id: nothing depends on
 *          hash order.
 * Owner    texts in here are copies that the state owns.   Thread   one owner, no locks.
 */
#ifndef ACCOUNTS_STATE_H
#define ACCOUNTS_STATE_H
#include "accounts/accounts.h"
#include "base/heap.h"
#include "base/id_table.h"
#include "base/table.h"
#include "base/text_list.h"
#include "decision/approval.h"

/* No balance may be made to pass this, so that no sum of two overflows. */
#define ACCOUNTS_AMOUNT_MAX_E8 (INT64_C(1) << 62)

enum {
    ACCOUNTS_FORMAT_VERSION = 15, /* of the state as bytes */
    ACCOUNTS_CLIENT_ORDER_ID_MAX = 64,
    ACCOUNTS_OPEN_ORDERS_MAX = 25000, /* of one account: one event can tell of all of them (R12) */
    ACCOUNTS_KYC_LEVEL_MAX = 3
};

struct accounts_asset {
    struct text code;
    enum asset_kind kind;
    int32_t scale;
    int64_t expires_at;                     /* of an option; 0: never */
    struct accounts_settlement *settlement; /* option.h; NULL: it has not expired here */
    UT_hash_handle hh;
};

/* What an instrument trades. Never changes, and lives as long as the state: orders point to it. */
struct accounts_pair {
    struct text symbol, base, quote;
    int32_t quote_scale;
    struct accounts_pair *next; /* in instrument->pairs */
};

/* What the ledger has to know of an instrument; the rest is the book's. */
struct accounts_instrument {
    struct text symbol;
    struct accounts_pair *pairs;      /* all it ever had */
    const struct accounts_pair *pair; /* the one it has now */
    int32_t maker_fee_bps, taker_fee_bps;
    int64_t price_band_percent_e8;
    bool has_mark_price, has_last_price;
    int64_t mark_price_e8, last_price_e8;
    UT_hash_handle hh;
};

/* A balance; or what is due to a market maker, where nothing is ever locked. */
struct accounts_balance {
    struct text asset;
    int64_t available_e8;
    int64_t locked_e8;
    int64_t incoming_e8; /* what the open orders of the account may still bring in */
    int64_t day_us;      /* of the last buy that it pays for: 00:00 UTC */
    int64_t bought_e8;   /* what the buys of that day were authorised for; INT64_MAX: or more */
};

struct accounts_position {
    struct text instrument;
    int64_t quantity_e8;
    int64_t cost_e8; /* of the quantity, weighted average, without fees */
    int64_t realised_pnl_e8;
};

/* The text itself and not, as protocol.md R13 has it, a 16-byte hash: decide is pure and links no
 * cryptography, and a hash without a key would let a client make collisions. */
struct accounts_client_order_id {
    struct text text;
    UT_hash_handle hh;
};

struct accounts_order;

/* A position that is sold at once, next (due.h). */
struct accounts_close {
    struct text instrument;
    struct uuid order_id;
    bool has_after; /* it goes on: takes the place of the sells whose ids come after this one */
    struct uuid after;
    struct accounts_close *next;
};

/* What an account tells its user of (notices.h). */
enum accounts_tells { ACCOUNTS_TELLS_FILLS = 1, ACCOUNTS_TELLS_TRANSFERS = 2 };

struct accounts_account {
    struct ledger_account about; /* first, as its id is: id_table.h */
    struct text_list balances;   /* struct accounts_balance */
    struct text_list positions;  /* struct accounts_position */
    struct text_list proceeds;   /* of kind market_maker only: its market_maker_payable */
    struct market_maker maker;   /* of kind market_maker only */
    struct risk_limits limits;   /* what it does not name is the venue's */
    int64_t limits_version;      /* from 1 */
    struct accounts_client_order_id *client_order_ids;
    struct accounts_order *orders; /* open ones, in no order */
    size_t orders_count;
    size_t guards_count;                 /* of them, those that guard a position */
    size_t marked_count;                 /* of them, to be canceled: due.h */
    struct accounts_close *closes;       /* in the order in which they come */
    int64_t timeout_s;                   /* of its dead man's switch */
    int64_t cancel_at;                   /* when that is due; 0: it is off */
    uint8_t tells;                       /* its user: bits of enum accounts_tells */
    struct heap_node due;                /* while it waits for time */
    struct kyc_review kyc;               /* of its user; version 0: nothing yet */
    struct accounts_document *documents; /* funding.h, as the next */
    struct accounts_method *methods;     /* funding.h, as the next; of kind trading only */
    int64_t allow_list_shortened_at;     /* last; 0: nothing has left it */
    struct accounts_transfer *transfers; /* open ones */
    size_t transfers_count;
    struct accounts_use *uses;
    struct transfer_limits transfer_limits; /* what it does not name goes by the level */
    int64_t transfer_limits_version;        /* from 1 */
    UT_hash_handle hh_user;                 /* of kind trading */
};

/* The other id of an order that is a pair. */
struct accounts_sibling {
    struct uuid id; /* first: id_table.h */
    struct accounts_order *order;
};

/* An open order and its hold; or a pair of which one cancels the other, which share it. */
struct accounts_order {
    struct uuid id; /* first: id_table.h */
    struct accounts_account *account;
    const struct accounts_pair *pair; /* as it was when the order was authorised */
    enum side side;
    bool has_limit_price; /* otherwise a buy has a budget */
    bool guards;          /* what a purchase filled; a pair where it has a sibling */
    bool has_sibling;
    struct accounts_sibling sibling;
    bool has_guard; /* an order or pair guards what it has filled, and perhaps still waits */
    struct uuid guard_id;
    bool has_stop_loss_price, has_take_profit_price; /* of what is to guard its fills */
    int64_t stop_loss_price_e8, take_profit_price_e8;
    bool in_book; /* from here on it can only be the maker of a trade */
    int64_t limit_price_e8;
    int64_t max_notional_e8; /* of a buy without a limit; of a close: the most that it may bring */
    int32_t maker_fee_bps, taker_fee_bps; /* frozen */
    int64_t quantity_e8;                  /* in total */
    int64_t remaining_quantity_e8;
    int64_t taker_notional_e8, maker_notional_e8; /* filled while it came in, while it rested */
    int64_t fees_e8;
    int64_t hold_e8;
    bool replacing;            /* its book has not answered a replace yet: see accounts_hold() */
    struct order_terms wanted; /* by the replace */
    bool marked;               /* to be canceled, with others: due.h */
    enum end_reason mark;      /* why */
    struct accounts_order *prev, *next; /* in account->orders */
};

/* The internal accounts of this partition in one asset, or what a journal adds to them. */
struct accounts_shard {
    struct text asset;
    __int128 clearing_e8;
    __int128 house_e8;
    __int128 external_e8;
    struct accounts_shard *next; /* in a journal, sorted by asset */
    UT_hash_handle hh;           /* in the state */
};

/* Whose statements the clock brings about next (statement.h). */
struct accounts_calendar {
    int64_t due_us;           /* 0: the log has not begun */
    enum statement_kind kind; /* monthly, or tax_year */
    int64_t from_us;          /* of the time that it is about */
    bool has_after;
    struct uuid after; /* the accounts up to this one have theirs */
};

struct accounts_state {
    const struct place *place;
    struct accounts_calendar calendar;
    struct risk_limits venue_limits;
    struct staff staff;
    struct approvals approvals; /* what waits for a second person, and the rules for it */
    struct accounts_asset *assets;
    struct accounts_instrument *instruments;
    struct id_table accounts;         /* struct accounts_account */
    struct accounts_account *by_user; /* those that have one */
    struct id_table orders;
    struct id_table siblings;      /* of pairs, by their other id */
    struct id_table transfers;     /* open ones */
    struct id_table transfer_ids;  /* of all there ever were: no id is used again */
    struct accounts_shard *shards; /* by asset */
    struct heap due;               /* accounts that wait for time */
    size_t owed_count;             /* accounts to be paid for an option that has expired */
    uint64_t turns;                /* counts how often one began to */
};

/* Looking up: NULL where there is none. */
struct accounts_asset *accounts_asset(const struct accounts_state *state, struct text code);
struct accounts_instrument *accounts_instrument(const struct accounts_state *state,
                                                struct text symbol);
struct accounts_account *accounts_account(const struct accounts_state *state, struct uuid id);
/* A user's account: it is where the user's id places it. */
struct accounts_account *accounts_account_of(const struct accounts_state *state,
                                             struct uuid user_id);
/* The order, or the pair that has this id as either of its two. */
struct accounts_order *accounts_order(const struct accounts_state *state, struct uuid id);
bool accounts_knows_client_order_id(const struct accounts_account *account, struct text text);
/* What an instrument costs: its mark where the venue feeds one in, else what it last traded at, as
 * far as the ledger has heard. False: neither is known, and *ret_price_e8 is untouched. */
bool accounts_price(const struct accounts_instrument *instrument, int64_t *ret_price_e8);

/* Reading: what is not there is all zero, and static. */
const struct accounts_balance *accounts_balance(const struct text_list *list, struct text asset);
const struct accounts_position *accounts_position(const struct accounts_account *account,
                                                  struct text instrument);

/* What there is of that name, made all zero where there is none. */
struct accounts_asset *accounts_asset_at(struct accounts_state *state, struct text code);
struct accounts_instrument *accounts_instrument_at(struct accounts_state *state,
                                                   struct text symbol);
struct accounts_balance *accounts_balance_at(struct text_list *list, struct text asset);
struct accounts_position *accounts_position_at(struct accounts_account *account,
                                               struct text instrument);
struct accounts_shard *accounts_shard_at(struct accounts_state *state, struct text asset);

/* A pair of an instrument, made where there is none; texts are copied. */
const struct accounts_pair *accounts_pair_at(struct accounts_instrument *instrument,
                                             struct text base, struct text quote,
                                             int32_t quote_scale);

/* Adding. CHECKs that it is new; texts of what is given are copied. */
struct accounts_account *accounts_account_add(struct accounts_state *state,
                                              const struct ledger_account *about);
struct accounts_order *accounts_order_add(struct accounts_state *state,
                                          const struct accounts_order *order);
void accounts_client_order_id_add(struct accounts_account *account, struct text text);
/* Takes an order that ended out of the state and frees it. */
void accounts_order_remove(struct accounts_state *state, struct accounts_order *order);

/* Gives the account these facts; texts are copied and the former ones freed. */
void accounts_account_set(struct accounts_account *account, const struct ledger_account *about);
void accounts_maker_set(struct accounts_account *account, const struct market_maker *maker);
/* Makes *owned, a text of the state, a copy of `text`. */
void accounts_text_set(struct text *owned, struct text text);

/* Counts what an open order may bring in into, or out of, its account's incoming_e8. Around every
 * change of an order: out, change, in. */
void accounts_expect(struct accounts_order *order);
void accounts_expect_no_more(struct accounts_order *order);

/* The account's open orders, sorted by id, for the caller to free(). NULL: there are none. */
struct accounts_order **accounts_orders_sorted(const struct accounts_account *account);

/* An order's hold: a sell's is its quantity; a buy's is what remains at its limit, or its budget,
 * plus fees at the higher of its two rates until it is in the book, then at the maker's. The fee
 * on everything is rounded up and what was charged already taken off, so that no way of filling
 * can cost more. While it is being replaced it holds enough for both: for its new terms, and for
 * being filled by its old ones, then filled up by the new. ERR_RANGE: more than 64 bits. */
enum err accounts_hold(const struct accounts_order *order, int64_t *ret_hold_e8) MUST_CHECK;
/* Its terms as they are, but for those that are given. */
struct order_terms accounts_terms_wanted(const struct accounts_order *order, bool has_quantity,
                                         int64_t quantity_e8, bool has_limit_price,
                                         int64_t limit_price_e8);
/* The order with other terms: what remains of it moves with its total, and is 0 where that is
 * filled already. */
struct accounts_order accounts_with_terms(const struct accounts_order *order,
                                          const struct order_terms *terms);
/* Whether these terms only lower its quantity, by which it stays where it is in its book. */
bool accounts_keeps_place(const struct accounts_order *order, const struct order_terms *terms);
/* What it holds: a sell the base, a buy the quote. */
struct text accounts_hold_asset(const struct accounts_order *order);
/* What it may still bring in, and in which asset; a sell without a limit counts as nothing, a close
 * whose book has not answered as what it may leave. The same goes for one that is being replaced.
 * ERR_RANGE: more than 64 bits. */
enum err accounts_incoming(const struct accounts_order *order, struct text *ret_asset,
                           int64_t *ret_amount_e8) MUST_CHECK;

#endif
