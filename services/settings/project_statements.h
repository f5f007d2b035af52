/* project_statements.h - which rows the events of settings make: what the project*.c files share;
 * for them only. Their columns are in project_statements.c.
 */
#ifndef SETTINGS_PROJECT_STATEMENTS_H
#define SETTINGS_PROJECT_STATEMENTS_H
#include "projection/projection.h"

enum settings_statement {
    USERS,
    CREDENTIALS,
    SESSION_LOGS,
    SESSION_ENDS,
    VENUE_RULES,
    EMAIL_VERIFIED,
    PASSWORD,
    TWO_FACTOR,
    TWO_FACTOR_STATE,
    SECURITY_LOG,
    USER_CHANGES,
    API_KEYS,
    API_KEY_ENDS,
    API_KEY_USES,
    PREFERENCES,
    FULL_NAME,
    ERASED,
    ERASED_CREDENTIALS,
    ERASED_FACTOR,
    ERASED_KEYS,
    WATCHLISTS,
    WATCHLIST_NAMES,
    WATCHLIST_ENDS,
    SCREENS,
    SCREEN_ENDS,
    APPROVALS,
    APPROVAL_ENDS,
    ALERTS,
    ALERT_ENDS,
    ALERT_STATES,
    ALERTS_MET,
    NOTIFICATIONS,
    NOTIFICATIONS_READ,
    NOTIFICATIONS_ALL_READ,
    NOTIFICATION_EMAILS,
    NOTIFICATION_WEBHOOKS,
    NOTIFICATION_SETTINGS,
    NOTIFICATION_TEXTS,
    NOTIFICATION_PUSHES,
    NOTIFICATION_PUSH_ENDS,
    PUSH_SUBSCRIPTIONS,
    PUSH_SUBSCRIPTION_ENDS,
    STATEMENTS_COUNT
};

extern const struct projection_statement SETTINGS_STATEMENTS[STATEMENTS_COUNT];

/* project_security.c: the row of an event in the security log, where it says something there. */
void settings_project_security(const struct event *event, struct rows *rows);
/* Where it came from: ip_address and user_agent. */
void settings_rows_origin(struct rows *rows, const struct event_meta *meta);
/* project_notice.c: of alerts and notifications; false: it is another event. */
bool settings_project_notice(const struct event *event, struct rows *rows);
/* project_kept.c: of watchlists and screens; false: it is another event. */
bool settings_project_kept(const struct event *event, struct rows *rows);

#endif
