#include "desk/state.h"

#include <stdlib.h>

void *desk_new(const struct place *place)
{
    struct desk *desk = calloc(1, sizeof *desk);
    CHECK(desk != NULL);
    desk->place = place;
    approvals_init(&desk->approvals, place);
    return desk;
}

void desk_free(void *state)
{
    struct desk *desk = state;
    if (desk == NULL)
        return;
    staff_free(&desk->staff);
    approvals_free(&desk->approvals);
    desk_free_tickets(desk);
    struct desk_document *document = desk->documents;
    HASH_CLEAR(by_id, desk->documents);
    for (struct desk_document *next; document != NULL; document = next) {
        next = document->by_id.next;
        free(document);
    }
    free(desk);
}

struct desk_document *desk_document(const struct desk *desk, struct uuid id)
{
    struct desk_document *document;
    HASH_FIND(by_id, desk->documents, &id, sizeof id, document);
    return document;
}

void desk_set_document(struct desk *desk, const struct desk_document *document)
{
    struct desk_document *known = desk_document(desk, document->id);
    if (known != NULL) {
        UT_hash_handle by_id = known->by_id;
        *known = *document;
        known->by_id = by_id;
        return;
    }
    struct desk_document *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *document;
    HASH_ADD(by_id, desk->documents, id, sizeof copy->id, copy);
}
