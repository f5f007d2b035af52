#include "http/stream.h"
#include "http/internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BLOCK_SIZE = 1024, LOOK_MS = 1000, SOCKET_BUFFER = 32 * 1024 };

/* Has a reference of its writer's and one of microhttpd's, which reads it. The writer keeps the
 * request, and so the server, as long as it may write. */
struct http_stream {
    atomic_uint references;
    struct http_request *request;
    struct http_server *server;
    size_t buffer_max;
    uint8_t *data; /* locked, as the rest: what waits is data[from..to) */
    size_t from;
    size_t to;
    size_t capacity;
    bool whole;                   /* before it is over nobody may think it is */
    bool over;                    /* ends behind what waits */
    bool gone;                    /* nobody reads any more */
    int64_t looked_ns;            /* at the socket */
    void (*ready)(void *context); /* is told once nothing waits; NULL: nobody */
    void *ready_context;
};

/* Whom to tell, outside of the lock. */
struct listener {
    void (*ready)(void *context);
    void *context;
};

static void release(struct http_stream *stream)
{
    if (atomic_fetch_sub(&stream->references, 1) > 1)
        return;
    free(stream->data);
    free(stream);
}

/* --- microhttpd's side ------------------------------------------------------------------------ */

static size_t take(struct http_stream *stream, char *ret_data, size_t size_max)
{
    size_t waiting = stream->to - stream->from;
    size_t size = waiting < size_max ? waiting : size_max;
    memcpy(ret_data, stream->data + stream->from, size);
    stream->from += size;
    if (stream->from == stream->to)
        stream->from = stream->to = 0;
    return size;
}

/* Under the lock: whoever waits for an empty stream, where it is empty or nobody reads it. */
static struct listener due(struct http_stream *stream)
{
    struct listener listener = {.ready = NULL};
    if (stream->ready != NULL && (stream->gone || stream->over || stream->to == stream->from)) {
        listener = (struct listener){stream->ready, stream->ready_context};
        stream->ready = NULL;
    }
    return listener;
}

static void tell(struct listener listener)
{
    if (listener.ready != NULL)
        listener.ready(listener.context);
}

/* Gives what waits; where nothing does, the connection sleeps until somebody writes. It is asked
 * again only when all given before is on its way, so each time its deadline is a new one. */
static ssize_t read_stream(void *context, uint64_t position, char *ret_data, size_t size_max)
{
    (void)position;
    struct http_stream *stream = context;
    struct http_request *request = stream->request;
    struct http_server *server = stream->server;
    ssize_t size = 0;
    pthread_mutex_lock(&server->lock);
    http_request_end_suspension(request);
    if (stream->gone) {
        size = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (stream->to > stream->from) {
        size = (ssize_t)take(stream, ret_data, size_max);
        request->connection->deadline_ns =
            http_now_ns() + (int64_t)server->options.write_timeout_ms * 1000000;
    } else if (stream->over) {
        size = MHD_CONTENT_READER_END_OF_STREAM;
        request->connection->deadline_ns = /* the one before may long be over */
            http_now_ns() + (int64_t)server->options.write_timeout_ms * 1000000;
    } else {
        http_request_suspend(request);
    }
    struct listener listener = due(stream);
    pthread_mutex_unlock(&server->lock);
    tell(listener);
    return size;
}

/* microhttpd is through with the answer, or never got it. */
static void on_answer_freed(void *context)
{
    struct http_stream *stream = context;
    pthread_mutex_lock(&stream->server->lock);
    stream->gone = true;
    struct listener listener = due(stream);
    pthread_mutex_unlock(&stream->server->lock);
    tell(listener);
    release(stream);
}

/* --- the writer's side ------------------------------------------------------------------------ */

struct http_stream *http_respond_stream(struct http_request *request,
                                        const struct http_response *response, size_t buffer_max)
{
    struct http_stream *stream = calloc(1, sizeof *stream);
    CHECK(stream != NULL);
    atomic_init(&stream->references, 2);
    stream->request = request; /* the reference of whoever had to answer is the writer's now */
    stream->server = request->server;
    stream->buffer_max = buffer_max;
    stream->whole = response->whole;
    struct MHD_Response *answer = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_stream, stream, on_answer_freed);
    CHECK(answer != NULL);
    http_response_begin_stream(request, response, answer);
    pthread_mutex_lock(&stream->server->lock);
    request->stream = stream;
    if (request->connection != NULL) /* what is not read waits here, where it is bounded */
        setsockopt(request->connection->socket, SOL_SOCKET, SO_SNDBUF, &(int){SOCKET_BUFFER},
                   sizeof(int));
    pthread_mutex_unlock(&stream->server->lock);
    http_request_answer(request, answer, response->status);
    return stream;
}

/* Under the lock. */
static void append(struct http_stream *stream, struct text text)
{
    size_t waiting = stream->to - stream->from;
    if (stream->to + text.size > stream->capacity && stream->from > 0) {
        memmove(stream->data, stream->data + stream->from, waiting);
        stream->from = 0;
        stream->to = waiting;
    }
    if (stream->to + text.size > stream->capacity) {
        stream->capacity = 2 * (stream->to + text.size);
        stream->data = realloc(stream->data, stream->capacity);
        CHECK(stream->data != NULL);
    }
    memcpy(stream->data + stream->to, text.data, text.size);
    stream->to += text.size;
}

/* Under the lock: nobody shall read any more. */
static void cut(struct http_stream *stream)
{
    stream->gone = true;
    struct http_connection *connection = stream->request->connection;
    if (connection != NULL && !connection->cut) {
        connection->cut = true;
        shutdown(connection->socket, SHUT_RDWR);
    }
    http_loop_resume(stream->request);
}

bool http_stream_write(struct http_stream *stream, struct text text)
{
    pthread_mutex_lock(&stream->server->lock);
    bool reads = !stream->gone && !stream->over && stream->request->connection != NULL;
    if (reads && stream->to - stream->from + text.size > stream->buffer_max) {
        cut(stream);
        reads = false;
    } else if (reads && text.size > 0) {
        append(stream, text);
        http_loop_resume(stream->request);
    }
    pthread_mutex_unlock(&stream->server->lock);
    return reads;
}

void http_stream_await(struct http_stream *stream, void (*ready)(void *context), void *context)
{
    pthread_mutex_lock(&stream->server->lock);
    stream->ready = ready;
    stream->ready_context = context;
    struct listener listener = due(stream);
    pthread_mutex_unlock(&stream->server->lock);
    tell(listener);
}

/* The writer has no more to say, be that all or not. */
static void give_up(struct http_stream *stream, bool complete)
{
    struct http_request *request = stream->request;
    pthread_mutex_lock(&stream->server->lock);
    stream->over = true;
    if (complete)
        http_loop_resume(stream->request);
    else
        cut(stream);
    pthread_mutex_unlock(&stream->server->lock);
    release(stream);
    http_request_release(request);
}

void http_stream_end(struct http_stream *stream)
{
    if (stream != NULL)
        give_up(stream, true);
}

void http_stream_abandon(struct http_stream *stream)
{
    give_up(stream, false);
}

/* --- the server's side ------------------------------------------------------------------------ */

void http_stream_finish(struct http_request *request)
{
    struct http_stream *stream = request->stream;
    if (stream == NULL)
        return;
    if (stream->whole && !stream->over) {
        cut(stream); /* its writer is told as soon as microhttpd has seen it */
        return;
    }
    stream->over = true;
    http_loop_resume(stream->request);
}

void http_stream_look(struct http_request *request, int64_t now_ns)
{
    struct http_stream *stream = request->stream;
    if (stream == NULL || now_ns < stream->looked_ns + LOOK_MS * INT64_C(1000000))
        return;
    stream->looked_ns = now_ns;
    struct pollfd polled = {.fd = request->connection->socket, .events = POLLRDHUP};
    if (poll(&polled, 1, 0) > 0)
        cut(stream);
}
