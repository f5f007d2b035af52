#include "settings/forget.h"

#include "db/db.h"
#include "decision/decision.h"
#include "eventlog/follower.h"
#include "log/log.h"
#include "projection/tables.h"

#include <stdlib.h>

#define RETRY_US INT64_C(1000000)
#define LOOK_US  INT64_C(1000000)

enum { STATEMENT_TIMEOUT_MS = 30000, PARTITIONS_MAX = 1024 };

/* Where a log ended, which a projection has to pass. */
struct end {
    enum service_id service;
    int32_t partition;
    int64_t offset;
};

struct forgetter {
    struct log *log;
    struct vault *vault;
    struct db *db;
    struct db *vault_db; /* only to notice that it went away */
    bool connected, vault_connected;
    struct uuid *people; /* whom the log says is erased */
    size_t count, capacity;
    size_t shredded; /* the first so many have no key any more */
    size_t cleared;  /* of the first so many, what projections had was taken out once */
    size_t passed;   /* the first so many are forgotten everywhere */
    struct end ends[PARTITIONS_MAX]; /* of the logs when the last key was destroyed */
    size_t ends_count;
    bool ends_noted;     /* all of them, behind that */
    int64_t generations; /* of the live tables, all together: another number behind each switch */
    int64_t try_at_us, look_at_us;
};

struct forgetter *forgetter_new(struct log *log, struct vault *vault, const char *conninfo,
                                const char *vault_conninfo)
{
    struct forgetter *forgetter = calloc(1, sizeof *forgetter);
    CHECK(forgetter != NULL);
    forgetter->log = log;
    forgetter->vault = vault;
    forgetter->db = db_new(conninfo, STATEMENT_TIMEOUT_MS);
    forgetter->vault_db = db_new(vault_conninfo, STATEMENT_TIMEOUT_MS);
    return forgetter;
}

void forgetter_free(struct forgetter *forgetter)
{
    if (forgetter == NULL)
        return;
    db_free(forgetter->db);
    db_free(forgetter->vault_db);
    free(forgetter->people);
    free(forgetter);
}

void forgetter_begin(struct forgetter *forgetter)
{
    forgetter->count = forgetter->shredded = forgetter->cleared = forgetter->passed = 0;
}

void forgetter_take(struct forgetter *forgetter, const struct event *event)
{
    CHECK(event->kind == EVENT_PERSON_ERASED);
    if (forgetter->count == forgetter->capacity) {
        forgetter->capacity = forgetter->capacity * 2 + 16;
        forgetter->people =
            realloc(forgetter->people, forgetter->capacity * sizeof *forgetter->people);
        CHECK(forgetter->people != NULL);
    }
    forgetter->people[forgetter->count++] = event->person_erased.user_id;
}

/* --- keys ------------------------------------------------------------------------------------- */

static enum err note_ends_of(struct forgetter *forgetter, enum service_id service)
{
    int64_t start;
    int32_t partitions = 0;
    const char *topic = follower_events_topic(service);
    enum err err = log_partition_count(forgetter->log, topic, &partitions);
    for (int32_t p = 0; p < partitions && err == OK; p++) {
        CHECK(forgetter->ends_count < PARTITIONS_MAX);
        struct end *end = &forgetter->ends[forgetter->ends_count];
        *end = (struct end){.service = service, .partition = p};
        err = log_ends(forgetter->log, topic, p, &start, &end->offset);
        forgetter->ends_count += err == OK;
    }
    return err;
}

static enum err note_ends(struct forgetter *forgetter)
{
    enum err err = OK;
    forgetter->ends_count = 0;
    for (int i = 0; i < SERVICES && err == OK; i++)
        err = note_ends_of(forgetter, (enum service_id)i);
    forgetter->ends_noted = err == OK;
    return err;
}

static enum err destroy_keys(struct forgetter *forgetter)
{
    enum err err = OK;
    while (err == OK && forgetter->shredded < forgetter->count) {
        err = vault_shred(forgetter->vault, forgetter->people[forgetter->shredded]);
        forgetter->shredded += err == OK;
        forgetter->ends_noted = false;
    }
    return err;
}

/* --- projections ------------------------------------------------------------------------------ */

/* Where from somebody did something, in the journals of all services, and what settings shows; not
 * where from others did something about them. A login is before its user is known, so its journal's
 * row is found by the session's id. */
static const struct {
    enum service_id service; /* of whose tables these are, wherever they stand */
    const char *sql;
} CLEAR[] = {
    {SERVICE_ACCOUNTS,
     "UPDATE events SET ip_address = NULL, user_agent = NULL "
     "WHERE actor_id = $1 AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)"},
    {SERVICE_ACCOUNTS, "UPDATE kyc_profiles SET name = NULL, birth_date = NULL, "
                       "nationality = NULL, address = NULL, tax_id = NULL, reason = NULL "
                       "WHERE user_id = $1"},
    {SERVICE_ACCOUNTS,
     "UPDATE payment_methods SET details = NULL, shown = NULL WHERE user_id = $1"},
    {SERVICE_ORDERS, "UPDATE events SET ip_address = NULL, user_agent = NULL "
                     "WHERE actor_id = $1 AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)"},
    {SERVICE_AUDIT, "UPDATE events SET ip_address = NULL, user_agent = NULL "
                    "WHERE actor_id = $1 AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)"},
    {SERVICE_DESK, "UPDATE events SET ip_address = NULL, user_agent = NULL "
                   "WHERE actor_id = $1 AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)"},
    {SERVICE_DESK,
     "UPDATE support_tickets SET subject = NULL, rating_comment = NULL WHERE user_id = $1"},
    {SERVICE_DESK, "UPDATE support_messages SET text = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS, "UPDATE events SET ip_address = NULL, user_agent = NULL "
                       "WHERE (ip_address IS NOT NULL OR user_agent IS NOT NULL) "
                       "  AND (actor_id = $1 OR (actor_id IS NULL AND key = $1::text) "
                       "       OR event_id IN (SELECT event_id FROM security_log "
                       "                       WHERE user_id = $1))"},
    {SERVICE_SETTINGS, "UPDATE session_logs SET ip_address = NULL, user_agent = NULL, "
                       "location = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS,
     "UPDATE security_log SET ip_address = NULL, user_agent = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS, "UPDATE api_keys SET name = NULL, addresses = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS, "UPDATE watchlists SET name = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS, "UPDATE saved_screens SET name = NULL, filters = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS, "UPDATE notification_settings SET webhook_url = NULL, "
                       "phone_number = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS, "UPDATE push_subscriptions SET endpoint = NULL WHERE user_id = $1"},
    {SERVICE_SETTINGS, "UPDATE users SET email = NULL, email_hash = NULL, full_name = NULL "
                       "WHERE id = $1"},
    {SERVICE_SETTINGS, "UPDATE credentials SET password_hash = NULL WHERE user_id = $1"},
};

static enum err clear_schema(struct forgetter *forgetter, enum service_id service,
                             const char *schema, struct uuid id)
{
    enum err err = db_query(forgetter->db, "SELECT set_config('search_path', $1, true)",
                            DB_PARAMS(db_string(schema)), NULL);
    for (size_t i = 0; i < COUNT_OF(CLEAR) && err == OK; i++)
        if (CLEAR[i].service == service)
            err = db_query(forgetter->db, CLEAR[i].sql, DB_PARAMS(db_uuid(id)), NULL);
    return err;
}

/* The live tables of a service, and those beside them that have the same columns. What another
 * version made stays as it is; if it ever is live, this is called again. */
static enum err clear_service(struct forgetter *forgetter, enum service_id service, struct uuid id)
{
    static const char BESIDE[] =
        "SELECT DISTINCT beside.service FROM bourse.positions beside JOIN bourse.positions live "
        "ON live.service = $1 AND beside.service IN ($1 || '_next', $1 || '_previous') "
        "AND beside.schema_hash = live.schema_hash";
    AUTO_DB_RESULT beside = {0};
    enum err err = clear_schema(forgetter, service, service_name(service), id);
    if (err == OK)
        err = db_query(forgetter->db, BESIDE, DB_PARAMS(db_string(service_name(service))), &beside);
    for (size_t i = 0; err == OK && i < db_rows(&beside); i++)
        err = clear_schema(forgetter, service, db_get_text(&beside, i, 0).data, id);
    return err;
}

static enum err clear(struct forgetter *forgetter, struct uuid id)
{
    enum err err = db_begin(forgetter->db);
    if (err == OK) /* nobody switches or drops tables meanwhile */
        err = tables_lock(forgetter->db);
    for (int i = 0; i < SERVICES && err == OK; i++)
        err = clear_service(forgetter, (enum service_id)i, id);
    if (err == OK)
        err = db_commit(forgetter->db);
    db_rollback(forgetter->db);
    return err;
}

/* Whether all projections have passed the ends noted, and so know what was sealed before. */
static enum err have_passed(struct forgetter *forgetter, bool *ret_passed)
{
    static const char SQL[] = "SELECT 1 FROM bourse.positions WHERE service = $1 "
                              "AND partition = $2::int AND next_offset >= $3";
    enum err err = OK;
    *ret_passed = true;
    for (size_t i = 0; i < forgetter->ends_count && err == OK && *ret_passed; i++) {
        const struct end *end = &forgetter->ends[i];
        AUTO_DB_RESULT rows = {0};
        err = db_query(forgetter->db, SQL,
                       DB_PARAMS(db_string(service_name(end->service)), db_int(end->partition),
                                 db_int(end->offset)),
                       &rows);
        *ret_passed = err == OK && (end->offset == 0 || db_rows(&rows) > 0);
    }
    return err;
}

static enum err clear_first(struct forgetter *forgetter)
{
    enum err err = OK;
    while (err == OK && forgetter->cleared < forgetter->shredded) {
        err = clear(forgetter, forgetter->people[forgetter->cleared]);
        forgetter->cleared += err == OK;
    }
    return err;
}

static enum err clear_again(struct forgetter *forgetter)
{
    bool passed = false;
    enum err err = forgetter->ends_noted ? OK : note_ends(forgetter);
    if (err == OK)
        err = have_passed(forgetter, &passed);
    while (passed && err == OK && forgetter->passed < forgetter->count) {
        err = clear(forgetter, forgetter->people[forgetter->passed]);
        forgetter->passed += err == OK;
    }
    if (err == OK && passed)
        log_info("forget.done", LOG_U64("people", forgetter->count));
    return err;
}

/* Tables that come in the place of the live ones may know whom those have forgotten: they stood
 * still, or were being made with a key that was still there. So everybody is taken out of them. */
static enum err look_whether_they_were_switched(struct forgetter *forgetter)
{
    static const char SQL[] = "SELECT coalesce(sum(generation), 0)::bigint FROM bourse.positions "
                              "WHERE service !~ '_(next|previous)$'";
    AUTO_DB_RESULT row = {0};
    enum err err = db_query(forgetter->db, SQL, DB_NO_PARAMS, &row);
    if (err != OK)
        return err;
    int64_t generations = db_get_int(&row, 0, 0);
    if (generations != forgetter->generations && forgetter->cleared > 0) {
        forgetter->cleared = forgetter->passed = 0;
        log_info("forget.again", LOG_U64("people", forgetter->count),
                 LOG_STR("reason", "other tables are live"));
    }
    forgetter->generations = generations;
    return OK;
}

/* --- a database that went away ---------------------------------------------------------------- */

/* Connects, unless it is: whoever connects again has to begin again, too. */
static enum err watch(struct db *db, bool *connected)
{
    enum err err = *connected ? OK : db_connect(db);
    *connected = err == OK;
    return err;
}

static bool went_away(struct db *db, bool connected)
{
    return connected && db_check(db) != OK;
}

/* A database that went away may come back without what it did last, be it for a crash, or because
 * it is another, which was behind: with keys that were destroyed. So everybody is forgotten again,
 * as at a start. */
static void look_whether_it_went_away(struct forgetter *forgetter)
{
    if (!went_away(forgetter->db, forgetter->connected) &&
        !went_away(forgetter->vault_db, forgetter->vault_connected))
        return;
    forgetter->connected = forgetter->vault_connected = false;
    forgetter->shredded = forgetter->cleared = forgetter->passed = 0;
    log_info("forget.again", LOG_U64("people", forgetter->count),
             LOG_STR("reason", "a database went away"));
}

static enum err work(struct forgetter *forgetter)
{
    enum err err = watch(forgetter->vault_db, &forgetter->vault_connected);
    if (err == OK)
        err = destroy_keys(forgetter);
    if (err == OK)
        err = watch(forgetter->db, &forgetter->connected);
    if (err == OK)
        err = look_whether_they_were_switched(forgetter);
    if (err == OK)
        err = clear_first(forgetter);
    return err == OK && forgetter->passed < forgetter->count ? clear_again(forgetter) : err;
}

void forgetter_work(struct forgetter *forgetter, int64_t now_us)
{
    look_whether_it_went_away(forgetter);
    bool is_look = forgetter->passed == forgetter->count;
    if (forgetter->count == 0 || now_us < (is_look ? forgetter->look_at_us : forgetter->try_at_us))
        return;
    enum err err = work(forgetter);
    forgetter->look_at_us = now_us + LOOK_US;
    if (!is_look || err != OK)
        forgetter->try_at_us = now_us + RETRY_US;
    if (err != OK)
        log_warn("forget.later", LOG_ERR(err), LOG_STR("reason", db_error_text(forgetter->db)));
}
