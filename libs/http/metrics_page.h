/* metrics_page.h - the page that scrapers read. */
#ifndef HTTP_METRICS_PAGE_H
#define HTTP_METRICS_PAGE_H
#include "base/buffer.h"
#include "http/server.h"

struct metrics_histogram;

/* Writes all series into `body`, in the format that the request's Accept asks for: OpenMetrics
 * where it is named and not liked less than plain text. *ret_response says what it is, with `body`
 * as its own. */
void metrics_page(const struct http_request *request, struct buffer *body,
                  struct http_response *ret_response);

/* How long it takes to tell whether a process is well: the same series in all of them. */
struct metrics_histogram *metrics_page_health_check(void);

#endif
