/* admit.c - who may connect: so many of one line, and where all places are nearly taken, room
 * for the next is made by ending those who have said nothing for longest. */
#include "http/internal.h"

#include "base/network.h"
#include "base/table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { IDLE_STEPS = 64 };

/* Connections of one line (base/network.h). */
struct http_line {
    UT_hash_handle hh;
    unsigned count;
    char text[NETWORK_ADDRESS_SIZE];
};

void http_address_print(const struct sockaddr *address, char ret_text[INET6_ADDRSTRLEN])
{
    const void *bytes = NULL;
    memset(ret_text, 0, INET6_ADDRSTRLEN);
    if (address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (bytes == NULL || inet_ntop(address->sa_family, bytes, ret_text, INET6_ADDRSTRLEN) == NULL)
        memcpy(ret_text, "unknown", sizeof "unknown");
}

static struct http_line *find(const struct http_server *server, const char *address)
{
    struct http_line *line = NULL;
    char text[NETWORK_ADDRESS_SIZE];
    network_print_line(text_of(address), text);
    HASH_FIND(hh, server->lines, text, strlen(text), line);
    return line;
}

enum MHD_Result http_on_accept(void *context, const struct sockaddr *address, socklen_t size)
{
    (void)size;
    struct http_server *server = context;
    char text[INET6_ADDRSTRLEN];
    http_address_print(address, text);
    pthread_mutex_lock(&server->lock);
    const struct http_line *known = find(server, text);
    bool room = known == NULL || known->count < server->options.connections_per_address_max ||
                http_proxies_trust(&server->options.proxies, text_of(text));
    pthread_mutex_unlock(&server->lock);
    return room ? MHD_YES : MHD_NO;
}

void http_line_enter(struct http_server *server, const char *address)
{
    struct http_line *line = find(server, address);
    if (line == NULL) {
        line = calloc(1, sizeof *line);
        CHECK(line != NULL);
        network_print_line(text_of(address), line->text);
        HASH_ADD(hh, server->lines, text, strlen(line->text), line);
    }
    line->count++;
    server->connections_count++;
}

void http_line_leave(struct http_server *server, const char *address)
{
    struct http_line *line = find(server, address);
    CHECK(line != NULL);
    server->connections_count--;
    if (--line->count > 0)
        return;
    HASH_DEL(server->lines, line);
    free(line);
}

/* How soon an idle connection would be cut anyway, in IDLE_STEPS steps. */
static size_t step_of(const struct http_server *server, const struct http_connection *connection,
                      int64_t now_ns)
{
    int64_t left_ns = connection->deadline_ns - now_ns;
    int64_t whole_ns = (int64_t)server->options.idle_timeout_ms * 1000000;
    int64_t step = left_ns * IDLE_STEPS / (whole_ns + 1);
    return step < 0 ? 0 : step >= IDLE_STEPS ? IDLE_STEPS - 1 : (size_t)step;
}

static bool is_idle(const struct http_connection *connection)
{
    return connection->request == NULL && !connection->cut;
}

void http_admit_make_room(struct http_server *server, size_t most, int64_t now_ns)
{
    size_t idle[IDLE_STEPS] = {0};
    size_t cut = 0, excess = 0, last = 0;
    if (server->connections_count <= most)
        return;
    struct http_connection *connection = server->connections;
    for (; connection != NULL; connection = connection->next) {
        if (is_idle(connection))
            idle[step_of(server, connection, now_ns)]++;
        cut += connection->cut;
    }
    excess = server->connections_count - cut > most ? server->connections_count - cut - most : 0;
    for (size_t found = idle[0]; found < excess && last < IDLE_STEPS - 1; found += idle[last])
        last++;
    for (connection = server->oldest; connection != NULL && excess > 0;
         connection = connection->previous) {
        if (!is_idle(connection) || step_of(server, connection, now_ns) > last)
            continue;
        connection->cut = true;
        shutdown(connection->socket, SHUT_RDWR);
        excess--;
    }
}
