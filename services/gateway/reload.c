#include "gateway/reload.h"

#include "log/log.h"
#include "metrics/metrics.h"

#include <string.h>

extern char **environ;

enum { PROBLEM_MAX = 16384 };

static void swap(char **one, char **other)
{
    char *kept = *one;
    *one = *other;
    *other = kept;
}

void reload_register_metrics(struct gateway *gateway, struct http_server *server)
{
    gateway->certificate_end =
        metrics_gauge("bourse_tls_certificate_expires_timestamp_seconds",
                      "When the certificate that is shown ends.", METRICS_NO_LABELS);
    metrics_gauge_set(gateway->certificate_end, http_server_certificate_end_s(server));
}

static void show(struct gateway *gateway, struct http_server *server, struct config *fresh)
{
    char reason[HTTP_REASON_SIZE];
    if (http_server_set_certificate(server, fresh->tls_cert, fresh->tls_key, reason) != OK) {
        log_warn("tls.not_reloaded", LOG_STR("reason", reason));
        return;
    }
    swap(&gateway->config.tls_cert, &fresh->tls_cert);
    swap(&gateway->config.tls_key, &fresh->tls_key);
    int64_t end_s = http_server_certificate_end_s(server);
    metrics_gauge_set(gateway->certificate_end, end_s);
    log_info("tls.reloaded", LOG_I64("certificate_end_s", end_s));
}

static bool is_same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

/* Another key signs, or others are good beside. */
static void change_keys(struct gateway *gateway, struct config *fresh)
{
    struct config *config = &gateway->config;
    const char *others = fresh->token_other_keys;
    if (is_same(fresh->token_key, config->token_key) && is_same(others, config->token_other_keys))
        return;
    enum err err = auth_set_keys(gateway->auth, text_of(fresh->token_key),
                                 others != NULL ? text_of(others) : TEXT(""));
    if (err != OK) {
        log_warn("token_keys.not_reloaded", LOG_ERR(err));
        return;
    }
    swap(&config->token_key, &fresh->token_key);
    swap(&config->token_other_keys, &fresh->token_other_keys);
    log_info("token_keys.reloaded", LOG_BOOL("others", config->token_other_keys != NULL));
}

static void change_certificate(struct gateway *gateway, struct http_server *server,
                               struct config *fresh)
{
    if (gateway->config.tls == TLS_ON && (!is_same(fresh->tls_cert, gateway->config.tls_cert) ||
                                          !is_same(fresh->tls_key, gateway->config.tls_key)))
        show(gateway, server, fresh);
}

void reload_look(struct gateway *gateway, struct http_server *server)
{
    struct config fresh;
    struct buffer problem;
    buffer_init(&problem, PROBLEM_MAX);
    if (config_load(PROCESS_GATEWAY, environ, &fresh, &problem) != OK) {
        log_warn("settings.not_reloaded", LOG_TEXT("reason", buffer_as_text(&problem)));
    } else {
        change_certificate(gateway, server, &fresh);
        change_keys(gateway, &fresh);
    }
    config_free(&fresh);
    buffer_free(&problem);
}
