#include "orders/book.h"

#include "orders/book_layout.h"

#include <stdlib.h>

struct book *book_new(void)
{
    struct book *book = calloc(1, sizeof *book);
    CHECK(book != NULL);
    book_index_init(&book->index);
    book_slab_init(&book->nodes, sizeof(struct book_node));
    book_slab_init(&book->queues, sizeof(struct book_queue));
    return book;
}

void book_free(struct book *book)
{
    if (book == NULL)
        return;
    book_index_free(&book->index);
    book_slab_free(&book->nodes);
    book_slab_free(&book->queues);
    free(book);
}

int64_t book_remaining_e8(const struct book_order *order)
{
    return order->quantity_e8 - order->filled_quantity_e8 - order->prevented_quantity_e8;
}

static void check_fit_to_rest(const struct book *book, const struct book_order *order)
{
    CHECK(order->side == SIDE_BUY || order->side == SIDE_SELL);
    CHECK(order->price_e8 > 0 && order->quantity_e8 > 0);
    CHECK(order->filled_quantity_e8 >= 0 && order->prevented_quantity_e8 >= 0);
    CHECK(order->prevented_quantity_e8 <= order->quantity_e8 - order->filled_quantity_e8);
    CHECK(book_remaining_e8(order) > 0);
    const struct book_queue *best =
        book->trees[order->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY].best;
    CHECK(best == NULL || best->rank > -book_rank(order->side, order->price_e8));
}

void book_add(struct book *book, const struct book_order *order)
{
    check_fit_to_rest(book, order);
    struct book_queue *queue =
        book_tree_level(&book->trees[order->side], order->side, order->price_e8, &book->queues);
    struct book_node *node = book_slab_take(&book->nodes);
    *node = (struct book_node){.order = *order, .queue = queue, .before = queue->last};
    book_index_add(&book->index, node);
    if (queue->last != NULL)
        queue->last->behind = node;
    else
        queue->first = node;
    queue->last = node;
    queue->orders_count++;
    queue->quantity_e8 += book_remaining_e8(order);
}

/* Takes a node out of its level, and the level out of its side if it was the last. */
static void take_out(struct book *book, struct book_node *node)
{
    struct book_queue *queue = node->queue;
    if (node->before != NULL)
        node->before->behind = node->behind;
    else
        queue->first = node->behind;
    if (node->behind != NULL)
        node->behind->before = node->before;
    else
        queue->last = node->before;
    queue->orders_count--;
    queue->quantity_e8 -= book_remaining_e8(&node->order);
    if (queue->first == NULL)
        book_tree_drop(&book->trees[node->order.side], queue, &book->queues);
    book_index_remove(&book->index, node);
    book_slab_give(&book->nodes, node);
}

static struct book_node *resting(const struct book *book, struct uuid order_id)
{
    struct book_node *node = book_index_find(&book->index, order_id);
    CHECK(node != NULL);
    return node;
}

/* A resting order has lost `quantity_e8` of what remained, which its fields say already. */
static int64_t shrunk(struct book *book, struct book_node *node, int64_t quantity_e8)
{
    int64_t remaining_e8 = book_remaining_e8(&node->order);
    node->queue->quantity_e8 -= quantity_e8;
    if (remaining_e8 == 0)
        take_out(book, node);
    return remaining_e8;
}

int64_t book_fill(struct book *book, struct uuid order_id, int64_t quantity_e8, int64_t fee_e8)
{
    struct book_node *node = resting(book, order_id);
    struct book_order *order = &node->order;
    CHECK(quantity_e8 > 0 && quantity_e8 <= book_remaining_e8(order));
    order->filled_quantity_e8 += quantity_e8;
    order->filled_notional_e16 += (__int128)order->price_e8 * quantity_e8;
    order->fee_charged_e8 += fee_e8;
    return shrunk(book, node, quantity_e8);
}

int64_t book_decrement(struct book *book, struct uuid order_id, int64_t quantity_e8)
{
    struct book_node *node = resting(book, order_id);
    CHECK(quantity_e8 > 0 && quantity_e8 <= book_remaining_e8(&node->order));
    node->order.prevented_quantity_e8 += quantity_e8;
    return shrunk(book, node, quantity_e8);
}

void book_reduce(struct book *book, struct uuid order_id, int64_t quantity_e8)
{
    struct book_node *node = resting(book, order_id);
    struct book_order *order = &node->order;
    CHECK(quantity_e8 > order->filled_quantity_e8 + order->prevented_quantity_e8);
    CHECK(quantity_e8 < order->quantity_e8);
    node->queue->quantity_e8 -= order->quantity_e8 - quantity_e8;
    order->quantity_e8 = quantity_e8;
}

bool book_remove(struct book *book, struct uuid order_id)
{
    struct book_node *node = book_index_find(&book->index, order_id);
    if (node == NULL)
        return false;
    take_out(book, node);
    return true;
}

const struct book_order *book_find(const struct book *book, struct uuid order_id)
{
    const struct book_node *node = book_index_find(&book->index, order_id);
    return node == NULL ? NULL : &node->order;
}

/* Sums of many orders may pass what one number on the wire holds. */
static int64_t capped(__int128 quantity_e8)
{
    return quantity_e8 > INT64_MAX ? INT64_MAX : (int64_t)quantity_e8;
}

int64_t book_quantity_ahead_e8(const struct book *book, struct uuid order_id)
{
    __int128 ahead_e8 = 0;
    for (const struct book_node *at = resting(book, order_id)->before; at != NULL; at = at->before)
        ahead_e8 += book_remaining_e8(&at->order);
    return capped(ahead_e8);
}

size_t book_orders_count(const struct book *book)
{
    return book->index.count;
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
    return best == NULL ? NULL : &best->first->order;
}

const struct book_order *book_next(const struct book_order *order)
{
    const struct book_node *node = (const struct book_node *)(const void *)order;
    if (node->behind != NULL)
        return &node->behind->order;
    return node->queue->worse == NULL ? NULL : &node->queue->worse->first->order;
}
