/* status.h - the plain port of a process for those who watch it: /health and /metrics. */
#ifndef SERVICE_STATUS_H
#define SERVICE_STATUS_H
#include "base/buffer.h"

struct status; /* laid out in status.c only */

/* Whether the process is ready, and why: appends the members of a JSON object without its braces.
 * Called from another thread. */
typedef bool status_ready(void *context, struct buffer *ret_members);

/* Listens on `address`:`port`; port 0: nowhere, *ret_status is then NULL. The caller stops it.
 * ERR_CONFIG: the port cannot be had; it is logged why. */
enum err status_start(const char *address, int64_t port, status_ready *ready, void *context,
                      struct status **ret_status) MUST_CHECK;
void status_stop(struct status *status);

#endif
