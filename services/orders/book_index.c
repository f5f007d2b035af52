#include "orders/book_layout.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 1024 };

void book_index_init(struct book_index *index)
{
    *index = (struct book_index){.capacity = CAPACITY_FIRST};
    index->slots = calloc(index->capacity, sizeof index->slots[0]);
    CHECK(index->slots != NULL);
}

void book_index_free(struct book_index *index)
{
    free(index->slots);
    *index = (struct book_index){0};
}

/* Ids of one instrument share their first bytes (uuid.h), so both halves are mixed. */
uint64_t book_index_hash(struct uuid order_id)
{
    uint64_t halves[2];
    memcpy(halves, order_id.bytes, sizeof halves);
    uint64_t hash = (halves[0] ^ halves[1] >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32 ^ halves[1]) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 32;
}

/* The slot of that id, or the free one where it would go. */
static size_t slot_of(const struct book_index *index, uint64_t hash, struct uuid order_id)
{
    size_t at = hash & (index->capacity - 1);
    while (index->slots[at].node != NULL) {
        const struct book_index_slot *slot = &index->slots[at];
        if (slot->hash == hash && uuid_equal(slot->node->order.order_id, order_id))
            return at;
        at = (at + 1) & (index->capacity - 1);
    }
    return at;
}

struct book_node *book_index_find(const struct book_index *index, struct uuid order_id)
{
    return index->slots[slot_of(index, book_index_hash(order_id), order_id)].node;
}

static void grow(struct book_index *index)
{
    struct book_index bigger = {.capacity = 2 * index->capacity, .count = index->count};
    bigger.slots = calloc(bigger.capacity, sizeof bigger.slots[0]);
    CHECK(bigger.slots != NULL);
    for (size_t i = 0; i < index->capacity; i++) {
        const struct book_index_slot *slot = &index->slots[i];
        if (slot->node != NULL)
            bigger.slots[slot_of(&bigger, slot->hash, slot->node->order.order_id)] = *slot;
    }
    free(index->slots);
    *index = bigger;
}

void book_index_add(struct book_index *index, struct book_node *node)
{
    if (2 * (index->count + 1) > index->capacity)
        grow(index);
    node->hash = book_index_hash(node->order.order_id);
    struct book_index_slot *slot = &index->slots[slot_of(index, node->hash, node->order.order_id)];
    CHECK(slot->node == NULL);
    *slot = (struct book_index_slot){.hash = node->hash, .node = node};
    index->count++;
}

/* The hole is closed by moving up what the probing had pushed past it, so there are no grave
 * marks and lookups stay short however many orders came and went. */
void book_index_remove(struct book_index *index, const struct book_node *node)
{
    size_t mask = index->capacity - 1;
    size_t hole = node->hash & mask;
    while (index->slots[hole].node != node) {
        CHECK(index->slots[hole].node != NULL);
        hole = (hole + 1) & mask;
    }
    for (size_t at = (hole + 1) & mask; index->slots[at].node != NULL; at = (at + 1) & mask) {
        size_t home = index->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            index->slots[hole] = index->slots[at];
            hole = at;
        }
    }
    index->slots[hole].node = NULL;
    index->count--;
}
