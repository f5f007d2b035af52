/* dispatch.c - the way of a request to whoever answers it. */
#include "client/canary.h"
#include "gateway/active.h"
#include "gateway/answers.h"
#include "gateway/caller.h"
#include "gateway/command.h"
#include "gateway/cors.h"
#include "gateway/gateway.h"
#include "gateway/outcome.h"
#include "gateway/page.h"
#include "gateway/read.h"
#include "gateway/respond.h"
#include "gateway/security.h"
#include "gateway/tracing.h"
#include "http/metrics_page.h"
#include "metrics/metrics.h"
#include "metrics/process.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

int64_t gateway_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t gateway_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

size_t gateway_request_id(void *context, char ret_id[HTTP_REQUEST_ID_SIZE_MAX])
{
    (void)context;
    uuid_print(fill_fresh_id(0), ret_id); /* nobody owns a request */
    return UUID_TEXT_SIZE;
}

/* --- an exchange ------------------------------------------------------------------------------ */

static struct exchange *exchange_new(struct gateway *gateway, struct http_request *request)
{
    struct arena *arena = http_request_arena(request);
    struct exchange *exchange = ARENA_NEW(arena, struct exchange, 1);
    exchange->gateway = gateway;
    exchange->request = request;
    exchange->arena = arena;
    exchange->received_us = gateway_now_us();
    exchange->deadline_ns = http_request_began_ns(request) + WAIT_OUTCOME_NS;
    tracing_begin(exchange);
    exchange->completed = outcome_respond;
    http_request_set_user(request, exchange);
    return exchange;
}

bool exchange_settle(struct exchange *exchange, enum exchange_fate fate)
{
    int found = EXCHANGE_OPEN;
    return atomic_compare_exchange_strong(&exchange->fate, &found, (int)fate) ||
           found == (int)fate; /* who asks one service after the other has sent before */
}

void exchange_give_up(struct exchange *exchange, enum err err)
{
    if (exchange->undo != NULL)
        exchange->undo(exchange);
    respond_err(exchange, err);
}

/* Whose turn comes so late is told to try again: what it asks for would take its time from those
 * who still wait for theirs. */
static void resume(struct work_item *item, struct db *db)
{
    struct exchange *exchange = EXCHANGE_OF(item, work);
    if (!item->needed && gateway_now_ns() >= exchange->deadline_ns) {
        query_asked_free(exchange->asked);
        respond_err(exchange, ERR_TIMEOUT);
    } else {
        exchange->resume(exchange, db);
    }
}

static void submit(struct exchange *exchange, struct work *work,
                   void (*next)(struct exchange *exchange, struct db *db))
{
    exchange->resume = next;
    exchange->work.run = resume;
    exchange->work.needed = exchange->undo != NULL || exchange->fate == EXCHANGE_SENT;
    if (work_submit(work, &exchange->work))
        return;
    if (exchange->fate == EXCHANGE_SENT)
        outcome_pending(exchange); /* it is done, or will be: that is not for us to deny */
    else
        exchange_give_up(exchange, ERR_FULL);
}

void exchange_resume(struct exchange *exchange, struct work *work,
                     void (*next)(struct exchange *exchange, struct db *db))
{
    exchange->work.ask = NULL;
    submit(exchange, work, next);
}

static void ask(struct work_item *item, struct db *db)
{
    read_ask(EXCHANGE_OF(item, work), db);
}

void exchange_ask(struct exchange *exchange, void (*next)(struct exchange *exchange, struct db *db))
{
    const struct gateway *gateway = exchange->gateway;
    bool quick = query_is_quick(exchange->operation->query);
    exchange->work.ask = quick ? ask : NULL;
    submit(exchange, quick ? gateway->quick : gateway->work, next);
}

/* --- the way ---------------------------------------------------------------------------------- */

/* Adds what the caller has been shown: here, and by X-Position at other gateways. False: the header
 * is not one of ours, and the exchange was answered. */
static bool know_positions(struct exchange *exchange)
{
    struct text sent = http_request_header(exchange->request, "X-Position");
    if (exchange->caller.known)
        shown_store_get(exchange->gateway->shown, exchange->caller.claims.session_id,
                        &exchange->shown);
    if (shown_parse(sent, &exchange->shown) == OK)
        return true;
    respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                    TEXT("send X-Position as it was received, or not at all"), TEXT("X-Position"));
    return false;
}

static void fill_and_send(struct exchange *exchange, struct db *db)
{
    (void)db;
    enum service_id service;
    if (!command_fill(exchange))
        return;
    enum err err = operation_service(exchange->operation, exchange->command, &service);
    if (err == OK)
        command_send(exchange, service);
    else
        respond_err(exchange, err);
}

static void find_row(struct exchange *exchange, struct db *db)
{
    if (read_row(exchange, db))
        fill_and_send(exchange, db);
}

static bool names_positions(struct exchange *exchange)
{
    return http_request_header(exchange->request, "X-Position").size > 0;
}

static void refuse_unseen(struct exchange *exchange)
{
    respond_problem(exchange, HTTP_PROBLEM_OVERLOADED,
                    TEXT("the events that X-Position names cannot be seen here yet"), TEXT(""));
}

/* In time or not: what is not there yet, is not there. But whoever names positions is not told that
 * what he saw there is none. */
static void row_is_there(struct waiter *waiter, bool in_time)
{
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    if (in_time || !names_positions(exchange))
        exchange_resume(exchange, exchange->gateway->work, find_row);
    else
        refuse_unseen(exchange);
}

static void await_row(struct exchange *exchange)
{
    int64_t deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS;
    exchange->waiter = (struct waiter){
        .shown = &exchange->shown,
        .services = exchange->operation->row->reads,
        .deadline_ns = names_positions(exchange) ? exchange->deadline_ns : deadline_ns,
        .ready = row_is_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}

static void begin_write(struct exchange *exchange)
{
    if (exchange->operation->row != NULL)
        await_row(exchange);
    else if (exchange->operation->hashes_password)
        exchange_resume(exchange, exchange->gateway->passwords, fill_and_send);
    else if (command_fills_at_once(exchange))
        fill_and_send(exchange, NULL);
    else
        exchange_resume(exchange, exchange->gateway->work, fill_and_send);
}

/* What the client names has been read here, or too late. */
static void positions_are_there(struct waiter *waiter, bool in_time)
{
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    if (in_time)
        begin_write(exchange);
    else
        refuse_unseen(exchange);
}

/* A write of a client that names positions of another gateway waits until they are known here: it
 * is never sent with less than was named. It waits as long as for its outcome, since it could not
 * do without as a read can. */
static void await_positions(struct exchange *exchange)
{
    exchange->waiter = (struct waiter){.shown = &exchange->shown,
                                       .deadline_ns = exchange->deadline_ns,
                                       .ready = positions_are_there};
    answers_await(exchange->gateway->answers, &exchange->waiter);
}

static void act(struct exchange *exchange)
{
    const struct operation *operation = exchange->operation;
    if (operation->handler != NULL)
        operation->handler->handle(exchange);
    else if (operation->command == NULL)
        read_begin(exchange);
    else if (names_positions(exchange))
        await_positions(exchange);
    else
        begin_write(exchange);
}

/* What its operation says; 0: nothing. */
size_t gateway_body_limit(void *context, struct http_request *request)
{
    const struct gateway *gateway = context;
    struct text path = operations_path(gateway->operations, http_request_path(request));
    struct http_match match = http_router_match(gateway->router, http_request_method(request), path,
                                                http_request_arena(request));
    return match.operation == NULL
               ? 0
               : operations_find(gateway->operations, match.operation)->body_max;
}

void gateway_handle(void *context, struct http_request *request)
{
    struct gateway *gateway = context;
    if (!http_request_by_tls(request)) {
        http_redirect((void *)(uintptr_t)gateway->url, request);
        return;
    }
    struct exchange *exchange = exchange_new(gateway, request);
    if (cors_preflight(exchange))
        return;
    struct text path = operations_path(gateway->operations, http_request_path(request));
    struct http_match match =
        http_router_match(gateway->router, http_request_method(request), path, exchange->arena);
    struct http_problem problem;
    if (match.operation == NULL) {
        if (page_answer(exchange))
            return;
        CHECK(http_router_read(&match, request, &exchange->input, &problem) != OK);
        respond_with_problem(exchange, problem);
        return;
    }
    exchange->operation = operations_find(gateway->operations, match.operation);
    exchange->path_values = match.path_values;
    if (!caller_admit(exchange))
        return;
    tracing_decide(exchange);
    if (exchange->caller.known && !exchange->caller.by_key)
        active_note(gateway->active, exchange->caller.claims.session_id, exchange->received_us);
    const struct operation_handler *handler = exchange->operation->handler;
    bool lenient = handler != NULL && handler->lenient;
    if (!lenient && http_router_read(&match, request, &exchange->input, &problem) != OK) {
        respond_with_problem(exchange, problem);
        return;
    }
    if (know_positions(exchange))
        act(exchange);
}

/* The last resort, seconds after everything here should have answered. Runs beside the exchange's
 * owner, so it only looks at what no longer changes; and who is told 503 has sent nothing, and will
 * not. */
void gateway_expired(void *context, const struct http_request *request, struct arena *arena,
                     struct http_response *ret_response)
{
    (void)context;
    struct exchange *exchange = http_request_user(request);
    struct http_pair *header = ARENA_NEW(arena, struct http_pair, 1); /* outlives this call */
    *header = (struct http_pair){TEXT("Retry-After"), TEXT("1")};
    struct http_problem problem = {.code = HTTP_PROBLEM_OVERLOADED,
                                   .detail = TEXT("no answer within the time allowed"),
                                   .headers = {header, 1}};
    if (exchange != NULL && !exchange_settle(exchange, EXCHANGE_GIVEN_UP)) {
        bool asked = !uuid_is_nil(exchange->asked_id);
        *header = (struct http_pair){
            TEXT("Location"),
            respond_command_location(asked ? exchange->asked_id : exchange->pending.command_id,
                                     arena)};
        problem.code = HTTP_PROBLEM_OUTCOME_PENDING;
        problem.detail = TEXT("the command was sent; its outcome will be found at the Location");
    }
    *ret_response = http_problem_response(request, &problem, arena);
}

/* --- counting --------------------------------------------------------------------------------- */

/* What clients were told of their orders, by the status of the answer: 202 is no answer yet. */
static enum order_result order_result(unsigned status)
{
    if (status == 202)
        return ORDER_PENDING;
    if (status < 400)
        return ORDER_ACCEPTED;
    return status < 500 ? ORDER_REFUSED : ORDER_FAILED;
}

/* What the venue orders of itself says nothing of what clients do. */
static bool is_canarys(const struct exchange *exchange)
{
    return atomic_load(&exchange->fate) == EXCHANGE_SENT && /* so nobody changes it any more */
           exchange->command->kind == COMMAND_PLACE_ORDER &&
           text_is(exchange->command->place_order.instrument, CANARY_INSTRUMENT);
}

static void count_order(struct gateway *gateway, unsigned status, int64_t duration_ns,
                        const uint8_t *trace_id)
{
    enum order_result result = order_result(status);
    metrics_counter_add(gateway->orders[result], 1);
    if (result == ORDER_ACCEPTED)
        metrics_histogram_observe_traced_e6(gateway->order_ack, duration_ns / 1000, trace_id);
}

static void register_order_metrics(struct gateway *gateway)
{
    static const char *const RESULTS[ORDER_RESULTS] = {
        [ORDER_ACCEPTED] = "accepted",
        [ORDER_PENDING] = "pending",
        [ORDER_REFUSED] = "refused",
        [ORDER_FAILED] = "failed",
    };
    for (int i = 0; i < ORDER_RESULTS; i++)
        gateway->orders[i] =
            metrics_counter("bourse_orders_total", "Orders asked for, by what was answered.",
                            METRICS_LABELS({"result", RESULTS[i]}));
    gateway->order_ack = metrics_histogram(
        "bourse_order_ack_seconds", "From an order's request to the answer that it was accepted.",
        METRICS_NO_LABELS, METRICS_BUCKETS_REQUEST);
}

static int64_t count_active(void *active)
{
    return active_count(active, gateway_now_us());
}

void gateway_register_metrics(struct gateway *gateway)
{
    metrics_process(BOURSE_VERSION);
    register_order_metrics(gateway);
    static const char *const CLASSES[] = {"2xx", "3xx", "4xx", "5xx"};
    for (size_t i = 0; i < COUNT_OF(CLASSES); i++)
        gateway->durations[i] =
            metrics_histogram("bourse_http_request_duration_seconds", "From request to answer.",
                              METRICS_LABELS({"status", CLASSES[i]}), METRICS_BUCKETS_REQUEST);
    for (size_t i = 0; i < HTTP_PROBLEM_COUNT; i++)
        gateway->problems[i] = metrics_counter(
            "bourse_http_problems_total", "Requests refused, by the problem's code.",
            METRICS_LABELS({"code", http_problem_name((enum http_problem_code)i)}));
    gateway->health_check = metrics_page_health_check();
    gateway->active = active_new();
    metrics_gauge_from("bourse_sessions_active",
                       "Sessions that asked for something here, in five to ten minutes.",
                       METRICS_NO_LABELS, count_active, gateway->active);
    security_begin(gateway);
    gateway->sessions_ended = metrics_counter(
        "bourse_sessions_ended_total", "Sessions ended before their time, at whatever gateway.",
        METRICS_NO_LABELS);
    _Static_assert(OPERATION_LIMIT_LOGIN == 0 && OPERATION_LIMIT_REGISTER == 1, "as counted");
    for (int i = 0; i < 2; i++)
        gateway->attempts_elsewhere[i] = metrics_counter(
            "bourse_attempts_elsewhere_total", "Attempts at other gateways that count here, too.",
            METRICS_LABELS({"limit", operation_limit_name((enum operation_limit)i)}));
}

void gateway_answered(void *context, const struct http_request *request, unsigned status)
{
    struct gateway *gateway = context;
    int64_t began_ns = http_request_began_ns(request);
    if (began_ns == 0)
        return; /* it was refused before it was whole */
    const struct exchange *exchange = http_request_user(request);
    if (exchange != NULL && exchange->streams)
        return; /* how long somebody listened says nothing of us */
    tracing_answered(exchange, status);
    int64_t duration_ns = gateway_now_ns() - began_ns;
    const struct trace_context *trace = exchange == NULL ? NULL : tracing_context(exchange);
    const uint8_t *trace_id = trace == NULL ? NULL : trace->trace_id;
    metrics_histogram_observe_traced_e6(gateway->durations[status / 100 - 2], duration_ns / 1000,
                                        trace_id);
    const struct operation *operation = exchange == NULL ? NULL : exchange->operation;
    if (operation != NULL && operation->command != NULL &&
        operation->command->kind == COMMAND_PLACE_ORDER && !is_canarys(exchange))
        count_order(gateway, status, duration_ns, trace_id);
}
