/* answers.h - the reader of all event logs: what came of the commands that clients wait for.
 *
 * A thread of its own follows every partition of every service through the fold (R3), from the
 * states the projections keep where there are any, else from the first record (R10). It is placed
 * before the first command is sent. An exchange's outcome is complete when its answering event was
 * read, and, where the operation asks, its ticket and the answers of all partitions it touches.
 */
#ifndef GATEWAY_ANSWERS_H
#define GATEWAY_ANSWERS_H
#include "gateway/gateway.h"

struct answers; /* laid out in answers.c only */

struct answers_events {
    void *context;
    void (*broken)(void *context); /* the log cannot be followed: the process has to end */
};

/* Places the readers and starts the thread. ERR_BUSY: no broker; ERR_LOG, ERR_NOT_FOUND: it is not
 * the log expected, and the reason has been logged. */
enum err answers_start(struct gateway *gateway, struct answers_events events,
                       struct answers **ret_answers) MUST_CHECK;
/* Ends the thread; those who still wait are answered 202. NULL does nothing, nor in the next. */
void answers_stop(struct answers *answers);
/* Frees what has been stopped, once nobody asks any more how far it has read. */
void answers_free(struct answers *answers);

/* Whether all that was in the logs at the start has been read. */
bool answers_caught_up(struct answers *answers);
/* Behind the last record read of a partition. */
int64_t answers_next_offset(struct answers *answers, enum service_id service, int32_t partition);
/* Whether all these events were read; positions of followers, and of partitions that there are not,
 * do not count. */
bool answers_have_read(struct answers *answers, const struct shown *positions);
/* Calls the waiter's `ready` once that is so, or at its deadline (awaited.h). */
void answers_await(struct answers *answers, struct waiter *waiter);
/* Whether the broker answers. */
bool answers_reading(struct answers *answers);

#endif
