/* headers.h - the headers of an event record: what readers filter by without decoding the value.
 *
 *     ce_*         CloudEvents 1.0 in binary mode: id, source, specversion, type, time. What else
 *                  there could be is in key and value, and each header costs every reader
 *     epoch nonce wseq prev_hash touches reply-to    as in the value; the value decides
 *     traceparent  of an event whose request is traced (trace/trace.h): the writer adds it
 *     touches      accounts/0 accounts/2, and audit with a star for all of it
 */
#ifndef EVENTLOG_HEADERS_H
#define EVENTLOG_HEADERS_H
#include "base/arena.h"
#include "decision/decision.h"
#include "eventlog/log.h"

/* The headers of an event. Texts are in `arena`; returns how many of `ret_headers` are set. */
size_t headers_of_event(const struct event *event, struct arena *arena,
                        struct log_header ret_headers[LOG_HEADERS_MAX]);
/* False: a header of the record says otherwise than the event's meta. */
bool headers_agree(const struct log_record *record, const struct event *event);
/* True when the touches header names `partition` of `service`. */
bool headers_touch(const struct log_record *record, enum service_id service, int32_t partition);
/* The header of that name; empty where there is none. */
struct text headers_get(const struct log_record *record, const char *name);

#endif
