#include "server_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEPT_MAX = 1024 };

atomic_uint fixture_answered;

/* Requests the handler kept, for others to answer. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_request *requests[KEPT_MAX];
    size_t count;
    bool closed;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void keep(struct http_request *request)
{
    pthread_mutex_lock(&kept.lock);
    CHECK(kept.count < KEPT_MAX);
    kept.requests[kept.count++] = request;
    pthread_cond_signal(&kept.changed);
    pthread_mutex_unlock(&kept.lock);
}

struct http_request *fixture_take(void)
{
    pthread_mutex_lock(&kept.lock);
    while (kept.count == 0 && !kept.closed)
        pthread_cond_wait(&kept.changed, &kept.lock);
    struct http_request *request = kept.count > 0 ? kept.requests[--kept.count] : NULL;
    pthread_mutex_unlock(&kept.lock);
    return request;
}

void fixture_close_kept(bool closed)
{
    pthread_mutex_lock(&kept.lock);
    kept.closed = closed;
    pthread_cond_broadcast(&kept.changed);
    pthread_mutex_unlock(&kept.lock);
}

void fixture_respond(struct http_request *request, struct text body)
{
    http_respond(request, &(struct http_response){.status = 200,
                                                  .content_type = TEXT("text/plain"),
                                                  .etag = TEXT("\"17\""),
                                                  .body = body});
}

static void handle(void *context, struct http_request *request)
{
    (void)context;
    struct text path = http_request_path(request);
    struct text value = TEXT("");
    struct bytes body = http_request_body(request);
    if (text_is(path, "/keep")) {
        keep(request);
    } else if (text_is(path, "/large")) {
        char *large = calloc(1, FIXTURE_LARGE_SIZE);
        fixture_respond(request, (struct text){large, FIXTURE_LARGE_SIZE});
        free(large);
    } else if (http_request_query_find(request, "q", &value)) {
        fixture_respond(request, value);
    } else {
        fixture_respond(request, (struct text){(const char *)body.data, body.size});
    }
}

static void count_answer(void *context, const struct http_request *request, unsigned status)
{
    (void)context;
    (void)request;
    (void)status;
    atomic_fetch_add(&fixture_answered, 1);
}

static size_t make_id(void *context, char ret_id[HTTP_REQUEST_ID_SIZE_MAX])
{
    (void)context;
    memcpy(ret_id, "made-here", 9);
    return 9;
}

struct http_server_options fixture_options(void)
{
    return (struct http_server_options){.address = "127.0.0.1",
                                        .handle = handle,
                                        .answered = count_answer,
                                        .make_request_id = make_id,
                                        .body_size_max = 4096,
                                        .read_timeout_ms = 500,
                                        .answer_timeout_ms = 5000,
                                        .write_timeout_ms = 500,
                                        .stop_timeout_ms = 200};
}

struct http_server *fixture_start(const struct http_server_options *how)
{
    struct http_server *server = NULL;
    char reason[HTTP_REASON_SIZE];
    if (http_server_start(how, &server, reason) != OK)
        fail_msg("%s", reason);
    return server;
}

void fixture_certificate(const char *name, char ret_certificate[FIXTURE_PEM_SIZE],
                         char ret_key[FIXTURE_PEM_SIZE])
{
    char command[512];
    char folder[] = "/tmp/http_test_XXXXXX";
    assert_non_null(mkdtemp(folder));
    snprintf(
        command, sizeof command,
        "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
        "-subj /CN=%s -keyout key -out certificate 2>/dev/null && cat certificate && "
        "echo // && cat key; rm -r %s",
        folder, name, folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char all[16384] = {0};
    all[fread(all, 1, sizeof all - 1, pipe)] = '\0';
    pclose(pipe);
    char *middle = strstr(all, "//\n");
    assert_non_null(middle);
    *middle = '\0';
    snprintf(ret_certificate, FIXTURE_PEM_SIZE, "%.8191s", all);
    snprintf(ret_key, FIXTURE_PEM_SIZE, "%.8191s", middle + 3);
}

int fixture_set_up(void **state)
{
    struct http_server_options how = fixture_options();
    *state = fixture_start(&how);
    return 0;
}

int fixture_tear_down(void **state)
{
    http_server_stop(*state);
    return 0;
}
