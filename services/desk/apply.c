#include "desk/state.h"

static void withdraw(struct desk *desk, struct uuid id)
{
    struct desk_document *document = desk_document(desk, id);
    CHECK(document != NULL);
    desk_drop_document(desk, document);
}

void desk_apply(void *state, const struct event *event)
{
    struct desk *desk = state;
    if (event->kind == EVENT_STAFF_ADOPTED)
        staff_set(&desk->staff, event->staff_adopted.user_id,
                  role_bits_of(event->staff_adopted.roles, event->staff_adopted.roles_count));
    else if (event->kind == EVENT_NEWS_PUBLISHED)
        desk_set_document(desk, &(struct desk_document){
                                    .id = event->news_published.id,
                                    .kind = DOCUMENT_KIND_NEWS,
                                    .version = event->news_published.version,
                                    .published_at_us = event->news_published.published_at,
                                });
    else if (event->kind == EVENT_DOCUMENT_WITHDRAWN)
        withdraw(desk, event->document_withdrawn.id);
}
