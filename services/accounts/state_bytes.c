/* The state as bytes; state_load.c reads them back. Everything goes out sorted, so that equal
 * states give equal bytes; what can be worked out from the rest (incoming_e8) does not go out. */
#include "accounts/due.h"
#include "accounts/funding.h"
#include "accounts/option.h"
#include "accounts/statement.h"

#include <stdlib.h>
#include <utlist.h>

/* Something to write, under what it is sorted by. */
struct entry {
    struct text key;
    const void *item;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return text_compare(left->key, right->key);
}

/* All of a hash table, sorted by `key_of` each item, for the caller to free(). */
#define SORTED(table, type, key_of, ret_entries)                                                   \
    do {                                                                                           \
        size_t sorted_count = 0;                                                                   \
        (ret_entries) = calloc(HASH_COUNT(table) + 1, sizeof(struct entry));                       \
        CHECK((ret_entries) != NULL);                                                              \
        for (const type *item = (table); item != NULL; item = item->hh.next)                       \
            (ret_entries)[sorted_count++] = (struct entry){key_of, item};                          \
        qsort((ret_entries), sorted_count, sizeof(struct entry), compare_entries);                 \
    } while (0)

static void put_amount(struct buffer *buffer, int64_t amount_e8)
{
    pack_u64(buffer, (uint64_t)amount_e8);
}

static void put_wide(struct buffer *buffer, __int128 amount_e8)
{
    pack_u64(buffer, (uint64_t)((unsigned __int128)amount_e8 >> 64));
    pack_u64(buffer, (uint64_t)amount_e8);
}

static void put_text(struct buffer *buffer, struct text text)
{
    pack_u64(buffer, text.size);
    buffer_text(buffer, text);
}

static void save_settlement(const struct accounts_settlement *settlement, struct buffer *buffer)
{
    pack_u64(buffer, settlement != NULL);
    if (settlement == NULL)
        return;
    put_text(buffer, settlement->instrument);
    put_amount(buffer, settlement->price_e8);
    put_amount(buffer, settlement->value_e8);
}

static void save_reference_data(const struct accounts_state *state, struct buffer *buffer)
{
    struct entry *entries;
    pack_u64(buffer, HASH_COUNT(state->assets));
    SORTED(state->assets, struct accounts_asset, item->code, entries);
    for (size_t i = 0; i < HASH_COUNT(state->assets); i++) {
        const struct accounts_asset *asset = entries[i].item;
        put_text(buffer, asset->code);
        pack_u64(buffer, (uint64_t)asset->kind);
        pack_u64(buffer, (uint64_t)asset->scale);
        put_amount(buffer, asset->expires_at);
        save_settlement(asset->settlement, buffer);
    }
    free(entries);
    pack_u64(buffer, HASH_COUNT(state->instruments));
    SORTED(state->instruments, struct accounts_instrument, item->symbol, entries);
    for (size_t i = 0; i < HASH_COUNT(state->instruments); i++) {
        const struct accounts_instrument *instrument = entries[i].item;
        put_text(buffer, instrument->symbol);
        put_text(buffer, instrument->pair->base);
        put_text(buffer, instrument->pair->quote);
        pack_u64(buffer, (uint64_t)instrument->pair->quote_scale);
        put_amount(buffer, instrument->maker_fee_bps);
        put_amount(buffer, instrument->taker_fee_bps);
        put_amount(buffer, instrument->price_band_percent_e8);
        pack_u64(buffer, instrument->has_mark_price);
        put_amount(buffer, instrument->mark_price_e8);
        pack_u64(buffer, instrument->has_last_price);
        put_amount(buffer, instrument->last_price_e8);
    }
    free(entries);
}

static void save_shards(const struct accounts_state *state, struct buffer *buffer)
{
    struct entry *entries;
    pack_u64(buffer, HASH_COUNT(state->shards));
    SORTED(state->shards, struct accounts_shard, item->asset, entries);
    for (size_t i = 0; i < HASH_COUNT(state->shards); i++) {
        const struct accounts_shard *shard = entries[i].item;
        put_text(buffer, shard->asset);
        put_wide(buffer, shard->clearing_e8);
        put_wide(buffer, shard->house_e8);
        put_wide(buffer, shard->external_e8);
    }
    free(entries);
}

static void save_balances(const struct text_list *list, struct buffer *buffer)
{
    pack_u64(buffer, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct accounts_balance *balance = list->entries[i].thing;
        put_text(buffer, balance->asset);
        put_amount(buffer, balance->available_e8);
        put_amount(buffer, balance->locked_e8);
        put_amount(buffer, balance->day_us);
        put_amount(buffer, balance->bought_e8);
    }
}

static void save_positions(const struct text_list *list, struct buffer *buffer)
{
    pack_u64(buffer, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct accounts_position *position = list->entries[i].thing;
        put_text(buffer, position->instrument);
        put_amount(buffer, position->quantity_e8);
        put_amount(buffer, position->cost_e8);
        put_amount(buffer, position->realised_pnl_e8);
    }
}

static void save_client_order_ids(const struct accounts_account *account, struct buffer *buffer)
{
    struct entry *entries;
    pack_u64(buffer, HASH_COUNT(account->client_order_ids));
    SORTED(account->client_order_ids, struct accounts_client_order_id, item->text, entries);
    for (size_t i = 0; i < HASH_COUNT(account->client_order_ids); i++)
        put_text(buffer, entries[i].key);
    free(entries);
}

/* What it guards, and what is to guard its fills. */
static void save_guard(const struct accounts_order *order, struct buffer *buffer)
{
    pack_u64(buffer, order->guards);
    pack_u64(buffer, order->has_sibling);
    buffer_append(buffer, order->sibling.id.bytes, sizeof order->sibling.id.bytes);
    pack_u64(buffer, order->has_guard);
    buffer_append(buffer, order->guard_id.bytes, sizeof order->guard_id.bytes);
    pack_u64(buffer, order->has_stop_loss_price);
    put_amount(buffer, order->stop_loss_price_e8);
    pack_u64(buffer, order->has_take_profit_price);
    put_amount(buffer, order->take_profit_price_e8);
}

static void save_orders(const struct accounts_account *account, struct buffer *buffer)
{
    struct accounts_order **orders = accounts_orders_sorted(account);
    pack_u64(buffer, account->orders_count);
    for (size_t i = 0; i < account->orders_count; i++) {
        const struct accounts_order *order = orders[i];
        buffer_append(buffer, order->id.bytes, sizeof order->id.bytes);
        put_text(buffer, order->pair->symbol);
        put_text(buffer, order->pair->base);
        put_text(buffer, order->pair->quote);
        pack_u64(buffer, (uint64_t)order->pair->quote_scale);
        pack_u64(buffer, (uint64_t)order->side);
        pack_u64(buffer, order->has_limit_price);
        put_amount(buffer, order->limit_price_e8);
        put_amount(buffer, order->max_notional_e8);
        save_guard(order, buffer);
        put_amount(buffer, order->maker_fee_bps);
        put_amount(buffer, order->taker_fee_bps);
        pack_u64(buffer, order->in_book);
        put_amount(buffer, order->quantity_e8);
        put_amount(buffer, order->remaining_quantity_e8);
        put_amount(buffer, order->taker_notional_e8);
        put_amount(buffer, order->maker_notional_e8);
        put_amount(buffer, order->fees_e8);
        put_amount(buffer, order->hold_e8);
        pack_u64(buffer, order->replacing);
        if (order->replacing)
            wire_encode(&WIRE_ORDER_TERMS, &order->wanted, buffer);
        pack_u64(buffer, order->marked);
        pack_u64(buffer, (uint64_t)order->mark);
    }
    free(orders);
}

static void save_closes(const struct accounts_account *account, struct buffer *buffer)
{
    size_t count;
    const struct accounts_close *close;
    LL_COUNT(account->closes, close, count);
    pack_u64(buffer, count);
    LL_FOREACH(account->closes, close)
    {
        put_text(buffer, close->instrument);
        buffer_append(buffer, close->order_id.bytes, sizeof close->order_id.bytes);
        pack_u64(buffer, close->has_after);
        buffer_append(buffer, close->after.bytes, sizeof close->after.bytes);
    }
}

static int compare_accounts(const void *a, const void *b)
{
    const struct accounts_account *const *left = a, *const *right = b;
    return uuid_compare((*left)->about.id, (*right)->about.id);
}

/* All accounts by id, for the caller to free(). */
static const struct accounts_account **accounts_sorted(const struct accounts_state *state)
{
    const struct accounts_account **sorted = calloc(state->accounts.count + 1, sizeof *sorted);
    CHECK(sorted != NULL);
    size_t count = 0, cursor = 0;
    const struct accounts_account *account;
    while ((account = id_table_next(&state->accounts, &cursor)) != NULL)
        sorted[count++] = account;
    qsort(sorted, count, sizeof *sorted, compare_accounts);
    return sorted;
}

void accounts_save(const void *opaque, struct buffer *buffer)
{
    const struct accounts_state *state = opaque;
    buffer_byte(buffer, ACCOUNTS_FORMAT_VERSION);
    wire_encode(&WIRE_RISK_LIMITS, &state->venue_limits, buffer);
    staff_save(&state->staff, buffer);
    approvals_save(&state->approvals, buffer);
    save_reference_data(state, buffer);
    save_shards(state, buffer);
    accounts_calendar_save(&state->calendar, buffer);
    pack_u64(buffer, state->turns);
    pack_u64(buffer, state->accounts.count);
    const struct accounts_account **accounts = accounts_sorted(state);
    for (size_t i = 0; i < state->accounts.count; i++) {
        const struct accounts_account *account = accounts[i];
        wire_encode(&WIRE_LEDGER_ACCOUNT, &account->about, buffer);
        if (account->about.kind == ACCOUNT_KIND_MARKET_MAKER)
            wire_encode(&WIRE_MARKET_MAKER, &account->maker, buffer);
        wire_encode(&WIRE_RISK_LIMITS, &account->limits, buffer);
        put_amount(buffer, account->limits_version);
        save_balances(&account->balances, buffer);
        save_balances(&account->proceeds, buffer);
        save_positions(&account->positions, buffer);
        save_client_order_ids(account, buffer);
        save_orders(account, buffer);
        save_closes(account, buffer);
        accounts_client_save(account, buffer);
        put_amount(buffer, account->timeout_s);
        put_amount(buffer, account->cancel_at);
        pack_u64(buffer, account->due.place > 0 ? account->due.turn : 0);
    }
    free(accounts);
    accounts_transfer_ids_save(state, buffer);
}
