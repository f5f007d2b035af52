/* db.h - Postgres: connections, statements with parameters, results, batches, notifications. The
 * only room that knows libpq.
 *
 * Errors   every SQLSTATE becomes an `enum err` (db_err_of_sqlstate). db_error_text() tells the
 *          last failure for the log; it names no values, so no personal data.
 * Away     when the server is away a call answers ERR_BUSY, and so do all until db_connect() has
 *          connected again. What was under way is never silently repeated; outside a transaction
 *          it may have happened.
 * Late     a server that has not answered 2 s after a statement's time was over is stopped, or
 *          commits and waits for a standby, which no timeout of its own ends. The call answers
 *          ERR_TIMEOUT (db_commit: ERR_DOUBT), and the connection is kept: whoever hung up would
 *          leave the server one that waits, for each time it is asked again. All calls answer
 *          ERR_BUSY until db_connect() finds that the answer has come. Batches and COPY wait for
 * ever. Thread   a connection belongs to one thread at a time; see db/pool.h for many.
 */
#ifndef DB_H
#define DB_H
#include "base/base.h"
#include "base/buffer.h"
#include "base/uuid.h"

struct db;        /* laid out in internal.h only */
struct pg_result; /* libpq's */

/* A connection that is not connected yet; the caller owns it. `conninfo` is libpq's connection
 * string; no statement runs longer than `statement_timeout_ms` (0: no bound). */
struct db *db_new(const char *conninfo, int32_t statement_timeout_ms) MUST_CHECK;
/* `script` runs behind every connecting from now on; it outlives the connection. */
void db_set_up(struct db *db, const char *script);
/* From now on what is prepared is forgotten every so many ms, by db_connect(): a plan that is kept
 * is one for tables as large as they were when it was made. */
void db_plan_again(struct db *db, int32_t every_ms);
/* Disconnects and frees. NULL does nothing. */
void db_free(struct db *db);
/* Connects, or connects again after a loss; does nothing on a live connection, but what
 * db_plan_again() asks for. ERR_BUSY: the server
 * is away; ERR_CONFIG: it refuses this user, password or database, or `conninfo` is wrong. */
enum err db_connect(struct db *db) MUST_CHECK;
/* Whether the connection still stands, as far as is known without asking the server, which costs it
 * nothing. ERR_BUSY: it is lost. */
enum err db_check(struct db *db) MUST_CHECK;
/* Whether what was sent still has no answer, though its time is over. */
bool db_is_late(struct db *db);
/* What the last failed call failed with, one line: for the log only. Until the next call. */
const char *db_error_text(const struct db *db);

/* What a constraint said to the last failed statement, which answered ERR_INPUT. */
enum db_violation {
    DB_VIOLATION_NONE,
    DB_VIOLATION_UNIQUE,
    DB_VIOLATION_FOREIGN_KEY,
    DB_VIOLATION_OTHER
};
enum db_violation db_violation(const struct db *db);

/* The error of a five-character SQLSTATE: ERR_BUSY for an absent or overloaded server, deadlock and
 * serialization failure; ERR_TIMEOUT for a canceled statement; ERR_INPUT for bad values and
 * violated constraints; ERR_CONFIG for the rest, which only other code or settings can mend. */
enum err db_err_of_sqlstate(const char *sqlstate);

/* One parameter of a statement. Made by the functions below; what it points at stays the caller's
 * and must live until the call returns. */
struct db_param {
    enum { DB_PARAM_NULL, DB_PARAM_TEXT, DB_PARAM_BYTES, DB_PARAM_DIGITS } kind;
    struct text text;
    char digits[40];
};
struct db_param db_null(void);
/* Any type in its text form. Must hold no zero byte: the statement then fails with ERR_INPUT. */
struct db_param db_text(struct text text);
/* NULL gives SQL's null. */
struct db_param db_string(const char *string);
/* A bytea of any bytes, or a value of any type in its binary form. */
struct db_param db_bytes(struct bytes bytes);
struct db_param db_int(int64_t value);
struct db_param db_bool(bool value);
struct db_param db_uuid(struct uuid id);

/* The parameters of a call: db_query(db, SQL, DB_PARAMS(db_int(1), db_uuid(id)), &result). */
#define DB_PARAMS(...)                                                                             \
    (const struct db_param[]){__VA_ARGS__}, COUNT_OF(((const struct db_param[]){__VA_ARGS__}))
#define DB_NO_PARAMS NULL, 0
enum { DB_PARAMS_MAX = 1000 };

/* The rows of a statement. AUTO_DB_RESULT frees them at the end of its scope. */
struct db_result {
    struct pg_result *rows;
};
void db_result_free(struct db_result *result);
#define AUTO_DB_RESULT __attribute__((cleanup(db_result_free))) struct db_result

/* Runs one statement with parameters $1, $2...; prepared on this connection at its first use, by
 * its text. A result is replaced by the new rows, or emptied on an error; `ret_result` may be NULL.
 */
enum err db_query(struct db *db, const char *sql, const struct db_param *params, size_t count,
                  struct db_result *ret_result) MUST_CHECK;
/* Runs a script of any number of statements without parameters, in one transaction of its own if it
 * is not inside one. */
enum err db_exec(struct db *db, const char *script) MUST_CHECK;

/* A transaction. After any error in it, db_rollback() is the only way on. */
enum err db_begin(struct db *db) MUST_CHECK;
/* One that only reads, and whose statements all see the same rows: those of its first. */
enum err db_begin_snapshot(struct db *db) MUST_CHECK;
/* ERR_DOUBT: the connection broke or is late, so only reading back tells whether it happened.
 * ERR_INPUT: an earlier statement of the transaction had failed, so it was rolled back. */
enum err db_commit(struct db *db) MUST_CHECK;
/* Does nothing outside a transaction, or when the connection is lost, which rolls back too. */
void db_rollback(struct db *db);

/* Rows and their values; rows and columns count from 0. Out of range is a CHECK. */
size_t db_rows(const struct db_result *result);
/* The column of that name. CHECKs that there is one. */
size_t db_column(const struct db_result *result, const char *name);
size_t db_columns(const struct db_result *result);
/* The name of a column, valid as long as the result. */
struct text db_column_name(const struct db_result *result, size_t column);
/* What the values of a column are: how their text is to be read. */
enum db_type {
    DB_TYPE_TEXT, /* and whatever else there is */
    DB_TYPE_BOOL, /* t or f */
    DB_TYPE_INT,
    DB_TYPE_JSON,
};
enum db_type db_column_type(const struct db_result *result, size_t column);
/* Rows that an INSERT, UPDATE or DELETE touched. */
int64_t db_affected(const struct db_result *result);
bool db_is_null(const struct db_result *result, size_t row, size_t column);
/* The text form, valid as long as the result; empty for null. A zero byte stands behind it. */
struct text db_get_text(const struct db_result *result, size_t row, size_t column);
/* These CHECK that the value is one: the statement is ours, so anything else is our bug. */
int64_t db_get_int(const struct db_result *result, size_t row, size_t column);
bool db_get_bool(const struct db_result *result, size_t row, size_t column);
struct uuid db_get_uuid(const struct db_result *result, size_t row, size_t column);
/* Appends the bytes of a bytea. */
void db_get_bytes(const struct db_result *result, size_t row, size_t column,
                  struct buffer *ret_bytes);

/* Now, by CLOCK_MONOTONIC: for what a call takes. */
int64_t db_now_us(void);

/* A batch: many statements in few round trips. Between db_batch_begin and db_batch_end only
 * db_batch_add and db_batch_query may be called. After a statement has failed the later ones do
 * nothing. Outside a transaction the batch is one of its own; inside, it is part of it. */
enum err db_batch_begin(struct db *db) MUST_CHECK;
/* Adds one statement; its parameters are copied. *ret_affected, where not NULL, is set by the end
 * of the batch (so it must live until then): -1 if the statement was not run. An error here may be
 * that of an earlier statement; db_batch_end() is due all the same. A text with a zero byte costs
 * the connection, for that undoes the batch. */
enum err db_batch_add(struct db *db, const char *sql, const struct db_param *params, size_t count,
                      int64_t *ret_affected) MUST_CHECK;
/* The same of a statement whose rows are wanted: *ret_result, which must live until the end of the
 * batch, has them from then on, and is empty (its `rows` NULL) where it was not run or failed. */
enum err db_batch_query(struct db *db, const char *sql, const struct db_param *params, size_t count,
                        struct db_result *ret_result) MUST_CHECK;
/* Waits for all of them. The first error of any, or OK. */
enum err db_batch_end(struct db *db) MUST_CHECK;

/* Runs `sql`, a COPY from STDIN, over all of `data`. */
enum err db_copy(struct db *db, const char *sql, struct bytes data) MUST_CHECK;

/* Waits up to `timeout_ms` for a notification on a channel this connection LISTENs to. The texts
 * are valid until the next call. ERR_TIMEOUT: none came. */
enum err db_notification(struct db *db, int32_t timeout_ms, struct text *ret_channel,
                         struct text *ret_payload) MUST_CHECK;

#endif
