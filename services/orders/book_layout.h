/* book_layout.h - how a book lies in memory; for book*.c only.
 *
 * Ranks    a level's rank is its price, negated on the buy side: the lower, the better, so that
 *          one ordering serves both sides.
 */
#ifndef BOOK_LAYOUT_H
#define BOOK_LAYOUT_H
#include "orders/book.h"
#include "orders/book_slab.h"

/* One level: its orders, and its place in the side's AA tree and in the list from best to worst. */
struct book_queue {
    int64_t rank;
    int64_t price_e8;
    __int128 quantity_e8;
    size_t orders_count;
    struct book_order *first;
    struct book_order *last;
    struct book_queue *better;
    struct book_queue *worse;
    struct book_queue *left;
    struct book_queue *right;
    int height;
};

struct book_tree {
    struct book_queue *root;
    struct book_queue *best;
};

struct book {
    struct book_tree trees[2]; /* by enum side */
    struct book_slab queues;
    size_t orders_count;
};

int64_t book_rank(enum side side, int64_t price_e8);

/* The level of a price, made empty where there is none. */
struct book_queue *book_tree_level(struct book_tree *tree, enum side side, int64_t price_e8,
                                   struct book_slab *slab);
/* Takes an empty level out of the tree and gives it back to the slab. */
void book_tree_drop(struct book_tree *tree, struct book_queue *queue, struct book_slab *slab);

#endif
