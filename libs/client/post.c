#include "client/post.h"

#include "base/network.h"
#include "client/transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STATUS_OK = 200,
    STATUS_MULTIPLE = 300,
    STATUS_NOT_FOUND = 404,
    STATUS_TIMEOUT = 408,
    STATUS_GONE = 410,
    STATUS_EARLY = 425,
    STATUS_TOO_MANY = 429,
    STATUS_SERVER = 500,
    PRIVATE_MAX = 24
};

/* What is not the world: of this host, of somebody's own network, or of nobody. */
static const char PRIVATE[] =
    "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,"
    "192.168.0.0/16,198.18.0.0/15,224.0.0.0/4,240.0.0.0/4,::/128,::1/128,64:ff9b::/96,fc00::/7,"
    "fe80::/10,ff00::/8";

static bool is_private(const struct sockaddr *address)
{
    struct network networks[PRIVATE_MAX], network;
    char text[INET6_ADDRSTRLEN];
    size_t count = 0;
    bool ipv6 = address->sa_family == AF_INET6;
    const void *bytes = ipv6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                             : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    CHECK(network_parse_list(text_of(PRIVATE), PRIVATE_MAX, networks, &count) == OK);
    if ((!ipv6 && address->sa_family != AF_INET) ||
        inet_ntop(address->sa_family, bytes, text, sizeof text) == NULL ||
        network_parse(text_of(text), &network) != OK)
        return true; /* what cannot be judged is not allowed */
    return network_is_in(&network, networks, count);
}

/* The address is that which the name resolved to, so no second look at the name can change it. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    bool *denied = context;
    *denied = is_private(&address->addr);
    return *denied ? CURL_SOCKET_BAD
                   : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t pass_over(char *data, size_t one, size_t count, void *context)
{
    (void)data;
    (void)context;
    return one * count;
}

static struct curl_slist *headers_of(const struct post *post)
{
    struct curl_slist *list =
        curl_slist_append(NULL, post->type != NULL ? post->type : "Content-Type: application/json");
    for (size_t i = 0; i < POST_HEADERS_MAX && post->headers[i] != NULL; i++)
        list = curl_slist_append(list, post->headers[i]);
    CHECK(list != NULL);
    return list;
}

static enum err judge(CURLcode code, long status, bool denied)
{
    bool later = status == STATUS_TIMEOUT || status == STATUS_EARLY || status == STATUS_TOO_MANY ||
                 status >= STATUS_SERVER;
    if (denied || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
        return ERR_DENIED;
    if (code != CURLE_OK || later)
        return ERR_BUSY;
    if (status == STATUS_NOT_FOUND || status == STATUS_GONE)
        return ERR_NOT_FOUND;
    return status >= STATUS_OK && status < STATUS_MULTIPLE ? OK : ERR_DENIED;
}

/* A post as it is carried. */
struct posting {
    struct transfer transfer; /* first: it is found by it */
    struct curl_slist *headers;
    bool denied;
};

static enum err judge_posting(struct transfer *transfer, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    return judge(code, status, ((struct posting *)transfer)->denied);
}

static void free_posting(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->curl);
    curl_slist_free_all(((struct posting *)transfer)->headers);
    free(transfer);
}

struct transfer *post_transfer(const struct post *post)
{
    struct posting *posting = calloc(1, sizeof *posting);
    CURL *curl = curl_easy_init();
    CHECK(posting != NULL && curl != NULL);
    posting->transfer =
        (struct transfer){.curl = curl, .judge = judge_posting, .free = free_posting};
    posting->headers = headers_of(post);
    curl_easy_setopt(curl, CURLOPT_URL, post->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, post->anywhere ? "https,http" : "https");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)POST_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");         /* it would connect for us */
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L); /* each is looked at where it leads */
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_over);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, posting->headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)post->body.size);
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, post->body.data);
    if (!post->anywhere) {
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &posting->denied);
    }
    return &posting->transfer;
}

enum err post(const struct post *post)
{
    struct transfer *transfer = post_transfer(post);
    enum err err = transfer->judge(transfer, curl_easy_perform(transfer->curl));
    transfer->free(transfer);
    return err;
}
