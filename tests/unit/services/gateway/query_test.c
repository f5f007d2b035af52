#include "gateway/query.h"

#include "decision/decision.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char LIST[] = "-- Orders, newest first.\n"
                           "-- shape: list\n"
                           "-- reads: accounts, orders\n"
                           "-- params: id:uuid, limit:int, cursor:text\n"
                           "SELECT item, place AS cursor, item AS item FROM x\n";

static void the_head_says_shape_services_and_parameters(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct query query;
    struct text problem;

    assert_int_equal(query_parse(text_of(LIST), arena, &query, &problem), OK);
    assert_true(query.list);
    assert_int_equal(query.reads, 1U << SERVICE_ACCOUNTS | 1U << SERVICE_ORDERS);
    assert_int_equal(query.params_count, 3);
    assert_true(text_is(query.params[1].name, "limit"));
    assert_true(text_is(query.params[1].type, "int"));
    assert_string_equal(query.sql, "SELECT item, place AS cursor, item AS item FROM x\n");
    arena_free(arena);
}

static void a_list_of_one_is_a_list(void **state)
{
    (void)state;
    static const char OF_ONE[] = "-- shape: list of one\n-- reads: orders\nSELECT item FROM x\n";
    struct arena *arena = arena_new(1 << 20);
    struct query query;
    struct text problem;
    assert_int_equal(query_parse(text_of(OF_ONE), arena, &query, &problem), OK);
    assert_true(query.list && query.list_of_one);
    assert_int_equal(query_parse(text_of(LIST), arena, &query, &problem), OK);
    assert_true(query.list && !query.list_of_one);
    arena_free(arena);
}

static void an_etag_stands_for_the_whole_item_unless_the_head_says_part(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct query query;
    struct text problem;
    static const char WHOLE[] = "-- shape: one\n-- reads: orders\nSELECT item, v AS etag FROM x\n";
    static const char PART[] =
        "-- shape: one\n-- etag: part\n-- reads: orders\nSELECT item, v AS etag FROM x\n";

    assert_int_equal(query_parse(text_of(WHOLE), arena, &query, &problem), OK);
    assert_true(query.etag && !query.etag_part);
    assert_int_equal(query_parse(text_of(PART), arena, &query, &problem), OK);
    assert_true(query.etag && query.etag_part);
    arena_free(arena);
}

static void an_item_may_be_its_columns(void **state)
{
    (void)state;
    static const char COLUMNS[] =
        "-- shape: one\n-- item: columns\n-- reads: orders\nSELECT id, status FROM x\n";
    struct arena *arena = arena_new(1 << 20);
    struct query query;
    struct text problem;
    assert_int_equal(query_parse(text_of(COLUMNS), arena, &query, &problem), OK);
    assert_true(query.of_columns);
    assert_int_equal(query_parse(text_of(LIST), arena, &query, &problem), OK);
    assert_false(query.of_columns);
    arena_free(arena);
}

static void a_file_without_a_proper_head_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "SELECT 1 AS item",
        "-- shape: one\nSELECT 1 AS item",
        "-- reads: orders\nSELECT 1 AS item",
        "-- shape: many\n-- reads: orders\nSELECT 1 AS item",
        "-- shape: one\n-- etag: whole\n-- reads: orders\nSELECT 1 AS item, 2 AS etag",
        "-- shape: one\n-- item: rows\n-- reads: orders\nSELECT 1 AS item",
        "-- shape: list of one\n-- item: columns\n-- reads: orders\nSELECT 1 AS id",
        "-- shape: one\n-- reads: nobody\nSELECT 1 AS item",
        "-- shape: one\n-- reads: orders\n-- params: id\nSELECT 1 AS item",
        "-- shape: one\n-- reads: orders\nSELECT 1",
        "-- shape: list\n-- reads: orders\n-- params: limit:int\nSELECT 1 AS item",
    };
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        struct query query;
        struct text problem = TEXT("");
        assert_int_equal(query_parse(text_of(WRONG[i]), arena, &query, &problem), ERR_INPUT);
        assert_true(problem.size > 0);
    }
    arena_free(arena);
}

static bool find_zero(void *context, struct text name, struct text *ret_value)
{
    (void)context;
    *ret_value = (struct text){.data = "a\0b", .size = 3};
    return text_is(name, "account_id");
}

/* A batch with one is undone by the end of its connection (db_batch_add): others would pay. */
static void a_zero_byte_goes_to_no_database(void **state)
{
    (void)state;
    static const char FILE[] =
        "-- shape: one\n-- reads: orders\n-- params: id:text, account_id:text\n"
        "SELECT $1 AS item WHERE $2 = $1\n";
    struct arena *arena = arena_new(1 << 20);
    struct query query;
    struct text problem, wrong;
    struct query_answer answer;
    const struct query_values values = {.find = find_zero};

    assert_int_equal(query_parse(text_of(FILE), arena, &query, &problem), OK);
    assert_null(query_ask(&query, NULL, values, arena));
    assert_int_equal(query_run(&query, NULL, NULL, values, arena, &answer, &wrong), ERR_INPUT);
    assert_true(text_is(wrong, "account_id"));
    arena_free(arena);
}

static void a_cursor_comes_back_as_it_was(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct text cursor = TEXT("1700000000000000/0192f3a1-7c3e-8b4d-9a5e-1f2a3b4c5d6e");
    struct text back;

    struct text encoded = query_cursor_encode(cursor, arena);
    assert_int_equal(query_cursor_decode(encoded, arena, &back), OK);
    assert_true(text_equal(back, cursor));
    assert_int_equal(query_cursor_decode(TEXT("not a cursor!"), arena, &back), ERR_INPUT);
    assert_int_equal(query_cursor_decode(TEXT("AGEA"), arena, &back), ERR_INPUT); /* zero bytes */
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_says_shape_services_and_parameters),
        cmocka_unit_test(a_list_of_one_is_a_list),
        cmocka_unit_test(an_etag_stands_for_the_whole_item_unless_the_head_says_part),
        cmocka_unit_test(an_item_may_be_its_columns),
        cmocka_unit_test(a_file_without_a_proper_head_is_refused),
        cmocka_unit_test(a_zero_byte_goes_to_no_database),
        cmocka_unit_test(a_cursor_comes_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
