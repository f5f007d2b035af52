#include "base/id_table.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

void id_table_free(struct id_table *table)
{
    free(table->slots);
    *table = (struct id_table){0};
}

static struct uuid id_of(const void *thing)
{
    struct uuid id;
    memcpy(&id, thing, sizeof id);
    return id;
}

/* Ids of one owner share their first bytes (uuid.h), so both halves are mixed. */
static uint64_t hash_of(struct uuid id)
{
    uint64_t halves[2];
    memcpy(halves, id.bytes, sizeof halves);
    uint64_t hash = (halves[0] ^ halves[1] >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32 ^ halves[1]) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 32;
}

/* The slot of that id, or the free one where it would go. */
static size_t slot_of(const struct id_table *table, uint64_t hash, struct uuid id)
{
    size_t mask = table->capacity - 1, at = hash & mask;
    while (table->slots[at].thing != NULL) {
        if (table->slots[at].hash == hash && uuid_equal(id_of(table->slots[at].thing), id))
            return at;
        at = (at + 1) & mask;
    }
    return at;
}

void *id_table_find(const struct id_table *table, struct uuid id)
{
    if (table->count == 0)
        return NULL;
    return table->slots[slot_of(table, hash_of(id), id)].thing;
}

static void grow(struct id_table *table)
{
    struct id_table bigger = {.capacity =
                                  table->capacity == 0 ? CAPACITY_FIRST : 2 * table->capacity,
                              .count = table->count};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    CHECK(bigger.slots != NULL);
    for (size_t i = 0; i < table->capacity; i++) {
        const struct id_slot *slot = &table->slots[i];
        size_t at = slot->hash & (bigger.capacity - 1);
        if (slot->thing == NULL)
            continue;
        while (bigger.slots[at].thing != NULL)
            at = (at + 1) & (bigger.capacity - 1);
        bigger.slots[at] = *slot;
    }
    free(table->slots);
    *table = bigger;
}

void id_table_add(struct id_table *table, void *thing)
{
    if (4 * (table->count + 1) > 3 * table->capacity)
        grow(table);
    uint64_t hash = hash_of(id_of(thing));
    struct id_slot *slot = &table->slots[slot_of(table, hash, id_of(thing))];
    CHECK(slot->thing == NULL);
    *slot = (struct id_slot){.hash = hash, .thing = thing};
    table->count++;
}

/* The hole is closed by moving up what the probing had pushed past it. */
void id_table_remove(struct id_table *table, const void *thing)
{
    CHECK(table->count > 0);
    size_t mask = table->capacity - 1;
    size_t hole = slot_of(table, hash_of(id_of(thing)), id_of(thing));
    CHECK(table->slots[hole].thing == thing);
    for (size_t at = (hole + 1) & mask; table->slots[at].thing != NULL; at = (at + 1) & mask) {
        size_t home = table->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].thing = NULL;
    table->count--;
}

void *id_table_next(const struct id_table *table, size_t *cursor)
{
    while (*cursor < table->capacity) {
        void *thing = table->slots[(*cursor)++].thing;
        if (thing != NULL)
            return thing;
    }
    return NULL;
}
