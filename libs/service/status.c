#include "service/status.h"

#include "http/metrics_page.h"
#include "http/server.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "metrics/process.h"
#include "seal/seal.h"
#include "service/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_SIZE_MAX = 4 << 20, REQUEST_ID_BYTES = 8 };

struct status {
    struct http_server *server;
    status_ready *ready;
    void *context;
    struct metrics_histogram *health_check;
};

static size_t make_request_id(void *context, char ret_id[HTTP_REQUEST_ID_SIZE_MAX])
{
    (void)context;
    uint64_t number = 0;
    seal_random(&number, sizeof number);
    return (size_t)snprintf(ret_id, HTTP_REQUEST_ID_SIZE_MAX, "%016llx",
                            (unsigned long long)number);
}

static void answer_health(struct status *status, struct buffer *body,
                          struct http_response *response)
{
    int64_t began_us = clock_boot_us();
    buffer_byte(body, '{');
    bool ready = status->ready(status->context, body);
    metrics_histogram_observe_e6(status->health_check, clock_boot_us() - began_us);
    buffer_byte(body, '}');
    response->status = ready ? 200 : 503;
    response->content_type = TEXT("application/json");
}

static void handle(void *context, struct http_request *request)
{
    struct status *status = context;
    struct http_response response = {.status = 404};
    struct buffer body;
    struct text path = http_request_path(request);
    buffer_init(&body, BODY_SIZE_MAX);
    if (text_is(path, "/metrics") || text_is(path, "/health/metrics")) {
        metrics_page(request, &body, &response);
    } else if (text_is(path, "/health") || text_is(path, "/health/ready")) {
        answer_health(status, &body, &response);
    } else if (text_is(path, "/health/live")) {
        buffer_string(&body, "{\"status\":\"ok\"}");
        response.status = 200;
        response.content_type = TEXT("application/json");
    }
    response.body = buffer_as_text(&body);
    http_respond(request, &response);
    buffer_free(&body);
}

enum err status_start(const char *address, int64_t port, status_ready *ready, void *context,
                      struct status **ret_status)
{
    char reason[HTTP_REASON_SIZE];
    *ret_status = NULL;
    if (port == 0)
        return OK;
    metrics_process(BOURSE_VERSION);
    struct status *status = calloc(1, sizeof *status);
    CHECK(status != NULL);
    status->ready = ready;
    status->context = context;
    status->health_check = metrics_page_health_check();
    struct http_server_options options = {.address = address,
                                          .port = (uint16_t)port,
                                          .context = status,
                                          .handle = handle,
                                          .make_request_id = make_request_id,
                                          .connections_max = 64};
    enum err err = http_server_start(&options, &status->server, reason);
    if (err != OK) {
        log_error("status.not_listening", LOG_I64("port", port), LOG_STR("problem", reason));
        free(status);
        return err;
    }
    *ret_status = status;
    return OK;
}

void status_stop(struct status *status)
{
    if (status == NULL)
        return;
    http_server_stop(status->server);
    free(status);
}
