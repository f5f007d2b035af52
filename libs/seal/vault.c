#include "seal/vault.h"

#include "base/murmur2.h"
#include "base/time.h"
#include "config/config.h"
#include "db/db.h"
#include "db/pool.h"
#include "seal/key_cache.h"
#include "seal/masters.h"
#include "seal/rewrap.h"
#include "seal/vault_rows.h"
#include "seal/vault_schema.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATEMENT_TIMEOUT_MS = 5000, TAKE_TIMEOUT_S = 5 };

/* Changes have connections of their own: a commit may wait for a standby for as long as there is
 * none, and what is there is read meanwhile. */
struct vault {
    struct db_pool *reads, *changes;
    pthread_mutex_t lock; /* guards what follows */
    struct masters masters;
    struct key_cache *cache;
    char error[VAULT_ERROR_SIZE];
};

/* A table of wrapped keys: what vault_key() and vault_secret() differ in. */
struct key_table {
    const char *select;
    const char *insert;
};
static const struct key_table KEYS = {
    "SELECT wrapped, wrapped_by FROM keys WHERE key_id = $1::uuid",
    "INSERT INTO keys (key_id, wrapped, wrapped_by) VALUES ($1::uuid, $2, $3) "
    "ON CONFLICT DO NOTHING"};
static const struct key_table SECRETS = {
    "SELECT wrapped, wrapped_by FROM secrets WHERE name = $1",
    "INSERT INTO secrets (name, wrapped, wrapped_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"};

enum err vault_open(const char *conninfo, struct text master_keys, size_t connections,
                    struct vault **ret_vault)
{
    struct vault *vault = calloc(1, sizeof *vault);
    CHECK(vault != NULL);
    enum err err = masters_parse(master_keys, &vault->masters);
    if (err != OK) {
        free(vault);
        return err;
    }
    size_t half = (connections + 1) / 2;
    vault->reads = db_pool_new(conninfo, STATEMENT_TIMEOUT_MS, half);
    vault->changes = db_pool_new(conninfo, STATEMENT_TIMEOUT_MS, half);
    vault->cache = key_cache_new();
    CHECK(pthread_mutex_init(&vault->lock, NULL) == 0);
    *ret_vault = vault;
    return OK;
}

void vault_free(struct vault *vault)
{
    if (vault == NULL)
        return;
    db_pool_free(vault->reads);
    db_pool_free(vault->changes);
    key_cache_free(vault->cache);
    pthread_mutex_destroy(&vault->lock);
    seal_wipe(vault, sizeof *vault);
    free(vault);
}

enum err vault_take_masters(void *context, const struct config *fresh, struct buffer *ret_problem)
{
    struct vault *vault = context;
    struct masters masters;
    enum err err = masters_parse(text_of(fresh->seal_key), &masters);
    if (err != OK) {
        buffer_string(ret_problem, "BOURSE_SEAL_KEY_FILE holds no keys");
        return err;
    }
    pthread_mutex_lock(&vault->lock);
    vault->masters = masters;
    pthread_mutex_unlock(&vault->lock);
    seal_wipe(&masters, sizeof masters);
    return OK;
}

/* Those of this moment, to be wiped after use. */
static struct masters masters_of(struct vault *vault)
{
    pthread_mutex_lock(&vault->lock);
    struct masters masters = vault->masters;
    pthread_mutex_unlock(&vault->lock);
    return masters;
}

static void note_error(struct vault *vault, const char *text)
{
    pthread_mutex_lock(&vault->lock);
    snprintf(vault->error, sizeof vault->error, "%s", text);
    pthread_mutex_unlock(&vault->lock);
}

void vault_error(struct vault *vault, char ret_text[VAULT_ERROR_SIZE])
{
    pthread_mutex_lock(&vault->lock);
    snprintf(ret_text, VAULT_ERROR_SIZE, "%s", vault->error);
    pthread_mutex_unlock(&vault->lock);
}

static enum err take(struct vault *vault, struct db_pool *pool, struct db **ret_db)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t deadline_ns = ((int64_t)now.tv_sec + TAKE_TIMEOUT_S) * 1000000000 + now.tv_nsec;
    enum err err = db_pool_take(pool, deadline_ns, ret_db);
    if (err != OK) {
        char text[DB_POOL_ERROR_SIZE];
        db_pool_error(pool, text);
        note_error(vault, text);
    }
    return err;
}

/* Where an earlier change waits for a standby this one would, too. */
static enum err take_to_change(struct vault *vault, struct db **ret_db)
{
    if (db_pool_late(vault->changes) == 0)
        return take(vault, vault->changes, ret_db);
    note_error(vault,
               "the database has still not answered an earlier change: are its standbys gone?");
    return ERR_BUSY;
}

/* Gives the connection back and keeps why `err` happened. ERR_NOT_FOUND needs no words. */
static enum err give(struct vault *vault, struct db_pool *pool, struct db *db, enum err err)
{
    if (err != OK && err != ERR_NOT_FOUND && err != ERR_POISON)
        note_error(vault, db_error_text(db));
    db_pool_give(pool, db);
    return err;
}

enum err vault_migrate(struct vault *vault, int32_t version)
{
    struct db *db = NULL;
    enum err err = take_to_change(vault, &db);
    if (err != OK)
        return err;
    err = give(vault, vault->changes, db, vault_schema_migrate(db, version));
    if (err != ERR_RANGE)
        return err;
    note_error(vault, "the vault's schema is newer than this program: run the newer program");
    return ERR_CONFIG;
}

enum err vault_rewrap(struct vault *vault, struct vault_rewrap *ret_rewrap)
{
    struct db *db = NULL;
    enum err err = take_to_change(vault, &db);
    if (err != OK)
        return err;
    struct masters masters = masters_of(vault);
    err = give(vault, vault->changes, db, rewrap(db, &masters, ret_rewrap));
    seal_wipe(&masters, sizeof masters);
    return err;
}

/* The stored key of `name`, opened. ERR_NOT_FOUND: no row, or one of a shredded key. ERR_POISON: it
 * does not open. */
static enum err load(struct db *db, const struct key_table *table, const struct masters *masters,
                     const struct db_param *name, struct bytes context, struct seal_key *ret_key)
{
    AUTO_DB_RESULT result = {NULL};
    struct buffer wrapped, by; /* by: empty where it was stored before ids were kept */
    enum err err = db_query(db, table->select, name, 1, &result);
    if (err != OK)
        return err;
    if (db_rows(&result) == 0 || db_is_null(&result, 0, 0))
        return ERR_NOT_FOUND;
    buffer_init(&wrapped, 1024);
    buffer_init(&by, 1024);
    db_get_bytes(&result, 0, 0, &wrapped);
    if (!db_is_null(&result, 0, 1))
        db_get_bytes(&result, 0, 1, &by);
    err = masters_unwrap(masters, context, buffer_bytes(&wrapped), buffer_bytes(&by), ret_key);
    buffer_free(&wrapped);
    buffer_free(&by);
    return err == OK ? OK : ERR_POISON;
}

/* Stores a new key unless there is one, or was, and loads what is there then. */
static enum err make(struct db *db, const struct key_table *table, const struct masters *masters,
                     const struct db_param *name, struct bytes context, struct seal_key *ret_key)
{
    struct wrapped_key wrapped;
    struct seal_key key = seal_key_random();
    masters_wrap(masters, context, &key, &wrapped);
    seal_wipe(&key, sizeof key);
    enum err err =
        db_query(db, table->insert,
                 DB_PARAMS(*name, db_bytes((struct bytes){wrapped.bytes, sizeof wrapped.bytes}),
                           db_bytes((struct bytes){wrapped.by, sizeof wrapped.by})),
                 NULL);
    return err == OK ? load(db, table, masters, name, context, ret_key) : err;
}

static enum err fetch(struct vault *vault, const struct key_table *table,
                      const struct db_param *name, struct bytes context, bool create,
                      struct seal_key *ret_key)
{
    struct db *db = NULL;
    struct masters masters = masters_of(vault);
    enum err err = take(vault, vault->reads, &db);
    if (err == OK)
        err = give(vault, vault->reads, db, load(db, table, &masters, name, context, ret_key));
    if (err == ERR_NOT_FOUND && create) {
        err = take_to_change(vault, &db);
        if (err == OK)
            err =
                give(vault, vault->changes, db, make(db, table, &masters, name, context, ret_key));
    }
    seal_wipe(&masters, sizeof masters);
    if (err != ERR_POISON)
        return err;
    note_error(vault, "a stored key does not open: the key that it was wrapped under is not in "
                      "BOURSE_SEAL_KEY_FILE");
    return ERR_CONFIG;
}

enum err vault_key(struct vault *vault, struct uuid id, bool create, struct seal_key *ret_key)
{
    pthread_mutex_lock(&vault->lock);
    bool found = key_cache_find(vault->cache, id, ret_key);
    uint64_t generation = key_cache_generation(vault->cache);
    pthread_mutex_unlock(&vault->lock);
    if (found)
        return OK;
    const struct db_param name = db_uuid(id);
    enum err err =
        fetch(vault, &KEYS, &name, (struct bytes){id.bytes, sizeof id.bytes}, create, ret_key);
    if (err != OK)
        return err;
    pthread_mutex_lock(&vault->lock);
    if (generation == key_cache_generation(vault->cache)) /* else it may be shredded by now */
        key_cache_put(vault->cache, id, ret_key);
    pthread_mutex_unlock(&vault->lock);
    return OK;
}

void vault_forget(struct vault *vault, struct uuid id)
{
    pthread_mutex_lock(&vault->lock);
    key_cache_drop(vault->cache, id);
    pthread_mutex_unlock(&vault->lock);
}

enum err vault_shred(struct vault *vault, struct uuid id)
{
    struct db *db = NULL;
    enum err err = take_to_change(vault, &db);
    if (err != OK)
        return err;
    err = give(vault, vault->changes, db, vault_shred_rows(db, id));
    vault_forget(vault, id); /* after the database, and whatever it said */
    return err;
}

enum err vault_seal_text(struct vault *vault, struct uuid key_id, struct text plain,
                         struct buffer *token)
{
    struct seal_key key;
    enum err err = vault_key(vault, key_id, true, &key);
    if (err != OK)
        return err;
    char context[UUID_TEXT_SIZE];
    uuid_print(key_id, context);
    seal_text(&key, (struct text){context, sizeof context}, plain, token);
    seal_wipe(&key, sizeof key);
    return buffer_ok(token) ? OK : ERR_FULL;
}

enum err vault_open_text(struct vault *vault, struct uuid key_id, struct text token,
                         struct buffer *plain)
{
    struct seal_key key;
    enum err err = vault_key(vault, key_id, false, &key);
    if (err != OK)
        return err;
    char context[UUID_TEXT_SIZE];
    uuid_print(key_id, context);
    err = seal_open(&key, (struct text){context, sizeof context}, token, plain);
    seal_wipe(&key, sizeof key);
    return err;
}

enum err vault_secret(struct vault *vault, const char *name, bool create, struct seal_key *ret_key)
{
    const struct db_param param = db_string(name);
    const struct bytes context = {(const uint8_t *)name, strlen(name)};
    return fetch(vault, &SECRETS, &param, context, create, ret_key);
}

/* --- documents -------------------------------------------------------------------------------- */

/* What a part is sealed for: it opens nowhere else. */
struct part_name {
    uint8_t document_id[16];
    uint8_t part[4];
};

static struct bytes name_part(struct uuid document_id, int32_t part, struct part_name *ret_name)
{
    memcpy(ret_name->document_id, document_id.bytes, sizeof ret_name->document_id);
    for (int i = 0; i < 4; i++)
        ret_name->part[i] = (uint8_t)((uint32_t)part >> (24 - 8 * i));
    return (struct bytes){(const uint8_t *)ret_name, sizeof *ret_name};
}

static enum err put_part(struct db *db, const struct seal_key *key, struct uuid document_id,
                         int32_t part, struct bytes plain)
{
    struct part_name name;
    struct buffer sealed;
    buffer_init(&sealed, VAULT_PART_SIZE + SEAL_OVERHEAD);
    seal_bytes(key, name_part(document_id, part, &name), plain, &sealed);
    enum err err = db_query(
        db, "INSERT INTO document_parts VALUES ($1::uuid, $2::int, $3)",
        DB_PARAMS(db_uuid(document_id), db_int(part), db_bytes(buffer_bytes(&sealed))), NULL);
    buffer_free(&sealed);
    return err;
}

enum err vault_put_part(struct vault *vault, struct uuid key_id, struct uuid document_id,
                        int32_t part, struct bytes contents)
{
    struct seal_key key;
    struct db *db = NULL;
    CHECK(contents.size <= VAULT_PART_SIZE);
    enum err err = vault_key(vault, key_id, true, &key);
    if (err == OK)
        err = take_to_change(vault, &db);
    if (err == OK)
        err = give(vault, vault->changes, db, put_part(db, &key, document_id, part, contents));
    seal_wipe(&key, sizeof key);
    return err;
}

/* One statement about a document, or about those that others left. */
static enum err change(struct vault *vault, const char *sql, const struct db_param *params,
                       size_t count)
{
    struct db *db = NULL;
    enum err err = take_to_change(vault, &db);
    return err == OK ? give(vault, vault->changes, db, db_query(db, sql, params, count, NULL))
                     : err;
}

enum err vault_begin_document(struct vault *vault, struct uuid key_id, struct uuid document_id)
{
    return change(vault,
                  "WITH left_over AS (DELETE FROM documents WHERE parts IS NULL "
                  "                   AND created_at < now() - interval '1 hour') "
                  "INSERT INTO documents (document_id, key_id) VALUES ($1::uuid, $2::uuid)",
                  DB_PARAMS(db_uuid(document_id), db_uuid(key_id)));
}

enum err vault_end_document(struct vault *vault, struct uuid document_id, int32_t parts)
{
    return change(vault, "UPDATE documents SET parts = $2::int WHERE document_id = $1::uuid",
                  DB_PARAMS(db_uuid(document_id), db_int(parts)));
}

static enum err open_part(struct db *db, const struct seal_key *key, struct uuid document_id,
                          int32_t part, struct buffer *ret_contents, bool *ret_last)
{
    struct part_name name;
    struct buffer sealed;
    AUTO_DB_RESULT rows = {NULL};
    enum err err = db_query(db,
                            "SELECT sealed, part + 1 = parts FROM document_parts "
                            "JOIN documents USING (document_id) "
                            "WHERE document_id = $1::uuid AND part = $2::int AND parts IS NOT NULL",
                            DB_PARAMS(db_uuid(document_id), db_int(part)), &rows);
    if (err != OK || db_rows(&rows) == 0)
        return err != OK ? err : ERR_NOT_FOUND;
    buffer_init(&sealed, VAULT_PART_SIZE + SEAL_OVERHEAD);
    db_get_bytes(&rows, 0, 0, &sealed);
    *ret_last = db_get_bool(&rows, 0, 1);
    err = seal_open_bytes(key, name_part(document_id, part, &name), buffer_bytes(&sealed),
                          ret_contents);
    buffer_free(&sealed);
    return err;
}

enum err vault_document_part(struct vault *vault, struct uuid key_id, struct uuid document_id,
                             int32_t part, struct buffer *ret_contents, bool *ret_last)
{
    struct seal_key key;
    struct db *db = NULL;
    enum err err = vault_key(vault, key_id, false, &key);
    if (err == OK)
        err = take(vault, vault->reads, &db);
    if (err == OK)
        err = give(vault, vault->reads, db,
                   open_part(db, &key, document_id, part, ret_contents, ret_last));
    seal_wipe(&key, sizeof key);
    return err;
}

enum err vault_drop_document(struct vault *vault, struct uuid document_id)
{
    return change(vault, "DELETE FROM documents WHERE document_id = $1::uuid",
                  DB_PARAMS(db_uuid(document_id)));
}

struct uuid vault_venue_key_id(int64_t time_us)
{
    char text[TIME_TEXT_SIZE];
    char name[sizeof "venue-YYYY-MM"];
    uint8_t digest[SEAL_HASH_SIZE];
    time_print(time_us, text);
    snprintf(name, sizeof name, "venue-%.7s", text);
    seal_hash_of(name, strlen(name), digest);
    return uuid_make(murmur2(name, strlen(name)), digest);
}
