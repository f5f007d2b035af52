/* approvals.h - the table `approvals` (approvals.sql), which every service has in whose decisions a
 * second person may be needed (decision/approval.h).
 */
#ifndef PROJECTION_APPROVALS_H
#define PROJECTION_APPROVALS_H
#include "projection/projection.h"

/* Two statements of a service: of requests, and of what became of them. */
#define APPROVALS_STATEMENT                                                                        \
    {                                                                                              \
        .table = "approvals", .kind = PROJECTION_INSERT, .key_columns = 1,                         \
        .columns = {{"id", COLUMN_UUID},                                                           \
                    {"status", COLUMN_TEXT},                                                       \
                    {"action", COLUMN_TEXT},                                                       \
                    {"entity_type", COLUMN_TEXT},                                                  \
                    {"entity_id", COLUMN_TEXT},                                                    \
                    {"requested_by", COLUMN_UUID},                                                 \
                    {"requested_at", COLUMN_TIME},                                                 \
                    {"expires_at", COLUMN_TIME},                                                   \
                    {"command_id", COLUMN_UUID},                                                   \
                    {"partition", COLUMN_INT},                                                     \
                    {"event_offset", COLUMN_BIGINT}},                                              \
    }
#define APPROVAL_ENDS_STATEMENT                                                                    \
    {                                                                                              \
        .table = "approvals", .kind = PROJECTION_UPDATE, .key_columns = 1,                         \
        .columns = {{"id", COLUMN_UUID},                                                           \
                    {"status", COLUMN_TEXT},                                                       \
                    {"decided_by", COLUMN_UUID},                                                   \
                    {"decided_at", COLUMN_TIME},                                                   \
                    {"decided_command_id", COLUMN_UUID},                                           \
                    {"reason", COLUMN_TEXT}},                                                      \
    }

/* The rows of an event of any kind; `requests` and `ends` are the two statements. */
void project_approvals(const struct event *event, int requests, int ends, struct rows *rows);

#endif
