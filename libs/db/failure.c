/* failure.c - what a failure of Postgres means to us. */
#include "db/internal.h"

#include <stdio.h>
#include <string.h>

struct state_row {
    const char *prefix; /* of a SQLSTATE */
    enum err err;
};

/* The first row whose prefix fits decides. */
static const struct state_row STATE_ROWS[] = {
    {"08", ERR_BUSY},                         /* connection */
    {"40", ERR_BUSY},                         /* serialization failure, deadlock */
    {"53", ERR_BUSY},                         /* out of connections, memory or disk */
    {"55P03", ERR_BUSY},                      /* a lock was not available */
    {"57014", ERR_TIMEOUT}, {"57", ERR_BUSY}, /* shutting down, starting up */
    {"58", ERR_BUSY},                         /* an I/O error of the server */
    {"25006", ERR_BUSY},                      /* a standby: a failover is under way */
    {"22", ERR_INPUT},                        /* a value of the wrong form */
    {"23", ERR_INPUT},                        /* a constraint */
    {"P0001", ERR_INPUT},                     /* raised by a function of the schema */
};

enum err db_err_of_sqlstate(const char *sqlstate)
{
    for (size_t i = 0; i < COUNT_OF(STATE_ROWS); i++)
        if (strncmp(sqlstate, STATE_ROWS[i].prefix, strlen(STATE_ROWS[i].prefix)) == 0)
            return STATE_ROWS[i].err;
    return ERR_CONFIG;
}

static enum db_violation violation_of(const char *sqlstate)
{
    if (strcmp(sqlstate, "23505") == 0)
        return DB_VIOLATION_UNIQUE;
    if (strcmp(sqlstate, "23503") == 0)
        return DB_VIOLATION_FOREIGN_KEY;
    return strncmp(sqlstate, "23", 2) == 0 ? DB_VIOLATION_OTHER : DB_VIOLATION_NONE;
}

void db_note_text(struct db *db, const char *text)
{
    snprintf(db->error, sizeof db->error, "%s", text);
}

static const char *field(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text != NULL ? text : "";
}

/* Message and constraint only: the detail of an error quotes values. */
static void note_result(struct db *db, const PGresult *result, const char *sqlstate)
{
    const char *constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    snprintf(db->error, sizeof db->error, "%s: %s%s%s%s", sqlstate,
             field(result, PG_DIAG_MESSAGE_PRIMARY), *constraint != '\0' ? " (constraint " : "",
             constraint, *constraint != '\0' ? ")" : "");
}

/* A table changed its columns below a prepared statement: only preparing anew helps. */
static bool is_stale_plan(const PGresult *result, const char *sqlstate)
{
    return strcmp(sqlstate, "0A000") == 0 &&
           strcmp(field(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0;
}

enum err db_note_failure(struct db *db, const PGresult *result)
{
    const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
    db->violation = violation_of(sqlstate);
    enum err err = *sqlstate != '\0' ? db_err_of_sqlstate(sqlstate) : ERR_BUSY;
    if (*sqlstate != '\0')
        note_result(db, result, sqlstate);
    else
        db_note_text(db, PQerrorMessage(db->connection));
    db->error[strcspn(db->error, "\r\n")] = '\0';
    bool lost = PQstatus(db->connection) != CONNECTION_OK;
    if (lost || is_stale_plan(result, sqlstate)) {
        db_disconnect(db);
        err = ERR_BUSY;
    }
    return err;
}

const char *db_error_text(const struct db *db)
{
    return db->error;
}

enum db_violation db_violation(const struct db *db)
{
    return db->violation;
}
