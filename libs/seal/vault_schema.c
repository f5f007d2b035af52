#include "seal/vault_schema.h"

#include "seal/vault.h"

struct step {
    const char *up;
    const char *down;
};

/* Step n leads from version n to n + 1 and back. A step that has been released never changes. */
static const struct step STEPS[VAULT_VERSION] = {
    {.up = "CREATE TABLE keys (key_id uuid PRIMARY KEY, wrapped bytea,"
           "                   created_at timestamptz NOT NULL DEFAULT now());"
           "COMMENT ON COLUMN keys.wrapped IS 'null: shredded, never to be made again';"
           "CREATE TABLE secrets (name text PRIMARY KEY, wrapped bytea NOT NULL)",
     .down = "DROP TABLE secrets; DROP TABLE keys"},
    {.up = "CREATE TABLE documents (document_id uuid PRIMARY KEY, key_id uuid NOT NULL,"
           "                        parts int NOT NULL,"
           "                        created_at timestamptz NOT NULL DEFAULT now());"
           "CREATE INDEX documents_by_key ON documents (key_id);"
           "CREATE TABLE document_parts (document_id uuid NOT NULL REFERENCES documents"
           "                             ON DELETE CASCADE,"
           "                             part int NOT NULL, sealed bytea NOT NULL,"
           "                             PRIMARY KEY (document_id, part))",
     .down = "DROP TABLE document_parts; DROP TABLE documents"},
    {.up = "ALTER TABLE keys ADD COLUMN wrapped_by bytea;"
           "ALTER TABLE secrets ADD COLUMN wrapped_by bytea;"
           "COMMENT ON COLUMN keys.wrapped_by IS"
           "    'the id of the master key; null: wrapped before ids were kept'",
     .down = "ALTER TABLE keys DROP COLUMN wrapped_by;"
             "ALTER TABLE secrets DROP COLUMN wrapped_by"},
    {.up = "ALTER TABLE documents ALTER parts DROP NOT NULL;"
           "COMMENT ON COLUMN documents.parts IS 'null: they are still coming in';"
           "CREATE INDEX documents_coming_in ON documents (created_at) WHERE parts IS NULL",
     .down = "DROP INDEX documents_coming_in; DELETE FROM documents WHERE parts IS NULL;"
             "ALTER TABLE documents ALTER parts SET NOT NULL"},
};

/* Serializes those who migrate at once: held until the transaction ends. */
static const char LOCK[] = "SELECT pg_advisory_xact_lock(7170914823441)";
static const char CREATE_VERSION[] =
    "CREATE TABLE IF NOT EXISTS vault_version (version integer NOT NULL);"
    "INSERT INTO vault_version SELECT 0 WHERE NOT EXISTS (SELECT FROM vault_version)";
static const char SET_VERSION[] = "UPDATE vault_version SET version = $1";

/* One step towards `version`, in the transaction that is open. */
static enum err step_towards(struct db *db, int32_t version, bool *ret_there)
{
    AUTO_DB_RESULT result = {NULL};
    enum err err = db_query(db, LOCK, DB_NO_PARAMS, NULL);
    if (err == OK)
        err = db_exec(db, CREATE_VERSION);
    if (err == OK)
        err = db_query(db, "SELECT version FROM vault_version", DB_NO_PARAMS, &result);
    if (err != OK)
        return err;
    int64_t now = db_get_int(&result, 0, 0);
    *ret_there = now == version;
    if (*ret_there)
        return OK;
    if (now > VAULT_VERSION)
        return ERR_RANGE;
    err = db_exec(db, now < version ? STEPS[now].up : STEPS[now - 1].down);
    if (err != OK)
        return err;
    return db_query(db, SET_VERSION, DB_PARAMS(db_int(now < version ? now + 1 : now - 1)), NULL);
}

enum err vault_schema_migrate(struct db *db, int32_t version)
{
    CHECK(version >= 0 && version <= VAULT_VERSION);
    for (bool there = false; !there;) {
        enum err err = db_begin(db);
        if (err == OK)
            err = step_towards(db, version, &there);
        if (err == OK)
            err = db_commit(db);
        if (err != OK) {
            db_rollback(db);
            return err;
        }
    }
    return OK;
}
