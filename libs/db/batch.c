/* batch.c - many statements in few round trips, by libpq's pipeline mode.
 *
 * The answers are read when DB_PENDING_MAX of them are due at the latest, so that neither side ever
 * waits with full buffers for the other one to read. Only the end of the batch synchronizes, so
 * outside a transaction the whole is one. */
#include "db/internal.h"

#include <stdlib.h>

enum err db_batch_begin(struct db *db)
{
    enum err err = db_usable(db);
    if (err != OK)
        return err;
    CHECK(PQenterPipelineMode(db->connection) == 1);
    db->in_batch = true;
    db->batch_err = OK;
    db->pending_count = 0;
    return OK;
}

/* Ends the connection after libpq has refused to send or had nothing to read. */
static void broken(struct db *db)
{
    enum err err = db_note_failure(db, NULL);
    if (db->batch_err == OK)
        db->batch_err = err;
    db_disconnect(db);
}

static void note_success(const struct db_pending *pending, PGresult *rows)
{
    if (pending->ret_affected != NULL)
        *pending->ret_affected = strtoll(PQcmdTuples(rows), NULL, 10);
    if (pending->ret_result != NULL)
        pending->ret_result->rows = rows;
    else
        PQclear(rows);
}

/* What one request came to; takes `rows`. Only the first error of a batch counts: the server has
 * skipped all that follows it. */
static void note_answer(struct db *db, const struct db_pending *pending, PGresult *rows)
{
    ExecStatusType status = PQresultStatus(rows);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        note_success(pending, rows);
        return;
    }
    if (pending->statement != NULL)
        pending->statement->prepared = false;
    if (status != PGRES_PIPELINE_ABORTED && db->batch_err == OK)
        db->batch_err = db_note_failure(db, rows);
    PQclear(rows);
}

static void read_pending(struct db *db)
{
    for (size_t i = 0; i < db->pending_count && db->connection != NULL; i++) {
        PGresult *rows = PQgetResult(db->connection);
        if (rows == NULL) {
            broken(db);
            break;
        }
        note_answer(db, &db->pending[i], rows);
        if (db->connection != NULL)
            PQclear(PQgetResult(db->connection)); /* a NULL stands behind each answer */
    }
    db->pending_count = 0;
}

static void push(struct db *db, struct db_pending pending)
{
    CHECK(db->pending_count < DB_PENDING_MAX);
    db->pending[db->pending_count++] = pending;
}

/* Sends one statement, whose answer goes where `pending` says, and before it the request to prepare
 * it if it is new. */
static bool send_statement(struct db *db, const char *sql, const struct db_args *args,
                           struct db_pending pending)
{
    char name[16];
    struct db_statement *statement = db_statement_of(db, sql, name);
    if (statement != NULL && !statement->prepared) {
        if (PQsendPrepare(db->connection, name, sql, 0, NULL) != 1)
            return false;
        statement->prepared = true;
        push(db, (struct db_pending){.statement = statement});
    }
    push(db, pending);
    return (statement != NULL
                ? PQsendQueryPrepared(db->connection, name, args->count, args->values,
                                      args->lengths, args->formats, 0)
                : PQsendQueryParams(db->connection, sql, args->count, NULL, args->values,
                                    args->lengths, args->formats, 0)) == 1;
}

static void send_or_break(struct db *db, const char *sql, const struct db_args *args,
                          struct db_pending pending)
{
    if (!send_statement(db, sql, args, pending)) {
        broken(db);
        return;
    }
    if (db->pending_count + 2 <= DB_PENDING_MAX)
        return;
    if (PQsendFlushRequest(db->connection) == 1 && PQflush(db->connection) >= 0)
        read_pending(db);
    else
        broken(db);
}

/* The server knows nothing of an error of ours, so only losing the connection undoes the rest. */
static void refuse(struct db *db)
{
    db_note_text(db, "a text parameter holds a zero byte");
    db_disconnect(db);
}

static enum err add(struct db *db, const char *sql, const struct db_param *params, size_t count,
                    struct db_pending pending)
{
    CHECK(db->in_batch);
    if (db->batch_err != OK)
        return db->batch_err;
    struct db_args args;
    db->batch_err = db_args_of(params, count, &args);
    if (db->batch_err == OK)
        send_or_break(db, sql, &args, pending);
    else
        refuse(db);
    db_args_free(&args);
    return db->batch_err;
}

enum err db_batch_add(struct db *db, const char *sql, const struct db_param *params, size_t count,
                      int64_t *ret_affected)
{
    if (ret_affected != NULL)
        *ret_affected = -1;
    return add(db, sql, params, count, (struct db_pending){.ret_affected = ret_affected});
}

enum err db_batch_query(struct db *db, const char *sql, const struct db_param *params, size_t count,
                        struct db_result *ret_result)
{
    db_result_free(ret_result);
    return add(db, sql, params, count, (struct db_pending){.ret_result = ret_result});
}

/* Reads up to the synchronization's own answer. A deferred constraint fails only here. */
static void read_sync(struct db *db)
{
    const struct db_pending nobody = {0};
    ExecStatusType status = PGRES_EMPTY_QUERY;
    while (db->connection != NULL && status != PGRES_PIPELINE_SYNC) {
        PGresult *rows = PQgetResult(db->connection);
        status = PQresultStatus(rows);
        if (rows == NULL && PQstatus(db->connection) != CONNECTION_OK)
            broken(db);
        else if (rows != NULL && status != PGRES_PIPELINE_SYNC)
            note_answer(db, &nobody, rows);
        else
            PQclear(rows);
    }
}

enum err db_batch_end(struct db *db)
{
    CHECK(db->in_batch);
    db->in_batch = false;
    if (db->connection == NULL)
        return db->batch_err;
    int64_t began_us = db_now_us();
    if (PQpipelineSync(db->connection) == 1) {
        read_pending(db);
        read_sync(db);
    } else {
        broken(db);
    }
    if (db->connection != NULL && PQexitPipelineMode(db->connection) != 1)
        broken(db);
    db_timed(db, DB_TIMED_BATCH, began_us);
    return db->batch_err;
}
