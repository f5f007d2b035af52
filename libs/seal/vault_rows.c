#include "seal/vault_rows.h"

#include "base/number.h"
#include "seal/vault.h"
#include "seal/vault_schema.h"

#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "bourse-vault 1 ";

/* In the order in which they depend on each other. A row of document_parts has up to half a
 * megabyte here. */
struct kept_table {
    const char *name;
    const char *open, *fetch, *insert;
};
#define KEPT_TABLE(name, rows)                                                                     \
    {                                                                                              \
        name,                                                                                      \
            "DECLARE " name "_kept CURSOR FOR SELECT row_to_json(kept)::text FROM " name           \
            " AS kept",                                                                            \
            "FETCH " rows " FROM " name "_kept",                                                   \
            "INSERT INTO " name " SELECT * FROM json_populate_record(NULL::" name ", $1::json)"    \
    }
static const struct kept_table TABLES[] = {
    KEPT_TABLE("secrets", "1000"), KEPT_TABLE("keys", "1000"), KEPT_TABLE("documents", "1000"),
    KEPT_TABLE("document_parts", "20")};

enum { BATCH_ROWS = 100 };

/* The version of the schema. ERR_NOT_FOUND: there is none. */
static enum err find_version(struct db *db, int64_t *ret_version)
{
    AUTO_DB_RESULT found = {NULL};
    enum err err =
        db_query(db, "SELECT to_regclass('vault_version') IS NOT NULL", DB_NO_PARAMS, &found);
    if (err == OK && !db_get_bool(&found, 0, 0))
        return ERR_NOT_FOUND;
    if (err == OK)
        err = db_query(db, "SELECT version FROM vault_version", DB_NO_PARAMS, &found);
    if (err == OK)
        *ret_version = db_get_int(&found, 0, 0);
    return err == OK && *ret_version == 0 ? ERR_NOT_FOUND : err;
}

/* --- out --- */

static enum err save_table(struct db *db, const struct kept_table *table, FILE *file, int64_t *rows)
{
    enum err err = db_exec(db, table->open);
    for (bool more = true; err == OK && more;) {
        AUTO_DB_RESULT found = {NULL};
        err = db_query(db, table->fetch, DB_NO_PARAMS, &found);
        size_t count = err == OK ? db_rows(&found) : 0;
        more = count > 0;
        for (size_t i = 0; i < count; i++)
            fprintf(file, "%s\t%s\n", table->name, db_get_text(&found, i, 0).data);
        *rows += (int64_t)count;
    }
    return err;
}

static enum err save_all(struct db *db, FILE *file, int64_t *ret_rows)
{
    int64_t version = 0;
    enum err err = find_version(db, &version);
    if (err == OK && version != VAULT_VERSION)
        return ERR_CONFIG;
    if (err == OK)
        fprintf(file, "%s%d\n", MAGIC, VAULT_VERSION);
    for (size_t i = 0; i < COUNT_OF(TABLES) && err == OK; i++)
        err = save_table(db, &TABLES[i], file, ret_rows);
    return err == OK && (fflush(file) != 0 || ferror(file)) ? ERR_BUSY : err;
}

enum err vault_rows_save(struct db *db, FILE *file, int64_t *ret_rows)
{
    *ret_rows = 0;
    enum err err = db_begin_snapshot(db);
    if (err == OK)
        err = save_all(db, file, ret_rows);
    db_rollback(db);
    return err;
}

/* --- in --- */

enum err vault_rows_none(struct db *db, bool *ret_none)
{
    AUTO_DB_RESULT found = {NULL};
    int64_t version = 0;
    enum err err = find_version(db, &version);
    *ret_none = err == ERR_NOT_FOUND;
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    err = db_query(db, "SELECT FROM keys UNION ALL SELECT FROM secrets LIMIT 1", DB_NO_PARAMS,
                   &found);
    if (err == OK)
        *ret_none = db_rows(&found) == 0;
    return err;
}

/* A file's lines. */
struct lines {
    FILE *file;
    char *line;
    size_t capacity;
    bool cut; /* the last one has no end */
};

/* The next line without its end. False: there is none, or its end is missing. */
static bool next_line(struct lines *lines, struct text *ret_line)
{
    ssize_t size = getline(&lines->line, &lines->capacity, lines->file);
    lines->cut = size > 0 && lines->line[size - 1] != '\n';
    if (size <= 0 || lines->cut)
        return false;
    *ret_line = (struct text){lines->line, (size_t)size - 1};
    return true;
}

static const struct kept_table *table_named(struct text name)
{
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        if (text_is(name, TABLES[i].name))
            return &TABLES[i];
    }
    return NULL;
}

/* Adds a batch of rows; *ret_more: there may be more. */
static enum err load_some(struct db *db, struct lines *lines, int64_t *rows, bool *ret_more)
{
    struct text line, name;
    enum err err = db_batch_begin(db);
    if (err != OK)
        return err;
    *ret_more = true;
    for (int i = 0; i < BATCH_ROWS && err == OK && *ret_more; i++) {
        *ret_more = next_line(lines, &line);
        const struct kept_table *table =
            *ret_more && text_take(&line, '\t', &name) ? table_named(name) : NULL;
        if (*ret_more && table == NULL)
            err = ERR_POISON;
        else if (*ret_more)
            err = db_batch_add(db, table->insert, DB_PARAMS(db_text(line)), NULL);
        *rows += *ret_more && err == OK;
    }
    enum err ended = db_batch_end(db);
    return err != OK ? err : ended;
}

enum err vault_shred_rows(struct db *db, struct uuid id)
{
    static const char SHRED[] = "INSERT INTO keys (key_id, wrapped) VALUES ($1::uuid, NULL) "
                                "ON CONFLICT (key_id) DO UPDATE SET wrapped = NULL";
    enum err err = db_query(db, SHRED, DB_PARAMS(db_uuid(id)), NULL);
    if (err == OK)
        err = db_query(db, "DELETE FROM documents WHERE key_id = $1::uuid", DB_PARAMS(db_uuid(id)),
                       NULL);
    return err;
}

static enum err destroy(struct db *db, const struct uuid *erased, size_t count)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++)
        err = vault_shred_rows(db, erased[i]);
    return err;
}

static enum err load_all(struct db *db, struct lines *lines, const struct uuid *erased,
                         size_t erased_count, int64_t *ret_rows)
{
    enum err err = db_begin(db);
    for (bool more = true; err == OK && more;)
        err = load_some(db, lines, ret_rows, &more);
    if (err == OK && (lines->cut || !feof(lines->file)))
        err = ERR_POISON;
    if (err == OK)
        err = destroy(db, erased, erased_count);
    if (err == OK)
        err = db_commit(db);
    if (err != OK)
        db_rollback(db);
    return err;
}

static enum err read_version(struct lines *lines, int64_t *ret_version)
{
    struct text line;
    if (!next_line(lines, &line) || !text_starts(line, MAGIC))
        return ERR_POISON;
    struct text digits = {line.data + sizeof MAGIC - 1, line.size - (sizeof MAGIC - 1)};
    return number_parse(digits, ret_version) == OK && *ret_version > 0 &&
                   *ret_version <= VAULT_VERSION
               ? OK
               : ERR_POISON;
}

enum err vault_rows_load(struct db *db, FILE *file, const struct uuid *erased, size_t erased_count,
                         int64_t *ret_rows)
{
    struct lines lines = {.file = file};
    bool none = false;
    int64_t version = 0;
    *ret_rows = 0;
    enum err err = vault_rows_none(db, &none);
    if (err == OK && !none)
        err = ERR_DENIED;
    if (err == OK)
        err = read_version(&lines, &version);
    if (err == OK)
        err = vault_schema_migrate(db, (int32_t)version);
    if (err == OK)
        err = load_all(db, &lines, erased, erased_count, ret_rows);
    if (err == OK)
        err = vault_schema_migrate(db, VAULT_VERSION);
    free(lines.line);
    return err;
}
