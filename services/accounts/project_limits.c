#include "accounts/project_limits.h"

static void project_change(const struct event *event, bool has_account, struct uuid account_id,
                           const struct risk_limits *limits, int statement, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_int(rows, rows_partition(rows));
    rows_int(rows, rows_offset(rows));
    rows_uuid_or_null(rows, has_account, account_id);
    rows_json(rows, &WIRE_RISK_LIMITS, limits);
    rows_time(rows, event->meta.occurred_at);
}

void accounts_project_limits(const struct event *event, int limits_statement, int changes_statement,
                             struct rows *rows)
{
    const struct risk_limits_set *set = &event->risk_limits_set;
    if (event->kind == EVENT_VENUE_RULES_ADOPTED) /* as they hold in this partition from here on */
        project_change(event, false, (struct uuid){{0}}, &event->venue_rules_adopted.rules.limits,
                       changes_statement, rows);
    if (event->kind != EVENT_RISK_LIMITS_SET)
        return;
    project_change(event, true, set->account_id, &set->limits, changes_statement, rows);
    rows_begin(rows, limits_statement);
    rows_uuid(rows, set->account_id);
    rows_json(rows, &WIRE_RISK_LIMITS, &set->limits);
    rows_int(rows, set->version);
    rows_time(rows, set->updated_at);
}
