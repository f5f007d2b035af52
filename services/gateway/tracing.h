/* tracing.h - the gateway's part of a trace: which requests are traced, and what they leave.
 *
 * Head     decided once, when the caller has been let in: BOURSE_TRACE_SAMPLE requests of each
 *          operation, and where BOURSE_TRACE_CLIENTS says so as many again of those whose
 *          traceparent asks for it. So what a stranger sends, and how often, can cost no more.
 * Ids      a client's trace id is kept, traced or not: answers and logs have it.
 */
#ifndef GATEWAY_TRACING_H
#define GATEWAY_TRACING_H
#include "eventlog/follower.h"
#include "gateway/gateway.h"

/* How many spans of their own pages may send, each user's and all of a gateway (page_spans.c). */
extern const struct config_rate PAGE_SPANS_OF_ONE, PAGE_SPANS_OF_ALL;

/* What bounds it, where tracing is on. */
void tracing_start(struct gateway *gateway);
void tracing_free(struct gateway *gateway);

/* Gives an exchange its place in the client's trace, or in one of its own. */
void tracing_begin(struct exchange *exchange);
/* Decides whether the exchange is traced, once its operation is known. */
void tracing_decide(struct exchange *exchange);
/* What the commands of an exchange belong below; NULL: it is not traced. */
const struct trace_context *tracing_context(const struct exchange *exchange);
/* Ends the exchange's span. */
void tracing_answered(const struct exchange *exchange, unsigned status);

/* The id of the trace, traced or not, as 32 hex digits; and the field that a line of the log has it
 * in, of whatever goes wrong with one request. */
struct text tracing_id(const struct exchange *exchange);
#define LOG_TRACE(exchange) LOG_TEXT("trace_id", tracing_id(exchange))

/* A span for what the gateway does with an event that an exchange waits for, to be ended by
 * trace_span_end(). It is not sampled where the exchange or the event is not traced. */
void tracing_receive(const struct exchange *exchange, const struct followed *followed,
                     struct trace_span *ret_span);

#endif
