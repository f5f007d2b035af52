/* heap.h - things of which the least comes first: by a key, and among equals by who came first.
 *
 * Shape    a binary heap of nodes that lie inside the things; a node knows where in the heap it is,
 *          so that any of them leaves in logarithmic time.
 * Owner    things are the caller's, and stay where they are while they are in.
 * Bounds   8 bytes a node; it grows by doubling and never shrinks. Out of memory ends the process.
 * Order    heap_first() is the same whatever the way to it; the order inside is not: whoever writes
 *          all of them down sorts.   Thread   one owner, no locks.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H
#include "base/base.h"

/* Zeroed it is in no heap. */
struct heap_node {
    int64_t key;
    uint64_t turn; /* who came first among equal keys; no two are the same */
    void *thing;   /* that it lies in */
    size_t place;  /* the heap's own: from 1; 0: in none */
};

/* Zeroed it is an empty heap. */
struct heap {
    struct heap_node **nodes;
    size_t capacity;
    size_t count;
};

/* Gives its memory back and leaves an empty heap; the nodes are not touched. */
void heap_free(struct heap *heap);
/* CHECKs that the node is in none. */
void heap_add(struct heap *heap, struct heap_node *node);
/* Takes a node out. CHECKs that it is in this one. */
void heap_remove(struct heap *heap, struct heap_node *node);
/* The least; NULL: it is empty. */
struct heap_node *heap_first(const struct heap *heap);
/* Up to `nodes_max` of those with `key` or less, the least first; which ones where there are more
 * is not said, but that heap_first() is among them. Returns how many. */
size_t heap_up_to(const struct heap *heap, int64_t key, size_t nodes_max,
                  struct heap_node **ret_nodes);

#endif
