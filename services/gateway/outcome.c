#include "gateway/outcome.h"

#include "base/time.h"
#include "eventlog/follower.h"
#include "gateway/read.h"
#include "gateway/replay.h"
#include "gateway/respond.h"

enum { MEMBERS_MAX = 4 << 20 };

/* --- taking ----------------------------------------------------------------------------------- */

static struct text members_of(const struct event *event, struct arena *arena)
{
    struct buffer buffer;
    buffer_init(&buffer, MEMBERS_MAX);
    event_result_members(event, &buffer);
    struct text members = arena_text(arena, buffer_as_text(&buffer));
    buffer_free(&buffer);
    return members;
}

static void take_request(struct exchange *exchange, const struct approval_request *request)
{
    char id[UUID_TEXT_SIZE], expires[TIME_TEXT_SIZE];
    uuid_print(request->approval_id, id);
    time_print(request->expires_at, expires);
    exchange->outcome.approval_id = arena_text(exchange->arena, (struct text){id, sizeof id});
    exchange->outcome.approval_expires =
        arena_text(exchange->arena, (struct text){expires, sizeof expires});
}

static void take_decision(struct exchange *exchange, const struct event *event)
{
    struct outcome *outcome = &exchange->outcome;
    struct refused refused;
    if (event_refuses(event, &refused)) {
        outcome->refused = true;
        outcome->code = arena_text(exchange->arena, refused.code);
        outcome->message = arena_text(exchange->arena, refused.message);
        outcome->field = arena_text(exchange->arena, refused.field);
    } else if (event->kind == EVENT_COMMAND_REPEATED) {
        outcome->repeated = true;
        outcome->first_command_id = event->command_repeated.first_command_id;
    } else if (event->kind == EVENT_APPROVAL_REQUESTED) {
        take_request(exchange, &event->approval_requested.request);
    } else {
        outcome->members = members_of(event, exchange->arena);
    }
}

/* The events of other services that this one answers: whoever is shown the one has seen the other.
 */
static void add_causes(struct outcome *outcome, const struct event_meta *meta)
{
    for (size_t i = 0; i < meta->cause_count; i++) {
        const struct cause_run *run = &meta->cause[i];
        enum service_id service;
        if (follower_topic_service(run->topic, &service) != OK)
            continue;
        struct shown_position position = {.service = (uint8_t)service,
                                          .source = (uint8_t)service,
                                          .partition = (int16_t)run->partition,
                                          .source_partition = (int16_t)run->partition,
                                          .offset = run->last_offset};
        shown_add(&outcome->shown, position);
    }
}

/* A partition that has to answer the event. */
static void add_follower(struct exchange *exchange, enum service_id service, int32_t partition,
                         struct shown_position *all)
{
    struct outcome *outcome = &exchange->outcome;
    if (service == outcome->service && partition == outcome->partition)
        return;
    struct shown_position position = {.service = (uint8_t)service,
                                      .source = (uint8_t)outcome->service,
                                      .partition = (int16_t)partition,
                                      .source_partition = (int16_t)outcome->partition,
                                      .offset = outcome->offset};
    shown_add(&outcome->shown, position);
    if (all != NULL && outcome->all_count < SHOWN_MAX)
        all[outcome->all_count++] = position;
}

static void add_followers(struct exchange *exchange, const struct event_meta *meta)
{
    struct outcome *outcome = &exchange->outcome;
    const int32_t *counts = exchange->gateway->place.partition_counts;
    struct shown_position *all = NULL;
    if (exchange->operation->waits_all && !outcome->refused && !outcome->repeated)
        all = ARENA_NEW(exchange->arena, struct shown_position, SHOWN_MAX);
    outcome->all = all;
    for (size_t i = 0; i < meta->touches_count; i++) {
        const struct touch *touch = &meta->touches[i];
        enum service_id service;
        if (service_named(touch->service, &service) != OK)
            continue;
        for (int32_t p = 0; p < counts[service]; p++) {
            if (touch->partition < 0 || touch->partition == p)
                add_follower(exchange, service, p, all);
        }
    }
}

void outcome_take(struct exchange *exchange, const struct event *event, int32_t partition,
                  int64_t offset)
{
    struct outcome *outcome = &exchange->outcome;
    CHECK(service_named(event->meta.service, &outcome->service) == OK);
    outcome->decided = true;
    outcome->partition = partition;
    outcome->offset = offset;
    take_decision(exchange, event);
    shown_add(&outcome->shown, (struct shown_position){.service = (uint8_t)outcome->service,
                                                       .source = (uint8_t)outcome->service,
                                                       .partition = (int16_t)partition,
                                                       .source_partition = (int16_t)partition,
                                                       .offset = offset});
    add_causes(outcome, &event->meta);
    add_followers(exchange, &event->meta);
    if (exchange->answered != NULL)
        exchange->answered(exchange, event);
}

/* --- answering -------------------------------------------------------------------------------- */

void outcome_respond_refusal(struct exchange *exchange)
{
    const struct outcome *outcome = &exchange->outcome;
    enum http_problem_code code = HTTP_PROBLEM_VALIDATION_FAILED;
    if (http_problem_find(outcome->code, &code) != OK)
        code = HTTP_PROBLEM_VALIDATION_FAILED;
    respond_problem(exchange, code, outcome->message, outcome->field);
}

static void respond_members(struct exchange *exchange)
{
    const struct outcome *outcome = &exchange->outcome;
    struct text ticket = outcome->ticket_id;
    struct buffer body;
    buffer_init(&body, MEMBERS_MAX + 1024);
    buffer_string(&body, "{");
    buffer_text(&body, outcome->members);
    if (ticket.size > 0)
        buffer_printf(&body, "%s\"ticket_id\":\"%.*s\"", outcome->members.size > 0 ? "," : "",
                      (int)ticket.size, ticket.data);
    buffer_string(&body, "}");
    respond(exchange, &(struct respond_with){.body = buffer_as_text(&body),
                                             .location = read_location(exchange)});
    buffer_free(&body);
}

/* The row that the operation is answered with can be read, or will not be in time. */
static void result_is_there(struct waiter *waiter, bool in_time)
{
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    if (in_time)
        exchange_ask(exchange, read_result);
    else
        outcome_pending(exchange);
}

void outcome_respond(struct exchange *exchange)
{
    const struct outcome *outcome = &exchange->outcome;
    const struct query *query = exchange->operation->query;
    if (outcome->repeated) {
        replay_respond(exchange);
    } else if (outcome->refused) {
        outcome_respond_refusal(exchange);
    } else if (outcome->approval_id.size > 0) {
        respond_approval(exchange, exchange->pending.command_id);
    } else if (query != NULL) {
        /* What was decided is then visible to everybody, not only where its row comes from. */
        uint32_t services = query->reads | UINT32_C(1) << outcome->service;
        exchange->waiter = (struct waiter){.shown = &outcome->shown,
                                           .services = services,
                                           .deadline_ns = exchange->deadline_ns,
                                           .ready = result_is_there};
        progress_await(exchange->gateway->progress, &exchange->waiter);
    } else {
        respond_members(exchange);
    }
}

void outcome_pending(struct exchange *exchange)
{
    bool asked = !uuid_is_nil(exchange->asked_id);
    respond_pending(exchange, asked ? exchange->asked_id : exchange->pending.command_id);
}
