#include "gateway/caller.h"

#include "base/murmur2.h"
#include "base/network.h"
#include "gateway/answers.h"
#include "gateway/attempts.h"
#include "gateway/caller_key.h"
#include "gateway/cookies.h"
#include "gateway/identities.h"
#include "gateway/refusals.h"
#include "gateway/respond.h"

#include <string.h>
#include <strings.h>

/* The token of `Authorization: Bearer <token>`. False: there is no such header. */
static bool bearer(const struct http_request *request, struct text *ret_token)
{
    static const char SCHEME[] = "Bearer ";
    struct text header = http_request_header(request, "Authorization");
    size_t size = sizeof SCHEME - 1;
    if (header.size <= size || strncasecmp(header.data, SCHEME, size) != 0)
        return false;
    *ret_token = (struct text){.data = header.data + size, .size = header.size - size};
    return true;
}

static uint64_t source_of(const void *data, size_t size, uint64_t kind)
{
    uint8_t digest[SEAL_HASH_SIZE];
    seal_hash_of(data, size, digest);
    uint64_t source;
    memcpy(&source, digest, sizeof source);
    return (source ^ kind) | 1; /* 0 is nobody */
}

static uint64_t address_source(const struct exchange *exchange)
{
    char line[NETWORK_ADDRESS_SIZE];
    network_print_line(http_request_address(exchange->request), line);
    return source_of(line, strlen(line), 'a');
}

/* What the logs say of a token that is good in itself. False: it is not good any more, or that is
 * not known yet; what is for everybody is then answered as to anybody. */
static bool still_holds(struct exchange *exchange, const struct auth_claims *claims)
{
    struct gateway *gateway = exchange->gateway;
    bool known = answers_caught_up(gateway->answers);
    if (known && !identities_session_is_over(gateway->identities, claims->session_id))
        return true;
    if (exchange->operation->is_public)
        return false;
    if (known)
        respond_problem(exchange, HTTP_PROBLEM_TOKEN_REVOKED,
                        TEXT("the session of this token is over; sign in again"), TEXT(""));
    else
        respond_problem(exchange, HTTP_PROBLEM_OVERLOADED,
                        TEXT("this gateway still reads which sessions are over"), TEXT(""));
    return false;
}

static bool is_safe(struct text method)
{
    return text_is(method, "GET") || text_is(method, "HEAD");
}

/* The token of the header, else that of a cookie. What is for everybody and changes something is
 * nobody's page's business: there cookies say nothing. */
static bool find_token(struct exchange *exchange, struct text *ret_token)
{
    if (bearer(exchange->request, ret_token))
        return true;
    if (http_request_header(exchange->request, "X-API-Key").size > 0 ||
        (exchange->operation->is_public && !is_safe(http_request_method(exchange->request))))
        return false;
    *ret_token = cookies_access(exchange->request);
    exchange->caller.by_cookie = ret_token->size > 0;
    return exchange->caller.by_cookie;
}

/* A browser sends cookies with whatever request somebody's page makes. */
static bool is_own_page(struct exchange *exchange)
{
    return !exchange->caller.by_cookie || is_safe(http_request_method(exchange->request)) ||
           cookies_admit(exchange, exchange->caller.claims.session_id);
}

static bool identify_key(struct exchange *exchange, struct text key)
{
    if (!caller_by_key(exchange, key))
        return exchange->operation->is_public;
    struct uuid id = exchange->caller.claims.session_id;
    exchange->caller.source = source_of(id.bytes, sizeof id.bytes, 'k');
    return true;
}

static bool identify(struct exchange *exchange)
{
    struct text token;
    struct text key = http_request_header(exchange->request, "X-API-Key");
    if (!find_token(exchange, &token)) {
        exchange->caller.source = address_source(exchange);
        if (key.size > 0)
            return identify_key(exchange, key);
        if (exchange->operation->is_public)
            return true;
        respond_problem(exchange, HTTP_PROBLEM_UNAUTHENTICATED,
                        TEXT("send an access token as Authorization: Bearer, which "
                             "POST /api/v1/auth/login gives, or an API key as X-API-Key"),
                        TEXT(""));
        return false;
    }
    struct auth_claims claims;
    enum auth_verdict verdict =
        auth_verify(exchange->gateway->auth, token, exchange->received_us, &claims);
    if (verdict == AUTH_VALID && still_holds(exchange, &claims)) {
        exchange->caller.known = true;
        exchange->caller.claims = claims;
        exchange->caller.source = source_of(claims.user_id.bytes, sizeof claims.user_id.bytes, 'u');
        return true;
    }
    exchange->caller.source = address_source(exchange);
    if (verdict == AUTH_VALID || exchange->operation->is_public)
        return exchange->operation->is_public; /* nothing there is for some only */
    if (verdict == AUTH_EXPIRED)
        respond_problem(exchange, HTTP_PROBLEM_TOKEN_EXPIRED,
                        TEXT("the access token has expired; sign in again"), TEXT(""));
    else
        respond_problem(exchange, HTTP_PROBLEM_UNAUTHENTICATED,
                        TEXT("the access token is not one of ours"), TEXT(""));
    return false;
}

static bool may(struct exchange *exchange)
{
    const struct operation *operation = exchange->operation;
    if (!caller_has_scope(exchange)) {
        refusals_note(exchange, "SCOPE_MISSING");
        respond_problem(exchange, HTTP_PROBLEM_SCOPE_MISSING,
                        TEXT("the API key has not the scope that this takes"), TEXT(""));
        return false;
    }
    if (operation->is_public || (exchange->caller.claims.roles & operation->allow) != 0)
        return true;
    refusals_note(exchange, "FORBIDDEN");
    respond_problem(exchange, HTTP_PROBLEM_FORBIDDEN, TEXT("none of your roles may do this"),
                    TEXT(""));
    return false;
}

static bool within_limit(struct exchange *exchange)
{
    enum operation_limit kind = exchange->operation->limit;
    bool by_address = kind == OPERATION_LIMIT_LOGIN || kind == OPERATION_LIMIT_REGISTER;
    uint64_t source =
        by_address ? attempts_source(exchange->gateway, http_request_address(exchange->request))
                   : exchange->caller.source;
    exchange->limit = limit_take(exchange->gateway->limits[kind], source, exchange->received_us);
    if (exchange->limit.allowed && exchange->caller.rate_limit > 0)
        exchange->limit = caller_key_take(exchange);
    if (exchange->limit.allowed)
        return true;
    if (kind != OPERATION_LIMIT_READ)
        refusals_note(exchange, "RATE_LIMITED");
    respond_problem(exchange, HTTP_PROBLEM_RATE_LIMITED,
                    arena_printf(exchange->arena, "more than %lld requests in %lld s; wait %lld s",
                                 (long long)exchange->limit.count,
                                 (long long)exchange->limit.window_s,
                                 (long long)exchange->limit.retry_s),
                    TEXT(""));
    return false;
}

bool caller_admit(struct exchange *exchange)
{
    if (!identify(exchange) || !within_limit(exchange) || !is_own_page(exchange) || !may(exchange))
        return false;
    caller_tell_key_use(exchange);
    return true;
}
