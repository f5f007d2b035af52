#include "audit/decide_parts.h"
#include "wire/wire.h"

#include <string.h>

enum { ACTION_SIZE_MAX = 200, CODE_SIZE_MAX = 64 };

/* --- what a ticket says --- */

static struct text next_id(const struct audit *audit, int64_t now_us, size_t issued_here,
                           struct arena *arena)
{
    char *id = arena_alloc(arena, AUDIT_TICKET_ID_MAX);
    return audit_ticket_id(time_year(now_us),
                           audit_issued_in_year_of(audit, now_us) + (int64_t)issued_here + 1, id);
}

static void set_actor(struct ticket *ticket, bool has_actor, const struct actor *actor)
{
    if (!has_actor || uuid_is_nil(actor->user_id)) /* nil: `bourse init`, which is no user */
        return;
    ticket->has_actor_id = true;
    ticket->actor_id = actor->user_id;
}

static void set_account(struct ticket *ticket, struct uuid account_id)
{
    ticket->has_account_id = true;
    ticket->account_id = account_id;
}

/* What the command was and was about, as its schema names it. */
static void set_from_request(struct ticket *ticket, const struct command *command,
                             struct arena *arena)
{
    const struct wire_message *message = command_message(command);
    const uint8_t *payload = command_payload(command);
    ticket->action = text_of(wire_message_name(message));
    ticket->has_entity_type = true;
    ticket->entity_type = text_of(message->entity_type);
    ticket->has_entity_id = true;
    ticket->entity_id = wire_named_text(message->payload, message->entity_field, payload, arena);
    if (message->account_field == NULL)
        return;
    const struct wire_field *account =
        wire_field(message->payload, text_of(message->account_field));
    CHECK(account != NULL && account->type == WIRE_UUID);
    if (wire_is_null(account, payload))
        return;
    struct uuid account_id;
    memcpy(&account_id, payload + account->offset, sizeof account_id);
    set_account(ticket, account_id);
}

/* No command asks for it. */
static void set_expired(struct ticket *ticket, struct uuid approval_id, struct arena *arena)
{
    char id[UUID_TEXT_SIZE];
    uuid_print(approval_id, id);
    ticket->has_entity_type = true;
    ticket->entity_type = TEXT("approval");
    ticket->has_entity_id = true;
    ticket->entity_id = arena_text(arena, (struct text){id, sizeof id});
}

/* How it ended, and what only the answer knows: whose order an operator canceled, who signed in,
 * whose account was meant by what was approved. */
static void set_from_answer(struct ticket *ticket, const struct event *answer, struct arena *arena)
{
    struct refused refused;
    if (event_refuses(answer, &refused)) {
        ticket->outcome = TICKET_OUTCOME_FAILED;
        ticket->has_code = true;
        ticket->code = refused.code;
    }
    if (answer->kind == EVENT_ORDER_CANCELED) {
        set_account(ticket, answer->order_canceled.order.account_id);
    } else if (answer->kind == EVENT_ASSET_TRANSACTION_RECORDED) {
        set_account(ticket, answer->asset_transaction_recorded.transaction.account_id);
    } else if (answer->kind == EVENT_MARKET_MAKER_CREATED) {
        set_account(ticket, answer->market_maker_created.market_maker.id);
    } else if (answer->kind == EVENT_APPROVAL_EXPIRED) {
        set_expired(ticket, answer->approval_expired.approval_id, arena);
    } else if (answer->kind == EVENT_SESSION_OPENED) {
        ticket->has_actor_id = true;
        ticket->actor_id = answer->session_opened.user_id;
        if (answer->session_opened.has_account_id)
            set_account(ticket, answer->session_opened.account_id);
    }
}

static void make_ticket(struct ticket *ticket, const struct event *answer,
                        const struct source *source, struct arena *arena)
{
    *ticket = (struct ticket){
        .command_id = answer->meta.command_id,
        .action = text_of(wire_message_name(event_message(answer))),
        .source =
            {
                .topic = arena_printf(arena, "bourse.%s.events", service_name(source->service)),
                .partition = source->partition,
                .offset = source->offset,
            },
        .event_id = answer->meta.event_id,
        .event_hash = source->hash,
        .occurred_at = answer->meta.occurred_at,
    };
    set_actor(ticket, answer->meta.has_actor, &answer->meta.actor);
    struct command command;
    if (answer->meta.has_request && command_decode(answer->meta.request, arena, &command) == OK)
        set_from_request(ticket, &command, arena);
    set_from_answer(ticket, answer, arena);
}

/* --- a run of answers --- */

static bool is_due(const struct audit *audit, const struct event *answer,
                   const struct tickets_issued *issued)
{
    if (!event_message(answer)->ticket || !answer->meta.has_command_id ||
        audit_is_ticketed(audit, answer->meta.command_id))
        return false;
    for (size_t i = 0; i < issued->tickets_count; i++) { /* a run is short */
        if (uuid_equal(issued->tickets[i].command_id, answer->meta.command_id))
            return false;
    }
    return true;
}

static void decide_answers(const struct audit *audit, const struct input *input,
                           struct arena *arena, struct event *event)
{
    event->kind = EVENT_TICKETS_ISSUED;
    event->key = TEXT("audit");
    struct tickets_issued *issued = &event->tickets_issued;
    issued->tickets = ARENA_NEW(arena, struct ticket, input->events_count);
    for (size_t i = 0; i < input->events_count; i++) {
        if (!is_due(audit, input->events[i], issued))
            continue;
        struct ticket *ticket = &issued->tickets[issued->tickets_count];
        make_ticket(ticket, input->events[i], &input->sources[i], arena);
        ticket->id = next_id(audit, input->now_us, issued->tickets_count, arena);
        issued->tickets_count++;
    }
    issued->tree_size = audit->tree.size + (int64_t)issued->tickets_count;
    issued->subtrees = ARENA_NEW(arena, struct tree_hash, MERKLE_LEVELS);
    issued->subtrees_count =
        merkle_merged(&audit->tree, (int64_t)issued->tickets_count, issued->subtrees);
}

/* --- a refusal that a gateway reports --- */

/* The ticket is in the event that it is about, which cannot hold its own offset, id and hash: they
 * are -1, nil and zero, and the read model puts in the first two. */
static void record_refusal(const struct audit *audit, const struct input *input,
                           struct arena *arena, struct event *event)
{
    const struct record_refusal *refusal = &input->command->record_refusal;
    event->kind = EVENT_REFUSAL_RECORDED;
    event->key = TEXT("audit");
    struct ticket *ticket = &event->refusal_recorded.ticket;
    set_from_request(ticket, input->command, arena);
    set_actor(ticket, input->command->meta.has_actor, &input->command->meta.actor);
    ticket->id = next_id(audit, input->now_us, 0, arena);
    ticket->command_id = input->command->meta.command_id;
    ticket->action = refusal->action;
    ticket->outcome = TICKET_OUTCOME_FAILED;
    ticket->has_code = true;
    ticket->code = refusal->code;
    ticket->source = (struct position){.topic = TEXT("bourse.audit.events"), .offset = -1};
    ticket->occurred_at = input->now_us;
    struct refusal_recorded *recorded = &event->refusal_recorded;
    recorded->count = refusal->count;
    recorded->tree_size = audit->tree.size + 1;
    recorded->subtrees = ARENA_NEW(arena, struct tree_hash, MERKLE_LEVELS);
    recorded->subtrees_count = merkle_merged(&audit->tree, 1, recorded->subtrees);
}

static void decide_command(const struct audit *audit, const struct input *input,
                           struct arena *arena, struct event *event)
{
    const struct record_refusal *refusal = &input->command->record_refusal;
    if (input->command->kind == COMMAND_SIGN_CHECKPOINT)
        audit_sign_checkpoint(audit, input, arena, event);
    else if (input->command->kind == COMMAND_RETRY_DEAD_LETTER)
        event_reject(event, "DEAD_LETTER_NOT_WAITING",
                     TEXT("What the venue's own processes tell the journal they tell again."),
                     NULL);
    else if (input->command->kind != COMMAND_RECORD_REFUSAL)
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "audit does not take %s; send it to its own service.",
                                  wire_message_name(command_message(input->command))),
                     NULL);
    else if (refusal->action.size == 0 || refusal->action.size > ACTION_SIZE_MAX)
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "The action has %zu bytes; it may have 1 to %d.",
                                  refusal->action.size, ACTION_SIZE_MAX),
                     "action");
    else if (refusal->code.size == 0 || refusal->code.size > CODE_SIZE_MAX)
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "The code has %zu bytes; it may have 1 to %d.",
                                  refusal->code.size, CODE_SIZE_MAX),
                     "code");
    else if (refusal->count < 1)
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "The count is %lld; a refusal happened at least once.",
                                  (long long)refusal->count),
                     "count");
    else
        record_refusal(audit, input, arena, event);
}

void audit_decide(const void *state, const struct input *input, struct arena *arena,
                  struct event *ret_event)
{
    switch (input->kind) {
    case INPUT_COMMAND: decide_command(state, input, arena, ret_event); return;
    case INPUT_EVENTS: decide_answers(state, input, arena, ret_event); return;
    case INPUT_TIME: audit_make_checkpoint(state, input, ret_event); return;
    }
}
