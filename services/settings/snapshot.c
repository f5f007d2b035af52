/* The state as bytes: version, instruments, users by id with their API keys, what they keep,
 * wait for and are told,
 * staff, sessions in the order they were opened, failures in the order of their newest, logins that
 * wait for a second factor in the order they were made, sign-ins through a provider in the order
 * they were used, addresses of market makers in order, the venue's rules. Numbers are big-endian
 * (base/pack.h). */
#include "base/pack.h"
#include "settings/state.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { SNAPSHOT_VERSION = 15, RULES_SIZE_MAX = 4096 };

static int user_compare(const void *a, const void *b)
{
    const struct settings_user *const *left = a;
    const struct settings_user *const *right = b;
    return uuid_compare((*left)->id, (*right)->id);
}

static int address_compare(const void *a, const void *b)
{
    const struct settings_address *const *left = a;
    const struct settings_address *const *right = b;
    return memcmp(&(*left)->email_hash, &(*right)->email_hash, sizeof(struct keyed_hash));
}

/* Room for pointers to sort. The caller frees it. */
static void *pointers(size_t count)
{
    void *room = calloc(count + 1, sizeof(void *));
    CHECK(room != NULL);
    return room;
}

static void save_factor(const struct settings_factor *factor, struct buffer *buffer)
{
    pack_u64(buffer, (uint64_t)factor->secret_version);
    buffer_byte(buffer, factor->is_on);
    pack_u64(buffer, (uint64_t)factor->last_step);
    pack_u64(buffer, factor->backups_count);
    buffer_append(buffer, factor->backups, factor->backups_count * sizeof factor->backups[0]);
    for (uint32_t i = 0; i < SETTINGS_FACTOR_FAILURES; i++) {
        int64_t failed_at_us = factor->failed_at_us[(factor->next + i) % SETTINGS_FACTOR_FAILURES];
        if (failed_at_us != 0)
            pack_u64(buffer, (uint64_t)failed_at_us);
    }
    pack_u64(buffer, 0); /* no time, so their end */
}

static void save_keys(const struct settings_user *user, struct buffer *buffer)
{
    const struct settings_key *key;
    size_t count;
    DL_COUNT(user->keys, key, count);
    pack_u64(buffer, count);
    DL_FOREACH(user->keys, key)
    {
        buffer_append(buffer, &key->id, sizeof key->id);
        pack_u64(buffer, (uint64_t)key->expires_at_us);
    }
}

static void save_users(const struct settings *settings, struct buffer *buffer)
{
    size_t count = HASH_CNT(by_id, settings->users_by_id);
    const struct settings_user **users = pointers(count);
    size_t i = 0;
    for (struct settings_user *user = settings->users_by_id; user != NULL; user = user->by_id.next)
        users[i++] = user;
    qsort(users, count, sizeof(struct settings_user *), user_compare);
    pack_u64(buffer, count);
    for (i = 0; i < count; i++) {
        buffer_append(buffer, &users[i]->id, sizeof users[i]->id);
        buffer_append(buffer, &users[i]->account_id, sizeof users[i]->account_id);
        buffer_append(buffer, &users[i]->email_hash, sizeof users[i]->email_hash);
        pack_u64(buffer, users[i]->roles);
        buffer_byte(buffer, users[i]->locked);
        buffer_byte(buffer, users[i]->dismissal_proposed);
        pack_u64(buffer, (uint64_t)users[i]->version);
        pack_u64(buffer, (uint64_t)users[i]->credentials_version);
        buffer_byte(buffer, users[i]->email_verified);
        pack_u64(buffer, (uint64_t)users[i]->reset_requested_us);
        save_factor(&users[i]->factor, buffer);
        pack_u64(buffer, (uint64_t)users[i]->preferences_version);
        save_keys(users[i], buffer);
        settings_kept_save(users[i]->kept, buffer);
        settings_alerts_save(&users[i]->alerts, buffer);
        settings_notices_save(&users[i]->notices, buffer);
    }
    free(users);
}

static void save_sessions(const struct settings *settings, struct buffer *buffer)
{
    pack_u64(buffer, HASH_CNT(by_id, settings->sessions));
    for (struct settings_session *session = settings->sessions; session != NULL;
         session = session->by_id.next) {
        buffer_append(buffer, &session->id, sizeof session->id);
        buffer_append(buffer, &session->user_id, sizeof session->user_id);
        pack_u64(buffer, (uint64_t)session->expires_at_us);
        pack_u64(buffer, (uint64_t)session->generation);
    }
}

static void save_failures(const struct settings *settings, struct buffer *buffer)
{
    pack_u64(buffer, HASH_CNT(by_pair, settings->failures));
    for (struct settings_failures *failures = settings->failures; failures != NULL;
         failures = failures->by_pair.next) {
        buffer_append(buffer, &failures->pair, sizeof failures->pair);
        for (size_t i = 0; i < SETTINGS_FAILURES; i++)
            pack_u64(buffer, (uint64_t)failures->failed_at_us[i]);
        pack_u64(buffer, failures->next);
    }
}

static void save_challenges(const struct settings *settings, struct buffer *buffer)
{
    pack_u64(buffer, HASH_CNT(by_id, settings->challenges));
    for (struct settings_challenge *challenge = settings->challenges; challenge != NULL;
         challenge = challenge->by_id.next) {
        buffer_append(buffer, &challenge->id, sizeof challenge->id);
        buffer_append(buffer, &challenge->user_id, sizeof challenge->user_id);
        pack_u64(buffer, (uint64_t)challenge->credentials_version);
        pack_u64(buffer, (uint64_t)challenge->expires_at_us);
        pack_u64(buffer, (uint64_t)challenge->session_expires_at_us);
        pack_u64(buffer, challenge->tries);
    }
}

static void save_attempted(const struct settings *settings, struct buffer *buffer)
{
    pack_u64(buffer, HASH_CNT(by_id, settings->attempted));
    for (struct settings_attempted *attempted = settings->attempted; attempted != NULL;
         attempted = attempted->by_id.next) {
        buffer_append(buffer, &attempted->id, sizeof attempted->id);
        pack_u64(buffer, (uint64_t)attempted->expires_at_us);
    }
}

static void save_market_makers(const struct settings *settings, struct buffer *buffer)
{
    size_t count = HASH_CNT(by_email, settings->market_makers);
    const struct settings_address **addresses = pointers(count);
    size_t i = 0;
    for (struct settings_address *address = settings->market_makers; address != NULL;
         address = address->by_email.next)
        addresses[i++] = address;
    qsort(addresses, count, sizeof(struct settings_address *), address_compare);
    pack_u64(buffer, count);
    for (i = 0; i < count; i++)
        buffer_append(buffer, &addresses[i]->email_hash, sizeof addresses[i]->email_hash);
    free(addresses);
}

void settings_save(const void *state, struct buffer *buffer)
{
    const struct settings *settings = state;
    buffer_byte(buffer, SNAPSHOT_VERSION);
    settings_market_save(&settings->market, buffer);
    save_users(settings, buffer);
    settings_fired_save(&settings->alerts, buffer);
    staff_save(&settings->staff, buffer);
    approvals_save(&settings->approvals, buffer);
    save_sessions(settings, buffer);
    save_failures(settings, buffer);
    save_challenges(settings, buffer);
    save_attempted(settings, buffer);
    save_market_makers(settings, buffer);
    wire_encode(&WIRE_VENUE_RULES, &settings->venue_rules, buffer);
}

static void load_factor(struct pack_reader *reader, struct settings_factor *ret_factor)
{
    ret_factor->secret_version = (int64_t)pack_read_u64(reader);
    ret_factor->is_on = pack_read_u8(reader) != 0;
    ret_factor->last_step = (int64_t)pack_read_u64(reader);
    uint64_t count = pack_read_u64(reader);
    reader->failed = reader->failed || count > SETTINGS_BACKUPS;
    if (reader->failed)
        return;
    ret_factor->backups_count = (uint32_t)count;
    pack_read(reader, ret_factor->backups, count * sizeof ret_factor->backups[0]);
    int64_t failed_at_us;
    while (!reader->failed && (failed_at_us = (int64_t)pack_read_u64(reader)) != 0)
        settings_fail_factor(ret_factor, failed_at_us);
}

static void load_keys(struct settings_user *user, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct settings_key key = {0};
        pack_read(reader, &key.id, sizeof key.id);
        key.expires_at_us = (int64_t)pack_read_u64(reader);
        reader->failed = reader->failed || settings_key(user, key.id) != NULL;
        if (!reader->failed)
            settings_add_key(user, &key);
    }
}

static void load_users(struct settings *settings, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct settings_user user = {0};
        pack_read(reader, &user.id, sizeof user.id);
        pack_read(reader, &user.account_id, sizeof user.account_id);
        pack_read(reader, &user.email_hash, sizeof user.email_hash);
        user.roles = (uint32_t)pack_read_u64(reader);
        user.locked = pack_read_u8(reader) != 0;
        user.dismissal_proposed = pack_read_u8(reader) != 0;
        user.version = (int64_t)pack_read_u64(reader);
        user.credentials_version = (int64_t)pack_read_u64(reader);
        user.email_verified = pack_read_u8(reader) != 0;
        user.reset_requested_us = (int64_t)pack_read_u64(reader);
        load_factor(reader, &user.factor);
        user.preferences_version = (int64_t)pack_read_u64(reader);
        reader->failed = reader->failed || settings_user(settings, user.id) != NULL ||
                         settings_user_of_email(settings, &user.email_hash) != NULL;
        if (!reader->failed) {
            settings_add_user(settings, &user);
            struct settings_user *added = settings_user(settings, user.id);
            load_keys(added, reader);
            settings_kept_load(&added->kept, &settings->market, reader);
            settings_alerts_load(&settings->alerts, &added->alerts, &settings->market, reader);
            settings_notices_load(&added->notices, reader);
        }
    }
}

static void load_sessions(struct settings *settings, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct settings_session session = {0};
        pack_read(reader, &session.id, sizeof session.id);
        pack_read(reader, &session.user_id, sizeof session.user_id);
        session.expires_at_us = (int64_t)pack_read_u64(reader);
        session.generation = (int64_t)pack_read_u64(reader);
        reader->failed = reader->failed || settings_user(settings, session.user_id) == NULL ||
                         settings_session(settings, session.id) != NULL;
        if (!reader->failed)
            settings_add_session(settings, &session);
    }
}

static void load_failures(struct settings *settings, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct settings_failures failures = {0};
        pack_read(reader, &failures.pair, sizeof failures.pair);
        for (size_t j = 0; j < SETTINGS_FAILURES; j++)
            failures.failed_at_us[j] = (int64_t)pack_read_u64(reader);
        uint64_t next = pack_read_u64(reader);
        failures.next = (uint32_t)next;
        reader->failed = reader->failed || next >= SETTINGS_FAILURES ||
                         !settings_restore_failures(settings, &failures);
    }
}

static void load_challenges(struct settings *settings, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct settings_challenge challenge = {.tries = 0};
        pack_read(reader, &challenge.id, sizeof challenge.id);
        pack_read(reader, &challenge.user_id, sizeof challenge.user_id);
        challenge.credentials_version = (int64_t)pack_read_u64(reader);
        challenge.expires_at_us = (int64_t)pack_read_u64(reader);
        challenge.session_expires_at_us = (int64_t)pack_read_u64(reader);
        challenge.tries = (uint32_t)pack_read_u64(reader);
        reader->failed = reader->failed || settings_challenge_of(settings, challenge.id) != NULL;
        if (!reader->failed)
            settings_add_challenge(settings, &challenge);
    }
}

static void load_attempted(struct settings *settings, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct sign_in_attempt attempt;
        pack_read(reader, &attempt.id, sizeof attempt.id);
        attempt.expires_at = (int64_t)pack_read_u64(reader);
        if (!reader->failed)
            settings_add_attempted(settings, &attempt);
    }
}

static void load_market_makers(struct settings *settings, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct keyed_hash email_hash;
        pack_read(reader, &email_hash, sizeof email_hash);
        if (!reader->failed)
            settings_add_market_maker(settings, &email_hash);
    }
}

static void load_venue_rules(struct settings *settings, struct pack_reader *reader)
{
    struct arena *arena = arena_new(RULES_SIZE_MAX);
    struct venue_rules rules = {.version = 0};
    if (!reader->failed && (wire_decode(&WIRE_VENUE_RULES, &reader->rest, arena, &rules) != OK ||
                            rules.has_approvals)) /* whose texts would be gone with the arena */
        reader->failed = true;
    if (!reader->failed)
        settings->venue_rules = rules;
    arena_free(arena);
}

enum err settings_load(void *state, struct bytes bytes)
{
    struct pack_reader reader = {.rest = bytes};
    if (pack_read_u8(&reader) != SNAPSHOT_VERSION)
        return ERR_POISON;
    settings_market_load(&((struct settings *)state)->market, &reader);
    load_users(state, &reader);
    settings_fired_load(&((struct settings *)state)->alerts, &((struct settings *)state)->market,
                        &reader);
    staff_load(&((struct settings *)state)->staff, &reader);
    approvals_load(&((struct settings *)state)->approvals, &reader);
    load_sessions(state, &reader);
    load_failures(state, &reader);
    load_challenges(state, &reader);
    load_attempted(state, &reader);
    load_market_makers(state, &reader);
    load_venue_rules(state, &reader);
    return pack_read_whole(&reader) ? OK : ERR_POISON;
}
