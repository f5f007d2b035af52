#include "settings/apply_notice.h"

static void apply_registered(struct settings *settings, const struct user_registered *registered)
{
    struct settings_user user = {
        .id = registered->user_id,
        .account_id = registered->account_id,
        .email_hash = registered->email_hash,
        .roles = role_bits_of(registered->roles, registered->roles_count),
        .version = 1,
        .credentials_version = 1,
        .preferences_version = 1,
        .notices = settings_notices_new(),
    };
    settings_add_user(settings, &user);
    staff_set(&settings->staff, user.id, user.roles);
}

static void end_sessions(struct settings *settings, const struct uuid *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct settings_session *session = settings_session(settings, ids[i]);
        CHECK(session != NULL);
        settings_drop_session(settings, session);
    }
}

static void apply_changed(struct settings *settings, const struct user_changed *changed)
{
    struct settings_user *user = settings_user(settings, changed->user_id);
    CHECK(user != NULL);
    user->roles = role_bits_of(changed->roles, changed->roles_count);
    user->locked = changed->status != USER_STATUS_ACTIVE;
    user->dismissal_proposed = false;
    user->version = changed->version;
    staff_set(&settings->staff, user->id, user->locked ? 0 : user->roles);
    end_sessions(settings, changed->ended_session_ids, changed->ended_session_ids_count);
}

/* For the partition that judges, who is dismissed is no admin from here on: what is judged next is
 * judged by that. */
static void apply_dismissal(struct settings *settings, const struct event *event)
{
    const struct dismissal_judged *judged = &event->dismissal_judged;
    bool locked = judged->status == USER_STATUS_LOCKED;
    if (event->kind == EVENT_DISMISSAL_JUDGED) {
        if (judged->granted)
            staff_set(&settings->staff, judged->user_id,
                      locked ? 0 : role_bits_of(judged->roles, judged->roles_count));
        return;
    }
    bool proposed = event->kind == EVENT_DISMISSAL_PROPOSED;
    struct settings_user *user = settings_user(
        settings, proposed ? event->dismissal_proposed.user_id : event->dismissal_refused.user_id);
    CHECK(user != NULL);
    user->dismissal_proposed = proposed;
}

static void apply_opened(struct settings *settings, const struct session_opened *opened)
{
    struct settings_user *user = settings_user(settings, opened->user_id);
    CHECK(user != NULL);
    if (opened->has_address_hash) {
        struct settings_pair pair = {.email_hash = user->email_hash,
                                     .address_hash = opened->address_hash};
        settings_drop_failures(settings, &pair);
    }
    if (opened->has_attempt)
        settings_add_attempted(settings, &opened->attempt);
    if (opened->has_factor)
        settings_use_factor(user, &opened->factor);
    settings_drop_challenge(settings, opened->session_id);
    end_sessions(settings, opened->ended_session_ids, opened->ended_session_ids_count);
    settings_add_session(settings, &(struct settings_session){
                                       .id = opened->session_id,
                                       .user_id = opened->user_id,
                                       .expires_at_us = opened->expires_at,
                                   });
}

/* Only what was wrong counts: to be told that one is locked out does not lock for longer. */
static void apply_refused(struct settings *settings, const struct login_refused *refused,
                          int64_t now_us)
{
    bool factor = text_is(refused->code, "TWO_FACTOR_INVALID");
    if (refused->has_attempt)
        settings_add_attempted(settings, &refused->attempt);
    struct settings_challenge *challenge = settings_challenge_of(settings, refused->session_id);
    struct settings_user *user =
        factor && refused->has_user_id ? settings_user(settings, refused->user_id) : NULL;
    if (user != NULL)
        settings_fail_factor(&user->factor, now_us);
    if (factor && challenge != NULL && ++challenge->tries == SETTINGS_CHALLENGE_TRIES)
        settings_drop_challenge(settings, refused->session_id);
    if ((!factor && !text_is(refused->code, "INVALID_CREDENTIALS")) || !refused->has_email_hash ||
        !refused->has_address_hash)
        return;
    struct settings_pair pair = {.email_hash = refused->email_hash,
                                 .address_hash = refused->address_hash};
    settings_add_failure(settings, &pair, now_us);
}

static void apply_challenged(struct settings *settings, const struct login_challenged *challenged)
{
    const struct settings_user *user = settings_user(settings, challenged->user_id);
    CHECK(user != NULL);
    if (challenged->has_attempt)
        settings_add_attempted(settings, &challenged->attempt);
    settings_add_challenge(settings, &(struct settings_challenge){
                                         .id = challenged->session_id,
                                         .user_id = user->id,
                                         .credentials_version = user->credentials_version,
                                         .expires_at_us = challenged->expires_at,
                                         .session_expires_at_us = challenged->session_expires_at,
                                     });
}

/* Whoever has read the mail is not locked out any longer where it was read. */
static void apply_password(struct settings *settings, const struct password_changed *changed)
{
    struct settings_user *user = settings_user(settings, changed->user_id);
    CHECK(user != NULL);
    user->credentials_version = changed->credentials_version;
    settings_forgive_factor(&user->factor); /* whoever tried has not this password */
    end_sessions(settings, changed->ended_session_ids, changed->ended_session_ids_count);
    if (changed->has_address_hash) {
        struct settings_pair pair = {.email_hash = user->email_hash,
                                     .address_hash = changed->address_hash};
        settings_drop_failures(settings, &pair);
    }
}

static void apply_factor(struct settings *settings, const struct event *event)
{
    struct settings_user *user;
    if (event->kind == EVENT_TWO_FACTOR_PREPARED) {
        user = settings_user(settings, event->two_factor_prepared.user_id);
        CHECK(user != NULL);
        user->factor.secret_version = event->two_factor_prepared.secret_version;
    } else if (event->kind == EVENT_TWO_FACTOR_ENABLED) {
        const struct two_factor_enabled *enabled = &event->two_factor_enabled;
        user = settings_user(settings, enabled->user_id);
        CHECK(user != NULL);
        settings_use_factor(user, &enabled->factor);
        settings_set_backups(user, enabled->backup_hashes, enabled->backup_hashes_count);
        user->factor.is_on = true;
    } else if (event->kind == EVENT_TWO_FACTOR_DISABLED) {
        user = settings_user(settings, event->two_factor_disabled.user_id);
        CHECK(user != NULL);
        settings_use_factor(user, &event->two_factor_disabled.factor);
        settings_set_backups(user, NULL, 0);
        user->factor.is_on = false;
    } else if (event->kind == EVENT_BACKUP_CODES_MADE) {
        const struct backup_codes_made *made = &event->backup_codes_made;
        user = settings_user(settings, made->user_id);
        CHECK(user != NULL);
        settings_use_factor(user, &made->factor);
        settings_set_backups(user, made->backup_hashes, made->backup_hashes_count);
    }
}

static void apply_verified(struct settings *settings, const struct email_verified *verified)
{
    struct settings_user *user = settings_user(settings, verified->user_id);
    CHECK(user != NULL);
    user->email_verified = true;
}

static void apply_reset_requested(struct settings *settings,
                                  const struct password_reset_requested *requested)
{
    struct settings_user *user =
        requested->has_user_id ? settings_user(settings, requested->user_id) : NULL;
    if (user != NULL)
        user->reset_requested_us = requested->requested_at;
}

static void apply_refreshed(struct settings *settings, const struct session_refreshed *refreshed)
{
    struct settings_session *session = settings_session(settings, refreshed->session_id);
    CHECK(session != NULL);
    session->generation = refreshed->generation;
}

static void apply_erased(struct settings *settings, const struct person_erased *erased)
{
    struct settings_user *user = settings_user(settings, erased->user_id);
    CHECK(user != NULL);
    end_sessions(settings, erased->ended_session_ids, erased->ended_session_ids_count);
    settings_drop_user(settings, user);
}

static void apply_preferences(struct settings *settings, const struct preferences_changed *changed)
{
    struct settings_user *user = settings_user(settings, changed->user_id);
    CHECK(user != NULL);
    user->preferences_version = changed->version;
    user->notices.by_email = changed->preferences.email_notifications;
    user->notices.by_sms = changed->preferences.sms_notifications;
    user->notices.by_push = changed->preferences.push_notifications;
}

static void apply_key_created(struct settings *settings, const struct api_key_created *created)
{
    struct settings_user *user = settings_user(settings, created->user_id);
    CHECK(user != NULL);
    settings_drop_expired_keys(user, created->created_at);
    settings_add_key(user, &(struct settings_key){
                               .id = created->key_id,
                               .expires_at_us = created->has_expires_at ? created->expires_at : 0,
                           });
}

static void apply_key_revoked(struct settings *settings, const struct api_key_revoked *revoked)
{
    struct settings_user *user = settings_user(settings, revoked->user_id);
    struct settings_key *key = user != NULL ? settings_key(user, revoked->key_id) : NULL;
    CHECK(key != NULL);
    settings_drop_key(user, key);
}

static void apply_kept(struct settings *settings, const struct event *event)
{
    if (event->kind == EVENT_WATCHLIST_CHANGED) {
        const struct watchlist_changed *changed = &event->watchlist_changed;
        struct settings_user *user = settings_user(settings, changed->user_id);
        CHECK(user != NULL);
        settings_kept_list(
            settings_keep(&user->kept, SETTINGS_WATCHLIST, changed->watchlist_id, changed->version),
            &settings->market, changed->symbols, changed->symbols_count);
    } else if (event->kind == EVENT_SCREEN_CHANGED) {
        const struct screen_changed *changed = &event->screen_changed;
        struct settings_user *user = settings_user(settings, changed->user_id);
        CHECK(user != NULL);
        settings_keep(&user->kept, SETTINGS_SCREEN, changed->screen_id, changed->version);
    }
}

static void apply_dropped(struct settings *settings, struct uuid user_id,
                          enum settings_kept_kind kind, struct uuid id)
{
    struct settings_user *user = settings_user(settings, user_id);
    struct settings_kept *kept = user != NULL ? settings_kept(user->kept, kind, id) : NULL;
    CHECK(kept != NULL);
    settings_drop_kept(&user->kept, kept);
}

/* What is there from the start (spec/domain.md), so nobody tells of it. */
static void apply_log_created(struct settings *settings)
{
    settings_add_instrument(&settings->market, TEXT("CEA-EUR"));
    settings_add_instrument(&settings->market, TEXT("EUA-EUR"));
}

/* What this partition was told of the market. */
static void apply_adopted(struct settings *settings, const struct event *event)
{
    if (event->kind == EVENT_INSTRUMENT_ADOPTED)
        settings_add_instrument(&settings->market, event->instrument_adopted.instrument.symbol);
    else
        settings_take_prices(&settings->alerts, &settings->market, event->prices_adopted.prices,
                             event->prices_adopted.prices_count, event->meta.occurred_at);
}

static void apply_venue_rules(struct settings *settings, const struct venue_rules *rules)
{
    settings->venue_rules = *rules;
    settings->venue_rules.has_approvals = false;
    settings->venue_rules.approvals = (struct approval_rules){.roles = false};
}

/* The oldest first, and never past one that lasts: sessions are given the same time to live, so
 * none waits long behind it, and no event costs more than a few. */
static void drop_expired(struct settings *settings, int64_t now_us)
{
    for (int i = 0; i < SETTINGS_DROPS_MAX; i++) {
        struct settings_session *oldest = settings->sessions;
        if (oldest == NULL || oldest->expires_at_us > now_us)
            return;
        settings_drop_session(settings, oldest);
    }
}

void settings_apply(void *state, const struct event *event)
{
    struct settings *settings = state;
    if (event->kind == EVENT_WRITER_CLAIMED) /* its time is not log time */
        return;
    approvals_apply(&settings->approvals, event);
    if (event->kind == EVENT_LOG_CREATED)
        apply_log_created(settings);
    else if (event->kind == EVENT_USER_REGISTERED)
        apply_registered(settings, &event->user_registered);
    else if (event->kind == EVENT_USER_CHANGED)
        apply_changed(settings, &event->user_changed);
    else if (event->kind == EVENT_DISMISSAL_PROPOSED || event->kind == EVENT_DISMISSAL_JUDGED ||
             event->kind == EVENT_DISMISSAL_REFUSED)
        apply_dismissal(settings, event);
    else if (event->kind == EVENT_STAFF_ADOPTED)
        staff_set(&settings->staff, event->staff_adopted.user_id,
                  role_bits_of(event->staff_adopted.roles, event->staff_adopted.roles_count));
    else if (event->kind == EVENT_SESSION_OPENED)
        apply_opened(settings, &event->session_opened);
    else if (event->kind == EVENT_LOGIN_REFUSED)
        apply_refused(settings, &event->login_refused, event->meta.occurred_at);
    else if (event->kind == EVENT_LOGIN_CHALLENGED)
        apply_challenged(settings, &event->login_challenged);
    else if (event->kind == EVENT_PASSWORD_CHANGED)
        apply_password(settings, &event->password_changed);
    else if (event->kind == EVENT_EMAIL_VERIFIED)
        apply_verified(settings, &event->email_verified);
    else if (event->kind == EVENT_PASSWORD_RESET_REQUESTED)
        apply_reset_requested(settings, &event->password_reset_requested);
    else if (event->kind == EVENT_SESSION_REFRESHED)
        apply_refreshed(settings, &event->session_refreshed);
    else if (event->kind == EVENT_SESSIONS_ENDED)
        end_sessions(settings, event->sessions_ended.session_ids,
                     event->sessions_ended.session_ids_count);
    else if (event->kind == EVENT_API_KEY_CREATED)
        apply_key_created(settings, &event->api_key_created);
    else if (event->kind == EVENT_API_KEY_REVOKED)
        apply_key_revoked(settings, &event->api_key_revoked);
    else if (event->kind == EVENT_PREFERENCES_CHANGED)
        apply_preferences(settings, &event->preferences_changed);
    else if (event->kind == EVENT_PERSON_ERASED)
        apply_erased(settings, &event->person_erased);
    else if (event->kind == EVENT_WATCHLIST_CHANGED || event->kind == EVENT_SCREEN_CHANGED)
        apply_kept(settings, event);
    else if (event->kind == EVENT_WATCHLIST_DELETED)
        apply_dropped(settings, event->watchlist_deleted.user_id, SETTINGS_WATCHLIST,
                      event->watchlist_deleted.watchlist_id);
    else if (event->kind == EVENT_SCREEN_DELETED)
        apply_dropped(settings, event->screen_deleted.user_id, SETTINGS_SCREEN,
                      event->screen_deleted.screen_id);
    else if (event->kind == EVENT_INSTRUMENT_ADOPTED || event->kind == EVENT_PRICES_ADOPTED)
        apply_adopted(settings, event);
    else if (event->kind == EVENT_MARKET_MAKER_NOTED)
        settings_add_market_maker(settings, &event->market_maker_noted.email_hash);
    else if (event->kind == EVENT_VENUE_RULES_CHANGED)
        apply_venue_rules(settings, &event->venue_rules_changed.rules);
    else if (!settings_apply_notice(settings, event))
        apply_factor(settings, event);
    drop_expired(settings, event->meta.occurred_at);
    settings_drop_old_failures(settings, event->meta.occurred_at);
    settings_drop_old_challenges(settings, event->meta.occurred_at);
    settings_drop_old_attempted(settings, event->meta.occurred_at);
}
