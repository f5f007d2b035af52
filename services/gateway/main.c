/* main.c - the gateway's start, in the order in which one part needs another, and its end. */
#include "auth/push.h"
#include "base/again.h"
#include "eventlog/follower.h"
#include "gateway/active.h"
#include "gateway/answers.h"
#include "gateway/cache.h"
#include "gateway/ending.h"
#include "gateway/gateway.h"
#include "gateway/handlers.h"
#include "gateway/identities.h"
#include "gateway/kept.h"
#include "gateway/page.h"
#include "gateway/quota.h"
#include "gateway/refusals.h"
#include "gateway/reload.h"
#include "gateway/respond.h"
#include "gateway/share.h"
#include "gateway/streams.h"
#include "gateway/tracing.h"
#include "log/log.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CATCH_UP_NS (INT64_C(30) * 1000000000)

enum {
    ARENA_MAX = 256 << 20,
    PROBLEM_MAX = 16384,
    HTTP_THREADS = 2,
    WORK_THREADS = 4,
    QUICK_THREADS = 2,   /* the fewer, the more ask together */
    WORK_WAIT_MS = 5000, /* half of what an answer may take */
    PASSWORD_THREADS = 2,
    PASSWORD_ITEMS_MAX = 64, /* three seconds of work */
    OUTSIDE_THREADS = 2,
    OUTSIDE_ITEMS_MAX = 64,
    VAULT_CONNECTIONS = 4,
    UPLOADS_MAX = 64,
    UPLOADS_OF_ONE = 4,        /* as each may last a minute, one caller must not have them all */
    ANSWER_TIMEOUT_MS = 15000, /* everything here answers sooner */
    LEAVE_TIMEOUT_MS = 2000,   /* who trades asks again by then, and who does not is closed idle */
    CONNECTIONS_MAX = 16384,   /* room for 14,336 (http/server.h) where descriptors allow it */
};

extern char **environ;

/* A part cannot go on: says so on a pipe's end that main() waits on, as the signals do. */
static int wake_pipe[2];
static atomic_bool is_broken;
static volatile sig_atomic_t stop_asked; /* SIGTERM or SIGINT came */
static atomic_bool is_hung_up;           /* SIGHUP came: settings are to be read again */

static void wake(void)
{
    (void)!write(wake_pipe[1], "", 1);
}

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
    wake();
}

static void on_hangup(int number)
{
    (void)number;
    atomic_store(&is_hung_up, true);
    wake();
}

static void on_broken(void *context)
{
    (void)context;
    atomic_store(&is_broken, true);
    wake();
}

static void on_not_sent(void *context, struct uuid command_id)
{
    struct gateway *gateway = context;
    struct pending_entry *entry = pending_take(gateway->pending, command_id);
    if (entry != NULL)
        respond_err(EXCHANGE_OF(entry, pending), ERR_BUSY);
}

/* --- start ------------------------------------------------------------------------------------ */

/* Whether it does not start for a dependency that does not answer. */
static bool is_dependency_away;

static bool failed(const char *event, enum err err, const char *reason)
{
    is_dependency_away = is_dependency_away || err == ERR_BUSY;
    log_error(event, LOG_ERR(err), LOG_STR("reason", reason));
    return false;
}

static bool load_contract(struct gateway *gateway)
{
    char reason[HTTP_ROUTER_REASON_SIZE];
    const char *folder = gateway->config.schema_dir;
    gateway->share = folder != NULL ? folder : BOURSE_SHARE_DIR;
    enum err err =
        share_read(gateway->share, TEXT("openapi.json"), gateway->arena, &gateway->openapi);
    if (err == OK)
        err = share_read(gateway->share, TEXT("asyncapi.json"), gateway->arena, &gateway->asyncapi);
    if (err != OK)
        return failed("contract.missing", err, gateway->share);
    err = http_router_load(gateway->openapi, &gateway->router, reason);
    if (err != OK)
        return failed("contract.wrong", err, reason);
    struct text problem;
    err = operations_load(gateway->router, gateway->share, handler_named, gateway->arena,
                          &gateway->operations, &problem);
    return err == OK || failed("contract.wrong", err, problem.data);
}

static bool load_page(struct gateway *gateway)
{
    const char *folder = gateway->config.web_dir;
    struct text problem;
    if (folder == NULL)
        return true;
    enum err err = page_load(folder, gateway->router, gateway->arena, &gateway->page, &problem);
    return err == OK || failed("page.not_loaded", err, problem.data);
}

static bool read_push_key(struct gateway *gateway)
{
    const char *pem = gateway->config.push_key;
    struct push_key *key = NULL;
    struct buffer text;
    if (pem == NULL)
        return true;
    enum err err = push_key_open(text_of(pem), &key);
    if (err != OK)
        return failed("push_key.wrong", err, "BOURSE_PUSH_KEY_FILE holds no P-256 key");
    buffer_init(&text, PROBLEM_MAX);
    push_key_public(key, &text);
    gateway->push_key = arena_text(gateway->arena, buffer_as_text(&text));
    buffer_free(&text);
    push_key_free(key);
    return true;
}

static bool open_vault(struct gateway *gateway)
{
    const struct config *config = &gateway->config;
    enum err err =
        vault_open(config->vault_pg, text_of(config->seal_key), VAULT_CONNECTIONS, &gateway->vault);
    if (err != OK)
        return failed("vault.no_key", err, "BOURSE_SEAL_KEY_FILE holds no key");
    err = vault_secret(gateway->vault, VAULT_HASH_SECRET, false, &gateway->hash_key);
    char reason[VAULT_ERROR_SIZE];
    vault_error(gateway->vault, reason);
    return err == OK || failed("vault.not_open", err, reason);
}

static bool open_log(struct gateway *gateway)
{
    const char *problem = NULL;
    enum err err = log_open_kafka(gateway->config.kafka, gateway->config.kafka_identity,
                                  "bourse-gateway", &gateway->log, &problem);
    if (err != OK)
        return failed("log.not_open", err, problem);
    for (int i = 0; i < SERVICES; i++) {
        const char *topic = follower_events_topic((enum service_id)i);
        err = log_partition_count(gateway->log, topic, &gateway->place.partition_counts[i]);
        if (err != OK)
            return failed("log.no_topic", err, topic);
    }
    return true;
}

/* Of a limit that is counted by each gateway: what of it is ours. Logins and registrations are
 * counted by all together (attempts.h). */
static struct config_rate share_of(const struct config *config, struct config_rate rate)
{
    if (rate.count > 0) /* else there is none */
        rate.count = rate.count > config->gateways ? rate.count / config->gateways : 1;
    return rate;
}

static void start_limits(struct gateway *gateway)
{
    const struct config *config = &gateway->config;
    gateway->limits[OPERATION_LIMIT_LOGIN] = limit_new(config->limit_login, LIMIT_WINDOWS);
    gateway->limits[OPERATION_LIMIT_REGISTER] = limit_new(config->limit_register, LIMIT_WINDOWS);
    gateway->limits[OPERATION_LIMIT_WRITE] =
        limit_new(share_of(config, config->limit_write), LIMIT_STEADY);
    gateway->limits[OPERATION_LIMIT_READ] =
        limit_new(share_of(config, config->limit_read), LIMIT_STEADY);
    gateway->uploads = quota_new(UPLOADS_MAX, UPLOADS_OF_ONE);
    gateway->key_limit = limit_new((struct config_rate){.count = 0}, LIMIT_STEADY);
}

/* The readers are placed before the first command can be sent (R10). */
static bool start_parts(struct gateway *gateway)
{
    const struct config *config = &gateway->config;
    tracing_start(gateway);
    start_limits(gateway);
    gateway_register_metrics(gateway);
    gateway->shown = shown_store_new();
    gateway->origins = origin_cache_new();
    gateway->refusals = refusals_new();
    gateway->identities = identities_new();
    gateway->cache = cache_new();
    kept_register_metrics(gateway);
    gateway->pending = pending_new((size_t)config->commands_max);
    gateway->progress = progress_start(config->pg, gateway->place.partition_counts);
    gateway->work = work_start(WORK_THREADS, (size_t)config->queue_max, WORK_WAIT_MS, config->pg);
    gateway->quick = work_start(QUICK_THREADS, (size_t)config->queue_max, WORK_WAIT_MS, config->pg);
    work_ask_together(gateway->quick, (struct work_behind){.ask = progress_ask,
                                                           .answered = progress_learn,
                                                           .context = gateway->progress});
    gateway->passwords = work_start(PASSWORD_THREADS, PASSWORD_ITEMS_MAX, 0, NULL);
    gateway->outside = work_start(OUTSIDE_THREADS, OUTSIDE_ITEMS_MAX, 0, NULL);
    gateway->streams = streams_start(gateway, on_broken, NULL);
    enum err err =
        answers_start(gateway, (struct answers_events){.broken = on_broken}, &gateway->answers);
    if (err != OK)
        return failed("answers.not_started", err, err_text(err));
    gateway->sender = sender_start(
        gateway->log,
        (struct sender_events){.context = gateway, .not_sent = on_not_sent, .broken = on_broken});
    return true;
}

static void on_starved(void *context, const char *problem)
{
    (void)context;
    log_error(
        "http.accepts_nobody", LOG_STR("problem", problem),
        LOG_STR("do", "give the process more descriptors (prlimit --nofile, or LimitNOFILE)"));
}

/* A server on `port`; NULL: it does not start, which was logged. */
static struct http_server *serve(struct http_server_options options, int64_t port)
{
    struct http_server *server = NULL;
    char reason[HTTP_REASON_SIZE];
    options.port = (uint16_t)port;
    options.make_request_id = gateway_request_id;
    options.starved = on_starved;
    if (http_server_start(&options, &server, reason) != OK)
        failed("http.not_started", ERR_CONFIG, reason);
    return server;
}

struct servers {
    struct http_server *api;
    struct http_server *redirect;
    struct http_server *internal;
};

/* Scheme, host and port, as browsers send them. */
static const char *origin_of_url(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://") + strlen("://");
    size_t size = (size_t)(host - url) + strcspn(host, "/");
    return arena_text(arena, (struct text){.data = url, .size = size}).data;
}

/* The networks were checked with the other settings. */
static struct http_proxies read_proxies(const struct config *config, struct arena *arena)
{
    struct http_proxies proxies = {
        .header = config->proxy_header == PROXY_FORWARDED ? HTTP_FORWARDED : HTTP_X_FORWARDED};
    if (config->trusted_proxies == NULL)
        return proxies;
    const struct text list = text_of(config->trusted_proxies);
    struct network *networks = ARENA_NEW(arena, struct network, list.size);
    CHECK(network_parse_list(list, list.size, networks, &proxies.count) == OK);
    proxies.networks = networks;
    return proxies;
}

/* Whoever came before the logs have been read would be refused, for who is signed out is in them.
 * So nobody is let in until then, but where it takes too long: those are told why. */
static void await_logs(struct gateway *gateway)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000000};
    int64_t until_ns = gateway_now_ns() + CATCH_UP_NS;
    while (!answers_caught_up(gateway->answers) && !atomic_load(&is_broken) &&
           gateway_now_ns() < until_ns)
        nanosleep(&pause, NULL);
}

/* Where TLS is off, the API has the plain port, and sends away whoever comes there by themselves.
 */
static bool start_servers(struct gateway *gateway, struct servers *servers)
{
    const struct config *config = &gateway->config;
    const bool tls = config->tls == TLS_ON;
    gateway->url = config->public_url;
    if (gateway->url == NULL)
        gateway->url =
            arena_printf(gateway->arena, "https://localhost:%lld", (long long)config->https_port)
                .data;
    gateway->origin = origin_of_url(gateway->arena, gateway->url);
    if (config->metrics_port != 0)
        servers->internal = serve((struct http_server_options){.address = config->http_address,
                                                               .context = gateway,
                                                               .handle = handle_internal},
                                  config->metrics_port);
    await_logs(gateway);
    servers->api =
        serve((struct http_server_options){.address = config->http_address,
                                           .certificate_pem = tls ? config->tls_cert : NULL,
                                           .key_pem = tls ? config->tls_key : NULL,
                                           .proxies = read_proxies(config, gateway->arena),
                                           .threads = HTTP_THREADS,
                                           .connections_max = CONNECTIONS_MAX,
                                           .context = gateway,
                                           .handle = gateway_handle,
                                           .body_limit = gateway_body_limit,
                                           .large_bodies_max = UPLOADS_MAX,
                                           .expired = gateway_expired,
                                           .answered = gateway_answered,
                                           .answer_timeout_ms = ANSWER_TIMEOUT_MS,
                                           .leave_timeout_ms = LEAVE_TIMEOUT_MS},
              tls ? config->https_port : config->http_port);
    if (tls)
        servers->redirect =
            serve((struct http_server_options){.address = config->http_address,
                                               .context = (void *)(uintptr_t)gateway->url,
                                               .handle = http_redirect},
                  config->http_port);
    return servers->api != NULL && (!tls || servers->redirect != NULL) &&
           (config->metrics_port == 0 || servers->internal != NULL);
}

/* --- end -------------------------------------------------------------------------------------- */

/* Those who listen are told, no new requests, then what prepares commands, then what sends them and
 * waits for their outcome. Whoever still wants work done after that is told that there is no room.
 */
static void stop(struct gateway *gateway, struct servers *servers)
{
    streams_shutdown(gateway->streams);
    http_server_stop(servers->api);
    http_server_stop(servers->redirect);
    http_server_stop(servers->internal);
    work_stop(gateway->work);
    work_stop(gateway->quick);
    work_stop(gateway->passwords);
    work_stop(gateway->outside);
    ending_of_waiting(gateway);
    work_free(gateway->passwords);
    work_free(gateway->outside);
    work_free(gateway->work);
    work_free(gateway->quick);
    log_close(gateway->log);
    vault_free(gateway->vault);
    auth_free(gateway->auth);
    pending_free(gateway->pending);
    identities_free(gateway->identities);
    cache_free(gateway->cache);
    active_free(gateway->active);
    refusals_free(gateway->refusals);
    origin_cache_free(gateway->origins);
    shown_store_free(gateway->shown);
    for (int i = 0; i < OPERATION_LIMITS; i++)
        limit_free(gateway->limits[i]);
    limit_free(gateway->key_limit);
    quota_free(gateway->uploads);
    trace_stop();
    tracing_free(gateway);
    http_router_free(gateway->router);
    arena_free(gateway->arena);
    seal_wipe(&gateway->hash_key, sizeof gateway->hash_key);
    secret_free(&gateway->oidc_secret);
    secret_free(&gateway->payment_secrets);
    config_free(&gateway->config);
}

static void listen_to_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = on_hangup;
    sigaction(SIGHUP, &action, NULL);
}

static void wait_for_the_end(struct reread *reread)
{
    struct pollfd polled = {.fd = wake_pipe[0], .events = POLLIN};
    char byte;
    listen_to_signals();
    for (;;) {
        int ready = poll(&polled, 1, REREAD_LOOK_MS);
        if (ready > 0 && read(wake_pipe[0], &byte, 1) == 1 && !atomic_exchange(&is_hung_up, false))
            return;
        if (ready >= 0) /* a signal that interrupts has its byte there next */
            reread_look(reread);
    }
}

static bool run(struct gateway *gateway)
{
    struct servers servers = {0};
    gateway->arena = arena_new(ARENA_MAX);
    secret_init(&gateway->oidc_secret, gateway->config.oidc_client_secret);
    secret_init(&gateway->payment_secrets, gateway->config.payment_secret);
    const char *others = gateway->config.token_other_keys;
    enum err err = auth_open(text_of(gateway->config.token_key), &gateway->auth);
    if (err == OK && others != NULL)
        err = auth_set_keys(gateway->auth, text_of(gateway->config.token_key), text_of(others));
    bool started = err == OK || failed("token_key.wrong", err, err_text(err));
    started = started && load_contract(gateway) && load_page(gateway) && read_push_key(gateway) &&
              open_vault(gateway) && open_log(gateway) && start_parts(gateway) &&
              start_servers(gateway, &servers);
    if (started) {
        log_info("gateway.started", LOG_I64("port", http_server_port(servers.api)));
        struct reload reload;
        struct reread *reread = reload_start(gateway, servers.api, &reload);
        wait_for_the_end(reread);
        reread_free(reread);
        log_info("gateway.stopping", LOG_BOOL("broken", atomic_load(&is_broken)));
    }
    if (atomic_load(&is_broken))
        _exit(EXIT_FAILURE); /* R4: any doubt ends the process, at once */
    stop(gateway, &servers);
    return started;
}

/* A broker that does not answer in time as the gateway starts is asked again, by a new one in its
 * place, until somebody ends it. */
static int begin_again(char **argv)
{
    log_warn("process.begins_again", LOG_STR("program", argv[0]));
    listen_to_signals();
    return again_later(argv, AGAIN_WAIT_US, &stop_asked);
}

int main(int argc, char **argv)
{
    struct gateway gateway = {.log = NULL};
    struct buffer text;
    buffer_init(&text, PROBLEM_MAX);
    enum err err = config_load(PROCESS_GATEWAY, environ, &gateway.config, &text);
    if (err != OK) {
        fprintf(stderr, "bourse-gateway: %.*s\n", (int)text.size, (const char *)text.data);
        return EXIT_FAILURE;
    }
    if (argc == 2 && strcmp(argv[1], "--check-config") == 0) {
        config_print(&gateway.config, PROCESS_GATEWAY, environ, &text);
        fwrite(text.data, 1, text.size, stdout);
        buffer_free(&text);
        config_free(&gateway.config);
        return EXIT_SUCCESS;
    }
    buffer_free(&text);
    log_init("gateway", gateway.config.instance, gateway.config.log_level, STDOUT_FILENO);
    signal(SIGPIPE, SIG_IGN);
    if (seal_init() != OK || pipe(wake_pipe) != 0)
        return EXIT_FAILURE;
    if (run(&gateway))
        return EXIT_SUCCESS;
    return is_dependency_away ? begin_again(argv) : EXIT_FAILURE;
}
