/* apply.h - what the files that apply events share. */
#ifndef ACCOUNTS_APPLY_H
#define ACCOUNTS_APPLY_H
#include "accounts/state.h"

/* A double entry, whose sums it CHECKs; then the balances behind it, which it CHECKs against it. */
void accounts_apply_postings(struct accounts_state *state, const struct posting *postings,
                             size_t count);
void accounts_apply_balances(struct accounts_state *state, const struct balance_after *balances,
                             size_t count);

#endif
