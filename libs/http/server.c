#include "http/server.h"
#include "http/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WRITES_END_MS = 2000 };

static void default_u32(uint32_t *value, uint32_t standard)
{
    *value = *value == 0 ? standard : *value;
}

static void default_size(size_t *value, size_t standard)
{
    *value = *value == 0 ? standard : *value;
}

static void fill_defaults(struct http_server_options *options)
{
    default_u32(&options->threads, 1);
    CHECK(options->threads <= HTTP_THREADS_MAX);
    default_u32(&options->read_timeout_ms, 10000);
    default_u32(&options->idle_timeout_ms, 60000);
    default_u32(&options->answer_timeout_ms, 10000);
    default_u32(&options->write_timeout_ms, 30000);
    default_u32(&options->stop_timeout_ms, 5000);
    default_u32(&options->connections_max, 10000);
    default_u32(&options->large_bodies_max, 64);
    default_u32(&options->connections_per_address_max, 1000);
    default_size(&options->head_size_max, 16384);
    default_size(&options->body_size_max, 65536);
    default_size(&options->arena_size_max, 64 * 1024 * 1024);
}

static struct http_server *server_new(const struct http_server_options *options)
{
    CHECK(options->handle != NULL);
    CHECK(options->make_request_id != NULL);
    struct http_server *server = calloc(1, sizeof *server);
    CHECK(server != NULL);
    atomic_init(&server->references, 1);
    server->options = *options;
    fill_defaults(&server->options);
    CHECK(pthread_mutex_init(&server->lock, NULL) == 0);
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&server->changed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
    return server;
}

void http_server_release(struct http_server *server)
{
    if (atomic_fetch_sub(&server->references, 1) > 1)
        return;
    while (server->spares_count > 0)
        arena_free(server->spares[--server->spares_count]);
    http_certificates_free(server->certificate);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

/* The socket address of the options. False: the address is no numeric one. */
static bool read_address(const struct http_server_options *options,
                         struct sockaddr_storage *ret_address)
{
    *ret_address = (struct sockaddr_storage){0};
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)ret_address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)ret_address;
    if (inet_pton(AF_INET, options->address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(options->port);
        return true;
    }
    if (inet_pton(AF_INET6, options->address, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(options->port);
        return true;
    }
    return false;
}

enum err http_server_start(const struct http_server_options *options,
                           struct http_server **ret_server, char ret_reason[HTTP_REASON_SIZE])
{
    struct sockaddr_storage address;
    if (!read_address(options, &address)) {
        snprintf(ret_reason, HTTP_REASON_SIZE, "\"%s\" is no numeric IPv4 or IPv6 address",
                 options->address);
        return ERR_CONFIG;
    }
    struct http_server *server = server_new(options);
    snprintf(ret_reason, HTTP_REASON_SIZE, "the server on %s port %u does not start",
             options->address, options->port);
    bool tls = options->certificate_pem != NULL;
    if (tls && http_server_set_certificate(server, options->certificate_pem, options->key_pem,
                                           ret_reason) != OK) {
        http_server_release(server);
        return ERR_CONFIG;
    }
    if (!http_loops_start(server, &address, ret_reason)) {
        http_server_release(server);
        return ERR_CONFIG;
    }
    CHECK(pthread_create(&server->deadline_thread, NULL, http_deadline_run, server) == 0);
    ret_reason[0] = '\0';
    *ret_server = server;
    return OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

static const struct timespec PAUSE = {.tv_nsec = 5 * 1000000};

/* Waits until all answers are sent, at most `timeout_ms`. */
static void await_answers(struct http_server *server, uint32_t timeout_ms)
{
    int64_t until_ns = http_now_ns() + (int64_t)timeout_ms * 1000000;
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    pthread_mutex_lock(&server->lock);
    while (server->handed > 0 &&
           pthread_cond_timedwait(&server->changed, &server->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&server->lock);
}

/* Waits until nobody has kept a connection, at most `timeout_ms`: each learns that by its next
 * answer. One that is closed between two requests may have the next on its way, which nobody
 * answers then. */
static void await_leaving(struct http_server *server, uint32_t timeout_ms)
{
    int64_t until_ns = http_now_ns() + (int64_t)timeout_ms * 1000000;
    for (;;) {
        pthread_mutex_lock(&server->lock);
        size_t kept = server->connections_count;
        pthread_mutex_unlock(&server->lock);
        if (kept == 0 || http_now_ns() >= until_ns)
            return;
        nanosleep(&PAUSE, NULL);
    }
}

/* microhttpd must have no suspended connection when it is stopped: answers all that still wait. */
static void end_waiting(struct http_server *server)
{
    for (;;) {
        http_deadline_expire(server, INT64_MAX);
        pthread_mutex_lock(&server->lock);
        size_t suspended = server->suspended;
        pthread_mutex_unlock(&server->lock);
        if (suspended == 0)
            return;
        nanosleep(&PAUSE, NULL);
    }
}

void http_server_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    pthread_mutex_lock(&server->lock);
    server->draining = true;
    pthread_mutex_unlock(&server->lock);
    http_loops_quiesce(server);
    http_deadline_end_streams(server);
    await_leaving(server, server->options.leave_timeout_ms);
    await_answers(server, server->options.stop_timeout_ms);
    pthread_mutex_lock(&server->lock);
    server->closing = true;
    pthread_mutex_unlock(&server->lock);
    http_deadline_end_streams(server); /* those that began meanwhile */
    end_waiting(server);
    await_answers(server, WRITES_END_MS);
    atomic_store(&server->stopping, true);
    pthread_join(server->deadline_thread, NULL);
    http_loops_join(server);
    http_loops_end(server);
    http_linger_end(server);
    http_server_release(server);
}

void http_redirect(void *context, struct http_request *request)
{
    const char *base = context;
    struct text target = request->target;
    struct text location =
        arena_printf(request->arena, "%s%.*s", base, (int)target.size, target.data);
    struct http_pair header = {TEXT("Location"), location};
    http_respond(request, &(struct http_response){.status = 308, .headers = {&header, 1}});
}
