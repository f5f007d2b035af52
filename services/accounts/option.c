#include "accounts/option.h"

#include "base/seeded_bug.h"

#include <stdlib.h>
#include <utlist.h>

const struct accounts_asset *accounts_owed_first(const struct accounts_state *state)
{
    const struct accounts_asset *first = NULL;
    for (const struct accounts_asset *at = state->assets; at != NULL; at = at->hh.next) {
        if (at->settlement != NULL && at->settlement->owed != NULL &&
            (first == NULL || text_compare(at->code, first->code) < 0))
            first = at;
    }
    return first;
}

void accounts_settlement_set(struct accounts_asset *asset,
                             const struct accounts_settlement *settlement)
{
    CHECK(asset->settlement == NULL);
    asset->settlement = calloc(1, sizeof *asset->settlement);
    CHECK(asset->settlement != NULL);
    asset->settlement->price_e8 = settlement->price_e8;
    asset->settlement->value_e8 = settlement->value_e8;
    accounts_text_set(&asset->settlement->instrument, settlement->instrument);
}

static struct accounts_owed *owed_new(struct accounts_state *state,
                                      struct accounts_account *account)
{
    struct accounts_owed *owed = calloc(1, sizeof *owed);
    CHECK(owed != NULL);
    owed->account = account;
    state->owed_count++;
    return owed;
}

static void forget(struct accounts_state *state, struct accounts_settlement *settlement,
                   struct accounts_owed *owed)
{
    DL_DELETE(settlement->owed, owed);
    free(owed);
    state->owed_count--;
}

void accounts_settlement_free(struct accounts_asset *asset)
{
    struct accounts_owed *owed, *next;
    if (asset->settlement == NULL)
        return;
    DL_FOREACH_SAFE(asset->settlement->owed, owed, next)
    {
        free(owed);
    }
    accounts_text_set(&asset->settlement->instrument, (struct text){0});
    free(asset->settlement);
    asset->settlement = NULL;
}

static int compare_by_id(const struct accounts_owed *a, const struct accounts_owed *b)
{
    return uuid_compare(a->account->about.id, b->account->about.id);
}

static bool is_owed(const struct accounts_balance *balance)
{
    return balance->available_e8 > 0 && balance->locked_e8 == 0;
}

void accounts_owe_all(struct accounts_state *state)
{
    struct accounts_account *account;
    size_t cursor = 0;
    while ((account = id_table_next(&state->accounts, &cursor)) != NULL) {
        for (uint32_t i = 0; i < account->balances.count; i++) {
            const struct accounts_balance *balance = account->balances.entries[i].thing;
            const struct accounts_asset *asset = accounts_asset(state, balance->asset);
            if (asset == NULL || asset->settlement == NULL || !is_owed(balance))
                continue;
            struct accounts_owed *owed = owed_new(state, account);
            DL_APPEND(asset->settlement->owed, owed);
        }
    }
    for (struct accounts_asset *at = state->assets; at != NULL; at = at->hh.next) {
        if (at->settlement != NULL)
            DL_SORT(at->settlement->owed, compare_by_id);
    }
}

/* Those who were paid are the first of the list, so that looking for one takes few steps. */
static void owe(struct accounts_state *state, struct accounts_settlement *settlement,
                struct accounts_account *account, bool owed)
{
    struct accounts_owed *at = settlement->owed;
    while (at != NULL && uuid_compare(at->account->about.id, account->about.id) < 0)
        at = at->next;
    bool known = at != NULL && at->account == account;
    if (known && !owed)
        forget(state, settlement, at);
    if (known || !owed)
        return;
    struct accounts_owed *new = owed_new(state, account);
    if (at == NULL)
        DL_APPEND(settlement->owed, new);
    else
        DL_PREPEND_ELEM(settlement->owed, at, new);
}

void accounts_owe(struct accounts_state *state, const struct balance_after *balances, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct accounts_asset *asset = accounts_asset(state, balances[i].asset);
        if (asset == NULL || asset->settlement == NULL)
            continue;
        struct accounts_account *account = accounts_account(state, balances[i].account_id);
        owe(state, asset->settlement, account,
            is_owed(accounts_balance(&account->balances, asset->code)));
    }
}

void accounts_settle(struct accounts_state *state, const struct option_settled *settled)
{
    struct accounts_asset *asset = accounts_asset_at(state, settled->asset);
    if (asset->settlement != NULL) {
        accounts_owe(state, settled->balances, settled->balances_count);
        while (SEEDED_BUG(PAYMENT_FORGOTTEN) && asset->settlement->owed != NULL)
            forget(state, asset->settlement, asset->settlement->owed);
        return;
    }
    const struct accounts_settlement settlement = {.instrument = settled->instrument,
                                                   .price_e8 = settled->settlement_price_e8,
                                                   .value_e8 = settled->value_e8};
    CHECK(state->owed_count == 0); /* payments come before any other input */
    accounts_settlement_set(asset, &settlement);
    accounts_owe_all(state);
}
