#include "desk/state.h"

/* What the events of the calendars and of the FAQ have in common. */
#define PUBLISH(desk, published, of_kind)                                                          \
    desk_set_document((desk), &(struct desk_document){.id = (published)->id,                       \
                                                      .kind = (of_kind),                           \
                                                      .version = (published)->version})

static void publish_news(struct desk *desk, const struct news_published *news)
{
    desk_set_document(desk, &(struct desk_document){.id = news->id,
                                                    .kind = DOCUMENT_KIND_NEWS,
                                                    .version = news->version,
                                                    .published_at_us = news->published_at});
}

static void withdraw(struct desk *desk, struct uuid id)
{
    struct desk_document *document = desk_document(desk, id);
    CHECK(document != NULL);
    document->withdrawn = true;
}

void desk_apply(void *state, const struct event *event)
{
    struct desk *desk = state;
    approvals_apply(&desk->approvals, event);
    if (event->kind == EVENT_STAFF_ADOPTED)
        staff_set(&desk->staff, event->staff_adopted.user_id,
                  role_bits_of(event->staff_adopted.roles, event->staff_adopted.roles_count));
    else if (event->kind == EVENT_NEWS_PUBLISHED)
        publish_news(desk, &event->news_published);
    else if (event->kind == EVENT_ECONOMIC_EVENT_PUBLISHED)
        PUBLISH(desk, &event->economic_event_published, DOCUMENT_KIND_ECONOMIC_EVENT);
    else if (event->kind == EVENT_EARNINGS_PUBLISHED)
        PUBLISH(desk, &event->earnings_published, DOCUMENT_KIND_EARNINGS);
    else if (event->kind == EVENT_FAQ_PUBLISHED)
        PUBLISH(desk, &event->faq_published, DOCUMENT_KIND_FAQ);
    else if (event->kind == EVENT_SUPPORT_TICKET_CHANGED)
        desk_set_ticket(desk, &event->support_ticket_changed.ticket);
    else if (event->kind == EVENT_DOCUMENT_WITHDRAWN)
        withdraw(desk, event->document_withdrawn.id);
}
