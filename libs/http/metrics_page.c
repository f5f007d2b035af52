#include "http/metrics_page.h"

#include "metrics/metrics.h"

static const char OPENMETRICS[] = "application/openmetrics-text";

static enum metrics_format asked(const struct http_request *request)
{
    struct text accept = http_request_header(request, "Accept");
    int weight = http_accept_weight(accept, OPENMETRICS);
    return weight > 0 && weight >= http_accept_weight(accept, "text/plain") ? METRICS_OPENMETRICS
                                                                            : METRICS_PLAIN;
}

void metrics_page(const struct http_request *request, struct buffer *body,
                  struct http_response *ret_response)
{
    static const struct text TYPES[] = {
        [METRICS_PLAIN] = TEXT("text/plain; version=0.0.4; charset=utf-8"),
        [METRICS_OPENMETRICS] = TEXT("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    };
    enum metrics_format format = asked(request);
    metrics_write(format, body);
    ret_response->status = 200;
    ret_response->content_type = TYPES[format];
    ret_response->body = buffer_as_text(body);
}

struct metrics_histogram *metrics_page_health_check(void)
{
    return metrics_histogram("bourse_health_check_seconds",
                             "From the question whether it is well to what it says.",
                             METRICS_NO_LABELS, METRICS_BUCKETS_DATABASE);
}
