/* book_layout.h - how a book lies in memory; for book*.c only.
 *
 * Ranks    a level's rank is its price, negated on the buy side: the lower, the better, so that
 *          one ordering serves both sides.
 */
#ifndef BOOK_LAYOUT_H
#define BOOK_LAYOUT_H
#include "orders/book.h"
#include "orders/book_slab.h"

struct book_node {
    struct book_order order; /* first, so that a pointer to the order is one to its node */
    struct book_queue *queue;
    struct book_node *before;
    struct book_node *behind;
    uint64_t hash;
};

/* One level: its orders, and its place in the side's AA tree and in the list from best to worst. */
struct book_queue {
    int64_t rank;
    int64_t price_e8;
    __int128 quantity_e8;
    size_t orders_count;
    struct book_node *first;
    struct book_node *last;
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

/* Orders by id: open addressing with linear probing, at most half full. */
struct book_index {
    struct book_index_slot {
        uint64_t hash;
        struct book_node *node; /* NULL: a free slot */
    } * slots;
    size_t capacity; /* a power of two */
    size_t count;
};

struct book {
    struct book_tree trees[2]; /* by enum side */
    struct book_index index;
    struct book_slab nodes;
    struct book_slab queues;
};

int64_t book_rank(enum side side, int64_t price_e8);

/* The level of a price, made empty where there is none. */
struct book_queue *book_tree_level(struct book_tree *tree, enum side side, int64_t price_e8,
                                   struct book_slab *slab);
/* Takes an empty level out of the tree and gives it back to the slab. */
void book_tree_drop(struct book_tree *tree, struct book_queue *queue, struct book_slab *slab);

void book_index_init(struct book_index *index);
void book_index_free(struct book_index *index);
uint64_t book_index_hash(struct uuid order_id);
/* NULL: there is none. */
struct book_node *book_index_find(const struct book_index *index, struct uuid order_id);
/* Enters a node under its order's id, and keeps the hash in it. CHECKs that the id is new. */
void book_index_add(struct book_index *index, struct book_node *node);
/* Takes out a node that is in. */
void book_index_remove(struct book_index *index, const struct book_node *node);

#endif
