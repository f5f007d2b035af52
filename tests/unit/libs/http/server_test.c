#include "server_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include <cmocka.h>

static char answer[RAW_SIZE_MAX];

static void an_answer_has_the_standard_headers(void **state)
{
    uint16_t port = http_server_port(*state);
    assert_int_equal(raw_ask(port, "GET / HTTP/1.1\r\n" HOST "\r\n", answer), 200);
    static const char *const NAMES[] = {"Strict-Transport-Security: ",
                                        "Content-Security-Policy: ",
                                        "X-Content-Type-Options: nosniff",
                                        "X-Frame-Options: DENY",
                                        "Referrer-Policy: ",
                                        "Permissions-Policy: ",
                                        "Cache-Control: no-store",
                                        "X-Request-Id: made-here",
                                        "ETag: \"17\""};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        assert_non_null(strstr(answer, NAMES[i]));
}

static void a_request_id_is_taken_over_when_it_is_sane(void **state)
{
    uint16_t port = http_server_port(*state);
    raw_ask(port, "GET / HTTP/1.1\r\n" HOST "X-Request-Id: a-1.b_2\r\n\r\n", answer);
    assert_non_null(strstr(answer, "X-Request-Id: a-1.b_2\r\n"));
    raw_ask(port, "GET / HTTP/1.1\r\n" HOST "X-Request-Id: {\"x\"}\r\n\r\n", answer);
    assert_non_null(strstr(answer, "X-Request-Id: made-here\r\n"));
}

/* Each could be read differently by a proxy before us, or is not HTTP. */
static void what_is_ambiguous_is_refused(void **state)
{
    static const char *const REQUESTS[] = {
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\ncontent-length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\n" HOST
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\na",
        "POST / HTTP/1.1\r\n" HOST "Content-Length : 1\r\n\r\na",
        "GET / HTTP/1.1\r\n" HOST "Host: other\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET /%zz HTTP/1.1\r\n" HOST "\r\n",
        "GET /%ff HTTP/1.1\r\n" HOST "\r\n",
        "GET /a%00b HTTP/1.1\r\n" HOST "\r\n",
        "GET /?q=%4 HTTP/1.1\r\n" HOST "\r\n",
        "GET /?q=%c0%80 HTTP/1.1\r\n" HOST "\r\n",
        "GET http://localhost/ HTTP/1.1\r\n" HOST "\r\n",
        "G(T / HTTP/1.1\r\n" HOST "\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(REQUESTS); i++) {
        int client = raw_connect(http_server_port(*state));
        raw_send(client, text_of(REQUESTS[i]));
        raw_answer(client, false, answer);
        if (raw_status(answer) != 400 || !raw_closes(client, 2000))
            fail_msg("not refused with 400 and closed: %s\n%s", REQUESTS[i], answer);
        close(client);
    }
}

static void a_query_is_decoded(void **state)
{
    uint16_t port = http_server_port(*state);
    raw_ask(port, "GET /?a=1&q=caf%C3%A9+%26%3D HTTP/1.1\r\n" HOST "\r\n", answer);
    assert_string_equal(raw_body(answer), "caf\xc3\xa9 &=");
}

static void a_body_comes_whole_by_length_and_in_chunks(void **state)
{
    uint16_t port = http_server_port(*state);
    raw_ask(port, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", answer);
    assert_string_equal(raw_body(answer), "hello");
    raw_ask(port,
            "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n"
            "0\r\n\r\n",
            answer);
    assert_string_equal(raw_body(answer), "hello");
}

static void a_body_too_large_is_refused_before_it_is_read(void **state)
{
    uint16_t port = http_server_port(*state);
    assert_int_equal(
        raw_ask(port, "POST / HTTP/1.1\r\n" HOST "Content-Length: 10737418240\r\n\r\n", answer),
        413);
    assert_non_null(strstr(raw_body(answer), "\"code\":\"BODY_TOO_LARGE\""));
    assert_int_equal(raw_ask(port,
                             "POST / HTTP/1.1\r\n" HOST
                             "Content-Length: 99999999999999999999999999\r\n\r\n",
                             answer) /
                         100,
                     4);
    assert_int_equal(
        raw_ask(port, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4097\r\n\r\n", answer), 413);
}

static void a_client_that_sends_a_large_body_whole_then_reads_why_not(void **state)
{
    static char block[1024 * 1024];
    int client = raw_connect(http_server_port(*state));
    raw_send(client, TEXT("POST / HTTP/1.1\r\n" HOST "Content-Length: 10485760\r\n\r\n"));
    for (int i = 0; i < 10; i++)
        assert_true(raw_send(client, (struct text){block, sizeof block}));
    raw_answer(client, false, answer);
    assert_int_equal(raw_status(answer), 413);
    assert_true(raw_closes(client, 2000));
    close(client);
}

/* Sends 1 KiB chunks until the server has closed or `count` are sent; gives how many were. */
static size_t send_chunks(int client, size_t count)
{
    char chunk[1024 + 8];
    memcpy(chunk, "400\r\n", 5);
    memset(chunk + 5, 'x', 1024);
    memcpy(chunk + 5 + 1024, "\r\n", 2);
    raw_send(client, TEXT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"));
    size_t sent = 0;
    while (sent < count && raw_send(client, (struct text){chunk, 1024 + 7}))
        sent++;
    return sent;
}

static void chunks_above_the_limit_are_refused_before_they_end(void **state)
{
    int client = raw_connect(http_server_port(*state));
    assert_int_equal(send_chunks(client, 1000), 1000);
    raw_answer(client, false, answer);
    assert_int_equal(raw_status(answer), 413);
    assert_non_null(strstr(raw_body(answer), "\"code\":\"BODY_TOO_LARGE\""));
    assert_non_null(strstr(answer, "X-Request-Id: made-here\r\n"));
    close(client);
}

static void chunks_without_end_are_cut_off(void **state)
{
    int client = raw_connect(http_server_port(*state));
    assert_true(send_chunks(client, 100000) < 100000);
    close(client);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    int client = raw_connect(http_server_port(*state));
    raw_send(client, TEXT("GET /?q=one HTTP/1.1\r\n" HOST "\r\nGET /?q=two HTTP/1.1\r\n" HOST
                          "\r\nGET /?q=three HTTP/1.1\r\n" HOST "\r\n"));
    static const char *const BODIES[] = {"one", "two", "three"};
    for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
        assert_true(raw_answer(client, false, answer) > 0);
        assert_string_equal(raw_body(answer), BODIES[i]);
    }
    close(client);
}

static void head_and_if_none_match_have_no_body(void **state)
{
    int client = raw_connect(http_server_port(*state));
    raw_send(client, TEXT("HEAD /?q=hello HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(raw_answer(client, true, answer) > 0);
    assert_non_null(strstr(answer, "Content-Length: 5\r\n"));
    raw_send(client,
             TEXT("GET /?q=hello HTTP/1.1\r\n" HOST "If-None-Match: \"16\", W/\"17\"\r\n\r\n"));
    assert_true(raw_answer(client, true, answer) > 0);
    assert_int_equal(raw_status(answer), 304);
    raw_send(client, TEXT("GET /?q=hello HTTP/1.1\r\n" HOST "If-None-Match: \"1\"\r\n\r\n"));
    assert_true(raw_answer(client, false, answer) > 0);
    assert_string_equal(raw_body(answer), "hello");
    close(client);
}

static void a_kilobyte_is_compressed_for_who_takes_it(void **state)
{
    static const struct {
        const char *accept;
        size_t size;
        bool compressed;
    } ROWS[] = {{"gzip", 1024, true},           {"gzip", 1023, false},
                {"br, GZIP;q=0.5", 1024, true}, {"gzip;q=0, *", 1024, false},
                {"*;q=0.1", 1024, true},        {"identity", 1024, false}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char request[2048];
        char body[1025] = {0};
        memset(body, 'a', ROWS[i].size);
        snprintf(request, sizeof request,
                 "POST / HTTP/1.1\r\n" HOST "Accept-Encoding: %s\r\nContent-Length: %zu\r\n\r\n%s",
                 ROWS[i].accept, ROWS[i].size, body);
        int client = raw_connect(http_server_port(*state));
        raw_send(client, text_of(request));
        size_t size = raw_answer(client, false, answer);
        close(client);
        assert_int_equal(strstr(answer, "Content-Encoding: gzip") != NULL, ROWS[i].compressed);
        if (!ROWS[i].compressed)
            continue;
        const char *packed = raw_body(answer);
        uint8_t plain[2048];
        z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed,
                           .avail_in = (uInt)(size - (size_t)(packed - answer)),
                           .next_out = plain,
                           .avail_out = sizeof plain};
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        inflateEnd(&stream);
        assert_memory_equal(plain, body, ROWS[i].size);
    }
}

static void plain_http_is_sent_to_https(void **state)
{
    (void)state;
    static char BASE[] = "https://bourse.example";
    struct http_server_options how = fixture_options();
    how.handle = http_redirect;
    how.context = BASE;
    struct http_server *server = fixture_start(&how);
    assert_int_equal(raw_ask(http_server_port(server),
                             "POST /a/b?c=%20d HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
                             answer),
                     308);
    assert_non_null(strstr(answer, "Location: https://bourse.example/a/b?c=%20d\r\n"));
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_the_standard_headers),
        cmocka_unit_test(a_request_id_is_taken_over_when_it_is_sane),
        cmocka_unit_test(what_is_ambiguous_is_refused),
        cmocka_unit_test(a_query_is_decoded),
        cmocka_unit_test(a_body_comes_whole_by_length_and_in_chunks),
        cmocka_unit_test(a_body_too_large_is_refused_before_it_is_read),
        cmocka_unit_test(a_client_that_sends_a_large_body_whole_then_reads_why_not),
        cmocka_unit_test(chunks_above_the_limit_are_refused_before_they_end),
        cmocka_unit_test(chunks_without_end_are_cut_off),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(head_and_if_none_match_have_no_body),
        cmocka_unit_test(a_kilobyte_is_compressed_for_who_takes_it),
        cmocka_unit_test(plain_http_is_sent_to_https),
    };
    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
