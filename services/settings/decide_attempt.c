/* Tries to show who one is that do not do: told, counted, and locked out where there are too many.
 */
#include "settings/decide_parts.h"

void settings_refuse_attempt(const struct settings *settings,
                             const struct settings_attempt *attempt, const char *code,
                             struct text message, struct event *event)
{
    const struct settings_user *user = settings_user_of_email(settings, &attempt->email_hash);
    event->kind = EVENT_LOGIN_REFUSED;
    event->login_refused = (struct login_refused){
        .session_id = attempt->session_id,
        .has_user_id = user != NULL,
        .user_id = user != NULL ? user->id : (struct uuid){{0}},
        .code = text_of(code),
        .message = message,
        .has_email_hash = true,
        .email_hash = attempt->email_hash,
        .has_address_hash = attempt->has_address_hash,
        .address_hash = attempt->address_hash,
        .has_attempt = attempt->provider != NULL,
    };
    if (attempt->provider != NULL)
        event->login_refused.attempt = *attempt->provider;
}

bool settings_refuse_locked(const struct settings *settings, const struct settings_attempt *attempt,
                            int64_t now_us, struct event *event)
{
    struct settings_pair pair = {.email_hash = attempt->email_hash,
                                 .address_hash = attempt->address_hash};
    if (!attempt->has_address_hash || !settings_is_locked(settings, &pair, now_us))
        return false;
    settings_refuse_attempt(settings, attempt, "ACCOUNT_LOCKED",
                            TEXT("Too many tries with this e-mail address have failed from where "
                                 "you are; wait a quarter of an hour, or sign in from elsewhere."),
                            event);
    return true;
}
