/* journal.h - the double entry of one decision, being collected: postings and what is behind them.
 *
 * Postings to client accounts and to makers' proceeds stand in the order they were made; those to
 * the internal accounts are netted per asset and follow them. Balances come sorted by account and
 * asset, one each. Everything is in the arena; the state is only read.
 *
 * Bounds   nothing that comes in can be refused here, and no balance passes 64 bits: what does not
 *          fit is kept from its leg, and is the house's.
 */
#ifndef ACCOUNTS_JOURNAL_H
#define ACCOUNTS_JOURNAL_H
#include "accounts/state.h"

struct accounts_change; /* what a balance gains and what of it becomes locked */

struct accounts_journal {
    struct arena *arena;
    struct accounts_change *changes;
    size_t changes_count, changes_max;
    struct accounts_shard *internal; /* sums by asset, sorted */

    struct posting *postings;
    size_t postings_count, postings_max;
    struct balance_after *balances; /* from accounts_journal_close() on, as proceeds */
    size_t balances_count;
    struct proceeds_after *proceeds;
    size_t proceeds_count;
};

/* Makes an empty journal for at most `changes_max` changes of balances and proceeds. */
void accounts_journal_init(struct accounts_journal *journal, struct arena *arena,
                           size_t changes_max);
/* The account gets `amount_e8`, and `locked_e8` more of its balance is locked; either may be zero
 * or below. */
void accounts_journal_move(struct accounts_journal *journal, const struct accounts_account *account,
                           struct text asset, int64_t amount_e8, int64_t locked_e8);
/* `locked_e8` more of the balance is locked; nothing is posted. */
void accounts_journal_lock(struct accounts_journal *journal, const struct accounts_account *account,
                           struct text asset, int64_t locked_e8);
/* `amount_e8` more is due to the market maker. */
void accounts_journal_due(struct accounts_journal *journal, const struct accounts_account *maker,
                          struct text asset, int64_t amount_e8);
/* An internal account gets `amount_e8`. CHECKs that `book` is one. */
void accounts_journal_internal(struct accounts_journal *journal, enum ledger_book book,
                               struct text asset, int64_t amount_e8);
/* Adds the internal postings and works out the balances behind all of it. */
void accounts_journal_close(struct accounts_journal *journal);

#endif
