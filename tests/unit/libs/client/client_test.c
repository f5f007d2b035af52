#include "client/client.h"

#include "http/server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REQUESTS_MAX = 8, LINE_SIZE = 256 };

/* What the gateway of these tests answers, one after the other, and what it was asked. */
struct reply {
    unsigned status;
    const char *body;
};
static struct {
    pthread_mutex_t lock;
    struct reply replies[REQUESTS_MAX];
    char asked[REQUESTS_MAX][LINE_SIZE]; /* "POST /path token key body" */
    size_t replies_count, asked_count;
} script = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void handle(void *context, struct http_request *request)
{
    (void)context;
    struct text method = http_request_method(request);
    struct text path = http_request_path(request);
    struct text token = http_request_header(request, "Authorization");
    struct text key = http_request_header(request, "Idempotency-Key");
    struct bytes body = http_request_body(request);
    pthread_mutex_lock(&script.lock);
    CHECK(script.asked_count < script.replies_count);
    snprintf(script.asked[script.asked_count], LINE_SIZE, "%.*s %.*s|%.*s|%.*s|%.*s",
             (int)method.size, method.data, (int)path.size, path.data, (int)token.size, token.data,
             (int)key.size, key.data, (int)body.size, (const char *)body.data);
    struct reply reply = script.replies[script.asked_count++];
    pthread_mutex_unlock(&script.lock);
    http_respond(request, &(struct http_response){.status = reply.status,
                                                  .content_type = TEXT("application/json"),
                                                  .body = text_of(reply.body)});
}

static size_t make_id(void *context, char ret_id[HTTP_REQUEST_ID_SIZE_MAX])
{
    (void)context;
    memcpy(ret_id, "made-here", 9);
    return 9;
}

struct world {
    struct http_server *server;
    struct client *client;
    char url[64];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char reason[HTTP_REASON_SIZE];
    const struct http_server_options options = {
        .address = "127.0.0.1", .handle = handle, .make_request_id = make_id};
    if (http_server_start(&options, &world->server, reason) != OK)
        fail_msg("%s", reason);
    snprintf(world->url, sizeof world->url, "http://127.0.0.1:%u", http_server_port(world->server));
    world->client = client_new(world->url, NULL);
    script.asked_count = script.replies_count = 0;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    client_free(world->client);
    http_server_stop(world->server);
    free(world);
    return 0;
}

static void will_answer(unsigned status, const char *body)
{
    pthread_mutex_lock(&script.lock);
    script.replies[script.replies_count++] = (struct reply){status, body};
    pthread_mutex_unlock(&script.lock);
}

static void assert_asked(size_t index, const char *expected)
{
    assert_true(index < script.asked_count);
    assert_string_equal(script.asked[index], expected);
}

static const struct client_request MARK = {
    .method = "POST", .path = "mark", .body = TEXT("{\"mark_price\":\"1\"}"), .again = "k1"};

static void a_request_goes_out_as_given_and_its_answer_comes_back(void **state)
{
    struct world *world = *state;
    struct text answer = TEXT("");
    will_answer(200, "{\"ok\":true}");
    will_answer(201, "{}");
    const struct client_request read = {.method = "GET", .path = "market/quotes"};
    assert_int_equal(client_call(world->client, &MARK, &answer), OK);
    assert_true(text_is(answer, "{\"ok\":true}"));
    assert_int_equal(client_call(world->client, &read, &answer), OK);
    assert_asked(0, "POST /api/v1/mark||k1|{\"mark_price\":\"1\"}");
    assert_asked(1, "GET /api/v1/market/quotes|||");
}

static void who_has_signed_in_calls_with_the_token(void **state)
{
    struct world *world = *state;
    struct text answer = TEXT("");
    will_answer(200, "{\"access_token\":\"t1\"}");
    will_answer(200, "{}");
    assert_int_equal(client_sign_in(world->client, "a@b.example", "pass\"word"), OK);
    assert_int_equal(client_call(world->client, &MARK, &answer), OK);
    assert_asked(
        0, "POST /api/v1/auth/login|||{\"email\":\"a@b.example\",\"password\":\"pass\\\"word\"}");
    assert_asked(1, "POST /api/v1/mark|Bearer t1|k1|{\"mark_price\":\"1\"}");
}

static void an_expired_token_is_renewed_and_the_request_sent_again(void **state)
{
    struct world *world = *state;
    struct text answer = TEXT("");
    will_answer(200, "{\"access_token\":\"t1\"}");
    will_answer(401, "{\"code\":\"TOKEN_EXPIRED\"}");
    will_answer(200, "{\"access_token\":\"t2\"}");
    will_answer(200, "{\"marked\":1}");
    assert_int_equal(client_sign_in(world->client, "a@b.example", "password"), OK);
    assert_int_equal(client_call(world->client, &MARK, &answer), OK);
    assert_asked(3, "POST /api/v1/mark|Bearer t2|k1|{\"mark_price\":\"1\"}");
    assert_true(text_is(answer, "{\"marked\":1}"));
}

static void a_refusal_is_told_with_its_code_and_fields(void **state)
{
    struct world *world = *state;
    struct text answer = TEXT("");
    will_answer(422, "{\"code\":\"VALIDATION_FAILED\",\"title\":\"It is not valid.\",\"errors\":"
                     "[{\"field\":\"price\",\"message\":\"must be above zero\"}]}");
    assert_int_equal(client_call(world->client, &MARK, &answer), ERR_DENIED);
    assert_string_equal(client_problem(world->client),
                        "POST mark: 422 VALIDATION_FAILED: It is not valid.; "
                        "price: must be above zero");
    will_answer(502, "<html>");
    assert_int_equal(client_call(world->client, &MARK, &answer), ERR_DENIED);
    assert_string_equal(client_problem(world->client), "POST mark: 502 ");
}

static void what_is_not_answered_for_good_is_asked_again_under_the_same_key(void **state)
{
    struct world *world = *state;
    struct text answer = TEXT("");
    will_answer(202, "{\"code\":\"OUTCOME_PENDING\"}");
    will_answer(503, "{\"code\":\"OVERLOADED\"}");
    will_answer(429, "{\"code\":\"RATE_LIMITED\"}");
    will_answer(200, "{}");
    assert_int_equal(client_call(world->client, &MARK, &answer), OK);
    assert_int_equal(script.asked_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_asked(i, "POST /api/v1/mark||k1|{\"mark_price\":\"1\"}");
}

static void where_nobody_answers_it_says_so(void **state)
{
    struct world *world = *state;
    struct text answer = TEXT("");
    struct client *client = client_new("http://127.0.0.1:1", NULL);
    assert_int_equal(client_call(client, &MARK, &answer), ERR_BUSY);
    assert_non_null(strstr(client_problem(client), "POST mark: Failed to connect to 127.0.0.1"));
    client_free(client);
    (void)world;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_goes_out_as_given_and_its_answer_comes_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_signed_in_calls_with_the_token, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expired_token_is_renewed_and_the_request_sent_again,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_is_told_with_its_code_and_fields, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_not_answered_for_good_is_asked_again_under_the_same_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_nobody_answers_it_says_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
