#include "base/arena.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE_MIN = 16 * 1024, ALIGNMENT = 16, PRINTED_SIZE = 256 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct arena {
    struct block *first;
    struct block *current; /* blocks behind it are empty and wait to be used again */
    size_t used;
    size_t size_max;
};

struct arena *arena_new(size_t size_max)
{
    struct arena *arena = calloc(1, sizeof *arena);
    CHECK(arena != NULL);
    arena->size_max = size_max;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct block *block = arena->first; block != NULL;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

void arena_reset(struct arena *arena)
{
    for (struct block *block = arena->first; block != NULL; block = block->next)
        block->used = 0;
    arena->current = arena->first;
    arena->used = 0;
}

static struct block *block_new(size_t size)
{
    size_t block_size = size > BLOCK_SIZE_MIN ? size : BLOCK_SIZE_MIN;
    struct block *block = malloc(sizeof *block + block_size);
    CHECK(block != NULL);
    *block = (struct block){.size = block_size};
    return block;
}

/* The next block with room for `size`, from those kept or, behind the current one, a new one. */
__attribute__((noinline)) static struct block *block_with_room(struct arena *arena, size_t size)
{
    struct block *block = arena->current;
    while (block != NULL && block->size - block->used < size)
        block = block->next;
    if (block == NULL) {
        block = block_new(size);
        if (arena->current == NULL) {
            arena->first = block;
        } else {
            block->next = arena->current->next;
            arena->current->next = block;
        }
    }
    arena->current = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    CHECK(size <= arena->size_max - arena->used);
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = arena->current;
    if (block == NULL || block->size - block->used < rounded)
        block = block_with_room(arena, rounded);
    void *memory = block->data + block->used;
    block->used += rounded;
    arena->used += size;
    memset(memory, 0, size);
    return memory;
}

size_t arena_room(const struct arena *arena)
{
    return arena->size_max - arena->used;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

struct text arena_text(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    return (struct text){.data = copy, .size = text.size};
}

struct text arena_number(struct arena *arena, int64_t value)
{
    char text[NUMBER_TEXT_SIZE_MAX];
    return arena_text(arena, (struct text){.data = text, .size = number_print(value, text)});
}

struct text arena_printf(struct arena *arena, const char *format, ...)
{
    char printed[PRINTED_SIZE]; /* where it fits, it is printed once */
    va_list args;
    va_start(args, format);
    int size = vsnprintf(printed, sizeof printed, format, args);
    va_end(args);
    CHECK(size >= 0);
    if ((size_t)size < sizeof printed)
        return arena_text(arena, (struct text){.data = printed, .size = (size_t)size});
    char *copy = arena_alloc(arena, (size_t)size + 1);
    va_start(args, format);
    vsnprintf(copy, (size_t)size + 1, format, args);
    va_end(args);
    return (struct text){.data = copy, .size = (size_t)size};
}
