#include "projection/statement.h"

#include <string.h>

#define NUMERIC_MAX "92233720368.54775807" /* INT64_MAX */

static const char *const SQL_TYPES[] = {
    [COLUMN_UUID] = "uuid",        [COLUMN_TEXT] = "text",     [COLUMN_NUMERIC] = "numeric",
    [COLUMN_INT] = "int",          [COLUMN_BIGINT] = "bigint", [COLUMN_BOOL] = "bool",
    [COLUMN_TIME] = "timestamptz", [COLUMN_BYTES] = "bytea",   [COLUMN_JSON] = "json",
    [COLUMN_TEXTS] = "text", /* unnest() would take arrays of arrays apart; cast behind it */
};

int projection_columns(const struct projection_statement *statement)
{
    int count = 0;
    while (count < PROJECTION_COLUMNS_MAX && statement->columns[count].name != NULL)
        count++;
    return count;
}

void statement_check(const struct projection_statement *statement)
{
    int columns = projection_columns(statement);
    CHECK(statement->table != NULL);
    CHECK(statement->key_columns > 0 && statement->key_columns <= columns);
    if (statement->kind == PROJECTION_UPSERT || statement->kind == PROJECTION_UPDATE)
        CHECK(columns > statement->key_columns);
    for (int i = 0; i < columns; i++) {
        const struct projection_column *column = &statement->columns[i];
        bool number = column->type == COLUMN_NUMERIC;
        if (column->merge == MERGE_SUM)
            CHECK(number);
        if (column->merge == MERGE_GREATEST || column->merge == MERGE_LEAST)
            CHECK(number || column->type == COLUMN_INT || column->type == COLUMN_BIGINT ||
                  column->type == COLUMN_TIME);
    }
}

static bool sets(const struct projection_statement *statement, const char *column)
{
    for (int i = 0; i < projection_columns(statement); i++) {
        if (strcmp(statement->columns[i].name, column) == 0)
            return true;
    }
    return false;
}

void statement_check_whole(const struct projection_statement *whole,
                           const struct projection_statement *behind)
{
    for (int i = 0; i < projection_columns(behind); i++)
        CHECK(sets(whole, behind->columns[i].name));
}

static void names(const struct projection_statement *statement, int count, struct buffer *sql)
{
    for (int i = 0; i < count; i++)
        buffer_printf(sql, "%s%s", i > 0 ? ", " : "", statement->columns[i].name);
}

/* The rows of the batch as a table called new. */
static void from(const struct projection_statement *statement, struct buffer *sql)
{
    int columns = projection_columns(statement);
    buffer_string(sql, " FROM unnest(");
    for (int i = 0; i < columns; i++)
        buffer_printf(sql, "%s$%d::%s[]", i > 0 ? ", " : "", i + 1,
                      SQL_TYPES[statement->columns[i].type]);
    buffer_string(sql, ") AS new (");
    names(statement, columns, sql);
    buffer_byte(sql, ')');
}

/* What the value of a column and the one from the table `source` become. */
static void merged(const struct projection_statement *statement,
                   const struct projection_column *column, const char *source, struct buffer *sql)
{
    static const char *const FUNCTIONS[] = {
        [MERGE_FIRST] = "coalesce", [MERGE_GREATEST] = "greatest", [MERGE_LEAST] = "least"};
    const char *name = column->name;
    switch (column->merge) {
    case MERGE_LAST:
        buffer_printf(sql, "%s.%s", source, name);
        if (column->type == COLUMN_TEXTS && statement->kind == PROJECTION_UPDATE)
            buffer_string(sql, "::text[]");
        break;
    case MERGE_FIRST:
    case MERGE_GREATEST:
    case MERGE_LEAST:
        buffer_printf(sql, "%s(%s.%s, %s.%s)", FUNCTIONS[column->merge], statement->table, name,
                      source, name);
        break;
    case MERGE_SUM:
        buffer_printf(sql, "CASE WHEN %s.%s + %s.%s > " NUMERIC_MAX " THEN " NUMERIC_MAX,
                      statement->table, name, source, name);
        buffer_printf(sql, " ELSE coalesce(%s.%s + %s.%s, %s.%s, %s.%s) END", statement->table,
                      name, source, name, statement->table, name, source, name);
        break;
    }
}

/* The columns that are not of the key, from the table `source`. */
static void set(const struct projection_statement *statement, const char *source,
                struct buffer *sql)
{
    buffer_string(sql, " SET ");
    for (int i = statement->key_columns; i < projection_columns(statement); i++) {
        const struct projection_column *column = &statement->columns[i];
        buffer_printf(sql, "%s%s = ", i > statement->key_columns ? ", " : "", column->name);
        merged(statement, column, source, sql);
    }
}

static void update(const struct projection_statement *statement, struct buffer *sql)
{
    buffer_printf(sql, "UPDATE %s", statement->table);
    set(statement, "new", sql);
    from(statement, sql);
    for (int i = 0; i < statement->key_columns; i++) {
        const char *name = statement->columns[i].name;
        buffer_printf(sql, " %s %s.%s = new.%s", i > 0 ? "AND" : "WHERE", statement->table, name,
                      name);
    }
}

/* Arrays are sent as literals, which only a cast reads. */
static bool can_be_copied(const struct projection_statement *statement)
{
    for (int i = 0; i < projection_columns(statement); i++) {
        if (statement->columns[i].type == COLUMN_TEXTS)
            return false;
    }
    return true;
}

bool statement_copies(const struct projection_statement *statement)
{
    return statement->kind == PROJECTION_INSERT && can_be_copied(statement);
}

bool statement_copies_new(const struct projection_statement *statement)
{
    return statement->kind == PROJECTION_INSERT_NEW && can_be_copied(statement);
}

void statement_copy_sql(const struct projection_statement *statement, struct buffer *sql)
{
    buffer_printf(sql, "COPY %s (", statement->table);
    names(statement, projection_columns(statement), sql);
    buffer_string(sql, ") FROM STDIN (FORMAT binary)");
}

static void insert(const struct projection_statement *statement, struct buffer *sql)
{
    int columns = projection_columns(statement);
    buffer_printf(sql, "INSERT INTO %s (", statement->table);
    names(statement, columns, sql);
    buffer_string(sql, ") SELECT ");
    for (int i = 0; i < columns; i++)
        buffer_printf(sql, "%s%s%s", i > 0 ? ", " : "", statement->columns[i].name,
                      statement->columns[i].type == COLUMN_TEXTS ? "::text[]" : "");
    from(statement, sql);
    if (statement->kind == PROJECTION_INSERT)
        return;
    buffer_string(sql, " ON CONFLICT (");
    names(statement, statement->key_columns, sql);
    buffer_string(sql, statement->kind == PROJECTION_UPSERT ? ") DO UPDATE" : ") DO NOTHING");
    if (statement->kind == PROJECTION_UPSERT)
        set(statement, "excluded", sql);
}

void statement_sql(const struct projection_statement *statement, struct buffer *sql)
{
    statement_check(statement);
    if (statement_copies(statement))
        statement_copy_sql(statement, sql);
    else if (statement->kind == PROJECTION_UPDATE)
        update(statement, sql);
    else
        insert(statement, sql);
}
