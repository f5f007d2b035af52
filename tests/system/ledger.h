/* ledger.h - the ledgers of all partitions as one, and what must be true of them at rest. */
#ifndef SYSTEM_LEDGER_H
#define SYSTEM_LEDGER_H
#include "venue.h"

struct venue_balance {
    int64_t available_e8, locked_e8;
    int64_t due_e8; /* a market maker's proceeds */
};

/* What an account has of an asset; nothing where there is no such account. */
struct venue_balance venue_balance(const struct venue *venue, struct uuid account_id,
                                   struct text asset);
/* What it has in a position. */
int64_t venue_position_e8(const struct venue *venue, struct uuid account_id,
                          struct text instrument);

/* The hold of an order and what remains of it. False: it holds nothing. */
bool venue_hold(const struct venue *venue, struct uuid account_id, struct uuid order_id,
                int64_t *ret_hold_e8, int64_t *ret_remaining_e8);
size_t venue_holds_count(const struct venue *venue);

/* Per asset: what came in is there, to the unit; nothing is in clearing; and per balance what is
 * locked is what its orders hold. */
void venue_check_ledger(const struct venue *venue);

#endif
