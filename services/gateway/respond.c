#include "gateway/respond.h"

#include "gateway/cookies.h"
#include "gateway/cors.h"
#include "gateway/security.h"
#include "log/log.h"
#include "metrics/metrics.h"

enum { HEADERS_MAX = 24, POSITIONS_SIZE_MAX = 4096, SEE_OTHER = 303 };

struct headers {
    struct http_pair rows[HEADERS_MAX];
    size_t count;
};

static void add(struct headers *headers, struct text name, struct text value)
{
    if (value.size == 0)
        return;
    CHECK(headers->count < HEADERS_MAX);
    headers->rows[headers->count++] = (struct http_pair){.name = name, .value = value};
}

static struct text positions(const struct shown *shown, struct arena *arena)
{
    if (shown->count == 0)
        return TEXT("");
    struct buffer buffer;
    buffer_init(&buffer, POSITIONS_SIZE_MAX);
    shown_print(shown, &buffer);
    struct text text = buffer_ok(&buffer) ? arena_text(arena, buffer_as_text(&buffer)) : TEXT("");
    buffer_free(&buffer);
    return text;
}

/* What the caller has been shown with this answer, kept for its next requests. */
static struct text caller_positions(struct exchange *exchange)
{
    struct shown *shown = &exchange->shown;
    shown_add_all(shown, &exchange->outcome.shown);
    shown_add_all(shown, &exchange->read_at);
    if (exchange->caller.known) {
        struct uuid session = exchange->caller.claims.session_id;
        shown_store_add(exchange->gateway->shown, session, &exchange->outcome.shown);
        shown_store_add(exchange->gateway->shown, session, &exchange->read_at);
    }
    return positions(shown, exchange->arena);
}

static void add_limit(struct headers *headers, const struct exchange *exchange)
{
    const struct limit_result *limit = &exchange->limit;
    if (limit->count == 0)
        return;
    const char *name = operation_limit_name(exchange->operation->limit);
    add(headers, TEXT("RateLimit-Policy"),
        arena_printf(exchange->arena, "\"%s\";q=%lld;w=%lld", name, (long long)limit->count,
                     (long long)limit->window_s));
    add(headers, TEXT("RateLimit"),
        arena_printf(exchange->arena, "\"%s\";r=%lld;t=%lld", name, (long long)limit->remaining,
                     (long long)limit->reset_s));
    if (!limit->allowed)
        add(headers, TEXT("Retry-After"),
            arena_printf(exchange->arena, "%lld", (long long)limit->retry_s));
}

static void add_common(struct headers *headers, struct exchange *exchange)
{
    struct http_pair cors[CORS_HEADERS_MAX];
    size_t cors_count = cors_headers(exchange, cors);
    for (size_t i = 0; i < cors_count; i++)
        add(headers, cors[i].name, cors[i].value);
    if (exchange->operation != NULL)
        add_limit(headers, exchange);
    add(headers, TEXT("traceparent"), exchange->traceparent);
    add(headers, TEXT("X-Position"), caller_positions(exchange));
    add(headers, TEXT("X-Projection-Position"), positions(&exchange->read_at, exchange->arena));
}

/* Of a good answer: those that hold new tokens, or that a logout takes back. */
static void add_cookies(struct headers *headers, struct exchange *exchange)
{
    if (exchange->operation->ends_session && exchange->caller.by_cookie)
        cookies_set(exchange, TEXT(""), 0, TEXT(""), 0);
    for (size_t i = 0; i < COUNT_OF(exchange->cookies); i++)
        add(headers, TEXT("Set-Cookie"), exchange->cookies[i]);
}

static struct text attachment(struct exchange *exchange, struct text file)
{
    if (file.size == 0)
        return TEXT("");
    return arena_printf(exchange->arena, "attachment; filename=\"%.*s\"", (int)file.size,
                        file.data);
}

/* What came of it is in the fragment, which no server is sent and no log holds. */
static struct text page_address(struct exchange *exchange, enum http_problem_code code)
{
    struct text challenge = exchange->outcome.challenge;
    if (challenge.size > 0)
        return arena_printf(exchange->arena, "/login#challenge=%.*s", (int)challenge.size,
                            challenge.data);
    return arena_printf(exchange->arena, "/login#refused=%s", http_problem_name(code));
}

static void send_to_page(struct exchange *exchange, struct headers *headers, struct text address)
{
    add(headers, TEXT("Location"), address);
    http_respond(exchange->request,
                 &(struct http_response){.status = SEE_OTHER,
                                         .content_type = TEXT("text/plain; charset=utf-8"),
                                         .headers = {headers->rows, headers->count}});
}

void respond(struct exchange *exchange, const struct respond_with *with)
{
    struct headers headers = {.count = 0};
    add_common(&headers, exchange);
    add_cookies(&headers, exchange);
    if (exchange->to_page && with->location.size == 0) {
        send_to_page(exchange, &headers, TEXT("/login#signed-in"));
        return;
    }
    add(&headers, TEXT("Location"), with->location);
    add(&headers, TEXT("Content-Disposition"), attachment(exchange, with->file));
    add(&headers, TEXT("Content-Security-Policy"), with->policy);
    if (with->cache != NULL)
        add(&headers, TEXT("X-Cache"), text_of(with->cache));
    if (with->retry_s > 0)
        add(&headers, TEXT("Retry-After"),
            arena_printf(exchange->arena, "%lld", (long long)with->retry_s));
    if (with->replayed)
        add(&headers, TEXT("Idempotent-Replayed"), TEXT("true"));
    if (exchange->operation->cache_s > 0)
        add(&headers, TEXT("Cache-Control"),
            arena_printf(exchange->arena, "public, max-age=%lld",
                         (long long)exchange->operation->cache_s));
    const char *type = with->content_type != NULL ? with->content_type : "application/json";
    http_respond(exchange->request,
                 &(struct http_response){.status = with->status != 0 ? with->status
                                                                     : exchange->operation->status,
                                         .content_type = text_of(type),
                                         .body = with->body,
                                         .etag = with->etag,
                                         .etag_part = with->etag_part,
                                         .headers = {headers.rows, headers.count}});
}

struct http_stream *respond_stream(struct exchange *exchange, struct text file, const char *type,
                                   size_t buffer_max)
{
    struct headers headers = {.count = 0};
    bool whole = file.size > 0;
    add_common(&headers, exchange);
    add(&headers, TEXT("Content-Disposition"), attachment(exchange, file));
    add(&headers, TEXT("X-Accel-Buffering"), TEXT("no")); /* what proxies are told */
    exchange->streams = true;
    return http_respond_stream(exchange->request,
                               &(struct http_response){.status = exchange->operation->status,
                                                       .content_type = text_of(type),
                                                       .headers = {headers.rows, headers.count},
                                                       .whole = whole},
                               buffer_max);
}

void respond_with_problem(struct exchange *exchange, struct http_problem problem)
{
    struct headers headers = {.count = 0};
    metrics_counter_add(exchange->gateway->problems[problem.code], 1);
    security_count_problem(exchange->gateway, problem.code);
    add_common(&headers, exchange);
    if (exchange->to_page) {
        send_to_page(exchange, &headers, page_address(exchange, problem.code));
        return;
    }
    if (problem.code == HTTP_PROBLEM_OVERLOADED || problem.code == HTTP_PROBLEM_DEPENDENCY_DOWN)
        add(&headers, TEXT("Retry-After"), TEXT("1"));
    for (size_t i = 0; i < problem.headers.count && headers.count < HEADERS_MAX; i++)
        add(&headers, problem.headers.rows[i].name, problem.headers.rows[i].value);
    problem.headers = (struct http_pairs){headers.rows, headers.count};
    http_respond_problem(exchange->request, &problem);
}

void respond_problem(struct exchange *exchange, enum http_problem_code code, struct text detail,
                     struct text field)
{
    struct http_problem problem = {.code = code, .detail = detail};
    struct http_problem_error error = {
        .field = field, .code = text_of(http_problem_name(code)), .message = detail};
    struct http_pair ticket = {TEXT("ticket_id"), exchange->outcome.ticket_id};
    struct http_pair challenge = {TEXT("challenge"), exchange->outcome.challenge};
    if (field.size > 0) {
        problem.errors = &error;
        problem.errors_count = 1;
    }
    if (ticket.value.size > 0)
        problem.members = (struct http_pairs){&ticket, 1};
    else if (challenge.value.size > 0)
        problem.members = (struct http_pairs){&challenge, 1};
    struct http_pair replayed = {TEXT("Idempotent-Replayed"), TEXT("true")};
    if (exchange->outcome.repeated && exchange->outcome.refused)
        problem.headers = (struct http_pairs){&replayed, 1};
    respond_with_problem(exchange, problem);
}

void respond_err(struct exchange *exchange, enum err err)
{
    struct text none = TEXT("");
    switch (err) {
    case ERR_NOT_FOUND:
        respond_problem(exchange, HTTP_PROBLEM_NOT_FOUND, TEXT("there is no such thing here"),
                        none);
        return;
    case ERR_FULL:
        respond_problem(exchange, HTTP_PROBLEM_OVERLOADED, TEXT("too much is waiting; try again"),
                        none);
        return;
    case ERR_TIMEOUT:
        respond_problem(exchange, HTTP_PROBLEM_OVERLOADED,
                        TEXT("no answer within the time allowed; try again"), none);
        return;
    case ERR_INPUT:
    case ERR_RANGE:
        respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                        TEXT("a value has not the form it must have"), none);
        return;
    default:
        respond_problem(exchange, HTTP_PROBLEM_DEPENDENCY_DOWN,
                        TEXT("a part that this answer depends on is away; try again"), none);
    }
}

struct text respond_command_location(struct uuid command_id, struct arena *arena)
{
    char id[UUID_TEXT_SIZE];
    uuid_print(command_id, id);
    return arena_printf(arena, "/api/v1/commands/%.*s", UUID_TEXT_SIZE, id);
}

static struct text command_id_text(struct uuid id, struct arena *arena)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);
    return arena_text(arena, (struct text){text, sizeof text});
}

void respond_approval(struct exchange *exchange, struct uuid command_id)
{
    const struct outcome *outcome = &exchange->outcome;
    struct http_pair headers[2] = {
        {TEXT("Location"), arena_printf(exchange->arena, "/api/v1/admin/approvals/%.*s",
                                        (int)outcome->approval_id.size, outcome->approval_id.data)},
        {TEXT("Idempotent-Replayed"), TEXT("true")}};
    struct http_pair members[4] = {
        {TEXT("approval_id"), outcome->approval_id},
        {TEXT("expires_at"), outcome->approval_expires},
        {TEXT("command_id"), command_id_text(command_id, exchange->arena)},
        {TEXT("ticket_id"), outcome->ticket_id}};
    respond_with_problem(
        exchange,
        (struct http_problem){
            .code = HTTP_PROBLEM_APPROVAL_REQUIRED,
            .detail = TEXT("nothing has changed yet: it waits for another person at the Location"),
            .members = {members, outcome->ticket_id.size > 0 ? 4 : 3},
            .headers = {headers, outcome->repeated ? 2 : 1}});
}

void respond_pending(struct exchange *exchange, struct uuid command_id)
{
    struct http_pair location = {TEXT("Location"),
                                 respond_command_location(command_id, exchange->arena)};
    struct http_pair member = {TEXT("command_id"), command_id_text(command_id, exchange->arena)};
    respond_with_problem(
        exchange,
        (struct http_problem){
            .code = HTTP_PROBLEM_OUTCOME_PENDING,
            .detail = TEXT("the command was sent; its outcome will be found at the Location"),
            .members = {&member, 1},
            .headers = {&location, 1}});
}
