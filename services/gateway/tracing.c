#include "gateway/tracing.h"

#include "base/murmur2.h"
#include "eventlog/headers.h"

enum { STATUS_FAILED = 500 };

void tracing_start(struct gateway *gateway)
{
    const struct config *config = &gateway->config;
    trace_start(&(struct trace_options){.endpoint = config->otlp_endpoint,
                                        .service = "bourse-gateway",
                                        .instance = config->instance,
                                        .version = BOURSE_VERSION});
    if (!trace_is_on())
        return;
    gateway->traced = limit_new(config->trace_sample, LIMIT_STEADY);
    if (config->trace_clients == TRACE_CLIENTS_ON)
        gateway->traced_for_clients = limit_new(config->trace_sample, LIMIT_STEADY);
    gateway->page_spans = limit_new(PAGE_SPANS_OF_ONE, LIMIT_STEADY);
    gateway->page_spans_of_all = limit_new(PAGE_SPANS_OF_ALL, LIMIT_STEADY);
}

void tracing_free(struct gateway *gateway)
{
    limit_free(gateway->traced);
    limit_free(gateway->traced_for_clients);
    limit_free(gateway->page_spans);
    limit_free(gateway->page_spans_of_all);
}

static void print(struct exchange *exchange, const struct trace_context *context)
{
    char *text = arena_alloc(exchange->arena, TRACE_PARENT_SIZE);
    trace_context_print(context, text);
    exchange->traceparent = (struct text){.data = text, .size = TRACE_PARENT_SIZE};
}

void tracing_begin(struct exchange *exchange)
{
    struct text sent = http_request_header(exchange->request, "traceparent");
    exchange->client_asks = false;
    if (trace_context_parse(sent, &exchange->client))
        exchange->client_asks = exchange->client.sampled;
    else
        exchange->client = trace_context_new();
    exchange->client.sampled = false;
    print(exchange, &exchange->client);
}

static bool takes(struct limit *limit, const struct exchange *exchange)
{
    struct text id = exchange->operation->id;
    return limit_take(limit, murmur2((const uint8_t *)id.data, id.size), exchange->received_us)
        .allowed;
}

static bool is_chosen(const struct exchange *exchange)
{
    const struct gateway *gateway = exchange->gateway;
    if (takes(gateway->traced, exchange))
        return true;
    return exchange->client_asks && gateway->traced_for_clients != NULL &&
           takes(gateway->traced_for_clients, exchange);
}

void tracing_decide(struct exchange *exchange)
{
    const struct http_operation *http = exchange->operation->http;
    if (!trace_is_on() || !is_chosen(exchange))
        return;
    struct trace_context parent = exchange->client;
    struct trace_span *span = ARENA_NEW(exchange->arena, struct trace_span, 1);
    parent.sampled = true;
    trace_span_begin(span, &parent, TRACE_SERVER, exchange->received_us,
                     arena_text(exchange->arena, http_operation_method(http)).data,
                     http_operation_path(http));
    span->has_parent = exchange->client_asks; /* else nobody has sent that span anywhere */
    trace_span_text(span, "http.request.method", http_operation_method(http));
    trace_span_text(span, "http.route", http_operation_path(http));
    trace_span_text(span, "bourse.operation", exchange->operation->id);
    trace_span_text(span, "bourse.request_id", http_request_id(exchange->request));
    exchange->span = span;
    print(exchange, &span->context);
}

const struct trace_context *tracing_context(const struct exchange *exchange)
{
    return exchange->span == NULL ? NULL : &exchange->span->context;
}

/* On a copy: who still waits for an event of it may look at the span meanwhile. */
void tracing_answered(const struct exchange *exchange, unsigned status)
{
    if (exchange == NULL || exchange->span == NULL)
        return;
    struct trace_span span = *exchange->span;
    trace_span_number(&span, "http.response.status_code", (int64_t)status);
    span.failed = status >= STATUS_FAILED;
    trace_span_end(&span, trace_now_us());
}

struct text tracing_id(const struct exchange *exchange)
{
    return (struct text){.data = exchange->traceparent.data + TRACE_ID_AT, .size = TRACE_ID_SIZE};
}

void tracing_receive(const struct exchange *exchange, const struct followed *followed,
                     struct trace_span *ret_span)
{
    struct trace_context context;
    ret_span->context.sampled = false;
    if (exchange->span == NULL ||
        !trace_context_parse(headers_get(&followed->record, "traceparent"), &context))
        return;
    trace_span_begin(ret_span, &context, TRACE_CONSUMER, trace_now_us(), "receive",
                     followed->record.topic);
    trace_span_text(ret_span, "bourse.event", text_of(event_message(followed->event)->full_name));
}
