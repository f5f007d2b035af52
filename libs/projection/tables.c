#include "projection/tables.h"

#include "rights/rights.h"

#include <stdio.h>

extern const char projection_tables_sql[];  /* tables.sql */
extern const char projection_journal_sql[]; /* journal.sql */

enum { SCRIPT_SIZE_MAX = 512 };

void tables_name(const char *live, enum tables_place place, char ret_name[TABLES_NAME_SIZE])
{
    static const char *const SUFFIXES[] = {
        [TABLES_LIVE] = "", [TABLES_NEXT] = "_next", [TABLES_PREVIOUS] = "_previous"};
    int size = snprintf(ret_name, TABLES_NAME_SIZE, "%s%s", live, SUFFIXES[place]);
    CHECK(size > 0 && size < TABLES_NAME_SIZE);
}

enum err tables_lock(struct db *db)
{
    return db_query(db, "SELECT FROM pg_advisory_xact_lock(hashtext('bourse.tables'))",
                    DB_NO_PARAMS, NULL);
}

enum err tables_may_create(struct db *db, bool *ret_may)
{
    AUTO_DB_RESULT result = {NULL};
    enum err err = db_query(db, "SELECT has_database_privilege(current_database(), 'CREATE')",
                            DB_NO_PARAMS, &result);
    if (err == OK)
        *ret_may = db_get_bool(&result, 0, 0);
    return err;
}

/* The role of a service finds what the owner has made. */
static enum err find(struct db *db)
{
    bool have = false;
    enum err err = tables_have_schema(db, "bourse", &have);
    return err == OK && !have ? ERR_BUSY : err;
}

enum err tables_create(struct db *db)
{
    bool may = false;
    enum err err = tables_may_create(db, &may);
    if (err == OK && !may)
        return find(db);
    if (err == OK)
        err = db_begin(db);
    if (err == OK)
        err = tables_lock(db);
    if (err == OK)
        err = db_exec(db, projection_tables_sql);
    if (err == OK)
        err = rights_mend(db, RIGHTS_PROJECTIONS);
    if (err == OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}

enum err tables_begin_snapshot(struct db *db)
{
    enum err err = db_begin_snapshot(db);
    return err == OK ? db_exec(db, "LOCK TABLE bourse.switches IN ACCESS SHARE MODE") : err;
}

enum err tables_have_schema(struct db *db, const char *schema, bool *ret_have)
{
    AUTO_DB_RESULT result = {NULL};
    enum err err = db_query(db, "SELECT FROM pg_namespace WHERE nspname = $1",
                            DB_PARAMS(db_string(schema)), &result);
    if (err == OK)
        *ret_have = db_rows(&result) > 0;
    return err;
}

/* Runs a script that names the schema once or twice. */
static enum err exec_for(struct db *db, const char *schema, const char *before, const char *after)
{
    char script[SCRIPT_SIZE_MAX];
    int size = snprintf(script, sizeof script, "%s \"%s\"%s", before, schema, after);
    CHECK(size > 0 && (size_t)size < sizeof script);
    return db_exec(db, script);
}

enum err tables_drop_schema(struct db *db, const char *schema)
{
    return exec_for(db, schema, "DROP SCHEMA IF EXISTS", " CASCADE");
}

enum err tables_rename_schema(struct db *db, const char *schema, const char *new_name)
{
    char rename[TABLES_NAME_SIZE + 16];
    snprintf(rename, sizeof rename, " RENAME TO \"%s\"", new_name);
    return exec_for(db, schema, "ALTER SCHEMA", rename);
}

enum err tables_create_schema(struct db *db, const char *schema, const char *schema_sql)
{
    enum err err = exec_for(db, schema, "CREATE SCHEMA", "");
    if (err == OK)
        err = exec_for(db, schema, "SET LOCAL search_path =", "");
    if (err == OK)
        err = db_exec(db, projection_journal_sql);
    if (err == OK)
        err = db_exec(db, schema_sql);
    if (err == OK)
        err = rights_mend(db, RIGHTS_PROJECTIONS);
    return err;
}
