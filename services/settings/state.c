#include "settings/state.h"

#include "base/murmur2.h"

#include <stdlib.h>
#include <utlist.h>

void *settings_new(const struct place *place)
{
    struct settings *settings = calloc(1, sizeof *settings);
    CHECK(settings != NULL);
    settings->place = place;
    settings->venue_rules.version = 1;
    approvals_init(&settings->approvals, place);
    return settings;
}

void settings_free(void *state)
{
    struct settings *settings = state;
    if (settings == NULL)
        return;
    staff_free(&settings->staff);
    approvals_free(&settings->approvals);
    struct settings_user *user = settings->users_by_id;
    HASH_CLEAR(by_email, settings->users_by_email);
    HASH_CLEAR(by_id, settings->users_by_id);
    for (struct settings_user *next; user != NULL; user = next) {
        next = user->by_id.next;
        settings_free_keys(user);
        settings_free_kept(&user->kept);
        settings_free_alerts(&settings->alerts, &user->alerts);
        settings_free_notices(&user->notices);
        free(user);
    }
    heap_free(&settings->alerts.expiries);
    settings_market_free(&settings->market);
    struct settings_session *session = settings->sessions;
    HASH_CLEAR(by_id, settings->sessions);
    for (struct settings_session *next; session != NULL; session = next) {
        next = session->by_id.next;
        free(session);
    }
    settings_free_failures(settings);
    settings_free_challenges(settings);
    settings_free_attempted(settings);
    struct settings_address *address = settings->market_makers;
    HASH_CLEAR(by_email, settings->market_makers);
    for (struct settings_address *next; address != NULL; address = next) {
        next = address->by_email.next;
        free(address);
    }
    free(settings);
}

int64_t settings_due_us(const void *state)
{
    const struct settings *settings = state;
    int64_t approval_us = approvals_due_us(&settings->approvals);
    int64_t alert_us = settings_alerts_due_us(&settings->alerts);
    return approval_us < alert_us ? approval_us : alert_us;
}

void settings_email_key(const struct keyed_hash *email_hash, char ret_key[SETTINGS_EMAIL_KEY_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof email_hash->bytes; i++) {
        ret_key[2 * i] = DIGITS[email_hash->bytes[i] >> 4];
        ret_key[2 * i + 1] = DIGITS[email_hash->bytes[i] & 15];
    }
}

uint32_t settings_owner_hash(const struct keyed_hash *email_hash)
{
    char key[SETTINGS_EMAIL_KEY_SIZE];
    settings_email_key(email_hash, key);
    return murmur2(key, sizeof key);
}

struct settings_user *settings_user(const struct settings *settings, struct uuid id)
{
    struct settings_user *user;
    HASH_FIND(by_id, settings->users_by_id, &id, sizeof id, user);
    return user;
}

struct settings_user *settings_user_of_email(const struct settings *settings,
                                             const struct keyed_hash *email_hash)
{
    struct settings_user *user;
    HASH_FIND(by_email, settings->users_by_email, email_hash, sizeof *email_hash, user);
    return user;
}

struct settings_session *settings_session(const struct settings *settings, struct uuid id)
{
    struct settings_session *session;
    HASH_FIND(by_id, settings->sessions, &id, sizeof id, session);
    return session;
}

bool settings_is_market_maker(const struct settings *settings, const struct keyed_hash *email_hash)
{
    struct settings_address *address;
    HASH_FIND(by_email, settings->market_makers, email_hash, sizeof *email_hash, address);
    return address != NULL;
}

void settings_add_user(struct settings *settings, const struct settings_user *user)
{
    CHECK(settings_user(settings, user->id) == NULL);
    CHECK(settings_user_of_email(settings, &user->email_hash) == NULL);
    struct settings_user *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *user;
    HASH_ADD(by_id, settings->users_by_id, id, sizeof copy->id, copy);
    HASH_ADD(by_email, settings->users_by_email, email_hash, sizeof copy->email_hash, copy);
}

static void drop_challenges_of(struct settings *settings, struct uuid user_id)
{
    struct settings_challenge *challenge = settings->challenges;
    for (struct settings_challenge *next; challenge != NULL; challenge = next) {
        next = challenge->by_id.next;
        if (uuid_equal(challenge->user_id, user_id))
            settings_drop_challenge(settings, challenge->id);
    }
}

void settings_drop_user(struct settings *settings, struct settings_user *user)
{
    CHECK(user->sessions_count == 0);
    drop_challenges_of(settings, user->id);
    settings_free_keys(user);
    settings_free_kept(&user->kept);
    settings_free_alerts(&settings->alerts, &user->alerts);
    settings_free_notices(&user->notices);
    HASH_DELETE(by_email, settings->users_by_email, user);
    HASH_DELETE(by_id, settings->users_by_id, user);
    free(user);
}

void settings_add_session(struct settings *settings, const struct settings_session *session)
{
    struct settings_user *user = settings_user(settings, session->user_id);
    CHECK(user != NULL && settings_session(settings, session->id) == NULL);
    struct settings_session *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *session;
    DL_APPEND2(user->sessions, copy, older, newer);
    user->sessions_count++;
    HASH_ADD(by_id, settings->sessions, id, sizeof copy->id, copy);
}

void settings_drop_session(struct settings *settings, struct settings_session *session)
{
    struct settings_user *user = settings_user(settings, session->user_id);
    DL_DELETE2(user->sessions, session, older, newer);
    user->sessions_count--;
    HASH_DELETE(by_id, settings->sessions, session);
    free(session);
}

void settings_add_market_maker(struct settings *settings, const struct keyed_hash *email_hash)
{
    if (settings_is_market_maker(settings, email_hash))
        return;
    struct settings_address *address = malloc(sizeof *address);
    CHECK(address != NULL);
    address->email_hash = *email_hash;
    HASH_ADD(by_email, settings->market_makers, email_hash, sizeof address->email_hash, address);
}
