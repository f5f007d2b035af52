/* loop.c - the threads that serve. Each has a daemon of microhttpd's of its own, is handed its
 * connections by the thread that accepts (accept.c), and waits for them here.
 *
 * Why not microhttpd's own threads: where epoll_wait() gives exactly as many events as microhttpd
 * 0.9.75 has room for (EVENTS_MAX), it waits again before it handles any, and for as long as its
 * thread may sleep: 128 clients that all wait for their answers get none. A daemon that can have so
 * many events is therefore only asked for those that are there, once there are some.
 */
#include "http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 128,
    OWN_EVENTS = 2, /* of the wake-up, and of microhttpd's own */
    LOOK_MS = 200,  /* for the end */
    BACKLOG = 1024,
    DESCRIPTORS_KEPT = 256, /* for all else than connections */
    CONNECTIONS_MIN = 16,
};

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

/* --- running ---------------------------------------------------------------------------------- */

/* Has the thread look, now or if it is just about to sleep. microhttpd has a wake-up of its own for
 * its own threads only; that one is written to each time, this one once for all who come meanwhile.
 */
void http_loop_wake(struct http_loop *loop)
{
    if (!atomic_exchange(&loop->woken, true))
        CHECK(eventfd_write(loop->wake_fd, 1) == 0);
}

void http_loop_resume(struct http_request *request)
{
    if (!request->suspended || request->resumed)
        return;
    request->resumed = true;
    MHD_resume_connection(request->mhd);
    http_loop_wake(request->connection->loop);
    if (request->stage == HTTP_STAGE_BODY) /* its client may never send what it would be told of */
        http_request_end_suspension(request);
}

/* Sleeps until there is something to do, LOOK_MS at most. */
static void await_events(struct http_loop *loop)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (MHD_get_timeout(loop->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0)
        return;
    struct pollfd polled = {.fd = loop->epoll_fd, .events = POLLIN};
    poll(&polled, 1, LOOK_MS);
}

static void *run(void *argument)
{
    struct http_loop *loop = argument;
    sigset_t pipe; /* a client that is gone is an error of the write, here as in microhttpd's own */
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    CHECK(pthread_sigmask(SIG_BLOCK, &pipe, NULL) == 0);
    while (!atomic_load(&loop->server->stopping)) {
        /* Who resumes a connection from here on writes again; what was resumed before is taken up
         * below, before any sleep. */
        bool woken = atomic_exchange(&loop->woken, false);
        http_accept_take(loop);
        bool few = atomic_load(&loop->connections) + OWN_EVENTS < EVENTS_MAX;
        if (!few && !woken)
            await_events(loop);
        MHD_run_wait(loop->daemon, few ? LOOK_MS : 0);
    }
    return NULL;
}

/* --- the daemons ------------------------------------------------------------------------------ */

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

static struct MHD_Daemon *start_daemon(struct http_loop *loop)
{
    struct http_server *server = loop->server;
    const struct http_server_options *options = &server->options;
    const struct MHD_OptionItem end = {MHD_OPTION_END, 0, NULL};
    bool tls = server->certificate != NULL;
    const struct MHD_OptionItem items[] = {
        callback(MHD_OPTION_NOTIFY_CONNECTION, (uintptr_t)http_on_connection, loop),
        callback(MHD_OPTION_URI_LOG_CALLBACK, (uintptr_t)http_on_target, server),
        callback(MHD_OPTION_NOTIFY_COMPLETED, (uintptr_t)http_on_completed, server),
        callback(MHD_OPTION_UNESCAPE_CALLBACK, (uintptr_t)keep_escapes, NULL),
        number(MHD_OPTION_STRICT_FOR_CLIENT, 1),
        number(MHD_OPTION_CONNECTION_LIMIT, options->connections_max / options->threads),
        number(MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->head_size_max),
        number(MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1),
        end,
    };
    const struct MHD_OptionItem tls_items[] = {
        pointer(MHD_OPTION_HTTPS_CERT_CALLBACK2, (const void *)(uintptr_t)http_on_certificate),
        pointer(MHD_OPTION_HTTPS_PRIORITIES, HTTP_TLS_PRIORITIES),
        end,
    };
    unsigned flags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    flags |= MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0U);
    return MHD_start_daemon(flags, 0, http_on_accept, server, http_on_access, server,
                            MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_ARRAY, items,
                            MHD_OPTION_ARRAY, tls ? tls_items : &end, MHD_OPTION_END);
}

/* A socket that listens on the options' address; -1: errno says why not. */
static int listen_on(const struct sockaddr_storage *address)
{
    bool six = address->ss_family == AF_INET6;
    socklen_t size = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    const int on = 1;
    int listener = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (!six || setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
        bind(listener, (const struct sockaddr *)(const void *)address, size) == 0 &&
        listen(listener, BACKLOG) == 0)
        return listener;
    int fault = errno;
    close(listener);
    errno = fault;
    return -1;
}

static uint16_t port_of(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    CHECK(getsockname(listener, (struct sockaddr *)(void *)&address, &size) == 0);
    return address.ss_family == AF_INET6
               ? ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port)
               : ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
}

/* As many connections as there are descriptors for, so that these hardly ever run out. */
static void fit_to_descriptors(struct http_server_options *options)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    rlim_t wanted = options->connections_max + DESCRIPTORS_KEPT;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &limit); /* what it does not give is not there */
        CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    }
    if (limit.rlim_cur >= wanted)
        return;
    options->connections_max = limit.rlim_cur > DESCRIPTORS_KEPT + CONNECTIONS_MIN
                                   ? (unsigned)(limit.rlim_cur - DESCRIPTORS_KEPT)
                                   : CONNECTIONS_MIN;
}

static bool start_loop(struct http_loop *loop)
{
    loop->daemon = start_daemon(loop);
    if (loop->daemon == NULL)
        return false;
    loop->epoll_fd = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    /* Events without a pointer microhttpd passes over; those on an edge need no reading. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = NULL}};
    CHECK(loop->wake_fd >= 0 &&
          epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) == 0);
    return true;
}

bool http_loops_start(struct http_server *server, const struct sockaddr_storage *address,
                      char ret_reason[HTTP_REASON_SIZE])
{
    fit_to_descriptors(&server->options);
    server->listener = listen_on(address);
    if (server->listener < 0) {
        snprintf(ret_reason, HTTP_REASON_SIZE, "%s port %u: %s", server->options.address,
                 server->options.port, strerror(errno));
        return false;
    }
    server->port = port_of(server->listener);
    start_reason = ret_reason;
    bool good = true;
    for (unsigned i = 0; i < server->options.threads && good; i++) {
        server->loops[i].server = server;
        good = start_loop(&server->loops[i]);
    }
    start_reason = NULL;
    for (unsigned i = 0; i < server->options.threads && good; i++)
        CHECK(pthread_create(&server->loops[i].thread, NULL, run, &server->loops[i]) == 0);
    if (good)
        CHECK(pthread_create(&server->accept_thread, NULL, http_accept_run, server) == 0);
    else
        http_loops_end(server);
    return good;
}

void http_loops_quiesce(struct http_server *server)
{
    atomic_store(&server->quiet, true);
    shutdown(server->listener, SHUT_RDWR); /* who connects is refused, and waits for nobody */
    pthread_join(server->accept_thread, NULL);
}

void http_loops_join(struct http_server *server)
{
    for (unsigned i = 0; i < server->options.threads; i++)
        http_loop_wake(&server->loops[i]);
    for (unsigned i = 0; i < server->options.threads; i++)
        pthread_join(server->loops[i].thread, NULL);
}

void http_loops_end(struct http_server *server)
{
    for (unsigned i = 0; i < server->options.threads; i++) {
        if (server->loops[i].daemon == NULL)
            continue;
        http_accept_drop(&server->loops[i]);
        MHD_stop_daemon(server->loops[i].daemon);
        close(server->loops[i].wake_fd);
    }
    close(server->listener);
}
