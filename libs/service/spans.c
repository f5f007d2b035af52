#include "service/spans.h"

#include "service/internal.h"

#include <stdlib.h>

void spans_free(struct spans *spans)
{
    free(spans->open);
}

struct trace_context spans_context(struct text traceparent)
{
    struct trace_context context;
    if (!trace_is_on() || !trace_context_parse(traceparent, &context))
        context.sampled = false;
    return context;
}

static void add_place(struct trace_span *span, struct text topic, int32_t partition)
{
    trace_span_text(span, "messaging.system", TEXT("kafka"));
    trace_span_text(span, "messaging.destination.name", topic);
    trace_span_number(span, "messaging.destination.partition.id", partition);
}

void spans_decide(struct spans *spans, const struct arrival *arrival,
                  const struct trace_context *context, const char *message)
{
    struct trace_span *span = &spans->decision;
    span->context.sampled = context->sampled;
    if (!context->sampled)
        return;
    trace_span_begin(span, context, TRACE_CONSUMER, arrival->arrived_us, "process",
                     text_of(arrival->topic));
    add_place(span, text_of(arrival->topic), arrival->partition);
    trace_span_number(span, "messaging.kafka.offset", arrival->offset);
    trace_span_text(span, "bourse.input", text_of(message));
}

/* Keeps a span until its event has been read back. */
static void keep_open(struct spans *spans, const struct trace_span *span, int64_t wseq)
{
    if (spans->count == SPANS_OPEN_MAX)
        return;
    if (spans->open == NULL)
        spans->open = calloc(SPANS_OPEN_MAX, sizeof *spans->open);
    CHECK(spans->open != NULL);
    size_t last = (spans->first + spans->count++) % SPANS_OPEN_MAX;
    spans->open[last] = *span;
    spans->wseqs[last] = wseq;
}

void spans_append(struct spans *spans, const char *topic, const struct event *event, int64_t now_us,
                  struct arena *arena, struct log_header *headers, size_t *headers_count)
{
    struct trace_span *decision = &spans->decision, span;
    if (!decision->context.sampled)
        return;
    struct text message = text_of(event_message(event)->full_name);
    trace_span_text(decision, "bourse.event", message);
    trace_span_begin(&span, &decision->context, TRACE_PRODUCER, now_us, "send", text_of(topic));
    add_place(&span, text_of(topic), event->meta.partition);
    trace_span_text(&span, "bourse.event", message);
    char *text = arena_alloc(arena, TRACE_PARENT_SIZE);
    trace_context_print(&span.context, text);
    CHECK(*headers_count < LOG_HEADERS_MAX);
    headers[(*headers_count)++] =
        (struct log_header){TEXT("traceparent"), {.data = text, .size = TRACE_PARENT_SIZE}};
    trace_span_end(decision, now_us);
    decision->context.sampled = false;
    keep_open(spans, &span, event->meta.wseq);
}

void spans_read_back(struct spans *spans, int64_t wseq, int64_t now_us)
{
    while (spans->count > 0 && spans->wseqs[spans->first] <= wseq) {
        trace_span_end(&spans->open[spans->first], now_us);
        spans->first = (spans->first + 1) % SPANS_OPEN_MAX;
        spans->count--;
    }
}
