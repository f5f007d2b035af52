#include "gateway/cookies.h"

#include "auth/keyed_token.h"
#include "gateway/cors.h"
#include "gateway/handlers.h"
#include "gateway/refusals.h"
#include "gateway/respond.h"

#include <string.h>

#define ACCESS_COOKIE  "__Host-bourse-access"
#define REFRESH_COOKIE "__Host-bourse-refresh"

static const char CSRF_PURPOSE[] = "csrf";

/* --- reading ---------------------------------------------------------------------------------- */

/* The value of the first cookie of that name in a Cookie header (RFC 6265, 4.2). */
static struct text find(struct text header, const char *name)
{
    size_t size = strlen(name);
    while (header.size > 0) {
        const char *semicolon = memchr(header.data, ';', header.size);
        size_t taken = semicolon == NULL ? header.size : (size_t)(semicolon - header.data);
        if (taken > size && memcmp(header.data, name, size) == 0 && header.data[size] == '=')
            return (struct text){.data = header.data + size + 1, .size = taken - size - 1};
        taken += semicolon != NULL;
        while (taken < header.size && header.data[taken] == ' ')
            taken++;
        header = (struct text){.data = header.data + taken, .size = header.size - taken};
    }
    return TEXT("");
}

struct text cookies_named(const struct http_request *request, const char *name)
{
    return find(http_request_header(request, "Cookie"), name);
}

struct text cookies_access(const struct http_request *request)
{
    return cookies_named(request, ACCESS_COOKIE);
}

struct text cookies_refresh(const struct http_request *request)
{
    return cookies_named(request, REFRESH_COOKIE);
}

/* --- whose page it is ------------------------------------------------------------------------- */

struct text cookies_csrf_token(const struct exchange *exchange, struct uuid session_id)
{
    return keyed_token_make(
        &exchange->gateway->hash_key, CSRF_PURPOSE,
        (struct bytes){.data = session_id.bytes, .size = sizeof session_id.bytes}, exchange->arena);
}

/* Browsers name the origin of each POST, so who names none is no page of ours either. */
static const char *fault_of_origin(const struct exchange *exchange)
{
    struct text origin = http_request_header(exchange->request, "Origin");
    if (text_is(origin, exchange->gateway->origin) || cors_is_allowed(exchange->gateway, origin))
        return NULL;
    return "the Origin is neither the venue's own nor a configured one";
}

static const char *fault_of(const struct exchange *exchange, struct uuid session_id)
{
    struct text token = http_request_header(exchange->request, "X-CSRF-Token");
    struct uuid named;
    const char *fault = fault_of_origin(exchange);
    if (fault != NULL)
        return fault;
    if (token.size == 0)
        return "send X-CSRF-Token with what GET auth/csrf gives";
    if (keyed_token_open(&exchange->gateway->hash_key, CSRF_PURPOSE, token, named.bytes,
                         sizeof named.bytes) != OK ||
        !uuid_equal(named, session_id))
        return "the X-CSRF-Token is not that of this session";
    return NULL;
}

/* False: there is a fault, which has been answered. */
static bool is_free_of(struct exchange *exchange, const char *fault)
{
    if (fault == NULL)
        return true;
    refusals_note(exchange, "CSRF_FAILED");
    respond_problem(exchange, HTTP_PROBLEM_CSRF_FAILED, text_of(fault), TEXT(""));
    return false;
}

bool cookies_admit(struct exchange *exchange, struct uuid session_id)
{
    return is_free_of(exchange, fault_of(exchange, session_id));
}

bool cookies_admit_login(struct exchange *exchange)
{
    const struct json_value *cookie = json_value_member(exchange->input.body, "cookie");
    exchange->wants_cookies = cookie != NULL && cookie->kind == JSON_TRUE;
    return !exchange->wants_cookies || is_free_of(exchange, fault_of_origin(exchange));
}

void handle_csrf(struct exchange *exchange)
{
    struct text token = cookies_csrf_token(exchange, exchange->caller.claims.session_id);
    struct text body =
        arena_printf(exchange->arena, "{\"csrf_token\":\"%.*s\"}", (int)token.size, token.data);
    respond(exchange, &(struct respond_with){.body = body});
}

/* --- setting ---------------------------------------------------------------------------------- */

static struct text cookie(const struct exchange *exchange, const char *name, struct text value,
                          int64_t age_s)
{
    return arena_printf(exchange->arena,
                        "%s=%.*s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld", name,
                        (int)value.size, value.data, (long long)age_s);
}

void cookies_set(struct exchange *exchange, struct text access, int64_t access_s,
                 struct text refresh, int64_t refresh_s)
{
    exchange->cookies[0] = cookie(exchange, ACCESS_COOKIE, access, access_s);
    exchange->cookies[1] = cookie(exchange, REFRESH_COOKIE, refresh, refresh_s);
}
