/* The document that the build makes is one that the gateway's router takes. */
#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_SIZE_MAX = 4 * 1024 * 1024 };

static char *document;
static struct http_router *router;
static struct arena *arena;

static int load(void **state)
{
    (void)state;
    FILE *file = fopen(BOURSE_OPENAPI, "rb");
    document = malloc(DOCUMENT_SIZE_MAX);
    arena = arena_new(DOCUMENT_SIZE_MAX);
    if (file == NULL || document == NULL)
        return -1;
    struct text text = {.data = document, .size = fread(document, 1, DOCUMENT_SIZE_MAX, file)};
    fclose(file);
    char reason[HTTP_ROUTER_REASON_SIZE];
    enum err err = http_router_load(text, &router, reason);
    if (err != OK)
        print_error("%s: %s\n", BOURSE_OPENAPI, reason);
    return err == OK ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    http_router_free(router);
    arena_free(arena);
    free(document);
    return 0;
}

static struct http_match match(const char *method, const char *path)
{
    return http_router_match(router, text_of(method), text_of(path), arena);
}

static void an_operation_has_what_the_gateway_acts_by(void **state)
{
    (void)state;
    struct http_match order = match("POST", "/api/v1/orders");

    assert_non_null(order.operation);
    const struct json_value *command = http_operation_extension(order.operation, "x-command");
    assert_true(text_is(command->text, "accounts.PlaceOrder"));
}

static void a_literal_path_goes_before_a_template(void **state)
{
    (void)state;
    struct http_match quotes = match("GET", "/api/v1/market/quotes");
    struct http_match book = match("GET", "/api/v1/market/CEA-EUR/book");

    assert_true(text_is(http_operation_id(quotes.operation), "listQuotes"));
    assert_true(text_is(http_operation_id(book.operation), "getBook"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_has_what_the_gateway_acts_by),
        cmocka_unit_test(a_literal_path_goes_before_a_template),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
