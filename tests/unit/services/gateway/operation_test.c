/* The document that is shipped is one the gateway can act by; wrong ones are named. */
#include "gateway/operation.h"

#include "gateway/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct operation_handler *any_handler(struct text name)
{
    static const struct operation_handler HANDLER = {.name = "any"};
    return text_is(name, "missing") ? NULL : &HANDLER;
}

static struct operations *load(const char *document, struct arena *arena, struct text *ret_problem)
{
    struct http_router *router = NULL;
    char reason[HTTP_ROUTER_REASON_SIZE];
    struct operations *operations = NULL;
    if (http_router_load(text_of(document), &router, reason) != OK)
        fail_msg("%s", reason);
    enum err err =
        operations_load(router, BOURSE_SHARE_DIR, any_handler, arena, &operations, ret_problem);
    http_router_free(router);
    return err == OK ? operations : NULL;
}

static void the_document_that_is_shipped_can_be_acted_by(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64 << 20);
    struct text document, problem = TEXT("");
    assert_int_equal(share_read(BOURSE_SHARE_DIR, TEXT("openapi.json"), arena, &document), OK);
    if (load(document.data, arena, &problem) == NULL)
        fail_msg("%s", problem.data);
    arena_free(arena);
}

static void what_is_wrong_with_an_operation_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        const char *problem;
    } CASES[] = {
        {"\"x-handler\":\"any\"", "x-allow is missing"},
        {"\"x-allow\":[\"king\"],\"x-handler\":\"any\"", "names no role"},
        {"\"x-allow\":[\"public\",\"admin\"],\"x-handler\":\"any\"", "not both"},
        {"\"x-allow\":[\"public\"]", "exactly one of"},
        {"\"x-allow\":[\"public\"],\"x-handler\":\"missing\"", "none of the gateway's handlers"},
        {"\"x-allow\":[\"public\"],\"x-query\":\"no/such.sql\"", "no such query file"},
        {"\"x-allow\":[\"public\"],\"x-command\":\"accounts.Nothing\"", "names no command"},
        {"\"x-allow\":[\"admin\"],\"x-command\":\"orders.CancelOrder\"", "nothing fills"},
        {"\"x-allow\":[\"admin\"],\"x-command\":\"orders.CancelOrder\","
         "\"x-fill\":{\"order_id\":\"id()\",\"colour\":\"=red\"}",
         "no field of the command"},
        {"\"x-allow\":[\"admin\"],\"x-command\":\"orders.CancelOrder\","
         "\"x-fill\":{\"order_id\":\"ido()\"}",
         "unknown function"},
        {"\"x-allow\":[\"public\"],\"x-handler\":\"any\",\"x-limit\":\"often\"", "x-limit is"},
        {"\"x-allow\":[\"admin\"],\"x-handler\":\"any\"", "x-scope is"},
        {"\"x-allow\":[\"admin\"],\"x-handler\":\"any\",\"x-scope\":\"all\"", "x-scope is"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *arena = arena_new(64 << 20);
        struct text problem = TEXT("");
        struct text document = arena_printf(
            arena,
            "{\"openapi\":\"3.1.0\",\"paths\":{\"/x\":{\"post\":{\"operationId\":\"doIt\",%s,"
            "\"responses\":{\"200\":{\"description\":\"well\"}}}}}}",
            CASES[i].fields);
        assert_null(load(document.data, arena, &problem));
        assert_non_null(strstr(problem.data, "doIt"));
        if (strstr(problem.data, CASES[i].problem) == NULL)
            fail_msg("%s: %s", CASES[i].problem, problem.data);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_that_is_shipped_can_be_acted_by),
        cmocka_unit_test(what_is_wrong_with_an_operation_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
