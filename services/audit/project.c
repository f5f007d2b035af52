#include "audit/project.h"

#include "audit/state.h"

extern const char audit_schema_sql[]; /* schema.sql */

enum { TICKET_LOGS };

static const struct projection_statement STATEMENTS[] = {
    [TICKET_LOGS] = {.table = "ticket_logs",
                     .kind = PROJECTION_INSERT,
                     .key_columns = 1,
                     .columns = {{"id", COLUMN_TEXT},
                                 {"seq", COLUMN_BIGINT},
                                 {"command_id", COLUMN_UUID},
                                 {"action", COLUMN_TEXT},
                                 {"entity_type", COLUMN_TEXT},
                                 {"entity_id", COLUMN_TEXT},
                                 {"account_id", COLUMN_UUID},
                                 {"actor_id", COLUMN_UUID},
                                 {"outcome", COLUMN_TEXT},
                                 {"code", COLUMN_TEXT},
                                 {"source_topic", COLUMN_TEXT},
                                 {"source_partition", COLUMN_INT},
                                 {"source_offset", COLUMN_BIGINT},
                                 {"event_id", COLUMN_UUID},
                                 {"event_hash", COLUMN_BYTES},
                                 {"occurred_at", COLUMN_TIME},
                                 {"issued_at", COLUMN_TIME},
                                 {"count", COLUMN_BIGINT}}},
};

/* Tickets of one event come one after the other, and fewer than this. */
enum { SEQ_STEP = 1000 };
_Static_assert((int)SEQ_STEP > (int)AUDIT_RUN_MAX, "the tickets of a run have a place each");

static void rows_maybe_text(struct rows *rows, bool has, struct text text)
{
    if (has)
        rows_text(rows, text);
    else
        rows_null(rows);
}

static void rows_maybe_uuid(struct rows *rows, bool has, struct uuid id)
{
    if (has)
        rows_uuid(rows, id);
    else
        rows_null(rows);
}

static void rows_ticket(struct rows *rows, const struct ticket *ticket, size_t index)
{
    rows_begin(rows, TICKET_LOGS);
    rows_text(rows, ticket->id);
    rows_int(rows, rows_offset(rows) * SEQ_STEP + (int64_t)index);
    rows_uuid(rows, ticket->command_id);
    rows_text(rows, ticket->action);
    rows_maybe_text(rows, ticket->has_entity_type, ticket->entity_type);
    rows_maybe_text(rows, ticket->has_entity_id, ticket->entity_id);
    rows_maybe_uuid(rows, ticket->has_account_id, ticket->account_id);
    rows_maybe_uuid(rows, ticket->has_actor_id, ticket->actor_id);
    rows_symbol(rows, &WIRE_TICKET_OUTCOME, ticket->outcome);
    rows_maybe_text(rows, ticket->has_code, ticket->code);
    rows_text(rows, ticket->source.topic);
    rows_int(rows, ticket->source.partition);
}

static void project_issued(const struct event *event, struct rows *rows)
{
    const struct tickets_issued *issued = &event->tickets_issued;
    for (size_t i = 0; i < issued->tickets_count; i++) {
        const struct ticket *ticket = &issued->tickets[i];
        rows_ticket(rows, ticket, i);
        rows_int(rows, ticket->source.offset);
        rows_uuid(rows, ticket->event_id);
        rows_bytes(rows, (struct bytes){ticket->event_hash.bytes, sizeof ticket->event_hash.bytes});
        rows_time(rows, ticket->occurred_at);
        rows_time(rows, event->meta.occurred_at);
        rows_int(rows, 1);
    }
}

static void project_refusal(const struct event *event, struct rows *rows)
{
    const struct refusal_recorded *recorded = &event->refusal_recorded;
    rows_ticket(rows, &recorded->ticket, 0);
    rows_int(rows, rows_offset(rows));
    rows_uuid(rows, event->meta.event_id);
    rows_null(rows);
    rows_time(rows, recorded->ticket.occurred_at);
    rows_time(rows, event->meta.occurred_at);
    rows_int(rows, recorded->count);
}

static void project(const struct event *event, struct rows *rows)
{
    if (event->kind == EVENT_TICKETS_ISSUED)
        project_issued(event, rows);
    else if (event->kind == EVENT_REFUSAL_RECORDED)
        project_refusal(event, rows);
}

const struct projection AUDIT_PROJECTION = {
    .schema = "audit",
    .schema_sql = audit_schema_sql,
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};
