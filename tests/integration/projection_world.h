/* projection_world.h - what the tests of projections share: a log of accounts in memory, its
 * writer, a projection of it, and a real Postgres, named by BOURSE_TEST_PG.
 */
#ifndef PROJECTION_WORLD_H
#define PROJECTION_WORLD_H
#include "projection/projector.h"
#include "projection/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORLD_TOPIC "bourse.accounts.events"

/* Table `things`: the offset of the last refusal of each key. In schema projection_test. */
extern const struct projection WORLD_THINGS;

struct world {
    struct log *log;
    struct arena *arena;
    struct fold_state ahead; /* of the log's writer */
    int64_t commands;        /* answered so far */
    struct db *db;
    struct projector_world projector;
};

/* The scripts that leave nothing of a test behind. */
extern const char WORLD_CLEAN[];

/* Set up and take down a test: a log with LogCreated and a claim, and no tables. */
int world_make(void **state);
int world_free(void **state);
/* False: BOURSE_TEST_PG is not set, and that was said. */
bool world_find_postgres(void);

/* Another writer takes over. */
void world_claim(struct world *world);
/* The refusal of a command, as the writer that `ahead` stands for tells it. */
void world_refuse(struct world *world, const char *key);
/* A projector of WORLD_THINGS. */
struct projector *world_projector(struct world *world);
/* Steps until the tables have come to the end of the log. */
void world_catch_up(struct projector *projector);
/* Steps until something is wrong. */
enum err world_step_to_error(struct projector *projector);
/* Ends the connections of all projectors. */
void world_break_connections(struct world *world);
/* The first value of the one row that a query gives. */
void world_assert_answer(struct world *world, const char *sql, const char *expected);

#define WORLD_THINGS_SQL                                                                           \
    "SELECT string_agg(key || '=' || event_offset, ' ' ORDER BY key) FROM projection_test.things"

#endif
