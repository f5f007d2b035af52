#include "http/server.h"
#include "http/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* GnuTLS' words. No key exchange without forward secrecy, no CBC, no SHA-1. */
static const char PRIORITIES[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"
    "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:"
    "+GROUP-SECP256R1:+GROUP-SECP384R1:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE";

enum { WRITES_END_MS = 2000, BACKLOG = 1024 };

/* Where microhttpd's log goes: what it says while it starts is the reason of a failed start. Later
 * it speaks of clients' faults only, which are answered and not logged. */
static _Thread_local char *start_reason;

__attribute__((format(printf, 2, 0))) static void on_log(void *context, const char *format,
                                                         va_list args)
{
    (void)context;
    if (start_reason == NULL)
        return;
    vsnprintf(start_reason, HTTP_REASON_SIZE, format, args);
    start_reason[strcspn(start_reason, "\n")] = '\0';
}

/* Keeps percent sequences as they are: head.c decodes them, strictly and after splitting. */
static size_t keep_escapes(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

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
    default_u32(&options->read_timeout_ms, 10000);
    default_u32(&options->idle_timeout_ms, 60000);
    default_u32(&options->answer_timeout_ms, 10000);
    default_u32(&options->write_timeout_ms, 30000);
    default_u32(&options->stop_timeout_ms, 5000);
    default_u32(&options->connections_max, 10000);
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

static struct MHD_OptionItem callback(enum MHD_OPTION option, uintptr_t function, void *context)
{
    return (struct MHD_OptionItem){option, (intptr_t)function, context};
}

static struct MHD_OptionItem number(enum MHD_OPTION option, size_t value)
{
    return (struct MHD_OptionItem){option, (intptr_t)value, NULL};
}

static struct MHD_OptionItem pointer(enum MHD_OPTION option, const void *value)
{
    return (struct MHD_OptionItem){option, 0, (void *)(uintptr_t)value};
}

static struct MHD_Daemon *start_daemon(struct http_server *server,
                                       const struct sockaddr_storage *address)
{
    const struct http_server_options *options = &server->options;
    const struct MHD_OptionItem end = {MHD_OPTION_END, 0, NULL};
    bool tls = options->certificate_pem != NULL;
    const struct MHD_OptionItem items[] = {
        callback(MHD_OPTION_NOTIFY_CONNECTION, (uintptr_t)http_on_connection, server),
        callback(MHD_OPTION_URI_LOG_CALLBACK, (uintptr_t)http_on_target, server),
        callback(MHD_OPTION_NOTIFY_COMPLETED, (uintptr_t)http_on_completed, server),
        callback(MHD_OPTION_UNESCAPE_CALLBACK, (uintptr_t)keep_escapes, NULL),
        pointer(MHD_OPTION_SOCK_ADDR, address),
        number(MHD_OPTION_STRICT_FOR_CLIENT, 1),
        number(MHD_OPTION_CONNECTION_LIMIT, options->connections_max),
        number(MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_per_address_max),
        number(MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->head_size_max),
        number(MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG),
        options->threads > 1 ? number(MHD_OPTION_THREAD_POOL_SIZE, options->threads) : end,
        end,
    };
    const struct MHD_OptionItem tls_items[] = {
        pointer(MHD_OPTION_HTTPS_CERT_CALLBACK2, (const void *)(uintptr_t)http_on_certificate),
        pointer(MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES),
        end,
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    flags |= tls ? MHD_USE_TLS : 0U;
    flags |= address->ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U;
    return MHD_start_daemon(flags, options->port, NULL, NULL, http_on_access, server,
                            MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_ARRAY, items,
                            MHD_OPTION_ARRAY, tls ? tls_items : &end, MHD_OPTION_END);
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
    start_reason = ret_reason;
    server->daemon = start_daemon(server, &address);
    start_reason = NULL;
    if (server->daemon == NULL) {
        http_server_release(server);
        return ERR_CONFIG;
    }
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    CHECK(pthread_create(&server->deadline_thread, NULL, http_deadline_run, server) == 0);
    ret_reason[0] = '\0';
    *ret_server = server;
    return OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

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

/* microhttpd must have no suspended connection when it is stopped: answers all that still wait. */
static void end_waiting(struct http_server *server)
{
    static const struct timespec PAUSE = {.tv_nsec = 5 * 1000000};
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
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    http_deadline_end_streams(server);
    await_answers(server, server->options.stop_timeout_ms);
    http_deadline_end_streams(server); /* those that began meanwhile */
    end_waiting(server);
    await_answers(server, WRITES_END_MS);
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->deadline_thread, NULL);
    MHD_stop_daemon(server->daemon);
    http_linger_end(server);
    if (listener != MHD_INVALID_SOCKET)
        close(listener);
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
