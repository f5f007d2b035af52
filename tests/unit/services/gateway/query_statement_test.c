#include "gateway/query_statement.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char FILE_TEXT[] =
    "-- shape: list\n"
    "-- reads: orders\n"
    "-- params: account_id:uuid, sort:word, any:bool, from:text, limit:int, cursor:text\n"
    "SELECT item, place AS cursor FROM x WHERE a = $1::uuid AND ($4::text IS NULL OR at > $4::text)"
    " AND $3::bool AND b ~ '^a.*$' AND ($6::text IS NULL OR place < $6::text)"
    " ORDER BY CASE $2::text WHEN 'at' THEN at END LIMIT $5::int\n";

struct world {
    struct arena *arena;
    struct query query;
    struct buffer sql;
    struct db_param params[QUERY_PARAMS_MAX];
};

static int set_up(void **state)
{
    static struct world world;
    struct text problem;
    world.arena = arena_new(1 << 20);
    buffer_init(&world.sql, 1 << 16);
    *state = &world;
    return query_parse(text_of(FILE_TEXT), world.arena, &world.query, &problem) != OK;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    buffer_free(&world->sql);
    arena_free(world->arena);
    return 0;
}

static void what_is_not_given_is_null_and_a_word_stands_in_the_text(void **state)
{
    struct world *world = *state;
    const struct db_param values[QUERY_PARAMS_MAX] = {
        db_text(TEXT("me")), db_text(TEXT("at")), db_text(TEXT("true")),
        db_null(),           db_int(51),          db_null()};
    assert_int_equal(query_statement(&world->query, values, &world->sql, world->params), 1);
    assert_string_equal(buffer_as_text(&world->sql).data,
                        "SELECT item, place AS cursor FROM x WHERE a = $1::uuid"
                        " AND (true OR at > NULL::text)"
                        " AND 'true'::bool AND b ~ '^a.*$'"
                        " AND (true OR place < NULL::text)"
                        " ORDER BY CASE 'at'::text WHEN 'at' THEN at END LIMIT '51'::int\n");
    assert_true(text_is(world->params[0].text, "me"));
}

static void a_parameter_is_numbered_where_it_is_met_first(void **state)
{
    struct world *world = *state;
    const struct db_param values[QUERY_PARAMS_MAX] = {
        db_text(TEXT("me")),   db_null(),  db_null(),
        db_text(TEXT("from")), db_int(51), db_text(TEXT("cursor'"))};
    assert_int_equal(query_statement(&world->query, values, &world->sql, world->params), 3);
    assert_string_equal(buffer_as_text(&world->sql).data,
                        "SELECT item, place AS cursor FROM x WHERE a = $1::uuid"
                        " AND (false OR at > $2::text)"
                        " AND NULL::bool AND b ~ '^a.*$'"
                        " AND (false OR place < $3::text)"
                        " ORDER BY CASE NULL::text WHEN 'at' THEN at END LIMIT '51'::int\n");
    assert_true(text_is(world->params[1].text, "from"));
    assert_true(text_is(world->params[2].text, "cursor'"));
}

static void a_word_is_nothing_that_sql_could_take_for_more(void **state)
{
    (void)state;
    assert_true(query_is_word(TEXT("-created_at")));
    assert_true(query_is_word(TEXT("15m")));
    static const char *const OTHERS[] = {
        "", "a'", "a b", "A", "a\\", "\xc3\xa4", "abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        assert_false(query_is_word(text_of(OTHERS[i])));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_given_is_null_and_a_word_stands_in_the_text),
        TEST(a_parameter_is_numbered_where_it_is_met_first),
        TEST(a_word_is_nothing_that_sql_could_take_for_more),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
