/* accept.c - the thread that accepts, and hands each connection to the thread that has the fewest.
 *
 * Why not microhttpd: where accept() fails for want of descriptors, a daemon of 0.9.75 that has
 * connections accepts nobody until one of them ends, however many descriptors are given back
 * before, and one that has none tries again at once, for ever.
 */
#include "http/internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAUSE_MS = 50 }; /* where there is no place or no descriptor */

static void pause_a_little(void)
{
    poll(NULL, 0, PAUSE_MS);
}

/* The thread that has the fewest connections. NULL: each has as many as it may. */
static struct http_loop *choose_loop(struct http_server *server)
{
    unsigned fewest = server->options.connections_max / server->options.threads;
    struct http_loop *chosen = NULL;
    for (unsigned i = 0; i < server->options.threads; i++) {
        struct http_loop *loop = &server->loops[i];
        unsigned count = atomic_load(&loop->connections);
        if (count < fewest && atomic_load(&loop->arrivals_count) < HTTP_ARRIVALS_MAX) {
            fewest = count;
            chosen = loop;
        }
    }
    return chosen;
}

static void hand_over(struct http_loop *loop, const struct http_arrival *arrival)
{
    struct http_server *server = loop->server;
    atomic_fetch_add(&loop->connections, 1);
    pthread_mutex_lock(&server->lock);
    unsigned place = atomic_fetch_add(&loop->arrivals_count, 1);
    CHECK(place < HTTP_ARRIVALS_MAX);
    loop->arrivals[place] = *arrival;
    pthread_mutex_unlock(&server->lock);
    http_loop_wake(loop);
}

void http_accept_take(struct http_loop *loop)
{
    struct http_server *server = loop->server;
    struct http_arrival arrivals[HTTP_ARRIVALS_MAX];
    if (atomic_load(&loop->arrivals_count) == 0)
        return;
    pthread_mutex_lock(&server->lock);
    unsigned count = atomic_exchange(&loop->arrivals_count, 0);
    memcpy(arrivals, loop->arrivals, count * sizeof *arrivals);
    pthread_mutex_unlock(&server->lock);
    for (unsigned i = 0; i < count; i++) {
        unsigned begun = loop->begun;
        /* One that it refuses, it closes; with or without http_on_connection() told of it. */
        (void)!MHD_add_connection(loop->daemon, arrivals[i].socket,
                                  (const struct sockaddr *)(const void *)&arrivals[i].address,
                                  arrivals[i].size);
        if (loop->begun == begun)
            atomic_fetch_sub(&loop->connections, 1);
    }
}

void http_accept_drop(struct http_loop *loop)
{
    unsigned count = atomic_exchange(&loop->arrivals_count, 0);
    for (unsigned i = 0; i < count; i++)
        close(loop->arrivals[i].socket);
}

/* There is no descriptor, or no memory for one: who is idle for longest makes room for who comes.
 */
static void make_room(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connections_count;
    http_admit_make_room(server, count > 0 ? count - 1 : 0, http_now_ns());
    pthread_mutex_unlock(&server->lock);
}

/* Deals with an accept() that failed. False: nobody listens any more. */
static bool survive(struct http_server *server, int fault, bool *starved)
{
    switch (fault) {
    case EINVAL: return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        if (!*starved && server->options.starved != NULL)
            server->options.starved(server->options.context, strerror(fault));
        *starved = true;
        make_room(server);
        pause_a_little();
        return true;
    default: /* about the one that came, who is gone again */ return true;
    }
}

void *http_accept_run(void *context)
{
    struct http_server *server = context;
    struct pollfd listener = {.fd = server->listener, .events = POLLIN};
    bool starved = false;
    for (;;) {
        struct http_loop *loop = choose_loop(server);
        struct http_arrival arrival = {.size = sizeof arrival.address};
        if (loop == NULL) {
            if (atomic_load(&server->quiet))
                return NULL;
            pause_a_little();
            continue;
        }
        poll(&listener, 1, -1); /* accept() wants a descriptor even where nobody has come */
        arrival.socket = accept4(server->listener, (struct sockaddr *)(void *)&arrival.address,
                                 &arrival.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (arrival.socket >= 0) {
            starved = false;
            hand_over(loop, &arrival);
        } else if (!survive(server, errno, &starved)) {
            return NULL;
        }
    }
}
