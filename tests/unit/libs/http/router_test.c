#include "http/internal.h"
#include "http/percent.h"
#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char DOCUMENT[] =
    "{\"openapi\":\"3.1.0\",\"paths\":{"
    "\"/api/orders\":{\"get\":{\"operationId\":\"listOrders\",\"x-query\":\"orders/list.sql\","
    "\"parameters\":[{\"$ref\":\"#/components/parameters/Limit\"},"
    "{\"name\":\"status\",\"in\":\"query\",\"schema\":{\"type\":\"string\",\"enum\":[\"open\"]}},"
    "{\"name\":\"symbols\",\"in\":\"query\",\"explode\":false,\"schema\":{\"type\":\"array\","
    "\"items\":{\"type\":\"string\",\"minLength\":1}}},"
    "{\"name\":\"If-Match\",\"in\":\"header\",\"schema\":{\"type\":\"string\"}}]},"
    "\"post\":{\"operationId\":\"placeOrder\",\"requestBody\":{\"required\":true,\"content\":"
    "{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Order\"}}}}}},"
    "\"/api/orders/{id}\":{\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"string\",\"maxLength\":10}}],"
    "\"get\":{\"operationId\":\"getOrder\"},\"delete\":{\"operationId\":\"cancelOrder\"}},"
    "\"/api/orders/cancel-after\":{\"post\":{\"operationId\":\"cancelAfter\"}},"
    "\"/api/login\":{\"post\":{\"operationId\":\"logIn\",\"requestBody\":{\"content\":"
    "{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Login\"}},"
    "\"application/x-www-form-urlencoded\":{\"schema\":{\"$ref\":\"#/components/schemas/Login\"}}}}"
    "}},\"/\":{\"get\":{\"operationId\":\"page\"}}},"
    "\"components\":{\"parameters\":{\"Limit\":{\"name\":\"limit\",\"in\":\"query\",\"schema\":"
    "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}}},"
    "\"schemas\":{\"Order\":{\"type\":\"object\",\"required\":[\"quantity\"],\"properties\":"
    "{\"quantity\":{\"format\":\"decimal\",\"exclusiveMinimum\":\"0\"}}},"
    "\"Login\":{\"type\":\"object\",\"required\":[\"user\"],\"properties\":"
    "{\"user\":{\"type\":\"string\"},\"keep\":{\"type\":\"boolean\"}}}}}}";

static struct http_router *router;
static struct http_request request;
static struct http_input input;
static struct http_problem problem;

static int set_up(void **state)
{
    (void)state;
    char reason[HTTP_ROUTER_REASON_SIZE];
    if (http_router_load(text_of(DOCUMENT), &router, reason) != OK)
        fail_msg("%s", reason);
    request.arena = arena_new(4 * 1024 * 1024);
    buffer_init(&request.body, 65536);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_router_free(router);
    arena_free(request.arena);
    buffer_free(&request.body);
    return 0;
}

static enum err ask(const char *method, const char *path, const char *query, const char *type,
                    const char *body)
{
    arena_reset(request.arena);
    buffer_reset(&request.body);
    buffer_string(&request.body, body);
    struct http_pair *header = ARENA_NEW(request.arena, struct http_pair, 2);
    header[0] = (struct http_pair){TEXT("content-type"), text_of(type)};
    header[1] = (struct http_pair){TEXT("if-match"), TEXT("\"17\"")};
    request.headers = (struct http_pairs){.rows = header, .count = 2};
    assert_int_equal(http_form_decode(request.arena, text_of(query), &request.query), OK);
    struct http_match match =
        http_router_match(router, text_of(method), text_of(path), request.arena);
    return http_router_read(&match, &request, &input, &problem);
}

static const char *parameter(const char *name)
{
    const struct json_value *value = json_value_member(input.parameters, name);
    return value == NULL ? NULL : arena_text(request.arena, value->text).data;
}

/* id: the operation, or NULL; allow: what 405 would say. */
static void a_path_finds_its_operation(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        const char *id;
        const char *allow;
    } ROWS[] = {
        {"GET", "/", "page", "GET, HEAD"},
        {"GET", "/api/orders", "listOrders", "GET, HEAD, POST"},
        {"HEAD", "/api/orders", "listOrders", "GET, HEAD, POST"},
        {"PUT", "/api/orders", NULL, "GET, HEAD, POST"},
        {"GET", "/api/orders/7", "getOrder", "GET, HEAD, DELETE"},
        {"GET", "/api/orders/%2f", "getOrder", "GET, HEAD, DELETE"},
        {"GET", "/api/%6Frders/7", "getOrder", "GET, HEAD, DELETE"},
        {"POST", "/api/orders/cancel-after", "cancelAfter", "POST"},
        {"GET", "/api/orders/cancel-after", NULL, "POST"},
        {"GET", "/api/orders/", NULL, ""},
        {"GET", "/api//orders", NULL, ""},
        {"GET", "/api/orders/7/8", NULL, ""},
        {"GET", "/nowhere", NULL, ""},
        {"GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r", NULL, ""},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct http_match match = http_router_match(router, text_of(ROWS[i].method),
                                                    text_of(ROWS[i].path), request.arena);
        const char *id = match.operation == NULL ? "none" : http_operation_id(match.operation).data;
        assert_string_equal(id, ROWS[i].id == NULL ? "none" : ROWS[i].id);
        assert_true(text_is(match.allow, ROWS[i].allow));
    }
}

static void an_unknown_path_is_404_and_a_wrong_method_405(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/nowhere", "", "", ""), ERR_INPUT);
    assert_int_equal(problem.code, HTTP_PROBLEM_NOT_FOUND);
    assert_int_equal(ask("PUT", "/api/orders", "", "", ""), ERR_INPUT);
    assert_int_equal(problem.code, HTTP_PROBLEM_METHOD_NOT_ALLOWED);
    assert_string_equal(problem.headers.rows[0].value.data, "GET, HEAD, POST");
}

static void parameters_are_typed_and_have_defaults(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/api/orders", "symbols=A,B&status=open", "", ""), OK);
    assert_string_equal(parameter("limit"), "50");
    assert_string_equal(parameter("status"), "open");
    assert_string_equal(parameter("If-Match"), "\"17\"");
    const struct json_value *symbols = json_value_member(input.parameters, "symbols");
    assert_int_equal(symbols->count, 2);
    assert_true(text_is(json_value_item(symbols, 1)->text, "B"));
    assert_int_equal(ask("GET", "/api/orders/a%20b", "", "", ""), OK);
    assert_string_equal(parameter("id"), "a b");
}

static void wrong_parameters_are_all_named(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/api/orders", "limit=0&status=shut&x=1&symbols=A,,B", "", ""),
                     ERR_INPUT);
    assert_int_equal(problem.code, HTTP_PROBLEM_VALIDATION_FAILED);
    static const char *const FIELDS[] = {"limit", "status", "symbols[1]", "x"};
    assert_int_equal(problem.errors_count, COUNT_OF(FIELDS));
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++)
        assert_string_equal(problem.errors[i].field.data, FIELDS[i]);
    assert_int_equal(ask("GET", "/api/orders", "limit=1&limit=2", "", ""), ERR_INPUT);
    assert_string_equal(problem.errors[0].code.data, "twice");
    assert_int_equal(ask("GET", "/api/orders", "limit=ten", "", ""), ERR_INPUT);
    assert_string_equal(problem.errors[0].message.data, "\"ten\" is not a whole number");
}

static void a_body_is_taken_or_refused_with_the_right_code(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *type;
        const char *body;
        int code; /* -1: taken */
    } ROWS[] = {
        {"/api/orders", "application/json", "{\"quantity\":\"1.5\"}", -1},
        {"/api/orders", "Application/JSON; charset=utf-8", "{\"quantity\":1}", -1},
        {"/api/orders", "application/json", "{\"quantity\":0}", HTTP_PROBLEM_VALIDATION_FAILED},
        {"/api/orders", "application/json", "[]", HTTP_PROBLEM_VALIDATION_FAILED},
        {"/api/orders", "application/json", "", HTTP_PROBLEM_VALIDATION_FAILED},
        {"/api/orders", "application/json", "{\"quantity\":1,}", HTTP_PROBLEM_MALFORMED_JSON},
        {"/api/orders", "application/json", "{\"quantity\":1,\"quantity\":2}",
         HTTP_PROBLEM_MALFORMED_JSON},
        {"/api/orders", "text/plain", "{}", HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE},
        {"/api/orders", "application/jsonx", "{}", HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE},
        {"/api/orders", "application/x-www-form-urlencoded", "quantity=1",
         HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE},
        {"/api/login", "application/x-www-form-urlencoded", "user=a%40b", -1},
        {"/api/login", "application/x-www-form-urlencoded", "user=true&keep=true", -1},
        {"/api/login", "application/x-www-form-urlencoded", "user=a&keep=yes",
         HTTP_PROBLEM_VALIDATION_FAILED},
        {"/api/login", "application/x-www-form-urlencoded", "user=a&user=b",
         HTTP_PROBLEM_VALIDATION_FAILED},
        {"/api/login", "application/x-www-form-urlencoded", "user=%4",
         HTTP_PROBLEM_MALFORMED_REQUEST},
        {"/api/login", "", "", -1},
        {"/api/orders/cancel-after", "", "{}", -1},
        {"/api/orders/cancel-after", "application/json", "{\"a\":1}",
         HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        enum err err = ask("POST", ROWS[i].path, "", ROWS[i].type, ROWS[i].body);
        int code = err == OK ? -1 : (int)problem.code;
        if (code != ROWS[i].code)
            fail_msg("%s %s %s: %d", ROWS[i].path, ROWS[i].type, ROWS[i].body, code);
    }
}

static void extensions_are_the_callers(void **state)
{
    (void)state;
    const struct http_operation *operation = http_router_operation(router, "listOrders");
    assert_true(text_is(http_operation_extension(operation, "x-query")->text, "orders/list.sql"));
    assert_null(http_operation_extension(operation, "x-command"));
    assert_true(text_is(http_operation_path(operation), "/api/orders"));
    assert_true(text_is(http_operation_method(operation), "GET"));
}

static void a_document_that_is_not_understood_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        const char *reason;
    } ROWS[] = {
        {"{", "the document is no JSON"},
        {"{}", "the document has no paths"},
        {"{\"paths\":{\"/a\":{\"get\":{}}}}", "/a: an operation has no operationId"},
        {"{\"paths\":{\"/a\":{\"get\":{\"operationId\":\"a\"}},\"/"
         "b\":{\"get\":{\"operationId\":\"a\"}}}}",
         "operationId a is there twice"},
        {"{\"paths\":{\"/{a}\":{\"get\":{\"operationId\":\"a\"}}}}",
         "a: path parameter {a} is not described"},
        {"{\"paths\":{\"/a{b}\":{\"get\":{\"operationId\":\"a\"}}}}",
         "path /a{b}: a parameter is a whole segment"},
        {"{\"paths\":{\"/"
         "a\":{\"get\":{\"operationId\":\"a\",\"parameters\":[{\"name\":\"b\",\"in\":"
         "\"cookie\",\"schema\":{}}]}}}}",
         "a: parameter \"b\" is in none of path, query, header"},
        {"{\"paths\":{\"/"
         "a\":{\"get\":{\"operationId\":\"a\",\"parameters\":[{\"name\":\"b\",\"in\":"
         "\"query\",\"schema\":{\"type\":\"int\"}}]}}}}",
         "a: parameter b: \"int\" is no type"},
        {"{\"paths\":{\"/"
         "{a}\":{\"get\":{\"operationId\":\"a\",\"parameters\":[{\"name\":\"a\",\"in\":"
         "\"path\",\"schema\":{}}]}},\"/"
         "{b}\":{\"get\":{\"operationId\":\"b\",\"parameters\":[{\"name\":"
         "\"b\",\"in\":\"path\",\"schema\":{}}]}}}}",
         "are the same"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct http_router *none = NULL;
        char reason[HTTP_ROUTER_REASON_SIZE];
        assert_int_equal(http_router_load(text_of(ROWS[i].document), &none, reason), ERR_CONFIG);
        if (strstr(reason, ROWS[i].reason) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", reason, ROWS[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_operation),
        cmocka_unit_test(an_unknown_path_is_404_and_a_wrong_method_405),
        cmocka_unit_test(parameters_are_typed_and_have_defaults),
        cmocka_unit_test(wrong_parameters_are_all_named),
        cmocka_unit_test(a_body_is_taken_or_refused_with_the_right_code),
        cmocka_unit_test(extensions_are_the_callers),
        cmocka_unit_test(a_document_that_is_not_understood_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
