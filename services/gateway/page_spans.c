/* page_spans.c - the page's own spans of traces that it began: what somebody did there, and each
 * request of it, below which the gateway's own are (trace/trace.h). They go to the receiver that
 * the gateway's go to.
 *
 * Trust    a signed-in person can say what they like, so nothing of it is text: ids, times, an
 *          operation of ours, a status. Whether their trace is one of ours nobody looks up, for
 *          another gateway may have had the request.
 * Bounds   PAGE_SPANS_OF_ONE of a person, PAGE_SPANS_OF_ALL together, a fourth of what may wait to
 *          be sent. What is above them is not taken, and the answer says how many were.
 * Clocks   who knows how wrong a page's is? The time at which it sent them tells. Where that is
 *          ahead of ours, or further behind than a request takes, all are moved by the difference.
 */
#include "base/time.h"
#include "gateway/handlers.h"
#include "gateway/respond.h"
#include "gateway/tracing.h"

enum { AGE_MAX_S = 600, WAY_MAX_S = 1, STATUS_REFUSED = 400 };

const struct config_rate PAGE_SPANS_OF_ONE = {.count = 64, .window_ms = 2000};
const struct config_rate PAGE_SPANS_OF_ALL = {.count = TRACE_QUEUE_MAX / 4, .window_ms = 1000};

static struct text text_member(const struct json_value *span, const char *name)
{
    const struct json_value *member = json_value_member(span, name);
    return member == NULL ? TEXT("") : member->text;
}

/* 0: it is no number that fits, which no time is. */
static int64_t number_member(const struct json_value *object, const char *name)
{
    int64_t number = 0;
    return json_value_int(json_value_member(object, name), &number) == OK ? number : 0;
}

/* The context of an id of `span`. False: it is all zeros, which is none; its form is the document's
 * to check. */
static bool context_of(struct exchange *exchange, const struct json_value *span, const char *name,
                       struct trace_context *ret_context)
{
    struct text trace = text_member(span, "trace_id"), id = text_member(span, name);
    return trace_context_parse(arena_printf(exchange->arena, "00-%.*s-%.*s-01", (int)trace.size,
                                            trace.data, (int)id.size, id.data),
                               ret_context);
}

/* By how much the page's clock is to be moved to be ours. */
static int64_t shift_us(int64_t received_us, int64_t sent_us)
{
    int64_t late_us = received_us - sent_us;
    return late_us >= 0 && late_us <= WAY_MAX_S * SECOND_US ? 0 : late_us;
}

static bool has_sane_times(const struct json_value *span, int64_t sent_us)
{
    int64_t began_us = number_member(span, "began_us"), ended_us = number_member(span, "ended_us");
    return began_us > 0 && began_us <= ended_us && ended_us <= sent_us && sent_us < TIME_MAX_US &&
           sent_us - began_us <= AGE_MAX_S * SECOND_US;
}

/* Fills in what a page says of a span; its times are the page's. False: it says what cannot be. */
static bool read_span(struct exchange *exchange, const struct json_value *said,
                      struct trace_span *ret_span)
{
    struct trace_context context, parent;
    bool has_parent = json_value_member(said, "parent_id") != NULL;
    struct text id = text_member(said, "operation");
    const struct http_operation *operation =
        http_router_operation(exchange->gateway->router, arena_text(exchange->arena, id).data);
    if (operation == NULL || !context_of(exchange, said, "span_id", &context) ||
        (has_parent && !context_of(exchange, said, "parent_id", &parent)))
        return false;
    struct text method = has_parent ? http_operation_method(operation) : TEXT("page");
    struct text subject = has_parent ? http_operation_path(operation) : id;
    trace_span_begin(ret_span, has_parent ? &parent : &context,
                     has_parent ? TRACE_CLIENT : TRACE_INTERNAL, number_member(said, "began_us"),
                     arena_text(exchange->arena, method).data, subject);
    ret_span->context = context;
    ret_span->has_parent = has_parent;
    ret_span->service = "bourse-page";
    int64_t status = number_member(said, "status");
    trace_span_text(ret_span, "bourse.operation", http_operation_id(operation));
    trace_span_number(ret_span, "http.response.status_code", status);
    ret_span->failed = status == 0 || status >= STATUS_REFUSED;
    return true;
}

static bool may_send(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    return limit_take(gateway->page_spans, exchange->caller.source, exchange->received_us)
               .allowed &&
           limit_take(gateway->page_spans_of_all, 0, exchange->received_us).allowed;
}

static void refuse(struct exchange *exchange, size_t index)
{
    respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                    TEXT("a span has an operation of this document, ids that are not zero, and "
                         "began_us <= ended_us <= sent_us, at most ten minutes apart"),
                    arena_printf(exchange->arena, "spans[%zu]", index));
}

void handle_page_spans(struct exchange *exchange)
{
    const struct json_value *said = json_value_member(exchange->input.body, "spans");
    int64_t sent_us = number_member(exchange->input.body, "sent_us");
    if (!trace_is_on()) {
        respond_err(exchange, ERR_NOT_FOUND);
        return;
    }
    struct trace_span *spans = ARENA_NEW(exchange->arena, struct trace_span, said->count);
    size_t count = 0, taken = 0;
    for (const struct json_value *one = said->first; one != NULL; one = one->next, count++) {
        if (!has_sane_times(one, sent_us) || !read_span(exchange, one, &spans[count])) {
            refuse(exchange, count);
            return;
        }
    }
    int64_t shift = shift_us(exchange->received_us, sent_us);
    const struct json_value *one = said->first;
    for (size_t i = 0; i < count && may_send(exchange); i++, one = one->next, taken++) {
        spans[i].began_us += shift;
        trace_span_end(&spans[i], number_member(one, "ended_us") + shift);
    }
    respond(exchange, &(struct respond_with){
                          .body = arena_printf(exchange->arena, "{\"taken\":%zu}", taken)});
}
