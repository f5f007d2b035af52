#include "trace/trace.h"

#include "base/buffer.h"
#include "metrics/metrics.h"
#include "seal/seal.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define EXAMPLE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct trace_context parsed(const char *traceparent)
{
    struct trace_context context;
    assert_true(trace_context_parse(text_of(traceparent), &context));
    return context;
}

static void a_traceparent_is_printed_as_it_was_read(void **state)
{
    (void)state;
    char text[TRACE_PARENT_SIZE];
    struct trace_context context = parsed(EXAMPLE);
    assert_true(context.sampled);
    trace_context_print(&context, text);
    assert_memory_equal(text, EXAMPLE, sizeof text);
    context.sampled = false;
    trace_context_print(&context, text);
    assert_memory_equal(text, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                        sizeof text);
}

static void what_is_no_traceparent_is_not_taken_for_one(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "",
        "00",
        EXAMPLE "-00",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
    };
    struct trace_context context;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++)
        assert_false(trace_context_parse(text_of(WRONG[i]), &context));
}

static void a_span_stands_below_its_parent_under_an_id_of_its_own(void **state)
{
    (void)state;
    struct trace_context parent = parsed(EXAMPLE);
    struct trace_span span;
    trace_span_begin(&span, &parent, TRACE_CONSUMER, 1, "process", TEXT("bourse.orders.events"));
    assert_memory_equal(span.context.trace_id, parent.trace_id, sizeof parent.trace_id);
    assert_memory_equal(span.parent_id, parent.span_id, sizeof parent.span_id);
    assert_memory_not_equal(span.context.span_id, parent.span_id, sizeof parent.span_id);
    assert_true(span.context.sampled);
    assert_string_equal(span.name, "process bourse.orders.events");
}

static void names_and_attributes_are_cut_at_their_bound(void **state)
{
    (void)state;
    char longer[2 * TRACE_TEXT_MAX];
    struct trace_context parent = parsed(EXAMPLE);
    struct trace_span span;
    memset(longer, 'x', sizeof longer);
    struct text text = {.data = longer, .size = sizeof longer};
    trace_span_begin(&span, &parent, TRACE_SERVER, 1, "GET", text);
    trace_span_text(&span, "key", text);
    assert_int_equal(strlen(span.name), TRACE_TEXT_MAX - 1);
    assert_int_equal(strlen(span.attributes[0].text), TRACE_TEXT_MAX - 1);
}

/* How many spans came to that end, as the metrics tell; 0 too before there were any. */
static unsigned long long counted(const char *result)
{
    struct buffer text;
    char name[64];
    unsigned long long count = 0;
    snprintf(name, sizeof name, "bourse_trace_spans_total{result=\"%s\"} ", result);
    buffer_init(&text, 1 << 20);
    metrics_write(METRICS_PLAIN, &text);
    buffer_byte(&text, '\0');
    const char *line = strstr((const char *)text.data, name);
    if (line != NULL)
        assert_int_equal(sscanf(line + strlen(name), "%llu", &count), 1);
    buffer_free(&text);
    return count;
}

/* A socket that listens on a free port of this host. */
static int listen_somewhere(char ret_endpoint[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(socket_fd >= 0);
    assert_int_equal(bind(socket_fd, (struct sockaddr *)(void *)&address, sizeof address), 0);
    assert_int_equal(listen(socket_fd, 8), 0);
    assert_int_equal(getsockname(socket_fd, (struct sockaddr *)(void *)&address, &size), 0);
    snprintf(ret_endpoint, 64, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return socket_fd;
}

static void start(const char *endpoint)
{
    trace_start(&(struct trace_options){
        .endpoint = endpoint, .service = "bourse-test", .instance = "test-0", .version = "0"});
}

static void end_one(bool sampled)
{
    struct trace_context parent = parsed(EXAMPLE);
    struct trace_span span;
    parent.sampled = sampled;
    trace_span_begin(&span, &parent, TRACE_INTERNAL, 5, "do", TEXT("it"));
    trace_span_end(&span, 7);
}

static void without_an_endpoint_nothing_is_traced(void **state)
{
    (void)state;
    start(NULL);
    assert_false(trace_is_on());
    end_one(true);
    trace_stop();
}

struct receiver {
    int fd;
    struct buffer request;
};

/* Takes one request, of which the first span's name tells that all is there, and answers it. */
static void *receive_one(void *argument)
{
    static const char ANSWER[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    struct receiver *receiver = argument;
    char piece[4096];
    int fd = accept(receiver->fd, NULL, NULL);
    while (receiver->request.size == 0 ||
           memmem(receiver->request.data, receiver->request.size, "do it", 5) == NULL) {
        ssize_t size = read(fd, piece, sizeof piece);
        if (size <= 0)
            break;
        buffer_append(&receiver->request, piece, (size_t)size);
    }
    (void)!write(fd, ANSWER, sizeof ANSWER - 1);
    close(fd);
    return NULL;
}

static void spans_that_are_sampled_are_posted_to_the_receiver_and_no_others(void **state)
{
    (void)state;
    char endpoint[64];
    pthread_t thread;
    struct receiver receiver = {.fd = listen_somewhere(endpoint)};
    unsigned long long sent = counted("sent");
    buffer_init(&receiver.request, 1 << 20);
    assert_int_equal(pthread_create(&thread, NULL, receive_one, &receiver), 0);
    start(endpoint);
    end_one(false);
    end_one(true);
    trace_stop();
    pthread_join(thread, NULL);
    assert_int_equal(counted("sent") - sent, 1);
    assert_memory_equal(receiver.request.data, "POST /v1/traces HTTP/1.1\r\n", 26);
    assert_non_null(memmem(receiver.request.data, receiver.request.size, "bourse-test", 11));
    buffer_free(&receiver.request);
    close(receiver.fd);
}

/* It listens and never answers, so that whoever waited for it would wait for seconds. */
static void a_receiver_that_hangs_holds_nobody_up_and_what_finds_no_room_is_counted(void **state)
{
    (void)state;
    char endpoint[64];
    int fd = listen_somewhere(endpoint);
    unsigned long long dropped = counted("dropped");
    start(endpoint);
    int64_t began_us = trace_now_us();
    for (int i = 0; i < 3 * TRACE_QUEUE_MAX; i++)
        end_one(true);
    assert_true(trace_now_us() - began_us < 2000000);
    assert_true(counted("dropped") - dropped >= TRACE_QUEUE_MAX);
    close(fd); /* so that the end has nobody to wait for either */
    trace_stop();
    assert_int_equal(counted("dropped") - dropped, 3 * TRACE_QUEUE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_traceparent_is_printed_as_it_was_read),
        cmocka_unit_test(what_is_no_traceparent_is_not_taken_for_one),
        cmocka_unit_test(a_span_stands_below_its_parent_under_an_id_of_its_own),
        cmocka_unit_test(names_and_attributes_are_cut_at_their_bound),
        cmocka_unit_test(without_an_endpoint_nothing_is_traced),
        cmocka_unit_test(spans_that_are_sampled_are_posted_to_the_receiver_and_no_others),
        cmocka_unit_test(a_receiver_that_hangs_holds_nobody_up_and_what_finds_no_room_is_counted),
    };
    assert_int_equal(seal_init(), OK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
