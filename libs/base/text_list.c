#include "base/text_list.h"

#include <stdlib.h>
#include <string.h>

void text_list_free(struct text_list *list)
{
    free(list->things);
    *list = (struct text_list){.count = 0};
}

/* Where a thing of that name is, or would be; whether it is there. */
static bool locate(const struct text_list *list, struct text name, uint32_t *ret_index)
{
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = text_compare(*(const struct text *)list->things[middle], name);
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
    return locate(list, name, &index) ? list->things[index] : NULL;
}

void text_list_add(struct text_list *list, void *thing)
{
    uint32_t index;
    CHECK(!locate(list, *(const struct text *)thing, &index));
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 2 : 2 * list->capacity;
        list->things = realloc(list->things, list->capacity * sizeof *list->things);
        CHECK(list->things != NULL);
    }
    void **at = list->things + index;
    memmove(at + 1, at, (list->count - index) * sizeof *at);
    *at = thing;
    list->count++;
}
