/* deadline.c - the thread that ends what takes too long. A look at every connection each 50 ms is
 * simpler than a wheel and costs little: 10 000 connections are a tenth of a millisecond. */
#include "http/internal.h"

#include <sys/socket.h>

enum { TICK_MS = 50, ROUND_MAX = 256, SCRATCH_SIZE_MAX = 1024 * 1024 };

/* Cuts what reads or writes past its deadline, and takes a reference of each waiting request past
 * its own into `ret_requests`. */
static size_t collect(struct http_server *server, int64_t until_ns,
                      struct http_request *ret_requests[ROUND_MAX])
{
    size_t count = 0;
    int64_t now_ns = http_now_ns();
    pthread_mutex_lock(&server->lock);
    unsigned places = server->options.connections_max;
    http_admit_make_room(server, places - places / 8, now_ns);
    for (struct http_connection *connection = server->connections; connection != NULL;
         connection = connection->next) {
        struct http_request *request = connection->request;
        if (request != NULL && request->suspended) {
            http_stream_look(request, now_ns);
            if (connection->deadline_ns <= until_ns && request->status == 0 && count < ROUND_MAX) {
                http_request_retain(request);
                ret_requests[count++] = request;
            }
        } else if (connection->deadline_ns <= now_ns && !connection->cut) {
            connection->cut = true;
            shutdown(connection->socket, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&server->lock);
    return count;
}

static void expire(struct http_request *request, struct arena *arena)
{
    const struct http_server_options *options = &request->server->options;
    struct http_response response;
    if (options->expired != NULL)
        options->expired(options->context, request, arena, &response);
    else
        response = http_problem_response(
            request,
            &(struct http_problem){.code = HTTP_PROBLEM_OVERLOADED,
                                   .detail = TEXT("no answer within the time allowed")},
            arena);
    unsigned status;
    struct MHD_Response *answer = http_response_build(request, &response, arena, &status);
    http_request_answer(request, answer, status);
    http_request_release(request);
}

void http_deadline_expire(struct http_server *server, int64_t until_ns)
{
    struct http_request *requests[ROUND_MAX];
    size_t count;
    do {
        count = collect(server, until_ns, requests);
        if (count == 0)
            return;
        struct arena *arena = arena_new(SCRATCH_SIZE_MAX);
        for (size_t i = 0; i < count; i++) {
            expire(requests[i], arena);
            arena_reset(arena);
        }
        arena_free(arena);
    } while (count == ROUND_MAX);
}

void http_deadline_end_streams(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    for (struct http_connection *connection = server->connections; connection != NULL;
         connection = connection->next) {
        if (connection->request != NULL)
            http_stream_finish(connection->request);
    }
    pthread_mutex_unlock(&server->lock);
}

void *http_deadline_run(void *context)
{
    struct http_server *server = context;
    for (;;) {
        if (atomic_load(&server->stopping))
            return NULL;
        http_deadline_expire(server, http_now_ns());
        http_linger_for(server, TICK_MS);
    }
}
