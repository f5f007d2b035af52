/* Passwords replaced: by who knows the present one, or reads the mail for who has forgotten it. */
#include "settings/decide_parts.h"

static void change(const struct settings_user *user, struct text password_hash, struct uuid kept,
                   const struct input *input, struct arena *arena, struct event *event)
{
    event->kind = EVENT_PASSWORD_CHANGED;
    event->password_changed =
        (struct password_changed){.user_id = user->id,
                                  .credentials_version = user->credentials_version + 1,
                                  .password_hash = password_hash,
                                  .changed_at = input->now_us};
    /* A password that others may know is not to keep their sessions alive. */
    event->password_changed.ended_session_ids =
        settings_sessions_of(user, kept, arena, &event->password_changed.ended_session_ids_count);
}

void settings_decide_change_password(const struct settings *settings, const struct input *input,
                                     struct arena *arena, struct event *event)
{
    const struct command_meta *meta = &input->command->meta;
    const struct change_password *wanted = &input->command->change_password;
    const struct settings_user *user = settings_user(settings, wanted->user_id);
    if (user == NULL || !meta->has_actor || !uuid_equal(meta->actor.user_id, wanted->user_id)) {
        event_reject(event, "FORBIDDEN", TEXT("Only its user changes a password."), NULL);
        return;
    }
    struct settings_attempt attempt = {.session_id = meta->actor.session_id,
                                       .email_hash = user->email_hash,
                                       .has_address_hash = wanted->has_address_hash,
                                       .address_hash = wanted->address_hash};
    if (settings_refuse_locked(settings, &attempt, input->now_us, event))
        return;
    if (wanted->outcome != LOGIN_OUTCOME_ACCEPTED ||
        wanted->credentials_version != user->credentials_version)
        settings_refuse_attempt(settings, &attempt, "INVALID_CREDENTIALS",
                                TEXT("The present password is wrong."), event);
    else
        change(user, wanted->password_hash, meta->actor.session_id, input, arena, event);
}

/* It was for the password of back then: once that has been replaced, however that was, it is spent.
 */
void settings_decide_reset_password(const struct settings *settings, const struct input *input,
                                    struct arena *arena, struct event *event)
{
    const struct reset_password *wanted = &input->command->reset_password;
    const struct settings_user *user = settings_user(settings, wanted->user_id);
    if (user == NULL || user->credentials_version != wanted->credentials_version) {
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("This link was used before; have another mail sent."), "token");
        return;
    }
    change(user, wanted->password_hash, (struct uuid){{0}}, input, arena, event);
    event->password_changed.has_address_hash = wanted->has_address_hash;
    event->password_changed.address_hash = wanted->address_hash;
}
