/* hostile.h - logs as an enemy, a bug or a bad day would leave them, and what a reader has to make
 * of them: the scenarios behind libs/eventlog/conformance, and behind the tests of the fold.
 */
#ifndef HOSTILE_H
#define HOSTILE_H
#include "base/arena.h"
#include "decision/decision.h"
#include "eventlog/log.h"

enum { HOSTILE_RECORDS_MAX = 16 };

/* A log being written, and how an honest writer would go on. */
struct hostile {
    struct log_record records[HOSTILE_RECORDS_MAX];
    size_t count;
    int64_t offset; /* of the next record */
    struct fold_state next;
    int64_t time_us;
    struct arena *arena;
};

struct scenario {
    const char *name;     /* a sentence */
    const char *verdicts; /* of each record: V C I, or S, behind which nothing is read */
    bool poisoned;        /* in the end; the rest of the state is hostile.next */
    void (*write)(struct hostile *log);
};

extern const struct scenario SCENARIOS[];
extern const size_t SCENARIOS_COUNT;

/* The log of a scenario, partition 0 of accounts; to be freed with hostile_free(). */
struct hostile *hostile_new(const struct scenario *scenario) MUST_CHECK;
void hostile_free(struct hostile *log);

/* Puts `event` at the end of the log, with the headers that belong to it; accounts' and "key"
 * where it names no service or key of its own. */
struct log_record *hostile_put(struct hostile *log, struct event *event);
/* LogCreated, as it is due. */
void hostile_create(struct hostile *log);
/* A claim of `epoch`, by the writer with that nonce. */
struct event hostile_claim(const struct hostile *log, int64_t epoch, uint8_t nonce);
/* Puts the claim that is due. */
void hostile_take_over(struct hostile *log, uint8_t nonce);
/* What the writer in force would append next. */
struct event hostile_due(const struct hostile *log);
/* Puts `event` and goes on from it, or what is due. */
void hostile_append(struct hostile *log, struct event *event);
void hostile_append_due(struct hostile *log);
/* Creation, a claim by writer 1, and `events` of it. */
void hostile_begin(struct hostile *log, int events);
/* The record's value as bytes that may be changed; they lie in the log's arena. */
uint8_t *hostile_value(struct log_record *record);

#endif
