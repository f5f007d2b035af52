/* project_security.h - rows of the security log, for project.c. */
#ifndef SETTINGS_PROJECT_SECURITY_H
#define SETTINGS_PROJECT_SECURITY_H
#include "projection/projection.h"

/* The columns of its statement. */
#define SETTINGS_SECURITY_COLUMNS                                                                  \
    {                                                                                              \
        {"event_id", COLUMN_UUID}, {"user_id", COLUMN_UUID}, {"event", COLUMN_TEXT},               \
            {"code", COLUMN_TEXT}, {"session_id", COLUMN_UUID}, {"ip_address", COLUMN_TEXT},       \
            {"user_agent", COLUMN_TEXT}, {"created_at", COLUMN_TIME},                              \
    }

/* Where it came from: ip_address and user_agent. */
void settings_rows_origin(struct rows *rows, const struct event_meta *meta);
/* A row of `statement`, where the event says something to somebody. */
void settings_project_security(const struct event *event, int statement, struct rows *rows);

#endif
