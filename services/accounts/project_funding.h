/* project_funding.h - payment methods, transfers and their limits as rows. */
#ifndef ACCOUNTS_PROJECT_FUNDING_H
#define ACCOUNTS_PROJECT_FUNDING_H
#include "projection/projection.h"

/* The columns of the statements below. */
#define PAYMENT_METHODS_COLUMNS                                                                    \
    {                                                                                              \
        {"id", COLUMN_UUID}, {"account_id", COLUMN_UUID}, {"kind", COLUMN_TEXT},                   \
            {"status", COLUMN_TEXT}, {"attempts_left", COLUMN_INT}, {"created_at", COLUMN_TIME},   \
            {"verified_at", COLUMN_TIME},                                                          \
    }
#define PAYMENT_DETAILS_COLUMNS                                                                    \
    {                                                                                              \
        {"id", COLUMN_UUID}, {"user_id", COLUMN_UUID}, {"details", COLUMN_TEXT},                   \
            {"shown", COLUMN_TEXT}, {"first_amount", COLUMN_NUMERIC},                              \
            {"second_amount", COLUMN_NUMERIC},                                                     \
    }
#define FUNDING_TRANSACTIONS_COLUMNS                                                               \
    {                                                                                              \
        {"id", COLUMN_UUID}, {"account_id", COLUMN_UUID}, {"payment_method_id", COLUMN_UUID},      \
            {"type", COLUMN_TEXT}, {"status", COLUMN_TEXT}, {"asset", COLUMN_TEXT},                \
            {"amount", COLUMN_NUMERIC}, {"reason", COLUMN_TEXT}, {"provider", COLUMN_TEXT},        \
            {"reference", COLUMN_TEXT}, {"created_at", COLUMN_TIME}, {"updated_at", COLUMN_TIME},  \
            {"version", COLUMN_BIGINT},                                                            \
    }
#define TRANSFER_USES_COLUMNS                                                                      \
    {                                                                                              \
        {"account_id", COLUMN_UUID}, {"type", COLUMN_TEXT}, {"asset", COLUMN_TEXT},                \
            {"day", COLUMN_TIME}, {"day_amount", COLUMN_NUMERIC}, {"month", COLUMN_TIME},          \
            {"month_amount", COLUMN_NUMERIC},                                                      \
    }
#define TRANSFER_LIMITS_COLUMNS                                                                    \
    {                                                                                              \
        {"account_id", COLUMN_UUID}, {"limits", COLUMN_JSON}, {"version", COLUMN_BIGINT},          \
            {"updated_at", COLUMN_TIME},                                                           \
    }

struct accounts_funding_rows {
    int methods, details, transfers, uses, limits; /* statements of project.c */
};

/* Adds the rows of an event about payment methods, transfers or their limits; of others none. What
 * a transfer moves in the ledger is not among them. */
void accounts_project_funding(const struct event *event,
                              const struct accounts_funding_rows *statements, struct rows *rows);

#endif
