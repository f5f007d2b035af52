/* refusals.h - what the gateway refused before it became a command, told to audit: one a second and
 * source at most, with how many there were. */
#ifndef GATEWAY_REFUSALS_H
#define GATEWAY_REFUSALS_H
#include "gateway/gateway.h"

struct refusals; /* laid out in refusals.c only */

enum { REFUSAL_SOURCES = 1024 };

struct refusals *refusals_new(void) MUST_CHECK;
void refusals_free(struct refusals *refusals);

/* Notes that the exchange is being refused with `code`; sends a RecordRefusal where none was sent
 * for its source in this second, else counts for the next one. For the exchange's owner, before it
 * answers. Does not wait. */
void refusals_note(struct exchange *exchange, const char *code);

#endif
