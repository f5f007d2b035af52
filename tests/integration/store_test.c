/* The store in memory against the one in Postgres: the same random batches give the same answers,
 * tables and positions. BOURSE_SEED repeats a run. */
#include "store_rows.h"

#include "projection/journal.h"
#include "projection/store_postgres.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { PARTITIONS = 2, BATCHES = 150, ROWS_MAX = 40, TEXT_SIZE_MAX = 24 };

enum { ADDED, KEPT, FIRST, SET, SIZED, CHANGED, GROWN, MERGED };

/* All types and all kinds; several statements on one table, as orders has them. */
static const struct projection_statement STATEMENTS[] = {
    [ADDED] = {.table = "added",
               .kind = PROJECTION_INSERT,
               .key_columns = 2,
               .columns = {{"a", COLUMN_UUID}, {"b", COLUMN_INT}, {"c", COLUMN_TEXT}}},
    [KEPT] = {.table = "kept",
              .kind = PROJECTION_INSERT_NEW,
              .key_columns = 2,
              .columns = {{"a", COLUMN_UUID}, {"b", COLUMN_INT}, {"c", COLUMN_JSON}}},
    [FIRST] = {.table = "things",
               .kind = PROJECTION_INSERT_NEW,
               .key_columns = 2,
               .columns = {{"a", COLUMN_INT},
                           {"b", COLUMN_TEXT},
                           {"c", COLUMN_UUID},
                           {"d", COLUMN_NUMERIC},
                           {"e", COLUMN_BIGINT},
                           {"f", COLUMN_BOOL},
                           {"g", COLUMN_TIME},
                           {"h", COLUMN_BYTES},
                           {"i", COLUMN_JSON},
                           {"j", COLUMN_TEXTS}}},
    [SET] = {.table = "things",
             .kind = PROJECTION_UPSERT,
             .key_columns = 2,
             .columns = {{"a", COLUMN_INT},
                         {"b", COLUMN_TEXT},
                         {"d", COLUMN_NUMERIC},
                         {"h", COLUMN_BYTES},
                         {"j", COLUMN_TEXTS}}},
    [SIZED] = {.table = "things",
               .kind = PROJECTION_UPSERT,
               .key_columns = 2,
               .columns = {{"a", COLUMN_INT},
                           {"b", COLUMN_TEXT},
                           {"e", COLUMN_BIGINT, .merge = MERGE_GREATEST},
                           {"c", COLUMN_UUID}}},
    [CHANGED] = {.table = "things",
                 .kind = PROJECTION_UPDATE,
                 .key_columns = 2,
                 .columns = {{"a", COLUMN_INT},
                             {"b", COLUMN_TEXT},
                             {"i", COLUMN_JSON},
                             {"j", COLUMN_TEXTS},
                             {"f", COLUMN_BOOL}}},
    [GROWN] = {.table = "things",
               .kind = PROJECTION_UPDATE,
               .key_columns = 2,
               .columns = {{"a", COLUMN_INT},
                           {"b", COLUMN_TEXT},
                           {"g", COLUMN_TIME, .merge = MERGE_GREATEST},
                           {"e", COLUMN_BIGINT, .merge = MERGE_GREATEST}}},
    [MERGED] = {.table = "merged",
                .kind = PROJECTION_UPSERT,
                .key_columns = 2,
                .columns = {{"a", COLUMN_INT},
                            {"b", COLUMN_TEXT},
                            {"first", COLUMN_TEXT, .merge = MERGE_FIRST},
                            {"most", COLUMN_NUMERIC, .merge = MERGE_GREATEST},
                            {"least", COLUMN_NUMERIC, .merge = MERGE_LEAST},
                            {"since", COLUMN_TIME, .merge = MERGE_LEAST},
                            {"sum", COLUMN_NUMERIC, .merge = MERGE_SUM}}},
};

static const struct projection PROJECTION = {
    .schema = "store_test",
    .schema_sql = "CREATE TABLE added (a uuid, b int, c text, PRIMARY KEY (a, b));"
                  "CREATE TABLE kept (a uuid, b int, c json, PRIMARY KEY (a, b));"
                  "CREATE TABLE things (a int, b text, c uuid, d numeric(20, 8), e bigint, "
                  "f boolean, g timestamptz, h bytea, i json, j text[], PRIMARY KEY (a, b));"
                  "CREATE TABLE merged (a int, b text, first text, most numeric(20, 8), "
                  "least numeric(20, 8), since timestamptz, sum numeric(20, 8), "
                  "PRIMARY KEY (a, b))",
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
};

static const char CLEAN[] = "DROP SCHEMA IF EXISTS store_test, bourse CASCADE";

struct world {
    uint64_t random;
    struct db *db;
    struct store_memory *memory;
    struct store *ours, *theirs;
    struct rows *rows;
    struct fold folds[PARTITIONS];
    int64_t offsets[PARTITIONS]; /* as stored */
    uint64_t refused, fenced, written;
};

/* --- random values --- */

static uint64_t draw(struct world *world, uint64_t below)
{
    world->random ^= world->random << 13; /* xorshift */
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random % below;
}

static int64_t draw_int(struct world *world)
{
    static const int64_t EDGES[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    return draw(world, 2) == 0 ? EDGES[draw(world, COUNT_OF(EDGES))]
                               : (int64_t)draw(world, 2000) - 1000;
}

static void add_text(struct world *world)
{
    static const char *const ODD[] = {"",      "NULL",       "null",         "\"",  "\\",   "{a,b}",
                                      "\\x00", "a\nb\tc\rd", "\u20ac\u00e4", " x ", "%s$1", "\x7f"};
    if (draw(world, 2) == 0) {
        rows_text(world->rows, text_of(ODD[draw(world, COUNT_OF(ODD))]));
        return;
    }
    char bytes[TEXT_SIZE_MAX]; /* zero bytes and what is no UTF-8 among them */
    size_t size = draw(world, sizeof bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)draw(world, 256);
    rows_text(world->rows, (struct text){bytes, size});
}

static void add_json(struct world *world)
{
    static const char *const JSON[] = {"{}", "{\"a\": \"\\\"\\u0000\", \"a\" : [1e400, null]}",
                                       " \"text\" ", "-0.50"};
    rows_text(world->rows, text_of(JSON[draw(world, COUNT_OF(JSON))]));
}

static void add_texts(struct world *world)
{
    static const char *const WORDS[] = {"admin", "CEA-EUR", "of two",  "",      "NULL",
                                        "null.", "a,b",     "{",       "}x",    "\"\\",
                                        "\t",    "\v",      "a/b;c:d", "\u00e4"};
    struct text texts[4];
    size_t count = draw(world, COUNT_OF(texts) + 1);
    for (size_t i = 0; i < count; i++)
        texts[i] = text_of(WORDS[draw(world, COUNT_OF(WORDS))]);
    rows_texts(world->rows, texts, count);
}

static void add_time(struct world *world)
{
    static const int64_t EDGES[] = {INT64_C(-62135596800000000), -1, 0, 1,
                                    INT64_C(253402300799999999)}; /* years 1 to 9999 */
    rows_time(world->rows, draw(world, 2) == 0
                               ? EDGES[draw(world, COUNT_OF(EDGES))]
                               : INT64_C(1790000000000000) + (int64_t)draw(world, 100));
}

static void add_bytes(struct world *world)
{
    uint8_t bytes[8];
    size_t size = draw(world, sizeof bytes + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)draw(world, 256);
    rows_bytes(world->rows, (struct bytes){bytes, size});
}

static void add_value(struct world *world, enum column_type type)
{
    switch (type) {
    case COLUMN_UUID: rows_uuid(world->rows, (struct uuid){{(uint8_t)draw(world, 256)}}); break;
    case COLUMN_TEXT: add_text(world); break;
    case COLUMN_NUMERIC: rows_e8(world->rows, draw_int(world)); break;
    case COLUMN_INT: rows_int(world->rows, (int32_t)draw_int(world)); break;
    case COLUMN_BIGINT: rows_int(world->rows, draw_int(world)); break;
    case COLUMN_BOOL: rows_bool(world->rows, draw(world, 2) == 0); break;
    case COLUMN_TIME: add_time(world); break;
    case COLUMN_BYTES: add_bytes(world); break;
    case COLUMN_JSON: add_json(world); break;
    case COLUMN_TEXTS: add_texts(world); break;
    }
}

/* One of a few dozen keys, so that rows meet. */
static void add_key(struct world *world, int statement)
{
    static const char *const KEYS[] = {"", "a", "a,", "\"a\"", "NULL", "\\"};
    if (statement == ADDED || statement == KEPT) {
        rows_uuid(world->rows, (struct uuid){{0, (uint8_t)draw(world, 100)}});
        rows_int(world->rows, (int64_t)draw(world, 100));
        return;
    }
    rows_int(world->rows, (int64_t)draw(world, 8) - 4);
    rows_text(world->rows, text_of(KEYS[draw(world, COUNT_OF(KEYS))]));
}

static void add_row(struct world *world)
{
    int kind = (int)draw(world, COUNT_OF(STATEMENTS));
    rows_begin(world->rows, kind);
    add_key(world, kind);
    for (int i = STATEMENTS[kind].key_columns; i < projection_columns(&STATEMENTS[kind]); i++) {
        if (draw(world, 5) == 0)
            rows_null(world->rows);
        else if (STATEMENTS[kind].columns[i].merge == MERGE_SUM)
            rows_e8(world->rows, draw_int(world) & INT64_MAX);
        else
            add_value(world, STATEMENTS[kind].columns[i].type);
    }
}

/* --- batches --- */

static void advance(struct world *world, struct fold *fold)
{
    fold->next_offset += 1 + (int64_t)draw(world, 10);
    fold->incarnation = (struct uuid){{1}};
    fold->state.epoch = (int64_t)draw(world, 1000);
    fold->state.wseq = draw_int(world);
    fold->state.poisoned = draw(world, 2) == 0;
    fold->state.head.bytes[0] = (uint8_t)draw(world, 256);
    fold->state.nonce.bytes[0] = (uint8_t)draw(world, 256);
    if (fold->sources_count < 3)
        snprintf(fold->sources[fold->sources_count++].topic, sizeof fold->sources[0].topic,
                 "topic.%d", (int)draw(world, 3));
    fold->sources[draw(world, fold->sources_count)].offset = (int64_t)draw(world, 1000);
}

/* Now and then one that another projector, or a rebuild, was faster than. */
static size_t draw_moves(struct world *world, struct store_move *moves)
{
    size_t count = 0;
    for (int32_t i = 0; i < PARTITIONS; i++) {
        if (draw(world, 3) == 0)
            continue;
        advance(world, &world->folds[i]);
        moves[count++] =
            (struct store_move){.partition = i,
                                .generation = draw(world, 20) == 0 ? 2 : 1,
                                .from_offset = world->offsets[i] + (draw(world, 20) == 0 ? 1 : 0),
                                .fold = &world->folds[i],
                                .record_hash = {{(uint8_t)draw(world, 256)}},
                                .events = (int64_t)draw(world, 5)};
    }
    return count;
}

static void note(struct world *world, enum err err, const struct store_move *moves, size_t count)
{
    world->refused += err == ERR_INPUT;
    world->fenced += err == ERR_FENCED;
    world->written += err == OK;
    for (size_t i = 0; i < count && err == OK; i++)
        world->offsets[moves[i].partition] = moves[i].fold->next_offset;
}

static void write_batch(struct world *world)
{
    struct store_move moves[PARTITIONS];
    size_t count = draw_moves(world, moves);
    rows_reset(world->rows);
    for (uint64_t left = draw(world, ROWS_MAX); left > 0; left--)
        add_row(world);
    enum err ours = store_write(world->ours, moves, count, world->rows);
    enum err theirs = store_write(world->theirs, moves, count, world->rows);
    if (ours != theirs)
        fail_msg("memory: %s (%s), Postgres: %s (%s)", err_name(ours), world->ours->problem,
                 err_name(theirs), world->theirs->problem);
    note(world, ours, moves, count);
}

static void random_batches_do_the_same_in_memory_and_in_postgres(void **state)
{
    size_t rows_count = 0;
    struct world *world = *state;
    for (int i = 0; i < BATCHES; i++) {
        write_batch(world);
        rows_count = store_rows_compare(world->memory, SERVICE_ORDERS, &PROJECTION, world->db);
    }
    print_message("%" PRIu64 " batches written, %" PRIu64 " refused, %" PRIu64
                  " fenced, %zu rows\n",
                  world->written, world->refused, world->fenced, rows_count);
    assert_true(world->written > 0 && world->refused > 0 && world->fenced > 0);
}

/* --- the world --- */

static void open_store(struct store *store)
{
    size_t count = 0;
    struct store_position *positions = NULL;
    if (store_open(store, PARTITIONS, &positions, &count) != OK)
        fail_msg("%s", store->problem);
    assert_int_equal(count, PARTITIONS);
    free(positions);
}

static void draw_seed(struct world *world)
{
    const char *given = getenv("BOURSE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("BOURSE_SEED=%" PRIu64 "\n", seed);
    world->random = seed * 2 + 1; /* xorshift must not begin at 0 */
}

static int make_world(void **state)
{
    const char *conninfo = getenv("BOURSE_TEST_PG");
    struct world *world = calloc(1, sizeof *world);
    *state = world;
    draw_seed(world);
    world->db = db_new(conninfo, 0);
    if (db_connect(world->db) != OK || db_exec(world->db, CLEAN) != OK)
        return 1;
    world->memory = store_memory_new();
    world->ours = store_memory_connect(world->memory, SERVICE_ORDERS, &PROJECTION);
    world->theirs = store_postgres_new(conninfo, SERVICE_ORDERS, &PROJECTION, TABLES_LIVE, 0);
    world->rows = rows_new(&PROJECTION, &JOURNAL_STATEMENT, NULL, NULL);
    for (int32_t i = 0; i < PARTITIONS; i++)
        fold_init(&world->folds[i], SERVICE_ORDERS, i);
    open_store(world->ours);
    open_store(world->theirs);
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    enum err err = db_exec(world->db, CLEAN);
    for (int32_t i = 0; i < PARTITIONS; i++)
        fold_free(&world->folds[i]);
    rows_free(world->rows);
    store_free(world->theirs);
    store_free(world->ours);
    store_memory_free(world->memory);
    db_free(world->db);
    free(world);
    return err != OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        random_batches_do_the_same_in_memory_and_in_postgres, make_world, free_world)};
    if (getenv("BOURSE_TEST_PG") == NULL) {
        fprintf(stderr, "this test needs BOURSE_TEST_PG, a libpq connection string\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
