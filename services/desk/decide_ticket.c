/* Conversations with support.
 *
 *     open --assign--> assigned --reply--> waiting --ask--> assigned
 *     open --reply---------------------> waiting
 *     open, assigned, waiting --resolve--> resolved --a week (desk_decide_time)--> closed
 *     resolved --ask, reopen, within 30 days of the end closed --reopen--> assigned, or open where
 *     nobody has it;   any but closed --close--> closed
 *
 * The clock of the resolution stands still while the client is waited for, and while it is over.
 */
#include "desk/decide_parts.h"

struct turn {
    const struct desk *desk;
    const struct input *input;
    struct arena *arena;
    struct event *event;
};

#define HOUR_US (3600 * SECOND_US)

/* Within which time the desk answers first, and has helped. */
static const struct {
    int64_t response_us, resolution_us;
} TARGETS[] = {
    [SUPPORT_PRIORITY_LOW] = {24 * HOUR_US, 7 * 24 * HOUR_US},
    [SUPPORT_PRIORITY_NORMAL] = {8 * HOUR_US, 3 * 24 * HOUR_US},
    [SUPPORT_PRIORITY_HIGH] = {4 * HOUR_US, 24 * HOUR_US},
    [SUPPORT_PRIORITY_URGENT] = {HOUR_US, 8 * HOUR_US},
};

static const struct command *command_of(const struct turn *turn)
{
    return turn->input->command;
}

/* --- refusals --- */

static bool is_client(const struct turn *turn, struct uuid user_id)
{
    const struct command_meta *meta = &command_of(turn)->meta;
    return meta->has_actor && uuid_equal(meta->actor.user_id, user_id);
}

/* The conversation that a client names as his own. NULL: it was refused, and not told apart from
 * one that there is not. */
static const struct support_ticket *own(const struct turn *turn, struct uuid id)
{
    const struct desk_ticket *ticket = desk_ticket(turn->desk, id);
    if (ticket != NULL && is_client(turn, ticket->about.user_id))
        return &ticket->about;
    event_reject(turn->event, "NOT_FOUND", TEXT("There is no such conversation."), NULL);
    return NULL;
}

/* One that somebody of the desk works on, and that is not closed. NULL: it was refused. */
static const struct support_ticket *of_desk(const struct turn *turn, struct uuid id)
{
    const struct desk_ticket *ticket = desk_ticket(turn->desk, id);
    if (!staff_may(&turn->desk->staff, &command_of(turn)->meta,
                   ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_ADMIN)))
        event_reject(turn->event, "FORBIDDEN", TEXT("Only operators and admins help."), NULL);
    else if (ticket == NULL)
        event_reject(turn->event, "NOT_FOUND", TEXT("There is no such conversation."), NULL);
    else if (ticket->about.status == SUPPORT_STATUS_CLOSED)
        event_reject(turn->event, "SUPPORT_TICKET_CLOSED",
                     TEXT("The conversation is closed; its client can reopen it."), NULL);
    else
        return &ticket->about;
    return NULL;
}

static bool refuse_closed(const struct turn *turn, const struct support_ticket *about)
{
    if (about->status != SUPPORT_STATUS_CLOSED)
        return false;
    event_reject(turn->event, "SUPPORT_TICKET_CLOSED",
                 TEXT("The conversation is closed; reopen it, or begin another."), NULL);
    return true;
}

static bool is_over(const struct support_ticket *about)
{
    return about->status == SUPPORT_STATUS_RESOLVED || about->status == SUPPORT_STATUS_CLOSED;
}

static bool refuse_unresolved(const struct turn *turn, const struct support_ticket *about)
{
    if (is_over(about))
        return false;
    event_reject(turn->event, "SUPPORT_TICKET_NOT_RESOLVED",
                 TEXT("The conversation still goes on; write what is missing."), NULL);
    return true;
}

static bool refuse_many_open(const struct turn *turn, struct uuid user_id)
{
    const struct desk_client *client = desk_client(turn->desk, user_id);
    if (client == NULL || client->open_count < DESK_TICKETS_OPEN_MAX)
        return false;
    event_reject(turn->event, "VALIDATION_FAILED",
                 arena_printf(turn->arena, "There are %d open conversations already; close one.",
                              DESK_TICKETS_OPEN_MAX),
                 NULL);
    return true;
}

static bool refuse_many_messages(const struct turn *turn, const struct support_ticket *about)
{
    if (about->messages < DESK_MESSAGES_MAX)
        return false;
    event_reject(turn->event, "VALIDATION_FAILED",
                 arena_printf(turn->arena, "The conversation has %d messages; begin another.",
                              DESK_MESSAGES_MAX),
                 NULL);
    return true;
}

/* What the gateway sealed with another's key nobody could read. */
static bool refuse_other_key(const struct turn *turn, const struct support_ticket *about,
                             struct uuid user_id)
{
    if (uuid_equal(about->user_id, user_id))
        return false;
    event_reject(turn->event, "VALIDATION_FAILED", TEXT("The conversation is another client's."),
                 "user_id");
    return true;
}

/* --- what a conversation becomes --- */

/* Sets the event up as a change of that conversation, to be worked out in what is returned. */
static struct support_ticket *change(const struct turn *turn, const struct support_ticket *about,
                                     enum support_change change)
{
    struct support_ticket_changed *changed = &turn->event->support_ticket_changed;
    turn->event->kind = EVENT_SUPPORT_TICKET_CHANGED;
    *changed = (struct support_ticket_changed){
        .user_id = about->user_id, .change = change, .ticket = *about};
    changed->ticket.version++;
    changed->ticket.updated_at = turn->input->now_us;
    return &changed->ticket;
}

static void stop_clock(struct support_ticket *ticket, int64_t now_us)
{
    if (ticket->has_clock_stopped_at)
        return;
    ticket->has_clock_stopped_at = true;
    ticket->clock_stopped_at = now_us;
}

/* It is the desk's turn. */
static void go_on(struct support_ticket *ticket, int64_t now_us)
{
    ticket->status = ticket->has_assignee_id ? SUPPORT_STATUS_ASSIGNED : SUPPORT_STATUS_OPEN;
    if (ticket->has_clock_stopped_at)
        ticket->resolution_due_at += now_us - ticket->clock_stopped_at;
    ticket->has_clock_stopped_at = ticket->has_resolved_at = ticket->has_closed_at = false;
    ticket->clock_stopped_at = ticket->resolved_at = ticket->closed_at = 0;
}

static void end(struct support_ticket *ticket, int64_t now_us)
{
    ticket->status = SUPPORT_STATUS_CLOSED;
    ticket->has_closed_at = true;
    ticket->closed_at = now_us;
    stop_clock(ticket, now_us);
}

static void say(const struct turn *turn, struct uuid message_id, struct text text, bool by_staff)
{
    struct support_ticket_changed *changed = &turn->event->support_ticket_changed;
    changed->has_message_id = changed->has_author_id = changed->has_text = true;
    changed->message_id = message_id;
    changed->author_id = command_of(turn)->meta.actor.user_id;
    changed->by_staff = by_staff;
    changed->text = text;
    changed->ticket.messages++;
}

/* Somebody of the desk has looked after it, and has it where nobody had. */
static void look_after(const struct turn *turn, struct support_ticket *ticket)
{
    if (!ticket->has_first_responded_at) {
        ticket->has_first_responded_at = true;
        ticket->first_responded_at = turn->input->now_us;
    }
    if (!ticket->has_assignee_id) {
        ticket->has_assignee_id = true;
        ticket->assignee_id = command_of(turn)->meta.actor.user_id;
    }
}

/* The client is to hear of it, wherever he is. */
static void tell_client(const struct turn *turn)
{
    event_touch(turn->event, turn->arena, SERVICE_SETTINGS,
                place_partition_of_id(turn->desk->place, SERVICE_SETTINGS,
                                      turn->event->support_ticket_changed.user_id));
}

/* --- clients --- */

static bool refuse_opening(const struct turn *turn, const struct open_support_ticket *wanted)
{
    struct event *event = turn->event;
    if (!is_client(turn, wanted->user_id))
        event_reject(event, "FORBIDDEN", TEXT("Nobody asks in another's name."), NULL);
    else if (uuid_owner_hash(wanted->id) != uuid_owner_hash(wanted->user_id))
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("The id does not carry the hash of its client's; make one that does."),
                     "id");
    else if (desk_ticket(turn->desk, wanted->id) != NULL)
        event_reject(event, "IDEMPOTENCY_KEY_REUSED",
                     TEXT("Something was asked under this key, or id, more than a day ago."), NULL);
    else if (wanted->priority == SUPPORT_PRIORITY_URGENT)
        event_reject(event, "VALIDATION_FAILED", TEXT("What is urgent, the desk says."),
                     "priority");
    else
        return refuse_many_open(turn, wanted->user_id);
    return true;
}

static void open_ticket(const struct turn *turn)
{
    const struct open_support_ticket *wanted = &command_of(turn)->open_support_ticket;
    int64_t now_us = turn->input->now_us;
    if (refuse_opening(turn, wanted))
        return;
    const struct support_ticket ticket = {
        .id = wanted->id,
        .user_id = wanted->user_id,
        .category = wanted->category,
        .status = SUPPORT_STATUS_OPEN,
        .priority = wanted->priority,
        .opened_at = now_us,
        .first_response_due_at = now_us + TARGETS[wanted->priority].response_us,
        .resolution_due_at = now_us + TARGETS[wanted->priority].resolution_us,
    };
    change(turn, &ticket, SUPPORT_CHANGE_OPENED);
    turn->event->support_ticket_changed.has_subject = true;
    turn->event->support_ticket_changed.subject = wanted->subject;
    say(turn, wanted->message_id, wanted->text, false);
}

static void ask(const struct turn *turn)
{
    const struct send_support_message *asked = &command_of(turn)->send_support_message;
    const struct support_ticket *about = own(turn, asked->id);
    if (about == NULL || refuse_other_key(turn, about, asked->user_id) ||
        refuse_closed(turn, about) || refuse_many_messages(turn, about))
        return;
    go_on(change(turn, about, SUPPORT_CHANGE_ASKED), turn->input->now_us);
    say(turn, asked->message_id, asked->text, false);
}

static void close_ticket(const struct turn *turn)
{
    const struct support_ticket *about = own(turn, command_of(turn)->close_support_ticket.id);
    if (about != NULL && !refuse_closed(turn, about))
        end(change(turn, about, SUPPORT_CHANGE_CLOSED), turn->input->now_us);
}

static bool refuse_late(const struct turn *turn, const struct support_ticket *about)
{
    if (about->status != SUPPORT_STATUS_CLOSED)
        return false;
    if (turn->input->now_us <= about->closed_at + DESK_REOPENS_US)
        return refuse_many_open(turn, about->user_id);
    event_reject(turn->event, "SUPPORT_TICKET_CLOSED",
                 TEXT("The conversation has been closed for more than 30 days; begin another."),
                 NULL);
    return true;
}

static void reopen(const struct turn *turn)
{
    const struct support_ticket *about = own(turn, command_of(turn)->reopen_support_ticket.id);
    if (about == NULL || refuse_unresolved(turn, about) || refuse_late(turn, about))
        return;
    go_on(change(turn, about, SUPPORT_CHANGE_REOPENED), turn->input->now_us);
}

/* As often as he likes: the last one counts. */
static void rate(const struct turn *turn)
{
    const struct rate_support_ticket *rated = &command_of(turn)->rate_support_ticket;
    const struct support_ticket *about = own(turn, rated->id);
    if (about == NULL || refuse_other_key(turn, about, rated->user_id) ||
        refuse_unresolved(turn, about))
        return;
    if (rated->rating < 1 || rated->rating > 5) {
        event_reject(turn->event, "VALIDATION_FAILED", TEXT("A rating is 1 to 5."), "rating");
        return;
    }
    struct support_ticket *ticket = change(turn, about, SUPPORT_CHANGE_RATED);
    ticket->has_rating = true;
    ticket->rating = rated->rating;
    turn->event->support_ticket_changed.has_comment = rated->has_comment;
    turn->event->support_ticket_changed.comment = rated->comment;
}

/* --- the desk --- */

/* Another priority has other targets, as if it had been that from the beginning. */
static void set_priority(struct support_ticket *ticket, enum support_priority priority)
{
    ticket->resolution_due_at +=
        TARGETS[priority].resolution_us - TARGETS[ticket->priority].resolution_us;
    if (!ticket->has_first_responded_at)
        ticket->first_response_due_at = ticket->opened_at + TARGETS[priority].response_us;
    ticket->priority = priority;
}

static bool refuse_assignee(const struct turn *turn, const struct assign_support_ticket *assigned)
{
    const uint32_t helps = ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_ADMIN);
    if (!assigned->has_assignee_id ||
        (staff_roles(&turn->desk->staff, assigned->assignee_id) & helps) != 0)
        return false;
    event_reject(turn->event, "VALIDATION_FAILED",
                 TEXT("Only an operator or an admin can have a conversation."), "assignee_id");
    return true;
}

static void assign(const struct turn *turn)
{
    const struct assign_support_ticket *assigned = &command_of(turn)->assign_support_ticket;
    const struct support_ticket *about = of_desk(turn, assigned->id);
    if (about == NULL || refuse_assignee(turn, assigned) ||
        desk_refuse_version(assigned->has_if_version, assigned->if_version, about->version,
                            turn->arena, turn->event))
        return;
    struct support_ticket *ticket = change(turn, about, SUPPORT_CHANGE_ASSIGNED);
    if (assigned->has_assignee_id || !ticket->has_assignee_id)
        ticket->assignee_id = assigned->has_assignee_id ? assigned->assignee_id
                                                        : command_of(turn)->meta.actor.user_id;
    ticket->has_assignee_id = true;
    if (assigned->has_priority)
        set_priority(ticket, assigned->priority);
    if (ticket->status == SUPPORT_STATUS_OPEN)
        ticket->status = SUPPORT_STATUS_ASSIGNED;
}

static void reply(const struct turn *turn)
{
    const struct reply_to_support_ticket *replied = &command_of(turn)->reply_to_support_ticket;
    const struct support_ticket *about = of_desk(turn, replied->id);
    if (about == NULL || refuse_other_key(turn, about, replied->user_id) ||
        refuse_many_messages(turn, about))
        return;
    struct support_ticket *ticket = change(turn, about, SUPPORT_CHANGE_REPLIED);
    look_after(turn, ticket);
    stop_clock(ticket, turn->input->now_us);
    ticket->status = SUPPORT_STATUS_WAITING;
    ticket->has_resolved_at = false;
    ticket->resolved_at = 0;
    say(turn, replied->message_id, replied->text, true);
    tell_client(turn);
}

static void resolve(const struct turn *turn)
{
    const struct resolve_support_ticket *resolved = &command_of(turn)->resolve_support_ticket;
    const struct support_ticket *about = of_desk(turn, resolved->id);
    if (about == NULL || refuse_other_key(turn, about, resolved->user_id) ||
        (resolved->has_text && refuse_many_messages(turn, about)))
        return;
    struct support_ticket *ticket = change(turn, about, SUPPORT_CHANGE_RESOLVED);
    look_after(turn, ticket);
    stop_clock(ticket, turn->input->now_us);
    ticket->status = SUPPORT_STATUS_RESOLVED;
    ticket->has_resolved_at = true;
    ticket->resolved_at = turn->input->now_us;
    if (resolved->has_text)
        say(turn, resolved->message_id, resolved->text, true);
    tell_client(turn);
}

bool desk_decide_ticket(const struct desk *desk, const struct input *input, struct arena *arena,
                        struct event *event)
{
    static const struct {
        enum command_kind kind;
        void (*decide)(const struct turn *turn);
    } DECISIONS[] = {
        {COMMAND_OPEN_SUPPORT_TICKET, open_ticket},   {COMMAND_SEND_SUPPORT_MESSAGE, ask},
        {COMMAND_CLOSE_SUPPORT_TICKET, close_ticket}, {COMMAND_REOPEN_SUPPORT_TICKET, reopen},
        {COMMAND_RATE_SUPPORT_TICKET, rate},          {COMMAND_ASSIGN_SUPPORT_TICKET, assign},
        {COMMAND_REPLY_TO_SUPPORT_TICKET, reply},     {COMMAND_RESOLVE_SUPPORT_TICKET, resolve},
    };
    const struct turn turn = {desk, input, arena, event};
    for (size_t i = 0; i < COUNT_OF(DECISIONS); i++) {
        if (input->command->kind == DECISIONS[i].kind) {
            DECISIONS[i].decide(&turn);
            return true;
        }
    }
    return false;
}

/* --- the clock --- */

void desk_decide_time(const struct desk *desk, const struct input *input, struct arena *arena,
                      struct event *event)
{
    const struct heap_node *due = heap_first(&desk->closing);
    CHECK(due != NULL && due->key <= input->now_us);
    const struct desk_ticket *ticket = due->thing;
    const struct turn turn = {desk, input, arena, event};
    char *key = arena_alloc(arena, UUID_TEXT_SIZE);
    uuid_print(ticket->about.id, key);
    event->key = (struct text){key, UUID_TEXT_SIZE};
    end(change(&turn, &ticket->about, SUPPORT_CHANGE_EXPIRED), input->now_us);
}
