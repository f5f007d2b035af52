#include "audit/project.h"

#include "audit/state.h"
#include "proof/leaf.h"

extern const char audit_schema_sql[]; /* schema.sql */

enum { TICKET_LOGS, CHECKPOINTS, CHECKPOINT_KEYS };

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
                                 {"count", COLUMN_BIGINT},
                                 {"nodes", COLUMN_BYTES}}},
    [CHECKPOINTS] = {.table = "checkpoints",
                     .kind = PROJECTION_INSERT,
                     .key_columns = 1,
                     .columns = {{"number", COLUMN_BIGINT},
                                 {"tree_size", COLUMN_BIGINT},
                                 {"root_hash", COLUMN_BYTES},
                                 {"made_at", COLUMN_TIME},
                                 {"signed_at", COLUMN_TIME},
                                 {"note", COLUMN_TEXT}}},
    [CHECKPOINT_KEYS] = {.table = "checkpoint_keys",
                         .kind = PROJECTION_UPSERT,
                         .key_columns = 1,
                         .columns = {{"key", COLUMN_TEXT},
                                     {"first_number", COLUMN_BIGINT, MERGE_FIRST},
                                     {"last_number", COLUMN_BIGINT},
                                     {"first_signed_at", COLUMN_TIME, MERGE_FIRST},
                                     {"last_signed_at", COLUMN_TIME}}},
};

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

static void rows_ticket(struct rows *rows, const struct ticket *ticket, int64_t leaf)
{
    rows_begin(rows, TICKET_LOGS);
    rows_text(rows, ticket->id);
    rows_int(rows, leaf);
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

/* The tree before `count` tickets, as far as their nodes need it. That the event has what it takes,
 * audit has decided: every valid event has. */
static struct merkle tree_before(int64_t tree_size, size_t count, const struct tree_hash *subtrees,
                                 size_t subtrees_count)
{
    struct merkle tree;
    CHECK(merkle_resume(tree_size - (int64_t)count, (int64_t)count,
                        (struct merkle_path){subtrees, subtrees_count}, &tree) == OK);
    return tree;
}

/* The nodes that a ticket's leaf completes, one behind the other, the leaf first. */
static void rows_nodes(struct rows *rows, struct merkle *tree, const struct ticket *ticket)
{
    struct tree_hash nodes[MERKLE_LEVELS];
    struct tree_hash leaf = leaf_hash_of_ticket(ticket);
    size_t count = merkle_append(tree, &leaf, nodes);
    rows_bytes(rows, (struct bytes){nodes[0].bytes, count * sizeof nodes[0]});
}

static void project_issued(const struct event *event, struct rows *rows)
{
    const struct tickets_issued *issued = &event->tickets_issued;
    struct merkle tree = tree_before(issued->tree_size, issued->tickets_count, issued->subtrees,
                                     issued->subtrees_count);
    for (size_t i = 0; i < issued->tickets_count; i++) {
        const struct ticket *ticket = &issued->tickets[i];
        rows_ticket(rows, ticket, tree.size);
        rows_int(rows, ticket->source.offset);
        rows_uuid(rows, ticket->event_id);
        rows_bytes(rows, (struct bytes){ticket->event_hash.bytes, sizeof ticket->event_hash.bytes});
        rows_time(rows, ticket->occurred_at);
        rows_time(rows, event->meta.occurred_at);
        rows_int(rows, 1);
        rows_nodes(rows, &tree, ticket);
    }
}

static void project_refusal(const struct event *event, struct rows *rows)
{
    const struct refusal_recorded *recorded = &event->refusal_recorded;
    struct merkle tree =
        tree_before(recorded->tree_size, 1, recorded->subtrees, recorded->subtrees_count);
    rows_ticket(rows, &recorded->ticket, tree.size);
    rows_int(rows, rows_offset(rows));
    rows_uuid(rows, event->meta.event_id);
    rows_null(rows);
    rows_time(rows, recorded->ticket.occurred_at);
    rows_time(rows, event->meta.occurred_at);
    rows_int(rows, recorded->count);
    rows_nodes(rows, &tree, &recorded->ticket);
}

static void project_signed(const struct event *event, struct rows *rows)
{
    const struct checkpoint_signed *checkpoint = &event->checkpoint_signed;
    rows_begin(rows, CHECKPOINTS);
    rows_int(rows, checkpoint->number);
    rows_int(rows, checkpoint->tree_size);
    rows_bytes(rows, (struct bytes){checkpoint->root_hash.bytes, sizeof checkpoint->root_hash});
    rows_time(rows, checkpoint->made_at);
    rows_time(rows, event->meta.occurred_at);
    rows_text(rows, checkpoint->note);
    for (size_t i = 0; i < checkpoint->keys_count; i++) {
        rows_begin(rows, CHECKPOINT_KEYS);
        rows_text(rows, checkpoint->keys[i]);
        rows_int(rows, checkpoint->number);
        rows_int(rows, checkpoint->number);
        rows_time(rows, event->meta.occurred_at);
        rows_time(rows, event->meta.occurred_at);
    }
}

static void project(const struct event *event, struct rows *rows)
{
    if (event->kind == EVENT_TICKETS_ISSUED)
        project_issued(event, rows);
    else if (event->kind == EVENT_REFUSAL_RECORDED)
        project_refusal(event, rows);
    else if (event->kind == EVENT_CHECKPOINT_SIGNED)
        project_signed(event, rows);
}

const struct projection AUDIT_PROJECTION = {
    .schema = "audit",
    .schema_sql = audit_schema_sql,
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};
