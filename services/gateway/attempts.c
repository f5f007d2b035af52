#include "gateway/attempts.h"

#include "db/db.h"
#include "metrics/metrics.h"

#include <string.h>

static uint64_t source_of(const uint8_t address_hash[16])
{
    uint64_t source;
    memcpy(&source, address_hash, sizeof source);
    return source | 1; /* 0 is nobody */
}

uint64_t attempts_source(const struct gateway *gateway, struct text address)
{
    uint8_t hash[16];
    fill_address_hash(&gateway->hash_key, address, hash);
    return source_of(hash);
}

/* A sliding window looks at the one before it, too. */
static int64_t windows_ms(const struct config *config)
{
    int64_t login_ms = config->limit_login.window_ms;
    int64_t register_ms = config->limit_register.window_ms;
    return 2 * (login_ms > register_ms ? login_ms : register_ms);
}

enum err attempts_load(struct gateway *gateway, struct db *db)
{
    static const char SQL[] =
        "SELECT action = 'RegisterUser', decode(request ->> 'address_hash', 'hex'), "
        "(extract(epoch FROM occurred_at) * 1000000)::bigint FROM settings.events "
        "WHERE action IN ('RecordLogin', 'RegisterUser', 'RequestPasswordReset') "
        "AND occurred_at > now() - $1::bigint * interval '1 ms' "
        "AND length(request ->> 'address_hash') = 32 ORDER BY occurred_at";
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, SQL, DB_PARAMS(db_int(windows_ms(&gateway->config))), &rows);
    for (size_t i = 0; err == OK && i < db_rows(&rows); i++) {
        struct buffer hash;
        buffer_init(&hash, sizeof((struct keyed_hash *)NULL)->bytes);
        db_get_bytes(&rows, i, 1, &hash);
        CHECK(buffer_ok(&hash) && hash.size == hash.size_max);
        limit_note(gateway->limits[db_get_bool(&rows, i, 0) ? OPERATION_LIMIT_REGISTER
                                                            : OPERATION_LIMIT_LOGIN],
                   source_of(hash.data), db_get_int(&rows, i, 2));
        buffer_free(&hash);
    }
    return err;
}

bool attempts_told_by(const struct gateway *gateway, const struct event *event)
{
    const struct event_meta *meta = &event->meta;
    bool is_answer = event->kind == EVENT_SESSION_OPENED || event->kind == EVENT_LOGIN_REFUSED ||
                     event->kind == EVENT_PASSWORD_RESET_REQUESTED ||
                     event->kind == EVENT_USER_REGISTERED ||
                     (event->kind == EVENT_COMMAND_REJECTED &&
                      text_is(meta->service, service_name(SERVICE_SETTINGS)));
    return is_answer && meta->has_reply_to && !text_is(meta->reply_to, gateway->config.instance);
}

static void note(struct gateway *gateway, enum operation_limit kind, bool has_address_hash,
                 const struct keyed_hash *address_hash, int64_t at_us)
{
    if (!has_address_hash)
        return;
    limit_note(gateway->limits[kind], source_of(address_hash->bytes), at_us);
    metrics_counter_add(gateway->attempts_elsewhere[kind], 1);
}

void attempts_take(struct gateway *gateway, const struct event *event)
{
    int64_t at_us = event->meta.occurred_at;
    const struct session_opened *opened = &event->session_opened;
    const struct login_refused *refused = &event->login_refused;
    const struct password_reset_requested *reset = &event->password_reset_requested;
    const struct user_registered *registered = &event->user_registered;
    const struct command_rejected *rejected = &event->command_rejected;
    if (event->kind == EVENT_SESSION_OPENED)
        note(gateway, OPERATION_LIMIT_LOGIN, opened->has_address_hash, &opened->address_hash,
             at_us);
    else if (event->kind == EVENT_LOGIN_REFUSED)
        note(gateway, OPERATION_LIMIT_LOGIN, refused->has_address_hash, &refused->address_hash,
             at_us);
    else if (event->kind == EVENT_PASSWORD_RESET_REQUESTED)
        note(gateway, OPERATION_LIMIT_LOGIN, reset->has_address_hash, &reset->address_hash, at_us);
    else if (event->kind == EVENT_USER_REGISTERED)
        note(gateway, OPERATION_LIMIT_REGISTER, registered->has_address_hash,
             &registered->address_hash, at_us);
    else if (event->kind == EVENT_COMMAND_REJECTED)
        note(gateway, OPERATION_LIMIT_REGISTER, rejected->has_address_hash, &rejected->address_hash,
             at_us);
}
