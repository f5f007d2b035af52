/* option.h - options that have expired here, and who is still to be paid for one.
 *
 * Worth     the answer to OptionExpired fixes what a contract is worth, and moves nothing.
 * Payment   the clock's next events pay whoever has contracts, so many accounts at a time, by id,
 * at once and before any other input: so each of them has then what it had. Orders    of it that
 * are open or on their way end by their book, and hold contracts until then. Whoever has some on
 * hold is paid when the last of them has come back, in one sum.
 */
#ifndef ACCOUNTS_OPTION_H
#define ACCOUNTS_OPTION_H
#include "accounts/turn.h"

enum { ACCOUNTS_PAID_MAX = 1000 /* accounts of one event */ };

/* An account that has contracts, and none of them on hold. */
struct accounts_owed {
    struct accounts_account *account;
    struct accounts_owed *prev, *next; /* by the account's id */
};

struct accounts_settlement {
    struct text instrument; /* that it was traded by; owned */
    int64_t price_e8;       /* of its underlying */
    int64_t value_e8;       /* of one contract, in the quote of the instrument */
    struct accounts_owed *owed;
};

/* The first option by code that somebody is to be paid for. NULL: none. */
const struct accounts_asset *accounts_owed_first(const struct accounts_state *state);

/* OptionExpired; and the clock, while somebody is owed. */
void accounts_decide_option_expired(const struct accounts_turn *turn,
                                    const struct option_expired *expired);
void accounts_decide_payment(const struct accounts_turn *turn);

/* Applying: the option is worth this, or these were paid. */
void accounts_settle(struct accounts_state *state, const struct option_settled *settled);
/* The balances have changed: whoever has contracts of an expired option that are free now is owed.
 */
void accounts_owe(struct accounts_state *state, const struct balance_after *balances, size_t count);

/* For snapshots. Fixes what an option is worth; texts are copied. Then finds everybody who is owed.
 */
void accounts_settlement_set(struct accounts_asset *asset,
                             const struct accounts_settlement *settlement);
void accounts_owe_all(struct accounts_state *state);
/* Frees the option's settlement; nothing where it has none. */
void accounts_settlement_free(struct accounts_asset *asset);

#endif
