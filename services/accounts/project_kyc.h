/* project_kyc.h - identity checks as rows of `kyc_profiles`. */
#ifndef ACCOUNTS_PROJECT_KYC_H
#define ACCOUNTS_PROJECT_KYC_H
#include "projection/projection.h"

/* The columns of the statements below, of one table: how far it has come, what its person said,
 * and what the operator did. */
#define KYC_REVIEWS_COLUMNS                                                                        \
    {                                                                                              \
        {"user_id", COLUMN_UUID}, {"account_id", COLUMN_UUID}, {"status", COLUMN_TEXT},            \
            {"level", COLUMN_INT}, {"has_profile", COLUMN_BOOL}, {"reviewer_id", COLUMN_UUID},     \
            {"submitted_at", COLUMN_TIME}, {"reviewed_at", COLUMN_TIME},                           \
            {"version", COLUMN_BIGINT}, {"created_at", COLUMN_TIME}, {"updated_at", COLUMN_TIME},  \
    }
#define KYC_PROFILES_COLUMNS                                                                       \
    {                                                                                              \
        {"user_id", COLUMN_UUID}, {"name", COLUMN_TEXT}, {"birth_date", COLUMN_TEXT},              \
            {"nationality", COLUMN_TEXT}, {"address", COLUMN_TEXT}, {"tax_id", COLUMN_TEXT},       \
    }
#define KYC_REASONS_COLUMNS                                                                        \
    {                                                                                              \
        {"user_id", COLUMN_UUID}, {"reason", COLUMN_TEXT},                                         \
    }

#define KYC_DOCUMENTS_COLUMNS                                                                      \
    {                                                                                              \
        {"id", COLUMN_UUID}, {"user_id", COLUMN_UUID}, {"kind", COLUMN_TEXT},                      \
            {"format", COLUMN_TEXT}, {"size_bytes", COLUMN_BIGINT}, {"sha256", COLUMN_TEXT},       \
            {"status", COLUMN_TEXT}, {"created_at", COLUMN_TIME},                                  \
    }

struct accounts_kyc_rows {
    int reviews, profiles, reasons, documents; /* statements of project.c */
};

/* Adds the rows of an event about an identity check; of others none. */
void accounts_project_kyc(const struct event *event, const struct accounts_kyc_rows *statements,
                          struct rows *rows);

#endif
