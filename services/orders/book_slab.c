#include "orders/book_slab.h"

#include <stdlib.h>

enum { FIRST_COUNT = 8, COUNT_MAX = 1024, CHUNK_HEADER_SIZE = 16 };

void book_slab_init(struct book_slab *slab, size_t element_size)
{
    CHECK(element_size >= sizeof(void *) && element_size % 16 == 0);
    *slab = (struct book_slab){.element_size = element_size, .next_count = FIRST_COUNT};
}

void book_slab_free(struct book_slab *slab)
{
    while (slab->chunks != NULL) {
        void *chunk = slab->chunks;
        slab->chunks = *(void **)chunk;
        free(chunk);
    }
    slab->free_elements = NULL;
}

/* Elements are chained so that they are given out in address order: neighbours in time are
 * neighbours in memory. */
static void grow(struct book_slab *slab)
{
    uint8_t *chunk = malloc(CHUNK_HEADER_SIZE + slab->next_count * slab->element_size);
    CHECK(chunk != NULL);
    *(void **)(void *)chunk = slab->chunks;
    slab->chunks = chunk;
    for (size_t i = slab->next_count; i-- > 0;)
        book_slab_give(slab, chunk + CHUNK_HEADER_SIZE + i * slab->element_size);
    slab->next_count = slab->next_count < COUNT_MAX ? 2 * slab->next_count : COUNT_MAX;
}

void *book_slab_take(struct book_slab *slab)
{
    if (slab->free_elements == NULL)
        grow(slab);
    void *element = slab->free_elements;
    slab->free_elements = *(void **)element;
    return element;
}

void book_slab_give(struct book_slab *slab, void *element)
{
    *(void **)element = slab->free_elements;
    slab->free_elements = element;
}
