#include "http/upload.h"
#include "http/internal.h"

/* The part that comes is the body of its request. It grows on microhttpd's thread until it is full,
 * when the connection sleeps until its reader has taken it. */
struct http_upload {
    size_t left;  /* how many bytes may still come; of the connection's thread alone */
    bool whole;   /* locked, as the rest: nothing comes behind what waits */
    bool waiting; /* a part is full, or the last */
    bool told;    /* of it */
    bool gone;
    void (*ready)(void *context, enum http_upload_news news); /* NULL: nobody awaits */
    void *context;
    void (*ended)(void *context); /* not locked, as the next; NULL: nobody wants to know */
    void *ended_context;
};

/* Whom to tell what, outside of the lock. */
struct listener {
    void (*ready)(void *context, enum http_upload_news news);
    void *context;
    enum http_upload_news news;
};

/* Under the lock: whoever awaits something that is there. */
static struct listener due(struct http_upload *upload)
{
    struct listener listener = {.ready = NULL};
    if (upload->ready == NULL || (!upload->waiting && !upload->gone))
        return listener;
    listener = (struct listener){upload->ready, upload->context,
                                 upload->gone    ? HTTP_UPLOAD_GONE
                                 : upload->whole ? HTTP_UPLOAD_LAST
                                                 : HTTP_UPLOAD_PART};
    upload->ready = NULL;
    upload->told = true;
    return listener;
}

static void tell(struct listener listener)
{
    if (listener.ready != NULL)
        listener.ready(listener.context, listener.news);
}

/* --- microhttpd's side ------------------------------------------------------------------------ */

void http_upload_begin(struct http_request *request, size_t limit)
{
    request->upload = ARENA_NEW(request->arena, struct http_upload, 1);
    request->upload->left = limit;
    request->body.size_max = HTTP_UPLOAD_PART_SIZE;
}

size_t http_upload_left(const struct http_request *request)
{
    return request->upload->left;
}

/* Under the lock: a part waits for its reader, and the connection for both. */
static void sleep_until_taken(struct http_request *request)
{
    request->upload->waiting = true;
    request->upload->told = false;
    http_request_suspend(request);
}

bool http_upload_take(struct http_request *request, const char *data, size_t *size)
{
    struct http_upload *upload = request->upload;
    struct http_server *server = request->server;
    struct listener listener = {.ready = NULL};
    pthread_mutex_lock(&server->lock);
    http_request_end_suspension(request);
    bool answered = request->status != 0;
    bool closing = server->closing;
    size_t room =
        HTTP_UPLOAD_PART_SIZE - request->body.size; /* its reader looks only as we sleep */
    size_t taken = answered || *size < room ? *size : room;
    if (!answered && !closing) {
        buffer_append(&request->body, data, taken);
        if (taken == room) {
            sleep_until_taken(request);
            listener = due(upload);
        }
    }
    pthread_mutex_unlock(&server->lock);
    upload->left -= taken;
    *size -= taken;
    tell(listener);
    return !closing;
}

bool http_upload_end(struct http_request *request)
{
    struct http_server *server = request->server;
    struct listener listener = {.ready = NULL};
    pthread_mutex_lock(&server->lock);
    http_request_end_suspension(request);
    bool answered = request->status != 0;
    if (!answered) {
        request->upload->whole = true;
        sleep_until_taken(request);
        listener = due(request->upload);
    }
    pthread_mutex_unlock(&server->lock);
    tell(listener);
    return !answered;
}

void http_upload_gone(struct http_request *request)
{
    struct http_upload *upload = request->upload;
    if (upload == NULL)
        return;
    pthread_mutex_lock(&request->server->lock);
    upload->gone = true;
    struct listener listener = due(upload);
    pthread_mutex_unlock(&request->server->lock);
    tell(listener);
}

void http_upload_ended(struct http_request *request)
{
    const struct http_upload *upload = request->upload;
    if (upload == NULL)
        return;
    if (upload->ended != NULL)
        upload->ended(upload->ended_context);
    atomic_fetch_sub(&request->server->large_bodies, 1);
}

/* --- its reader's side ------------------------------------------------------------------------ */

bool http_request_uploads(const struct http_request *request)
{
    return request->upload != NULL;
}

void http_upload_on_end(struct http_request *request, void (*ended)(void *context), void *context)
{
    CHECK(request->upload != NULL);
    request->upload->ended = ended;
    request->upload->ended_context = context;
}

/* Under the lock. */
static void give_back(struct http_request *request)
{
    struct http_upload *upload = request->upload;
    if (!upload->waiting || !upload->told || upload->gone)
        return;
    CHECK(!upload->whole);
    buffer_reset(&request->body);
    upload->waiting = false;
    http_loop_resume(request);
}

void http_upload_await(struct http_request *request,
                       void (*ready)(void *context, enum http_upload_news news), void *context)
{
    struct http_upload *upload = request->upload;
    if (upload == NULL) {
        ready(context, HTTP_UPLOAD_LAST);
        return;
    }
    struct http_server *server = request->server;
    pthread_mutex_lock(&server->lock);
    give_back(request);
    upload->ready = ready;
    upload->context = context;
    struct listener listener = due(upload);
    pthread_mutex_unlock(&server->lock);
    tell(listener);
}
