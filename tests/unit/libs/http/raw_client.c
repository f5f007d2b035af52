#include "raw_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t raw_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void raw_join(int client, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
}

int raw_connect(uint16_t port)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(client >= 0);
    raw_join(client, port);
    return client;
}

bool raw_send(int client, struct text text)
{
    while (text.size > 0) {
        ssize_t sent = send(client, text.data, text.size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text.data += sent;
        text.size -= (size_t)sent;
    }
    return true;
}

/* Reads up to `size` bytes; 0 when closed or too late. */
static size_t read_some(int client, char *data, size_t size, int64_t until_ms)
{
    struct pollfd poller = {.fd = client, .events = POLLIN};
    int64_t left_ms = until_ms - raw_now_ms();
    if (left_ms <= 0 || poll(&poller, 1, (int)left_ms) != 1)
        return 0;
    ssize_t got = recv(client, data, size, 0);
    return got > 0 ? (size_t)got : 0;
}

size_t raw_answer(int client, bool head_only, char ret_answer[RAW_SIZE_MAX])
{
    int64_t until_ms = raw_now_ms() + 5000;
    size_t size = 0;
    size_t whole = SIZE_MAX;
    while (size < whole) { /* one byte at a time, so that a pipelined next answer stays unread */
        CHECK(size + 1 < RAW_SIZE_MAX);
        if (read_some(client, ret_answer + size, 1, until_ms) == 0)
            return 0;
        ret_answer[++size] = '\0';
        if (whole != SIZE_MAX || size < 4 || memcmp(ret_answer + size - 4, "\r\n\r\n", 4) != 0)
            continue;
        const char *length = strcasestr(ret_answer, "\r\nContent-Length:");
        bool body = length != NULL && !head_only;
        whole = size + (body ? strtoul(length + 17, NULL, 10) : 0);
    }
    return size;
}

bool raw_until(int client, const char *end, char ret_read[RAW_SIZE_MAX])
{
    int64_t until_ms = raw_now_ms() + 5000;
    size_t end_size = strlen(end);
    size_t size = 0;
    do {
        CHECK(size + 1 < RAW_SIZE_MAX);
        if (read_some(client, ret_read + size, 1, until_ms) == 0)
            return false;
        ret_read[++size] = '\0';
    } while (size < end_size || memcmp(ret_read + size - end_size, end, end_size) != 0);
    return true;
}

bool raw_closes(int client, int timeout_ms)
{
    int64_t until_ms = raw_now_ms() + timeout_ms;
    char data[4096];
    while (read_some(client, data, sizeof data, until_ms) > 0)
        ;
    return raw_now_ms() < until_ms;
}

void raw_abort(int client)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(client);
}

unsigned raw_status(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

const char *raw_body(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}

unsigned raw_ask(uint16_t port, const char *request, char ret_answer[RAW_SIZE_MAX])
{
    int client = raw_connect(port);
    ret_answer[0] = '\0';
    raw_send(client, text_of(request));
    raw_answer(client, false, ret_answer);
    close(client);
    return raw_status(ret_answer);
}
