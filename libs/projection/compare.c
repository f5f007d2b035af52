/* Tables held against those beside them, by the number of their rows and a sum of their hashes. */
#include "projection/beside.h"

#include <stdio.h>
#include <string.h>

enum { SQL_SIZE_MAX = 1 << 16 };

struct sum {
    int64_t rows;
    char hashes[64]; /* of all rows, added up: it does not matter in which order they stand */
};

/* The tables of schema $1 that $2 has too, with the columns that both have. */
static const char TABLES[] =
    "SELECT ours.relname, string_agg(format('%I', our.attname), ', ' ORDER BY our.attname) "
    "FROM pg_class ours "
    "JOIN pg_attribute our ON our.attrelid = ours.oid AND our.attnum > 0 AND NOT our.attisdropped "
    "JOIN pg_class theirs ON theirs.relname = ours.relname AND theirs.relkind = 'r' "
    "JOIN pg_attribute their ON their.attrelid = theirs.oid AND their.attname = our.attname "
    "                       AND their.attnum > 0 AND NOT their.attisdropped "
    "WHERE ours.relkind = 'r' "
    "  AND ours.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) "
    "  AND theirs.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2) "
    "GROUP BY ours.relname ORDER BY ours.relname";

static enum err add_up(struct db *db, const char *schema, const char *table, const char *columns,
                       struct sum *ret_sum)
{
    AUTO_DB_RESULT result = {NULL};
    struct buffer sql;
    buffer_init(&sql, SQL_SIZE_MAX);
    buffer_printf(&sql,
                  "SELECT count(*), coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0)::text "
                  "FROM \"%s\".\"%s\"",
                  columns, schema, table);
    buffer_byte(&sql, 0);
    CHECK(buffer_ok(&sql));
    enum err err = db_query(db, (const char *)sql.data, DB_NO_PARAMS, &result);
    buffer_free(&sql);
    if (err != OK)
        return err;
    ret_sum->rows = db_get_int(&result, 0, 0);
    snprintf(ret_sum->hashes, sizeof ret_sum->hashes, "%s", db_get_text(&result, 0, 1).data);
    return OK;
}

static void tell(struct rebuild *rebuild, const char *table, const struct sum *live,
                 const struct sum *next, struct rebuild_report *report)
{
    const struct rebuild_table compared = {
        .name = table,
        .live_rows = live->rows,
        .next_rows = next->rows,
        .same = live->rows == next->rows && strcmp(live->hashes, next->hashes) == 0,
    };
    report->tables++;
    report->tables_apart += !compared.same;
    if (rebuild->watcher.compared != NULL)
        rebuild->watcher.compared(&compared);
}

/* The new rows came behind the snapshot that the live ones are seen in, so they are seen by another
 * connection; nobody writes them meanwhile. */
static enum err compare_all(struct rebuild *rebuild, struct db *live_db, struct db *next_db,
                            struct rebuild_report *report)
{
    AUTO_DB_RESULT tables = {NULL};
    const char *live_schema = rebuild->projection->schema;
    char next_schema[TABLES_NAME_SIZE];
    rebuild_schema(rebuild, TABLES_NEXT, next_schema);
    enum err err = db_query(live_db, TABLES,
                            DB_PARAMS(db_string(live_schema), db_string(next_schema)), &tables);
    if (err != OK)
        return rebuild_fail_db(rebuild, err, live_db, "cannot list the tables");
    for (size_t i = 0; i < db_rows(&tables); i++) {
        struct sum live, next;
        const char *table = db_get_text(&tables, i, 0).data;
        const char *columns = db_get_text(&tables, i, 1).data;
        err = add_up(live_db, live_schema, table, columns, &live);
        if (err != OK)
            return rebuild_fail_db(rebuild, err, live_db, "cannot read the live rows");
        err = add_up(next_db, next_schema, table, columns, &next);
        if (err != OK)
            return rebuild_fail_db(rebuild, err, next_db, "cannot read the new rows");
        tell(rebuild, table, &live, &next, report);
    }
    return OK;
}

enum err rebuild_compare(struct rebuild *rebuild, struct db *db, struct rebuild_report *report)
{
    struct db *next_db = db_new(rebuild->world.conninfo, 0);
    enum err err = db_connect(next_db);
    if (err == OK)
        err = compare_all(rebuild, db, next_db, report);
    else
        rebuild_fail_db(rebuild, err, next_db, "cannot look at the new tables");
    db_free(next_db);
    return err;
}
