/* linger.c - connections that were refused while their client still sent. The kernel would answer
 * what comes after a close with a reset, and a reset makes the client's kernel forget the answer
 * that was not read yet: so the socket stays open for a while, and what comes is dropped. */
#include "http/internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 3000, LINGER_SIZE_MAX = 16 * 1024 * 1024 };

void http_linger_add(struct http_server *server, int socket)
{
    int own = dup(socket); /* microhttpd is about to close its descriptor */
    if (own < 0)
        return;
    shutdown(own, SHUT_WR);
    struct http_lingerer lingerer = {.socket = own,
                                     .deadline_ns = http_now_ns() + LINGER_MS * INT64_C(1000000),
                                     .left = LINGER_SIZE_MAX};
    pthread_mutex_lock(&server->lock);
    bool room = server->lingerers_count < HTTP_LINGERERS_MAX;
    if (room)
        server->lingerers[server->lingerers_count++] = lingerer;
    pthread_mutex_unlock(&server->lock);
    if (!room)
        close(own);
}

/* Drops what has come. False: it is over. */
static bool drop(struct http_lingerer *lingerer)
{
    for (;;) {
        /* For a TCP socket MSG_TRUNC means: count it and throw it away. */
        ssize_t size = recv(lingerer->socket, NULL, lingerer->left, MSG_TRUNC | MSG_DONTWAIT);
        if (size < 0)
            return (errno == EAGAIN || errno == EINTR) && http_now_ns() < lingerer->deadline_ns;
        lingerer->left -= (size_t)size;
        if (size == 0 || lingerer->left == 0)
            return false;
    }
}

void http_linger_for(struct http_server *server, int timeout_ms)
{
    int64_t until_ns = http_now_ns() + timeout_ms * INT64_C(1000000);
    struct pollfd polled[HTTP_LINGERERS_MAX];
    int64_t left_ns = until_ns - http_now_ns();
    for (; left_ns > 0; left_ns = until_ns - http_now_ns()) {
        pthread_mutex_lock(&server->lock);
        size_t count = server->lingerers_count;
        for (size_t i = 0; i < count; i++)
            polled[i] = (struct pollfd){.fd = server->lingerers[i].socket, .events = POLLIN};
        pthread_mutex_unlock(&server->lock);
        poll(polled, count, (int)(left_ns / 1000000) + 1);
        pthread_mutex_lock(&server->lock);
        for (size_t i = count; i-- > 0;) {
            if (drop(&server->lingerers[i]))
                continue;
            close(server->lingerers[i].socket);
            server->lingerers[i] = server->lingerers[--server->lingerers_count];
        }
        pthread_mutex_unlock(&server->lock);
    }
}

void http_linger_end(struct http_server *server)
{
    for (size_t i = 0; i < server->lingerers_count; i++)
        close(server->lingerers[i].socket);
    server->lingerers_count = 0;
}
