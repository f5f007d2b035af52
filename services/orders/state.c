#include "orders/state.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

void *orders_new(const struct place *place)
{
    struct orders_state *state = calloc(1, sizeof *state);
    CHECK(state != NULL);
    state->place = place;
    state->fills = calloc(ORDERS_FILLS_MAX, sizeof *state->fills);
    state->prevented = calloc(ORDERS_PREVENTED_MAX, sizeof *state->prevented);
    CHECK(state->fills != NULL && state->prevented != NULL);
    return state;
}

static void text_keep(struct text *text)
{
    if (text->size == 0)
        return;
    char *copy = malloc(text->size);
    CHECK(copy != NULL);
    memcpy(copy, text->data, text->size);
    text->data = copy;
}

static void text_drop(struct text *text)
{
    if (text->size > 0)
        free((void *)(uintptr_t)text->data);
    *text = (struct text){0};
}

static void asset_free(struct orders_asset *asset)
{
    text_drop(&asset->asset.code);
    text_drop(&asset->asset.name);
    free(asset);
}

static void drop_texts(struct instrument *rules)
{
    text_drop(&rules->symbol);
    text_drop(&rules->base);
    text_drop(&rules->quote);
    text_drop(&rules->currency);
    text_drop(&rules->sector);
}

static void instrument_free(struct orders_instrument *instrument)
{
    drop_texts(&instrument->rules);
    book_free(instrument->book);
    free(instrument);
}

static void drop_order(struct orders_state *state, struct orders_order *order)
{
    HASH_DEL(state->orders, order);
    free(order);
}

void orders_free(void *state)
{
    struct orders_state *orders = state;
    if (orders == NULL)
        return;
    struct orders_order *order = orders->orders;
    HASH_CLEAR(hh, orders->orders);
    for (struct orders_order *next; order != NULL; order = next) {
        next = order->hh.next;
        free(order);
    }
    struct orders_instrument *instrument = orders->instruments;
    HASH_CLEAR(hh, orders->instruments);
    for (struct orders_instrument *next; instrument != NULL; instrument = next) {
        next = instrument->hh.next;
        instrument_free(instrument);
    }
    struct orders_asset *asset = orders->assets;
    HASH_CLEAR(hh, orders->assets);
    for (struct orders_asset *next; asset != NULL; asset = next) {
        next = asset->hh.next;
        asset_free(asset);
    }
    free(orders->fills);
    free(orders->prevented);
    free(orders);
}

const struct orders_asset *orders_asset(const struct orders_state *state, struct text code)
{
    struct orders_asset *found = NULL;
    HASH_FIND(hh, state->assets, code.data, code.size, found);
    return found;
}

struct orders_instrument *orders_instrument(const struct orders_state *state, struct text symbol)
{
    struct orders_instrument *found = NULL;
    HASH_FIND(hh, state->instruments, symbol.data, symbol.size, found);
    return found;
}

struct orders_order *orders_order(const struct orders_state *state, struct uuid id)
{
    struct orders_order *found = NULL;
    HASH_FIND(hh, state->orders, &id, sizeof id, found);
    return found;
}

static int by_code(const struct orders_asset *a, const struct orders_asset *b)
{
    return text_compare(a->asset.code, b->asset.code);
}

void orders_add_asset(struct orders_state *state, const struct asset *asset)
{
    if (orders_asset(state, asset->code) != NULL)
        return;
    struct orders_asset *added = calloc(1, sizeof *added);
    CHECK(added != NULL);
    added->asset = *asset;
    text_keep(&added->asset.code);
    text_keep(&added->asset.name);
    HASH_ADD_KEYPTR_INORDER(hh, state->assets, added->asset.code.data, added->asset.code.size,
                            added, by_code);
}

static int by_symbol(const struct orders_instrument *a, const struct orders_instrument *b)
{
    return text_compare(a->rules.symbol, b->rules.symbol);
}

static struct orders_instrument *new_instrument(struct orders_state *state, struct text symbol)
{
    struct orders_instrument *added = calloc(1, sizeof *added);
    CHECK(added != NULL);
    added->book = book_new();
    added->rules.symbol = symbol;
    text_keep(&added->rules.symbol);
    HASH_ADD_KEYPTR_INORDER(hh, state->instruments, added->rules.symbol.data,
                            added->rules.symbol.size, added, by_symbol);
    return added;
}

struct orders_instrument *orders_put_instrument(struct orders_state *state,
                                                const struct instrument *instrument)
{
    struct orders_instrument *kept = orders_instrument(state, instrument->symbol);
    if (kept == NULL)
        kept = new_instrument(state, instrument->symbol);
    struct instrument rules = *instrument;
    rules.symbol = kept->rules.symbol; /* the key, which its orders point to as well: it stays */
    kept->rules.symbol = (struct text){0};
    text_keep(&rules.base); /* before the old ones go: it may be made of them */
    text_keep(&rules.quote);
    text_keep(&rules.currency);
    text_keep(&rules.sector);
    drop_texts(&kept->rules);
    kept->rules = rules;
    return kept;
}

struct orders_order *orders_add_order(struct orders_state *state,
                                      struct orders_instrument *instrument,
                                      const struct order *order)
{
    size_t size = order->has_client_order_id ? order->client_order_id.size : 0;
    struct orders_order *added = calloc(1, sizeof *added + size);
    CHECK(added != NULL && orders_order(state, order->id) == NULL);
    added->order = *order;
    added->instrument = instrument;
    added->order.instrument = instrument->rules.symbol;
    if (size > 0)
        memcpy(added->client_order_id, order->client_order_id.data, size);
    added->order.client_order_id = (struct text){added->client_order_id, size};
    HASH_ADD(hh, state->orders, order.id, sizeof added->order.id, added);
    return added;
}

void orders_rest(struct orders_order *order, int32_t maker_fee_bps, int32_t taker_fee_bps,
                 int64_t taker_notional_e8)
{
    const struct order *from = &order->order;
    const struct book_order resting = {
        .order_id = from->id,
        .account_id = from->account_id,
        .price_e8 = from->limit_price_e8,
        .quantity_e8 = from->quantity_e8,
        .filled_quantity_e8 = from->filled_quantity_e8,
        .prevented_quantity_e8 =
            from->quantity_e8 - from->filled_quantity_e8 - from->remaining_quantity_e8,
        .filled_notional_e16 = (__int128)from->filled_notional_e8 * E8,
        .taker_notional_e16 = (__int128)taker_notional_e8 * E8,
        .fee_charged_e8 = from->fees_e8,
        .maker_fee_bps = maker_fee_bps,
        .taker_fee_bps = taker_fee_bps,
        .side = from->side,
    };
    book_add(order->instrument->book, &resting);
    order->resting = true;
}

void orders_end(struct orders_state *state, struct orders_order *order)
{
    CHECK(book_find(order->instrument->book, order->order.id) == NULL);
    order->resting = false;
    DL_APPEND(state->ended, order);
    if (state->ended_count < ORDERS_ENDED_MAX) {
        state->ended_count++;
        return;
    }
    struct orders_order *oldest = state->ended;
    DL_DELETE(state->ended, oldest);
    drop_order(state, oldest);
}
