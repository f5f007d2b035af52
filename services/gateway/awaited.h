/* awaited.h - writes that wait until this gateway has read the events which their clients name.
 *
 * Whoever names an event that is not there is never let pass: a writer that was told to decide
 * behind it would wait for ever. No projection has to have it, so that neither a database nor a
 * projector that is away keeps anybody from trading.
 *
 * Thread   any; awaited_serve() is the answers' own.
 */
#ifndef GATEWAY_AWAITED_H
#define GATEWAY_AWAITED_H
#include "gateway/waiters.h"

struct answers;
struct awaited; /* laid out in awaited.c only */

/* Those who wait for what `answers` reads. The caller frees it, with nobody waiting any more. */
struct awaited *awaited_new(struct answers *answers) MUST_CHECK;
void awaited_free(struct awaited *awaited);

/* Calls `ready` once, from any thread: in time as soon as all events of `waiter->shown` were read,
 * at once where they have been; else at its deadline. Nothing else of the waiter matters. */
void awaited_add(struct awaited *awaited, struct waiter *waiter);
/* Tells those whose events have been read, and those whose deadline is not behind `now_ns`. */
void awaited_serve(struct awaited *awaited, int64_t now_ns);

#endif
