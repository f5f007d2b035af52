/* fold.h - which records of an event partition count: the fold of R1 (PROTOCOL.md).
 *
 * Kafka has no conditional append, so a writer that was replaced can still land records. Every
 * reader therefore folds the log: claims change who may write, everything else counts only if it
 * is the writer in force that continues the chain. The fold is a pure function of the log's prefix,
 * so all readers agree, whenever they read.
 *
 *     LogCreated at 0 --> epoch 0 --claim n+1--> epoch n+1 --next wseq, right prev_hash--> VALID
 *                            |                       |  gap or wrong prev_hash
 *                            +--anything else: INERT +--> poisoned: INERT until the next claim
 *
 * Hash     head = BLAKE2b-256(prev_hash, len32(key) big-endian, key, value).
 */
#ifndef EVENTLOG_FOLD_H
#define EVENTLOG_FOLD_H
#include "base/arena.h"
#include "decision/decision.h"
#include "eventlog/log.h"
#include "wire/wire.h"

enum {
    FOLD_READER_VERSION = 1, /* claims that ask for a newer reader stop this one */
    FOLD_SOURCES_MAX = 512,  /* inputs of one partition: commands, followed partitions, clock */
    FOLD_APPENDED_MAX = 1024 /* of a writer's own records */
};

enum fold_verdict {
    FOLD_VALID, /* the event happened */
    FOLD_CLAIM, /* a new writer is in force; valid too, but decides nothing */
    FOLD_INERT, /* nobody's business: a replaced writer's, a duplicate, behind a gap */
    FOLD_STOP,  /* cannot be: a bug, or not the log that this reader knows */
};

/* Why a record does not count. The first three are of nobody who should write there; what is lost
 * should not be; the others are what is left of a writer that was replaced, or asked twice. */
enum fold_void {
    FOLD_VOID_UNREADABLE, /* no event, or of no schema that is known here */
    FOLD_VOID_MISPLACED,  /* of another partition or service */
    FOLD_VOID_OTHER_LOG,  /* of another incarnation, or one more beginning */
    FOLD_VOID_LATE,       /* its writer is not in force; a claim that lost, too */
    FOLD_VOID_COPY,       /* it is there already */
    FOLD_VOID_LOST,       /* a record before it is missing: poisons the epoch */
    FOLD_VOID_POISONED,   /* behind that, until the next claim */
    FOLD_VOIDS
};

/* How far the inputs of a source have been answered. */
struct fold_source {
    char topic[48];
    int32_t partition;
    int64_t offset;
    struct hash hash; /* of the record there */
    bool has_fold;    /* of a followed partition, there */
    struct fold_state fold;
};

/* Plain data; zeroed but for service and partition it is the fold of nothing. */
struct fold {
    enum service_id service;
    int32_t partition;
    bool started;
    struct uuid incarnation;
    int32_t partition_counts[SERVICES]; /* as LogCreated says; 0 until it was seen */
    int64_t next_offset;                /* behind the last record folded */
    struct fold_state state;
    int64_t occurred_at;    /* of the last valid event */
    uint64_t poison_count;  /* epochs that lost a record */
    enum fold_void why;     /* of the last record that was FOLD_INERT */
    bool readable;          /* kind and meta of the last record are */
    struct event_rest rest; /* behind them, in that record */
    const char *reason;     /* of the last verdict that was not VALID; static */
    size_t sources_count;
    struct fold_source *sources; /* FOLD_SOURCES_MAX, owned */
    /* Of its writer, else NULL: FOLD_APPENDED_MAX records by wseq, borrowed. What is read back as
     * it was appended is not hashed again. */
    const struct fold_appended *appended;
};

/* The fold of nothing yet, to be freed with fold_free(). */
void fold_init(struct fold *fold, enum service_id service, int32_t partition);
void fold_free(struct fold *fold);
/* Sets a fold on a state kept elsewhere (R10): it goes on at `next_offset`, and knows of no source
 * until it meets one again. */
void fold_resume(struct fold *fold, struct uuid incarnation, int64_t next_offset,
                 const struct fold_state *state);

/* Folds the next record of the partition. *ret_event gets kind, key and meta (event_decode_meta)
 * where they can be read; texts point into the record, arrays into `arena`. */
enum fold_verdict fold_step(struct fold *fold, const struct log_record *record, struct arena *arena,
                            struct event *ret_event);

/* "unreadable", "misplaced" ... Static storage. */
const char *fold_void_name(enum fold_void why);

/* H(prev, record), as the head of a partition moves. */
struct hash fold_hash(const struct hash *prev, struct bytes key, struct bytes value);
/* H(0, record): what a cause, a ticket or an id is made from. */
struct hash fold_record_hash(struct bytes key, struct bytes value);
/* The source of that name, or NULL where no input of it was answered yet. */
const struct fold_source *fold_source(const struct fold *fold, struct text topic,
                                      int32_t partition);

#endif
