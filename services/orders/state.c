#include "orders/state.h"

#include <stdlib.h>
#include <string.h>

void *orders_new(const struct place *place)
{
    struct orders_state *state = calloc(1, sizeof *state);
    CHECK(state != NULL);
    state->place = place;
    approvals_init(&state->approvals, place);
    state->option_due_us = INT64_MAX;
    state->fills = calloc(ORDERS_FILLS_MAX, sizeof *state->fills);
    state->prevented = calloc(ORDERS_PREVENTED_MAX, sizeof *state->prevented);
    state->ended = calloc(ORDERS_ENDED_MAX, sizeof(struct orders_order *));
    CHECK(state->fills != NULL && state->prevented != NULL && state->ended != NULL);
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
    text_drop(&asset->asset.underlying);
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
    for (int way = 0; way < TRIGGER_WAYS; way++) {
        heap_free(&instrument->triggers.waiting[way]);
        heap_free(&instrument->triggers.trailing[way]);
    }
    free(instrument);
}

static void order_free(struct orders_order *order)
{
    free(order->terms);
    free(order);
}

void orders_free(void *state)
{
    struct orders_state *orders = state;
    if (orders == NULL)
        return;
    size_t cursor = 0;
    for (void *order; (order = id_table_next(&orders->orders, &cursor)) != NULL;)
        order_free(order);
    id_table_free(&orders->orders);
    heap_free(&orders->expiries);
    staff_free(&orders->staff);
    approvals_free(&orders->approvals);
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
    free(orders->ended);
    free(orders);
}

struct orders_asset *orders_asset(const struct orders_state *state, struct text code)
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
    return id_table_find(&state->orders, id);
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
    text_keep(&added->asset.underlying);
    TABLE_ADD_IN_ORDER(state->assets, added->asset.code.data, added->asset.code.size, added,
                       by_code);
    if (asset->kind == ASSET_KIND_OPTION) {
        added->next_option = state->options;
        state->options = added;
    }
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
    TABLE_ADD_IN_ORDER(state->instruments, added->rules.symbol.data, added->rules.symbol.size,
                       added, by_symbol);
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

struct orders_moment orders_moment_of(const struct event_meta *meta)
{
    enum {
        WSEQ_BITS = 36
    }; /* so that it stays below 10^18, which an ETag of digits has room for */
    uint64_t version = ((uint64_t)meta->epoch << WSEQ_BITS) + (uint64_t)meta->wseq;
    return (struct orders_moment){.now_us = meta->occurred_at, .version = (int64_t)version};
}

void orders_price_moved(struct orders_state *state, struct orders_instrument *instrument)
{
    state->moved_count += !instrument->moved;
    instrument->moved = true;
}

void orders_price_traded(struct orders_state *state, struct orders_instrument *instrument,
                         int64_t price_e8)
{
    bool known = instrument->has_last_price && instrument->last_price_e8 == price_e8;
    instrument->has_last_price = true;
    instrument->last_price_e8 = price_e8;
    if (known && !instrument->has_range)
        return;
    if (!instrument->has_range || price_e8 > instrument->high_price_e8)
        instrument->high_price_e8 = price_e8;
    if (!instrument->has_range || price_e8 < instrument->low_price_e8)
        instrument->low_price_e8 = price_e8;
    instrument->has_range = true;
    orders_price_moved(state, instrument);
}

void orders_price_told(struct orders_state *state, struct orders_instrument *instrument)
{
    state->moved_count -= instrument->moved;
    instrument->moved = instrument->has_range = false;
    instrument->high_price_e8 = instrument->low_price_e8 = 0;
}

/* Terms that few orders have. NULL: this one has none. */
static struct orders_terms *terms_of(struct orders_state *state, const struct order *from)
{
    if (!orders_type_waits(from->type) && !from->has_expires_at && !from->has_stop_loss_price_e8 &&
        !from->has_take_profit_price_e8 && !from->has_parent_id && !from->has_sibling_id)
        return NULL;
    struct orders_terms *terms = malloc(sizeof *terms);
    CHECK(terms != NULL);
    *terms = (struct orders_terms){
        .turn = ++state->turns,
        .has_stop_price = from->has_stop_price_e8,
        .has_trail_amount = from->has_trail_amount_e8,
        .has_trail_percent = from->has_trail_percent_e8,
        .has_expires_at = from->has_expires_at,
        .has_stop_loss_price = from->has_stop_loss_price_e8,
        .has_take_profit_price = from->has_take_profit_price_e8,
        .has_parent = from->has_parent_id,
        .has_sibling = from->has_sibling_id,
        .stop_price_e8 = from->stop_price_e8,
        .trail_amount_e8 = from->trail_amount_e8,
        .trail_percent_e8 = from->trail_percent_e8,
        .expires_at = from->expires_at,
        .stop_loss_price_e8 = from->stop_loss_price_e8,
        .take_profit_price_e8 = from->take_profit_price_e8,
        .parent_id = from->parent_id,
        .sibling_id = from->sibling_id,
    };
    return terms;
}

struct orders_order *orders_add_order(struct orders_state *state,
                                      struct orders_instrument *instrument,
                                      const struct order *from)
{
    size_t id_size = from->has_client_order_id ? from->client_order_id.size : 0;
    CHECK(id_size <= ORDERS_CLIENT_ORDER_ID_MAX);
    struct orders_order *order = malloc(sizeof *order + id_size);
    CHECK(order != NULL);
    *order = (struct orders_order){
        .book = {.order_id = from->id, .account_id = from->account_id, .side = from->side},
        .instrument = instrument,
        .terms = terms_of(state, from),
        .max_notional_e8 = from->max_notional_e8,
        .created_at = from->created_at,
        .type = (uint8_t)from->type,
        .time_in_force = (uint8_t)from->time_in_force,
        .self_trade = (uint8_t)from->self_trade,
        .has_limit_price = from->has_limit_price_e8,
        .has_max_notional = from->has_max_notional_e8,
        .post_only = from->post_only,
        .has_client_order_id = from->has_client_order_id,
        .close = from->close,
        .client_order_id_size = (uint8_t)id_size,
    };
    if (id_size > 0)
        memcpy(order->client_order_id, from->client_order_id.data, id_size);
    orders_update(order, from);
    if (order->terms != NULL)
        order->terms->order = order->terms->cross.thing = order->terms->trail.thing =
            order->terms->expiry.thing = order;
    id_table_add(&state->orders, order);
    return order;
}

void orders_update(struct orders_order *order, const struct order *from)
{
    struct book_order *book = &order->book;
    CHECK(!orders_is_open(order));
    book->price_e8 = from->limit_price_e8;
    book->quantity_e8 = from->quantity_e8;
    if (order->terms != NULL) {
        order->terms->has_stop_price = from->has_stop_price_e8;
        order->terms->stop_price_e8 = from->stop_price_e8;
    }
    book->filled_quantity_e8 = from->filled_quantity_e8;
    book->prevented_quantity_e8 =
        from->quantity_e8 - from->filled_quantity_e8 - from->remaining_quantity_e8;
    book->filled_notional_e16 = (__int128)from->filled_notional_e8 * E8;
    book->fee_charged_e8 = from->fees_e8;
    order->has_average_fill_price = from->has_average_fill_price_e8;
    order->average_fill_price_e8 = from->average_fill_price_e8;
    order->updated_at = from->updated_at;
    order->status = (uint8_t)from->status;
    order->lifecycle = (uint8_t)from->lifecycle;
    order->trigger = (uint8_t)from->trigger;
    order->has_end_reason = from->has_end_reason;
    order->end_reason = (uint8_t)from->end_reason;
}

void orders_take_turn(struct orders_state *state, struct orders_order *order)
{
    if (order->terms == NULL)
        return;
    orders_forget_expiry(state, order); /* until it rests or waits again */
    order->terms->turn = ++state->turns;
}

const struct orders_order *orders_resting(const struct book_order *resting)
{
    return (const struct orders_order *)(const void *)resting;
}

bool orders_is_open(const struct orders_order *order)
{
    return book_rests(&order->book) || (order->terms != NULL && order->terms->waits);
}

static void show_terms(const struct orders_terms *terms, struct order *order)
{
    order->has_stop_price_e8 = terms->has_stop_price;
    order->stop_price_e8 = terms->stop_price_e8;
    order->has_trail_amount_e8 = terms->has_trail_amount;
    order->trail_amount_e8 = terms->trail_amount_e8;
    order->has_trail_percent_e8 = terms->has_trail_percent;
    order->trail_percent_e8 = terms->trail_percent_e8;
    order->has_expires_at = terms->has_expires_at;
    order->expires_at = terms->expires_at;
    order->has_stop_loss_price_e8 = terms->has_stop_loss_price;
    order->stop_loss_price_e8 = terms->stop_loss_price_e8;
    order->has_take_profit_price_e8 = terms->has_take_profit_price;
    order->take_profit_price_e8 = terms->take_profit_price_e8;
    order->has_parent_id = terms->has_parent;
    order->parent_id = terms->parent_id;
    order->has_sibling_id = terms->has_sibling;
    order->sibling_id = terms->sibling_id;
}

struct order orders_as_seen(const struct orders_order *order)
{
    const struct book_order *book = &order->book;
    struct order shown = {
        .id = book->order_id,
        .account_id = book->account_id,
        .instrument = order->instrument->rules.symbol,
        .side = book->side,
        .type = (enum order_type)order->type,
        .time_in_force = (enum time_in_force)order->time_in_force,
        .status = (enum order_status)order->status,
        .lifecycle = (enum lifecycle)order->lifecycle,
        .quantity_e8 = book->quantity_e8,
        .filled_quantity_e8 = book->filled_quantity_e8,
        .remaining_quantity_e8 = book_remaining_e8(book),
        .has_limit_price_e8 = order->has_limit_price,
        .limit_price_e8 = book->price_e8,
        .has_max_notional_e8 = order->has_max_notional,
        .max_notional_e8 = order->max_notional_e8,
        .has_average_fill_price_e8 = order->has_average_fill_price,
        .average_fill_price_e8 = order->average_fill_price_e8,
        .filled_notional_e8 = (int64_t)(book->filled_notional_e16 / E8),
        .fees_e8 = book->fee_charged_e8,
        .post_only = order->post_only,
        .self_trade = (enum self_trade)order->self_trade,
        .has_client_order_id = order->has_client_order_id,
        .client_order_id = {order->client_order_id, order->client_order_id_size},
        .has_end_reason = order->has_end_reason,
        .end_reason = (enum end_reason)order->end_reason,
        .trigger = (enum trigger_state)order->trigger,
        .close = order->close,
        .created_at = order->created_at,
        .updated_at = order->updated_at,
    };
    if (order->terms != NULL)
        show_terms(order->terms, &shown);
    return shown;
}

void orders_rest(struct orders_state *state, struct orders_order *order, int32_t maker_fee_bps,
                 int32_t taker_fee_bps, int64_t taker_notional_e8)
{
    order->book.maker_fee_bps = maker_fee_bps;
    order->book.taker_fee_bps = taker_fee_bps;
    order->book.taker_notional_e16 = (__int128)taker_notional_e8 * E8;
    order->book.guarded = order->terms != NULL && (order->terms->has_stop_loss_price ||
                                                   order->terms->has_take_profit_price);
    book_add(order->instrument->book, &order->book);
    orders_await_expiry(state, order);
}

void orders_end(struct orders_state *state, struct orders_order *order)
{
    CHECK(!book_rests(&order->book));
    orders_stop_waiting(state, order);
    orders_forget_expiry(state, order);
    if (state->ended_count < ORDERS_ENDED_MAX) {
        state->ended[(state->ended_first + state->ended_count++) % ORDERS_ENDED_MAX] = order;
        return;
    }
    struct orders_order *oldest = state->ended[state->ended_first];
    state->ended[state->ended_first] = order;
    state->ended_first = (state->ended_first + 1) % ORDERS_ENDED_MAX;
    id_table_remove(&state->orders, oldest);
    order_free(oldest);
}
