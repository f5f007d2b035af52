/* text_list.h - a few things by name, in the order of their names; found by halving.
 *
 * Owner    things are the caller's, stay where they are, and begin with their struct text, which
 *          does not change while they are in.
 * Bounds   16 bytes a thing; an addition moves what stands behind it. Out of memory ends the
 *          process.
 * Thread   one owner, no locks.
 */
#ifndef BASE_TEXT_LIST_H
#define BASE_TEXT_LIST_H
#include "base/base.h"

/* Zeroed it is an empty list. */
struct text_list {
    struct text_entry {
        uint64_t head; /* of its name: most names are told apart by it, without a look at them */
        void *thing;
    } * entries;
    uint32_t count, capacity;
};

/* Gives its memory back and leaves an empty list; the things are not touched. */
void text_list_free(struct text_list *list);
/* NULL: there is none. */
void *text_list_find(const struct text_list *list, struct text name);
/* CHECKs that no thing of that name is in. */
void text_list_add(struct text_list *list, void *thing);

#endif
