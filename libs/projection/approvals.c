#include "projection/approvals.h"

#include "decision/approval.h"

static void project_request(const struct event *event, int statement, struct rows *rows)
{
    const struct approval_request *request = &event->approval_requested.request;
    rows_begin(rows, statement);
    rows_uuid(rows, request->approval_id);
    rows_text(rows, TEXT("pending"));
    rows_text(rows, request->action);
    rows_text(rows, request->entity_type);
    rows_text(rows, request->entity_id);
    rows_uuid(rows, request->requested_by);
    rows_time(rows, request->requested_at);
    rows_time(rows, request->expires_at);
    rows_uuid(rows, event->meta.command_id);
    rows_int(rows, rows_partition(rows));
    rows_int(rows, rows_offset(rows));
}

/* By the event's actor and command, but where the clock did it. */
static void project_end(const struct event *event, struct uuid id, const char *status,
                        int statement, struct rows *rows)
{
    bool decided = event_decides_command(&event->meta);
    rows_begin(rows, statement);
    rows_uuid(rows, id);
    rows_text(rows, text_of(status));
    rows_uuid_or_null(rows, decided && event->meta.has_actor, event->meta.actor.user_id);
    rows_time(rows, event->meta.occurred_at);
    rows_uuid_or_null(rows, decided, event->meta.command_id);
    bool reasoned = event->kind == EVENT_APPROVAL_REJECTED && event->approval_rejected.has_reason;
    rows_text_or_null(rows, reasoned, event->approval_rejected.reason);
}

void project_approvals(const struct event *event, int requests, int ends, struct rows *rows)
{
    struct uuid used;
    if (event->kind == EVENT_APPROVAL_REQUESTED)
        project_request(event, requests, rows);
    else if (event->kind == EVENT_APPROVAL_REJECTED)
        project_end(event, event->approval_rejected.approval_id, "rejected", ends, rows);
    else if (event->kind == EVENT_APPROVAL_EXPIRED)
        project_end(event, event->approval_expired.approval_id, "expired", ends, rows);
    else if (approval_used(event, &used))
        project_end(event, used, "approved", ends, rows);
}
