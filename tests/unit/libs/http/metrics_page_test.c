#include "http/metrics_page.h"

#include "metrics/metrics.h"
#include "server_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE_SIZE_MAX = 65536 };

static void scrape(void *context, struct http_request *request)
{
    (void)context;
    struct http_response response = {.status = 500};
    struct buffer body;
    buffer_init(&body, PAGE_SIZE_MAX);
    metrics_page(request, &body, &response);
    http_respond(request, &response);
    buffer_free(&body);
}

static void the_format_is_what_the_scraper_likes_best(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        bool openmetrics;
    } ROWS[] = {
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/openmetrics-text", true},
        {"text/plain, application/openmetrics-text", true},
        /* Prometheus 2.42's and 3's */
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
         "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
         true},
        {"text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.9", false},
        {"Application/OpenMetrics-Text ; q=0.001", true},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-texts", false},
    };
    struct http_server_options options = fixture_options();
    options.handle = scrape;
    struct http_server *server = fixture_start(&options);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        static char answer[RAW_SIZE_MAX];
        char request[1024];
        snprintf(request, sizeof request, "GET /metrics HTTP/1.1\r\n" HOST "Accept: %s\r\n\r\n",
                 ROWS[i].accept);
        raw_ask(http_server_port(server), request, answer);
        const char *type = ROWS[i].openmetrics
                               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8";
        bool ends = strstr(answer, "# EOF\n") != NULL;
        if (strstr(answer, type) == NULL || ends != ROWS[i].openmetrics)
            fail_msg("to \"%s\" it answered:\n%s", ROWS[i].accept, answer);
    }
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_format_is_what_the_scraper_likes_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
