/* stream_hub.h - what the files of the streams share: a subscriber on its way, and the hub.
 *
 * Owner    a subscriber belongs to the exchange's threads until streams_join(), then to the hub.
 */
#ifndef GATEWAY_STREAM_HUB_H
#define GATEWAY_STREAM_HUB_H
#include "gateway/quota.h"
#include "gateway/stream_account.h"
#include "gateway/stream_book.h"
#include "gateway/stream_message.h"
#include "gateway/stream_ring.h"
#include "gateway/streams.h"
#include "http/stream.h"

#include <pthread.h>

enum {
    STREAM_CHANNEL_BOOK = 1,
    STREAM_CHANNEL_TRADES = 2,
    STREAM_CHANNEL_QUOTES = 4,
    STREAM_SYMBOL_SIZE = 64,
    STREAM_ARENA_SIZE = 64 << 20,
    STREAM_DATA_MAX = 64 << 20,
    STREAM_MESSAGE_MAX = STREAM_DATA_MAX + (64 << 10), /* with its id */
};

struct stream_topic;

/* That a subscriber wants to hear of an instrument. */
struct stream_link {
    struct stream_subscriber *subscriber;
    struct stream_topic *topic; /* of the hub's; NULL until the subscriber has joined */
    struct stream_link *next;   /* of the same topic */
    bool has_book;              /* it was told the whole book, so changes mean something to it */
    char symbol[STREAM_SYMBOL_SIZE];
};

struct stream_subscriber {
    struct stream_subscriber *next;
    struct http_stream *stream;
    uint64_t source;   /* who is counted for it */
    uint64_t number;   /* of the ring's record before which it was told all */
    bool gone;         /* nobody reads any more */
    bool ended;        /* said farewell */
    uint32_t channels; /* STREAM_CHANNEL_* of a public one */
    struct stream_cursor cursor;
    /* of an account's */
    struct stream_account *account; /* NULL: public */
    int64_t expires_at_us;
    struct uuid session_id;
    int64_t loaded[STREAM_PARTITIONS_MAX]; /* by row of the cursor: what `account` has in it */
    size_t links_count;
    struct stream_link *links;
};

/* A book that the hub has asked for. */
struct stream_loading {
    struct work_item work;
    struct stream_loading *next;
    struct streams *streams;
    int32_t partition;
    char symbol[STREAM_SYMBOL_SIZE];
    struct stream_book *book; /* NULL: it could not be loaded */
    int64_t next_offset;
};

struct streams {
    struct gateway *gateway;
    void (*broken)(void *context);
    void *broken_context;
    struct stream_ring *ring;
    struct work *work;    /* loads what streams begin with */
    struct work *replays; /* reads in the log what came before: one at a time (stream_replay.h) */
    struct quota *places; /* of streams */
    struct quota *replaying; /* of those that wait for `replays`, or are read for */
    pthread_t thread;
    /* What the hub is woken for; the rest it looks through when it is awake anyway. */
    atomic_bool owners;      /* all of orders and accounts, for some owner listens */
    _Atomic uint64_t wanted; /* instruments: a bit for the hash of each that has a topic */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;                     /* locked, as the next three */
    bool sleeping;                     /* the hub waits on `changed` */
    struct stream_subscriber *joining; /* newest first */
    struct stream_loading *loaded;     /* books that the hub has asked for */
    /* of the hub's thread alone */
    struct stream_subscriber *subscribers;
    struct stream_topic *topics;
    uint64_t number;              /* of the ring's record that comes next */
    int64_t *positions[SERVICES]; /* by partition: what was handled */
    struct arena *arena;
    struct buffer data;    /* JSON of the messages of one event */
    struct buffer message; /* as it goes over the wire */
    int64_t heartbeat_ns;
    int64_t look_ns;
};

/* Takes a place for one more stream of the caller. ERR_DENIED: he has as many as one may; ERR_FULL:
 * there is none left; ERR_BUSY: no stream begins any more. */
enum err streams_admit(struct streams *streams, const struct caller *caller) MUST_CHECK;
/* Gives a place back. */
void streams_leave(struct streams *streams, uint64_t source);
/* Hands a subscriber over, whose stream has begun. */
void streams_join(struct streams *streams, struct stream_subscriber *subscriber);

/* stream_tell.c. `buffer` is for the message; a subscriber that cannot be told is gone. */
void stream_tell(struct stream_subscriber *subscriber, const char *word, struct text data,
                 struct buffer *buffer);
/* Tells a subscriber what a record means for it that it was not told yet: trades of its symbols, or
 * all of its account. OK, or ERR_POISON: the record cannot be read. */
enum err stream_tell_record(struct stream_subscriber *subscriber,
                            const struct stream_record *record, struct arena *arena,
                            struct buffer *buffer) MUST_CHECK;
/* The same of an event that was read already. */
void stream_tell_event(struct stream_subscriber *subscriber, const struct stream_record *record,
                       const struct event *event, struct buffer *buffer);
void stream_subscriber_free(struct stream_subscriber *subscriber);
/* Tells all that the ring has from what the subscriber was told to before record `end`. ERR_FULL:
 * the ring does not reach that far back, so something would be missing. ERR_POISON: as above. */
enum err stream_tell_ring(struct stream_subscriber *subscriber, struct stream_ring *ring,
                          uint64_t end, struct arena *arena, struct buffer *buffer) MUST_CHECK;
/* The first record that a subscriber needs of the partition of a row of its cursor, and whether the
 * ring has all that it needs. */
int64_t stream_needs(const struct stream_subscriber *subscriber, size_t row);
bool stream_is_covered(const struct stream_subscriber *subscriber, struct stream_ring *ring);

/* stream_topic.c: what all subscribers of an instrument hear; of the hub's thread alone. Moves the
 * subscriber's cursor on to what the hub has handled. */
void stream_sync(struct streams *streams, struct stream_subscriber *subscriber);
/* Makes the subscriber one of its topics', telling it the books that are there. */
void stream_topics_join(struct streams *streams, struct stream_subscriber *subscriber);
/* The bit of an instrument, and those of all topics. */
uint64_t stream_topic_bit(struct text symbol);
uint64_t stream_topics_bits(const struct streams *streams);
void stream_topics_leave(struct streams *streams, struct stream_subscriber *subscriber);
/* Whether some topic may have something to tell of a record; tells what it has. */
bool stream_topics_want(const struct streams *streams, const struct stream_record *record);
void stream_topics_tell(struct streams *streams, const struct stream_record *record,
                        const struct event *event);
/* Takes a book that was loaded; asks for those that are missing. */
void stream_topics_loaded(struct streams *streams, struct stream_loading *loading);
void stream_topics_load(struct streams *streams, int64_t now_ns);

#endif
