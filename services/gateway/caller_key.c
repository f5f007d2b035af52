#include "gateway/caller_key.h"

#include "gateway/answers.h"
#include "gateway/command_id.h"
#include "gateway/identities.h"
#include "gateway/refusals.h"
#include "gateway/respond.h"

static void refuse(struct exchange *exchange, enum http_problem_code code, const char *why)
{
    if (!exchange->operation->is_public)
        respond_problem(exchange, code, text_of(why), TEXT(""));
}

static void refuse_as(struct exchange *exchange, enum api_key_verdict verdict, struct text key)
{
    struct identities *identities = exchange->gateway->identities;
    struct uuid id;
    switch (verdict) {
    case API_KEY_GOOD: CHECK(false); return;
    case API_KEY_UNKNOWN:
        if (api_key_parse(key, &id) == OK && identities_session_is_over(identities, id))
            refuse(exchange, HTTP_PROBLEM_TOKEN_REVOKED, "this API key was revoked");
        else
            refuse(exchange, HTTP_PROBLEM_UNAUTHENTICATED, "the API key is not one of ours");
        return;
    case API_KEY_EXPIRED:
        refuse(exchange, HTTP_PROBLEM_TOKEN_EXPIRED, "the API key has expired");
        return;
    case API_KEY_LOCKED:
        refuse(exchange, HTTP_PROBLEM_TOKEN_REVOKED, "the owner of this API key is locked out");
        return;
    case API_KEY_ELSEWHERE:
        refuse(exchange, HTTP_PROBLEM_FORBIDDEN,
               "this API key is good from other networks than yours only");
        return;
    }
}

/* To all that comes behind, a key is a session of its owner that nobody opened. */
static void become(struct exchange *exchange, const struct api_key_grant *grant)
{
    exchange->caller.known = true;
    exchange->caller.by_key = true;
    exchange->caller.scopes = grant->scopes;
    exchange->caller.rate_limit = grant->rate_limit;
    exchange->caller.tell_use = grant->tell;
    exchange->caller.claims = (struct auth_claims){.user_id = grant->user_id,
                                                   .session_id = grant->id,
                                                   .account_id = grant->account_id,
                                                   .roles = grant->roles,
                                                   .issued_at_us = exchange->received_us,
                                                   .expires_at_us = grant->expires_at_us};
}

bool caller_by_key(struct exchange *exchange, struct text key)
{
    struct gateway *gateway = exchange->gateway;
    struct api_key_grant grant;
    if (!answers_caught_up(gateway->answers)) {
        refuse(exchange, HTTP_PROBLEM_OVERLOADED, "this gateway still reads which keys are good");
        return false;
    }
    enum api_key_verdict verdict =
        api_keys_check(identities_api_keys(gateway->identities), &gateway->hash_key, key,
                       http_request_address(exchange->request), exchange->received_us, &grant);
    if (verdict == API_KEY_GOOD)
        become(exchange, &grant);
    else
        refuse_as(exchange, verdict, key);
    return verdict == API_KEY_GOOD;
}

struct limit_result caller_key_take(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    int64_t share = exchange->caller.rate_limit / gateway->config.gateways;
    struct config_rate rate = {.count = share > 0 ? share : 1, .window_ms = 1000};
    return limit_take_of(gateway->key_limit, rate, exchange->caller.source, exchange->received_us);
}

bool caller_has_scope(const struct exchange *exchange)
{
    return !exchange->caller.by_key || exchange->operation->is_public ||
           (exchange->caller.scopes & exchange->operation->scope) != 0;
}

void caller_tell_key_use(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    const struct auth_claims *claims = &exchange->caller.claims;
    char key[UUID_TEXT_SIZE];
    if (!exchange->caller.tell_use)
        return;
    uuid_print(claims->user_id, key);
    struct command command = {.kind = COMMAND_REPORT_API_KEY_USE,
                              .key = {key, sizeof key},
                              .meta = {.received_at = exchange->received_us,
                                       .valid_until = exchange->received_us + COMMAND_VALID_US},
                              .report_api_key_use = {.user_id = claims->user_id,
                                                     .key_id = claims->session_id,
                                                     .used_at = exchange->received_us}};
    command.meta.command_id =
        command_id_new(uuid_owner_hash(claims->user_id), command.meta.valid_until);
    command.meta.correlation_id = command.meta.command_id;
    int32_t partition = place_partition(&gateway->place, SERVICE_SETTINGS, command.key);
    /* One that cannot be told is lost: the next is due in a minute. */
    (void)!sender_send(gateway->sender, SERVICE_SETTINGS, partition, &command, NULL);
}
