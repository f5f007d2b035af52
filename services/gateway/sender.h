/* sender.h - the one producer of commands. Requests to the broker cost, records do not: a thread
 * takes all that has gathered while the last request was under way and sends it as one.
 *
 * Thread   any, for sender_send().
 */
#ifndef GATEWAY_SENDER_H
#define GATEWAY_SENDER_H
#include "decision/decision.h"
#include "eventlog/log.h"
#include "trace/trace.h"
#include "wire/messages.h"

struct sender; /* laid out in sender.c only */

struct sender_events {
    void *context;
    /* A command that was never sent, and never will be. */
    void (*not_sent)(void *context, struct uuid command_id);
    /* Nothing can be sent any more (R4): the process has to end. */
    void (*broken)(void *context);
};

struct sender *sender_start(struct log *log, struct sender_events events) MUST_CHECK;
/* Sends what is queued, waits for it to be confirmed, a second at most, and frees. */
void sender_stop(struct sender *sender);

/* Queues a command, encoded here, for partition `partition` of `service`; nothing of it is needed
 * afterwards. It tells its reader that it belongs below `trace`; NULL: it is not traced. ERR_FULL:
 * too many are waiting. ERR_RANGE: it is too large. */
enum err sender_send(struct sender *sender, enum service_id service, int32_t partition,
                     const struct command *command, const struct trace_context *trace) MUST_CHECK;

#endif
