#include "http/upload.h"
#include "server_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT = 4 << 20, NEWS_MAX = 64, NEWS_TIMEOUT_S = 5 };

static char answer[RAW_SIZE_MAX];

/* What the handler was told, in its order; others say when it goes on. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum http_upload_news rows[NEWS_MAX];
    size_t told;
    size_t taken;
} news = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void on_news(void *context, enum http_upload_news what)
{
    (void)context;
    pthread_mutex_lock(&news.lock);
    CHECK(news.told < NEWS_MAX);
    news.rows[news.told++] = what;
    pthread_cond_signal(&news.changed);
    pthread_mutex_unlock(&news.lock);
}

/* The next that is told; -1: nothing was in time. */
static int next_news(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += NEWS_TIMEOUT_S;
    pthread_mutex_lock(&news.lock);
    int failed = 0;
    while (news.taken == news.told && failed == 0)
        failed = pthread_cond_timedwait(&news.changed, &news.lock, &until);
    int what = news.taken < news.told ? (int)news.rows[news.taken++] : -1;
    pthread_mutex_unlock(&news.lock);
    return what;
}

static size_t body_limit(void *context, struct http_request *request)
{
    (void)context;
    return text_is(http_request_path(request), "/keep") ? LIMIT : 0;
}

static struct http_server *start(void)
{
    news.told = news.taken = 0;
    struct http_server_options how = fixture_options();
    how.body_limit = body_limit;
    return fixture_start(&how);
}

/* A client that has sent a head, and the request that the handler has of it. */
struct sender {
    int client;
    struct http_request *request;
};

static struct sender begin(struct http_server *server, const char *headers)
{
    char head[256];
    struct sender sender = {.client = raw_connect(http_server_port(server))};
    snprintf(head, sizeof head, "POST /keep HTTP/1.1\r\n" HOST "%s\r\n", headers);
    raw_send(sender.client, text_of(head));
    sender.request = fixture_take();
    assert_true(http_request_uploads(sender.request));
    return sender;
}

static void await(struct sender *sender)
{
    http_upload_await(sender->request, on_news, NULL);
}

static void send_bytes(struct sender *sender, size_t size, char byte)
{
    char *bytes = malloc(size);
    memset(bytes, byte, size);
    assert_true(raw_send(sender->client, (struct text){bytes, size}));
    free(bytes);
}

static size_t count_of(struct sender *sender, char byte)
{
    struct bytes part = http_request_body(sender->request);
    size_t count = 0;
    for (size_t i = 0; i < part.size; i++)
        count += part.data[i] == (uint8_t)byte;
    assert_int_equal(count, part.size);
    return part.size;
}

static void parts_come_full_and_the_last_as_it_is(void **state)
{
    (void)state;
    struct http_server *server = start();
    struct sender sender = begin(server, "Content-Length: 524298\r\n");
    await(&sender);
    send_bytes(&sender, HTTP_UPLOAD_PART_SIZE, 'a');
    assert_int_equal(next_news(), HTTP_UPLOAD_PART);
    assert_int_equal(count_of(&sender, 'a'), HTTP_UPLOAD_PART_SIZE);
    await(&sender);
    send_bytes(&sender, HTTP_UPLOAD_PART_SIZE, 'b');
    assert_int_equal(next_news(), HTTP_UPLOAD_PART);
    assert_int_equal(count_of(&sender, 'b'), HTTP_UPLOAD_PART_SIZE);
    await(&sender);
    send_bytes(&sender, 10, 'c');
    assert_int_equal(next_news(), HTTP_UPLOAD_LAST);
    assert_int_equal(count_of(&sender, 'c'), 10);
    fixture_respond(sender.request, TEXT("all of it"));
    assert_true(raw_answer(sender.client, false, answer) > 0);
    assert_string_equal(raw_body(answer), "all of it");
    raw_send(sender.client, TEXT("GET /?q=next HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(raw_answer(sender.client, false, answer) > 0);
    assert_string_equal(raw_body(answer), "next");
    close(sender.client);
    http_server_stop(server);
}

static void a_body_in_chunks_comes_in_the_same_parts(void **state)
{
    (void)state;
    struct http_server *server = start();
    struct sender sender = begin(server, "Transfer-Encoding: chunked\r\n");
    raw_send(sender.client, TEXT("40000\r\n"));
    send_bytes(&sender, HTTP_UPLOAD_PART_SIZE, 'a');
    raw_send(sender.client, TEXT("\r\n0\r\n\r\n"));
    await(&sender); /* late: it is there */
    assert_int_equal(next_news(), HTTP_UPLOAD_PART);
    assert_int_equal(count_of(&sender, 'a'), HTTP_UPLOAD_PART_SIZE);
    await(&sender);
    assert_int_equal(next_news(), HTTP_UPLOAD_LAST);
    assert_int_equal(http_request_body(sender.request).size, 0);
    fixture_respond(sender.request, TEXT("all of it"));
    assert_true(raw_answer(sender.client, false, answer) > 0);
    close(sender.client);
    http_server_stop(server);
}

static void a_body_that_is_small_is_the_last_part_by_itself(void **state)
{
    (void)state;
    struct http_server *server = start();
    int client = raw_connect(http_server_port(server));
    raw_send(client, TEXT("POST /keep HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"));
    struct sender sender = {client, fixture_take()};
    assert_false(http_request_uploads(sender.request));
    await(&sender);
    assert_int_equal(next_news(), HTTP_UPLOAD_LAST);
    assert_int_equal(http_request_body(sender.request).size, 5);
    fixture_respond(sender.request, TEXT("all of it"));
    assert_true(raw_answer(client, false, answer) > 0);
    close(client);
    http_server_stop(server);
}

/* What the sockets hold, and a part, is all that a client gets rid of. */
static void nothing_is_read_before_it_is_awaited(void **state)
{
    (void)state;
    static char block[64 * 1024];
    struct http_server *server = start();
    struct sender sender = begin(server, "Content-Length: 4194304\r\n");
    setsockopt(sender.client, SOL_SOCKET, SO_SNDBUF, &(int){16384}, sizeof(int));
    await(&sender);
    send_bytes(&sender, HTTP_UPLOAD_PART_SIZE, '\0');
    assert_int_equal(next_news(), HTTP_UPLOAD_PART);
    size_t sent = HTTP_UPLOAD_PART_SIZE;
    ssize_t size = sizeof block;
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(sender.client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (sent < LIMIT && size > 0) {
        size = send(sender.client, block, sizeof block, MSG_NOSIGNAL);
        sent += size > 0 ? (size_t)size : 0;
    }
    assert_true(sent < LIMIT);
    assert_int_equal(http_request_body(sender.request).size, HTTP_UPLOAD_PART_SIZE);
    assert_int_equal(news.told, 1);
    close(sender.client);
    await(&sender);
    int what = next_news();
    while (what == HTTP_UPLOAD_PART) { /* what had come already */
        await(&sender);
        what = next_news();
    }
    assert_int_equal(what, HTTP_UPLOAD_GONE);
    fixture_respond(sender.request, TEXT("to nobody"));
    http_server_stop(server);
}

static void who_hangs_up_in_the_middle_is_gone(void **state)
{
    (void)state;
    struct http_server *server = start();
    struct sender sender = begin(server, "Content-Length: 1000000\r\n");
    await(&sender);
    send_bytes(&sender, HTTP_UPLOAD_PART_SIZE + 1000, 'a');
    assert_int_equal(next_news(), HTTP_UPLOAD_PART);
    raw_abort(sender.client);
    await(&sender);
    assert_int_equal(next_news(), HTTP_UPLOAD_GONE);
    fixture_respond(sender.request, TEXT("to nobody"));
    http_server_stop(server);
}

static void who_is_too_slow_is_gone(void **state)
{
    (void)state;
    struct http_server *server = start();
    int64_t began_ms = raw_now_ms();
    struct sender sender = begin(server, "Content-Length: 1000000\r\n");
    await(&sender);
    send_bytes(&sender, 1000, 'a');
    assert_int_equal(next_news(), HTTP_UPLOAD_GONE); /* six times the time of a small one */
    assert_in_range(raw_now_ms() - began_ms, 2900, 4900);
    fixture_respond(sender.request, TEXT("to nobody"));
    close(sender.client);
    http_server_stop(server);
}

static void what_is_answered_in_the_middle_is_read_behind_the_rest(void **state)
{
    (void)state;
    struct http_server *server = start();
    struct sender sender = begin(server, "Content-Length: 1000000\r\n");
    await(&sender);
    send_bytes(&sender, HTTP_UPLOAD_PART_SIZE, 'a');
    assert_int_equal(next_news(), HTTP_UPLOAD_PART);
    fixture_respond(sender.request, TEXT("enough"));
    send_bytes(&sender, 1000000 - HTTP_UPLOAD_PART_SIZE, 'a');
    assert_true(raw_answer(sender.client, false, answer) > 0);
    assert_string_equal(raw_body(answer), "enough");
    raw_send(sender.client, TEXT("GET /?q=next HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(raw_answer(sender.client, false, answer) > 0);
    assert_string_equal(raw_body(answer), "next");
    close(sender.client);
    http_server_stop(server);
}

static void what_is_answered_at_once_is_read_before_the_body(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.body_limit = body_limit;
    how.handle = http_redirect;
    how.context = (void *)(uintptr_t) "https://elsewhere";
    struct http_server *server = fixture_start(&how);
    int client = raw_connect(http_server_port(server));
    raw_send(client, TEXT("POST /keep HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
                          "Content-Length: 1000000\r\n\r\n"));
    assert_true(raw_answer(client, false, answer) > 0);
    assert_int_equal(raw_status(answer), 308);
    assert_non_null(strcasestr(answer, "Connection: close\r\n"));
    assert_true(raw_closes(client, 2000));
    close(client);
    http_server_stop(server);
}

static void chunks_above_the_limit_end_it(void **state)
{
    (void)state;
    struct http_server *server = start();
    struct sender sender = begin(server, "Transfer-Encoding: chunked\r\n");
    await(&sender);
    raw_send(sender.client, TEXT("400001\r\n")); /* one more than LIMIT */
    for (int part = 0; part < LIMIT / HTTP_UPLOAD_PART_SIZE; part++) {
        send_bytes(&sender, HTTP_UPLOAD_PART_SIZE, 'a');
        assert_int_equal(next_news(), HTTP_UPLOAD_PART);
        await(&sender);
    }
    send_bytes(&sender, 1, 'a');
    assert_int_equal(next_news(), HTTP_UPLOAD_GONE);
    fixture_respond(sender.request, TEXT("to nobody"));
    assert_true(raw_answer(sender.client, false, answer) > 0);
    assert_int_equal(raw_status(answer), 413);
    close(sender.client);
    http_server_stop(server);
}

static void a_server_that_stops_ends_it(void **state)
{
    (void)state;
    struct http_server *server = start();
    struct sender waits = begin(server, "Content-Length: 1000000\r\n");
    await(&waits);
    struct sender works = begin(server, "Content-Length: 1000000\r\n");
    await(&works);
    send_bytes(&works, HTTP_UPLOAD_PART_SIZE, 'a');
    assert_int_equal(next_news(), HTTP_UPLOAD_PART);
    http_server_stop(server);
    assert_int_equal(next_news(), HTTP_UPLOAD_GONE);
    await(&works);
    assert_int_equal(next_news(), HTTP_UPLOAD_GONE);
    fixture_respond(waits.request, TEXT("to nobody"));
    fixture_respond(works.request, TEXT("to nobody"));
    close(waits.client);
    close(works.client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_full_and_the_last_as_it_is),
        cmocka_unit_test(a_body_in_chunks_comes_in_the_same_parts),
        cmocka_unit_test(a_body_that_is_small_is_the_last_part_by_itself),
        cmocka_unit_test(nothing_is_read_before_it_is_awaited),
        cmocka_unit_test(who_hangs_up_in_the_middle_is_gone),
        cmocka_unit_test(who_is_too_slow_is_gone),
        cmocka_unit_test(what_is_answered_in_the_middle_is_read_behind_the_rest),
        cmocka_unit_test(what_is_answered_at_once_is_read_before_the_body),
        cmocka_unit_test(chunks_above_the_limit_end_it),
        cmocka_unit_test(a_server_that_stops_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
