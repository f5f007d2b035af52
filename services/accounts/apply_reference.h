/* apply_reference.h - what the ledger knows of assets, instruments and prices, and begins with. */
#ifndef ACCOUNTS_APPLY_REFERENCE_H
#define ACCOUNTS_APPLY_REFERENCE_H
#include "accounts/state.h"

void accounts_apply_asset(struct accounts_state *state, const struct asset *asset);
void accounts_apply_instrument(struct accounts_state *state, const struct instrument *instrument);
void accounts_apply_prices(struct accounts_state *state, const struct prices_adopted *adopted);
/* The log begins: what is there from the start, and the months to state. */
void accounts_apply_log_created(struct accounts_state *state, int64_t now_us);

#endif
