/* The second factor: set up, asked for at logins, and used up code by code.
 *
 * A gateway checks a code against the secret and says which step it is of; only here is known
 * whether that step, or a backup code, is still unused, so a code works once however many gateways
 * are asked at a time, and whatever an older projection says.
 */
#include "settings/decide_parts.h"

#include <string.h>

static bool is_unused_backup(const struct settings_factor *known, const struct keyed_hash *hash)
{
    for (size_t i = 0; i < known->backups_count; i++) {
        if (memcmp(&known->backups[i], hash, sizeof *hash) == 0)
            return true;
    }
    return false;
}

static bool holds(const struct settings_factor *known, const struct second_factor *shown)
{
    if (shown->secret_version != known->secret_version)
        return false;
    return (shown->has_step && shown->step > known->last_step) ||
           (shown->has_backup_hash && is_unused_backup(known, &shown->backup_hash));
}

/* What the four commands that show a factor have in common. */
struct showing {
    const struct settings_user *user;
    struct uuid session_id; /* the caller's, or the challenge */
    const struct second_factor *factor;
    bool has_address_hash;
    struct keyed_hash address_hash;
};

/* True when the factor does not do, or may not be shown any more from there. */
static bool refuse_factor(const struct settings *settings, const struct showing *showing,
                          int64_t now_us, struct event *event)
{
    struct settings_attempt attempt = {.session_id = showing->session_id,
                                       .email_hash = showing->user->email_hash,
                                       .has_address_hash = showing->has_address_hash,
                                       .address_hash = showing->address_hash};
    if (settings_refuse_locked(settings, &attempt, now_us, event))
        return true;
    if (settings_factor_is_locked(&showing->user->factor, now_us)) {
        settings_refuse_attempt(settings, &attempt, "ACCOUNT_LOCKED",
                                TEXT("Too many wrong codes were shown by somebody who has the "
                                     "password; set another one, or wait an hour."),
                                event);
        return true;
    }
    if (holds(&showing->user->factor, showing->factor))
        return false;
    settings_refuse_attempt(settings, &attempt, "TWO_FACTOR_INVALID",
                            TEXT("The code is wrong, or was used before; wait for the next one."),
                            event);
    return true;
}

/* The user, where it is the caller's own. NULL: it is refused. */
static const struct settings_user *own_user(const struct settings *settings,
                                            const struct input *input, struct uuid user_id,
                                            struct event *event)
{
    const struct command_meta *meta = &input->command->meta;
    const struct settings_user *user = settings_user(settings, user_id);
    if (user != NULL && meta->has_actor && uuid_equal(meta->actor.user_id, user_id))
        return user;
    event_reject(event, "FORBIDDEN", TEXT("Only its user changes a second factor."), NULL);
    return NULL;
}

/* The user, where it is the caller's own and has a factor, or none, as is wanted. NULL: it is
 * refused. */
static const struct settings_user *user_with(const struct settings *settings,
                                             const struct input *input, struct uuid user_id,
                                             bool wanted_on, struct event *event)
{
    const struct settings_user *user = own_user(settings, input, user_id, event);
    if (user == NULL || user->factor.is_on == wanted_on)
        return user;
    event_reject(event, "VALIDATION_FAILED",
                 wanted_on ? TEXT("You have no second factor; enable one first.")
                           : TEXT("You have a second factor already; disable it first."),
                 NULL);
    return NULL;
}

static bool refuse_backups(size_t count, struct event *event)
{
    if (count <= SETTINGS_BACKUPS)
        return false;
    event_reject(event, "VALIDATION_FAILED", TEXT("There are too many backup codes."), NULL);
    return true;
}

void settings_decide_prepare_factor(const struct settings *settings, const struct input *input,
                                    struct event *event)
{
    const struct prepare_two_factor *wanted = &input->command->prepare_two_factor;
    const struct settings_user *user = user_with(settings, input, wanted->user_id, false, event);
    if (user == NULL)
        return;
    event->kind = EVENT_TWO_FACTOR_PREPARED;
    event->two_factor_prepared =
        (struct two_factor_prepared){.user_id = user->id,
                                     .secret_version = user->factor.secret_version + 1,
                                     .secret = wanted->secret,
                                     .prepared_at = input->now_us};
}

static struct showing showing_of(const struct settings_user *user, const struct input *input,
                                 const struct second_factor *factor, bool has_address_hash,
                                 struct keyed_hash address_hash)
{
    return (struct showing){.user = user,
                            .session_id = input->command->meta.actor.session_id,
                            .factor = factor,
                            .has_address_hash = has_address_hash,
                            .address_hash = address_hash};
}

void settings_decide_enable_factor(const struct settings *settings, const struct input *input,
                                   struct event *event)
{
    const struct enable_two_factor *wanted = &input->command->enable_two_factor;
    const struct settings_user *user = user_with(settings, input, wanted->user_id, false, event);
    if (user == NULL || refuse_backups(wanted->backup_hashes_count, event))
        return;
    struct showing showing =
        showing_of(user, input, &wanted->factor, wanted->has_address_hash, wanted->address_hash);
    if (refuse_factor(settings, &showing, input->now_us, event))
        return;
    event->kind = EVENT_TWO_FACTOR_ENABLED;
    event->two_factor_enabled =
        (struct two_factor_enabled){.user_id = user->id,
                                    .factor = wanted->factor,
                                    .backup_hashes = wanted->backup_hashes,
                                    .backup_hashes_count = wanted->backup_hashes_count,
                                    .enabled_at = input->now_us};
}

void settings_decide_disable_factor(const struct settings *settings, const struct input *input,
                                    struct event *event)
{
    const struct disable_two_factor *wanted = &input->command->disable_two_factor;
    const struct settings_user *user = user_with(settings, input, wanted->user_id, true, event);
    if (user == NULL)
        return;
    struct showing showing =
        showing_of(user, input, &wanted->factor, wanted->has_address_hash, wanted->address_hash);
    if (refuse_factor(settings, &showing, input->now_us, event))
        return;
    event->kind = EVENT_TWO_FACTOR_DISABLED;
    event->two_factor_disabled = (struct two_factor_disabled){
        .user_id = user->id, .factor = wanted->factor, .disabled_at = input->now_us};
}

void settings_decide_backup_codes(const struct settings *settings, const struct input *input,
                                  struct event *event)
{
    const struct make_backup_codes *wanted = &input->command->make_backup_codes;
    const struct settings_user *user = user_with(settings, input, wanted->user_id, true, event);
    if (user == NULL || refuse_backups(wanted->backup_hashes_count, event))
        return;
    struct showing showing =
        showing_of(user, input, &wanted->factor, wanted->has_address_hash, wanted->address_hash);
    if (refuse_factor(settings, &showing, input->now_us, event))
        return;
    event->kind = EVENT_BACKUP_CODES_MADE;
    event->backup_codes_made =
        (struct backup_codes_made){.user_id = user->id,
                                   .factor = wanted->factor,
                                   .backup_hashes = wanted->backup_hashes,
                                   .backup_hashes_count = wanted->backup_hashes_count,
                                   .made_at = input->now_us};
}

/* --- logins --- */

void settings_challenge(const struct settings_user *user, const struct input *input,
                        struct event *event)
{
    const struct record_login *login = &input->command->record_login;
    event->kind = EVENT_LOGIN_CHALLENGED;
    event->login_challenged =
        (struct login_challenged){.session_id = login->session_id,
                                  .user_id = user->id,
                                  .expires_at = input->now_us + SETTINGS_CHALLENGE_US,
                                  .session_expires_at = login->expires_at,
                                  .has_address_hash = login->has_address_hash,
                                  .address_hash = login->address_hash,
                                  .has_attempt = login->has_attempt,
                                  .attempt = login->attempt};
}

void settings_decide_complete_login(const struct settings *settings, const struct input *input,
                                    struct arena *arena, struct event *event)
{
    const struct complete_login *login = &input->command->complete_login;
    const struct settings_challenge *challenge = settings_challenge_of(settings, login->session_id);
    const struct settings_user *user =
        challenge != NULL ? settings_user(settings, challenge->user_id) : NULL;
    if (user == NULL || challenge->expires_at_us <= input->now_us ||
        challenge->credentials_version != user->credentials_version || !user->factor.is_on ||
        user->locked) {
        event_reject(event, "UNAUTHENTICATED",
                     TEXT("This login is over or was tried too often; sign in again."),
                     "challenge");
        return;
    }
    struct showing showing = {.user = user,
                              .session_id = login->session_id,
                              .factor = &login->factor,
                              .has_address_hash = login->has_address_hash,
                              .address_hash = login->address_hash};
    if (refuse_factor(settings, &showing, input->now_us, event))
        return;
    settings_open_session(
        user, input,
        &(struct settings_opening){.session_id = login->session_id,
                                   .expires_at_us = challenge->session_expires_at_us,
                                   .has_address_hash = login->has_address_hash,
                                   .address_hash = login->address_hash,
                                   .factor = &login->factor},
        arena, event);
}
