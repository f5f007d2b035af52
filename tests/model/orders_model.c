#include "orders_model.h"

struct naive_order *naive_find(struct naive *naive, uint32_t number)
{
    for (size_t i = 0; i < NAIVE_OPEN_MAX; i++) {
        if (number != 0 && naive->open[i].number == number)
            return &naive->open[i];
    }
    return NULL;
}

size_t naive_waiting_count(const struct naive *naive)
{
    size_t count = 0;
    for (size_t i = 0; i < NAIVE_OPEN_MAX; i++)
        count += naive->open[i].number != 0 && naive->open[i].waits;
    return count;
}

static struct naive_order *keep(struct naive *naive, const struct naive_order *order)
{
    for (size_t i = 0; i < NAIVE_OPEN_MAX; i++) {
        if (naive->open[i].number != 0)
            continue;
        naive->open[i] = *order;
        naive->open[i].entry = ++naive->entries;
        return &naive->open[i];
    }
    CHECK(false); /* the test keeps fewer open */
    return NULL;
}

/* --- prices ----------------------------------------------------------------------------------- */

static bool rises(const struct naive_order *order)
{
    return (order->terms.side == SIDE_BUY) != (order->type == ORDER_TYPE_TAKE_PROFIT);
}

static bool is_crossed(const struct naive_order *order, int64_t price_e8)
{
    if (!order->has_stop)
        return false;
    return rises(order) ? price_e8 >= order->stop_e8 : price_e8 <= order->stop_e8;
}

static void follow(struct naive_order *order, int64_t price_e8)
{
    bool sells = order->terms.side == SIDE_SELL;
    if (order->type != ORDER_TYPE_TRAILING_STOP ||
        (order->has_best && (sells ? price_e8 <= order->best_e8 : price_e8 >= order->best_e8)))
        return;
    int64_t away_e8 = order->trail_e8;
    if (away_e8 == 0) /* up to the next 10^-8 */
        away_e8 =
            (int64_t)(((__int128)price_e8 * order->trail_percent_e8 + 100 * E8 - 1) / (100 * E8));
    order->has_best = true;
    order->best_e8 = price_e8;
    order->stop_e8 = sells ? price_e8 - away_e8 : price_e8 + away_e8;
    order->has_stop = order->stop_e8 > 0;
}

/* True: `a` is crossed before `b` by one and the same price. */
static bool is_before(const struct naive_order *a, const struct naive_order *b)
{
    if (rises(a) != rises(b))
        return rises(a);
    if (a->stop_e8 != b->stop_e8)
        return rises(a) ? a->stop_e8 < b->stop_e8 : a->stop_e8 > b->stop_e8;
    return a->entry < b->entry;
}

static void see(struct naive *naive, int64_t price_e8)
{
    for (size_t i = 0; i < NAIVE_OPEN_MAX; i++) {
        struct naive_order *order = &naive->open[i];
        if (order->number != 0 && order->waits && order->crossed == 0)
            follow(order, price_e8);
    }
    for (;;) {
        struct naive_order *next = NULL;
        for (size_t i = 0; i < NAIVE_OPEN_MAX; i++) {
            struct naive_order *order = &naive->open[i];
            if (order->number != 0 && order->waits && order->crossed == 0 &&
                is_crossed(order, price_e8) && (next == NULL || is_before(order, next)))
                next = order;
        }
        if (next == NULL)
            return;
        next->crossed = ++naive->crossings;
    }
}

static bool reference(const struct naive *naive, int64_t *ret_price_e8)
{
    *ret_price_e8 = naive->has_mark ? naive->mark_e8 : naive->last_e8;
    return naive->has_mark || naive->has_last;
}

void naive_mark(struct naive *naive, int64_t price_e8)
{
    naive->has_mark = true;
    naive->mark_e8 = price_e8;
    see(naive, price_e8);
}

/* --- the book --------------------------------------------------------------------------------- */

/* Those that rested and were traded away, or ended so as not to trade, are open no more. */
static void forget_gone(struct naive *naive)
{
    for (size_t i = 0; i < NAIVE_OPEN_MAX; i++) {
        struct naive_order *order = &naive->open[i];
        if (order->number != 0 && !order->waits && model_find(&naive->book, order->id) == NULL)
            order->number = 0;
    }
}

static void meet(struct naive *naive, const struct naive_order *order,
                 struct model_answer *ret_answer)
{
    struct naive_order met = *order;
    model_place(&naive->book, &order->terms, MODEL_LIST_MAX, MODEL_LIST_MAX, ret_answer);
    if (ret_answer->outcome == BOOK_RESTS) {
        const struct book_order rests = {.order_id = order->id,
                                         .account_id = order->terms.account_id,
                                         .price_e8 = order->terms.price_e8,
                                         .quantity_e8 = order->terms.quantity_e8,
                                         .filled_quantity_e8 = ret_answer->filled_e8,
                                         .prevented_quantity_e8 = ret_answer->taken_e8,
                                         .filled_notional_e16 = ret_answer->notional_e16,
                                         .side = order->terms.side};
        model_add(&naive->book, &rests);
        met.waits = false;
        keep(naive, &met);
    }
    forget_gone(naive);
    for (size_t i = 0; i < ret_answer->fills_count; i++) {
        naive->has_last = true;
        naive->last_e8 = ret_answer->fills[i].price_e8;
        if (!naive->has_mark)
            see(naive, naive->last_e8);
    }
}

void naive_wait(struct naive *naive, const struct naive_order *order)
{
    int64_t price_e8 = 0;
    keep(naive, order)->waits = true;
    if (reference(naive, &price_e8))
        see(naive, price_e8);
}

bool naive_place(struct naive *naive, const struct naive_order *order,
                 struct model_answer *ret_answer)
{
    bool triggers = order->type != ORDER_TYPE_LIMIT && order->type != ORDER_TYPE_MARKET;
    int64_t price_e8 = 0;
    if (!triggers || (reference(naive, &price_e8) && is_crossed(order, price_e8))) {
        meet(naive, order, ret_answer);
        return false;
    }
    naive_wait(naive, order);
    return true;
}

/* --- ends ------------------------------------------------------------------------------------- */

static void take_out(struct naive *naive, struct naive_order *order)
{
    (void)model_remove(&naive->book, order->id);
    order->number = 0;
}

void naive_cancel(struct naive *naive, uint32_t number)
{
    struct naive_order *order = naive_find(naive, number);
    struct naive_order *sibling = naive_find(naive, order->sibling);
    take_out(naive, order);
    if (sibling != NULL)
        take_out(naive, sibling);
}

size_t naive_expire(struct naive *naive, int64_t now_us)
{
    size_t count = 0;
    for (size_t i = 0; i < NAIVE_OPEN_MAX; i++) {
        struct naive_order *order = &naive->open[i];
        if (order->number == 0 || order->expires_at == 0 || order->expires_at > now_us)
            continue;
        take_out(naive, order);
        count++;
    }
    return count;
}

uint32_t naive_fire(struct naive *naive, struct model_answer *ret_answer)
{
    struct naive_order *next = NULL;
    for (size_t i = 0; i < NAIVE_OPEN_MAX && !naive->halted; i++) {
        struct naive_order *order = &naive->open[i];
        if (order->number != 0 && order->crossed != 0 &&
            (next == NULL || order->crossed < next->crossed))
            next = order;
    }
    if (next == NULL)
        return 0;
    const struct naive_order fires = *next;
    naive_cancel(naive, fires.number);
    struct naive_order fired = fires;
    fired.crossed = 0;
    meet(naive, &fired, ret_answer);
    return fires.number;
}
