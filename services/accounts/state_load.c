/* The state from the bytes that state_bytes.c made of it. */
#include "accounts/due.h"
#include "accounts/funding.h"
#include "accounts/option.h"
#include "accounts/statement.h"
#include "base/pack.h"

enum { SCRATCH_MAX = 1 << 16 };

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

static void load_balances(struct text_list *list, struct reader *reader)
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
    reader.packed.failed = pack_read_u8(&reader.packed) != ACCOUNTS_FORMAT_VERSION;
    (void)decode(&reader, &WIRE_RISK_LIMITS, &state->venue_limits);
    staff_load(&state->staff, &reader.packed);
    approvals_load(&state->approvals, &reader.packed);
    load_reference_data(state, &reader);
    accounts_calendar_load(&state->calendar, &reader.packed);
    state->turns = get_number(&reader);
    for (uint64_t left = get_number(&reader); !reader.packed.failed && left > 0; left--)
        load_account(state, &reader);
    accounts_transfer_ids_load(state, &reader.packed);
    arena_free(reader.scratch);
    accounts_owe_all(state);
    return pack_read_whole(&reader.packed) ? OK : ERR_POISON;
}
