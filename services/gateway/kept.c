#include "gateway/kept.h"

#include "gateway/answers.h"
#include "gateway/cache.h"
#include "gateway/read.h"
#include "gateway/respond.h"
#include "gateway/tracing.h"
#include "log/log.h"
#include "metrics/metrics.h"

enum { KEY_SIZE_MAX = 4096, UNTIL_ITS_EVENT_MS = 3600 * 1000 };

void kept_register_metrics(struct gateway *gateway)
{
    for (int i = OPERATION_CACHE_NONE + 1; i < OPERATION_CACHES; i++) {
        const char *name = operation_cache_name((enum operation_cache)i);
        gateway->hits[i] = metrics_counter("bourse_cache_hits_total", "Answers that were kept.",
                                           METRICS_LABELS({"cache", name}));
        gateway->misses[i] = metrics_counter("bourse_cache_misses_total",
                                             "Answers of kept kinds that a query had to give.",
                                             METRICS_LABELS({"cache", name}));
    }
}

static int64_t ttl_ms(const struct exchange *exchange)
{
    const struct config *config = &exchange->gateway->config;
    switch (exchange->operation->cache) {
    case OPERATION_CACHE_TRADING: return config->cache_ttl_trading_ms;
    case OPERATION_CACHE_RISK: return config->cache_ttl_risk_ms;
    case OPERATION_CACHE_OVERVIEW: return config->cache_ttl_overview_ms;
    case OPERATION_CACHE_PREFERENCES:
    case OPERATION_CACHE_BOOK: return UNTIL_ITS_EVENT_MS;
    case OPERATION_CACHE_NONE:
    case OPERATION_CACHES: break;
    }
    return 0;
}

/* Empty: it is too long to be kept by. */
static struct text key_of(struct exchange *exchange)
{
    const struct query *query = exchange->operation->query;
    struct query_values values = read_values(exchange);
    struct buffer key;
    buffer_init(&key, KEY_SIZE_MAX);
    buffer_text(&key, exchange->operation->id);
    for (size_t i = 0; i < query->params_count; i++) {
        struct text value;
        bool given = values.find(values.context, query->params[i].name, &value);
        buffer_string(&key, ",");
        if (given)
            buffer_json_string(&key, value);
    }
    struct text text =
        buffer_ok(&key) ? arena_text(exchange->arena, buffer_as_text(&key)) : TEXT("");
    buffer_free(&key);
    return text;
}

bool kept_respond(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    enum operation_cache kind = exchange->operation->cache;
    if (ttl_ms(exchange) == 0)
        return false;
    struct cached cached;
    struct text key = key_of(exchange);
    struct shown now = {.count = 0};
    progress_shown(gateway->progress, exchange->operation->query->reads, &now);
    /* In this order: what was read before the search has been noted before it. */
    if (key.size == 0 || !answers_have_read(gateway->answers, &now) ||
        !cache_find(gateway->cache, key, gateway_now_ns(), exchange->arena, &cached)) {
        metrics_counter_add(gateway->misses[kind], 1);
        return false;
    }
    metrics_counter_add(gateway->hits[kind], 1);
    exchange->read_at = now;
    respond(exchange,
            &(struct respond_with){.body = cached.body, .etag = cached.etag, .cache = "HIT"});
    return true;
}

/* Whom the query is about: that is what its parameters say, as they say what it is kept under. */
static void add_caller(const struct exchange *exchange, struct concerns *concerns)
{
    const struct auth_claims *claims = &exchange->caller.claims;
    const struct query *query = exchange->operation->query;
    if (query_has_param(query, "caller_account_id"))
        concerns_add(concerns, concern_account(claims->account_id));
    if (query_has_param(query, "caller_user_id"))
        concerns_add(concerns, concern_user(claims->user_id));
}

const char *kept_put(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    if (ttl_ms(exchange) == 0)
        return NULL;
    const struct query_answer *answer = &exchange->answer;
    struct text key = key_of(exchange);
    struct concerns concerns = {.rows = NULL};
    add_caller(exchange, &concerns);
    if (!concerns_parse(answer->depends, &concerns))
        log_warn("cache.not_kept", LOG_TRACE(exchange),
                 LOG_TEXT("operation", exchange->operation->id),
                 LOG_TEXT("depends", answer->depends));
    else if (key.size > 0)
        cache_put(gateway->cache, key,
                  &(struct cached){.body = buffer_as_text(&answer->body), .etag = answer->etag},
                  &concerns, exchange->operation->query->reads, &exchange->read_at,
                  gateway_now_ns() + ttl_ms(exchange) * 1000000);
    concerns_free(&concerns);
    return "MISS";
}
