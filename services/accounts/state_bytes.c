/* The state as bytes and back: sorted, and without what can be worked out (incoming_e8). */
#include "accounts/due.h"
#include "accounts/funding.h"
#include "accounts/option.h"

#include <stdlib.h>
#include <utlist.h>

enum { FORMAT_VERSION = 9, SCRATCH_MAX = 1 << 16 };

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
    size_t count;
    const struct accounts_shard *shard;
    LL_COUNT(state->shards, shard, count);
    pack_u64(buffer, count);
    LL_FOREACH(state->shards, shard)
    {
        put_text(buffer, shard->asset);
        put_wide(buffer, shard->clearing_e8);
        put_wide(buffer, shard->house_e8);
        put_wide(buffer, shard->external_e8);
    }
}

static void save_balances(const struct accounts_balance *list, struct buffer *buffer)
{
    size_t count;
    const struct accounts_balance *balance;
    LL_COUNT(list, balance, count);
    pack_u64(buffer, count);
    LL_FOREACH(list, balance)
    {
        put_text(buffer, balance->asset);
        put_amount(buffer, balance->available_e8);
        put_amount(buffer, balance->locked_e8);
        put_amount(buffer, balance->day_us);
        put_amount(buffer, balance->bought_e8);
    }
}

static void save_positions(const struct accounts_account *account, struct buffer *buffer)
{
    size_t count;
    const struct accounts_position *position;
    LL_COUNT(account->positions, position, count);
    pack_u64(buffer, count);
    LL_FOREACH(account->positions, position)
    {
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

void accounts_save(const void *opaque, struct buffer *buffer)
{
    const struct accounts_state *state = opaque;
    buffer_byte(buffer, FORMAT_VERSION);
    wire_encode(&WIRE_RISK_LIMITS, &state->venue_limits, buffer);
    staff_save(&state->staff, buffer);
    approvals_save(&state->approvals, buffer);
    save_reference_data(state, buffer);
    save_shards(state, buffer);
    pack_u64(buffer, state->turns);
    pack_u64(buffer, HASH_COUNT(state->accounts));
    struct entry *entries;
    SORTED(state->accounts, struct accounts_account,
           ((struct text){(const char *)item->about.id.bytes, sizeof item->about.id.bytes}),
           entries);
    for (size_t i = 0; i < HASH_COUNT(state->accounts); i++) {
        const struct accounts_account *account = entries[i].item;
        wire_encode(&WIRE_LEDGER_ACCOUNT, &account->about, buffer);
        if (account->about.kind == ACCOUNT_KIND_MARKET_MAKER)
            wire_encode(&WIRE_MARKET_MAKER, &account->maker, buffer);
        wire_encode(&WIRE_RISK_LIMITS, &account->limits, buffer);
        put_amount(buffer, account->limits_version);
        save_balances(account->balances, buffer);
        save_balances(account->proceeds, buffer);
        save_positions(account, buffer);
        save_client_order_ids(account, buffer);
        save_orders(account, buffer);
        save_closes(account, buffer);
        accounts_client_save(account, buffer);
        put_amount(buffer, account->timeout_s);
        put_amount(buffer, account->cancel_at);
        pack_u64(buffer, account->due.place > 0 ? account->due.turn : 0);
    }
    free(entries);
}

/* What is left to read. Once that has failed, everything read is zero or empty. */
struct reader {
    struct pack_reader packed;
    struct arena *scratch;
};

static uint64_t get_number(struct reader *reader)
{
    return pack_read_u64(&reader->packed);
}

static int64_t get_amount(struct reader *reader)
{
    return (int64_t)get_number(reader);
}

/* A number that is at most `max`. */
static uint32_t get_small(struct reader *reader, uint32_t max)
{
    uint64_t value = get_number(reader);
    if (value > max)
        reader->packed.failed = true;
    return !reader->packed.failed ? (uint32_t)value : 0;
}

static int32_t get_rate(struct reader *reader)
{
    int64_t value = get_amount(reader);
    if (value < INT32_MIN || value > INT32_MAX)
        reader->packed.failed = true;
    return !reader->packed.failed ? (int32_t)value : 0;
}

static __int128 get_wide(struct reader *reader)
{
    unsigned __int128 high = get_number(reader);
    return (__int128)(high << 64 | get_number(reader));
}

/* A name of something: none is empty. */
static struct text get_name(struct reader *reader)
{
    uint64_t size = get_number(reader);
    struct bytes *rest = &reader->packed.rest;
    if (size == 0 || size > rest->size)
        reader->packed.failed = true;
    if (reader->packed.failed)
        return (struct text){0};
    struct text name = {(const char *)rest->data, (size_t)size};
    *rest = (struct bytes){rest->data + size, rest->size - (size_t)size};
    return name;
}

static const struct accounts_pair *load_pair(struct accounts_instrument *instrument,
                                             struct reader *reader)
{
    struct text base = get_name(reader), quote = get_name(reader);
    return accounts_pair_at(instrument, base, quote, (int32_t)get_small(reader, 8));
}

static void load_settlement(struct accounts_asset *asset, struct reader *reader)
{
    if (get_small(reader, 1) == 0)
        return;
    struct accounts_settlement settlement = {.instrument = get_name(reader)};
    settlement.price_e8 = get_amount(reader);
    settlement.value_e8 = get_amount(reader);
    if (!reader->packed.failed && asset->settlement == NULL)
        accounts_settlement_set(asset, &settlement);
    else
        reader->packed.failed = true;
}

static void load_reference_data(struct accounts_state *state, struct reader *reader)
{
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--) {
        struct accounts_asset *asset = accounts_asset_at(state, get_name(reader));
        asset->kind = (enum asset_kind)get_small(reader, ASSET_KIND_OPTION);
        asset->scale = (int32_t)get_small(reader, 8);
        asset->expires_at = get_amount(reader);
        load_settlement(asset, reader);
    }
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--) {
        struct accounts_instrument *instrument = accounts_instrument_at(state, get_name(reader));
        instrument->pair = load_pair(instrument, reader);
        instrument->maker_fee_bps = get_rate(reader);
        instrument->taker_fee_bps = get_rate(reader);
        instrument->price_band_percent_e8 = get_amount(reader);
        instrument->has_mark_price = get_small(reader, 1) != 0;
        instrument->mark_price_e8 = get_amount(reader);
        instrument->has_last_price = get_small(reader, 1) != 0;
        instrument->last_price_e8 = get_amount(reader);
    }
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--) {
        struct accounts_shard *shard = accounts_shard_at(state, get_name(reader));
        shard->clearing_e8 = get_wide(reader);
        shard->house_e8 = get_wide(reader);
        shard->external_e8 = get_wide(reader);
    }
}

static void load_balances(struct accounts_balance **list, struct reader *reader)
{
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--) {
        struct accounts_balance *balance = accounts_balance_at(list, get_name(reader));
        balance->available_e8 = get_amount(reader);
        balance->locked_e8 = get_amount(reader);
        balance->day_us = get_amount(reader);
        balance->bought_e8 = get_amount(reader);
    }
}

static void load_history(struct accounts_account *account, struct reader *reader)
{
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--) {
        struct accounts_position *position = accounts_position_at(account, get_name(reader));
        position->quantity_e8 = get_amount(reader);
        position->cost_e8 = get_amount(reader);
        position->realised_pnl_e8 = get_amount(reader);
    }
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--) {
        struct text id = get_name(reader);
        if (reader->packed.failed || accounts_knows_client_order_id(account, id))
            reader->packed.failed = true;
        else
            accounts_client_order_id_add(account, id);
    }
}

static bool decode(struct reader *reader, const struct wire_record *record, void *ret_value)
{
    if (!reader->packed.failed &&
        wire_decode(record, &reader->packed.rest, reader->scratch, ret_value) != OK)
        reader->packed.failed = true;
    return !reader->packed.failed;
}

static struct uuid get_id(struct reader *reader)
{
    struct uuid id;
    pack_read(&reader->packed, id.bytes, sizeof id.bytes);
    return id;
}

static void load_guard(struct accounts_order *order, struct reader *reader)
{
    order->guards = get_small(reader, 1) != 0;
    order->has_sibling = get_small(reader, 1) != 0;
    order->sibling.id = get_id(reader);
    order->has_guard = get_small(reader, 1) != 0;
    order->guard_id = get_id(reader);
    order->has_stop_loss_price = get_small(reader, 1) != 0;
    order->stop_loss_price_e8 = get_amount(reader);
    order->has_take_profit_price = get_small(reader, 1) != 0;
    order->take_profit_price_e8 = get_amount(reader);
}

static void load_order(struct accounts_state *state, struct accounts_account *account,
                       struct reader *reader)
{
    struct accounts_order order = {.account = account};
    order.id = get_id(reader);
    struct accounts_instrument *instrument = accounts_instrument(state, get_name(reader));
    if (instrument == NULL) {
        reader->packed.failed = true;
        return;
    }
    order.pair = load_pair(instrument, reader);
    order.side = (enum side)get_small(reader, SIDE_SELL);
    order.has_limit_price = get_small(reader, 1) != 0;
    order.limit_price_e8 = get_amount(reader);
    order.max_notional_e8 = get_amount(reader);
    load_guard(&order, reader);
    order.maker_fee_bps = get_rate(reader);
    order.taker_fee_bps = get_rate(reader);
    order.in_book = get_small(reader, 1) != 0;
    order.quantity_e8 = get_amount(reader);
    order.remaining_quantity_e8 = get_amount(reader);
    order.taker_notional_e8 = get_amount(reader);
    order.maker_notional_e8 = get_amount(reader);
    order.fees_e8 = get_amount(reader);
    order.hold_e8 = get_amount(reader);
    order.replacing = get_small(reader, 1) != 0;
    if (order.replacing && !decode(reader, &WIRE_ORDER_TERMS, &order.wanted))
        return;
    order.marked = get_small(reader, 1) != 0;
    order.mark = (enum end_reason)get_small(reader, END_REASON_CLOSED);
    if (accounts_order(state, order.id) != NULL)
        reader->packed.failed = true;
    if (reader->packed.failed)
        return;
    accounts_order_add(state, &order);
    account->marked_count += order.marked;
}

static void load_closes(struct accounts_account *account, struct reader *reader)
{
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--) {
        struct accounts_close close = {.instrument = get_name(reader)};
        close.order_id = get_id(reader);
        close.has_after = get_small(reader, 1) != 0;
        close.after = get_id(reader);
        if (!reader->packed.failed)
            accounts_close_add(account, &close);
    }
}

static void load_account(struct accounts_state *state, struct reader *reader)
{
    struct ledger_account about;
    if (!decode(reader, &WIRE_LEDGER_ACCOUNT, &about))
        return;
    if (accounts_account(state, about.id) != NULL) {
        reader->packed.failed = true;
        return;
    }
    struct accounts_account *account = accounts_account_add(state, &about);
    struct market_maker maker;
    if (about.kind == ACCOUNT_KIND_MARKET_MAKER && decode(reader, &WIRE_MARKET_MAKER, &maker))
        accounts_maker_set(account, &maker);
    (void)decode(reader, &WIRE_RISK_LIMITS, &account->limits);
    account->limits_version = get_amount(reader);
    load_balances(&account->balances, reader);
    load_balances(&account->proceeds, reader);
    load_history(account, reader);
    for (uint64_t left = get_number(reader); !reader->packed.failed && left > 0; left--)
        load_order(state, account, reader);
    load_closes(account, reader);
    accounts_client_load(state, account, reader->scratch, &reader->packed);
    account->timeout_s = get_amount(reader);
    account->cancel_at = get_amount(reader);
    accounts_wait(state, account, get_number(reader));
}

enum err accounts_load(void *opaque, struct bytes bytes)
{
    struct accounts_state *state = opaque;
    struct reader reader = {.packed = {.rest = bytes}, .scratch = arena_new(SCRATCH_MAX)};
    CHECK(reader.scratch != NULL);
    reader.packed.failed = pack_read_u8(&reader.packed) != FORMAT_VERSION;
    (void)decode(&reader, &WIRE_RISK_LIMITS, &state->venue_limits);
    staff_load(&state->staff, &reader.packed);
    approvals_load(&state->approvals, &reader.packed);
    load_reference_data(state, &reader);
    state->turns = get_number(&reader);
    for (uint64_t left = get_number(&reader); !reader.packed.failed && left > 0; left--)
        load_account(state, &reader);
    arena_free(reader.scratch);
    accounts_owe_all(state);
    return pack_read_whole(&reader.packed) ? OK : ERR_POISON;
}
