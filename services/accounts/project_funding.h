/* project_funding.h - payment methods, transfers and their limits as rows. */
#ifndef ACCOUNTS_PROJECT_FUNDING_H
#define ACCOUNTS_PROJECT_FUNDING_H
#include "projection/projection.h"

/* The statements below. */
#define PAYMENT_METHODS_STATEMENT                                                                  \
    {                                                                                              \
        .table = "payment_methods", .kind = PROJECTION_UPSERT, .key_columns = 1, .columns = {      \
            {"id", COLUMN_UUID},                                                                   \
            {"account_id", COLUMN_UUID},                                                           \
            {"kind", COLUMN_TEXT},                                                                 \
            {"status", COLUMN_TEXT},                                                               \
            {"attempts_left", COLUMN_INT},                                                         \
            {"created_at", COLUMN_TIME},                                                           \
            {"verified_at", COLUMN_TIME},                                                          \
        }                                                                                          \
    }
#define PAYMENT_DETAILS_STATEMENT                                                                  \
    {                                                                                              \
        .table = "payment_methods", .kind = PROJECTION_UPDATE, .key_columns = 1, .columns = {      \
            {"id", COLUMN_UUID},                                                                   \
            {"user_id", COLUMN_UUID},                                                              \
            {"details", COLUMN_TEXT},                                                              \
            {"shown", COLUMN_TEXT},                                                                \
            {"small_deposits", COLUMN_TEXT},                                                       \
        }                                                                                          \
    }
#define ALLOWED_DESTINATIONS_STATEMENT                                                             \
    {                                                                                              \
        .table = "allowed_destinations", .kind = PROJECTION_UPSERT, .key_columns = 1, .columns = { \
            {"id", COLUMN_UUID},                                                                   \
            {"account_id", COLUMN_UUID},                                                           \
            {"payment_method_id", COLUMN_UUID},                                                    \
            {"known_since", COLUMN_TIME},                                                          \
            {"created_at", COLUMN_TIME},                                                           \
            {"removed_at", COLUMN_TIME},                                                           \
        }                                                                                          \
    }
#define FUNDING_TRANSACTIONS_STATEMENT                                                             \
    {                                                                                              \
        .table = "funding_transactions", .kind = PROJECTION_UPSERT, .key_columns = 1, .columns = { \
            {"id", COLUMN_UUID},                                                                   \
            {"account_id", COLUMN_UUID},                                                           \
            {"payment_method_id", COLUMN_UUID},                                                    \
            {"type", COLUMN_TEXT},                                                                 \
            {"status", COLUMN_TEXT},                                                               \
            {"asset", COLUMN_TEXT},                                                                \
            {"amount", COLUMN_NUMERIC},                                                            \
            {"reason", COLUMN_TEXT},                                                               \
            {"provider", COLUMN_TEXT},                                                             \
            {"reference", COLUMN_TEXT},                                                            \
            {"created_at", COLUMN_TIME},                                                           \
            {"updated_at", COLUMN_TIME},                                                           \
            {"version", COLUMN_BIGINT},                                                            \
        }                                                                                          \
    }
#define TRANSFER_USES_STATEMENT                                                                    \
    {                                                                                              \
        .table = "transfer_uses", .kind = PROJECTION_UPSERT, .key_columns = 3, .columns = {        \
            {"account_id", COLUMN_UUID},                                                           \
            {"type", COLUMN_TEXT},                                                                 \
            {"asset", COLUMN_TEXT},                                                                \
            {"day", COLUMN_TIME},                                                                  \
            {"day_amount", COLUMN_NUMERIC},                                                        \
            {"month", COLUMN_TIME},                                                                \
            {"month_amount", COLUMN_NUMERIC},                                                      \
        }                                                                                          \
    }
#define TRANSFER_LIMITS_STATEMENT                                                                  \
    {                                                                                              \
        .table = "user_transfer_limits", .kind = PROJECTION_UPSERT, .key_columns = 1, .columns = { \
            {"account_id", COLUMN_UUID},                                                           \
            {"limits", COLUMN_JSON},                                                               \
            {"version", COLUMN_BIGINT},                                                            \
            {"updated_at", COLUMN_TIME},                                                           \
        }                                                                                          \
    }

#define LEVEL_LIMITS_STATEMENT                                                                     \
    {                                                                                              \
        .table = "level_transfer_limits", .kind = PROJECTION_UPSERT, .key_columns = 1,             \
        .columns = {                                                                               \
            {"level", COLUMN_INT},                                                                 \
            {"max_transfer", COLUMN_NUMERIC},                                                      \
            {"max_day", COLUMN_NUMERIC},                                                           \
            {"max_month", COLUMN_NUMERIC},                                                         \
            {"cool_off_s", COLUMN_BIGINT},                                                         \
        }                                                                                          \
    }

struct accounts_funding_rows {
    int methods, details, allowed, transfers, uses, limits, levels; /* statements of project.c */
};

/* Adds the rows of an event about payment methods, transfers or their limits; of others none. What
 * a transfer moves in the ledger is not among them. */
void accounts_project_funding(const struct event *event,
                              const struct accounts_funding_rows *statements, struct rows *rows);

#endif
