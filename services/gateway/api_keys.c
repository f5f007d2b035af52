#include "gateway/api_keys.h"

#include "auth/base64url.h"
#include "base/table.h"
#include "db/db.h"
#include "decision/decision.h"
#include "gateway/keyed_network.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_SIZE = 32, KEY_SIZE = 16 + RANDOM_SIZE };

static const char PREFIX[] = "bk_";

struct api_key {
    struct uuid id;
    struct uuid user_id;
    struct uuid account_id;
    struct keyed_hash hash;
    uint32_t owner_roles;
    bool locked; /* its owner is */
    uint32_t scopes;
    int32_t rate_limit;
    int64_t expires_at_us;
    struct keyed_network *networks; /* owned */
    size_t networks_count;
    _Atomic int64_t told_us; /* when its use was last told, by whomever */
    UT_hash_handle hh;
};

struct api_keys {
    pthread_rwlock_t lock;
    struct api_key *keys; /* locked */
};

/* --- keys as texts ---------------------------------------------------------------------------- */

static void hash_key_bytes(const struct seal_key *hash_key, const uint8_t key[KEY_SIZE],
                           struct keyed_hash *ret_hash)
{
    static const char DOMAIN[] = "api-key\n"; /* so that it is no hash of anything else */
    uint8_t all[sizeof DOMAIN - 1 + KEY_SIZE];
    memcpy(all, DOMAIN, sizeof DOMAIN - 1);
    memcpy(all + sizeof DOMAIN - 1, key, KEY_SIZE);
    seal_keyed_hash16(hash_key, all, sizeof all, ret_hash->bytes);
    seal_wipe(all, sizeof all);
}

struct text api_key_make(const struct seal_key *hash_key, struct uuid id, struct arena *arena,
                         struct keyed_hash *ret_hash)
{
    uint8_t bytes[KEY_SIZE];
    memcpy(bytes, id.bytes, sizeof id.bytes);
    seal_random(bytes + sizeof id.bytes, RANDOM_SIZE);
    hash_key_bytes(hash_key, bytes, ret_hash);
    struct buffer text;
    buffer_init(&text, sizeof PREFIX + BASE64URL_SIZE(KEY_SIZE));
    buffer_string(&text, PREFIX);
    base64url_encode(&text, bytes, sizeof bytes);
    CHECK(buffer_ok(&text));
    struct text key = arena_text(arena, buffer_as_text(&text));
    seal_wipe(bytes, sizeof bytes);
    buffer_free(&text);
    return key;
}

static enum err parse(struct text key, uint8_t ret_bytes[KEY_SIZE])
{
    size_t prefix = sizeof PREFIX - 1, size;
    if (key.size != prefix + BASE64URL_SIZE(KEY_SIZE) || memcmp(key.data, PREFIX, prefix) != 0)
        return ERR_INPUT;
    struct text rest = {.data = key.data + prefix, .size = key.size - prefix};
    return base64url_decode(rest, KEY_SIZE, ret_bytes, &size);
}

enum err api_key_parse(struct text key, struct uuid *ret_id)
{
    uint8_t bytes[KEY_SIZE];
    enum err err = parse(key, bytes);
    if (err == OK)
        memcpy(ret_id->bytes, bytes, sizeof ret_id->bytes);
    return err;
}

uint32_t api_key_roles(uint32_t owner_roles, uint32_t scopes)
{
    const uint32_t people = ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OPERATOR) |
                            ROLE_BIT(ROLE_AUDITOR) | ROLE_BIT(ROLE_USER);
    if (scopes & API_KEY_SCOPE_BIT(API_KEY_SCOPE_ADMIN))
        return owner_roles;
    return (owner_roles & people) != 0 ? ROLE_BIT(ROLE_USER) : 0;
}

/* --- the table -------------------------------------------------------------------------------- */

struct api_keys *api_keys_new(void)
{
    struct api_keys *keys = calloc(1, sizeof *keys);
    CHECK(keys != NULL);
    CHECK(pthread_rwlock_init(&keys->lock, NULL) == 0);
    return keys;
}

static void drop(struct api_keys *keys, struct api_key *key)
{
    HASH_DEL(keys->keys, key);
    free(key->networks);
    free(key);
}

void api_keys_free(struct api_keys *keys)
{
    if (keys == NULL)
        return;
    while (keys->keys != NULL)
        drop(keys, keys->keys);
    pthread_rwlock_destroy(&keys->lock);
    free(keys);
}

static struct api_key *find(const struct api_keys *keys, struct uuid id)
{
    struct api_key *key;
    HASH_FIND(hh, keys->keys, &id, sizeof id, key);
    return key;
}

/* Adds a copy without networks; NULL where it is there already. */
static struct api_key *add(struct api_keys *keys, const struct api_key *key)
{
    if (find(keys, key->id) != NULL)
        return NULL;
    struct api_key *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *key;
    HASH_ADD(hh, keys->keys, id, sizeof copy->id, copy);
    return copy;
}

static void add_network(struct api_key *key, const struct keyed_network *network)
{
    struct keyed_network *networks =
        realloc(key->networks, (key->networks_count + 1) * sizeof *networks);
    CHECK(networks != NULL);
    networks[key->networks_count++] = *network;
    key->networks = networks;
}

/* --- from the projection ---------------------------------------------------------------------- */

/* The bits of the symbols that are named in a text with commas between. */
static uint32_t bits_named(const struct wire_enum *symbols, struct text names)
{
    uint32_t bits = 0;
    while (names.size > 0) {
        const char *comma = memchr(names.data, ',', names.size);
        struct text name = {names.data, comma == NULL ? names.size : (size_t)(comma - names.data)};
        for (uint32_t i = 0; i < symbols->symbols_count; i++)
            bits |= text_is(name, symbols->symbols[i]) ? UINT32_C(1) << i : 0;
        size_t taken = name.size + (comma != NULL);
        names = (struct text){names.data + taken, names.size - taken};
    }
    return bits;
}

static void get_hash(const struct db_result *rows, size_t row, size_t column,
                     struct keyed_hash *ret_hash)
{
    struct buffer bytes;
    buffer_init(&bytes, sizeof ret_hash->bytes);
    db_get_bytes(rows, row, column, &bytes);
    if (bytes.size == sizeof ret_hash->bytes)
        memcpy(ret_hash->bytes, bytes.data, sizeof ret_hash->bytes);
    buffer_free(&bytes);
}

static enum err load_keys(struct api_keys *keys, struct db *db)
{
    static const char SQL[] =
        "SELECT key.id, key.user_id, users.account_id, decode(key.key_hash, 'hex'), "
        "  array_to_string(users.roles, ','), users.status <> 'active', "
        "  array_to_string(key.scopes, ','), coalesce(key.rate_limit, 0), "
        "  coalesce((extract(epoch FROM key.expires_at) * 1000000)::bigint, $1::bigint), "
        "  coalesce((extract(epoch FROM key.last_used_at) * 1000000)::bigint, 0) "
        "FROM settings.api_keys key JOIN settings.users ON users.id = key.user_id "
        "WHERE key.revoked_at IS NULL AND coalesce(key.expires_at > now(), true)";
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, SQL, DB_PARAMS(db_int(INT64_MAX)), &rows);
    for (size_t i = 0; err == OK && i < db_rows(&rows); i++) {
        struct api_key key = {.id = db_get_uuid(&rows, i, 0),
                              .user_id = db_get_uuid(&rows, i, 1),
                              .account_id = db_get_uuid(&rows, i, 2),
                              .owner_roles = bits_named(&WIRE_ROLE, db_get_text(&rows, i, 4)),
                              .locked = db_get_bool(&rows, i, 5),
                              .scopes = bits_named(&WIRE_API_KEY_SCOPE, db_get_text(&rows, i, 6)),
                              .rate_limit = (int32_t)db_get_int(&rows, i, 7),
                              .expires_at_us = db_get_int(&rows, i, 8),
                              .told_us = db_get_int(&rows, i, 9)};
        get_hash(&rows, i, 3, &key.hash);
        (void)add(keys, &key);
    }
    return err;
}

static enum err load_networks(struct api_keys *keys, struct db *db)
{
    static const char SQL[] = "SELECT key.id, split_part(network, '/', 1)::int, "
                              "  decode(split_part(network, '/', 2), 'hex') "
                              "FROM settings.api_keys key, unnest(key.networks) network "
                              "WHERE key.revoked_at IS NULL";
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, SQL, DB_NO_PARAMS, &rows);
    for (size_t i = 0; err == OK && i < db_rows(&rows); i++) {
        struct api_key *key = find(keys, db_get_uuid(&rows, i, 0));
        struct keyed_network network = {.prefix = (int32_t)db_get_int(&rows, i, 1)};
        get_hash(&rows, i, 2, &network.hash);
        if (key != NULL)
            add_network(key, &network);
    }
    return err;
}

enum err api_keys_load(struct api_keys *keys, struct db *db)
{
    pthread_rwlock_wrlock(&keys->lock);
    enum err err = load_keys(keys, db);
    if (err == OK)
        err = load_networks(keys, db);
    while (err != OK && keys->keys != NULL)
        drop(keys, keys->keys); /* without all of its networks a key would be good everywhere */
    pthread_rwlock_unlock(&keys->lock);
    return err;
}

/* --- from the log ----------------------------------------------------------------------------- */

bool api_keys_want(enum event_kind kind)
{
    return kind == EVENT_API_KEY_CREATED || kind == EVENT_API_KEY_REVOKED ||
           kind == EVENT_API_KEY_USED || kind == EVENT_USER_CHANGED || kind == EVENT_PERSON_ERASED;
}

/* Those of a user that have expired by then; INT64_MAX: all. */
static void drop_of_user(struct api_keys *keys, struct uuid user_id, int64_t now_us)
{
    struct api_key *key = keys->keys;
    for (struct api_key *next; key != NULL; key = next) {
        next = key->hh.next;
        if (uuid_equal(key->user_id, user_id) && key->expires_at_us <= now_us)
            drop(keys, key);
    }
}

static void apply_created(struct api_keys *keys, const struct api_key_created *created)
{
    /* As settings does: so those of one user are never many. */
    drop_of_user(keys, created->user_id, created->created_at);
    struct api_key key = {
        .id = created->key_id,
        .user_id = created->user_id,
        .account_id = created->account_id,
        .hash = created->key_hash,
        .owner_roles = role_bits_of(created->roles, created->roles_count),
        .rate_limit = created->has_rate_limit ? created->rate_limit : 0,
        .expires_at_us = created->has_expires_at ? created->expires_at : INT64_MAX,
    };
    for (size_t i = 0; i < created->scopes_count; i++)
        key.scopes |= API_KEY_SCOPE_BIT(created->scopes[i]);
    struct api_key *added = add(keys, &key);
    for (size_t i = 0; added != NULL && i < created->networks_count; i++)
        add_network(added, &created->networks[i]);
}

static void apply_used(struct api_keys *keys, const struct api_key_used *used)
{
    struct api_key *key = find(keys, used->key_id);
    if (key != NULL && used->used_at > atomic_load(&key->told_us))
        atomic_store(&key->told_us, used->used_at);
}

static void apply_owner(struct api_keys *keys, const struct user_changed *changed)
{
    for (struct api_key *key = keys->keys; key != NULL; key = key->hh.next) {
        if (!uuid_equal(key->user_id, changed->user_id))
            continue;
        key->owner_roles = role_bits_of(changed->roles, changed->roles_count);
        key->locked = changed->status != USER_STATUS_ACTIVE;
    }
}

void api_keys_apply(struct api_keys *keys, const struct event *event)
{
    pthread_rwlock_wrlock(&keys->lock);
    if (event->kind == EVENT_API_KEY_CREATED) {
        apply_created(keys, &event->api_key_created);
    } else if (event->kind == EVENT_API_KEY_REVOKED) {
        struct api_key *key = find(keys, event->api_key_revoked.key_id);
        if (key != NULL)
            drop(keys, key);
    } else if (event->kind == EVENT_API_KEY_USED) {
        apply_used(keys, &event->api_key_used);
    } else if (event->kind == EVENT_USER_CHANGED) {
        apply_owner(keys, &event->user_changed);
    } else if (event->kind == EVENT_PERSON_ERASED) {
        drop_of_user(keys, event->person_erased.user_id, INT64_MAX);
    }
    pthread_rwlock_unlock(&keys->lock);
}

/* --- asking ----------------------------------------------------------------------------------- */

bool api_keys_is_locked(struct api_keys *keys, struct uuid id)
{
    pthread_rwlock_rdlock(&keys->lock);
    const struct api_key *key = find(keys, id);
    bool locked = key != NULL && key->locked;
    pthread_rwlock_unlock(&keys->lock);
    return locked;
}

static bool is_within(const struct api_key *key, const struct seal_key *hash_key,
                      struct text address)
{
    struct network whole, around;
    if (key->networks_count == 0)
        return true;
    if (network_parse(address, &whole) != OK)
        return false;
    for (size_t i = 0; i < key->networks_count; i++) {
        const struct keyed_network *network = &key->networks[i];
        if (!network_around(&whole, network->prefix, &around))
            continue;
        struct keyed_network keyed = keyed_network_of(hash_key, &around);
        if (memcmp(&keyed.hash, &network->hash, sizeof keyed.hash) == 0)
            return true;
    }
    return false;
}

/* Once for each while, however many ask at the same moment. */
static bool is_to_be_told(struct api_key *key, int64_t now_us)
{
    int64_t told_us = atomic_load(&key->told_us);
    return now_us >= told_us + API_KEYS_TOLD_EVERY_US &&
           atomic_compare_exchange_strong(&key->told_us, &told_us, now_us);
}

static enum api_key_verdict check(struct api_key *key, const struct keyed_hash *hash,
                                  const struct seal_key *hash_key, struct text address,
                                  int64_t now_us)
{
    struct bytes known = {key->hash.bytes, sizeof key->hash.bytes};
    if (!seal_equal(known, (struct bytes){hash->bytes, sizeof hash->bytes}))
        return API_KEY_UNKNOWN;
    if (key->expires_at_us <= now_us)
        return API_KEY_EXPIRED;
    if (key->locked)
        return API_KEY_LOCKED;
    return is_within(key, hash_key, address) ? API_KEY_GOOD : API_KEY_ELSEWHERE;
}

static struct api_key_grant grant_of(struct api_key *key, int64_t now_us)
{
    return (struct api_key_grant){.id = key->id,
                                  .user_id = key->user_id,
                                  .account_id = key->account_id,
                                  .roles = api_key_roles(key->owner_roles, key->scopes),
                                  .scopes = key->scopes,
                                  .rate_limit = key->rate_limit,
                                  .expires_at_us = key->expires_at_us,
                                  .tell = is_to_be_told(key, now_us)};
}

enum api_key_verdict api_keys_check(struct api_keys *keys, const struct seal_key *hash_key,
                                    struct text text, struct text address, int64_t now_us,
                                    struct api_key_grant *ret_grant)
{
    uint8_t bytes[KEY_SIZE];
    struct keyed_hash hash;
    struct uuid id;
    if (parse(text, bytes) != OK)
        return API_KEY_UNKNOWN;
    hash_key_bytes(hash_key, bytes, &hash);
    memcpy(id.bytes, bytes, sizeof id.bytes);
    seal_wipe(bytes, sizeof bytes);
    pthread_rwlock_rdlock(&keys->lock);
    struct api_key *key = find(keys, id);
    enum api_key_verdict verdict =
        key != NULL ? check(key, &hash, hash_key, address, now_us) : API_KEY_UNKNOWN;
    if (verdict == API_KEY_GOOD)
        *ret_grant = grant_of(key, now_us);
    pthread_rwlock_unlock(&keys->lock);
    return verdict;
}
