/* libs/projection: a database in memory takes batches whole, moves positions by compare and set,
 * and loses what a crash takes. */
#include "projection/store_memory.h"

#include "projection/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ADDED, FIRST, SET, CHANGED };

static const struct projection_statement STATEMENTS[] = {
    [ADDED] = {.table = "added",
               .kind = PROJECTION_INSERT,
               .key_columns = 1,
               .columns = {{"id", COLUMN_INT}, {"name", COLUMN_TEXT}}},
    [FIRST] = {.table = "things",
               .kind = PROJECTION_INSERT_NEW,
               .key_columns = 1,
               .columns = {{"id", COLUMN_INT}, {"name", COLUMN_TEXT}}},
    [SET] = {.table = "things",
             .kind = PROJECTION_UPSERT,
             .key_columns = 1,
             .columns = {{"id", COLUMN_INT}, {"size", COLUMN_BIGINT}}},
    [CHANGED] = {.table = "things",
                 .kind = PROJECTION_UPDATE,
                 .key_columns = 1,
                 .columns = {{"id", COLUMN_INT},
                             {"name", COLUMN_TEXT},
                             {"size", COLUMN_BIGINT, .merge = MERGE_GREATEST}}},
};

static const struct projection PROJECTION = {
    .schema_sql = "", .statements = STATEMENTS, .statements_count = COUNT_OF(STATEMENTS)};

struct world {
    struct store_memory *memory;
    struct store *store;
    struct rows *rows;
    struct fold fold;
    enum store_memory_fault fault; /* of the next batch */
};

static enum store_memory_fault next_fault(void *context, enum service_id service)
{
    (void)service;
    struct world *world = context;
    enum store_memory_fault fault = world->fault;
    world->fault = STORE_MEMORY_FINE;
    return fault;
}

/* Returns the position of the one partition. */
static int64_t open_store(struct store *store)
{
    size_t count = 0;
    struct store_position *positions = NULL;
    assert_int_equal(store_open(store, 1, &positions, &count), OK);
    assert_int_equal(count, 1);
    int64_t next_offset = positions[0].next_offset;
    free(positions);
    return next_offset;
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->memory = store_memory_new();
    world->store = store_memory_connect(world->memory, SERVICE_ORDERS, &PROJECTION);
    world->rows = rows_new(&PROJECTION, &JOURNAL_STATEMENT, NULL, NULL);
    fold_init(&world->fold, SERVICE_ORDERS, 0);
    store_memory_set_faults(world->memory, next_fault, world);
    *state = world;
    return open_store(world->store) != 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    fold_free(&world->fold);
    rows_free(world->rows);
    store_free(world->store);
    store_memory_free(world->memory);
    free(world);
    return 0;
}

static void add_named(struct world *world, int statement, int64_t id, const char *name)
{
    rows_begin(world->rows, statement);
    rows_int(world->rows, id);
    rows_text(world->rows, text_of(name));
}

static void add_set(struct world *world, int64_t id, int64_t size)
{
    rows_begin(world->rows, SET);
    rows_int(world->rows, id);
    rows_int(world->rows, size);
}

static void add_changed(struct world *world, int64_t id, const char *name, int64_t size)
{
    add_named(world, CHANGED, id, name);
    rows_int(world->rows, size);
}

/* Writes the rows collected, with the position moving from one offset to another. */
static enum err write_from(struct world *world, struct store *store, int64_t from, int64_t to)
{
    world->fold.next_offset = to;
    const struct store_move move = {
        .generation = 1, .from_offset = from, .fold = &world->fold, .events = to - from};
    enum err err = store_write(store, &move, 1, world->rows);
    rows_reset(world->rows);
    return err;
}

static void print_row(void *context, const struct store_memory_row *row)
{
    struct buffer *lines = context;
    buffer_string(lines, row->table);
    for (int i = 0; i < row->columns_count; i++) {
        buffer_byte(lines, ' ');
        buffer_text(lines, row->values[i].data != NULL ? row->values[i] : TEXT("null"));
    }
    buffer_byte(lines, '\n');
}

static void assert_rows(struct world *world, const char *expected)
{
    struct buffer lines;
    buffer_init(&lines, 1 << 16);
    store_memory_visit(world->memory, SERVICE_ORDERS, print_row, &lines);
    buffer_byte(&lines, 0);
    assert_string_equal((const char *)lines.data, expected);
    buffer_free(&lines);
}

static int64_t stored_offset(const struct world *world)
{
    struct store_position position;
    assert_true(store_memory_position(world->memory, SERVICE_ORDERS, 0, &position));
    return position.next_offset;
}

static void each_kind_of_statement_does_its_own(void **state)
{
    struct world *world = *state;
    add_named(world, FIRST, 1, "first");
    add_named(world, FIRST, 1, "second");
    add_set(world, 2, 7);
    add_changed(world, 3, "nobody", 1);
    assert_int_equal(write_from(world, world->store, 0, 5), OK);
    assert_rows(world, "things 1 first null\n"
                       "things 2 null 7\n");

    add_set(world, 1, 10);
    add_changed(world, 2, "two", 6);
    add_named(world, FIRST, 2, "late");
    assert_int_equal(write_from(world, world->store, 5, 6), OK);
    assert_rows(world, "things 1 first 10\n"
                       "things 2 two 7\n");
}

static void a_batch_with_a_key_that_is_there_is_refused_whole(void **state)
{
    struct world *world = *state;
    add_named(world, ADDED, 1, "one");
    assert_int_equal(write_from(world, world->store, 0, 1), OK);

    add_named(world, ADDED, 2, "two");
    add_named(world, ADDED, 1, "again");
    assert_int_equal(write_from(world, world->store, 1, 2), ERR_INPUT);

    assert_rows(world, "added 1 one\n");
    assert_int_equal(stored_offset(world), 1);
}

static void of_two_projectors_the_second_is_fenced(void **state)
{
    struct world *world = *state;
    struct store *second = store_memory_connect(world->memory, SERVICE_ORDERS, &PROJECTION);
    assert_int_equal(open_store(second), 0);
    add_set(world, 1, 1);
    assert_int_equal(write_from(world, world->store, 0, 3), OK);

    add_set(world, 1, 2);
    assert_int_equal(write_from(world, second, 0, 2), ERR_FENCED);

    assert_rows(world, "things 1 null 1\n");
    assert_int_equal(stored_offset(world), 3);
    store_free(second);
}

static void a_rebuild_fences_whoever_wrote_before(void **state)
{
    struct world *world = *state;
    store_memory_renew(world->memory, SERVICE_ORDERS);
    assert_int_equal(write_from(world, world->store, 0, 1), ERR_FENCED);
}

static void a_commit_in_doubt_has_happened_or_not(void **state)
{
    static const struct {
        enum store_memory_fault fault;
        enum err err;
        int64_t offset;
        const char *rows;
    } CASES[] = {{STORE_MEMORY_LOST, ERR_BUSY, 0, ""},
                 {STORE_MEMORY_DOUBT, ERR_DOUBT, 0, ""},
                 {STORE_MEMORY_DOUBT_WRITTEN, ERR_DOUBT, 4, "things 1 null 1\n"}};
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        world->fault = CASES[i].fault;
        add_set(world, 1, 1);
        assert_int_equal(write_from(world, world->store, 0, 4), CASES[i].err);
        assert_int_equal(write_from(world, world->store, 0, 4), ERR_BUSY);

        assert_int_equal(open_store(world->store), CASES[i].offset);
        assert_rows(world, CASES[i].rows);
    }
}

static void a_crash_takes_the_last_commits_of_rows_and_positions_alike(void **state)
{
    struct world *world = *state;
    for (int64_t i = 0; i < 2 * STORE_MEMORY_COMMITS_MAX; i++) {
        add_set(world, i % 3, i);
        assert_int_equal(write_from(world, world->store, i, i + 1), OK);
    }
    const int64_t last = 2 * STORE_MEMORY_COMMITS_MAX;

    assert_int_equal(store_check(world->store), OK);
    assert_int_equal(store_memory_crash(world->memory, 2), 2);
    assert_int_equal(store_check(world->store), ERR_BUSY);
    assert_int_equal(write_from(world, world->store, last, last + 1), ERR_BUSY);
    assert_int_equal(open_store(world->store), last - 2);
    assert_rows(world, "things 0 null 123\n"
                       "things 1 null 124\n"
                       "things 2 null 125\n");

    assert_int_equal(store_memory_crash(world->memory, 1000), STORE_MEMORY_COMMITS_MAX - 2);
    assert_int_equal(open_store(world->store), STORE_MEMORY_COMMITS_MAX);
    assert_rows(world, "things 0 null 63\n"
                       "things 1 null 61\n"
                       "things 2 null 62\n");
}

static void a_crash_may_take_the_tables_too(void **state)
{
    struct world *world = *state;
    add_set(world, 1, 1);
    assert_int_equal(write_from(world, world->store, 0, 1), OK);

    assert_int_equal(store_memory_crash(world->memory, 2), 2);

    struct store_position position;
    assert_false(store_memory_position(world->memory, SERVICE_ORDERS, 0, &position));
    assert_rows(world, "");
    assert_int_equal(open_store(world->store), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_of_statement_does_its_own),
        TEST(a_batch_with_a_key_that_is_there_is_refused_whole),
        TEST(of_two_projectors_the_second_is_fenced),
        TEST(a_rebuild_fences_whoever_wrote_before),
        TEST(a_commit_in_doubt_has_happened_or_not),
        TEST(a_crash_takes_the_last_commits_of_rows_and_positions_alike),
        TEST(a_crash_may_take_the_tables_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
