#include "db/db.h"
#include "db/internal.h"

#include "base/crash.h"
#include "base/murmur2.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COPY_CHUNK_SIZE = 1 << 20, AGAIN_MS = 5000, LATE_MS = 2000, LOOK_MS = 100 };

struct db *db_new(const char *conninfo, int32_t statement_timeout_ms)
{
    struct db *db = calloc(1, sizeof *db);
    CHECK(db != NULL);
    db->conninfo = strdup(conninfo);
    CHECK(db->conninfo != NULL);
    db->statement_timeout_ms = statement_timeout_ms;
    db_timed_begin(db);
    return db;
}

void db_set_up(struct db *db, const char *script)
{
    db->set_up = script;
}

void db_plan_again(struct db *db, int32_t every_ms)
{
    db->plan_again_ms = every_ms;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void forget_statements(struct db *db)
{
    for (size_t i = 0; i < DB_STATEMENTS_SIZE; i++) {
        free(db->statements[i].sql);
        db->statements[i] = (struct db_statement){NULL, false};
    }
    db->statement_count = 0;
    db->planned_ms = now_ms();
}

void db_disconnect(struct db *db)
{
    forget_statements(db);
    PQfinish(db->connection);
    db->connection = NULL;
    db->late = false;
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    db_disconnect(db);
    PQfreemem(db->notify);
    free(db->conninfo);
    free(db);
}

/* Opens the connection with `connect`, one of libpq's two ways; what `conninfo` names wins over the
 * defaults before it. The keepalives end a wait for a machine that has silently gone. */
static PGconn *open_connection(const char *conninfo,
                               PGconn *connect(const char *const *, const char *const *, int))
{
    const char *names[] = {"application_name",
                           "connect_timeout",
                           "keepalives_idle",
                           "keepalives_interval",
                           "keepalives_count",
                           "tcp_user_timeout",
                           "dbname",
                           "client_encoding",
                           NULL};
    const char *values[] = {"bourse", "5", "10", "5", "3", "20000", conninfo, "UTF8", NULL};
    PGconn *connection = connect(names, values, 1);
    CHECK(connection != NULL);
    return connection;
}

/* Nobody hears libpq's notices ("relation exists, skipping"). */
static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

/* Whether a refusal is a matter of settings: who comes may not, or what is asked for is not there.
 * A server that has no place, no memory or no disk left refuses, too, and will not for ever. */
static enum err err_of_refusal(const char *text)
{
    static const char *const FOR_GOOD[] = {"28", "3D", "42"};
    static const char FATAL[] = "FATAL:  ";
    const char *state = strstr(text, FATAL);
    for (size_t i = 0; state != NULL && i < COUNT_OF(FOR_GOOD); i++)
        if (strncmp(state + strlen(FATAL), FOR_GOOD[i], strlen(FOR_GOOD[i])) == 0)
            return ERR_CONFIG;
    return state != NULL ? ERR_BUSY : ERR_CONFIG;
}

/* Connects to a server that has just refused to. libpq has the SQLSTATE of a refusal in its text
 * only, and only where it was asked for before the server speaks. */
static enum err connect_again(struct db *db)
{
    PGconn *again = db->connection = open_connection(db->conninfo, PQconnectStartParams);
    PQsetErrorVerbosity(again, PQERRORS_SQLSTATE);
    int64_t until_ms = now_ms() + AGAIN_MS;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while ((status == PGRES_POLLING_WRITING || status == PGRES_POLLING_READING) &&
           PQstatus(again) != CONNECTION_BAD && now_ms() < until_ms) {
        struct pollfd socket = {.fd = PQsocket(again),
                                .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        poll(&socket, 1, AGAIN_MS);
        status = PQconnectPoll(again);
    }
    if (status == PGRES_POLLING_OK) {
        PQsetErrorVerbosity(again, PQERRORS_DEFAULT);
        return OK;
    }
    enum err err =
        status == PGRES_POLLING_FAILED ? err_of_refusal(PQerrorMessage(again)) : ERR_BUSY;
    db_disconnect(db);
    return err;
}

/* A server that does not answer comes back; one that answers and refuses is asked once more, why.
 */
static enum err connect_surely(struct db *db)
{
    db->connection = open_connection(db->conninfo, PQconnectdbParams);
    if (PQstatus(db->connection) == CONNECTION_OK)
        return OK;
    db_note_failure(db, NULL);
    PGPing ping = PQping(db->conninfo);
    db_disconnect(db);
    if (ping == PQPING_OK)
        return connect_again(db);
    return ping == PQPING_NO_ATTEMPT ? ERR_CONFIG : ERR_BUSY;
}

/* Whether the connection still stands, as far as this side can tell without asking: what a server
 * says before it hangs up, and the hanging up, wait to be read. */
static bool is_live(struct db *db)
{
    if (db->connection == NULL)
        return false;
    struct pollfd socket = {.fd = PQsocket(db->connection), .events = POLLIN};
    for (int reads = 0; reads < 3 && poll(&socket, 1, 0) > 0; reads++)
        if (PQconsumeInput(db->connection) != 1)
            return false;
    return PQstatus(db->connection) == CONNECTION_OK;
}

/* DISCARD PLANS is for the plans that functions keep. */
static enum err plan_again_if_due(struct db *db)
{
    if (db->plan_again_ms == 0 || now_ms() - db->planned_ms < db->plan_again_ms)
        return OK;
    forget_statements(db);
    return db_exec(db, "DEALLOCATE ALL; DISCARD PLANS");
}

bool db_is_late(struct db *db)
{
    return db->late && is_live(db) && PQisBusy(db->connection);
}

enum err db_connect(struct db *db)
{
    if (db_is_late(db))
        return db_usable(db);
    if (!db->late && is_live(db))
        return plan_again_if_due(db);
    db_disconnect(db);
    enum err err = connect_surely(db);
    if (err != OK)
        return err;
    PQsetNoticeReceiver(db->connection, ignore_notice, NULL);
    char script[80];
    snprintf(script, sizeof script, "SET timezone = 'UTC'; SET statement_timeout = %d",
             db->statement_timeout_ms);
    err = db_exec(db, script);
    return err == OK && db->set_up != NULL ? db_exec(db, db->set_up) : err;
}

/* Whether there is an answer to what was sent, or will be none, before its time is over. The server
 * ends a statement in time, but no commit that waits for a standby, and nothing while it is
 * stopped. Looks again now and then, for bytes that TLS has read already wake nobody. */
static bool wait_for_answer(struct db *db)
{
    int64_t until_ms = now_ms() + db->statement_timeout_ms + LATE_MS;
    while (PQisBusy(db->connection)) {
        if (db->statement_timeout_ms > 0 && now_ms() >= until_ms)
            return false;
        struct pollfd socket = {.fd = PQsocket(db->connection), .events = POLLIN};
        poll(&socket, 1, LOOK_MS);
        if (PQconsumeInput(db->connection) != 1)
            return true;
    }
    return true;
}

/* What the server says last to what was `sent`. NULL: it is lost, or late. */
static PGresult *last_answer(struct db *db, int sent)
{
    PGresult *last = NULL, *next = NULL;
    if (sent != 1)
        return NULL;
    while (wait_for_answer(db)) {
        next = PQgetResult(db->connection);
        if (next == NULL)
            return last;
        PQclear(last);
        last = next;
    }
    PQclear(last);
    db->late = true;
    return NULL;
}

/* Takes a result's status for the caller: kept, or freed when nobody wants it. */
static enum err finish(struct db *db, PGresult *rows, struct db_result *ret_result)
{
    ExecStatusType status = PQresultStatus(rows);
    if (db->late) {
        db_note_text(db, "the server has not answered in time; whether it happens is not known");
        return ERR_TIMEOUT;
    }
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        enum err err = db_note_failure(db, rows);
        PQclear(rows);
        return err;
    }
    if (ret_result != NULL)
        ret_result->rows = rows;
    else
        PQclear(rows);
    return OK;
}

enum err db_usable(struct db *db)
{
    CHECK(!db->in_batch);
    db->violation = DB_VIOLATION_NONE;
    if (db->connection != NULL && !db->late)
        return OK;
    db_note_text(db, db->late ? "an earlier statement still has no answer" : "not connected");
    return ERR_BUSY;
}

struct db_statement *db_statement_of(struct db *db, const char *sql, char ret_name[16])
{
    size_t slot = murmur2(sql, strlen(sql)) % DB_STATEMENTS_SIZE;
    while (db->statements[slot].sql != NULL && strcmp(db->statements[slot].sql, sql) != 0)
        slot = (slot + 1) % DB_STATEMENTS_SIZE;
    struct db_statement *statement = &db->statements[slot];
    if (statement->sql == NULL) {
        if (db->statement_count >= DB_STATEMENTS_SIZE / 2)
            return NULL;
        statement->sql = strdup(sql);
        CHECK(statement->sql != NULL);
        db->statement_count++;
    }
    snprintf(ret_name, 16, "s%zu", slot);
    return statement;
}

static enum err run(struct db *db, const char *sql, const struct db_args *args,
                    struct db_result *ret_result)
{
    char name[16];
    struct db_statement *statement = db_statement_of(db, sql, name);
    if (statement == NULL)
        return finish(
            db,
            last_answer(db, PQsendQueryParams(db->connection, sql, args->count, NULL, args->values,
                                              args->lengths, args->formats, 0)),
            ret_result);
    if (!statement->prepared) {
        enum err err =
            finish(db, last_answer(db, PQsendPrepare(db->connection, name, sql, 0, NULL)), NULL);
        if (err != OK)
            return err;
        statement->prepared = true;
    }
    return finish(
        db,
        last_answer(db, PQsendQueryPrepared(db->connection, name, args->count, args->values,
                                            args->lengths, args->formats, 0)),
        ret_result);
}

enum err db_query(struct db *db, const char *sql, const struct db_param *params, size_t count,
                  struct db_result *ret_result)
{
    if (ret_result != NULL)
        db_result_free(ret_result);
    enum err err = db_usable(db);
    if (err != OK)
        return err;
    struct db_args args;
    int64_t began_us = db_now_us();
    err = db_args_of(params, count, &args);
    if (err == OK)
        err = run(db, sql, &args, ret_result);
    else
        db_note_text(db, "a text parameter holds a zero byte");
    db_args_free(&args);
    db_timed(db, DB_TIMED_QUERY, began_us);
    return err;
}

enum err db_exec(struct db *db, const char *script)
{
    enum err err = db_usable(db);
    if (err != OK)
        return err;
    return finish(db, last_answer(db, PQsendQuery(db->connection, script)), NULL);
}

static bool send_all(struct db *db, struct bytes data)
{
    for (size_t at = 0; at < data.size; at += COPY_CHUNK_SIZE) {
        size_t left = data.size - at;
        int size = (int)(left < COPY_CHUNK_SIZE ? left : COPY_CHUNK_SIZE);
        if (PQputCopyData(db->connection, (const char *)data.data + at, size) != 1)
            return false;
    }
    return PQputCopyEnd(db->connection, NULL) == 1;
}

static enum err copy(struct db *db, const char *sql, struct bytes data)
{
    enum err err = OK;
    PGresult *begun = PQexec(db->connection, sql);
    if (PQresultStatus(begun) != PGRES_COPY_IN)
        return finish(db, begun, NULL);
    PQclear(begun);
    if (!send_all(db, data)) {
        err = db_note_failure(db, NULL);
        db_disconnect(db);
        return err;
    }
    err = finish(db, PQgetResult(db->connection), NULL);
    while (db->connection != NULL && (begun = PQgetResult(db->connection)) != NULL)
        PQclear(begun);
    return err;
}

enum err db_copy(struct db *db, const char *sql, struct bytes data)
{
    enum err err = db_usable(db);
    if (err != OK)
        return err;
    int64_t began_us = db_now_us();
    err = copy(db, sql, data);
    db_timed(db, DB_TIMED_COPY, began_us);
    return err;
}

enum err db_begin(struct db *db)
{
    return db_exec(db, "BEGIN");
}

enum err db_begin_snapshot(struct db *db)
{
    return db_exec(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

/* Sends COMMIT and waits for what the server says to it. */
static PGresult *commit(struct db *db)
{
    int sent = PQsendQuery(db->connection, "COMMIT");
    CRASH_POINT("during_commit");
    return last_answer(db, sent);
}

enum err db_commit(struct db *db)
{
    enum err err = db_usable(db);
    if (err != OK)
        return ERR_DOUBT; /* lost since db_begin(): at most an earlier COMMIT went through */
    AUTO_DB_RESULT result = {NULL};
    int64_t began_us = db_now_us();
    err = finish(db, commit(db), &result);
    db_timed(db, DB_TIMED_COMMIT, began_us);
    if (err != OK)
        return db->connection == NULL || db->late ? ERR_DOUBT : err;
    if (strcmp(PQcmdStatus(result.rows), "COMMIT") == 0)
        return OK;
    db_note_text(db, "the transaction had failed before its COMMIT, so it was rolled back");
    return ERR_INPUT;
}

void db_rollback(struct db *db)
{
    if (db->connection == NULL || db->late || PQtransactionStatus(db->connection) == PQTRANS_IDLE)
        return;
    if (db_exec(db, "ROLLBACK") != OK)
        db_disconnect(db);
}

enum err db_check(struct db *db)
{
    enum err err = db_usable(db);
    if (err == OK && PQconsumeInput(db->connection) == 0)
        err = db_note_failure(db, NULL);
    return err;
}

enum err db_notification(struct db *db, int32_t timeout_ms, struct text *ret_channel,
                         struct text *ret_payload)
{
    enum err err = db_usable(db);
    if (err != OK)
        return err;
    PQfreemem(db->notify);
    int64_t deadline_ms = now_ms() + timeout_ms;
    while ((db->notify = PQnotifies(db->connection)) == NULL) {
        int64_t left_ms = deadline_ms - now_ms();
        struct pollfd socket = {.fd = PQsocket(db->connection), .events = POLLIN};
        if (poll(&socket, 1, left_ms > 0 ? (int)left_ms : 0) == 0 && left_ms <= 0)
            return ERR_TIMEOUT;
        if (PQconsumeInput(db->connection) == 0)
            return db_note_failure(db, NULL);
    }
    *ret_channel = text_of(db->notify->relname);
    *ret_payload = text_of(db->notify->extra);
    return OK;
}
