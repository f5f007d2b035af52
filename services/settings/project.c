#include "settings/project.h"

#include "projection/approvals.h"
#include "settings/project_statements.h"
#include "settings/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

extern const char settings_schema_sql[]; /* schema.sql */

static void rows_roles(struct rows *rows, const enum role *roles, size_t count)
{
    struct text names[32];
    CHECK(count <= COUNT_OF(names));
    for (size_t i = 0; i < count; i++)
        names[i] = text_of(WIRE_ROLE.symbols[roles[i]]);
    rows_texts(rows, names, count);
}

static void rows_scopes(struct rows *rows, const enum api_key_scope *scopes, size_t count)
{
    struct text *names = calloc(count + 1, sizeof *names);
    CHECK(names != NULL);
    for (size_t i = 0; i < count; i++)
        names[i] = text_of(WIRE_API_KEY_SCOPE.symbols[scopes[i]]);
    rows_texts(rows, names, count);
    free(names);
}

/* Each as prefix/hash, 24/0123...: what gateways compare, not addresses. */
static void rows_networks(struct rows *rows, const struct keyed_network *networks, size_t count)
{
    enum { SIZE = SETTINGS_EMAIL_KEY_SIZE + 8 };
    char(*elements)[SIZE] = calloc(count + 1, SIZE);
    struct text *texts = calloc(count + 1, sizeof *texts);
    CHECK(elements != NULL && texts != NULL);
    for (size_t i = 0; i < count; i++) {
        char digits[SETTINGS_EMAIL_KEY_SIZE];
        settings_email_key(&networks[i].hash, digits);
        int size = snprintf(elements[i], SIZE, "%" PRId32 "/%.*s", networks[i].prefix,
                            (int)sizeof digits, digits);
        texts[i] = (struct text){elements[i], (size_t)size};
    }
    rows_texts(rows, texts, count);
    free(texts);
    free(elements);
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
    if (meta->has_origin)
        rows_location(rows, meta->origin.ip_address, meta->origin.key_id);
    else
        rows_null(rows);
    project_ended(session->ended_session_ids, session->ended_session_ids_count, session->login_at,
                  SESSION_END_TOO_MANY, rows);
}

static void project_key_created(const struct api_key_created *key, struct rows *rows)
{
    char hash[SETTINGS_EMAIL_KEY_SIZE];
    settings_email_key(&key->key_hash, hash);
    rows_begin(rows, API_KEYS);
    rows_uuid(rows, key->key_id);
    rows_uuid(rows, key->user_id);
    rows_text(rows, (struct text){hash, sizeof hash});
    rows_sealed(rows, key->name, key->user_id);
    rows_scopes(rows, key->scopes, key->scopes_count);
    if (key->has_rate_limit)
        rows_int(rows, key->rate_limit);
    else
        rows_null(rows);
    if (key->has_addresses)
        rows_sealed(rows, key->addresses, key->user_id);
    else
        rows_null(rows);
    rows_networks(rows, key->networks, key->networks_count);
    rows_time_or_null(rows, key->has_expires_at, key->expires_at);
    rows_time(rows, key->created_at);
}

/* Of a key, at that time, what the statement's one column says. */
static void project_key_time(int statement, struct uuid id, int64_t time_us, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, id);
    rows_time(rows, time_us);
}

/* Of the rows that are not named by the event, bourse-settings --deliver takes what is personal out
 * (forget.h); made anew they have none, for then the key is gone. */
static void project_erased(const struct person_erased *erased, struct rows *rows)
{
    rows_begin(rows, ERASED);
    rows_uuid(rows, erased->user_id);
    rows_null(rows);
    rows_null(rows);
    rows_null(rows);
    rows_text(rows, TEXT("erased"));
    rows_begin(rows, ERASED_CREDENTIALS);
    rows_uuid(rows, erased->user_id);
    rows_null(rows);
    rows_begin(rows, ERASED_FACTOR);
    rows_uuid(rows, erased->user_id);
    rows_text(rows, TEXT(""));
    rows_null(rows);
    for (size_t i = 0; i < erased->revoked_key_ids_count; i++) {
        rows_begin(rows, ERASED_KEYS);
        rows_uuid(rows, erased->revoked_key_ids[i]);
        rows_null(rows);
        rows_null(rows);
        rows_time(rows, erased->erased_at);
    }
    project_ended(erased->ended_session_ids, erased->ended_session_ids_count, erased->erased_at,
                  SESSION_END_ERASED, rows);
}

static void project_preferences(const struct preferences_changed *changed, struct rows *rows)
{
    rows_begin(rows, PREFERENCES);
    rows_uuid(rows, changed->user_id);
    rows_json(rows, &WIRE_PREFERENCES, &changed->preferences);
    rows_int(rows, changed->version);
    rows_time(rows, changed->changed_at);
    if (!changed->has_full_name)
        return;
    rows_begin(rows, FULL_NAME);
    rows_uuid(rows, changed->user_id);
    rows_sealed(rows, changed->full_name, changed->user_id);
}

static void project_venue_rules(const struct venue_rules *venue, struct rows *rows)
{
    rows_begin(rows, VENUE_RULES);
    rows_text(rows, TEXT("venue"));
    rows_json(rows, &WIRE_RISK_LIMITS, &venue->limits);
    if (venue->has_approvals)
        rows_json(rows, &WIRE_APPROVAL_RULES, &venue->approvals);
    else
        rows_null(rows);
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
    project_approvals(event, APPROVALS, APPROVAL_ENDS, rows);
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
    else if (event->kind == EVENT_API_KEY_CREATED)
        project_key_created(&event->api_key_created, rows);
    else if (event->kind == EVENT_API_KEY_REVOKED)
        project_key_time(API_KEY_ENDS, event->api_key_revoked.key_id,
                         event->api_key_revoked.revoked_at, rows);
    else if (event->kind == EVENT_API_KEY_USED)
        project_key_time(API_KEY_USES, event->api_key_used.key_id, event->api_key_used.used_at,
                         rows);
    else if (event->kind == EVENT_PERSON_ERASED)
        project_erased(&event->person_erased, rows);
    else if (event->kind == EVENT_PREFERENCES_CHANGED)
        project_preferences(&event->preferences_changed, rows);
    else if (event->kind == EVENT_VENUE_RULES_CHANGED)
        project_venue_rules(&event->venue_rules_changed.rules, rows);
    else if (!settings_project_kept(event, rows) && !settings_project_notice(event, rows))
        project_factor(event, rows);
    settings_project_security(event, rows);
}

const struct projection SETTINGS_PROJECTION = {
    .schema = "settings",
    .schema_sql = settings_schema_sql,
    .statements = SETTINGS_STATEMENTS,
    .statements_count = STATEMENTS_COUNT,
    .project = project,
};
