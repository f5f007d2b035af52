/* follower.h - the one way to read event topics: a reader that folds every partition it reads.
 *
 * What comes out has its verdict; only FOLD_VALID events have consequences (R3). Command topics
 * can be read beside, in the same fetches; their records have no fold and are FOLD_VALID.
 *
 * Thread   one owner.
 */
#ifndef EVENTLOG_FOLLOWER_H
#define EVENTLOG_FOLLOWER_H
#include "eventlog/fold.h"

struct follower; /* laid out in follower.c only */

/* A record and what the fold says of it. Valid until the next poll. */
struct followed {
    enum fold_verdict verdict;
    struct log_record record;
    const struct fold *fold; /* behind the record; NULL: not an event topic */
    struct event *event;     /* kind, key and meta; NULL: not an event topic, or unreadable */
    struct arena *arena;     /* for the rest of the event: event_decode_rest(fold->rest) */
};

/* New follower of nothing yet; the caller closes it. `log` stays the caller's. */
struct follower *follower_open(struct log *log, enum log_pace pace) MUST_CHECK;
void follower_close(struct follower *follower);

/* The event topic of a service, and its command topic. Static storage. */
const char *follower_events_topic(enum service_id service);
const char *follower_commands_topic(enum service_id service);
/* The service whose event topic that is. ERR_NOT_FOUND: it is none. */
enum err follower_topic_service(struct text topic, enum service_id *ret_service) MUST_CHECK;

/* Follows an event partition from the first record on. */
enum err follower_begin(struct follower *follower, enum service_id service,
                        int32_t partition) MUST_CHECK;
/* Follows an event partition behind `source`, whose record is read again and must have its hash
 * (R5); `source` has a fold state. ERR_LOG: follower_problem() says what does not fit. */
enum err follower_resume(struct follower *follower, enum service_id service,
                         struct uuid incarnation, const struct fold_source *source) MUST_CHECK;
/* Follows an event partition from the record at `offset` on, which the caller believes to be valid:
 * where the fold stood before it, that record says itself. What comes is not to be relied on before
 * the fold has met a head that another fold, which read the whole log, has met too: heads are equal
 * only where all that lies before them is. */
enum err follower_rejoin(struct follower *follower, enum service_id service, int32_t partition,
                         int64_t offset) MUST_CHECK;
/* Reads a command partition behind `source`, or from the start of the log where it is NULL. */
enum err follower_commands(struct follower *follower, enum service_id service, int32_t partition,
                           const struct fold_source *source) MUST_CHECK;
/* Stops and goes on fetching the command partitions. */
void follower_pause_commands(struct follower *follower, bool pause);
/* The same for the event partitions, but not for the one of fold `but`. */
void follower_pause_events(struct follower *follower, const struct fold *but, bool pause);

/* The next record. ERR_TIMEOUT: none yet. ERR_BUSY: the broker is away, it goes on trying.
 * ERR_LOG: what was read cannot be; follower_problem() says what and where. */
enum err follower_poll(struct follower *follower, int timeout_ms,
                       struct followed *ret_followed) MUST_CHECK;
/* What the last ERR_LOG was about, for people. Until the next call. */
const char *follower_problem(const struct follower *follower);
/* The fold of an event partition that is followed. CHECKs that it is. */
struct fold *follower_fold(struct follower *follower, enum service_id service, int32_t partition);

#endif
