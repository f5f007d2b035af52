/* sender.h - the one producer of commands. Requests to the broker cost, records do not: a thread
 * takes all that has gathered while the last request was under way and sends it as one.
 *
 * Owner    an item is its maker's until sender_queue() takes it.
 * Thread   any, but for sender_start(), sender_stop() and sender_free().
 */
#ifndef GATEWAY_SENDER_H
#define GATEWAY_SENDER_H
#include "decision/decision.h"
#include "eventlog/log.h"
#include "trace/trace.h"
#include "wire/messages.h"

/* Both are laid out in sender.c only. */
struct sender;
struct sender_item; /* a command on its way */

struct sender_events {
    void *context;
    /* A command that was never sent, and never will be. */
    void (*not_sent)(void *context, struct uuid command_id);
    /* Nothing can be sent any more (R4): the process has to end. */
    void (*broken)(void *context);
};

struct sender *sender_start(struct log *log, struct sender_events events) MUST_CHECK;
/* Sends what is queued, waits for it to be confirmed, a second at most, and takes nothing more.
 * NULL does nothing, nor in the next. */
void sender_stop(struct sender *sender);
/* Frees what has been stopped, once nobody has anything to send any more. */
void sender_free(struct sender *sender);

/* Makes what is sent of a command to partition `partition` of `service`: a copy, nothing of the
 * command is needed afterwards. It tells its reader that it belongs below `trace`; NULL: it is not
 * traced. The caller queues it or frees it. ERR_RANGE: it is too large. */
enum err sender_item_new(enum service_id service, int32_t partition, const struct command *command,
                         const struct trace_context *trace,
                         struct sender_item **ret_item) MUST_CHECK;
void sender_item_free(struct sender_item *item);
/* Queues an item, and takes it over whatever comes of it. ERR_FULL: too many are waiting, or the
 * sender was stopped. */
enum err sender_queue(struct sender *sender, struct sender_item *item) MUST_CHECK;
/* Both at once, for a command that nobody waits for. */
enum err sender_send(struct sender *sender, enum service_id service, int32_t partition,
                     const struct command *command, const struct trace_context *trace) MUST_CHECK;

#endif
