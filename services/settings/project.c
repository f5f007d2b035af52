#include "settings/project.h"

#include "base/buffer.h"
#include "settings/project_security.h"
#include "settings/state.h"

extern const char settings_schema_sql[]; /* schema.sql */

enum {
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
    USER_CHANGES
};

static const struct projection_statement STATEMENTS[] = {
    [USERS] = {.table = "users",
               .kind = PROJECTION_INSERT,
               .key_columns = 1,
               .columns = {{"id", COLUMN_UUID},
                           {"email", COLUMN_TEXT},
                           {"email_hash", COLUMN_TEXT},
                           {"full_name", COLUMN_TEXT},
                           {"account_id", COLUMN_UUID},
                           {"roles", COLUMN_TEXTS},
                           {"status", COLUMN_TEXT},
                           {"created_at", COLUMN_TIME},
                           {"version", COLUMN_BIGINT}}},
    [CREDENTIALS] = {.table = "credentials",
                     .kind = PROJECTION_INSERT,
                     .key_columns = 1,
                     .columns = {{"user_id", COLUMN_UUID},
                                 {"password_hash", COLUMN_TEXT},
                                 {"version", COLUMN_BIGINT}}},
    [SESSION_LOGS] = {.table = "session_logs",
                      .kind = PROJECTION_INSERT,
                      .key_columns = 1,
                      .columns = {{"session_id", COLUMN_UUID},
                                  {"user_id", COLUMN_UUID},
                                  {"login_at", COLUMN_TIME},
                                  {"expires_at", COLUMN_TIME},
                                  {"ip_address", COLUMN_TEXT},
                                  {"user_agent", COLUMN_TEXT}}},
    [SESSION_ENDS] = {.table = "session_logs",
                      .kind = PROJECTION_UPDATE,
                      .key_columns = 1,
                      .columns = {{"session_id", COLUMN_UUID},
                                  {"logout_at", COLUMN_TIME},
                                  {"end_reason", COLUMN_TEXT}}},
    [VENUE_RULES] = {.table = "venue_rules",
                     .kind = PROJECTION_UPSERT,
                     .key_columns = 1,
                     .columns = {{"name", COLUMN_TEXT},
                                 {"limits", COLUMN_JSON},
                                 {"version", COLUMN_BIGINT},
                                 {"updated_at", COLUMN_TIME}}},
    [EMAIL_VERIFIED] = {.table = "users",
                        .kind = PROJECTION_UPDATE,
                        .key_columns = 1,
                        .columns = {{"id", COLUMN_UUID}, {"email_verified_at", COLUMN_TIME}}},
    [PASSWORD] = {.table = "credentials",
                  .kind = PROJECTION_UPDATE,
                  .key_columns = 1,
                  .columns = {{"user_id", COLUMN_UUID},
                              {"password_hash", COLUMN_TEXT},
                              {"version", COLUMN_BIGINT}}},
    [TWO_FACTOR] = {.table = "two_factor_auth",
                    .kind = PROJECTION_UPSERT,
                    .key_columns = 1,
                    .columns = {{"user_id", COLUMN_UUID},
                                {"secret", COLUMN_TEXT},
                                {"secret_version", COLUMN_BIGINT},
                                {"created_at", COLUMN_TIME}}},
    [TWO_FACTOR_STATE] = {.table = "two_factor_auth",
                          .kind = PROJECTION_UPDATE,
                          .key_columns = 1,
                          .columns = {{"user_id", COLUMN_UUID}, {"verified_at", COLUMN_TIME}}},
    [SECURITY_LOG] = {.table = "security_log",
                      .kind = PROJECTION_INSERT,
                      .key_columns = 1,
                      .columns = SETTINGS_SECURITY_COLUMNS},
    [USER_CHANGES] = {.table = "users",
                      .kind = PROJECTION_UPDATE,
                      .key_columns = 1,
                      .columns = {{"id", COLUMN_UUID},
                                  {"roles", COLUMN_TEXTS},
                                  {"status", COLUMN_TEXT},
                                  {"version", COLUMN_BIGINT}}},
};

enum { ROLES_SIZE_MAX = 1024 };

/* The roles as a Postgres array: {admin,user}. Their names need no quotes. */
static void rows_roles(struct rows *rows, const enum role *roles, size_t count)
{
    struct buffer literal;
    buffer_init(&literal, ROLES_SIZE_MAX);
    buffer_byte(&literal, '{');
    for (size_t i = 0; i < count; i++)
        buffer_printf(&literal, "%s%s", i > 0 ? "," : "", WIRE_ROLE.symbols[roles[i]]);
    buffer_byte(&literal, '}');
    CHECK(buffer_ok(&literal));
    rows_text(rows, buffer_as_text(&literal));
    buffer_free(&literal);
}

static void project_registered(const struct user_registered *user, struct rows *rows)
{
    char email_key[SETTINGS_EMAIL_KEY_SIZE];
    settings_email_key(&user->email_hash, email_key);
    rows_begin(rows, USERS);
    rows_uuid(rows, user->user_id);
    rows_sealed(rows, user->email, user->user_id);
    rows_text(rows, (struct text){email_key, sizeof email_key});
    rows_sealed(rows, user->full_name, user->user_id);
    rows_uuid(rows, user->account_id);
    rows_roles(rows, user->roles, user->roles_count);
    rows_text(rows, TEXT("active"));
    rows_time(rows, user->created_at);
    rows_int(rows, 1);

    rows_begin(rows, CREDENTIALS);
    rows_uuid(rows, user->user_id);
    rows_sealed(rows, user->password_hash, user->user_id);
    rows_int(rows, 1);
}

static void project_ended(const struct uuid *ids, size_t count, int64_t ended_at,
                          enum session_end reason, struct rows *rows)
{
    for (size_t i = 0; i < count; i++) {
        rows_begin(rows, SESSION_ENDS);
        rows_uuid(rows, ids[i]);
        rows_time(rows, ended_at);
        rows_symbol(rows, &WIRE_SESSION_END, reason);
    }
}

static void project_changed(const struct user_changed *user, struct rows *rows)
{
    rows_begin(rows, USER_CHANGES);
    rows_uuid(rows, user->user_id);
    rows_roles(rows, user->roles, user->roles_count);
    rows_symbol(rows, &WIRE_USER_STATUS, user->status);
    rows_int(rows, user->version);
    project_ended(
        user->ended_session_ids, user->ended_session_ids_count, user->changed_at,
        user->status == USER_STATUS_LOCKED ? SESSION_END_LOCKED : SESSION_END_ROLE_CHANGED, rows);
}

static void project_opened(const struct event_meta *meta, const struct session_opened *session,
                           struct rows *rows)
{
    rows_begin(rows, SESSION_LOGS);
    rows_uuid(rows, session->session_id);
    rows_uuid(rows, session->user_id);
    rows_time(rows, session->login_at);
    rows_time(rows, session->expires_at);
    settings_rows_origin(rows, meta);
    project_ended(session->ended_session_ids, session->ended_session_ids_count, session->login_at,
                  SESSION_END_TOO_MANY, rows);
}

static void project_venue_rules(const struct venue_rules *venue, struct rows *rows)
{
    rows_begin(rows, VENUE_RULES);
    rows_text(rows, TEXT("venue"));
    rows_json(rows, &WIRE_RISK_LIMITS, &venue->limits);
    rows_int(rows, venue->version);
    rows_time(rows, venue->updated_at);
}

static void project_verified(const struct email_verified *verified, struct rows *rows)
{
    rows_begin(rows, EMAIL_VERIFIED);
    rows_uuid(rows, verified->user_id);
    rows_time(rows, verified->verified_at);
}

static void project_password(const struct password_changed *changed, struct rows *rows)
{
    rows_begin(rows, PASSWORD);
    rows_uuid(rows, changed->user_id);
    rows_sealed(rows, changed->password_hash, changed->user_id);
    rows_int(rows, changed->credentials_version);
    project_ended(changed->ended_session_ids, changed->ended_session_ids_count, changed->changed_at,
                  SESSION_END_PASSWORD_CHANGED, rows);
}

static void project_factor(const struct event *event, struct rows *rows)
{
    if (event->kind == EVENT_TWO_FACTOR_PREPARED) {
        const struct two_factor_prepared *prepared = &event->two_factor_prepared;
        rows_begin(rows, TWO_FACTOR);
        rows_uuid(rows, prepared->user_id);
        rows_text(rows, prepared->secret);
        rows_int(rows, prepared->secret_version);
        rows_time(rows, prepared->prepared_at);
    } else if (event->kind == EVENT_TWO_FACTOR_ENABLED) {
        rows_begin(rows, TWO_FACTOR_STATE);
        rows_uuid(rows, event->two_factor_enabled.user_id);
        rows_time(rows, event->two_factor_enabled.enabled_at);
    } else if (event->kind == EVENT_TWO_FACTOR_DISABLED) {
        rows_begin(rows, TWO_FACTOR_STATE);
        rows_uuid(rows, event->two_factor_disabled.user_id);
        rows_null(rows);
    }
}

static void project(const struct event *event, struct rows *rows)
{
    if (event->kind == EVENT_USER_REGISTERED)
        project_registered(&event->user_registered, rows);
    else if (event->kind == EVENT_PASSWORD_CHANGED)
        project_password(&event->password_changed, rows);
    else if (event->kind == EVENT_USER_CHANGED)
        project_changed(&event->user_changed, rows);
    else if (event->kind == EVENT_EMAIL_VERIFIED)
        project_verified(&event->email_verified, rows);
    else if (event->kind == EVENT_SESSION_OPENED)
        project_opened(&event->meta, &event->session_opened, rows);
    else if (event->kind == EVENT_SESSIONS_ENDED)
        project_ended(event->sessions_ended.session_ids, event->sessions_ended.session_ids_count,
                      event->sessions_ended.ended_at, event->sessions_ended.reason, rows);
    else if (event->kind == EVENT_VENUE_RULES_CHANGED)
        project_venue_rules(&event->venue_rules_changed.rules, rows);
    else
        project_factor(event, rows);
    settings_project_security(event, SECURITY_LOG, rows);
}

const struct projection SETTINGS_PROJECTION = {
    .schema = "settings",
    .schema_sql = settings_schema_sql,
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};
