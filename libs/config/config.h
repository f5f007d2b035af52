/* config.h - every setting of Bourse: one table row each, read from the environment at start.
 *
 * To add a setting: a field in struct config, a row in table.c. Nothing else reads the environment.
 *
 * Secrets  come as files only (`..._FILE`): not empty, readable by their owner alone (or by the
 * group of a process that is not root, where they are root's), strong enough. No message and no
 * printed setting ever holds one. Owner    config_load() copies every value; config_free() wipes
 * and frees them.
 */
#ifndef CONFIG_H
#define CONFIG_H
#include "base/base.h"
#include "base/buffer.h"
#include "log/log.h"

/* Who reads a setting. A bit each, as most settings have several readers. */
enum process {
    PROCESS_GATEWAY = 1,
    PROCESS_SERVICE = 2,   /* the writer of a service */
    PROCESS_PROJECTOR = 4, /* and `bourse projection rebuild`, which is one for a while */
    PROCESS_INIT = 8,      /* `bourse init` */
    PROCESS_CLI = 16,      /* the other commands of `bourse` */
    PROCESS_CLIENT =
        32, /* clients, tests and tools; known here so that a service starts beside them */
    PROCESS_CALLER = 64,     /* the commands of `bourse` that call the gateway, as clients do */
    PROCESS_DELIVERER = 128, /* `bourse-settings --deliver`: what sends mail */
    PROCESS_SIGNER = 256,    /* `bourse-audit --deliver`: what signs checkpoints */
    PROCESS_DOCTOR = 512     /* `bourse doctor`, of what is others' */
};

/* Who ends TLS: the gateway, or an ingress before it. */
enum tls { TLS_ON, TLS_OFF };
enum proxy_header { PROXY_X_FORWARDED, PROXY_FORWARDED };
/* Where webhooks may lead: by TLS to what is on no private network, or anywhere. */
enum webhooks { WEBHOOKS_PUBLIC, WEBHOOKS_ANYWHERE };
enum venue_mode { VENUE_MODE_LIVE, VENUE_MODE_PAPER };
/* Whether a client's traceparent may ask for its request to be traced. */
enum trace_clients { TRACE_CLIENTS_OFF, TRACE_CLIENTS_ON };

/* Settings of files that are read again, those of a group together, while a process runs
 * (config/reread.h). */
enum config_group {
    CONFIG_AT_START, /* read once */
    CONFIG_CERTIFICATE,
    CONFIG_TOKEN_KEYS,
    CONFIG_SEAL_KEYS,
    CONFIG_OIDC,
    CONFIG_PAYMENTS,
    CONFIG_MAIL,
    CONFIG_TEXT_MESSAGES,
    CONFIG_SIGNING_KEYS,
    CONFIG_GROUPS
};

/* At most `count` requests in any `window_ms`. A count of 0: no limit. */
struct config_rate {
    int64_t count;
    int64_t window_ms;
};

/* What config_load() fills in. Texts end with a zero; NULL: optional and not set, or of no concern
 * to this process. Files are here by their contents. */
struct config {
    char *kafka;
    char *kafka_identity; /* a folder; NULL: no TLS */
    char *pg;
    char *vault_pg;
    char *instance;
    char *state_dir;
    char *schema_dir;
    char *geo_db; /* a path; NULL: nobody's place is known */
    char *public_url;
    char *http_address;
    char *web_dir; /* NULL: no page is served */
    char *cors_origins;
    char *trusted_proxies; /* networks with commas between; NULL: none */
    char *admin_email;
    char *admin_password;
    char *seal_key; /* 64 hexadecimal digits a line; the first wraps, each unwraps */
    char *token_key;
    char *token_other_keys; /* NULL: none */
    char *tls_cert;
    char *tls_key;
    char *url;
    char *authority;
    char *feed_password;
    char *smtp_url;
    char *smtp_password; /* the user's name may stand on a line before it */
    char *smtp_ca;       /* NULL: what the system trusts */
    char *mail_from;
    char *sms_url;   /* NULL: no text messages, as the next */
    char *sms_token; /* NULL: the gateway wants none */
    char *push_key;  /* NULL: no browser push */
    char *oidc_provider;
    char *oidc_issuer;
    char *oidc_client_id;
    char *oidc_client_secret;
    char *payment_provider;
    char *payment_secret; /* one a line: each is good */
    char *signing_keys;   /* lines of 64 hexadecimal digits: each signs */
    char *publish_dir;    /* NULL: checkpoints are in the log alone */
    char *otlp_endpoint;  /* NULL: nothing is traced */
    int64_t partitions;
    int64_t replication;
    int64_t https_port;
    int64_t http_port;
    int64_t metrics_port; /* 0: off */
    int64_t access_ttl_ms;
    int64_t refresh_ttl_ms;
    int64_t cache_ttl_trading_ms; /* 0: not kept; the next two too */
    int64_t cache_ttl_risk_ms;
    int64_t cache_ttl_overview_ms;
    struct config_rate limit_login;
    struct config_rate limit_register;
    struct config_rate limit_write;
    struct config_rate limit_read;
    struct config_rate trace_sample; /* of each operation */
    int64_t limit_streams;
    int64_t gateways;      /* which share the limits of writes and reads */
    int64_t stream_buffer; /* bytes */
    int64_t queue_max;     /* requests that wait for a thread */
    int64_t commands_max;  /* commands that wait for their outcome */
    int64_t drift_share;   /* per cent of a core */
    enum tls tls;
    enum proxy_header proxy_header;
    enum webhooks webhooks;
    enum venue_mode venue_mode;
    enum trace_clients trace_clients;
    enum log_level log_level;
};

/* Reads and checks what `process` reads from `environment` ("NAME=value" strings, NULL at the end),
 * and the files named there. ERR_CONFIG: ret_problem has one line for each thing wrong, saying
 * what, where and what to do; *ret_config is then empty. The caller sets up ret_problem and frees
 * both. */
enum err config_load(enum process process, char *const *environment, struct config *ret_config,
                     struct buffer *ret_problem) MUST_CHECK;

/* The same of one group of settings alone; all else in *ret_config is as if not set. */
enum err config_load_group(enum process process, enum config_group group, char *const *environment,
                           struct config *ret_config, struct buffer *ret_problem) MUST_CHECK;
/* Copies the settings of a group into an empty config. */
void config_copy_group(const struct config *config, enum config_group group,
                       struct config *ret_config);
/* Whether two configs have the same settings of a group. */
bool config_same_group(const struct config *one, const struct config *other,
                       enum config_group group);
/* "certificate", ...: for logs and metrics. Static storage. */
const char *config_group_name(enum config_group group);

/* Wipes and frees what config_load() copied. An empty config is fine. */
void config_free(struct config *config);

/* Appends each setting that `process` reads: name, value in force, where it came from, meaning. Of
 * a file only its path. `environment` is the one that `config` was loaded from. */
void config_print(const struct config *config, enum process process, char *const *environment,
                  struct buffer *ret_text);

#endif
