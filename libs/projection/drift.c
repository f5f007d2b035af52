#include "projection/drift.h"

#include "db/db.h"
#include "projection/internal.h"
#include "projection/journal.h"
#include "projection/memory_table.h"
#include "projection/position.h"
#include "projection/store_memory.h"
#include "projection/tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENT_TIMEOUT_MS = 30000, NEAR_RECORDS = 2000, SQL_SIZE_MAX = 1 << 14 };

struct drift {
    struct projector_world world;
    enum service_id service;
    const struct projection *projection;
    struct db *db;
    uint32_t pass;               /* which one is next */
    struct store_memory *memory; /* of the pass under way, as the next; NULL: none is */
    struct projector *projector;
    char problem[STORE_PROBLEM_SIZE];
};

struct drift *drift_new(const struct projector_world *world, enum service_id service,
                        const struct projection *projection)
{
    struct drift *drift = calloc(1, sizeof *drift);
    CHECK(drift != NULL);
    drift->world = *world;
    drift->world.vault = NULL;
    drift->world.geo = NULL;
    drift->world.veils = true;
    drift->world.unhurried = true;
    drift->world.traces = false; /* it reads what was told of before */
    drift->world.observe = NULL;
    drift->service = service;
    drift->projection = projection;
    drift->db = db_new(world->conninfo, STATEMENT_TIMEOUT_MS);
    return drift;
}

static void end_pass(struct drift *drift)
{
    projector_free(drift->projector);
    store_memory_free(drift->memory);
    drift->projector = NULL;
    drift->memory = NULL;
}

void drift_free(struct drift *drift)
{
    if (drift == NULL)
        return;
    end_pass(drift);
    db_free(drift->db);
    free(drift);
}

const char *drift_problem(const struct drift *drift)
{
    return drift->problem;
}

static enum err fail(struct drift *drift, enum err err, const char *format, ...) PRINTF_LIKE(3, 4);
static enum err fail(struct drift *drift, enum err err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(drift->problem, sizeof drift->problem, format, arguments);
    va_end(arguments);
    return err;
}

static enum err fail_db(struct drift *drift, enum err err, const char *doing)
{
    return fail(drift, err, "%s: %s (%s)", service_name(drift->service), doing,
                db_error_text(drift->db));
}

/* --- where to --- */

/* Whether this program's code and this log are those that the live tables were made by. */
static enum err check_position(struct drift *drift, const struct store_position *position)
{
    int64_t start = 0, end = 0;
    char schema_hash[STORE_HASH_SIZE];
    store_hash_schema(drift->projection->schema_sql, schema_hash);
    if (strcmp(position->schema_hash, schema_hash) != 0)
        return fail(drift, ERR_CONFIG, "the live tables were made by another version");
    enum err err = log_ends(drift->world.log, follower_events_topic(drift->service),
                            position->partition, &start, &end);
    if (err != OK)
        return fail(drift, err, "cannot ask the broker for the end of the log");
    return position->next_offset <= end
               ? OK
               : fail(drift, ERR_LOG, "the log ends before the live position");
}

/* Has the projector read to where the live tables are, and no further. */
static enum err set_bounds(struct drift *drift)
{
    struct store_position *positions = NULL;
    size_t count = 0;
    enum err err =
        position_load(drift->db, service_name(drift->service), false, &positions, &count);
    if (err != OK)
        return fail_db(drift, err, "cannot read the live position");
    if (count != drift->projector->lanes_count)
        err = fail(drift, ERR_NOT_FOUND, "there are no live tables of all partitions yet");
    for (size_t i = 0; i < count && err == OK; i++) {
        err = check_position(drift, &positions[i]);
        drift->projector->lanes[i].bound = positions[i].next_offset;
    }
    free(positions);
    return err;
}

static int64_t missing_records(const struct projector *projector)
{
    int64_t missing = 0;
    for (size_t i = 0; i < projector->lanes_count; i++)
        missing += projector->lanes[i].bound - projector->lanes[i].next_offset;
    return missing;
}

/* --- a pass --- */

/* Into how many shares the keys fall, a power of two: by how many rows Postgres believes to have.
 */
static enum err count_shares(struct drift *drift, uint32_t *ret_shares)
{
    AUTO_DB_RESULT result = {NULL};
    enum err err = db_query(drift->db,
                            "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class "
                            "WHERE relkind = 'r' AND relnamespace = "
                            "(SELECT oid FROM pg_namespace WHERE nspname = $1)",
                            DB_PARAMS(db_string(drift->projection->schema)), &result);
    if (err != OK)
        return fail_db(drift, err, "cannot count the rows");
    uint32_t shares = 1;
    while (db_get_int(&result, 0, 0) / shares > DRIFT_ROWS && shares < UINT32_C(1) << 30)
        shares *= 2;
    *ret_shares = shares;
    return OK;
}

static enum err begin_pass(struct drift *drift)
{
    uint32_t shares = 1;
    enum err err = db_connect(drift->db);
    if (err != OK)
        return fail_db(drift, err, "cannot connect to the projection database");
    err = count_shares(drift, &shares);
    if (err != OK)
        return err;
    drift->memory = store_memory_new();
    struct store *store = store_memory_connect(drift->memory, drift->service, drift->projection);
    store_memory_sample(drift->memory, drift->service, shares, drift->pass % shares);
    drift->projector = projector_new_over(&drift->world, drift->service, drift->projection, store);
    err = projector_count_partitions(drift->projector);
    return err == OK ? set_bounds(drift)
                     : fail(drift, err, "%s", projector_problem(drift->projector));
}

static enum err read_on(struct drift *drift, int timeout_ms)
{
    size_t events = 0;
    enum err err = projector_step(drift->projector, timeout_ms, &events);
    return err == OK ? OK : fail(drift, err, "%s", projector_problem(drift->projector));
}

/* --- rows against rows --- */

struct comparing {
    struct drift *drift;
    struct drift_report *report;
    enum err err;
};

static const char *type_name(enum column_type type)
{
    switch (type) {
    case COLUMN_UUID: return "uuid";
    case COLUMN_TEXT: return "text";
    case COLUMN_NUMERIC: return "numeric";
    case COLUMN_INT: return "int";
    case COLUMN_BIGINT: return "bigint";
    case COLUMN_BOOL: return "boolean";
    case COLUMN_TIME: return "timestamptz";
    case COLUMN_BYTES: return "bytea";
    case COLUMN_JSON: return "json";
    case COLUMN_TEXTS: return "text[]";
    }
    return "text";
}

/* A row by its key, each column as the store in memory shows it. */
static void select_row(const struct store_memory_row *row, const char *schema, struct buffer *sql)
{
    for (int i = 0; i < row->columns_count; i++) {
        const char *form = memory_column_sql(row->columns[i].type), *at = strstr(form, "%s");
        buffer_printf(sql, "%s%.*s\"%s\"%s", i == 0 ? "SELECT " : ", ", (int)(at - form), form,
                      row->columns[i].name, at + 2);
    }
    buffer_printf(sql, " FROM \"%s\".\"%s\"", schema, row->table);
    for (int i = 0; i < row->key_columns; i++)
        buffer_printf(sql, "%s\"%s\" = $%d::%s", i == 0 ? " WHERE " : " AND ", row->columns[i].name,
                      i + 1, type_name(row->columns[i].type));
    buffer_byte(sql, 0);
    CHECK(buffer_ok(sql));
}

static bool is_same(const struct db_result *found, int column, struct text value)
{
    bool null = db_is_null(found, 0, (size_t)column);
    if (value.data == NULL)
        return null;
    return text_is(value, ROWS_VEILED) ||
           (!null && text_equal(value, db_get_text(found, 0, (size_t)column)));
}

static void compare_row(const struct comparing *comparing, const struct store_memory_row *row,
                        const struct db_result *found)
{
    struct drift_report *report = comparing->report;
    const char *what = db_rows(found) == 0 ? "missing" : NULL;
    for (int i = 0; i < row->columns_count && what == NULL; i++) {
        if (!is_same(found, i, row->values[i]))
            what = row->columns[i].name;
    }
    report->rows++;
    if (what == NULL)
        return;
    report->rows_apart++;
    snprintf(report->example, sizeof report->example, "%s: %s", row->table, what);
}

static void visit_row(void *context, const struct store_memory_row *row)
{
    struct comparing *comparing = context;
    AUTO_DB_RESULT found = {NULL};
    struct db_param key[PROJECTION_COLUMNS_MAX];
    struct buffer sql;
    if (comparing->err != OK)
        return;
    for (int i = 0; i < row->key_columns; i++)
        key[i] = db_text(row->values[i]);
    buffer_init(&sql, SQL_SIZE_MAX);
    select_row(row, comparing->drift->projection->schema, &sql);
    comparing->err = db_query(comparing->drift->db, (const char *)sql.data, key,
                              (size_t)row->key_columns, &found);
    buffer_free(&sql);
    if (comparing->err == OK)
        compare_row(comparing, row, &found);
}

/* In a snapshot, in which nobody puts other tables in the place of the live ones. */
static enum err compare(struct drift *drift, int timeout_ms, struct drift_report *report)
{
    enum err err = db_connect(drift->db);
    if (err == OK)
        err = tables_begin_snapshot(drift->db);
    if (err != OK)
        return fail_db(drift, err, "cannot look at the live tables");
    err = set_bounds(drift);
    while (err == OK && missing_records(drift->projector) > 0)
        err = read_on(drift, timeout_ms);
    struct comparing comparing = {.drift = drift, .report = report};
    if (err == OK) {
        store_memory_visit(drift->memory, drift->service, visit_row, &comparing);
        err = comparing.err == OK ? OK : fail_db(drift, comparing.err, "cannot read a row");
    }
    db_rollback(drift->db);
    return err;
}

static enum err go_on(struct drift *drift, int timeout_ms, bool *ret_ended,
                      struct drift_report *ret_report)
{
    if (drift->projector == NULL)
        return begin_pass(drift);
    if (missing_records(drift->projector) > 0)
        return read_on(drift, timeout_ms);
    enum err err = db_connect(drift->db);
    if (err != OK)
        return fail_db(drift, err, "cannot connect to the projection database");
    err = set_bounds(drift);
    if (err != OK || missing_records(drift->projector) > NEAR_RECORDS)
        return err;
    err = compare(drift, timeout_ms, ret_report);
    *ret_ended = err == OK;
    return err;
}

enum err drift_step(struct drift *drift, int timeout_ms, bool *ret_ended,
                    struct drift_report *ret_report)
{
    *ret_ended = false;
    *ret_report = (struct drift_report){.rows = 0};
    enum err err = go_on(drift, timeout_ms, ret_ended, ret_report);
    if (err != OK || *ret_ended)
        end_pass(drift);
    drift->pass += *ret_ended;
    return err;
}
