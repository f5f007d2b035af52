/* project_events.h - which accounts an event concerns, and what it left them: a row for each. */
#ifndef ACCOUNTS_PROJECT_EVENTS_H
#define ACCOUNTS_PROJECT_EVENTS_H
#include "projection/projection.h"

/* The columns of `statement` in project.c. */
#define ACCOUNT_EVENTS_COLUMNS                                                                     \
    {                                                                                              \
        {"account_id", COLUMN_UUID}, {"occurred_at", COLUMN_TIME},                                 \
            {"event_offset", COLUMN_BIGINT}, {"partition", COLUMN_INT}, {"balances", COLUMN_JSON}, \
    }

/* Adds a row for each account whose balances the event moved, and for the one its key names. */
void accounts_project_events(const struct event *event, int statement, struct rows *rows);

#endif
