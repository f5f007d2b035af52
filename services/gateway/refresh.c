/* refresh.c - POST auth/refresh: the next pair of tokens, or the end of the session where its
 * refresh token was used before. Which it is settings decides; nothing here is asked of Postgres
 * but where the caller's address was never sealed. */
#include "gateway/command.h"
#include "gateway/cookies.h"
#include "gateway/handlers.h"
#include "gateway/respond.h"
#include "gateway/tokens.h"

static void session_decided(struct exchange *exchange, const struct event *event)
{
    if (event->kind != EVENT_SESSION_REFRESHED)
        return;
    const struct session_refreshed *session = &event->session_refreshed;
    tokens_issue(exchange,
                 &(struct tokens_grant){.session_id = session->session_id,
                                        .user_id = session->user_id,
                                        .account_id = session->account_id,
                                        .roles = role_bits_of(session->roles, session->roles_count),
                                        .generation = session->generation,
                                        .expires_at_us = session->expires_at});
}

static void send(struct exchange *exchange, struct db *db)
{
    (void)db;
    const struct tokens_grant *grant = exchange->extra;
    struct command *command = NULL;
    enum err err = command_begin(exchange, COMMAND_REFRESH_SESSION, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    command->meta.has_idempotency = false; /* a token is good once: no answer is given again */
    command->refresh_session =
        (struct refresh_session){.session_id = grant->session_id, .generation = grant->generation};
    command_set_key(exchange, command);
    exchange->command = command;
    exchange->answered = session_decided;
    command_send(exchange, SERVICE_SETTINGS);
}

static void refuse(struct exchange *exchange, enum http_problem_code code, const char *why)
{
    respond_problem(exchange, code, text_of(why), TEXT(""));
}

void handle_refresh(struct exchange *exchange)
{
    const struct json_value *sent = json_value_member(exchange->input.body, "refresh_token");
    struct text token = sent != NULL ? sent->text : cookies_refresh(exchange->request);
    struct tokens_grant *grant = ARENA_NEW(exchange->arena, struct tokens_grant, 1);
    if (tokens_read_refresh(exchange->gateway, token, grant) != OK) {
        refuse(exchange, HTTP_PROBLEM_UNAUTHENTICATED,
               "send a refresh token of ours, or the cookie that holds one");
        return;
    }
    exchange->wants_cookies = sent == NULL;
    if (exchange->wants_cookies && !cookies_admit(exchange, grant->session_id))
        return;
    if (grant->expires_at_us <= exchange->received_us) {
        refuse(exchange, HTTP_PROBLEM_TOKEN_EXPIRED, "the session has expired; sign in again");
        return;
    }
    exchange->extra = grant;
    exchange->caller.known = true; /* with no roles: to say whose session it is */
    exchange->caller.claims =
        (struct auth_claims){.user_id = grant->user_id, .session_id = grant->session_id};
    exchange_resume(exchange, exchange->gateway->work, send);
}
