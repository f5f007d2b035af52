/* project_limits.h - risk limits as rows: of an account as they are, and each change. */
#ifndef ACCOUNTS_PROJECT_LIMITS_H
#define ACCOUNTS_PROJECT_LIMITS_H
#include "projection/projection.h"

#define RISK_LIMITS_STATEMENT                                                                      \
    {                                                                                              \
        .table = "risk_limits", .kind = PROJECTION_UPSERT, .key_columns = 1, .columns = {          \
            {"account_id", COLUMN_UUID},                                                           \
            {"limits", COLUMN_JSON},                                                               \
            {"version", COLUMN_BIGINT},                                                            \
            {"updated_at", COLUMN_TIME}                                                            \
        }                                                                                          \
    }

#define RISK_LIMIT_CHANGES_STATEMENT                                                               \
    {                                                                                              \
        .table = "risk_limit_changes", .kind = PROJECTION_INSERT, .key_columns = 2, .columns = {   \
            {"partition", COLUMN_INT},                                                             \
            {"event_offset", COLUMN_BIGINT},                                                       \
            {"account_id", COLUMN_UUID},                                                           \
            {"limits", COLUMN_JSON},                                                               \
            {"occurred_at", COLUMN_TIME}                                                           \
        }                                                                                          \
    }

/* Adds what an event says of limits, of statements that set these columns. */
void accounts_project_limits(const struct event *event, int limits_statement, int changes_statement,
                             struct rows *rows);

#endif
