#include "orders/book.h"

#include "orders/book_layout.h"

#include <stdlib.h>

struct book *book_new(void)
{
    struct book *book = calloc(1, sizeof *book);
    CHECK(book != NULL);
    book_slab_init(&book->queues, sizeof(struct book_queue));
    return book;
}

void book_free(struct book *book)
{
    if (book == NULL)
        return;
    book_slab_free(&book->queues);
    free(book);
}

int64_t book_remaining_e8(const struct book_order *order)
{
    return order->quantity_e8 - order->filled_quantity_e8 - order->prevented_quantity_e8;
}

static void check_fit_to_rest(const struct book *book, const struct book_order *order)
{
    CHECK(!book_rests(order) && (order->side == SIDE_BUY || order->side == SIDE_SELL));
    CHECK(order->price_e8 > 0 && order->quantity_e8 > 0);
    CHECK(order->filled_quantity_e8 >= 0 && order->prevented_quantity_e8 >= 0);
    CHECK(order->prevented_quantity_e8 <= order->quantity_e8 - order->filled_quantity_e8);
    CHECK(book_remaining_e8(order) > 0);
    const struct book_queue *best =
        book->trees[order->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY].best;
    CHECK(best == NULL || best->rank > -book_rank(order->side, order->price_e8));
}

void book_add(struct book *book, struct book_order *order)
{
    check_fit_to_rest(book, order);
    struct book_queue *queue =
        book_tree_level(&book->trees[order->side], order->side, order->price_e8, &book->queues);
    order->queue = queue;
    order->before = queue->last;
    order->behind = NULL;
    if (queue->last != NULL)
        queue->last->behind = order;
    else
        queue->first = order;
    queue->last = order;
    queue->orders_count++;
    queue->quantity_e8 += book_remaining_e8(order);
    book->orders_count++;
}

bool book_rests(const struct book_order *order)
{
    return order->queue != NULL;
}

void book_remove(struct book *book, struct book_order *order)
{
    struct book_queue *queue = order->queue;
    CHECK(queue != NULL);
    if (order->before != NULL)
        order->before->behind = order->behind;
    else
        queue->first = order->behind;
    if (order->behind != NULL)
        order->behind->before = order->before;
    else
        queue->last = order->before;
    queue->orders_count--;
    queue->quantity_e8 -= book_remaining_e8(order);
    if (queue->first == NULL)
        book_tree_drop(&book->trees[order->side], queue, &book->queues);
    order->queue = NULL;
    order->before = order->behind = NULL;
    book->orders_count--;
}

/* A resting order has lost `quantity_e8` of what remained, which its fields say already. */
static int64_t shrunk(struct book *book, struct book_order *order, int64_t quantity_e8)
{
    int64_t remaining_e8 = book_remaining_e8(order);
    order->queue->quantity_e8 -= quantity_e8;
    if (remaining_e8 == 0)
        book_remove(book, order);
    return remaining_e8;
}

int64_t book_fill(struct book *book, struct book_order *order, int64_t quantity_e8, int64_t fee_e8)
{
    CHECK(book_rests(order) && quantity_e8 > 0 && quantity_e8 <= book_remaining_e8(order));
    order->filled_quantity_e8 += quantity_e8;
    order->filled_notional_e16 += (__int128)order->price_e8 * quantity_e8;
    order->fee_charged_e8 += fee_e8;
    return shrunk(book, order, quantity_e8);
}

int64_t book_decrement(struct book *book, struct book_order *order, int64_t quantity_e8)
{
    CHECK(book_rests(order) && quantity_e8 > 0 && quantity_e8 <= book_remaining_e8(order));
    order->prevented_quantity_e8 += quantity_e8;
    return shrunk(book, order, quantity_e8);
}

void book_reduce(struct book_order *order, int64_t quantity_e8)
{
    CHECK(book_rests(order) && quantity_e8 < order->quantity_e8);
    CHECK(quantity_e8 > order->filled_quantity_e8 + order->prevented_quantity_e8);
    order->queue->quantity_e8 -= order->quantity_e8 - quantity_e8;
    order->quantity_e8 = quantity_e8;
}

/* Sums of many orders may pass what one number on the wire holds. */
static int64_t capped(__int128 quantity_e8)
{
    return quantity_e8 > INT64_MAX ? INT64_MAX : (int64_t)quantity_e8;
}

int64_t book_quantity_ahead_e8(const struct book_order *order)
{
    __int128 ahead_e8 = 0;
    CHECK(book_rests(order));
    for (const struct book_order *at = order->before; at != NULL; at = at->before)
        ahead_e8 += book_remaining_e8(at);
    return capped(ahead_e8);
}

size_t book_orders_count(const struct book *book)
{
    return book->orders_count;
}

bool book_best(const struct book *book, enum side side, struct book_level *ret_level)
{
    return book_levels(book, side, 1, ret_level) == 1;
}

size_t book_levels(const struct book *book, enum side side, size_t levels_max,
                   struct book_level *ret_levels)
{
    size_t count = 0;
    const struct book_queue *at = book->trees[side].best;
    for (; at != NULL && count < levels_max; at = at->worse) {
        ret_levels[count++] = (struct book_level){.price_e8 = at->price_e8,
                                                  .quantity_e8 = capped(at->quantity_e8),
                                                  .orders_count = at->orders_count};
    }
    return count;
}

const struct book_order *book_first(const struct book *book, enum side side)
{
    const struct book_queue *best = book->trees[side].best;
    return best == NULL ? NULL : best->first;
}

const struct book_order *book_next(const struct book_order *order)
{
    if (order->behind != NULL)
        return order->behind;
    return order->queue->worse == NULL ? NULL : order->queue->worse->first;
}
