/* internal.h - the inside of a projector, shared by projector.c, position.c and rebuild.c. */
#ifndef PROJECTION_INTERNAL_H
#define PROJECTION_INTERNAL_H
#include "projection/journal.h"
#include "projection/projector.h"
#include "projection/rows.h"
#include "projection/tables.h"

enum {
    SCHEMA_NAME_SIZE = 64,
    SCHEMA_HASH_SIZE = 17, /* hexadecimal, with its zero */
    PROBLEM_SIZE = 640,
};

/* A partition being projected. */
struct lane {
    int32_t partition;
    int64_t next_offset;   /* as the database has it */
    int64_t wanted_offset; /* as it has it at most: with the last batch */
    int64_t goal_offset;   /* end of the log at the start */
    bool moved;            /* the batch holds records of it */
    int64_t events;        /* of the batch */
    int64_t events_total;  /* since the start */
    struct hash last_hash; /* of the last record read */
    const struct fold *fold;
    int64_t *told; /* last offset notified of each of the fold's sources */
    int64_t affected;
};

struct projector {
    struct projector_world world;
    enum service_id service;
    const struct projection *projection;
    bool building; /* tables beside the live ones: nobody else writes them */
    char schema[SCHEMA_NAME_SIZE];
    char schema_hash[SCHEMA_HASH_SIZE];
    struct db *db;
    struct follower *follower; /* NULL: to be started */
    struct rows *rows;
    struct journal *journal;
    struct event event;
    struct lane *lanes;
    size_t lanes_count;
    int64_t generation; /* of the live tables; 0: not known yet */
    char problem[PROBLEM_SIZE];
};

/* A projector that builds tables in `schema`. */
struct projector *projector_make(const struct projector_world *world, enum service_id service,
                                 const struct projection *projection, const char *schema,
                                 bool building) MUST_CHECK;
/* Keeps a sentence for projector_problem() and returns `err`. */
enum err projector_fail(struct projector *projector, enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The same about the database. */
enum err projector_fail_db(struct projector *projector, enum err err, const char *doing);
/* Makes a lane of each partition of the topic, the first time. */
enum err projector_count_partitions(struct projector *projector) MUST_CHECK;
/* Follows all partitions from the first record on, or from their positions where there are any (not
 * NULL). */
enum err projector_follow(struct projector *projector,
                          const struct db_result *positions) MUST_CHECK;
/* Connects, and names tables of the projector's schema without it. */
enum err projector_connect(struct projector *projector) MUST_CHECK;
/* Reads what has come into rows, up to a batch. */
enum err projector_collect(struct projector *projector, int timeout_ms) MUST_CHECK;
/* Writes the batch in the transaction under way. ERR_FENCED: a position is not what it was. */
enum err projector_write_rows(struct projector *projector) MUST_CHECK;
/* The same in a transaction of its own. */
enum err projector_write_batch(struct projector *projector) MUST_CHECK;
/* Takes the batch as written; adds to *ret_events. */
void projector_written(struct projector *projector, size_t *ret_events);

/* The live positions of a service, ascending; columns as in position.c. `lock` holds them until
 * the end of the transaction. */
enum err position_load(struct projector *projector, bool lock,
                       struct db_result *ret_positions) MUST_CHECK;
int64_t position_generation(const struct db_result *positions, size_t row);
int64_t position_next_offset(const struct db_result *positions, size_t row);
struct text position_schema_hash(const struct db_result *positions, size_t row);
/* Where to resume, behind the last record read. CHECKs that there is one. */
void position_source(const struct db_result *positions, size_t row, struct fold_source *ret_source,
                     struct uuid *ret_incarnation);
/* In a transaction: every partition of the service stands at the start of its log, and the tables
 * are of a new generation. */
enum err position_reset(struct projector *projector) MUST_CHECK;
/* In a batch: moves the position of a lane from the old value to the new; lane->affected is 1 at
 * the end of the batch, if it was the old value. */
enum err position_move(struct projector *projector, struct lane *lane) MUST_CHECK;
/* In a batch: tells how far a lane has come. */
enum err position_notify(struct projector *projector, struct lane *lane) MUST_CHECK;
/* Tells how far all of them have come. */
enum err position_notify_all(struct projector *projector) MUST_CHECK;

#endif
