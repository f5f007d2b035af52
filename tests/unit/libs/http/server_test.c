#include "server_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

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

/* Posts `size` times 'a', which comes back; gives the answer's size. */
static size_t echo(uint16_t port, const char *accept, size_t size)
{
    char request[2048];
    char body[1025] = {0};
    memset(body, 'a', size);
    snprintf(request, sizeof request,
             "POST / HTTP/1.1\r\n" HOST "Accept-Encoding: %s\r\nContent-Length: %zu\r\n\r\n%s",
             accept, size, body);
    int client = raw_connect(port);
    raw_send(client, text_of(request));
    size_t answer_size = raw_answer(client, false, answer);
    close(client);
    return answer_size;
}

static void check_unpacked(const char *coding, const char *packed, size_t packed_size, size_t size)
{
    uint8_t plain[2048];
    char expected[1025];
    memset(expected, 'a', sizeof expected);
    if (strcmp(coding, "zstd") == 0) {
        assert_int_equal(ZSTD_decompress(plain, sizeof plain, packed, packed_size), size);
    } else {
        z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed,
                           .avail_in = (uInt)packed_size,
                           .next_out = plain,
                           .avail_out = sizeof plain};
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        assert_int_equal(stream.total_out, size);
        inflateEnd(&stream);
    }
    assert_memory_equal(plain, expected, size);
}

static void a_kilobyte_is_compressed_as_its_client_takes_it_best(void **state)
{
    static const struct {
        const char *accept;
        size_t size;
        const char *coding; /* NULL: none */
    } ROWS[] = {{"gzip", 1024, "gzip"},
                {"gzip", 1023, NULL},
                {"gzip, deflate, br, zstd", 1024, "zstd"},
                {"br, GZIP;q=0.5", 1024, "gzip"},
                {"zstd;q=0.4, gzip;q=0.5", 1024, "gzip"},
                {"zstd; q=0.000 ,gzip; q=0.001", 1024, "gzip"},
                {"gzip;q=0, *", 1024, "zstd"},
                {"gzip;q=0, zstd;q=0, *", 1024, NULL},
                {"*;q=0.1", 1024, "zstd"},
                {"identity", 1024, NULL}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        size_t size = echo(http_server_port(*state), ROWS[i].accept, ROWS[i].size);
        const char *coding = ROWS[i].coding;
        assert_int_equal(strstr(answer, "Content-Encoding: ") != NULL, coding != NULL);
        assert_int_equal(strstr(answer, "Vary: Accept-Encoding\r\n") != NULL, ROWS[i].size == 1024);
        if (coding == NULL) {
            assert_non_null(strstr(answer, "ETag: \"17\"\r\n"));
            continue;
        }
        char expected[64];
        snprintf(expected, sizeof expected, "Content-Encoding: %s\r\n", coding);
        assert_non_null(strstr(answer, expected));
        snprintf(expected, sizeof expected, "ETag: \"17-%s\"\r\n", coding);
        assert_non_null(strstr(answer, expected));
        const char *packed = raw_body(answer);
        check_unpacked(coding, packed, size - (size_t)(packed - answer), ROWS[i].size);
    }
}

static void the_tag_of_a_compressed_answer_is_known_again(void **state)
{
    static const struct {
        const char *tags;
        bool same;
    } ROWS[] = {{"\"17-zstd\"", true},   {"\"3\", \"17-gzip\"", true},
                {"W/\"17-gzip\"", true}, {"\"17\"", true},
                {"\"17-br\"", false},    {"\"1-zstd7\"", false},
                {"\"117-zstd\"", false}, {"17-zstd", false}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "GET /?q=hello HTTP/1.1\r\n" HOST "If-None-Match: %s\r\n\r\n", ROWS[i].tags);
        int client = raw_connect(http_server_port(*state));
        raw_send(client, text_of(request));
        raw_answer(client, false, answer);
        close(client);
        assert_int_equal(raw_status(answer), ROWS[i].same ? 304 : 200);
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
        cmocka_unit_test(a_kilobyte_is_compressed_as_its_client_takes_it_best),
        cmocka_unit_test(the_tag_of_a_compressed_answer_is_known_again),
        cmocka_unit_test(plain_http_is_sent_to_https),
    };
    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
