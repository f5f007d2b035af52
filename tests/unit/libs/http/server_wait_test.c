#include "server_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CLIENTS = 200, ROUNDS = 3 };

static char answer[RAW_SIZE_MAX];

/* One byte each 50 ms would live for ever if only silence counted. */
static void a_slow_request_is_cut_at_its_deadline(void **state)
{
    static const char *const STARTS[] = {"GET / HTT", "GET / HTTP/1.1\r\n" HOST "X-Slow: ",
                                         "POST / HTTP/1.1\r\n" HOST "Content-Length: 4000\r\n\r\n"};
    for (size_t i = 0; i < COUNT_OF(STARTS); i++) {
        int client = raw_connect(http_server_port(*state));
        int64_t began_ms = raw_now_ms();
        raw_send(client, text_of(STARTS[i]));
        while (!raw_closes(client, 50) && raw_now_ms() - began_ms < 4000)
            raw_send(client, TEXT("x"));
        int64_t took_ms = raw_now_ms() - began_ms;
        assert_in_range(took_ms, 400, 2000);
        close(client);
        assert_int_equal(
            raw_ask(http_server_port(*state), "GET / HTTP/1.1\r\n" HOST "\r\n", answer), 200);
    }
}

static void a_client_that_does_not_read_is_cut(void **state)
{
    unsigned before = atomic_load(&fixture_answered);
    int client = raw_connect(http_server_port(*state));
    raw_send(client, TEXT("GET /large HTTP/1.1\r\n" HOST "\r\n"));
    int64_t until_ms = raw_now_ms() + 4000;
    while (atomic_load(&fixture_answered) == before && raw_now_ms() < until_ms)
        usleep(10000);
    assert_int_equal(atomic_load(&fixture_answered), before + 1);
    close(client);
}

static void *answer_kept(void *context)
{
    (void)context;
    for (;;) {
        struct http_request *request = fixture_take();
        if (request == NULL)
            return NULL;
        struct bytes body = http_request_body(request);
        fixture_respond(request, (struct text){(const char *)body.data, body.size});
    }
}

static void start_answerers(pthread_t ret_threads[2])
{
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&ret_threads[i], NULL, answer_kept, NULL), 0);
}

static void end_answerers(pthread_t threads[2])
{
    fixture_close_kept(true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    fixture_close_kept(false);
}

static void many_connections_are_answered_from_other_threads(void **state)
{
    pthread_t threads[2];
    start_answerers(threads);
    static int clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = raw_connect(http_server_port(*state));
    for (size_t round = 0; round < ROUNDS; round++) {
        char request[256];
        char body[32];
        for (size_t i = 0; i < CLIENTS; i++) {
            int size = snprintf(body, sizeof body, "%zu of %zu", i, round);
            snprintf(request, sizeof request,
                     "POST /keep HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n%s", size, body);
            assert_true(raw_send(clients[i], text_of(request)));
        }
        for (size_t i = 0; i < CLIENTS; i++) {
            snprintf(body, sizeof body, "%zu of %zu", i, round);
            assert_true(raw_answer(clients[i], false, answer) > 0);
            assert_string_equal(raw_body(answer), body);
        }
    }
    for (size_t i = 0; i < CLIENTS; i++)
        close(clients[i]);
    end_answerers(threads);
}

static void a_client_may_go_while_its_request_waits(void **state)
{
    int clients[20];
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = raw_connect(http_server_port(*state));
        raw_send(clients[i], TEXT("GET /keep HTTP/1.1\r\n" HOST "\r\n"));
    }
    struct http_request *requests[COUNT_OF(clients)];
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        requests[i] = fixture_take();
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        raw_abort(clients[i]);
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        fixture_respond(requests[i], TEXT("too late"));
    assert_int_equal(raw_ask(http_server_port(*state), "GET / HTTP/1.1\r\n" HOST "\r\n", answer),
                     200);
}

static void nobody_answers_and_the_deadline_does(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.answer_timeout_ms = 200;
    struct http_server *server = fixture_start(&how);
    int64_t began_ms = raw_now_ms();
    assert_int_equal(
        raw_ask(http_server_port(server), "GET /keep HTTP/1.1\r\n" HOST "\r\n", answer), 503);
    assert_in_range(raw_now_ms() - began_ms, 190, 1500);
    assert_non_null(strstr(answer, "application/problem+json"));
    fixture_respond(fixture_take(), TEXT("dropped"));
    http_server_stop(server);
}

static void an_answer_of_another_thread_is_sent_at_once(void **state)
{
    enum { TIMES = 50, SOON_MS = 5000 };
    int client = raw_connect(http_server_port(*state));
    int64_t began_ms = raw_now_ms();
    for (int i = 0; i < TIMES; i++) {
        raw_send(client, TEXT("GET /keep HTTP/1.1\r\n" HOST "\r\n"));
        fixture_respond(fixture_take(), TEXT("soon"));
        assert_true(raw_answer(client, false, answer) > 0);
    }
    assert_in_range(raw_now_ms() - began_ms, 0, SOON_MS); /* a look now and then takes twice that */
    close(client);
}

static void a_stop_answers_all_that_wait(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.threads = 2;
    struct http_server *server = fixture_start(&how);
    int clients[20];
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = raw_connect(http_server_port(server));
        raw_send(clients[i], TEXT("GET /keep HTTP/1.1\r\n" HOST "\r\n"));
    }
    struct http_request *requests[COUNT_OF(clients)];
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        requests[i] = fixture_take();
    int64_t began_ms = raw_now_ms();
    http_server_stop(server);
    assert_in_range(raw_now_ms() - began_ms, 190, 4000);
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        fixture_respond(requests[i], TEXT("dropped"));
        assert_true(raw_answer(clients[i], false, answer) > 0);
        assert_int_equal(raw_status(answer), 503);
        close(clients[i]);
    }
}

static void *stop(void *server)
{
    http_server_stop(server);
    return NULL;
}

static void is_served(int client)
{
    assert_true(raw_send(client, TEXT("GET / HTTP/1.1\r\n" HOST "\r\n")));
    assert_true(raw_answer(client, false, answer) > 0);
    assert_int_equal(raw_status(answer), 200);
}

static void a_stop_fails_no_request_of_a_kept_connection(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.stop_timeout_ms = 60000;
    struct http_server *server = fixture_start(&how);
    int waits = raw_connect(http_server_port(server));
    int kept[] = {raw_connect(http_server_port(server)), raw_connect(http_server_port(server))};
    raw_send(waits, TEXT("GET /keep HTTP/1.1\r\n" HOST "\r\n"));
    struct http_request *request = fixture_take();
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        is_served(kept[i]);
    pthread_t stopping;
    assert_int_equal(pthread_create(&stopping, NULL, stop, server), 0);
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        do
            is_served(kept[i]);
        while (strstr(answer, "Connection: close\r\n") == NULL);
        assert_true(raw_closes(kept[i], 2000));
        close(kept[i]);
    }
    fixture_respond(request, TEXT("in time"));
    assert_true(raw_answer(waits, false, answer) > 0);
    assert_int_equal(raw_status(answer), 200);
    close(waits);
    pthread_join(stopping, NULL);
}

/* Nothing is under way, but its client has not heard yet that it has to go. */
static void a_stop_waits_for_who_kept_a_connection_to_ask_once_more(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.leave_timeout_ms = 60000;
    struct http_server *server = fixture_start(&how);
    int kept = raw_connect(http_server_port(server));
    is_served(kept);
    pthread_t stopping;
    assert_int_equal(pthread_create(&stopping, NULL, stop, server), 0);
    do
        is_served(kept);
    while (strstr(answer, "Connection: close\r\n") == NULL);
    assert_true(raw_closes(kept, 2000));
    close(kept);
    pthread_join(stopping, NULL);
}

static void a_stalled_tls_handshake_is_cut(void **state)
{
    (void)state;
    char certificate[FIXTURE_PEM_SIZE];
    char key[FIXTURE_PEM_SIZE];
    fixture_certificate("one", certificate, key);
    struct http_server_options how = fixture_options();
    how.certificate_pem = certificate;
    how.key_pem = key;
    struct http_server *server = fixture_start(&how);
    int client = raw_connect(http_server_port(server));
    raw_send(client, TEXT("\x16\x03\x01"));
    assert_true(raw_closes(client, 3000));
    close(client);
    http_server_stop(server);
}

static void a_failed_start_says_why(void **state)
{
    struct http_server *server = NULL;
    char reason[HTTP_REASON_SIZE];
    struct http_server_options how = fixture_options();
    how.port = http_server_port(*state);
    assert_int_equal(http_server_start(&how, &server, reason), ERR_CONFIG);
    assert_non_null(strstr(reason, "Address already in use"));
    how.address = "localhost";
    assert_int_equal(http_server_start(&how, &server, reason), ERR_CONFIG);
    assert_string_equal(reason, "\"localhost\" is no numeric IPv4 or IPv6 address");
    char certificate[FIXTURE_PEM_SIZE];
    char key[FIXTURE_PEM_SIZE];
    char other[FIXTURE_PEM_SIZE];
    fixture_certificate("one", certificate, key);
    fixture_certificate("other", other, key);
    how = fixture_options();
    how.certificate_pem = certificate;
    how.key_pem = key;
    assert_int_equal(http_server_start(&how, &server, reason), ERR_CONFIG);
    assert_string_equal(reason, "the key is not that of the certificate");
    assert_null(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_request_is_cut_at_its_deadline),
        cmocka_unit_test(a_client_that_does_not_read_is_cut),
        cmocka_unit_test(many_connections_are_answered_from_other_threads),
        cmocka_unit_test(a_client_may_go_while_its_request_waits),
        cmocka_unit_test(nobody_answers_and_the_deadline_does),
        cmocka_unit_test(an_answer_of_another_thread_is_sent_at_once),
        cmocka_unit_test(a_stop_answers_all_that_wait),
        cmocka_unit_test(a_stop_fails_no_request_of_a_kept_connection),
        cmocka_unit_test(a_stop_waits_for_who_kept_a_connection_to_ask_once_more),
        cmocka_unit_test(a_stalled_tls_handshake_is_cut),
        cmocka_unit_test(a_failed_start_says_why),
    };
    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
