/* spans.h - what a writer tells of the traces that its inputs belong to (trace/trace.h): a span for
 * each decision, and below it one for the event until it has been read back. For libs/service.
 *
 * Pure     decide() and apply() know nothing of it, nor does what an event says: the context of an
 *          event is a header beside the value, which no hash covers and no replay looks at.
 * Bounds   SPANS_OPEN_MAX events at a time wait to be read back; of others the second span is left
 *          out. What is not traced costs a comparison. */
#ifndef SERVICE_SPANS_H
#define SERVICE_SPANS_H
#include "decision/decision.h"
#include "eventlog/log.h"
#include "trace/trace.h"

struct arrival;

enum { SPANS_OPEN_MAX = 64 };

struct spans {
    struct trace_span decision; /* the one under way; not sampled: it is not traced */
    struct trace_span *open;    /* ring of appends not read back yet, by their wseq */
    int64_t wseqs[SPANS_OPEN_MAX];
    size_t first, count;
};

void spans_free(struct spans *spans);

/* Where the trace of a record stands, by its traceparent; not sampled: in none that is kept. */
struct trace_context spans_context(struct text traceparent);

/* Begins the span of the decision about an input, a `message` that stands at `context`. */
void spans_decide(struct spans *spans, const struct arrival *arrival,
                  const struct trace_context *context, const char *message);
/* The decision became `event`, to be appended to `topic`. Adds the header that says so to those
 * there are, its text being in `arena`, and begins the span of the append. */
void spans_append(struct spans *spans, const char *topic, const struct event *event, int64_t now_us,
                  struct arena *arena, struct log_header *headers, size_t *headers_count);
/* Everything up to `wseq` has been read back. */
void spans_read_back(struct spans *spans, int64_t wseq, int64_t now_us);

#endif
