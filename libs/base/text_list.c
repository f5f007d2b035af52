#include "base/text_list.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 8 };

void text_list_free(struct text_list *list)
{
    free(list->entries);
    *list = (struct text_list){.count = 0};
}

/* Compares names of the same head. */
static int compare_rest(const struct text_entry *entry, struct text name)
{
    const struct text *own = entry->thing;
    if (own->size <= sizeof entry->head && name.size <= sizeof entry->head)
        return (own->size > name.size) - (own->size < name.size);
    return text_compare(*own, name);
}

/* As locate() of a list of a few, without a branch that could be taken either way. */
static bool locate_among_few(const struct text_list *list, struct text name, uint32_t *ret_index)
{
    uint64_t head = text_head(name);
    uint32_t index = 0;
    int order = -1;
    for (uint32_t i = 0; i < list->count; i++)
        index += list->entries[i].head < head;
    while (index < list->count && list->entries[index].head == head &&
           (order = compare_rest(&list->entries[index], name)) < 0)
        index++;
    *ret_index = index;
    return order == 0;
}

/* Where a thing of that name is, or would be; whether it is there. */
static bool locate(const struct text_list *list, struct text name, uint32_t *ret_index)
{
    if (list->count <= FEW)
        return locate_among_few(list, name, ret_index);
    uint32_t low = 0, high = list->count;
    uint64_t head = text_head(name);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct text_entry *entry = &list->entries[middle];
        int order = entry->head < head ? -1 : entry->head > head;
        if (order == 0)
            order = compare_rest(entry, name);
        if (order == 0) {
            *ret_index = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_index = low;
    return false;
}

void *text_list_find(const struct text_list *list, struct text name)
{
    uint32_t index;
    return locate(list, name, &index) ? list->entries[index].thing : NULL;
}

void text_list_add(struct text_list *list, void *thing)
{
    uint32_t index;
    CHECK(!locate(list, *(const struct text *)thing, &index));
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 2 : 2 * list->capacity;
        list->entries = realloc(list->entries, list->capacity * sizeof *list->entries);
        CHECK(list->entries != NULL);
    }
    struct text_entry *at = list->entries + index;
    memmove(at + 1, at, (list->count - index) * sizeof *at);
    *at = (struct text_entry){text_head(*(const struct text *)thing), thing};
    list->count++;
}
