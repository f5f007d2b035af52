/* as_of.h - reads of the past: what a request's `as_of` names, and when all of that can be shown.
 *
 * A time that is not over can still become another past, so it is refused. One that is over is
 * shown once the projections have what this gateway had read of the logs when it was asked; the
 * times of a partition never go back, so nothing that a client can have been told of comes in
 * between later. A position of an event is shown once the projection is there. What takes longer
 * than a read waits is refused, too, for an answer without it would look like any other.
 */
#ifndef GATEWAY_AS_OF_H
#define GATEWAY_AS_OF_H
#include "gateway/gateway.h"

struct as_of {
    bool by_position;
    int64_t time_us;                /* where it is a time */
    struct shown_position position; /* else: of the event itself */
};

/* Reads "2026-11-22T09:30:00Z" or "accounts/0/55". ERR_INPUT: neither. */
enum err as_of_parse(struct text text, struct as_of *ret_as_of) MUST_CHECK;

/* What the projections have to have before a read is answered, as progress_waiter takes it; NULL:
 * it is about now. False: it has been refused. */
bool as_of_admit(struct exchange *exchange, const int64_t **ret_heads) MUST_CHECK;
/* Answers a read whose projections were not there in time. */
void as_of_late(struct exchange *exchange);

#endif
