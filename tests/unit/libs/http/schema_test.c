#include "http/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct http_schema_compiler compiler;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16 * 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_schema_compiler_free(&compiler);
    arena_free(arena);
    return 0;
}

static const struct json_value *json(const char *text)
{
    const struct json_value *value;
    struct json_error error;
    if (json_parse(text_of(text), strlen(text), arena, &value, &error) != OK)
        fail_msg("%s: %s", text, error.message);
    return value;
}

static const struct http_schema *compile(const char *schema)
{
    http_schema_compiler_free(&compiler);
    compiler = (struct http_schema_compiler){.arena = arena, .document = json(schema)};
    return http_schema_compile(&compiler, compiler.document, "test");
}

static struct http_errors *check(const char *schema, const char *value,
                                 const struct json_value **ret_value)
{
    const struct http_schema *compiled = compile(schema);
    if (compiled == NULL)
        fail_msg("%s", compiler.reason);
    struct http_errors *errors = ARENA_NEW(arena, struct http_errors, 1);
    errors->arena = arena;
    *ret_value = http_schema_check(compiled, json(value), TEXT(""), errors);
    return errors;
}

/* error: NULL for a value that is taken, else the code of its one error. */
static const struct {
    const char *schema;
    const char *value;
    const char *error;
} ROWS[] = {
    {"{\"type\":\"string\"}", "\"a\"", NULL},
    {"{\"type\":\"string\"}", "1", "type"},
    {"{\"type\":\"string\"}", "null", "type"},
    {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
    {"{\"type\":\"boolean\"}", "false", NULL},
    {"{\"type\":\"boolean\"}", "\"false\"", "type"},
    {"{\"type\":\"integer\"}", "9223372036854775807", NULL},
    {"{\"type\":\"integer\"}", "9223372036854775808", "type"},
    {"{\"type\":\"integer\"}", "1.5", "type"},
    {"{\"type\":\"integer\"}", "1.50", "type"},
    {"{\"type\":\"integer\"}", "100.00", NULL},
    {"{\"type\":\"integer\"}", "1e2", "type"},
    {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":500}", "1", NULL},
    {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":500}", "0", "minimum"},
    {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":500}", "0.0", "minimum"},
    {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":500}", "500", NULL},
    {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":500}", "501", "maximum"},
    {"{\"type\":\"number\",\"exclusiveMinimum\":0}", "0.00000001", NULL},
    {"{\"type\":\"number\",\"exclusiveMinimum\":0}", "0", "minimum"},
    {"{\"type\":\"number\",\"exclusiveMaximum\":1}", "1", "maximum"},
    {"{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"\xc3\xa9\"", "min_length"},
    {"{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"\xc3\xa9\xc3\xa9\xc3\xa9\"", NULL},
    {"{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"abcd\"", "max_length"},
    {"{\"type\":\"string\",\"pattern\":\"^[A-Z]{3}$\"}", "\"EUR\"", NULL},
    {"{\"type\":\"string\",\"pattern\":\"^[A-Z]{3}$\"}", "\"EURO\"", "pattern"},
    {"{\"type\":\"string\",\"enum\":[\"buy\",\"sell\"]}", "\"sell\"", NULL},
    {"{\"type\":\"string\",\"enum\":[\"buy\",\"sell\"]}", "\"hold\"", "enum"},
    {"{\"const\":\"a\"}", "\"a\"", NULL},
    {"{\"const\":\"a\"}", "\"b\"", "const"},
    {"{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":2}", "[]",
     "min_items"},
    {"{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":2}",
     "[\"a\"]", NULL},
    {"{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":2}",
     "[\"a\",\"b\",\"c\"]", "max_items"},
    {"{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", "[1]", "type"},
    {"{\"type\":\"object\"}", "{\"a\":1}", "unknown"},
    {"{\"type\":\"object\",\"additionalProperties\":true}", "{\"a\":1}", NULL},
    {"{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"a\"]}", "{}", "required"},
    {"{\"format\":\"decimal\"}", "\"0.00000001\"", NULL},
    {"{\"format\":\"decimal\"}", "0.1", NULL},
    {"{\"format\":\"decimal\"}", "\"0.000000001\"", "format"},
    {"{\"format\":\"decimal\"}", "\"1e3\"", "format"},
    {"{\"format\":\"decimal\"}", "123456789.12345678", "format"},
    {"{\"format\":\"decimal\"}", "\"123456789.12345678\"", NULL},
    {"{\"format\":\"decimal\"}", "\"92233720369\"", "range"},
    {"{\"format\":\"decimal\"}", "true", "type"},
    {"{\"format\":\"decimal\",\"exclusiveMinimum\":\"0\"}", "\"0.0\"", "minimum"},
    {"{\"format\":\"decimal\",\"exclusiveMinimum\":\"0\"}", "\"-1\"", "minimum"},
    {"{\"type\":\"string\",\"format\":\"decimal\"}", "1", "type"},
    {"{\"type\":\"string\",\"format\":\"uuid\"}", "\"00000000-0000-8000-8000-000000000000\"", NULL},
    {"{\"type\":\"string\",\"format\":\"uuid\"}", "\"7\"", "format"},
    {"{\"type\":\"string\",\"format\":\"date-time\"}", "\"2026-11-22T09:30:00Z\"", NULL},
    {"{\"type\":\"string\",\"format\":\"date-time\"}", "\"2026-11-22\"", "format"},
    {"{\"type\":\"string\",\"format\":\"date\"}", "\"2026-02-28\"", NULL},
    {"{\"type\":\"string\",\"format\":\"date\"}", "\"2026-02-30\"", "format"},
    {"{\"type\":\"string\",\"format\":\"email\"}", "\"a.b+c@sub.example.com\"", NULL},
    {"{\"type\":\"string\",\"format\":\"email\"}", "\"a@b\"", "format"},
    {"{\"type\":\"string\",\"format\":\"email\"}", "\"a..b@example.com\"", "format"},
    {"{\"type\":\"string\",\"format\":\"email\"}", "\"a@-example.com\"", "format"},
    {"{\"type\":\"string\",\"format\":\"email\"}", "\"@example.com\"", "format"},
};

static void each_keyword_takes_and_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct json_value *value;
        struct http_errors *errors = check(ROWS[i].schema, ROWS[i].value, &value);
        bool right = ROWS[i].error == NULL
                         ? errors->count == 0
                         : errors->count == 1 && text_is(errors->rows[0].code, ROWS[i].error);
        if (!right)
            fail_msg("%s with %s: %zu errors, first %s: %s", ROWS[i].schema, ROWS[i].value,
                     errors->count, errors->count > 0 ? errors->rows[0].code.data : "none",
                     errors->count > 0 ? errors->rows[0].message.data : "");
    }
}

static void all_errors_come_at_once_with_their_fields(void **state)
{
    (void)state;
    const struct json_value *value;
    struct http_errors *errors =
        check("{\"type\":\"object\",\"required\":[\"price\",\"legs\"],\"properties\":{"
              "\"price\":{\"format\":\"decimal\"},\"side\":{\"type\":\"string\",\"enum\":[\"buy\","
              "\"sell\"]},"
              "\"legs\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":"
              "{\"quantity\":{\"type\":\"integer\",\"minimum\":1}}}}}}",
              "{\"side\":\"hold\",\"legs\":[{\"quantity\":1},{\"quantity\":0,\"x\":1}]}", &value);
    static const char *const FIELDS[] = {"price", "side", "legs[1].quantity", "legs[1].x"};
    assert_int_equal(errors->count, COUNT_OF(FIELDS));
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++)
        assert_string_equal(errors->rows[i].field.data, FIELDS[i]);
    assert_string_equal(errors->rows[1].message.data, "\"hold\" is none of: buy, sell");
    assert_string_equal(errors->rows[2].message.data, "0 must be at least 1");
}

static void what_is_left_out_gets_its_default(void **state)
{
    (void)state;
    const struct json_value *value;
    struct http_errors *errors =
        check("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},"
              "\"b\":{\"type\":\"integer\",\"default\":7}}}",
              "{\"a\":\"x\"}", &value);
    assert_int_equal(errors->count, 0);
    assert_int_equal(value->count, 2);
    assert_true(text_is(json_value_member(value, "b")->text, "7"));
}

static void a_password_is_never_repeated(void **state)
{
    (void)state;
    const struct json_value *value;
    struct http_errors *errors = check(
        "{\"type\":\"string\",\"format\":\"password\",\"pattern\":\"^x$\"}", "\"secret\"", &value);
    assert_int_equal(errors->count, 1);
    assert_null(strstr(errors->rows[0].message.data, "secret"));
}

static void a_hostile_value_costs_bounded_memory(void **state)
{
    (void)state;
    static char many[60001] = "[";
    for (size_t i = 0; i < 29999; i++)
        memcpy(many + 1 + 2 * i, i == 29998 ? "1]" : "1,", 3);
    const struct json_value *value;
    struct http_errors *errors =
        check("{\"type\":\"array\",\"items\":{\"enum\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
              "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]}}",
              many, &value);
    assert_int_equal(errors->count, HTTP_ERRORS_MAX);
}

static void what_has_no_effect_is_refused_at_load(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        const char *reason;
    } BAD[] = {
        {"{\"minimun\":1}", "test: the keyword \"minimun\" is not supported"},
        {"{\"oneOf\":[]}", "test: the keyword \"oneOf\" is not supported"},
        {"{\"properties\":{\"a\":{\"type\":\"strnig\"}}}", "test.a: \"strnig\" is no type"},
        {"{\"format\":\"uid\"}", "test: there is no format \"uid\""},
        {"{\"required\":[\"a\"]}", "test: \"a\" is required but no property"},
        {"{\"pattern\":\"^\\\\d+$\"}", "test: pattern \"^\\d+$\" is not POSIX extended"},
        {"{\"$ref\":\"#/nowhere\"}", "$ref \"#/nowhere\" leads nowhere"},
        {"{\"$ref\":\"#\"}", "$ref \"#\" leads nowhere"},
        {"{\"items\":{\"$ref\":\"#/items\"}}", "a $ref refers to itself"},
        {"{\"properties\":{\"a\":{\"items\":{\"$ref\":\"#/properties/a\"}}}}",
         "test.a: schemas nest too deep"},
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_null(compile(BAD[i].schema));
        assert_string_equal(compiler.reason, BAD[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_keyword_takes_and_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_errors_come_at_once_with_their_fields, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_left_out_gets_its_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_password_is_never_repeated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hostile_value_costs_bounded_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_has_no_effect_is_refused_at_load, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
