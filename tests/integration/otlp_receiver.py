"""A receiver of traces, by the definitions that OpenTelemetry publishes (opentelemetry-proto, from PyPI):
OTLP/HTTP in protobuf at /v1/traces. Prints each span as a line of JSON.

    otlp_receiver.py PORT
"""
import http.server
import json
import sys
import threading

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2


LINES = threading.Lock()  # several senders are served at once, and a line is one's alone


def attributes_of(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def spans_of(request):
    for resource_spans in request.resource_spans:
        resource = attributes_of(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield {"trace": span.trace_id.hex(), "id": span.span_id.hex(),
                       "parent": span.parent_span_id.hex(), "name": span.name, "kind": span.kind,
                       "began_ns": span.start_time_unix_nano, "ended_ns": span.end_time_unix_nano,
                       "failed": span.status.code == span.status.STATUS_CODE_ERROR,
                       "service": resource["service.name"], "resource": resource,
                       "attributes": attributes_of(span.attributes)}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        right = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
        if right:
            spans = spans_of(trace_service_pb2.ExportTraceServiceRequest.FromString(body))
            with LINES:
                print("".join(f"{json.dumps(span)}\n" for span in spans), end="", flush=True)
        answer = trace_service_pb2.ExportTraceServiceResponse().SerializeToString()
        self.send_response(200 if right else 400)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
