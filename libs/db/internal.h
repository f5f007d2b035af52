/* internal.h - what the files of libs/db share about a connection. For no other room. */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H
#include "db/db.h"

#include <libpq-fe.h>

struct metrics_histogram;

enum { DB_STATEMENTS_SIZE = 512, DB_PENDING_MAX = 256, DB_ERROR_SIZE = 512 };

/* What is timed of a connection: `bourse_database_operation_seconds`. */
enum db_timed { DB_TIMED_QUERY, DB_TIMED_BATCH, DB_TIMED_COPY, DB_TIMED_COMMIT, DB_TIMED };

struct db_statement {
    char *sql;
    bool prepared; /* false: the server refused it, or was not asked yet */
};

/* One request of a batch. */
struct db_pending {
    int64_t *ret_affected;          /* or NULL */
    struct db_result *ret_result;   /* or NULL: nobody wants its rows */
    struct db_statement *statement; /* of a request to prepare, else NULL */
};

struct db {
    char *conninfo;
    int32_t statement_timeout_ms;
    const char *set_up;    /* NULL: nothing more */
    int32_t plan_again_ms; /* 0: never */
    int64_t planned_ms;    /* since when it has prepared what it has; CLOCK_MONOTONIC */
    PGconn *connection;    /* NULL: not connected, or lost */
    bool late;             /* what was sent has no answer, though its time is over */
    PGnotify *notify;      /* what db_notification() handed out last */
    enum db_violation violation;
    char error[DB_ERROR_SIZE];
    struct metrics_histogram *seconds[DB_TIMED];

    /* Prepared statements by the hash of their text, linear probing, at most half full; the one in
     * slot 7 is named "s7". */
    struct db_statement statements[DB_STATEMENTS_SIZE];
    size_t statement_count;

    /* The batch under way: what has been sent and not yet answered. */
    bool in_batch;
    enum err batch_err;
    struct db_pending pending[DB_PENDING_MAX];
    size_t pending_count;
};

/* The parameters of one call in the arrays libpq wants. */
struct db_args {
    int count;
    const char **values;
    int *lengths;
    int *formats;
    char *memory; /* all of the above, and zero-terminated copies of the texts */
};
/* ERR_INPUT: a text holds a zero byte, or there are too many. db_args_free() in any case. */
enum err db_args_of(const struct db_param *params, size_t count,
                    struct db_args *ret_args) MUST_CHECK;
void db_args_free(struct db_args *args);

/* Keeps text and violation of a failed result, or of the connection if it is NULL, and gives its
 * error. A connection found broken is closed. */
enum err db_note_failure(struct db *db, const PGresult *result);
/* Keeps `text` as the error text. */
void db_note_text(struct db *db, const char *text);
/* Every call begins here: ERR_BUSY while there is no connection, or one that is late. */
enum err db_usable(struct db *db) MUST_CHECK;
/* The entry of `sql`, made if it is new, and its name. NULL: there is no room for another one, the
 * statement must be sent as text. */
struct db_statement *db_statement_of(struct db *db, const char *sql, char ret_name[16]);
/* timed.c: the series of a new connection; and one observation of what began at
 * `began_us`, whatever became of it. */
void db_timed_begin(struct db *db);
void db_timed(struct db *db, enum db_timed what, int64_t began_us);
/* Closes the connection and forgets what it had prepared. */
void db_disconnect(struct db *db);

#endif
