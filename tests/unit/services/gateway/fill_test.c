#include "gateway/fill.h"

#include "base/murmur2.h"
#include "seal/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct seal_key HASH_KEY = {{7}};
static const char USER_ID[] = "0192f3a1-7c3e-8b4d-9a5e-1f2a3b4c5d6e";

struct given {
    struct arena *arena;
    struct fill_input input;
    struct fill_value value;
    struct fill_fault fault;
};

static const struct json_value *json(struct given *given, const char *source)
{
    const struct json_value *value = NULL;
    struct json_error error;
    assert_int_equal(json_parse(text_of(source), 4096, given->arena, &value, &error), OK);
    return value;
}

static struct given given_request(const char *parameters, const char *body)
{
    struct given given = {.arena = arena_new(1 << 20)};
    given.input = (struct fill_input){.has_caller = true,
                                      .operation_id = TEXT("placeOrder"),
                                      .idempotency_key = TEXT(""),
                                      .hash_key = &HASH_KEY};
    assert_int_equal(uuid_parse(text_of(USER_ID), &given.input.user_id), OK);
    given.input.parameters = json(&given, parameters);
    given.input.body = json(&given, body);
    return given;
}

static enum err evaluate(struct given *given, const char *expression)
{
    const struct fill *fill = NULL;
    struct text problem;
    assert_int_equal(fill_compile(text_of(expression), given->arena, &fill, &problem), OK);
    return fill_evaluate(fill, &given->input, given->arena, &given->value, &given->fault);
}

/* The expression's value as text; "(absent)" where there is none. */
static const char *value_of(struct given *given, const char *expression)
{
    struct text text;
    assert_int_equal(evaluate(given, expression), OK);
    if (!fill_value_text(&given->value, given->arena, &text))
        return "(absent)";
    return arena_text(given->arena, text).data;
}

static void an_expression_names_where_a_value_comes_from(void **state)
{
    (void)state;
    struct given given = given_request("{\"id\":\"a\",\"limit\":5}",
                                       "{\"side\":\"buy\",\"price\":12.50,\"note\":null}");

    assert_string_equal(value_of(&given, "path.id"), "a");
    assert_string_equal(value_of(&given, "query.limit"), "5");
    assert_string_equal(value_of(&given, "body.side"), "buy");
    assert_string_equal(value_of(&given, "body.price"), "12.50");
    assert_string_equal(value_of(&given, "body.note"), "(absent)");
    assert_string_equal(value_of(&given, "caller.user_id"), USER_ID);
    assert_string_equal(value_of(&given, "row.user_id"), "(absent)");
    given.input.row = json(&given, "{\"user_id\":\"b\"}");
    assert_string_equal(value_of(&given, "row.user_id"), "b");
    assert_string_equal(value_of(&given, "caller.account_id"), "(absent)");
    assert_string_equal(value_of(&given, "=sell"), "sell");
    arena_free(given.arena);
}

static void an_address_is_hashed_by_its_network(void **state)
{
    (void)state;
    struct given given = given_request("{}", "{}");
    uint8_t hashes[6][16];
    fill_address_hash(&HASH_KEY, TEXT("2001:db8:1:2::1"), hashes[0]);
    fill_address_hash(&HASH_KEY, TEXT("2001:db8:1:2:ffff::9"), hashes[1]);
    fill_address_hash(&HASH_KEY, TEXT("2001:db8:1:3::1"), hashes[2]);
    fill_address_hash(&HASH_KEY, TEXT("192.0.2.1"), hashes[3]);
    fill_address_hash(&HASH_KEY, TEXT("192.0.2.2"), hashes[4]);
    fill_address_hash(&HASH_KEY, TEXT("::ffff:192.0.2.1"), hashes[5]);
    assert_memory_equal(hashes[0], hashes[1], 16);
    assert_memory_equal(hashes[3], hashes[5], 16);
    assert_memory_not_equal(hashes[0], hashes[2], 16);
    assert_memory_not_equal(hashes[3], hashes[4], 16);
    given.input.address = TEXT("192.0.2.1");
    assert_string_equal(value_of(&given, "caller.address_hash"),
                        fill_hash_text(hashes[3], given.arena).data);
    arena_free(given.arena);
}

static void the_first_alternative_that_is_there_counts(void **state)
{
    (void)state;
    struct given given = given_request("{}", "{\"asset\":\"CEA\"}");

    assert_string_equal(value_of(&given, "body.instrument | concat(body.asset, =-EUR)"), "CEA-EUR");
    assert_string_equal(value_of(&given, "body.side | =sell"), "sell");
    assert_string_equal(value_of(&given, "concat(body.none, =-EUR)"), "(absent)");
    arena_free(given.arena);
}

static void if_match_is_the_version_that_its_etag_names(void **state)
{
    (void)state;
    struct given given = given_request("{\"If-Match\":\"\\\"17\\\"\"}", "{}");
    assert_string_equal(value_of(&given, "header.if_match"), "17");
    given.input.parameters = json(&given, "{\"If-Match\":\"*\"}");
    assert_string_equal(value_of(&given, "header.if_match"), "(absent)");
    given.input.parameters = json(&given, "{}");
    assert_string_equal(value_of(&given, "header.if_match"), "(absent)");

    static const char *const OTHERS[] = {"17",
                                         "\\\"\\\"",
                                         "\\\"another\\\"",
                                         "W/\\\"17\\\"",
                                         "\\\"17\\\", \\\"18\\\"",
                                         "\\\"017\\\"",
                                         "\\\"",
                                         "\\\"-1\\\"",
                                         "\\\"1234567890123456789\\\""};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        struct text header = arena_printf(given.arena, "{\"If-Match\":\"%s\"}", OTHERS[i]);
        given.input.parameters = json(&given, header.data);
        assert_int_equal(evaluate(&given, "header.if_match"), ERR_INPUT);
        assert_string_equal(given.fault.code, "VERSION_CONFLICT");
        assert_string_equal(given.fault.blamed, "If-Match");
    }
    arena_free(given.arena);
}

static void a_field_by_its_name_alone_is_a_parameter_or_in_the_body(void **state)
{
    (void)state;
    struct given given = given_request("{\"symbol\":\"CEA-EUR\"}", "{\"status\":\"halted\"}");
    struct fill_value value;
    struct text text;

    const struct fill *fill = fill_by_name(TEXT("symbol"), given.arena);
    assert_int_equal(fill_evaluate(fill, &given.input, given.arena, &value, &given.fault), OK);
    assert_true(fill_value_text(&value, given.arena, &text));
    assert_true(text_is(text, "CEA-EUR"));
    fill = fill_by_name(TEXT("status"), given.arena);
    assert_int_equal(fill_evaluate(fill, &given.input, given.arena, &value, &given.fault), OK);
    assert_true(fill_value_text(&value, given.arena, &text));
    assert_true(text_is(text, "halted"));
    arena_free(given.arena);
}

static void a_wrong_expression_is_named_at_the_start(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"",          "boddy.x",      "path.",      "id(body.x",
                                        "hash(=a)",  "concat(=a)",   "body.x )",   "body.x body.y",
                                        "body.x | ", "caller.email", "concat(=a,)"};
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        const struct fill *fill = NULL;
        struct text problem = TEXT("");
        enum err err = fill_compile(text_of(WRONG[i]), arena, &fill, &problem);
        assert_int_equal(err, ERR_INPUT);
        assert_true(problem.size > 0);
    }
    arena_free(arena);
}

static void an_id_carries_the_hash_of_its_owner(void **state)
{
    (void)state;
    struct given given = given_request("{}", "{\"instrument\":\"CEA-EUR\"}");
    struct uuid id, other, owner;

    assert_int_equal(uuid_parse(text_of(value_of(&given, "id(body.instrument)")), &id), OK);
    assert_int_equal(uuid_owner_hash(id), murmur2("CEA-EUR", 7));
    assert_int_equal(uuid_parse(text_of(value_of(&given, "id(body.instrument)")), &other), OK);
    assert_false(uuid_equal(id, other));

    assert_int_equal(uuid_parse(text_of(value_of(&given, "id(caller.user_id)")), &id), OK);
    assert_int_equal(uuid_parse(text_of(USER_ID), &owner), OK);
    assert_int_equal(uuid_owner_hash(id), uuid_owner_hash(owner));
    arena_free(given.arena);
}

static void an_idempotency_key_makes_the_same_ids_again(void **state)
{
    (void)state;
    struct given given = given_request("{}", "{\"instrument\":\"CEA-EUR\"}");
    given.input.idempotency_key = TEXT("k-1");
    const char *first = value_of(&given, "id(body.instrument)");
    const char *owned_by_chance = value_of(&given, "id()");

    assert_string_equal(value_of(&given, "id(body.instrument)"), first);
    assert_string_equal(value_of(&given, "id()"), owned_by_chance);
    assert_string_not_equal(first, owned_by_chance);
    given.input.idempotency_key = TEXT("k-2");
    assert_string_not_equal(value_of(&given, "id(body.instrument)"), first);
    assert_string_not_equal(value_of(&given, "id()"), owned_by_chance);
    given.input.idempotency_key = TEXT("k-1");
    given.input.now_us = 86400000000; /* the key is forgotten, and means something new */
    assert_string_not_equal(value_of(&given, "id(body.instrument)"), first);
    assert_string_equal(value_of(&given, "id()"), owned_by_chance);
    given.input.now_us--;
    assert_string_equal(value_of(&given, "id(body.instrument)"), first);
    given.input.operation_id = TEXT("another");
    assert_string_not_equal(value_of(&given, "id(body.instrument)"), first);
    arena_free(given.arena);
}

static void an_address_has_one_hash_however_it_is_written(void **state)
{
    (void)state;
    struct given given =
        given_request("{}", "{\"a\":\" Jo@Example.ORG \",\"b\":\"jo@example.org\"}");

    const char *hash = value_of(&given, "email_hash(body.a)");
    assert_int_equal(given.value.kind, FILL_HASH);
    assert_int_equal(strlen(hash), 32);
    assert_string_equal(value_of(&given, "email_hash(body.b)"), hash);
    struct uuid id;
    assert_int_equal(uuid_parse(text_of(value_of(&given, "id(email_hash(body.b))")), &id), OK);
    assert_int_equal(uuid_owner_hash(id), murmur2(hash, 32));
    arena_free(given.arena);
}

static void an_amount_has_one_hash_however_it_is_written_and_another_by_each_method(void **state)
{
    (void)state;
    struct given given = given_request(
        "{\"a\":\"0a000000-0000-8000-8000-000000000001\",\"b\":"
        "\"0a000000-0000-8000-8000-000000000002\"}",
        "{\"text\":\"0.10\",\"number\":0.1,\"other\":\"0.11\",\"none\":\"0.123456789\"}");
    const char *hash = value_of(&given, "amount_hash(path.a, body.text)");
    assert_int_equal(strlen(hash), 32);
    assert_string_equal(value_of(&given, "amount_hash(path.a, body.number)"), hash);
    assert_string_not_equal(value_of(&given, "amount_hash(path.a, body.other)"), hash);
    assert_string_not_equal(value_of(&given, "amount_hash(path.b, body.text)"), hash);
    assert_int_equal(evaluate(&given, "amount_hash(path.a, body.none)"), ERR_INPUT);
    assert_string_equal(given.fault.code, "VALIDATION_FAILED");
    arena_free(given.arena);
}

static void text_messages_are_wanted_only_where_the_venue_sends_any(void **state)
{
    (void)state;
    struct given given = given_request("{}", "{\"on\":true,\"off\":false}");
    assert_string_equal(value_of(&given, "text_messages(body.off)"), "false");
    assert_int_equal(evaluate(&given, "text_messages(body.on)"), ERR_INPUT);
    assert_string_equal(given.fault.code, "VALIDATION_FAILED");
    given.input.sends_text_messages = true;
    assert_string_equal(value_of(&given, "text_messages(body.on)"), "true");
    assert_string_equal(value_of(&given, "text_messages(body.none) | =false"), "false");
    arena_free(given.arena);
}

static void the_same_text_of_the_same_owner_has_the_same_id(void **state)
{
    (void)state;
    struct given given = given_request(
        "{\"a\":\"0a000000-0000-8000-8000-000000000001\",\"b\":"
        "\"0a000000-0000-8000-8000-000000000002\"}",
        "{\"one\":\"https://push.example.net/1\",\"two\":\"https://push.example.net/2\"}");
    const char *id = value_of(&given, "id_of(path.a, body.one)");
    assert_int_equal(strlen(id), UUID_TEXT_SIZE);
    assert_string_equal(value_of(&given, "id_of(path.a, body.one)"), id);
    assert_string_not_equal(value_of(&given, "id_of(path.a, body.two)"), id);
    assert_string_not_equal(value_of(&given, "id_of(path.b, body.one)"), id);
    assert_int_equal(evaluate(&given, "browser_push(body.one)"), ERR_INPUT);
    given.input.pushes = true;
    assert_string_equal(value_of(&given, "browser_push(body.one)"), "https://push.example.net/1");
    arena_free(given.arena);
}

static void a_weak_password_is_refused_in_words(void **state)
{
    (void)state;
    struct given given = given_request("{}", "{\"password\":\"Password123\"}");

    assert_int_equal(evaluate(&given, "password_hash(body.password)"), ERR_INPUT);
    assert_string_equal(given.fault.code, "WEAK_PASSWORD");
    assert_string_equal(given.fault.blamed, "password");
    assert_string_equal(value_of(&given, "password_hash(body.none)"), "(absent)");
    assert_non_null(password_weakness(TEXT("123456789")));
    assert_null(password_weakness(TEXT("correct horse battery")));
    assert_non_null(password_weakness(TEXT("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4")));
    arena_free(given.arena);
}

static void only_hashing_a_password_is_slow(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    const struct fill *fill = NULL;
    struct text problem;

    assert_int_equal(fill_compile(TEXT("body.x | id(email_hash(body.y))"), arena, &fill, &problem),
                     OK);
    assert_false(fill_is_slow(fill));
    assert_int_equal(fill_compile(TEXT("body.x | password_hash(body.y)"), arena, &fill, &problem),
                     OK);
    assert_true(fill_is_slow(fill));
    arena_free(arena);
}

int main(void)
{
    if (seal_init() != OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_names_where_a_value_comes_from),
        cmocka_unit_test(an_address_is_hashed_by_its_network),
        cmocka_unit_test(the_first_alternative_that_is_there_counts),
        cmocka_unit_test(if_match_is_the_version_that_its_etag_names),
        cmocka_unit_test(a_field_by_its_name_alone_is_a_parameter_or_in_the_body),
        cmocka_unit_test(a_wrong_expression_is_named_at_the_start),
        cmocka_unit_test(an_id_carries_the_hash_of_its_owner),
        cmocka_unit_test(an_idempotency_key_makes_the_same_ids_again),
        cmocka_unit_test(an_address_has_one_hash_however_it_is_written),
        cmocka_unit_test(an_amount_has_one_hash_however_it_is_written_and_another_by_each_method),
        cmocka_unit_test(text_messages_are_wanted_only_where_the_venue_sends_any),
        cmocka_unit_test(the_same_text_of_the_same_owner_has_the_same_id),
        cmocka_unit_test(a_weak_password_is_refused_in_words),
        cmocka_unit_test(only_hashing_a_password_is_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
