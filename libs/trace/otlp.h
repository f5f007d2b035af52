/* otlp.h - spans as the body of an OTLP/HTTP request: ExportTraceServiceRequest in protobuf, as
 * opentelemetry/proto/collector/trace/v1/trace_service.proto has it. For libs/trace alone. */
#ifndef TRACE_OTLP_H
#define TRACE_OTLP_H
#include "base/buffer.h"
#include "trace/trace.h"

/* Appends the request. */
void otlp_write(const struct trace_options *options, const struct trace_span *spans, size_t count,
                struct buffer *ret_body);

#endif
