/* project_entry.h - the double entry of an event as rows of `transactions`. */
#ifndef ACCOUNTS_PROJECT_ENTRY_H
#define ACCOUNTS_PROJECT_ENTRY_H
#include "projection/projection.h"

/* The double entry of an event. Its legs to clients come in the order of what they are about: one
 * for each asset transaction, two (base and quote) for each order that traded; of an option that
 * expired, its contracts and then what they are worth, if anything, for each account. */
struct accounts_entry {
    const struct event *event;
    const struct posting *postings;
    size_t postings_count;
    const struct balance_after *balances; /* sorted by account and asset */
    size_t balances_count;
    const struct asset_transaction *transactions; /* NULL: the legs are of orders */
    const struct settled_order *orders;
    struct text settled;                    /* the option that expired; empty: none did */
    const struct position_after *positions; /* sorted by account, all of one instrument */
    size_t positions_count;
};

/* Adds a row for each posting, of the statement that sets the columns of `transactions`. */
void accounts_project_entry(const struct accounts_entry *entry, int statement, struct rows *rows);

#endif
