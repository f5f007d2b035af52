/* asked.h - when somebody first asked for a command that no journal knows. Whoever asks has had its
 * id from a gateway, so it was sent before, and its valid_until follows.
 *
 * Bounds   ASKED_MAX commands; the one asked for first gives way, and is then asked for anew.
 * Thread   any.
 */
#ifndef GATEWAY_ASKED_H
#define GATEWAY_ASKED_H
#include "base/uuid.h"

enum { ASKED_MAX = 65536 };

struct asked; /* laid out in asked.c only */

struct asked *asked_new(void) MUST_CHECK;
void asked_free(struct asked *asked);
/* The time of the first question for `command_id`: `now_us` where this is it. */
int64_t asked_first_us(struct asked *asked, struct uuid command_id, int64_t now_us);

#endif
