/* load.c - sends orders to Bourse or to the yardstick and says how long the answers took.
 *
 *     load --url https://127.0.0.1:8443 --tokens FILE --seconds 10 --rate 500 [--connections 32]
 *          [--seed 1] [--body bourse|yardstick] [--instruments CEA-EUR,EUA-EUR] [--streams 0]
 *
 * --rate R    open loop: orders fall due at random (Poisson) moments, whether or not earlier ones
 *             were answered; latency counts from the moment an order was due. A server that stalls
 *             is charged for everybody who had to wait.
 * --rate 0    closed loop: every connection sends its next order when the last was answered, which
 *             finds the highest rate.
 * --streams N beside them so many read the book and the trades of the first instrument as they
 * change.
 *
 * Prints one line of JSON; `began_s` is CLOCK_MONOTONIC at the first order, `shed` what was
 * answered 503, which the percentiles leave out. One thread; certificates are not checked, as this
 * is loopback only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16384, TOKENS_MAX = 10000, BUFFER_SIZE = 16384, SAMPLES_MAX = 4000000 };

struct options {
    char host[64];
    int port;
    bool tls, yardstick;
    double rate, seconds;
    int connections, streams;
    uint64_t seed;
    const char *tokens_path;
    char *instruments[16];
    int instruments_count;
};

enum stage { STAGE_IDLE, STAGE_WRITING, STAGE_READING, STAGE_STREAMING };

struct connection {
    int socket;
    SSL *ssl;
    enum stage stage;
    double due;
    char out[BUFFER_SIZE];
    size_t out_size, out_sent;
    char in[BUFFER_SIZE];
    size_t in_size;
};

static struct options options = {.rate = 0, .seconds = 10, .connections = 32, .seed = 1};
static struct connection connections[CONNECTIONS_MAX]; /* streams behind the others */
static char *tokens[TOKENS_MAX];
static int tokens_count;
static SSL_CTX *tls;
static int poller;
static float *samples_ms;
static size_t samples_count;
static uint64_t sent, answered, refused, shed, failed, pending, messages;
static double shed_s; /* that they took together */
static uint64_t random_state;
static double began;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

static int random_below(int bound)
{
    return (int)((random_bits() >> 33) % (uint64_t)bound);
}

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void read_tokens(void)
{
    FILE *file = fopen(options.tokens_path, "r");
    char line[8192];
    if (file == NULL)
        die(options.tokens_path);
    while (tokens_count < TOKENS_MAX && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        if (line[0] != 0)
            tokens[tokens_count++] = strdup(line);
    }
    fclose(file);
    if (tokens_count == 0) {
        fprintf(stderr, "load: no token in %s\n", options.tokens_path);
        exit(1);
    }
}

static void connection_open(struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    int on = 1;
    inet_pton(AF_INET, options.host, &address.sin_addr);
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0 ||
        connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options.tls) {
        connection->ssl = SSL_new(tls);
        SSL_set_fd(connection->ssl, connection->socket);
        if (SSL_connect(connection->ssl) != 1)
            die("TLS handshake");
    }
    fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_ADD, connection->socket, &event);
    connection->stage = STAGE_IDLE;
    connection->in_size = 0;
}

static void connection_reopen(struct connection *connection)
{
    failed++;
    if (connection->ssl != NULL)
        SSL_free(connection->ssl);
    connection->ssl = NULL;
    close(connection->socket);
    connection_open(connection);
}

/* The next order: sides even, prices within half a percent, so that about half of them trade. */
static int order_body(char *body, size_t size)
{
    const char *instrument = options.instruments[random_below(options.instruments_count)];
    const char *side = random_below(2) == 0 ? "buy" : "sell";
    int quantity = 1 + random_below(100);
    int price = 10000 + random_below(101) - 50;
    if (options.yardstick)
        return snprintf(body, size,
                        "{\"instrument\":\"%s\",\"side\":\"%s\",\"quantity\":%d,"
                        "\"limit_price\":%d}",
                        instrument, side, quantity, price);
    return snprintf(body, size,
                    "{\"instrument\":\"%s\",\"side\":\"%s\",\"type\":\"limit\",\"quantity\":\"%d\","
                    "\"limit_price\":\"%d.%02d\"}",
                    instrument, side, quantity, price / 100, price % 100);
}

static void flush_out(struct connection *connection)
{
    while (connection->out_sent < connection->out_size) {
        const char *data = connection->out + connection->out_sent;
        size_t size = connection->out_size - connection->out_sent;
        ssize_t wrote = connection->ssl != NULL
                            ? SSL_write(connection->ssl, data, (int)size)
                            : send(connection->socket, data, size, MSG_NOSIGNAL);
        if (wrote <= 0)
            return; /* loopback buffers hold an order: what is left goes at the next wake-up */
        connection->out_sent += (size_t)wrote;
    }
    connection->stage = STAGE_READING;
}

static void send_order(struct connection *connection, double due)
{
    char body[512];
    int body_size = order_body(body, sizeof body);
    connection->out_size = (size_t)snprintf(
        connection->out, sizeof connection->out,
        "POST /api/v1/orders HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        options.host, options.port, tokens[random_below(tokens_count)], body_size, body);
    connection->out_sent = 0;
    connection->due = due;
    connection->stage = STAGE_WRITING;
    sent++;
    flush_out(connection);
}

static void count_answer(int status, double latency_s)
{
    answered++;
    if (status == 202 && !options.yardstick)
        pending++;
    else if (status == 409 || status == 422)
        refused++;
    else if (status == 503)
        shed++;
    else if (status / 100 != 2)
        failed++;
    if (status == 503)
        shed_s += latency_s;
    else if (samples_count < SAMPLES_MAX)
        samples_ms[samples_count++] = (float)(latency_s * 1000);
}

/* Takes a whole answer from the buffer. False: it is not all there yet. */
static bool take_answer(struct connection *connection)
{
    connection->in[connection->in_size] = 0;
    char *body = strstr(connection->in, "\r\n\r\n");
    if (body == NULL)
        return false;
    char *length = strcasestr(connection->in, "content-length:");
    size_t size = length != NULL && length < body ? (size_t)strtoul(length + 15, NULL, 10) : 0;
    size_t whole = (size_t)(body + 4 - connection->in) + size;
    if (connection->in_size < whole)
        return false;
    count_answer((int)strtol(connection->in + 9, NULL, 10), now_s() - connection->due);
    connection->in_size = 0;
    connection->stage = STAGE_IDLE;
    return true;
}

static void read_some(struct connection *connection)
{
    for (;;) {
        char *data = connection->in + connection->in_size;
        size_t room = sizeof connection->in - 1 - connection->in_size;
        ssize_t got = connection->ssl != NULL ? SSL_read(connection->ssl, data, (int)room)
                                              : recv(connection->socket, data, room, 0);
        if (got > 0) {
            connection->in_size += (size_t)got;
            if (take_answer(connection))
                return;
            continue;
        }
        bool wait = connection->ssl != NULL
                        ? SSL_get_error(connection->ssl, (int)got) == SSL_ERROR_WANT_READ
                        : got < 0 && errno == EAGAIN;
        if (!wait)
            connection_reopen(connection);
        return;
    }
}

static void stream_open(struct connection *connection)
{
    char *request = connection->out;
    connection_open(connection);
    int size = snprintf(request, sizeof connection->out,
                        "GET /api/v1/market/stream?symbols=%s&channels=book,trades HTTP/1.1\r\n"
                        "Host: %s:%d\r\n\r\n",
                        options.instruments[0], options.host, options.port);
    if (send(connection->socket, request, (size_t)size, MSG_NOSIGNAL) != size)
        die("stream");
    connection->stage = STAGE_STREAMING;
}

/* Counts what ends messages; where a stream ends, the figures would be of fewer. */
static void stream_read(const struct connection *connection)
{
    static char data[1 << 16];
    ssize_t got = recv(connection->socket, data, sizeof data, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        die("a stream ended");
    for (const char *at = data; got > 0 && (at = memmem(at, (size_t)(data + got - at), "\n\n", 2));
         at += 2)
        messages++;
}

static struct connection *idle_connection(void)
{
    static int next;
    for (int i = 0; i < options.connections; i++) {
        next = (next + 1) % options.connections;
        if (connections[next].stage == STAGE_IDLE)
            return &connections[next];
    }
    return NULL;
}

static void wait_for_answers(double seconds)
{
    struct epoll_event events[256];
    struct timespec timeout = {.tv_nsec = (long)(seconds * 1e9)};
    int count = epoll_pwait2(poller, events, 256, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        if (connection->stage == STAGE_STREAMING) {
            stream_read(connection);
            continue;
        }
        if (connection->stage == STAGE_WRITING)
            flush_out(connection);
        read_some(connection);
    }
}

static double next_gap_s(void)
{
    double uniform = ((double)(random_bits() >> 11) + 1) / 9007199254740993.0;
    return -log(uniform) / options.rate;
}

/* Sends what is due as far as connections are free; gives the time until the next is due. */
static double send_due(double *due, double end)
{
    struct connection *connection;
    while (now_s() < end && (options.rate <= 0 || *due <= now_s())) {
        connection = idle_connection();
        if (connection == NULL)
            return 0.01; /* an answer wakes us before */
        send_order(connection, options.rate > 0 ? *due : now_s());
        if (options.rate > 0)
            *due += next_gap_s();
    }
    double wait = *due - now_s();
    return options.rate > 0 && wait > 0 && wait < 0.01 ? wait : 0.01;
}

static void run(double seconds)
{
    double end = began + seconds, due = began;
    while (now_s() < end || sent > answered + failed) {
        double wait = send_due(&due, end);
        if (now_s() > end + 15)
            break;
        wait_for_answers(wait);
    }
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(double share)
{
    if (samples_count == 0)
        return 0;
    size_t index = (size_t)(share * (double)(samples_count - 1));
    return (double)samples_ms[index];
}

static void parse_url(const char *url)
{
    options.tls = strncmp(url, "https://", 8) == 0;
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    const char *colon = strchr(host, ':');
    snprintf(options.host, sizeof options.host, "%.*s",
             (int)(colon == NULL ? strlen(host) : (size_t)(colon - host)), host);
    options.port = colon == NULL ? (options.tls ? 443 : 80) : (int)strtol(colon + 1, NULL, 10);
    if (strcmp(options.host, "localhost") == 0)
        snprintf(options.host, sizeof options.host, "127.0.0.1");
}

static void parse(int argc, char **argv)
{
    static const struct option LONG[] = {
        {"url", 1, NULL, 'u'},         {"tokens", 1, NULL, 't'},
        {"seconds", 1, NULL, 's'},     {"rate", 1, NULL, 'r'},
        {"seed", 1, NULL, 'e'},        {"connections", 1, NULL, 'c'},
        {"instruments", 1, NULL, 'i'}, {"body", 1, NULL, 'b'},
        {"streams", 1, NULL, 'm'},     {0}};
    static char none[] = "CEA-EUR,EUA-EUR";
    char *list = none;
    int option;
    while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
        switch (option) {
        case 'u': parse_url(optarg); break;
        case 't': options.tokens_path = optarg; break;
        case 's': options.seconds = strtod(optarg, NULL); break;
        case 'r': options.rate = strtod(optarg, NULL); break;
        case 'e': options.seed = strtoull(optarg, NULL, 10); break;
        case 'c': options.connections = (int)strtol(optarg, NULL, 10); break;
        case 'i': list = optarg; break;
        case 'm': options.streams = (int)strtol(optarg, NULL, 10); break;
        case 'b': options.yardstick = strcmp(optarg, "yardstick") == 0; break;
        default: exit(2);
        }
    }
    if (options.tokens_path == NULL || options.port == 0 || options.connections < 1 ||
        options.streams < 0 || options.connections + options.streams > CONNECTIONS_MAX ||
        (options.streams > 0 && options.tls)) {
        fprintf(stderr, "usage: load --url URL --tokens FILE --seconds S --rate R\n");
        exit(2);
    }
    for (char *name = strtok_r(list, ",", &list); name != NULL && options.instruments_count < 16;
         name = strtok_r(NULL, ",", &list))
        options.instruments[options.instruments_count++] = name;
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    random_state = options.seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    read_tokens();
    tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    poller = epoll_create1(EPOLL_CLOEXEC);
    samples_ms = malloc(SAMPLES_MAX * sizeof *samples_ms);
    struct rlimit handles;
    if (getrlimit(RLIMIT_NOFILE, &handles) != 0)
        die("file handles");
    handles.rlim_cur = handles.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &handles); /* where it does not suffice, connecting says so */
    for (int i = 0; i < options.connections; i++)
        connection_open(&connections[i]);
    for (int i = 0; i < options.streams; i++)
        stream_open(&connections[options.connections + i]);
    began = now_s();
    run(options.seconds);
    qsort(samples_ms, samples_count, sizeof *samples_ms, by_size);
    printf("{\"began_s\":%.3f,\"offered\":%.0f,\"answered_per_s\":%.1f,\"sent\":%llu,\"answered\":%"
           "llu,"
           "\"refused\":%llu,\"pending\":%llu,\"shed\":%llu,\"shed_mean_ms\":%.2f,\"failed\":%llu,"
           "\"messages\":%llu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"p999_ms\":%.2f,\"max_ms\":%.2f}\n",
           began, options.rate, (double)answered / options.seconds, (unsigned long long)sent,
           (unsigned long long)answered, (unsigned long long)refused, (unsigned long long)pending,
           (unsigned long long)shed, shed > 0 ? 1000 * shed_s / (double)shed : 0,
           (unsigned long long)failed, (unsigned long long)messages, percentile(0.5),
           percentile(0.99), percentile(0.999), percentile(1));
    return 0;
}
