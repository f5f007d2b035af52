#include "gateway/reload.h"

#include "metrics/metrics.h"

extern char **environ;

static void tell_end(const struct reload *reload)
{
    metrics_gauge_set(reload->certificate_end, http_server_certificate_end_s(reload->server));
}

static enum err take_certificate(void *context, const struct config *fresh,
                                 struct buffer *ret_problem)
{
    struct reload *reload = context;
    char reason[HTTP_REASON_SIZE];
    enum err err =
        http_server_set_certificate(reload->server, fresh->tls_cert, fresh->tls_key, reason);
    if (err != OK)
        buffer_string(ret_problem, reason);
    tell_end(reload);
    return err;
}

/* Another key signs, or others are good beside. */
static enum err take_token_keys(void *context, const struct config *fresh,
                                struct buffer *ret_problem)
{
    const struct reload *reload = context;
    enum err err = auth_set_keys(reload->gateway->auth, text_of(fresh->token_key),
                                 text_of(fresh->token_other_keys));
    if (err != OK)
        buffer_string(ret_problem, "it is not a private key, and public ones beside");
    return err;
}

static enum err take_oidc_secret(void *context, const struct config *fresh,
                                 struct buffer *ret_problem)
{
    (void)ret_problem;
    const struct reload *reload = context;
    secret_change(&reload->gateway->oidc_secret, fresh->oidc_client_secret);
    return OK;
}

static enum err take_payment_secrets(void *context, const struct config *fresh,
                                     struct buffer *ret_problem)
{
    (void)ret_problem;
    const struct reload *reload = context;
    secret_change(&reload->gateway->payment_secrets, fresh->payment_secret);
    return OK;
}

struct reread *reload_start(struct gateway *gateway, struct http_server *server,
                            struct reload *ret_reload)
{
    *ret_reload = (struct reload){.gateway = gateway, .server = server};
    const struct reread_taker takers[] = {
        {CONFIG_TOKEN_KEYS, take_token_keys, ret_reload},
        {CONFIG_SEAL_KEYS, vault_take_masters, gateway->vault},
        {CONFIG_OIDC, take_oidc_secret, ret_reload},
        {CONFIG_PAYMENTS, take_payment_secrets, ret_reload},
        {CONFIG_CERTIFICATE, take_certificate,
         ret_reload}, /* the last: without TLS there is none */
    };
    ret_reload->certificate_end =
        metrics_gauge("bourse_tls_certificate_expires_timestamp_seconds",
                      "When the certificate that is shown ends.", METRICS_NO_LABELS);
    tell_end(ret_reload);
    return reread_new(PROCESS_GATEWAY, environ, &gateway->config, takers,
                      COUNT_OF(takers) - (gateway->config.tls == TLS_OFF));
}
