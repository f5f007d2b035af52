#include "accounts/funding.h"

#include "accounts/option.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define FIND(table, key_data, key_size, found) HASH_FIND(hh, table, key_data, key_size, found)

static void *new_zeroed(size_t size)
{
    void *memory = calloc(1, size);
    CHECK(memory != NULL); /* out of memory ends the process, replay brings it back */
    return memory;
}

void accounts_text_set(struct text *owned, struct text text)
{
    char *copy = NULL;
    if (text.size > 0) {
        copy = new_zeroed(text.size);
        memcpy(copy, text.data, text.size);
    }
    free((void *)(uintptr_t)owned->data); /* ours, whatever its type says */
    *owned = (struct text){.data = copy, .size = text.size};
}

static void text_free(struct text *owned)
{
    accounts_text_set(owned, (struct text){0});
}

void *accounts_state_new(const struct place *place)
{
    struct accounts_state *state = new_zeroed(sizeof *state);
    state->place = place;
    approvals_init(&state->approvals, place);
    return state;
}

/* Things that are nothing else than their name and numbers. */
static void named_free(struct text_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        text_free(list->entries[i].thing);
        free(list->entries[i].thing);
    }
    text_list_free(list);
}

static void account_free(struct accounts_account *account)
{
    named_free(&account->balances);
    named_free(&account->proceeds);
    named_free(&account->positions);
    accounts_funding_free(account);
    struct accounts_close *close, *next_close;
    LL_FOREACH_SAFE(account->closes, close, next_close)
    {
        text_free(&close->instrument);
        free(close);
    }
    struct accounts_client_order_id *id = account->client_order_ids;
    HASH_CLEAR(hh, account->client_order_ids);
    for (struct accounts_client_order_id *next; id != NULL; id = next) {
        next = id->hh.next;
        text_free(&id->text);
        free(id);
    }
    text_free(&account->about.reason);
    text_free(&account->maker.name);
    text_free(&account->maker.email);
    text_free(&account->maker.description);
    text_free(&account->maker.password_hash);
    free(account);
}

static void pairs_free(struct accounts_pair *pair)
{
    for (struct accounts_pair *next; pair != NULL; pair = next) {
        next = pair->next;
        text_free(&pair->symbol);
        text_free(&pair->base);
        text_free(&pair->quote);
        free(pair);
    }
}

static void reference_data_free(struct accounts_state *state)
{
    struct accounts_asset *asset = state->assets;
    HASH_CLEAR(hh, state->assets);
    for (struct accounts_asset *next; asset != NULL; asset = next) {
        next = asset->hh.next;
        accounts_settlement_free(asset);
        text_free(&asset->code);
        free(asset);
    }
    struct accounts_instrument *instrument = state->instruments;
    HASH_CLEAR(hh, state->instruments);
    for (struct accounts_instrument *next; instrument != NULL; instrument = next) {
        next = instrument->hh.next;
        pairs_free(instrument->pairs);
        text_free(&instrument->symbol);
        free(instrument);
    }
    struct accounts_shard *shard = state->shards;
    HASH_CLEAR(hh, state->shards);
    for (struct accounts_shard *next; shard != NULL; shard = next) {
        next = shard->hh.next;
        text_free(&shard->asset);
        free(shard);
    }
}

void accounts_state_free(void *opaque)
{
    struct accounts_state *state = opaque;
    if (state == NULL)
        return;
    size_t cursor = 0;
    for (void *order; (order = id_table_next(&state->orders, &cursor)) != NULL;)
        free(order);
    id_table_free(&state->orders);
    id_table_free(&state->siblings);
    id_table_free(&state->transfers);
    accounts_transfer_ids_free(state);
    heap_free(&state->due);
    staff_free(&state->staff);
    approvals_free(&state->approvals);
    HASH_CLEAR(hh_user, state->by_user);
    cursor = 0;
    for (void *account; (account = id_table_next(&state->accounts, &cursor)) != NULL;)
        account_free(account);
    id_table_free(&state->accounts);
    reference_data_free(state);
    free(state);
}

struct accounts_asset *accounts_asset(const struct accounts_state *state, struct text code)
{
    struct accounts_asset *asset;
    FIND(state->assets, code.data, code.size, asset);
    return asset;
}

struct accounts_asset *accounts_asset_at(struct accounts_state *state, struct text code)
{
    struct accounts_asset *asset = accounts_asset(state, code);
    if (asset != NULL)
        return asset;
    asset = new_zeroed(sizeof *asset);
    accounts_text_set(&asset->code, code);
    HASH_ADD_KEYPTR(hh, state->assets, asset->code.data, asset->code.size, asset);
    return asset;
}

struct accounts_instrument *accounts_instrument(const struct accounts_state *state,
                                                struct text symbol)
{
    struct accounts_instrument *instrument;
    FIND(state->instruments, symbol.data, symbol.size, instrument);
    return instrument;
}

struct accounts_instrument *accounts_instrument_at(struct accounts_state *state, struct text symbol)
{
    struct accounts_instrument *instrument = accounts_instrument(state, symbol);
    if (instrument != NULL)
        return instrument;
    instrument = new_zeroed(sizeof *instrument);
    accounts_text_set(&instrument->symbol, symbol);
    HASH_ADD_KEYPTR(hh, state->instruments, instrument->symbol.data, instrument->symbol.size,
                    instrument);
    return instrument;
}

bool accounts_price(const struct accounts_instrument *instrument, int64_t *ret_price_e8)
{
    if (instrument->has_mark_price)
        *ret_price_e8 = instrument->mark_price_e8;
    else if (instrument->has_last_price)
        *ret_price_e8 = instrument->last_price_e8;
    return instrument->has_mark_price || instrument->has_last_price;
}

static bool pair_is(const struct accounts_pair *pair, struct text base, struct text quote,
                    int32_t quote_scale)
{
    return pair->quote_scale == quote_scale && text_equal(pair->base, base) &&
           text_equal(pair->quote, quote);
}

const struct accounts_pair *accounts_pair_at(struct accounts_instrument *instrument,
                                             struct text base, struct text quote,
                                             int32_t quote_scale)
{
    for (struct accounts_pair *pair = instrument->pairs; pair != NULL; pair = pair->next) {
        if (pair_is(pair, base, quote, quote_scale))
            return pair;
    }
    struct accounts_pair *pair = new_zeroed(sizeof *pair);
    accounts_text_set(&pair->symbol, instrument->symbol);
    accounts_text_set(&pair->base, base);
    accounts_text_set(&pair->quote, quote);
    pair->quote_scale = quote_scale;
    pair->next = instrument->pairs;
    instrument->pairs = pair;
    return pair;
}

struct accounts_account *accounts_account(const struct accounts_state *state, struct uuid id)
{
    return id_table_find(&state->accounts, id);
}

struct accounts_account *accounts_account_of(const struct accounts_state *state,
                                             struct uuid user_id)
{
    struct accounts_account *account;
    HASH_FIND(hh_user, state->by_user, &user_id, sizeof user_id, account);
    return account;
}

struct accounts_account *accounts_account_add(struct accounts_state *state,
                                              const struct ledger_account *about)
{
    CHECK(accounts_account(state, about->id) == NULL);
    struct accounts_account *account = new_zeroed(sizeof *account);
    accounts_account_set(account, about);
    account->limits_version = 1;
    account->transfer_limits_version = 1;
    account->tells = ACCOUNTS_TELLS_TRANSFERS;
    id_table_add(&state->accounts, account);
    if (about->has_user_id)
        HASH_ADD(hh_user, state->by_user, about.user_id, sizeof account->about.user_id, account);
    return account;
}

void accounts_account_set(struct accounts_account *account, const struct ledger_account *about)
{
    struct text reason = account->about.reason;
    accounts_text_set(&reason, about->has_reason ? about->reason : (struct text){0});
    account->about = *about;
    account->about.reason = reason;
}

void accounts_maker_set(struct accounts_account *account, const struct market_maker *maker)
{
    struct market_maker *own = &account->maker;
    struct text name = own->name, email = own->email;
    struct text description = own->description, password_hash = own->password_hash;
    accounts_text_set(&name, maker->name);
    accounts_text_set(&email, maker->email);
    accounts_text_set(&description, maker->description);
    accounts_text_set(&password_hash, maker->password_hash);
    *own = *maker;
    own->name = name;
    own->email = email;
    own->description = description;
    own->password_hash = password_hash;
}

const struct accounts_balance *accounts_balance(const struct text_list *list, struct text asset)
{
    static const struct accounts_balance nothing;
    const struct accounts_balance *balance = text_list_find(list, asset);
    return balance != NULL ? balance : &nothing;
}

struct accounts_balance *accounts_balance_at(struct text_list *list, struct text asset)
{
    struct accounts_balance *balance = text_list_find(list, asset);
    if (balance != NULL)
        return balance;
    balance = new_zeroed(sizeof *balance);
    accounts_text_set(&balance->asset, asset);
    text_list_add(list, balance);
    return balance;
}

const struct accounts_position *accounts_position(const struct accounts_account *account,
                                                  struct text instrument)
{
    static const struct accounts_position nothing;
    const struct accounts_position *position = text_list_find(&account->positions, instrument);
    return position != NULL ? position : &nothing;
}

struct accounts_position *accounts_position_at(struct accounts_account *account,
                                               struct text instrument)
{
    struct accounts_position *position = text_list_find(&account->positions, instrument);
    if (position != NULL)
        return position;
    position = new_zeroed(sizeof *position);
    accounts_text_set(&position->instrument, instrument);
    text_list_add(&account->positions, position);
    return position;
}

struct accounts_shard *accounts_shard_at(struct accounts_state *state, struct text asset)
{
    struct accounts_shard *shard;
    FIND(state->shards, asset.data, asset.size, shard);
    if (shard != NULL)
        return shard;
    shard = new_zeroed(sizeof *shard);
    accounts_text_set(&shard->asset, asset);
    HASH_ADD_KEYPTR(hh, state->shards, shard->asset.data, shard->asset.size, shard);
    return shard;
}

bool accounts_knows_client_order_id(const struct accounts_account *account, struct text text)
{
    struct accounts_client_order_id *id;
    FIND(account->client_order_ids, text.data, text.size, id);
    return id != NULL;
}

void accounts_client_order_id_add(struct accounts_account *account, struct text text)
{
    CHECK(!accounts_knows_client_order_id(account, text));
    struct accounts_client_order_id *id = new_zeroed(sizeof *id);
    accounts_text_set(&id->text, text);
    HASH_ADD_KEYPTR(hh, account->client_order_ids, id->text.data, id->text.size, id);
}
