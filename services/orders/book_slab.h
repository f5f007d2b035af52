/* book_slab.h - elements of one size from chunks that are kept until the end, each twice as large
 * as the one before: of many books most are small. Freed elements are given out again, last freed
 * first. Memory is not cleared. Out of memory is a CHECK.
 */
#ifndef BOOK_SLAB_H
#define BOOK_SLAB_H
#include "base/base.h"

struct book_slab {
    size_t element_size; /* a multiple of 16, so that any type is aligned */
    void *free_elements; /* each begins with a pointer to the next */
    void *chunks;        /* likewise */
    size_t next_count;   /* elements of the next chunk */
};

void book_slab_init(struct book_slab *slab, size_t element_size);
void book_slab_free(struct book_slab *slab);
void *book_slab_take(struct book_slab *slab);
void book_slab_give(struct book_slab *slab, void *element);

#endif
