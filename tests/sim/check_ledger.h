/* check_ledger.h - the naive ledger: every balance, moved by postings on one side and by what fills
 * and transactions say on the other. Both must come to the same. */
#ifndef SIM_CHECK_LEDGER_H
#define SIM_CHECK_LEDGER_H
#include "check_order.h"

enum check_book { BOOK_ACCOUNT, BOOK_PAYABLE, BOOK_POSITION };

struct check_balance {
    enum check_book book;
    struct uuid account_id;
    struct text asset; /* of a position: the instrument */
    __int128 posted_e8, expected_e8;
    int64_t locked_e8;
    int64_t day; /* on which it last paid for a buy, since 1970; and what the buys of it came to */
    __int128 bought_e8;
    size_t stamp; /* of the event that moved it last */
    struct check_balance *moved;
};

struct check_sum {
    struct text asset;
    __int128 event_e8;    /* of the postings of an event */
    __int128 clearing_e8; /* of the whole log */
    struct check_sum *next;
};

/* What a partition has heard of an instrument's price. */
struct check_price {
    const struct check_instrument *instrument;
    const struct check_item *mark, *last; /* NULL: nothing yet */
    int64_t band_percent_e8;
    struct check_price *next;
};

/* An account's dead man's switch. */
struct check_switch {
    struct uuid account_id;
    int64_t timeout_s, cancel_at; /* 0: it is off */
    struct check_switch *next;
};

/* A position that is to be sold at once, by the clock. */
struct check_close {
    struct uuid account_id, order_id;
    struct text instrument;
    struct check_close *next;
};

/* An option that has expired, as the partition has heard. */
struct check_settlement {
    const struct check_instrument *pair;
    const struct check_item *expired; /* the OptionExpired */
    struct check_settlement *next;
};

/* Who has an account, as far as he is known. */
struct check_person {
    const char *account_status, *kyc_status;
    int64_t level, version; /* of the identity check */
    bool has_profile;
    struct check_document *documents;
    const struct check_item *limits; /* of transfers, his own; NULL: those of the level */
};

struct check_ledger {
    struct check_run *run;
    const struct check_fact *fact; /* at which it stands */
    size_t stamp;
    struct check_map balances;
    struct check_map makers;               /* by id: accounts of market makers */
    struct check_map limits;               /* by account: the SetRiskLimits in force */
    const struct check_item *venue_limits; /* the ChangeVenueRules that the partition adopted */
    struct check_price *prices;            /* of the instruments that the partition knows */
    struct check_balance *moved;           /* by this event */
    size_t orders_moved;                   /* by this event */
    size_t orders_guarded;                 /* by this event */
    struct check_sum *sums;
    struct check_switch *switches; /* of the partition's accounts */
    struct check_close *closes;    /* that are to come in the partition */
    struct check_settlement *settlements;
    struct check_map persons;            /* by account: struct check_person */
    struct check_map methods, transfers; /* by id (check_transfer.c) */
    struct check_transfer *asked;        /* transfers of the partition, the newest first */
    bool marks; /* orders of the partition are to be canceled by the clock, or were */
};

/* Is it the account of the partition whose event it is? */
bool check_is_here(const struct check_ledger *ledger, struct uuid account_id);

/* The balance, marked as one that this event moves. */
struct check_balance *check_balance_at(struct check_ledger *ledger, enum check_book book,
                                       struct uuid account_id, struct text asset);
/* Moves an order's hold to what it is to be, and the lock on its account's balance. */
void check_move_hold(struct check_ledger *ledger, struct check_order *order, int64_t hold_e8);
/* The asset that an order holds. */
struct text check_hold_asset(const struct check_order *order);

/* What FillsSettled and HoldReleased must say, from what they answer. */
bool check_settlement(struct check_ledger *ledger) MUST_CHECK;

/* check_risk.c: where a partition begins; then at an OrderAuthorized, at a ReplaceAuthorized of an
 * order as it was before, at a CommandRejected or what a preview would be refused with, at the
 * preview of an order, or of a replace of `order`, at a RiskLimitsSet, and where a partition adopts
 * rules, prices and instruments. */
void check_risk_begin(struct check_ledger *ledger);
bool check_risk_authorized(struct check_ledger *ledger) MUST_CHECK;
bool check_risk_replaced(struct check_ledger *ledger, const struct check_order *order) MUST_CHECK;
bool check_risk_rejected(struct check_ledger *ledger) MUST_CHECK;
bool check_risk_previewed(struct check_ledger *ledger, const struct check_order *order) MUST_CHECK;
void check_risk_limits(struct check_ledger *ledger);
bool check_venue_rules(struct check_ledger *ledger) MUST_CHECK;
bool check_prices_adopted(struct check_ledger *ledger) MUST_CHECK;
bool check_instrument_adopted(struct check_ledger *ledger) MUST_CHECK;

/* check_close.c: at a PositionsClosing; at whatever comes while a close of one is due; and at the
 * OrderAuthorized of a close, before anything is held for it. */
bool check_positions_closing(struct check_ledger *ledger) MUST_CHECK;
bool check_no_close_due(struct check_ledger *ledger) MUST_CHECK;
bool check_close_authorized(struct check_ledger *ledger,
                            const struct check_order *close) MUST_CHECK;

/* check_option.c: what an OptionSettled must do; at whatever comes while somebody is to be paid;
 * and at rest, where nobody has anything left. True: somebody is to be paid next. */
bool check_option_settled(struct check_ledger *ledger) MUST_CHECK;
bool check_no_payment_due(struct check_ledger *ledger) MUST_CHECK;
bool check_all_paid(struct check_ledger *ledger) MUST_CHECK;
bool check_owes(const struct check_ledger *ledger);

/* check_person.c: who has the account, from its opening on; at what is said of that, and of it. */
struct check_person *check_person_of(struct check_ledger *ledger, struct uuid account_id);
bool check_person_event(struct check_ledger *ledger) MUST_CHECK;

/* check_transfer.c: at events about payment methods, transfers and their limits, before postings
 * and what is said of balances; and at a CommandRejected. */
bool check_method_added(struct check_ledger *ledger) MUST_CHECK;
bool check_method_changed(struct check_ledger *ledger) MUST_CHECK;
bool check_transfer_requested(struct check_ledger *ledger) MUST_CHECK;
bool check_transfer_changed(struct check_ledger *ledger) MUST_CHECK;
bool check_transfer_rejected(struct check_ledger *ledger) MUST_CHECK;
void check_transfer_limits(struct check_ledger *ledger);

/* check_statement.c: at a StatementsIssued. */
bool check_statements_issued(struct check_ledger *ledger) MUST_CHECK;

/* check_cancel.c: the clock is to have the order canceled; at an AccountStatusChanged, a
 * CancelRequested, a CancelAfterSet, and at whatever comes while no switch and no cancel may be
 * due. */
void check_mark(struct check_ledger *ledger, struct check_order *order, const char *reason);
bool check_status_changed(struct check_ledger *ledger) MUST_CHECK;
bool check_no_cancel_due(struct check_ledger *ledger) MUST_CHECK;
bool check_cancel_requested(struct check_ledger *ledger) MUST_CHECK;
bool check_cancel_after_set(struct check_ledger *ledger) MUST_CHECK;
bool check_no_switch_due(struct check_ledger *ledger) MUST_CHECK;

#endif
