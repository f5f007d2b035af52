/* notices.h - what the users of accounts are told of them, by `settings`, which hears of it only
 * where a user wants to be told: an order of nobody who does costs nothing.
 */
#ifndef ACCOUNTS_NOTICES_H
#define ACCOUNTS_NOTICES_H
#include "accounts/turn.h"

enum { ACCOUNTS_NOTICES_MAX = 1000 }; /* of one event, so that it stays within its bound (R12) */

/* NoticesAdopted: what settings says that a user wants to hear; and that, once it has. */
void accounts_decide_notices(const struct accounts_turn *turn,
                             const struct notification_settings_changed *changed);
void accounts_apply_notices(struct accounts_state *state, const struct notices_adopted *adopted);
/* Adds what the owner of the order that was settled last wants to hear of it, and touches his
 * partition of settings. `quantity_e8` was traded now, for `notional_e8`. What of an emergency
 * close waits in the book, he is told in any case. */
void accounts_note(const struct accounts_turn *turn, const struct accounts_order *order,
                   int64_t quantity_e8, int64_t notional_e8, struct fills_settled *settled);

/* Of a transfer that has come to its end: its client, where he wants to hear of it. */
void accounts_note_transfer(const struct accounts_turn *turn,
                            const struct accounts_account *account);

#endif
