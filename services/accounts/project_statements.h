/* project_statements.h - statements and tax documents as rows, which say what the event does:
 * figures follow from `transactions` up to its offset (schema.sql).
 */
#ifndef ACCOUNTS_PROJECT_STATEMENTS_H
#define ACCOUNTS_PROJECT_STATEMENTS_H
#include "projection/projection.h"

/* The columns of both statements in project.c. */
#define STATEMENT_COLUMNS                                                                          \
    {                                                                                              \
        {"id", COLUMN_UUID}, {"account_id", COLUMN_UUID}, {"kind", COLUMN_TEXT},                   \
            {"period_from", COLUMN_TIME}, {"period_to", COLUMN_TIME}, {"partition", COLUMN_INT},   \
            {"event_offset", COLUMN_BIGINT}, {"totals", COLUMN_JSON}, {"issued_at", COLUMN_TIME},  \
    }

/* Adds a row for each; of a tax document `kind` is its form. */
void accounts_project_statements(const struct event *event, int statements, int tax_documents,
                                 struct rows *rows);

#endif
