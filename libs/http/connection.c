/* connection.c - the life of a connection and of the request in it, as microhttpd tells it. */
#include "http/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { ANSWER_SIZE_MAX = 16384, LARGE_FACTOR = 6 };

int64_t http_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t in_ms(uint32_t timeout_ms)
{
    return http_now_ns() + (int64_t)timeout_ms * 1000000;
}

static struct http_connection *connection_new(struct http_server *server,
                                              struct MHD_Connection *mhd)
{
    struct http_connection *connection = calloc(1, sizeof *connection);
    CHECK(connection != NULL);
    connection->server = server;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    connection->socket = info->connect_fd;
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    http_address_print(info->client_addr, connection->address);
    connection->deadline_ns = in_ms(server->options.read_timeout_ms);
    return connection;
}

static void connection_link(struct http_server *server, struct http_connection *connection)
{
    pthread_mutex_lock(&server->lock);
    connection->next = server->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    else
        server->oldest = connection;
    server->connections = connection;
    http_line_enter(server, connection->address);
    pthread_mutex_unlock(&server->lock);
}

static void connection_unlink(struct http_server *server, struct http_connection *connection)
{
    pthread_mutex_lock(&server->lock);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    else
        server->oldest = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    http_line_leave(server, connection->address);
    pthread_mutex_unlock(&server->lock);
}

/* Called before microhttpd closes the socket, so a listed connection's socket is always its own. */
void http_on_connection(void *context, struct MHD_Connection *mhd, void **connection_context,
                        enum MHD_ConnectionNotificationCode code)
{
    struct http_loop *loop = context;
    struct http_server *server = loop->server;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        loop->begun++;
        struct http_connection *connection = connection_new(server, mhd);
        connection->loop = loop;
        connection_link(server, connection);
        *connection_context = connection;
    } else if (*connection_context != NULL) {
        struct http_connection *connection = *connection_context;
        atomic_fetch_sub(&loop->connections, 1);
        connection_unlink(server, connection);
        if (connection->lingers)
            http_linger_add(server, connection->socket);
        free(connection);
        *connection_context = NULL;
    }
}

void *http_on_target(void *context, const char *target, struct MHD_Connection *mhd)
{
    struct http_server *server = context;
    struct http_connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    struct http_request *request = http_request_new(server, target);
    request->mhd = mhd;
    request->connection = connection;
    pthread_mutex_lock(&server->lock);
    connection->request = request;
    connection->deadline_ns = in_ms(server->options.read_timeout_ms);
    pthread_mutex_unlock(&server->lock);
    return request;
}

void http_request_suspend(struct http_request *request)
{
    request->suspended = true;
    request->resumed = false;
    request->server->suspended++;
    MHD_suspend_connection(request->mhd);
}

void http_request_end_suspension(struct http_request *request)
{
    if (!request->suspended)
        return;
    request->suspended = false;
    request->server->suspended--;
}

/* Gives the answer to microhttpd: that of a handler that was quick, or after a resume. */
static enum MHD_Result queue_answer(struct http_request *request)
{
    struct http_server *server = request->server;
    pthread_mutex_lock(&server->lock);
    http_request_end_suspension(request);
    struct MHD_Response *answer = request->answer;
    request->answer = NULL;
    unsigned status = request->status;
    pthread_mutex_unlock(&server->lock);
    CHECK(answer != NULL);
    enum MHD_Result queued = MHD_queue_response(request->mhd, status, answer);
    MHD_destroy_response(answer);
    return queued;
}

/* Answers with a problem; what follows on this connection cannot be trusted, so it ends there, once
 * the client had time to read it. */
static enum MHD_Result refuse(struct http_request *request, enum http_problem_code code,
                              const char *detail)
{
    request->close = true;
    request->connection->lingers = true;
    http_request_retain(request);
    http_respond_error(request, code, text_of(detail));
    return queue_answer(request);
}

static bool has_body(const struct http_request *request)
{
    return http_request_header(request, "Content-Length").size > 0 ||
           http_request_header(request, "Transfer-Encoding").size > 0;
}

/* Gives the body its bound. False: it would be one more large one than are taken at a time. */
static bool admit_body(struct http_request *request, struct text length)
{
    struct http_server *server = request->server;
    const struct http_server_options *options = &server->options;
    bool small = length.size > 0 && length.size <= 18 &&
                 strtoull(length.data, NULL, 10) <= options->body_size_max;
    if (small || options->body_limit == NULL || !has_body(request))
        return true;
    size_t limit = options->body_limit(options->context, request);
    if (limit <= options->body_size_max)
        return true;
    http_upload_begin(request, limit);
    if (atomic_fetch_add(&server->large_bodies, 1) >= options->large_bodies_max)
        return false;
    pthread_mutex_lock(&server->lock);
    request->connection->deadline_ns = in_ms(LARGE_FACTOR * options->read_timeout_ms);
    pthread_mutex_unlock(&server->lock);
    return true;
}

/* Calls the handler; whoever has to answer has a reference. */
static void hand_over(struct http_request *request)
{
    const struct http_server_options *options = &request->server->options;
    request->began_ns = http_now_ns();
    http_request_retain(request);
    options->handle(options->context, request);
}

/* Calls the handler, to which the body comes part by part. An answer that is there at once goes
 * before the body, of which nothing is read then. */
static enum MHD_Result upload_begins(struct http_request *request)
{
    hand_over(request);
    pthread_mutex_lock(&request->server->lock);
    bool answered = request->status != 0;
    pthread_mutex_unlock(&request->server->lock);
    if (!answered)
        return MHD_YES;
    request->connection->lingers = true;
    return queue_answer(request);
}

static enum MHD_Result head_is_in(struct http_request *request, const char *method,
                                  const char *version)
{
    request->stage = HTTP_STAGE_BODY;
    const char *fault = http_head_read(request, method, version);
    if (fault != NULL)
        return refuse(request, HTTP_PROBLEM_MALFORMED_REQUEST, fault);
    struct text length = http_request_header(request, "Content-Length");
    if (!admit_body(request, length))
        return refuse(request, HTTP_PROBLEM_OVERLOADED, "too many large bodies are coming in");
    size_t limit = request->upload != NULL ? http_upload_left(request) : request->body.size_max;
    if (length.size > 18 || strtoull(length.data, NULL, 10) > limit)
        return refuse(request, HTTP_PROBLEM_BODY_TOO_LARGE,
                      "the Content-Length is above the limit");
    return request->upload != NULL ? upload_begins(request) : MHD_YES;
}

/* Writes past microhttpd, which writes nothing itself while it reads a body. What the socket does
 * not take is lost: it has room for the first answer of a connection, or nobody reads. */
static void write_past(struct http_request *request, struct bytes bytes)
{
    if (request->server->certificate == NULL) {
        (void)!send(request->connection->socket, bytes.data, bytes.size,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    (void)!gnutls_record_send(info->tls_session, bytes.data, bytes.size);
}

/* Chunks that have become too much: microhttpd takes no answer before a body is over, and this one
 * may never be. */
static enum MHD_Result refuse_the_rest(struct http_request *request)
{
    request->close = true;
    request->connection->lingers = true;
    struct http_problem problem = {.code = HTTP_PROBLEM_BODY_TOO_LARGE,
                                   .detail = TEXT("the body is above the limit")};
    struct http_response response = http_problem_response(request, &problem, request->arena);
    struct buffer bytes;
    buffer_init(&bytes, ANSWER_SIZE_MAX);
    http_response_print(request, &response, &bytes);
    CHECK(buffer_ok(&bytes));
    write_past(request, buffer_bytes(&bytes));
    buffer_free(&bytes);
    pthread_mutex_lock(&request->server->lock);
    request->status = response.status;
    pthread_mutex_unlock(&request->server->lock);
    return MHD_NO;
}

/* `*size` becomes how much of it could not be taken yet. */
static enum MHD_Result body_goes_on(struct http_request *request, const char *data, size_t *size)
{
    if (request->upload != NULL) {
        if (*size > http_upload_left(request))
            return refuse_the_rest(request);
        return http_upload_take(request, data, size) ? MHD_YES : MHD_NO;
    }
    buffer_append(&request->body, data, *size);
    *size = 0;
    return buffer_ok(&request->body) ? MHD_YES : refuse_the_rest(request);
}

/* An answer is due from here on. False: not any more, the server is stopping. Its client asks again
 * elsewhere, as of any connection that ends between two requests. */
static bool is_handed(struct http_request *request, int64_t deadline_ns)
{
    struct http_server *server = request->server;
    pthread_mutex_lock(&server->lock);
    bool closing = server->closing;
    request->close = request->close || server->draining;
    request->stage = HTTP_STAGE_HANDED;
    request->connection->deadline_ns = deadline_ns;
    server->handed++;
    pthread_mutex_unlock(&server->lock);
    return !closing;
}

static enum MHD_Result upload_is_whole(struct http_request *request)
{
    if (!is_handed(request, in_ms(request->timeout_ms)))
        return MHD_NO;
    request->began_ns = http_now_ns();
    return http_upload_end(request) ? MHD_YES : queue_answer(request);
}

/* Calls the handler; a request it keeps is suspended until somebody answers. */
static enum MHD_Result request_is_whole(struct http_request *request)
{
    struct http_server *server = request->server;
    if (!is_handed(request, INT64_MAX))
        return MHD_NO;
    hand_over(request);
    pthread_mutex_lock(&server->lock);
    bool answered = request->status != 0;
    if (!answered) {
        /* Who stops the server may have looked for those that wait already. */
        request->connection->deadline_ns = server->closing ? 0 : in_ms(request->timeout_ms);
        http_request_suspend(request);
    }
    pthread_mutex_unlock(&server->lock);
    return answered ? queue_answer(request) : MHD_YES;
}

enum MHD_Result http_on_access(void *context, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_size, void **request_context)
{
    (void)context;
    (void)mhd;
    (void)url;
    struct http_request *request = *request_context;
    if (request->stage == HTTP_STAGE_HEAD)
        return head_is_in(request, method, version);
    if (request->stage == HTTP_STAGE_HANDED)
        return queue_answer(request);
    if (*data_size > 0)
        return body_goes_on(request, data, data_size);
    return request->upload != NULL ? upload_is_whole(request) : request_is_whole(request);
}

void http_on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                       enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    (void)code;
    struct http_server *server = context;
    struct http_request *request = *request_context;
    if (request == NULL)
        return;
    *request_context = NULL;
    pthread_mutex_lock(&server->lock);
    http_request_end_suspension(
        request); /* where the client was gone, so that no answer was queued */
    request->connection->request = NULL;
    request->connection->deadline_ns = in_ms(server->options.idle_timeout_ms);
    request->connection = NULL;
    if (request->stage == HTTP_STAGE_HANDED) {
        server->handed--;
        pthread_cond_broadcast(&server->changed);
    }
    unsigned status = request->status;
    pthread_mutex_unlock(&server->lock);
    http_upload_gone(request);
    if (server->options.answered != NULL && status != 0)
        server->options.answered(server->options.context, request, status);
    http_request_release(request);
}
