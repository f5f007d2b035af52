#include "gateway/stream_book.h"

#include "base/crc32.h"
#include "base/id_table.h"
#include "decimal/decimal.h"

#include <stdlib.h>
#include <string.h>

enum { SIDES = 2, CHECKED_LEVELS = 10, DECIMALS_MIN = 2, SNAPSHOT_LEVELS_MAX = 25000 };

struct level {
    int64_t price_e8;
    __int128 quantity_e8;
    int64_t orders;
};

/* Sorted by price, the best at the end, where most happens. */
struct levels {
    struct level *rows;
    size_t count;
    size_t capacity;
};

/* An order that rests. */
struct resting {
    struct uuid id;
    enum side side;
    int64_t price_e8;
    int64_t remaining_e8;
};

struct quote {
    bool has_bid, has_ask, has_last;
    int64_t bid_e8, ask_e8, last_e8;
};

struct changed_level {
    enum side side;
    int64_t price_e8;
};

struct stream_book {
    char *symbol;
    struct levels sides[SIDES];
    struct id_table orders;
    int64_t next_offset;
    int64_t sequence;
    int64_t previous_sequence;
    bool has_last;
    int64_t last_e8;
    struct quote quoted;           /* before the last event */
    struct changed_level *changed; /* by the last event; a level may stand there more than once */
    size_t changed_count;
    size_t changed_capacity;
};

struct stream_book *stream_book_new(struct text symbol)
{
    struct stream_book *book = calloc(1, sizeof *book);
    CHECK(book != NULL);
    book->symbol = strndup(symbol.data, symbol.size);
    CHECK(book->symbol != NULL);
    book->sequence = book->previous_sequence = -1;
    return book;
}

void stream_book_free(struct stream_book *book)
{
    if (book == NULL)
        return;
    size_t cursor = 0;
    void *order;
    while ((order = id_table_next(&book->orders, &cursor)) != NULL)
        free(order);
    id_table_free(&book->orders);
    for (int i = 0; i < SIDES; i++)
        free(book->sides[i].rows);
    free(book->changed);
    free(book->symbol);
    free(book);
}

/* --- levels ----------------------------------------------------------------------------------- */

/* Whether a level of that price stands before one of `other`: further from the best. */
static bool is_worse(enum side side, int64_t price_e8, int64_t other_e8)
{
    return side == SIDE_BUY ? price_e8 < other_e8 : price_e8 > other_e8;
}

/* Where the level of that price is, or has to come. */
static size_t place_of(const struct levels *levels, enum side side, int64_t price_e8)
{
    size_t low = 0, high = levels->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_worse(side, levels->rows[middle].price_e8, price_e8))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct level *find_level(const struct stream_book *book, enum side side,
                                      int64_t price_e8)
{
    const struct levels *levels = &book->sides[side];
    size_t place = place_of(levels, side, price_e8);
    bool found = place < levels->count && levels->rows[place].price_e8 == price_e8;
    return found ? &levels->rows[place] : NULL;
}

static struct level *open_level(struct levels *levels, size_t place, int64_t price_e8)
{
    if (levels->count == levels->capacity) {
        levels->capacity = levels->capacity * 2 + 16;
        levels->rows = realloc(levels->rows, levels->capacity * sizeof levels->rows[0]);
    }
    CHECK(levels->rows != NULL);
    struct level *level = &levels->rows[place];
    memmove(level + 1, level, (levels->count - place) * sizeof *level);
    levels->count++;
    *level = (struct level){.price_e8 = price_e8};
    return level;
}

static void note_change(struct stream_book *book, enum side side, int64_t price_e8)
{
    if (book->changed_count == book->changed_capacity) {
        book->changed_capacity = book->changed_capacity * 2 + 16;
        book->changed = realloc(book->changed, book->changed_capacity * sizeof book->changed[0]);
        CHECK(book->changed != NULL);
    }
    book->changed[book->changed_count++] = (struct changed_level){side, price_e8};
}

/* Adds to a level, which comes and goes with its orders. */
static void move_level(struct stream_book *book, enum side side, int64_t price_e8,
                       int64_t quantity_e8, int64_t orders)
{
    struct levels *levels = &book->sides[side];
    size_t place = place_of(levels, side, price_e8);
    struct level *level = place < levels->count ? &levels->rows[place] : NULL;
    if (level == NULL || level->price_e8 != price_e8)
        level = open_level(levels, place, price_e8);
    level->quantity_e8 += quantity_e8;
    level->orders += orders;
    CHECK(level->quantity_e8 >= 0 && level->orders >= 0);
    note_change(book, side, price_e8);
    if (level->orders > 0)
        return;
    CHECK(level->quantity_e8 == 0);
    levels->count--;
    memmove(level, level + 1, (levels->count - place) * sizeof *level);
}

/* --- orders ----------------------------------------------------------------------------------- */

void stream_book_rest(struct stream_book *book, struct uuid order_id, enum side side,
                      int64_t price_e8, int64_t remaining_e8)
{
    struct resting *order = malloc(sizeof *order);
    CHECK(order != NULL);
    *order = (struct resting){order_id, side, price_e8, remaining_e8};
    id_table_add(&book->orders, order);
    move_level(book, side, price_e8, remaining_e8, 1);
}

/* What is left of a resting order; 0: it leaves the book. Nothing where it does not rest. */
static void set_remaining(struct stream_book *book, struct uuid order_id, int64_t remaining_e8)
{
    struct resting *order = id_table_find(&book->orders, order_id);
    if (order == NULL)
        return;
    bool leaves = remaining_e8 == 0;
    move_level(book, order->side, order->price_e8, remaining_e8 - order->remaining_e8,
               leaves ? -1 : 0);
    order->remaining_e8 = remaining_e8;
    if (!leaves)
        return;
    id_table_remove(&book->orders, order);
    free(order);
}

static bool rests(const struct order *order)
{
    bool open =
        order->status == ORDER_STATUS_OPEN || order->status == ORDER_STATUS_PARTIALLY_FILLED;
    return open && order->trigger != TRIGGER_STATE_WAITING && order->has_limit_price_e8 &&
           order->remaining_quantity_e8 > 0;
}

static void enter(struct stream_book *book, const struct order_entered *entered)
{
    for (size_t i = 0; i < entered->resting_count; i++)
        set_remaining(book, entered->resting[i].order_id,
                      entered->resting[i].remaining_quantity_e8);
    for (size_t i = 0; i < entered->prevented_count; i++)
        set_remaining(book, entered->prevented[i].order_id,
                      entered->prevented[i].remaining_quantity_e8);
    for (size_t i = 0; i < entered->ended_count; i++)
        set_remaining(book, entered->ended[i].order_id, 0);
    const struct order *order = &entered->order;
    set_remaining(book, order->id, 0); /* where it was here before: its terms were replaced */
    if (rests(order))
        stream_book_rest(book, order->id, order->side, order->limit_price_e8,
                         order->remaining_quantity_e8);
    book->has_last = entered->has_last_price_e8;
    book->last_e8 = entered->last_price_e8;
}

/* --- events ----------------------------------------------------------------------------------- */

static bool is_of(const struct order *order, struct text symbol)
{
    return text_equal(order->instrument, symbol) && order->trigger != TRIGGER_STATE_WAITING;
}

/* One that only waits for its trigger meets nobody. */
static bool concerns(const struct order_entered *entered, struct text symbol)
{
    bool meets = entered->fills_count + entered->prevented_count + entered->ended_count > 0;
    return is_of(&entered->order, symbol) ||
           (meets && text_equal(entered->order.instrument, symbol));
}

static bool any_is_of(const struct order *orders, size_t count, struct text symbol)
{
    for (size_t i = 0; i < count; i++) {
        if (is_of(&orders[i], symbol))
            return true;
    }
    return false;
}

bool stream_book_concerns(const struct event *event, struct text symbol)
{
    switch (event->kind) {
    case EVENT_ORDER_ENTERED: return concerns(&event->order_entered, symbol);
    case EVENT_ORDER_CANCELED: return is_of(&event->order_canceled.order, symbol);
    case EVENT_ORDERS_CANCELED:
        return any_is_of(event->orders_canceled.orders, event->orders_canceled.orders_count,
                         symbol);
    default: return false;
    }
}

static void leave(struct stream_book *book, const struct order *orders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        set_remaining(book, orders[i].id, 0);
}

static struct quote quote_of(const struct stream_book *book)
{
    const struct levels *bids = &book->sides[SIDE_BUY], *asks = &book->sides[SIDE_SELL];
    struct quote quote = {.has_bid = bids->count > 0,
                          .has_ask = asks->count > 0,
                          .has_last = book->has_last,
                          .last_e8 = book->last_e8};
    if (quote.has_bid)
        quote.bid_e8 = bids->rows[bids->count - 1].price_e8;
    if (quote.has_ask)
        quote.ask_e8 = asks->rows[asks->count - 1].price_e8;
    return quote;
}

void stream_book_begin(struct stream_book *book, int64_t next_offset, int64_t sequence,
                       bool has_last_price, int64_t last_price_e8)
{
    book->next_offset = next_offset;
    book->sequence = book->previous_sequence = sequence;
    book->has_last = has_last_price;
    book->last_e8 = last_price_e8;
    book->changed_count = 0;
    book->quoted = quote_of(book);
}

bool stream_book_apply(struct stream_book *book, const struct event *event, int64_t offset)
{
    if (offset < book->next_offset || !stream_book_concerns(event, text_of(book->symbol)))
        return false;
    book->quoted = quote_of(book);
    book->changed_count = 0;
    book->next_offset = offset + 1;
    book->previous_sequence = book->sequence;
    book->sequence = offset;
    if (event->kind == EVENT_ORDER_ENTERED)
        enter(book, &event->order_entered);
    else if (event->kind == EVENT_ORDER_CANCELED)
        leave(book, &event->order_canceled.order, 1);
    else
        leave(book, event->orders_canceled.orders, event->orders_canceled.orders_count);
    return true;
}

/* --- text ------------------------------------------------------------------------------------- */

static void add_decimal(struct buffer *buffer, __int128 e8)
{
    char digits[DECIMAL_WIDE_TEXT_SIZE];
    size_t size = decimal_print_wide(e8, DECIMALS_MIN, digits);
    buffer_append(buffer, digits, size);
}

uint32_t stream_book_checksum(const struct stream_book *book)
{
    struct buffer text;
    buffer_init(&text, SIDES * CHECKED_LEVELS * 2 * DECIMAL_WIDE_TEXT_SIZE);
    for (int i = 0; i < SIDES; i++) {
        const struct levels *levels = &book->sides[i == 0 ? SIDE_BUY : SIDE_SELL];
        for (size_t n = 0; n < CHECKED_LEVELS && n < levels->count; n++) {
            const struct level *level = &levels->rows[levels->count - 1 - n];
            buffer_string(&text, text.size > 0 ? "|" : "");
            add_decimal(&text, level->price_e8);
            buffer_byte(&text, ':');
            add_decimal(&text, level->quantity_e8);
        }
    }
    uint32_t checksum = crc32_add(0, text.data, text.size);
    buffer_free(&text);
    return checksum;
}

static void add_level(const struct level *level, bool first, struct buffer *json)
{
    buffer_string(json, first ? "{\"price\":\"" : ",{\"price\":\"");
    add_decimal(json, level->price_e8);
    buffer_string(json, "\",\"quantity\":\"");
    add_decimal(json, level->quantity_e8);
    buffer_string(json, "\",\"orders\":");
    buffer_number(json, level->orders);
    buffer_byte(json, '}');
}

static void add_sequence(struct buffer *json, const char *name, int64_t sequence)
{
    buffer_printf(json, ",\"%s\":", name);
    if (sequence >= 0)
        buffer_number(json, sequence);
    else
        buffer_string(json, "null");
}

static void add_head(const struct stream_book *book, struct buffer *json)
{
    buffer_string(json, "{\"symbol\":");
    buffer_json_string(json, text_of(book->symbol));
    add_sequence(json, "sequence", book->sequence);
}

static void add_checksum(const struct stream_book *book, struct buffer *json)
{
    buffer_string(json, ",\"checksum\":");
    buffer_number(json, stream_book_checksum(book));
    buffer_byte(json, '}');
}

void stream_book_snapshot(const struct stream_book *book, struct buffer *json)
{
    add_head(book, json);
    for (int i = 0; i < SIDES; i++) {
        const struct levels *levels = &book->sides[i == 0 ? SIDE_BUY : SIDE_SELL];
        buffer_string(json, i == 0 ? ",\"bids\":[" : ",\"asks\":[");
        for (size_t n = 0; n < levels->count && n < SNAPSHOT_LEVELS_MAX; n++)
            add_level(&levels->rows[levels->count - 1 - n], n == 0, json);
        buffer_byte(json, ']');
    }
    add_checksum(book, json);
}

/* Best first. */
static int by_price(const void *a, const void *b)
{
    const struct changed_level *left = a, *right = b;
    if (left->side != right->side)
        return left->side == SIDE_BUY ? -1 : 1;
    if (left->price_e8 == right->price_e8)
        return 0;
    return is_worse(left->side, left->price_e8, right->price_e8) ? 1 : -1;
}

static void add_changed(const struct stream_book *book, enum side side, struct buffer *json)
{
    bool first = true;
    for (size_t i = 0; i < book->changed_count; i++) {
        const struct changed_level *changed = &book->changed[i];
        if (changed->side != side || (i > 0 && by_price(changed - 1, changed) == 0))
            continue;
        const struct level *level = find_level(book, side, changed->price_e8);
        add_level(level != NULL ? level : &(struct level){.price_e8 = changed->price_e8}, first,
                  json);
        first = false;
    }
}

void stream_book_change(const struct stream_book *book, struct buffer *json)
{
    if (book->changed_count > 1)
        qsort(book->changed, book->changed_count, sizeof book->changed[0], by_price);
    add_head(book, json);
    add_sequence(json, "previous_sequence", book->previous_sequence);
    buffer_string(json, ",\"bids\":[");
    add_changed(book, SIDE_BUY, json);
    buffer_string(json, "],\"asks\":[");
    add_changed(book, SIDE_SELL, json);
    buffer_byte(json, ']');
    add_checksum(book, json);
}

static bool moved(bool had, int64_t before_e8, bool has, int64_t now_e8)
{
    return had != has || (has && before_e8 != now_e8);
}

bool stream_book_quote_moved(const struct stream_book *book)
{
    struct quote now = quote_of(book);
    const struct quote *before = &book->quoted;
    return moved(before->has_bid, before->bid_e8, now.has_bid, now.bid_e8) ||
           moved(before->has_ask, before->ask_e8, now.has_ask, now.ask_e8) ||
           moved(before->has_last, before->last_e8, now.has_last, now.last_e8);
}

static void add_price(struct buffer *json, const char *name, bool has, int64_t e8)
{
    buffer_printf(json, ",\"%s\":", name);
    if (!has) {
        buffer_string(json, "null");
        return;
    }
    buffer_byte(json, '"');
    add_decimal(json, e8);
    buffer_byte(json, '"');
}

void stream_book_quote(const struct stream_book *book, struct buffer *json)
{
    struct quote quote = quote_of(book);
    bool both = quote.has_bid && quote.has_ask;
    int64_t middle_e8 =
        both ? decimal_divide_half_even((__int128)quote.bid_e8 + quote.ask_e8, 2) : 0;
    add_head(book, json);
    add_price(json, "bid", quote.has_bid, quote.bid_e8);
    add_price(json, "ask", quote.has_ask, quote.ask_e8);
    add_price(json, "last", quote.has_last, quote.last_e8);
    add_price(json, "mid", both, middle_e8);
    add_price(json, "spread", both, quote.ask_e8 - quote.bid_e8);
    buffer_byte(json, '}');
}
