/* due.h - what the clock brings about in accounts: cancels that did not fit into one event, or that
 * nobody asked for, and dead man's switches.
 *
 * Cancels    one event lists so many orders; those that are left are marked, and follow at once, so
 *            many at a time, without a command. What comes to the account meanwhile is not meant.
 * Guards     of a position that has become flat are marked, too, and go the same way.
 * Switch     a deadline of log time. When it is reached, all open orders go and the switch is off.
 *            Where the ledger notices it much later, it stood still, and its client could not move
 *            the deadline: then the time counts from there anew.
 * Closes     of all positions are one order after the other, at once; so is one of a position with
 *            more open sells than one event names.
 * Cost       one heap over the accounts that wait for time.
 */
#ifndef ACCOUNTS_DUE_H
#define ACCOUNTS_DUE_H
#include "accounts/turn.h"

enum {
    ACCOUNTS_CANCELS_MAX = 1000,    /* orders of one event */
    ACCOUNTS_TIMEOUT_S_MAX = 86400, /* of a dead man's switch */
    ACCOUNTS_SWITCH_LATE_S_MAX = 5  /* noticed later than that, it starts anew */
};

/* Open orders of an account that are meant: all, or where these are given only of an instrument, a
 * side, that are marked for this reason, that come after this id, and that guard. */
struct accounts_selection {
    const struct accounts_account *account;
    bool has_instrument, has_side, has_mark, has_after;
    bool guards; /* only what guards a position */
    struct uuid after;
    struct text instrument;
    enum side side;
    enum end_reason mark;
};
bool accounts_is_meant(const struct accounts_selection *selection,
                       const struct accounts_order *order);

/* Lists the open orders that are meant, by id and `orders_max` at most, and touches their books.
 * Returns how many there are. */
size_t accounts_list_orders(const struct accounts_turn *turn,
                            const struct accounts_selection *selection, size_t orders_max,
                            struct uuid **ret_orders, size_t *ret_count);

/* The account whose orders may be canceled by whoever asks, whatever its status; *ret_own: they are
 * the caller's. NULL: refused. */
const struct accounts_account *accounts_client(const struct accounts_turn *turn, struct uuid id,
                                               bool *ret_own);

/* Commands, and the clock. */
void accounts_decide_cancel_orders(const struct accounts_turn *turn);
void accounts_decide_cancel_after(const struct accounts_turn *turn);
void accounts_decide_close_position(const struct accounts_turn *turn); /* decide_close.c */
void accounts_decide_close_positions(const struct accounts_turn *turn);
void accounts_decide_next_close(const struct accounts_turn *turn,
                                const struct accounts_account *account);
void accounts_decide_time(const struct accounts_turn *turn);

/* Applying: marks the open orders that are meant to be canceled but for those listed, which are
 * being canceled. */
void accounts_mark(struct accounts_state *state, const struct accounts_selection *selection,
                   const struct uuid *listed, size_t listed_count, enum end_reason reason);
/* Marks what guards a position that has become flat: it has nothing to guard. Where the position
 * was flat before, as for whoever sells what was deposited, nothing has come since that guards it.
 */
void accounts_release_guards(struct accounts_state *state, struct uuid account_id,
                             struct text instrument);
/* They are being canceled: no mark is left on them. */
void accounts_unmark(struct accounts_state *state, const struct uuid *listed, size_t listed_count);
/* A position is sold behind the others that are; texts are copied. `add` leaves the account waiting
 * for what it waited for. */
void accounts_close_add(struct accounts_account *account, const struct accounts_close *close);
void accounts_close_next(struct accounts_state *state, struct accounts_account *account,
                         const struct accounts_close *close);
/* The first of them has begun. */
void accounts_close_begun(struct accounts_state *state, struct accounts_account *account);
/* Sets a switch; `cancel_at` 0: off. */
void accounts_set_switch(struct accounts_state *state, struct accounts_account *account,
                         int64_t timeout_s, int64_t cancel_at);
/* Has the account wait for what is due next, or for nothing. `turn`: among those that wait for the
 * same time. */
void accounts_wait(struct accounts_state *state, struct accounts_account *account, uint64_t turn);

#endif
