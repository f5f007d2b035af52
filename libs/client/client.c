#include "client/client.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "json/json.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PROBLEM_SIZE_MAX = 4096,
    HEADER_SIZE_MAX = 8192, /* a token in it */
    URL_SIZE_MAX = 4096,
    RETRY_MS = 100, /* where no Retry-After says better */
    ARENA_SIZE_MAX = JSON_ARENA_FACTOR * CLIENT_ANSWER_SIZE_MAX + (1 << 20),
};

struct client {
    const char *url;
    CURL *curl;
    char *email, *password; /* NULL: nobody has signed in */
    struct buffer token;    /* "Authorization: Bearer ..."; empty: not signed in */
    struct buffer answer, problem;
    struct arena *arena; /* of the answer as JSON */
};

/* --- one exchange --- */

static size_t take_bytes(char *data, size_t one, size_t size, void *context)
{
    struct client *client = context;
    CHECK(one == 1);
    buffer_append(&client->answer, data, size);
    return buffer_ok(&client->answer) ? size : 0; /* 0 ends the exchange */
}

struct client *client_new(const char *url, const char *authority_pem)
{
    struct client *client = calloc(1, sizeof *client);
    CHECK(client != NULL);
    client->url = url;
    client->curl = curl_easy_init();
    CHECK(client->curl != NULL);
    buffer_init(&client->token, HEADER_SIZE_MAX);
    buffer_init(&client->answer, CLIENT_ANSWER_SIZE_MAX);
    buffer_init(&client->problem, PROBLEM_SIZE_MAX);
    client->arena = arena_new(ARENA_SIZE_MAX);
    if (authority_pem != NULL) {
        struct curl_blob blob = {.len = strlen(authority_pem), .flags = CURL_BLOB_COPY};
        memcpy(&blob.data, &authority_pem, sizeof blob.data); /* curl only reads it */
        CHECK(curl_easy_setopt(client->curl, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK);
    }
    return client;
}

static void forget(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    free(client->email);
    forget(client->password);
    buffer_free(&client->token);
    buffer_free(&client->answer);
    buffer_free(&client->problem);
    arena_free(client->arena);
    free(client);
}

const char *client_problem(const struct client *client)
{
    return (const char *)client->problem.data;
}

/* Begins the sentence of client_problem() anew; each end of it has its zero. */
static void problem_begin(struct client *client, const struct client_request *request)
{
    buffer_reset(&client->problem);
    buffer_printf(&client->problem, "%s %s: ", request->method, request->path);
}

static enum err problem_end(struct client *client, enum err err)
{
    if (!buffer_ok(&client->problem)) { /* cut, which a sentence may be */
        client->problem.full = false;
        client->problem.size = PROBLEM_SIZE_MAX - 1;
    }
    buffer_byte(&client->problem, '\0');
    return err;
}

static struct curl_slist *add_header(struct curl_slist *headers, const struct buffer *text)
{
    CHECK(buffer_ok(text));
    struct curl_slist *more = curl_slist_append(headers, (const char *)text->data);
    CHECK(more != NULL);
    return more;
}

static struct curl_slist *make_headers(const struct client *client,
                                       const struct client_request *request)
{
    struct buffer text;
    struct curl_slist *headers = NULL;
    buffer_init(&text, HEADER_SIZE_MAX);
    buffer_append(&text, "Content-Type: application/json", sizeof "Content-Type: application/json");
    headers = add_header(headers, &text);
    if (client->token.size > 0)
        headers = add_header(headers, &client->token);
    if (request->again != NULL) {
        buffer_reset(&text);
        buffer_printf(&text, "Idempotency-Key: %s", request->again);
        buffer_byte(&text, '\0');
        headers = add_header(headers, &text);
    }
    buffer_free(&text);
    return headers;
}

/* What curl is told for one request; `headers` and the body stay the caller's. */
static void set_up(struct client *client, const struct client_request *request,
                   struct curl_slist *headers)
{
    CURL *curl = client->curl;
    struct buffer url;
    buffer_init(&url, URL_SIZE_MAX);
    buffer_printf(&url, "%s/api/v1/%s", client->url, request->path);
    buffer_byte(&url, '\0');
    CHECK(buffer_ok(&url));
    curl_easy_setopt(curl, CURLOPT_URL, (const char *)url.data); /* copied */
    buffer_free(&url);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (request->body.size > 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.data);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CLIENT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

/* Sends it once. *ret_status: what was answered; 0: nothing, and the problem says why. */
static void exchange(struct client *client, const struct client_request *request, long *ret_status,
                     long *ret_retry_ms)
{
    curl_off_t retry_s = 0;
    char reason[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = make_headers(client, request);
    buffer_reset(&client->answer);
    set_up(client, request, headers);
    curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, reason);
    CURLcode code = curl_easy_perform(client->curl);
    *ret_status = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, ret_status);
    else
        buffer_string(&client->problem, reason[0] != '\0' ? reason : curl_easy_strerror(code));
    curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &retry_s);
    *ret_retry_ms =
        retry_s > 0 && retry_s <= CLIENT_PATIENCE_MS / 1000 ? (long)retry_s * 1000 : (long)RETRY_MS;
    curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
}

/* --- what an answer says --- */

/* The answer as JSON; NULL: it is none. */
static const struct json_value *read_json(struct client *client)
{
    const struct json_value *value = NULL;
    struct json_error error;
    arena_reset(client->arena);
    if (json_parse(buffer_as_text(&client->answer), CLIENT_ANSWER_SIZE_MAX, client->arena, &value,
                   &error) != OK)
        return NULL;
    return value;
}

static struct text member(const struct json_value *object, const char *name)
{
    const struct json_value *value = json_value_member(object, name);
    return value != NULL && value->kind == JSON_STRING ? value->text : TEXT("");
}

/* "409 PRICE_BAND: the title or detail; field: what is wrong with it" */
static void explain(struct client *client, long status)
{
    const struct json_value *problem = read_json(client);
    struct text code = member(problem, "code");
    struct text detail = member(problem, "detail");
    if (detail.size == 0)
        detail = member(problem, "title");
    buffer_printf(&client->problem, "%ld %.*s", status, (int)code.size, code.data);
    if (detail.size > 0)
        buffer_printf(&client->problem, ": %.*s", (int)detail.size, detail.data);
    const struct json_value *errors = json_value_member(problem, "errors");
    for (size_t i = 0; errors != NULL && i < errors->count; i++) {
        struct text field = member(json_value_item(errors, i), "field");
        struct text message = member(json_value_item(errors, i), "message");
        buffer_printf(&client->problem, "; %.*s: %.*s", (int)field.size, field.data,
                      (int)message.size, message.data);
    }
}

/* --- until it is answered for good --- */

/* False: a signal came. */
static bool pause_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    return nanosleep(&pause, NULL) == 0 || errno != EINTR;
}

static enum err send_request(struct client *client, const struct client_request *request,
                             long *ret_status)
{
    long waited_ms = 0;
    while (true) {
        long retry_ms = 0;
        problem_begin(client, request);
        exchange(client, request, ret_status, &retry_ms);
        if (*ret_status == 200 || *ret_status == 201)
            return OK;
        if (*ret_status != 0)
            explain(client, *ret_status);
        bool for_now = *ret_status == 202 || *ret_status == 429 || *ret_status == 503;
        if (!for_now)
            return problem_end(client, *ret_status == 0 ? ERR_BUSY : ERR_DENIED);
        waited_ms += retry_ms;
        if (waited_ms > CLIENT_PATIENCE_MS || !pause_ms(retry_ms))
            return problem_end(client, ERR_BUSY);
    }
}

/* Gets a token for the user whose address and password are kept. */
static enum err renew(struct client *client)
{
    struct buffer body;
    long status = 0;
    buffer_init(&body, HEADER_SIZE_MAX);
    buffer_string(&body, "{\"email\":");
    buffer_json_string(&body, text_of(client->email));
    buffer_string(&body, ",\"password\":");
    buffer_json_string(&body, text_of(client->password));
    buffer_byte(&body, '}');
    CHECK(buffer_ok(&body));
    buffer_reset(&client->token);
    const struct client_request login = {
        .method = "POST", .path = "auth/login", .body = buffer_as_text(&body)};
    enum err err = send_request(client, &login, &status);
    explicit_bzero(body.data, body.size);
    buffer_free(&body);
    if (err != OK)
        return err;
    struct text token = member(read_json(client), "access_token");
    if (token.size == 0) {
        buffer_string(&client->problem, "the answer has no access_token");
        return problem_end(client, ERR_DENIED);
    }
    buffer_printf(&client->token, "Authorization: Bearer %.*s", (int)token.size, token.data);
    buffer_byte(&client->token, '\0');
    CHECK(buffer_ok(&client->token));
    return OK;
}

enum err client_sign_in(struct client *client, const char *email, const char *password)
{
    free(client->email);
    forget(client->password);
    client->email = strdup(email);
    client->password = strdup(password);
    CHECK(client->email != NULL && client->password != NULL);
    return renew(client);
}

enum err client_call(struct client *client, const struct client_request *request,
                     struct text *ret_answer)
{
    long status = 0;
    enum err err = send_request(client, request, &status);
    if (status == 401 && client->password != NULL) { /* the token has expired, it may be */
        err = renew(client);
        if (err == OK)
            err = send_request(client, request, &status);
    }
    if (err == OK)
        *ret_answer = buffer_as_text(&client->answer);
    return err;
}
