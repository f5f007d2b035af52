/* Sessions: opened by a login, kept up by refresh tokens that are good once, ended by their user.
 */
#include "settings/decide_parts.h"

#include <utlist.h>

static bool refuse_login_command(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event)
{
    const struct record_login *login = &input->command->record_login;
    struct text id = settings_id_text(login->session_id, arena);
    if (uuid_owner_hash(login->session_id) != settings_owner_hash(&login->email_hash))
        settings_reject_value(
            event, "session_id",
            arena_printf(arena,
                         "The session id %.*s does not carry the hash of the e-mail "
                         "address; make one that does.",
                         (int)id.size, id.data));
    else if (settings_session(settings, login->session_id) != NULL ||
             settings_challenge_of(settings, login->session_id) != NULL)
        settings_reject_value(event, "session_id",
                              arena_printf(arena, "The session id %.*s is taken; send a fresh one.",
                                           (int)id.size, id.data));
    else if (login->has_attempt &&
             (login->attempt.expires_at <= input->now_us ||
              login->attempt.expires_at > input->now_us + SETTINGS_ATTEMPT_US ||
              settings_was_attempted(settings, login->attempt.id)))
        event_reject(event, "UNAUTHENTICATED",
                     TEXT("This sign-in was used before, or is too old; begin again."), "state");
    else if (login->expires_at <= input->now_us)
        settings_reject_value(
            event, "expires_at",
            TEXT("The session would have expired before it began; sign in again."));
    else
        return false;
    return true;
}

static struct uuid *one_id(struct uuid id, struct arena *arena, size_t *ret_count)
{
    struct uuid *ids = ARENA_NEW(arena, struct uuid, 1);
    ids[0] = id;
    *ret_count = 1;
    return ids;
}

void settings_open_session(const struct settings_user *user, const struct input *input,
                           const struct settings_opening *opening, struct arena *arena,
                           struct event *event)
{
    event->kind = EVENT_SESSION_OPENED;
    event->session_opened = (struct session_opened){
        .session_id = opening->session_id,
        .user_id = user->id,
        .has_account_id = true,
        .account_id = user->account_id,
        .login_at = input->now_us,
        .expires_at = opening->expires_at_us,
        .has_address_hash = opening->has_address_hash,
        .address_hash = opening->address_hash,
        .has_factor = opening->factor != NULL,
        .has_attempt = opening->provider != NULL,
    };
    if (opening->provider != NULL)
        event->session_opened.attempt = *opening->provider;
    if (opening->factor != NULL)
        event->session_opened.factor = *opening->factor;
    if (user->sessions_count >= SETTINGS_SESSIONS_MAX) /* the oldest gives way */
        event->session_opened.ended_session_ids =
            one_id(user->sessions->id, arena, &event->session_opened.ended_session_ids_count);
    event->session_opened.roles =
        roles_of_bits(user->roles, arena, &event->session_opened.roles_count);
}

/* The password was right: that is all, or the second factor is asked for. */
static void let_in(const struct settings_user *user, const struct input *input,
                   const struct settings_attempt *attempt, struct arena *arena, struct event *event)
{
    if (user->factor.is_on) {
        settings_challenge(user, input, event);
        return;
    }
    struct settings_opening opening = {.session_id = attempt->session_id,
                                       .expires_at_us = input->command->record_login.expires_at,
                                       .has_address_hash = attempt->has_address_hash,
                                       .address_hash = attempt->address_hash,
                                       .provider = attempt->provider};
    settings_open_session(user, input, &opening, arena, event);
}

/* Whether the gateway has accepted the password that the user has now. */
static bool is_users_password(const struct settings_user *user, const struct record_login *login)
{
    return login->outcome == LOGIN_OUTCOME_ACCEPTED && login->has_user_id && user != NULL &&
           uuid_equal(user->id, login->user_id) &&
           login->credentials_version == user->credentials_version;
}

/* What the gateway says it accepted is a user's password, or, with no user named, the one that an
 * operator set for a market maker with this address: only that one is told why it may not enter.
 * Who has failed too often is not told whether this time it was right. */
void settings_decide_login(const struct settings *settings, const struct input *input,
                           struct arena *arena, struct event *event)
{
    const struct record_login *login = &input->command->record_login;
    if (refuse_login_command(settings, input, arena, event))
        return;
    const struct settings_user *user = settings_user_of_email(settings, &login->email_hash);
    struct settings_attempt attempt = {.session_id = login->session_id,
                                       .email_hash = login->email_hash,
                                       .has_address_hash = login->has_address_hash,
                                       .address_hash = login->address_hash,
                                       .provider = login->has_attempt ? &login->attempt : NULL};
    if (settings_refuse_locked(settings, &attempt, input->now_us, event))
        return;
    if (is_users_password(user, login) && user->locked)
        settings_refuse_attempt(settings, &attempt, "ACCOUNT_LOCKED",
                                TEXT("This account is locked; please contact the venue."), event);
    else if (is_users_password(user, login))
        let_in(user, input, &attempt, arena, event);
    else if (login->outcome == LOGIN_OUTCOME_ACCEPTED && !login->has_user_id &&
             settings_is_market_maker(settings, &login->email_hash))
        settings_refuse_attempt(
            settings, &attempt, "MARKET_MAKER_LOGIN_FORBIDDEN",
            TEXT("Market makers do not sign in: the venue's operators trade for them. "
                 "Please contact the venue."),
            event);
    else
        settings_refuse_attempt(settings, &attempt, "INVALID_CREDENTIALS",
                                TEXT("The e-mail address or the password is wrong."), event);
}

struct uuid *settings_sessions_of(const struct settings_user *user, struct uuid but,
                                  struct arena *arena, size_t *ret_count)
{
    struct uuid *ids = ARENA_NEW(arena, struct uuid, user->sessions_count + 1);
    size_t count = 0;
    const struct settings_session *session;
    DL_FOREACH2(user->sessions, session, newer)
    {
        if (!uuid_equal(session->id, but))
            ids[count++] = session->id;
    }
    *ret_count = count;
    return ids;
}

/* --- refreshing --- */

static void end_one(const struct settings_session *session, enum session_end reason,
                    const struct input *input, struct arena *arena, struct event *event)
{
    event->kind = EVENT_SESSIONS_ENDED;
    event->sessions_ended = (struct sessions_ended){
        .user_id = session->user_id, .reason = reason, .ended_at = input->now_us};
    event->sessions_ended.session_ids =
        one_id(session->id, arena, &event->sessions_ended.session_ids_count);
}

/* A token comes twice only where two have it, and nobody can say who of them may: all that follows
 * from the login is over. */
static void end_reused(const struct settings_session *session, const struct input *input,
                       struct arena *arena, struct event *event)
{
    end_one(session, SESSION_END_TOKEN_REUSED, input, arena, event);
    event->sessions_ended.has_code = true;
    event->sessions_ended.code = TEXT("TOKEN_REUSED");
    event->sessions_ended.message =
        TEXT("This refresh token was used before, so somebody else may have it: the session is "
             "over. Sign in again.");
}

void settings_decide_refresh(const struct settings *settings, const struct input *input,
                             struct arena *arena, struct event *event)
{
    const struct refresh_session *refresh = &input->command->refresh_session;
    const struct settings_session *session = settings_session(settings, refresh->session_id);
    if (session == NULL || session->expires_at_us <= input->now_us) {
        event_reject(event, "TOKEN_REVOKED", TEXT("The session is over; sign in again."), NULL);
        return;
    }
    if (session->generation != refresh->generation) {
        end_reused(session, input, arena, event);
        return;
    }
    const struct settings_user *user = settings_user(settings, session->user_id);
    event->kind = EVENT_SESSION_REFRESHED;
    event->session_refreshed = (struct session_refreshed){
        .session_id = session->id,
        .user_id = user->id,
        .has_account_id = true,
        .account_id = user->account_id,
        .generation = session->generation + 1,
        .refreshed_at = input->now_us,
        .expires_at = session->expires_at_us,
    };
    event->session_refreshed.roles =
        roles_of_bits(user->roles, arena, &event->session_refreshed.roles_count);
}

/* --- ending --- */

void settings_decide_end(const struct settings *settings, const struct input *input,
                         struct arena *arena, struct event *event)
{
    const struct command_meta *meta = &input->command->meta;
    struct uuid id = input->command->end_session.session_id;
    const struct settings_session *session = settings_session(settings, id);
    bool own =
        session != NULL && meta->has_actor && uuid_equal(session->user_id, meta->actor.user_id);
    if (!own || session->expires_at_us <= input->now_us) {
        event_reject(event, "NOT_FOUND", TEXT("You have no such open session."), "session_id");
        return;
    }
    bool asks = meta->actor.has_session_id && uuid_equal(meta->actor.session_id, id);
    end_one(session, asks ? SESSION_END_LOGOUT : SESSION_END_REVOKED, input, arena, event);
}
