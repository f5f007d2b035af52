/* health.c - whether the gateway lives, and whether what it depends on does. */
#include "gateway/answers.h"
#include "gateway/handlers.h"
#include "gateway/respond.h"
#include "http/metrics_page.h"
#include "metrics/metrics.h"

#include <stdio.h>

enum { LAG_MAX = 10000, TEXT_MAX = 1 << 20 };

/* Records that the projection of a service is behind what the gateway has read. */
static int64_t lag_of(struct gateway *gateway, enum service_id service)
{
    int64_t most = 0;
    for (int32_t p = 0; p < gateway->place.partition_counts[service]; p++) {
        int64_t read = answers_next_offset(gateway->answers, service, p) - 1;
        int64_t lag = read - progress_offset(gateway->progress, service, p);
        most = lag > most ? lag : most;
    }
    return most;
}

static void write_one(struct buffer *json, const char *name, bool up, const char *detail)
{
    buffer_printf(json, "%s\"%s\":{\"status\":\"%s\"", json->data[json->size - 1] == '{' ? "" : ",",
                  name, up ? "ok" : "down");
    if (!up)
        buffer_printf(json, ",\"detail\":\"%s\"", detail);
    buffer_string(json, "}");
}

/* Writes every dependency. False: one is down. */
static bool write_dependencies(struct gateway *gateway, struct buffer *json)
{
    bool reading = answers_reading(gateway->answers);
    bool caught_up = answers_caught_up(gateway->answers);
    bool database = progress_connected(gateway->progress);
    buffer_string(json, "\"dependencies\":{");
    write_one(json, "kafka", reading && caught_up,
              reading ? "the logs are still being read" : "no broker answers");
    write_one(json, "postgres", database, "the database of the projections is away");
    bool all = reading && caught_up && database;
    for (int i = 0; i < SERVICES; i++) {
        bool near = database && lag_of(gateway, (enum service_id)i) <= LAG_MAX;
        char name[40];
        snprintf(name, sizeof name, "projection_%s", service_name((enum service_id)i));
        write_one(json, name, near, "more than 10000 events behind");
        all = all && near;
    }
    buffer_string(json, "}");
    return all;
}

/* {"status": "ok", "dependencies": {...}} */
static bool write_health(struct gateway *gateway, struct buffer *json)
{
    struct buffer dependencies;
    buffer_init(&dependencies, TEXT_MAX);
    int64_t began_ns = gateway_now_ns();
    bool up = write_dependencies(gateway, &dependencies);
    metrics_histogram_observe_e6(gateway->health_check, (gateway_now_ns() - began_ns) / 1000);
    buffer_printf(json, "{\"status\":\"%s\",", up ? "ok" : "down");
    buffer_text(json, buffer_as_text(&dependencies));
    buffer_string(json, "}");
    buffer_free(&dependencies);
    return up;
}

void handle_health_live(struct exchange *exchange)
{
    respond(exchange, &(struct respond_with){.body = TEXT("{\"status\":\"ok\"}")});
}

void handle_health_ready(struct exchange *exchange)
{
    struct buffer json;
    buffer_init(&json, TEXT_MAX);
    bool up = write_health(exchange->gateway, &json);
    respond(exchange,
            &(struct respond_with){.status = up ? 200 : 503, .body = buffer_as_text(&json)});
    buffer_free(&json);
}

void handle_internal(void *context, struct http_request *request)
{
    struct gateway *gateway = context;
    struct text path = http_request_path(request);
    struct buffer body;
    buffer_init(&body, TEXT_MAX);
    struct http_response response = {.status = 200};
    if (text_is(path, "/health") || text_is(path, "/health/ready")) {
        response.status = write_health(gateway, &body) ? 200 : 503;
        response.content_type = TEXT("application/json");
    } else if (text_is(path, "/health/live")) {
        buffer_string(&body, "{\"status\":\"ok\"}");
        response.content_type = TEXT("application/json");
    } else if (text_is(path, "/metrics")) {
        metrics_page(request, &body, &response);
    } else {
        buffer_free(&body);
        http_respond_error(request, HTTP_PROBLEM_NOT_FOUND,
                           TEXT("here are /health, /health/live, /health/ready and /metrics"));
        return;
    }
    response.body = buffer_as_text(&body);
    http_respond(request, &response);
    buffer_free(&body);
}
