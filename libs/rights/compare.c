#include "rights/rights.h"

#include "base/buffer.h"

extern const char rights_differences_sql[]; /* differences.sql */

enum { SQL_SIZE_MAX = 1 << 16 };

enum column { WHO, WHAT, ON, IS_EXTRA };

/* Names of our own, which hold no quotes. */
static void print_text(struct buffer *sql, const char *text, const char *end)
{
    if (text == NULL)
        buffer_printf(sql, "NULL%s", end);
    else
        buffer_printf(sql, "'%s'%s", text, end);
}

static void print_rules(struct buffer *sql, enum rights_database database)
{
    size_t count;
    const struct right *table = rights_table(&count);
    const char *before = "";
    buffer_string(sql,
                  "WITH rules (role, schema_name, tables, but, privileges, columns) AS (VALUES ");
    for (size_t i = 0; i < count; i++) {
        if (table[i].database != database)
            continue;
        buffer_printf(sql, "%s(", before);
        print_text(sql, table[i].role, ", ");
        print_text(sql, table[i].schema, ", ");
        print_text(sql, table[i].tables, ", ");
        print_text(sql, table[i].but, ", ");
        print_text(sql, table[i].privileges, ", ");
        print_text(sql, table[i].columns, ")");
        before = ",\n";
    }
    buffer_string(sql, ")\n");
}

/* A statement that gives all differences, behind `before` and with `after`, for the caller to
 * free. */
static struct buffer differences_sql(enum rights_database database, const char *before,
                                     const char *after)
{
    struct buffer sql;
    buffer_init(&sql, SQL_SIZE_MAX);
    buffer_string(&sql, before);
    print_rules(&sql, database);
    buffer_string(&sql, rights_differences_sql);
    buffer_string(&sql, after);
    buffer_byte(&sql, 0);
    CHECK(buffer_ok(&sql));
    return sql;
}

enum err rights_compare(struct db *db, enum rights_database database,
                        void (*take)(void *context, const struct rights_difference *difference),
                        void *context)
{
    AUTO_DB_RESULT rows = {NULL};
    struct buffer sql = differences_sql(database, "", "");
    enum err err = db_query(db, (const char *)sql.data, DB_NO_PARAMS, &rows);
    buffer_free(&sql);
    for (size_t i = 0; err == OK && i < db_rows(&rows); i++) {
        const struct rights_difference difference = {
            .who = db_get_text(&rows, i, WHO),
            .what = db_get_text(&rows, i, WHAT),
            .on = db_get_text(&rows, i, ON),
            .is_extra = db_get_bool(&rows, i, IS_EXTRA),
        };
        take(context, &difference);
    }
    return err;
}

enum err rights_mend(struct db *db, enum rights_database database)
{
    struct buffer sql = differences_sql(
        database, "DO $$ DECLARE line text; BEGIN FOR line IN SELECT statement FROM (",
        ") AS difference WHERE statement IS NOT NULL LOOP EXECUTE line; END LOOP; END $$");
    enum err err = db_exec(db, (const char *)sql.data);
    buffer_free(&sql);
    return err;
}
