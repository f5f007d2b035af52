#include "base/heap.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

void heap_free(struct heap *heap)
{
    free(heap->nodes);
    *heap = (struct heap){0};
}

static bool less(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->turn < b->turn;
}

static void put(struct heap *heap, size_t place, struct heap_node *node)
{
    heap->nodes[place - 1] = node;
    node->place = place;
}

/* Moves what is above `place` down until `node` fits there. */
static void rise(struct heap *heap, size_t place, struct heap_node *node)
{
    for (; place > 1 && less(node, heap->nodes[place / 2 - 1]); place /= 2)
        put(heap, place, heap->nodes[place / 2 - 1]);
    put(heap, place, node);
}

/* Moves what is below `place` up until `node` fits there. */
static void sink(struct heap *heap, size_t place, struct heap_node *node)
{
    for (size_t below; (below = 2 * place) <= heap->count; place = below) {
        if (below < heap->count && less(heap->nodes[below], heap->nodes[below - 1]))
            below++;
        if (!less(heap->nodes[below - 1], node))
            break;
        put(heap, place, heap->nodes[below - 1]);
    }
    put(heap, place, node);
}

void heap_add(struct heap *heap, struct heap_node *node)
{
    CHECK(node->place == 0);
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity == 0 ? FIRST_CAPACITY : 2 * heap->capacity;
        heap->nodes = realloc(heap->nodes, heap->capacity * sizeof(struct heap_node *));
        CHECK(heap->nodes != NULL);
    }
    rise(heap, ++heap->count, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    CHECK(place > 0 && place <= heap->count && heap->nodes[place - 1] == node);
    struct heap_node *last = heap->nodes[--heap->count];
    node->place = 0;
    if (last == node)
        return;
    if (place > 1 && less(last, heap->nodes[place / 2 - 1]))
        rise(heap, place, last);
    else
        sink(heap, place, last);
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count == 0 ? NULL : heap->nodes[0];
}

static int compare(const void *a, const void *b)
{
    const struct heap_node *const *left = a, *const *right = b;
    return less(*left, *right) ? -1 : less(*right, *left);
}

/* Below a node that is too large all are; so those wanted hang together at the top. Breadth first:
 * what has been found is also the queue of those to look below. */
size_t heap_up_to(const struct heap *heap, int64_t key, size_t nodes_max,
                  struct heap_node **ret_nodes)
{
    size_t count = 0;
    if (heap->count > 0 && nodes_max > 0 && heap->nodes[0]->key <= key)
        ret_nodes[count++] = heap->nodes[0];
    for (size_t at = 0; at < count; at++) {
        for (size_t below = 2 * ret_nodes[at]->place; below <= 2 * ret_nodes[at]->place + 1;
             below++) {
            if (below <= heap->count && count < nodes_max && heap->nodes[below - 1]->key <= key)
                ret_nodes[count++] = heap->nodes[below - 1];
        }
    }
    qsort(ret_nodes, count, sizeof(struct heap_node *), compare);
    return count;
}
