#include "projection/store_postgres.h"

#include "base/crash.h"
#include "base/seeded_bug.h"
#include "projection/journal.h"
#include "projection/position.h"
#include "projection/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_SIZE_MAX = 1 << 16 };

struct store_postgres {
    struct store store;
    enum service_id service;
    const struct projection *projection;
    enum tables_place place;
    char schema[TABLES_NAME_SIZE];
    char positions[TABLES_NAME_SIZE]; /* whose they are in bourse.positions */
    struct db *db;
    char **sql; /* of each statement; the journal's is the last */
    size_t sql_count;
    char **copy_sql;     /* as above, of those whose rows are copied where all are new; else NULL */
    bool *copied;        /* of those: the rows of this batch were */
    struct buffer cells; /* of the statement being sent */
    int64_t *told;       /* FOLD_SOURCES_MAX for each partition; see position_notify() */
    int64_t *affected;   /* of the move of each partition */
    int32_t partitions;
};

struct db *store_postgres_db(struct store *store)
{
    return ((struct store_postgres *)store)->db;
}

enum err store_postgres_fail(struct store *store, enum err err, const char *doing)
{
    struct store_postgres *postgres = (struct store_postgres *)store;
    return store_fail(store, err, "%s: %s (%s)", postgres->schema, doing,
                      db_error_text(postgres->db));
}

/* --- opening --- */

enum err store_postgres_connect(struct store *store)
{
    char script[256];
    struct store_postgres *postgres = (struct store_postgres *)store;
    enum err err = db_connect(postgres->db);
    if (err != OK)
        return store_postgres_fail(store, err, "cannot connect to the projection database");
    /* What a crash of Postgres takes of the rows it takes of the position too. Rows are found by
     * their keys: a plan made while the tables were small would read the whole of them for ever. */
    snprintf(script, sizeof script,
             "SET search_path = \"%s\"; SET synchronous_commit = off; SET enable_seqscan = off; "
             "SET enable_hashjoin = off; SET enable_mergejoin = off",
             postgres->schema);
    err = db_exec(postgres->db, script);
    return err == OK ? OK : store_postgres_fail(store, err, "cannot set up the connection");
}

/* Makes the service's schema where it is missing, with all positions at the start. ERR_BUSY: the
 * owner has still to. */
static enum err ensure_schema(struct store_postgres *postgres, int32_t partitions)
{
    bool have = false, may = false;
    char schema_hash[STORE_HASH_SIZE];
    store_hash_schema(postgres->projection->schema_sql, schema_hash);
    enum err err = db_begin(postgres->db);
    if (err == OK)
        err = tables_lock(postgres->db);
    if (err == OK)
        err = tables_have_schema(postgres->db, postgres->schema, &have);
    if (err == OK && !have)
        err = tables_may_create(postgres->db, &may);
    if (err == OK && !have && !may)
        err = ERR_BUSY;
    if (err == OK && !have)
        err =
            tables_create_schema(postgres->db, postgres->schema, postgres->projection->schema_sql);
    if (err == OK && !have)
        err = position_reset(postgres->db, postgres->service, postgres->positions, partitions,
                             schema_hash);
    if (err == OK)
        return db_commit(postgres->db);
    db_rollback(postgres->db);
    return err;
}

static void tell_all_again(struct store_postgres *postgres, int32_t partitions)
{
    size_t count = (size_t)partitions * FOLD_SOURCES_MAX;
    postgres->partitions = partitions;
    postgres->told = realloc(postgres->told, count * sizeof *postgres->told);
    postgres->affected =
        realloc(postgres->affected, (size_t)partitions * sizeof *postgres->affected);
    CHECK(postgres->told != NULL && postgres->affected != NULL);
    for (size_t i = 0; i < count; i++)
        postgres->told[i] = -1;
}

static enum err postgres_open(struct store *store, int32_t partitions,
                              struct store_position **ret_positions, size_t *ret_count)
{
    struct store_postgres *postgres = (struct store_postgres *)store;
    enum err err = store_postgres_connect(store);
    if (err != OK)
        return err;
    tell_all_again(postgres, partitions);
    err = tables_create(postgres->db);
    if (err == OK)
        err = ensure_schema(postgres, partitions);
    if (err == OK && postgres->place == TABLES_LIVE)
        err = position_notify_all(postgres->db, postgres->service);
    if (err == OK)
        err = position_load(postgres->db, postgres->positions, false, ret_positions, ret_count);
    return err == OK ? OK
                     : store_postgres_fail(store, err,
                                           "there are no tables that this role can use: `bourse "
                                           "init` makes them");
}

/* --- writing --- */

/* The first statements move the positions, so that of two projectors one waits here, not later. */
static enum err move_positions(struct store_postgres *postgres, const struct store_move *moves,
                               size_t moves_count)
{
    CHECK(moves_count <= (size_t)postgres->partitions);
    enum err err = db_batch_begin(postgres->db);
    if (err != OK)
        return err;
    for (size_t i = 0; i < moves_count && err == OK; i++)
        err = position_move(postgres->db, postgres->positions, &moves[i], &postgres->affected[i]);
    enum err batch_err = db_batch_end(postgres->db);
    return err == OK ? batch_err : err;
}

static enum err copy(struct store_postgres *postgres, const char *sql, const struct rows *rows,
                     size_t statement)
{
    buffer_reset(&postgres->cells);
    rows_copy(rows, statement, &postgres->cells);
    CHECK(buffer_ok(&postgres->cells));
    return db_copy(postgres->db, sql, buffer_bytes(&postgres->cells));
}

/* Rows whose keys are new but for the odd one: a statement that looks first costs three times as
 * much. Where one is not, none is copied, and they take the other way. */
static enum err copy_new(struct store_postgres *postgres, const struct rows *rows, size_t statement)
{
    enum err err = db_exec(postgres->db, "SAVEPOINT copying");
    if (err == OK)
        err = copy(postgres, postgres->copy_sql[statement], rows, statement);
    postgres->copied[statement] = err == OK;
    if (err == ERR_INPUT && db_violation(postgres->db) == DB_VIOLATION_UNIQUE)
        err = db_exec(postgres->db, "ROLLBACK TO copying");
    return err;
}

/* Rows that are only inserted; those of a statement that changes rows may be about them. */
static enum err copy_rows(struct store_postgres *postgres, const struct rows *rows)
{
    enum err err = OK;
    for (size_t i = 0; i < rows_statements(rows) && err == OK; i++) {
        postgres->copied[i] = statement_copies(rows_statement(rows, i));
        if (rows_count(rows, i) == 0)
            continue;
        if (postgres->copied[i])
            err = copy(postgres, postgres->sql[i], rows, i);
        else if (postgres->copy_sql[i] != NULL)
            err = copy_new(postgres, rows, i);
    }
    return err;
}

static enum err add_rows(struct store_postgres *postgres, const struct rows *rows, size_t statement)
{
    struct db_param params[PROJECTION_COLUMNS_MAX];
    size_t ends[PROJECTION_COLUMNS_MAX + 1] = {0};
    int columns = projection_columns(rows_statement(rows, statement));
    struct buffer *cells = &postgres->cells;
    buffer_reset(cells);
    for (int column = 0; column < columns; column++) {
        rows_array(rows, statement, column, cells);
        ends[column + 1] = cells->size;
    }
    CHECK(buffer_ok(cells));
    for (int column = 0; column < columns; column++)
        params[column] =
            db_bytes((struct bytes){cells->data + ends[column], ends[column + 1] - ends[column]});
    return db_batch_add(postgres->db, postgres->sql[statement], params, (size_t)columns, NULL);
}

/* Everything else, and the news for those who wait. */
static enum err change_rows(struct store_postgres *postgres, const struct store_move *moves,
                            size_t moves_count, const struct rows *rows)
{
    enum err err = db_batch_begin(postgres->db);
    if (err != OK)
        return err;
    for (size_t i = 0; i < rows_statements(rows) && err == OK; i++) {
        if (rows_count(rows, i) > 0 && !postgres->copied[i])
            err = add_rows(postgres, rows, i);
    }
    bool told = postgres->place == TABLES_LIVE;
    for (size_t i = 0; i < moves_count && told && err == OK; i++)
        err = position_notify(postgres->db, postgres->service, &moves[i],
                              &postgres->told[(size_t)moves[i].partition * FOLD_SOURCES_MAX]);
    enum err batch_err = db_batch_end(postgres->db);
    return err == OK ? batch_err : err;
}

static enum err add(struct store *store, const struct store_move *moves, size_t moves_count,
                    const struct rows *rows)
{
    struct store_postgres *postgres = (struct store_postgres *)store;
    CHECK(rows_statements(rows) == postgres->sql_count);
    enum err err = move_positions(postgres, moves, moves_count);
    for (size_t i = 0; i < moves_count && err == OK; i++) {
        if (postgres->affected[i] == 0 && !SEEDED_BUG(NO_COMPARE_AND_SET))
            return store_fail(store, ERR_FENCED,
                              "the position of %s/%d was moved by another projector or a rebuild",
                              postgres->positions, moves[i].partition);
    }
    if (err == OK)
        err = copy_rows(postgres, rows);
    if (err == OK)
        err = change_rows(postgres, moves, moves_count, rows);
    return err == OK ? OK : store_postgres_fail(store, err, "cannot write rows");
}

static enum err postgres_write(struct store *store, const struct store_move *moves,
                               size_t moves_count, const struct rows *rows)
{
    struct store_postgres *postgres = (struct store_postgres *)store;
    enum err err = db_begin(postgres->db);
    if (err != OK)
        return store_postgres_fail(store, err, "cannot begin a transaction");
    CRASH_POINT("before_rows");
    err = add(store, moves, moves_count, rows);
    CRASH_POINT("before_commit");
    if (err != OK) {
        db_rollback(postgres->db);
        return err;
    }
    err = db_commit(postgres->db);
    CRASH_POINT("after_commit");
    return err == OK ? OK : store_postgres_fail(store, err, "cannot commit");
}

static enum err postgres_check(struct store *store)
{
    enum err err = db_check(((struct store_postgres *)store)->db);
    return err == OK ? OK : store_postgres_fail(store, err, "the connection broke");
}

static void postgres_free(struct store *store)
{
    struct store_postgres *postgres = (struct store_postgres *)store;
    db_free(postgres->db);
    buffer_free(&postgres->cells);
    for (size_t i = 0; i < postgres->sql_count; i++) {
        free(postgres->sql[i]);
        free(postgres->copy_sql[i]);
    }
    free(postgres->sql);
    free(postgres->copy_sql);
    free(postgres->copied);
    free(postgres->told);
    free(postgres->affected);
    free(postgres);
}

static const struct store_ops OPS = {
    .open = postgres_open,
    .write = postgres_write,
    .check = postgres_check,
    .free = postgres_free,
};

/* The SQL that `print` makes of a statement, for the caller to free(). */
static char *sql_of(void (*print)(const struct projection_statement *, struct buffer *),
                    const struct projection_statement *statement)
{
    struct buffer sql;
    buffer_init(&sql, SQL_SIZE_MAX);
    print(statement, &sql);
    buffer_byte(&sql, 0);
    CHECK(buffer_ok(&sql));
    return (char *)sql.data;
}

static void make_sql(struct store_postgres *postgres)
{
    size_t count = postgres->projection->statements_count;
    postgres->sql_count = count + 1;
    postgres->sql = calloc(postgres->sql_count, sizeof *postgres->sql);
    postgres->copy_sql = calloc(postgres->sql_count, sizeof *postgres->copy_sql);
    postgres->copied = calloc(postgres->sql_count, sizeof *postgres->copied);
    CHECK(postgres->sql != NULL && postgres->copy_sql != NULL && postgres->copied != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct projection_statement *statement = &postgres->projection->statements[i];
        postgres->sql[i] = sql_of(statement_sql, statement);
        if (statement_copies_new(statement))
            postgres->copy_sql[i] = sql_of(statement_copy_sql, statement);
    }
    postgres->sql[count] = sql_of(statement_sql, &JOURNAL_STATEMENT);
}

struct store *store_postgres_new(const char *conninfo, enum service_id service,
                                 const struct projection *projection, enum tables_place place,
                                 int32_t statement_timeout_ms)
{
    struct store_postgres *postgres = calloc(1, sizeof *postgres);
    CHECK(postgres != NULL);
    postgres->store.ops = &OPS;
    postgres->service = service;
    postgres->projection = projection;
    postgres->place = place;
    tables_name(projection->schema, place, postgres->schema);
    tables_name(service_name(service), place, postgres->positions);
    postgres->db = db_new(conninfo, statement_timeout_ms);
    buffer_init(&postgres->cells, ROWS_SIZE_MAX);
    make_sql(postgres);
    return &postgres->store;
}
