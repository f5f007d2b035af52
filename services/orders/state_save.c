/* The state as bytes: a version, then staff, approvals, assets, instruments with their last price
 * and what of it is to be told, resting orders in priority order and those that wait by turn, then
 * when prices were last told and the ended orders. Equal states give equal bytes: nothing is
 * written in the order of a hash. */
#include "base/pack.h"
#include "base/seeded_bug.h"
#include "orders/state.h"

enum { SAVE_VERSION = 7, RECORD_SIZE_MAX = 1 << 20 };

static void save_order(const struct orders_order *order, struct buffer *buffer)
{
    const struct order shown = orders_as_seen(order);
    wire_encode(&WIRE_ORDER, &shown, buffer);
    pack_u64(buffer, (uint64_t)order->version);
    if (order->terms != NULL)
        buffer_append(buffer, &order->terms->correlation_id, sizeof order->terms->correlation_id);
}

static uint64_t turn_of(const struct orders_order *order)
{
    return order->terms == NULL ? 0 : order->terms->turn;
}

static void save_resting(const struct book *book, struct buffer *buffer)
{
    pack_u64(buffer, book_orders_count(book));
    for (int side = SIDE_BUY; side <= SIDE_SELL; side++) {
        const struct book_order *resting = book_first(book, (enum side)side);
        for (; resting != NULL; resting = book_next(resting)) {
            save_order(orders_resting(resting), buffer);
            pack_u64(buffer, turn_of(orders_resting(resting)));
            pack_u64(buffer, (uint64_t)resting->maker_fee_bps);
            pack_u64(buffer, (uint64_t)resting->taker_fee_bps);
            pack_u64(buffer, (uint64_t)(resting->taker_notional_e16 / E8));
        }
    }
}

/* Those that wait, then the queue of those that are crossed. */
static void save_waiting(const struct orders_triggers *triggers, struct buffer *buffer)
{
    uint64_t crossed_count = 0;
    const struct orders_terms *first = SEEDED_BUG(TRIGGER_FORGOTTEN) ? NULL : triggers->list;
    pack_u64(buffer, first == NULL ? 0 : triggers->count);
    for (const struct orders_terms *at = first; at != NULL; at = at->next) {
        save_order(at->order, buffer);
        pack_u64(buffer, at->turn);
        pack_u64(buffer, (uint64_t)at->order->book.maker_fee_bps);
        pack_u64(buffer, (uint64_t)at->order->book.taker_fee_bps);
        pack_u64(buffer, (uint64_t)at->trail.key);
        crossed_count += at->crossed;
    }
    pack_u64(buffer, crossed_count);
    const struct orders_terms *crossed = crossed_count > 0 ? triggers->crossed : NULL;
    for (const struct orders_terms *at = crossed; at != NULL; at = at->crossed_behind) {
        buffer_append(buffer, &at->order->book.order_id, sizeof at->order->book.order_id);
        buffer_append(buffer, &at->crossed_by, sizeof at->crossed_by);
    }
}

void orders_save(const void *state, struct buffer *buffer)
{
    const struct orders_state *orders = state;
    buffer_byte(buffer, SAVE_VERSION);
    staff_save(&orders->staff, buffer);
    approvals_save(&orders->approvals, buffer);
    pack_u64(buffer, HASH_COUNT(orders->assets));
    for (const struct orders_asset *at = orders->assets; at != NULL; at = at->hh.next) {
        wire_encode(&WIRE_ASSET, &at->asset, buffer);
        buffer_byte(buffer, at->expired);
    }
    pack_u64(buffer, HASH_COUNT(orders->instruments));
    for (const struct orders_instrument *at = orders->instruments; at != NULL; at = at->hh.next) {
        wire_encode(&WIRE_INSTRUMENT, &at->rules, buffer);
        buffer_byte(buffer, at->has_last_price);
        pack_u64(buffer, (uint64_t)at->last_price_e8);
        buffer_byte(buffer, at->moved);
        buffer_byte(buffer, at->has_range);
        pack_u64(buffer, (uint64_t)at->high_price_e8);
        pack_u64(buffer, (uint64_t)at->low_price_e8);
        save_resting(at->book, buffer);
        save_waiting(&at->triggers, buffer);
    }
    pack_u64(buffer, orders->turns);
    pack_u64(buffer, (uint64_t)orders->prices_told_us);
    pack_u64(buffer, orders->ended_count);
    for (size_t i = 0; i < orders->ended_count; i++)
        save_order(orders->ended[(orders->ended_first + i) % ORDERS_ENDED_MAX], buffer);
}

/* Reads one record of a snapshot; a malformed one marks the reader as failed. */
static bool read_record(struct pack_reader *reader, const struct wire_record *record,
                        struct arena *arena, void *ret_value)
{
    arena_reset(arena);
    if (!reader->failed && wire_decode(record, &reader->rest, arena, ret_value) != OK)
        reader->failed = true;
    return !reader->failed;
}

/* True: what was prevented can be told from the rest, and the client's id fits. */
static bool is_kept(const struct order *order)
{
    int64_t rest_e8 = 0;
    return !__builtin_sub_overflow(order->quantity_e8, order->filled_quantity_e8, &rest_e8) &&
           !__builtin_sub_overflow(rest_e8, order->remaining_quantity_e8, &rest_e8) &&
           order->client_order_id.size <= ORDERS_CLIENT_ORDER_ID_MAX;
}

/* An order of an instrument that is there, and of an id that is not. NULL: no such order. */
static struct orders_order *read_order(struct orders_state *state, struct pack_reader *reader,
                                       struct arena *arena)
{
    struct order order;
    if (!read_record(reader, &WIRE_ORDER, arena, &order))
        return NULL;
    int64_t version = (int64_t)pack_read_u64(reader);
    struct orders_instrument *instrument = orders_instrument(state, order.instrument);
    if (instrument == NULL || orders_order(state, order.id) != NULL || !is_kept(&order)) {
        reader->failed = true;
        return NULL;
    }
    struct orders_order *added = orders_add_order(state, instrument, &order);
    added->version = version;
    if (added->terms != NULL)
        pack_read(reader, &added->terms->correlation_id, sizeof added->terms->correlation_id);
    return added;
}

/* True: book_add() will take it. */
static bool may_rest(const struct orders_order *order)
{
    const struct book_order *book = &order->book;
    struct book_level other;
    if (!order->has_limit_price || book->price_e8 <= 0 || book_remaining_e8(book) <= 0 ||
        book->filled_quantity_e8 < 0 || book->prevented_quantity_e8 < 0)
        return false;
    if (!book_best(order->instrument->book, book->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY, &other))
        return true;
    return book->side == SIDE_BUY ? book->price_e8 < other.price_e8
                                  : book->price_e8 > other.price_e8;
}

static void load_book(struct orders_state *state, struct pack_reader *reader, struct arena *arena)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct orders_order *order = read_order(state, reader, arena);
        uint64_t turn = pack_read_u64(reader);
        int32_t maker_fee_bps = (int32_t)pack_read_u64(reader);
        int32_t taker_fee_bps = (int32_t)pack_read_u64(reader);
        int64_t taker_notional_e8 = (int64_t)pack_read_u64(reader);
        if (reader->failed || !may_rest(order)) {
            reader->failed = true;
            return;
        }
        if (order->terms != NULL)
            order->terms->turn = turn;
        orders_rest(state, order, maker_fee_bps, taker_fee_bps, taker_notional_e8);
    }
}

static void load_crossed(struct orders_state *state, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct uuid id, trade_id;
        pack_read(reader, &id, sizeof id);
        pack_read(reader, &trade_id, sizeof trade_id);
        struct orders_order *order = orders_order(state, id);
        if (order == NULL || order->terms == NULL || !order->terms->waits || order->terms->crossed)
            reader->failed = true;
        else
            orders_cross(order, trade_id);
    }
}

static void load_waiting(struct orders_state *state, struct pack_reader *reader,
                         struct arena *arena)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct orders_order *order = read_order(state, reader, arena);
        uint64_t turn = pack_read_u64(reader);
        int32_t maker_fee_bps = (int32_t)pack_read_u64(reader);
        int32_t taker_fee_bps = (int32_t)pack_read_u64(reader);
        int64_t best = (int64_t)pack_read_u64(reader);
        if (reader->failed || !orders_type_waits((enum order_type)order->type) ||
            order->trigger != TRIGGER_STATE_WAITING || book_remaining_e8(&order->book) <= 0) {
            reader->failed = true;
            return;
        }
        order->terms->turn = turn;
        orders_wait_on(order, maker_fee_bps, taker_fee_bps, best);
        orders_await_expiry(state, order);
    }
    load_crossed(state, reader);
}

static void load_instruments(struct orders_state *state, struct pack_reader *reader,
                             struct arena *arena)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct instrument rules;
        if (!read_record(reader, &WIRE_INSTRUMENT, arena, &rules) || rules.symbol.size == 0) {
            reader->failed = true;
            return;
        }
        struct orders_instrument *instrument = orders_put_instrument(state, &rules);
        instrument->has_last_price = pack_read_u8(reader) != 0;
        instrument->last_price_e8 = (int64_t)pack_read_u64(reader);
        if (pack_read_u8(reader) != 0)
            orders_price_moved(state, instrument);
        instrument->has_range = pack_read_u8(reader) != 0;
        instrument->high_price_e8 = (int64_t)pack_read_u64(reader);
        instrument->low_price_e8 = (int64_t)pack_read_u64(reader);
        load_book(state, reader, arena);
        load_waiting(state, reader, arena);
        orders_refresh(state, instrument);
    }
}

enum err orders_load(void *state, struct bytes bytes)
{
    struct orders_state *orders = state;
    struct pack_reader reader = {.rest = bytes};
    struct arena *arena = arena_new(RECORD_SIZE_MAX);
    if (pack_read_u8(&reader) != SAVE_VERSION)
        reader.failed = true;
    staff_load(&orders->staff, &reader);
    approvals_load(&orders->approvals, &reader);
    uint64_t assets_count = pack_read_u64(&reader);
    struct asset asset;
    for (uint64_t i = 0; i < assets_count; i++) {
        if (!read_record(&reader, &WIRE_ASSET, arena, &asset) || asset.code.size == 0) {
            reader.failed = true;
            break;
        }
        orders_add_asset(orders, &asset);
        orders_asset(orders, asset.code)->expired = pack_read_u8(&reader) != 0;
    }
    load_instruments(orders, &reader, arena);
    uint64_t turns = pack_read_u64(&reader);
    orders->prices_told_us = (int64_t)pack_read_u64(&reader);
    uint64_t ended_count = pack_read_u64(&reader);
    for (uint64_t i = 0; i < ended_count && !reader.failed; i++) {
        struct orders_order *order = read_order(orders, &reader, arena);
        if (order != NULL)
            orders_end(orders, order);
    }
    orders->turns = turns; /* reading gave some of its own */
    orders_refresh_options(orders);
    orders_refresh_ending(orders);
    arena_free(arena);
    return pack_read_whole(&reader) ? OK : ERR_POISON;
}
