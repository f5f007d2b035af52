/* Emergency closes, told from the domain alone: what is free and what the account's open sells have
 * left is sold at market in one event; what nobody buys stays at the lowest price allowed. */
#include "check_ledger.h"

#include <string.h>

/* --- what the ledger lets go of --------------------------------------------------------------- */

static bool is_named(const struct check_item *ids, struct uuid id)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (uuid_equal(check_uuid(&ids->items[i]), id))
            return true;
    }
    return false;
}

/* All open sells of the account in the instrument, and no others. */
static bool check_sells(struct check_ledger *ledger, const struct check_order *close)
{
    const struct check_map *orders = &ledger->run->orders;
    const struct check_item *sells = GET(ledger->fact->body, sells);
    size_t open = 0;
    for (size_t i = 0; i < orders->max; i++) {
        const struct check_order *order = orders->entries[i].value;
        if (order == NULL || !check_is_held(order) || order->buys ||
            order->instrument != close->instrument ||
            !uuid_equal(order->account_id, close->account_id))
            continue;
        open++;
        if (!is_named(sells, order->id))
            return check_says_at(ledger->run, 2, ledger->fact, "a close leaves out order %s",
                                 check_show(ledger->run, order->id));
    }
    bool more = ledger->fact->kind == KIND_OrderAuthorized &&
                !check_is_null(GET(ledger->fact->body, next_order_id));
    return (open == sells->count && !more) ||
           check_says_at(ledger->run, 2, ledger->fact, "a close names %zu sells; %zu are open",
                         sells->count, open);
}

static bool by_clock(const struct check_fact *fact)
{
    return fact->causes_count > 0 && fact->causes[0].source == SOURCE_CLOCK;
}

/* What the close was asked for: by a command, or as the next of those that are due. */
static bool check_asked(struct check_ledger *ledger, const struct check_order *close)
{
    const struct check_fact *fact = ledger->fact;
    struct text symbol = close->instrument->symbol;
    if (!by_clock(fact))
        return text_equal(TEXT_OF(fact->command, instrument), symbol);
    const struct check_close *due = ledger->closes;
    if (due == NULL || !text_equal(due->instrument, symbol) ||
        !uuid_equal(due->account_id, close->account_id) ||
        !uuid_equal(due->order_id, UUID_OF(GET(fact->body, order), id)))
        return false;
    ledger->closes = due->next;
    ledger->run->tally->closes_of_all++;
    return true;
}

bool check_close_authorized(struct check_ledger *ledger, const struct check_order *close)
{
    const struct check_fact *fact = ledger->fact;
    const struct check_balance *balance =
        check_balance_at(ledger, BOOK_ACCOUNT, close->account_id, close->instrument->base);
    __int128 free_e8 = balance->posted_e8 - balance->locked_e8;
    if (!check_asked(ledger, close))
        return check_says_at(ledger->run, 2, fact, "a close of %.*s was not asked for",
                             (int)close->instrument->symbol.size, close->instrument->symbol.data);
    if (close->buys || NUMBER(fact->body, hold_e8) != free_e8)
        return check_says_at(ledger->run, 2, fact, "a close holds %lld; %lld are free",
                             (long long)NUMBER(fact->body, hold_e8), (long long)free_e8);
    return check_sells(ledger, close);
}

/* --- all positions of an account -------------------------------------------------------------- */

static bool is_closed(const struct check_ledger *ledger, enum check_field field, struct text name)
{
    const struct check_item *closes = GET(ledger->fact->body, closes);
    for (size_t i = 0; i < closes->count; i++) {
        struct text symbol = TEXT_OF(&closes->items[i], instrument);
        const struct check_instrument *pair = check_instrument_of(ledger->run, symbol);
        if (pair != NULL && text_equal(field == FIELD_instrument ? symbol : pair->base, name))
            return true;
    }
    return false;
}

static bool is_cash(struct text asset)
{
    return text_is(asset, "EUR") || text_is(asset, "USD");
}

/* Whatever is free of it is sold, if it is no money and something trades it here. */
static bool check_nothing_is_left_out(struct check_ledger *ledger, struct uuid account_id)
{
    struct check_run *run = ledger->run;
    for (const struct check_price *at = ledger->prices; at != NULL; at = at->next) {
        struct text base = at->instrument->base;
        const struct check_balance *balance =
            check_balance_at(ledger, BOOK_ACCOUNT, account_id, base);
        if (balance->posted_e8 > balance->locked_e8 && !is_cash(base) &&
            !is_closed(ledger, FIELD_base, base))
            return check_says_at(run, 2, ledger->fact, "%.*s is free, and is not sold",
                                 (int)base.size, base.data);
    }
    for (size_t i = 0; i < run->orders.max; i++) {
        const struct check_order *order = run->orders.entries[i].value;
        if (order != NULL && check_is_held(order) && !order->buys &&
            uuid_equal(order->account_id, account_id) && !is_cash(order->instrument->base) &&
            !is_closed(ledger, FIELD_instrument, order->instrument->symbol))
            return check_says_at(run, 2, ledger->fact, "order %s is open, and is not closed",
                                 check_show(run, order->id));
    }
    return true;
}

bool check_positions_closing(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    struct uuid account_id = UUID_OF(fact->body, account_id);
    const struct check_item *closes = GET(fact->body, closes);
    struct check_close **last = &ledger->closes;
    while (*last != NULL)
        last = &(*last)->next;
    for (size_t i = 0; i < closes->count; i++) {
        struct check_close *close = ARENA_NEW(ledger->run->arena, struct check_close, 1);
        *close = (struct check_close){.account_id = account_id,
                                      .order_id = UUID_OF(&closes->items[i], order_id),
                                      .instrument = TEXT_OF(&closes->items[i], instrument)};
        *last = close;
        last = &close->next;
    }
    return !check_is_null(GET(fact->command, instrument)) ||
           check_nothing_is_left_out(ledger, account_id);
}

bool check_no_close_due(struct check_ledger *ledger)
{
    return ledger->closes == NULL || by_clock(ledger->fact) ||
           check_says_at(ledger->run, 2, ledger->fact, "it comes before a position of %s is closed",
                         check_show(ledger->run, ledger->closes->account_id));
}

/* --- what the book makes of it ---------------------------------------------------------------- */

static struct check_order *open_sell(const struct check_run *run, const struct check_order *close,
                                     struct uuid id)
{
    struct check_order *sell = check_order_of(run, id);
    bool open = sell != NULL && (sell->rests || sell->waits) && !sell->buys &&
                uuid_equal(sell->account_id, close->account_id);
    return open ? sell : NULL;
}

int64_t check_close_sells(const struct check_run *run, const struct check_queues *queues,
                          const struct check_order *close, size_t *ret_ended)
{
    const struct check_item *sells = GET(close->authorized->body, sells);
    int64_t all_e8 = NUMBER(close->terms, quantity_e8);
    *ret_ended = 0;
    for (size_t i = 0; i < sells->count; i++) {
        const struct check_order *sell = open_sell(run, close, check_uuid(&sells->items[i]));
        if (sell == NULL)
            continue;
        all_e8 += sell->remaining_e8;
        *ret_ended += check_open_sibling(sell) == NULL ? 1 : 2;
    }
    return all_e8 - all_e8 % queues->lot_e8;
}

/* It is what stands at *index of those that ended; its sibling stands behind it. */
static bool end_sell(struct check_run *run, const struct check_fact *fact,
                     struct check_queues *queues, struct check_order *sell, size_t *index)
{
    const struct check_item *ended = GET(fact->body, ended);
    const struct check_item *said = &ended->items[(*index)++];
    bool pair = check_open_sibling(sell) != NULL;
    if (!uuid_equal(UUID_OF(said, order_id), sell->id) || !SAME_SYMBOL(said, status, "canceled") ||
        !SAME_SYMBOL(said, end_reason, "closed") ||
        NUMBER(said, remaining_quantity_e8) != sell->remaining_e8)
        return check_says_at(run, 4, fact, "order %s must end by the close of its position",
                             check_show(run, sell->id));
    (sell->rests ? check_dequeue : check_wait_no_more)(queues, sell);
    if (!check_sibling_ends(run, fact, queues, sell, ended, *index, "sibling"))
        return false;
    *index += pair;
    return true;
}

bool check_close_begins(struct check_run *run, const struct check_fact *fact,
                        struct check_queues *queues, struct check_order *close, size_t *ret_ended)
{
    const struct check_item *sells = GET(close->authorized->body, sells);
    int64_t said_e8 = NUMBER(GET(fact->body, order), quantity_e8);
    close->quantity_e8 = close->remaining_e8 = check_close_sells(run, queues, close, ret_ended);
    if (close->quantity_e8 == 0 || said_e8 != close->quantity_e8 ||
        GET(fact->body, ended)->count < *ret_ended)
        return check_says_at(run, 4, fact, "a close sells %lld and ends %zu; it must be %lld, %zu",
                             (long long)said_e8, GET(fact->body, ended)->count,
                             (long long)close->quantity_e8, *ret_ended);
    size_t index = GET(fact->body, ended)->count - *ret_ended;
    for (size_t i = 0; i < sells->count; i++) {
        struct check_order *sell = open_sell(run, close, check_uuid(&sells->items[i]));
        if (sell != NULL && !end_sell(run, fact, queues, sell, &index))
            return false;
    }
    run->tally->closes++;
    return true;
}

/* The lowest tick within the band; without a band the last trade's price. False: neither is. */
static bool lowest_price(const struct check_queues *queues, const struct check_item *fills,
                         int64_t *ret_price_e8)
{
    int64_t last_e8 =
        fills->count > 0 ? NUMBER(&fills->items[fills->count - 1], price_e8) : queues->last_e8;
    int64_t near_e8 = queues->has_mark ? queues->mark_e8 : queues->last_e8;
    __int128 price_e18 = (__int128)last_e8 * 100 * E8;
    bool has_band = queues->band_percent_e8 > 0 && (queues->has_mark || queues->has_last);
    if (has_band)
        price_e18 = (__int128)near_e8 * (100 * E8 - queues->band_percent_e8);
    __int128 tick_e18 = (__int128)queues->tick_e8 * 100 * E8;
    __int128 ticks = (price_e18 + tick_e18 - 1) / tick_e18;
    *ret_price_e8 = ticks < 1 ? queues->tick_e8 : (int64_t)(ticks * queues->tick_e8);
    return has_band || queues->has_last || fills->count > 0;
}

bool check_close_stays(const struct check_queues *queues, const struct check_item *fills,
                       struct check_order *close)
{
    close->has_limit = lowest_price(queues, fills, &close->limit_e8);
    int64_t room_e8 = NUMBER(close->authorized->body, room_e8);
    bool fits = (__int128)close->limit_e8 * close->remaining_e8 <= (__int128)room_e8 * E8;
    close->has_limit = close->has_limit && fits;
    return fits;
}

bool check_close_leaves(struct check_run *run, const struct check_fact *fact,
                        const struct check_queues *queues, struct check_order *close)
{
    const struct check_item *said = GET(fact->body, order);
    if (close->remaining_e8 == 0 || SAME_SYMBOL(said, end_reason, "fill_limit"))
        return true;
    bool fits = check_close_stays(queues, GET(fact->body, fills), close);
    close->terms = said;
    if (!close->has_limit)
        return SAME_SYMBOL(said, end_reason, "no_liquidity") ||
               (!fits && SAME_SYMBOL(said, end_reason, "ioc_remainder")) ||
               check_says_at(run, 4, fact, "what a close leaves has no price, and stays");
    return (NUMBER(said, limit_price_e8) == close->limit_e8 && SAME_SYMBOL(said, type, "limit") &&
            SAME_SYMBOL(said, time_in_force, "gtc")) ||
           check_says_at(run, 3, fact, "a close leaves a %s at %lld, not a limit order at %lld",
                         SYMBOL(said, type), (long long)NUMBER(said, limit_price_e8),
                         (long long)close->limit_e8);
}

bool check_close_refused(struct check_run *run, const struct check_fact *fact,
                         const struct check_queues *queues, const struct check_order *close)
{
    size_t ended;
    int64_t all_e8 = check_close_sells(run, queues, close, &ended);
    return !text_is(check_code(fact), "INSUFFICIENT_BALANCE") || all_e8 == 0 ||
           check_says_at(run, 4, fact, "a close is refused, and %lld could be sold",
                         (long long)all_e8);
}
