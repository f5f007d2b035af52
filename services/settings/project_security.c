/* The security log: what happened to a user's sign-in, as the user is shown it. */
#include "settings/project_statements.h"

#include <stddef.h>

/* What an event says there; `event` NULL: nothing. */
struct entry {
    const char *event;
    struct uuid user_id;
    bool has_session_id;
    struct uuid session_id;
    struct text code; /* why it failed, or ended; empty: it did not */
};

static struct entry of_login(const struct event *event)
{
    const struct session_opened *opened = &event->session_opened;
    const struct login_refused *refused = &event->login_refused;
    const struct login_challenged *challenged = &event->login_challenged;
    if (event->kind == EVENT_SESSION_OPENED)
        return (struct entry){"login", opened->user_id, true, opened->session_id, TEXT("")};
    if (event->kind == EVENT_LOGIN_CHALLENGED)
        return (struct entry){"second_factor_asked", challenged->user_id, true,
                              challenged->session_id, TEXT("")};
    return (struct entry){refused->has_user_id ? "login_failed" : NULL, refused->user_id, true,
                          refused->session_id, refused->code};
}

static struct entry plain(const char *name, struct uuid user_id)
{
    return (struct entry){.event = name, .user_id = user_id, .code = TEXT("")};
}

static struct entry of_factor(const struct event *event)
{
    if (event->kind == EVENT_TWO_FACTOR_ENABLED)
        return plain("two_factor_enabled", event->two_factor_enabled.user_id);
    if (event->kind == EVENT_TWO_FACTOR_DISABLED)
        return plain("two_factor_disabled", event->two_factor_disabled.user_id);
    if (event->kind == EVENT_BACKUP_CODES_MADE)
        return plain("backup_codes_made", event->backup_codes_made.user_id);
    return plain(NULL, (struct uuid){{0}});
}

/* A key is to its user a session that nobody opened. */
static struct entry of_key(const char *name, struct uuid user_id, struct uuid key_id)
{
    return (struct entry){name, user_id, true, key_id, TEXT("")};
}

/* Roles, or a lock: what they were before is not looked up. */
static struct entry of_change(const struct user_changed *changed)
{
    return (struct entry){.event = "rights_changed",
                          .user_id = changed->user_id,
                          .code = text_of(WIRE_USER_STATUS.symbols[changed->status])};
}

static struct entry entry_of(const struct event *event)
{
    const struct password_reset_requested *forgotten = &event->password_reset_requested;
    const struct sessions_ended *ended = &event->sessions_ended;
    if (event->kind == EVENT_SESSION_OPENED || event->kind == EVENT_LOGIN_REFUSED ||
        event->kind == EVENT_LOGIN_CHALLENGED)
        return of_login(event);
    if (event->kind == EVENT_USER_REGISTERED)
        return plain("registered", event->user_registered.user_id);
    if (event->kind == EVENT_EMAIL_VERIFIED)
        return plain("email_verified", event->email_verified.user_id);
    if (event->kind == EVENT_USER_CHANGED)
        return of_change(&event->user_changed);
    if (event->kind == EVENT_PASSWORD_CHANGED)
        return plain("password_changed", event->password_changed.user_id);
    if (event->kind == EVENT_PASSWORD_RESET_REQUESTED)
        return plain(forgotten->has_user_id ? "password_reset_requested" : NULL,
                     forgotten->user_id);
    if (event->kind == EVENT_API_KEY_CREATED)
        return of_key("api_key_created", event->api_key_created.user_id,
                      event->api_key_created.key_id);
    if (event->kind == EVENT_API_KEY_REVOKED)
        return of_key("api_key_revoked", event->api_key_revoked.user_id,
                      event->api_key_revoked.key_id);
    if (event->kind == EVENT_SESSIONS_ENDED)
        return (struct entry){.event = "sessions_ended",
                              .user_id = ended->user_id,
                              .has_session_id = ended->session_ids_count == 1,
                              .session_id = ended->session_ids_count == 1 ? ended->session_ids[0]
                                                                          : (struct uuid){{0}},
                              .code = text_of(WIRE_SESSION_END.symbols[ended->reason])};
    return of_factor(event);
}

void settings_rows_origin(struct rows *rows, const struct event_meta *meta)
{
    if (meta->has_origin) {
        rows_sealed(rows, meta->origin.ip_address, meta->origin.key_id);
        rows_sealed(rows, meta->origin.user_agent, meta->origin.key_id);
    } else {
        rows_null(rows);
        rows_null(rows);
    }
}

void settings_project_security(const struct event *event, struct rows *rows)
{
    struct entry entry = entry_of(event);
    if (entry.event == NULL)
        return;
    const struct event_meta *meta = &event->meta;
    bool by_staff = meta->has_actor && !uuid_equal(meta->actor.user_id, entry.user_id);
    rows_begin(rows, SECURITY_LOG);
    rows_uuid(rows, event->meta.event_id);
    rows_uuid(rows, entry.user_id);
    rows_text(rows, text_of(entry.event));
    if (entry.code.size > 0)
        rows_text(rows, entry.code);
    else
        rows_null(rows);
    if (entry.has_session_id)
        rows_uuid(rows, entry.session_id);
    else
        rows_null(rows);
    rows_bool(rows, by_staff);
    settings_rows_origin(rows, by_staff ? &(struct event_meta){.has_origin = false} : meta);
    rows_time(rows, meta->occurred_at);
}
