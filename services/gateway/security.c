#include "gateway/security.h"

#include "metrics/metrics.h"

static const char *const NAMES[SECURITY_EVENTS] = {
    [SECURITY_LOGIN_FAILED] = "login_failed", [SECURITY_LIMIT_HIT] = "limit_hit",
    [SECURITY_CSRF_FAILED] = "csrf_failed",   [SECURITY_PKCE_FAILED] = "pkce_failed",
    [SECURITY_TOKEN_REUSED] = "token_reused", [SECURITY_REVOKED_SHOWN] = "revoked_shown",
};

void security_begin(struct gateway *gateway)
{
    for (int i = 0; i < SECURITY_EVENTS; i++)
        gateway->security[i] = metrics_counter("bourse_security_events_total",
                                               "What operators watch for, by its name.",
                                               METRICS_LABELS({"event", NAMES[i]}));
}

void security_count(struct gateway *gateway, enum security_event event)
{
    metrics_counter_add(gateway->security[event], 1);
}

void security_count_problem(struct gateway *gateway, enum http_problem_code code)
{
    static const struct {
        enum http_problem_code code;
        enum security_event event;
    } ROWS[] = {
        {HTTP_PROBLEM_INVALID_CREDENTIALS, SECURITY_LOGIN_FAILED},
        {HTTP_PROBLEM_TWO_FACTOR_INVALID, SECURITY_LOGIN_FAILED},
        {HTTP_PROBLEM_ACCOUNT_LOCKED, SECURITY_LOGIN_FAILED},
        {HTTP_PROBLEM_MARKET_MAKER_LOGIN_FORBIDDEN, SECURITY_LOGIN_FAILED},
        {HTTP_PROBLEM_RATE_LIMITED, SECURITY_LIMIT_HIT},
        {HTTP_PROBLEM_CSRF_FAILED, SECURITY_CSRF_FAILED},
        {HTTP_PROBLEM_TOKEN_REUSED, SECURITY_TOKEN_REUSED},
        {HTTP_PROBLEM_TOKEN_REVOKED, SECURITY_REVOKED_SHOWN},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (ROWS[i].code == code)
            security_count(gateway, ROWS[i].event);
    }
}
