/* evidence.h - what a run of the simulation leaves behind, as plain data: every record of every
 * partition, what clients asked and were told, what tables and writers showed.
 *
 * Those who run the venue add to it, check.h reads it. Nothing here knows what a record means.
 *
 * Memory   evidence owns copies of all that is added; everything lives until evidence_free().
 * Order    `moment` counts whatever happened in the run, one by one: it orders what clients saw and
 *          did where virtual time stands still. evidence_moment() gives the next one.
 */
#ifndef SIM_EVIDENCE_H
#define SIM_EVIDENCE_H
#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"

enum {
    EVIDENCE_SERVICES = 5,
    EVIDENCE_PARTITIONS_MAX = 8,
    EVIDENCE_HEADERS_MAX = 16,
};
#define EVIDENCE_NONE SIZE_MAX /* no such request */

/* In the order of `enum service_id`, which callers may cast. */
enum evidence_service {
    EVIDENCE_ACCOUNTS,
    EVIDENCE_ORDERS,
    EVIDENCE_AUDIT,
    EVIDENCE_SETTINGS,
    EVIDENCE_DESK,
};

/* A record of an event topic. */
struct evidence_position {
    enum evidence_service service;
    int32_t partition;
    int64_t offset;
};

struct evidence_header {
    struct text name;
    struct text value;
};

struct evidence_record {
    int64_t offset;
    int64_t timestamp_us; /* when it was appended */
    struct bytes key;
    struct bytes value;
    const struct evidence_header *headers;
    size_t headers_count;
};

struct evidence_partition {
    struct evidence_record *records; /* in log order, from offset 0 */
    size_t count, max;
};

enum evidence_outcome {
    EVIDENCE_UNANSWERED, /* still waiting, or its gateway died */
    EVIDENCE_ANSWERED,   /* by an event, whatever it says */
    EVIDENCE_UNKNOWN,    /* 202: sent, not heard of yet */
    EVIDENCE_REFUSED,    /* by the gateway: nothing was sent; `code` says why */
};

/* One request of a client, and what it was told. */
struct evidence_request {
    int client, gateway;
    const char *kind;       /* name of the command's schema, "PlaceOrder"; static */
    struct uuid command_id; /* of this sending */
    struct uuid caller;     /* the actor's user id; nil: nobody */
    bool has_key;           /* an Idempotency-Key was given */
    uint8_t key_hash[16], body_hash[16];
    size_t repeats; /* the earlier request that this one retries; EVIDENCE_NONE */
    int64_t sent_us, sent_moment;
    enum evidence_outcome outcome;
    int64_t answered_us, answered_moment;
    struct evidence_position answer; /* ANSWERED: the event that the client was told of... */
    const char *answer_kind;         /* ...the name of its schema; static */
    char code[40];                   /* of a refusal; empty: none */
    bool replayed;                   /* Idempotent-Replayed: true */
};

/* What a client read of a projection: all of what the partition's events up to `offset` say. */
struct evidence_read {
    int client, gateway;
    enum evidence_service service;
    int32_t partition;
    int64_t offset; /* -1: nothing was projected yet */
    int64_t moment; /* when it was answered */
    int64_t asked_moment;
};

/* A column of a projected row, as text; NULL: no value. */
struct evidence_column {
    const char *name;
    const char *value;
};

/* A row of a table. */
struct evidence_row {
    const char *table; /* "accounts.balances" */
    const struct evidence_column *columns;
    size_t columns_count;
};

/* All rows of a service's projection at one moment, when it had got so far. */
struct evidence_sample {
    enum evidence_service service;
    int64_t offsets[EVIDENCE_PARTITIONS_MAX]; /* of the last event projected; -1: none */
    int database; /* counts incarnations of the database: in each, offsets only grow */
    int64_t moment;
    struct evidence_row *rows;
    size_t rows_count, rows_max;
};

/* How a writer came to the state it shows. */
enum evidence_origin { EVIDENCE_LIVE, EVIDENCE_REPLAYED, EVIDENCE_RESTORED };

/* The state of a writer that is settled behind `offset` - 1. */
struct evidence_state {
    enum evidence_service service;
    int32_t partition;
    int64_t offset; /* the next it would read of its own log */
    enum evidence_origin origin;
    uint8_t state_hash[32];
};

/* Something that occurred: a fault that was injected, or what came of it. Where anything is
 * counted, records lost are: LOSE for each alone, LOSE_REST for each with all that came behind it.
 */
struct evidence_count {
    const char *name; /* static */
    uint64_t count;
};

/* The largest that something bounded became. */
struct evidence_bound {
    const char *name; /* static */
    uint64_t value, limit;
};

struct evidence {
    uint64_t seed;
    int32_t partition_counts[EVIDENCE_SERVICES];
    struct evidence_partition commands[EVIDENCE_SERVICES][EVIDENCE_PARTITIONS_MAX];
    struct evidence_partition events[EVIDENCE_SERVICES][EVIDENCE_PARTITIONS_MAX];
    struct evidence_request *requests; /* in the order they were sent */
    size_t requests_count, requests_max;
    struct evidence_read *reads; /* in the order they were answered */
    size_t reads_count, reads_max;
    struct evidence_sample *samples;
    size_t samples_count, samples_max;
    struct evidence_state *states;
    size_t states_count, states_max;
    struct evidence_count *counts;
    size_t counts_count, counts_max;
    struct evidence_bound *bounds;
    size_t bounds_count, bounds_max;
    int64_t moments;
    struct arena *arena;
};

/* Of a venue whose services have so many partitions. The caller frees it. */
struct evidence *evidence_new(uint64_t seed,
                              const int32_t partition_counts[EVIDENCE_SERVICES]) MUST_CHECK;
void evidence_free(struct evidence *evidence);

/* The next moment: call it once for whatever is to be ordered. */
int64_t evidence_moment(struct evidence *evidence);

/* The records of a topic's partition; `commands`: of the command topic. */
struct evidence_partition *evidence_log(const struct evidence *evidence, bool commands,
                                        enum evidence_service service, int32_t partition);
/* Adds the next record of a partition. Copies everything. */
void evidence_add_record(struct evidence *evidence, bool commands, enum evidence_service service,
                         int32_t partition, const struct evidence_record *record);
/* The first part of a partition is kept, as after a truncation. */
void evidence_cut(struct evidence *evidence, bool commands, enum evidence_service service,
                  int32_t partition, size_t count);

/* Adds a request as it is sent, and returns its index. The moment is set here. */
size_t evidence_send(struct evidence *evidence, const struct evidence_request *request);
/* What it was told; `outcome` is not EVIDENCE_UNANSWERED. A request may go from unknown to
 * answered. `answer` and `answer_kind` count for EVIDENCE_ANSWERED only, `code` may be NULL. */
void evidence_answer(struct evidence *evidence, size_t request, int64_t answered_us,
                     enum evidence_outcome outcome, const struct evidence_position *answer,
                     const char *answer_kind, const char *code, bool replayed);
/* Adds a read as it is answered; `asked_moment` is of when it was asked. */
void evidence_add_read(struct evidence *evidence, const struct evidence_read *read);

/* Begins a sample of a projection; rows added next belong to it. */
void evidence_begin_sample(struct evidence *evidence, const struct evidence_sample *sample);
/* Adds a row to the last sample. Copies table, names and values. */
void evidence_add_row(struct evidence *evidence, const char *table,
                      const struct evidence_column *columns, size_t columns_count);
void evidence_add_state(struct evidence *evidence, const struct evidence_state *state);
/* Adds to the count of that name. */
void evidence_occurred(struct evidence *evidence, const char *name, uint64_t times);
/* How often it occurred. */
uint64_t evidence_count_of(const struct evidence *evidence, const char *name);
/* Keeps the largest value of that name. */
void evidence_reached(struct evidence *evidence, const char *name, uint64_t value, uint64_t limit);

/* "accounts": as it stands in topics and records. Static storage. */
const char *evidence_service_name(enum evidence_service service);
/* The service of that name. False: none. */
bool evidence_service_named(struct text name, enum evidence_service *ret_service);

#endif
