#include "gateway/identities.h"

#include "base/table.h"
#include "db/db.h"

#include <pthread.h>
#include <stdlib.h>

enum { DROPS_MAX = 16 };

/* A session that is over. */
struct ended_session {
    struct uuid id;
    int64_t ended_at_us;
    UT_hash_handle hh; /* in the order they were told of */
};

struct identities {
    pthread_rwlock_t lock;
    struct ended_session *ended; /* locked */
    struct api_keys *api_keys;
};

struct identities *identities_new(void)
{
    struct identities *identities = calloc(1, sizeof *identities);
    CHECK(identities != NULL);
    CHECK(pthread_rwlock_init(&identities->lock, NULL) == 0);
    identities->api_keys = api_keys_new();
    return identities;
}

static void drop(struct identities *identities, struct ended_session *session)
{
    HASH_DEL(identities->ended, session);
    free(session);
}

void identities_free(struct identities *identities)
{
    if (identities == NULL)
        return;
    while (identities->ended != NULL)
        drop(identities, identities->ended);
    api_keys_free(identities->api_keys);
    pthread_rwlock_destroy(&identities->lock);
    free(identities);
}

/* Partitions have clocks of their own, so the order is that of the times but nearly: what is kept
 * for a moment too long does no harm. */
static void drop_oldest(struct identities *identities, int64_t now_us)
{
    for (int i = 0; i < DROPS_MAX; i++) {
        struct ended_session *oldest = identities->ended;
        if (oldest == NULL || oldest->ended_at_us + IDENTITIES_REMEMBERED_US > now_us)
            return;
        drop(identities, oldest);
    }
}

static struct ended_session *find(const struct identities *identities, struct uuid id)
{
    struct ended_session *session;
    HASH_FIND(hh, identities->ended, &id, sizeof id, session);
    return session;
}

static void end_session(struct identities *identities, struct uuid id, int64_t ended_at_us)
{
    if (find(identities, id) != NULL)
        return;
    struct ended_session *session = malloc(sizeof *session);
    CHECK(session != NULL);
    *session = (struct ended_session){.id = id, .ended_at_us = ended_at_us};
    HASH_ADD(hh, identities->ended, id, sizeof session->id, session);
}

enum err identities_load(struct identities *identities, struct db *db)
{
    static const char SQL[] =
        "SELECT session_id, (extract(epoch FROM logout_at) * 1000000)::bigint "
        "FROM settings.session_logs WHERE logout_at > now() - interval '25 hours' "
        "UNION ALL SELECT id, (extract(epoch FROM revoked_at) * 1000000)::bigint "
        "FROM settings.api_keys WHERE revoked_at > now() - interval '25 hours' "
        "ORDER BY 2";
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, SQL, DB_NO_PARAMS, &rows);
    pthread_rwlock_wrlock(&identities->lock);
    for (size_t i = 0; err == OK && i < db_rows(&rows); i++)
        end_session(identities, db_get_uuid(&rows, i, 0), db_get_int(&rows, i, 1));
    pthread_rwlock_unlock(&identities->lock);
    return err == OK ? api_keys_load(identities->api_keys, db) : err;
}

struct api_keys *identities_api_keys(struct identities *identities)
{
    return identities->api_keys;
}

bool identities_want(enum event_kind kind)
{
    return kind == EVENT_SESSION_OPENED || kind == EVENT_SESSIONS_ENDED ||
           kind == EVENT_PASSWORD_CHANGED || kind == EVENT_USER_CHANGED || api_keys_want(kind);
}

static size_t end_sessions(struct identities *identities, const struct uuid *ids, size_t count,
                           int64_t ended_at_us)
{
    pthread_rwlock_wrlock(&identities->lock);
    for (size_t i = 0; i < count; i++)
        end_session(identities, ids[i], ended_at_us);
    drop_oldest(identities, ended_at_us);
    pthread_rwlock_unlock(&identities->lock);
    return count;
}

size_t identities_apply(struct identities *identities, const struct event *event)
{
    int64_t now_us = event->meta.occurred_at;
    api_keys_apply(identities->api_keys, event);
    if (event->kind == EVENT_SESSION_OPENED)
        return end_sessions(identities, event->session_opened.ended_session_ids,
                            event->session_opened.ended_session_ids_count, now_us);
    if (event->kind == EVENT_PASSWORD_CHANGED)
        return end_sessions(identities, event->password_changed.ended_session_ids,
                            event->password_changed.ended_session_ids_count, now_us);
    if (event->kind == EVENT_USER_CHANGED)
        return end_sessions(identities, event->user_changed.ended_session_ids,
                            event->user_changed.ended_session_ids_count, now_us);
    if (event->kind == EVENT_PERSON_ERASED)
        return end_sessions(identities, event->person_erased.ended_session_ids,
                            event->person_erased.ended_session_ids_count, now_us) +
               end_sessions(identities, event->person_erased.revoked_key_ids,
                            event->person_erased.revoked_key_ids_count, now_us);
    if (event->kind == EVENT_API_KEY_REVOKED)
        return end_sessions(identities, &event->api_key_revoked.key_id, 1, now_us);
    if (event->kind == EVENT_SESSIONS_ENDED)
        return end_sessions(identities, event->sessions_ended.session_ids,
                            event->sessions_ended.session_ids_count, now_us);
    return 0;
}

bool identities_session_is_over(struct identities *identities, struct uuid session_id)
{
    pthread_rwlock_rdlock(&identities->lock);
    bool over = find(identities, session_id) != NULL;
    pthread_rwlock_unlock(&identities->lock);
    return over || api_keys_is_locked(identities->api_keys, session_id);
}
