#include "decision/approval.h"

#include "base/murmur2.h"
#include "base/seeded_bug.h"
#include "base/time.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

enum { RULES_SIZE_MAX = 1 << 20, CONSENT_SIZE_MAX = 1 << 16 };

#define CONSENTING (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OPERATOR))

void approvals_init(struct approvals *approvals, const struct place *place)
{
    *approvals =
        (struct approvals){.place = place, .due_us = INT64_MAX, .arena = arena_new(RULES_SIZE_MAX)};
    CHECK(approvals->arena != NULL);
}

static void free_pending(struct approval_pending *pending)
{
    free((void *)(uintptr_t)pending->command.data);
    free(pending);
}

void approvals_free(struct approvals *approvals)
{
    for (size_t i = 0; i < approvals->count; i++)
        free_pending(approvals->pending[i]);
    free(approvals->pending);
    letters_free(&approvals->letters);
    arena_free(approvals->arena);
}

/* --- what waits ------------------------------------------------------------------------------- */

/* Where a request is, or would be. */
static size_t place_of(const struct approvals *approvals, struct uuid id)
{
    size_t low = 0, high = approvals->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (uuid_compare(approvals->pending[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct approval_pending *find(const struct approvals *approvals, struct uuid id)
{
    size_t place = place_of(approvals, id);
    bool there = place < approvals->count && uuid_equal(approvals->pending[place]->id, id);
    return there ? approvals->pending[place] : NULL;
}

/* The one that expires next: of those that do so at the same time, the first by id. NULL: none. */
static const struct approval_pending *next_due(const struct approvals *approvals)
{
    const struct approval_pending *next = NULL;
    for (size_t i = 0; i < approvals->count; i++) {
        if (next == NULL || approvals->pending[i]->expires_at_us < next->expires_at_us)
            next = approvals->pending[i];
    }
    return next;
}

static void note_due(struct approvals *approvals)
{
    const struct approval_pending *next = next_due(approvals);
    approvals->due_us = next != NULL ? next->expires_at_us : INT64_MAX;
}

/* A copy of the request and of its command; what is there already stays. */
static void add(struct approvals *approvals, const struct approval_pending *wanted)
{
    size_t place = place_of(approvals, wanted->id);
    if (find(approvals, wanted->id) != NULL)
        return;
    struct approval_pending *pending = malloc(sizeof *pending);
    uint8_t *command = malloc(wanted->command.size + 1);
    if (approvals->count == approvals->capacity) {
        approvals->capacity = approvals->capacity * 2 + 8;
        approvals->pending =
            realloc(approvals->pending, approvals->capacity * sizeof(struct approval_pending *));
    }
    CHECK(pending != NULL && command != NULL && approvals->pending != NULL);
    memcpy(command, wanted->command.data, wanted->command.size);
    *pending = *wanted;
    pending->command.data = command;
    memmove(approvals->pending + place + 1, approvals->pending + place,
            (approvals->count - place) * sizeof(struct approval_pending *));
    approvals->pending[place] = pending;
    approvals->count++;
    note_due(approvals);
}

/* None does nothing. */
static void drop(struct approvals *approvals, struct uuid id)
{
    size_t place = place_of(approvals, id);
    if (find(approvals, id) == NULL)
        return;
    free_pending(approvals->pending[place]);
    approvals->count--;
    memmove(approvals->pending + place, approvals->pending + place + 1,
            (approvals->count - place) * sizeof(struct approval_pending *));
    note_due(approvals);
}

/* --- asking ----------------------------------------------------------------------------------- */

bool approvals_cover_amount(const struct approvals *approvals, struct text asset, int64_t amount_e8)
{
    const struct approval_rules *rules = &approvals->rules;
    for (size_t i = 0; i < rules->amounts_e8_count; i++) {
        if (text_equal(rules->amounts_e8[i].key, asset))
            return amount_e8 > rules->amounts_e8[i].value;
    }
    return false;
}

/* The command that came to be decided, be it to have another one decided anew. */
static const struct command *asking(const struct input *input)
{
    return input->retry != NULL ? input->retry : input->command;
}

/* Placed with its command's key. */
static struct uuid approval_id(const struct approvals *approvals, const struct input *input)
{
    uint8_t rest[12];
    memcpy(rest, input->id_seed, sizeof rest);
    return uuid_with_service(uuid_make(owner_hash_of_key(asking(input)->key), rest),
                             approvals->place->service);
}

static struct text id_text(struct uuid id, struct arena *arena)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);
    return arena_text(arena, (struct text){text, sizeof text});
}

/* The field of a command that its schema names, or the literal. */
static struct text named_text(const struct command *command, const char *name, struct arena *arena)
{
    return wire_named_text(command_message(command)->payload, name, command_payload(command),
                           arena);
}

static void ask(const struct approvals *approvals, const struct input *input, uint32_t roles,
                struct arena *arena, struct event *event)
{
    const struct command *command = asking(input);
    const struct wire_message *message = command_message(command);
    event->kind = EVENT_APPROVAL_REQUESTED;
    struct approval_request *request = &event->approval_requested.request;
    *request = (struct approval_request){
        .approval_id = approval_id(approvals, input),
        .action = text_of(wire_message_name(message)),
        .entity_type = text_of(message->entity_type),
        .entity_id = named_text(command, message->entity_field, arena),
        .requested_by = command->meta.actor.user_id,
        .requested_at = input->now_us,
        .expires_at = input->now_us + approvals->rules.expires_after_s * SECOND_US,
    };
    request->roles = roles_of_bits(roles, arena, &request->roles_count);
    event->key = id_text(request->approval_id, arena);
}

bool approval_is_missing(const struct approvals *approvals, const struct input *input,
                         uint32_t roles, struct arena *arena, struct event *event)
{
    if (input->approval != NULL)
        return false;
    CHECK(asking(input)->meta.has_actor); /* nobody else gets past a decide's checks */
    if (approvals->count >= APPROVALS_MAX)
        event_reject(event, "OVERLOADED",
                     TEXT("Too many requests wait for the consent of a second person; let some be "
                          "decided."),
                     NULL);
    else
        ask(approvals, input, roles, arena, event);
    return true;
}

/* --- answering -------------------------------------------------------------------------------- */

static bool refuse(struct event *event, const char *code, struct text message)
{
    event_reject(event, code, message, NULL);
    return false;
}

/* The request, if its fate is the actor's to decide; `own`: also one of his own. NULL: refused. */
static const struct approval_pending *judged(const struct approvals *approvals,
                                             const struct staff *staff,
                                             const struct command_meta *meta, struct uuid id,
                                             bool own, struct event *event)
{
    const struct approval_pending *pending = find(approvals, id);
    bool asked = pending != NULL && meta->has_actor &&
                 uuid_equal(pending->requested_by, meta->actor.user_id);
    if (asked && own)
        return pending;
    bool allowed = true;
    if (!asked && !staff_may(staff, meta, pending != NULL ? pending->roles : CONSENTING))
        allowed = refuse(event, "FORBIDDEN", TEXT("This is not yours to decide."));
    else if (pending == NULL)
        allowed = refuse(event, "APPROVAL_NOT_PENDING",
                         TEXT("No such request waits: it has been approved, rejected, or has "
                              "expired."));
    else if (asked && !SEEDED_BUG(APPROVED_BY_REQUESTER))
        allowed = refuse(event, "APPROVAL_BY_REQUESTER",
                         TEXT("This is your own request; another person has to approve it."));
    return allowed ? pending : NULL;
}

/* The command as it came, under the key it came with. */
static void open_pending(const struct approval_pending *pending, const struct input *input,
                         struct arena *arena, struct event *event, struct input *ret_input)
{
    struct command *command = ARENA_NEW(arena, struct command, 1);
    CHECK(command_decode(pending->command, arena, command) == OK); /* it was once, to be decided */
    command->key = named_text(command, command_message(command)->key, arena);
    event->key = command->key;
    struct approval *approval = ARENA_NEW(arena, struct approval, 1);
    *approval = (struct approval){.id = pending->id,
                                  .requested_by = pending->requested_by,
                                  .approved_by = input->command->meta.actor.user_id};
    ret_input->command = command;
    ret_input->approval = approval;
}

/* What a retry has decided anew: an admin's, and with another one's consent where that is a rule.
 */
static bool open_letter(const struct approvals *approvals, const struct staff *staff,
                        struct arena *arena, struct event *event, struct input *input)
{
    const uint32_t admins = ROLE_BIT(ROLE_ADMIN);
    if (!staff_may(staff, &input->command->meta, admins))
        return refuse(event, "FORBIDDEN", TEXT("Only an admin has commands decided anew."));
    return letters_open(&approvals->letters, input, arena, event) &&
           !(approvals->rules.retries &&
             approval_is_missing(approvals, input, admins, arena, event));
}

static void decide_rejection(const struct approvals *approvals, const struct staff *staff,
                             const struct input *input, struct event *event)
{
    const struct reject_request *reject = &input->command->reject_request;
    if (judged(approvals, staff, &input->command->meta, reject->approval_id, true, event) == NULL)
        return;
    event->kind = EVENT_APPROVAL_REJECTED;
    event->approval_rejected = (struct approval_rejected){.approval_id = reject->approval_id,
                                                          .has_reason = reject->has_reason,
                                                          .reason = reject->reason,
                                                          .rejected_at = input->now_us};
}

bool approvals_open(const struct approvals *approvals, const struct staff *staff,
                    const struct input *input, struct arena *arena, struct event *event,
                    struct input *ret_input)
{
    const struct command *command = input->command;
    *ret_input = *input;
    if (command->kind == COMMAND_REJECT_REQUEST) {
        decide_rejection(approvals, staff, input, event);
        return false;
    }
    if (command->kind == COMMAND_APPROVE_REQUEST) {
        const struct approval_pending *pending = judged(
            approvals, staff, &command->meta, command->approve_request.approval_id, false, event);
        if (pending == NULL)
            return false;
        open_pending(pending, input, arena, event, ret_input);
    } else if (letters_repeat(&approvals->letters, &command->meta, event)) {
        return false;
    }
    return ret_input->command->kind != COMMAND_RETRY_DEAD_LETTER ||
           open_letter(approvals, staff, arena, event, ret_input);
}

bool approval_of(const struct input *input, struct approval *ret_approval)
{
    if (input->approval != NULL)
        *ret_approval = *input->approval;
    return input->approval != NULL;
}

/* --- the clock -------------------------------------------------------------------------------- */

int64_t approvals_due_us(const struct approvals *approvals)
{
    return approvals->due_us;
}

void approvals_decide_time(const struct approvals *approvals, const struct input *input,
                           struct arena *arena, struct event *event)
{
    const struct approval_pending *pending = next_due(approvals);
    CHECK(pending != NULL && pending->expires_at_us <= input->now_us);
    event->kind = EVENT_APPROVAL_EXPIRED;
    event->approval_expired =
        (struct approval_expired){.approval_id = pending->id, .expired_at = input->now_us};
    event->key = id_text(pending->id, arena);
    event->meta.has_command_id = true; /* by which its ticket is one, and found */
    event->meta.command_id = pending->id;
}

void approvals_adopt(const struct venue_rules_changed *changed, struct event *event)
{
    event->kind = EVENT_VENUE_RULES_ADOPTED;
    event->venue_rules_adopted.rules = changed->rules;
}

/* --- applying --------------------------------------------------------------------------------- */

/* By whose consent an event of a kind that says so came; NULL: nobody's. */
static const struct approval *approval_in(const struct event *event)
{
    const struct wire_field *field = wire_field(event_message(event)->payload, TEXT("approval"));
    if (field == NULL || field->record != &WIRE_APPROVAL ||
        wire_is_null(field, event_payload(event)))
        return NULL;
    return (const struct approval *)(const void *)((const uint8_t *)event_payload(event) +
                                                   field->offset);
}

/* True when what was asked for has happened: it was neither refused, nor put off, nor said again.
 */
static bool takes_effect(const struct event *event)
{
    struct refused refused;
    return event_decides_command(&event->meta) && event->meta.has_request &&
           event->kind != EVENT_APPROVAL_REQUESTED && event->kind != EVENT_APPROVAL_REJECTED &&
           event->kind != EVENT_COMMAND_REPEATED && !event_refuses(event, &refused);
}

/* What the command consents to that an event answers. False: it is none that does. */
static bool consents(struct bytes command, struct uuid *ret_approval_id)
{
    enum command_kind kind;
    if (command_kind_of(command, &kind) != OK || kind != COMMAND_APPROVE_REQUEST)
        return false;
    struct command consent;
    struct arena *arena = arena_new(CONSENT_SIZE_MAX);
    CHECK(arena != NULL);
    bool read = command_decode(command, arena, &consent) == OK;
    if (read)
        *ret_approval_id = consent.approve_request.approval_id;
    arena_free(arena);
    return read;
}

bool approval_used(const struct event *event, struct uuid *ret_approval_id)
{
    const struct approval *approval = approval_in(event);
    if (approval != NULL)
        *ret_approval_id = approval->id;
    return approval != NULL ||
           (takes_effect(event) && consents(event->meta.request, ret_approval_id));
}

static struct buffer coded_rules(const struct approval_rules *rules)
{
    struct buffer coded;
    buffer_init(&coded, RULES_SIZE_MAX);
    wire_encode(&WIRE_APPROVAL_RULES, rules, &coded);
    CHECK(buffer_ok(&coded)); /* no command is as long */
    return coded;
}

bool approvals_are_by(const struct approvals *approvals, const struct approval_rules *rules)
{
    struct buffer ours = coded_rules(&approvals->rules), theirs = coded_rules(rules);
    bool equal = text_equal(buffer_as_text(&ours), buffer_as_text(&theirs));
    buffer_free(&ours);
    buffer_free(&theirs);
    return equal;
}

/* By way of their bytes, which are a copy of all that they point to. */
static void keep_rules(struct approvals *approvals, const struct approval_rules *rules)
{
    struct buffer coded = coded_rules(rules);
    arena_reset(approvals->arena);
    struct text copy = arena_text(approvals->arena, buffer_as_text(&coded));
    struct bytes rest = {(const uint8_t *)copy.data, copy.size};
    CHECK(wire_decode(&WIRE_APPROVAL_RULES, &rest, approvals->arena, &approvals->rules) == OK);
    buffer_free(&coded);
}

static void take_rules(struct approvals *approvals, const struct venue_rules *rules)
{
    const struct approval_rules none = {.roles = false};
    keep_rules(approvals, rules->has_approvals ? &rules->approvals : &none);
}

static void keep_request(struct approvals *approvals, const struct event *event)
{
    const struct approval_request *request = &event->approval_requested.request;
    CHECK(event->meta.has_request);
    add(approvals, &(struct approval_pending){
                       .id = request->approval_id,
                       .requested_by = request->requested_by,
                       .roles = role_bits_of(request->roles, request->roles_count),
                       .expires_at_us = request->expires_at,
                       .command = event->meta.request,
                   });
}

/* What waited for an event waits no longer: for a second person, or to be decided anew. */
static void conclude(struct approvals *approvals, const struct event *event)
{
    struct uuid used;
    bool uses = approval_used(event, &used);
    const struct approval_pending *pending = uses ? find(approvals, used) : NULL;
    if (takes_effect(event))
        letters_conclude(&approvals->letters,
                         pending != NULL ? pending->command : event->meta.request,
                         event->meta.command_id);
    if (uses && !SEEDED_BUG(APPROVAL_USED_TWICE))
        drop(approvals, used);
}

void approvals_apply(struct approvals *approvals, const struct event *event)
{
    if (event->kind == EVENT_APPROVAL_REQUESTED) {
        keep_request(approvals, event);
    } else if (event->kind == EVENT_APPROVAL_REJECTED) {
        drop(approvals, event->approval_rejected.approval_id);
    } else if (event->kind == EVENT_APPROVAL_EXPIRED) {
        drop(approvals, event->approval_expired.approval_id);
    } else if (event->kind == EVENT_VENUE_RULES_CHANGED) {
        take_rules(approvals, &event->venue_rules_changed.rules);
    } else if (event->kind == EVENT_VENUE_RULES_ADOPTED) {
        take_rules(approvals, &event->venue_rules_adopted.rules);
    }
    if (approvals->count > 0 || approvals->letters.count > 0)
        conclude(approvals, event);
    letters_apply(&approvals->letters, event);
}

/* --- bytes ------------------------------------------------------------------------------------ */

void approvals_save(const struct approvals *approvals, struct buffer *buffer)
{
    wire_encode(&WIRE_APPROVAL_RULES, &approvals->rules, buffer);
    pack_u64(buffer, approvals->count);
    for (size_t i = 0; i < approvals->count; i++) {
        const struct approval_pending *pending = approvals->pending[i];
        buffer_append(buffer, &pending->id, sizeof pending->id);
        buffer_append(buffer, &pending->requested_by, sizeof pending->requested_by);
        pack_u64(buffer, pending->roles);
        pack_u64(buffer, (uint64_t)pending->expires_at_us);
        pack_u64(buffer, pending->command.size);
        buffer_append(buffer, pending->command.data, pending->command.size);
    }
    letters_save(&approvals->letters, buffer);
}

static void load_rules(struct approvals *approvals, struct pack_reader *reader)
{
    struct approval_rules rules;
    struct arena *arena = arena_new(RULES_SIZE_MAX);
    if (!reader->failed && wire_decode(&WIRE_APPROVAL_RULES, &reader->rest, arena, &rules) != OK)
        reader->failed = true;
    if (!reader->failed)
        keep_rules(approvals, &rules);
    arena_free(arena);
}

void approvals_load(struct approvals *approvals, struct pack_reader *reader)
{
    load_rules(approvals, reader);
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct approval_pending pending;
        pack_read(reader, &pending.id, sizeof pending.id);
        pack_read(reader, &pending.requested_by, sizeof pending.requested_by);
        pending.roles = (uint32_t)pack_read_u64(reader);
        pending.expires_at_us = (int64_t)pack_read_u64(reader);
        uint64_t size = pack_read_u64(reader);
        reader->failed =
            reader->failed || size > reader->rest.size || find(approvals, pending.id) != NULL;
        if (reader->failed)
            return;
        pending.command = (struct bytes){reader->rest.data, (size_t)size};
        add(approvals, &pending);
        reader->rest.data += size;
        reader->rest.size -= (size_t)size;
    }
    letters_load(&approvals->letters, reader);
}
