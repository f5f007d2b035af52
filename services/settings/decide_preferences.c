/* What a user would like: his own affair, replaced whole. */
#include "settings/decide_parts.h"

static bool refuse_preferences(const struct settings_user *user,
                               const struct change_preferences *wanted, struct arena *arena,
                               struct event *event)
{
    if (wanted->notification_quiet_hours && !wanted->has_quiet_start_time)
        settings_reject_value(event, "quiet_start_time", TEXT("Say when the quiet hours begin."));
    else if (wanted->notification_quiet_hours && !wanted->has_quiet_end_time)
        settings_reject_value(event, "quiet_end_time", TEXT("Say when the quiet hours end."));
    else if (wanted->sms_notifications && !user->notices.has_phone)
        settings_reject_value(event, "sms_notifications",
                              TEXT("Say first in notifications/settings at which number."));
    else
        return !settings_version_is(wanted->has_if_version, wanted->if_version,
                                    user->preferences_version, arena, event);
    return true;
}

void settings_decide_preferences(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event)
{
    const struct change_preferences *wanted = &input->command->change_preferences;
    const struct settings_user *user =
        settings_own_user(settings, &input->command->meta, wanted->user_id, event);
    if (user == NULL || refuse_preferences(user, wanted, arena, event))
        return;
    event->kind = EVENT_PREFERENCES_CHANGED;
    event->preferences_changed = (struct preferences_changed){
        .user_id = user->id,
        .has_full_name = wanted->has_full_name,
        .full_name = wanted->full_name,
        .preferences = {.default_order_type = wanted->default_order_type,
                        .require_confirmation = wanted->require_confirmation,
                        .email_notifications = wanted->email_notifications,
                        .sms_notifications = wanted->sms_notifications,
                        .push_notifications = wanted->push_notifications,
                        .notification_quiet_hours = wanted->notification_quiet_hours,
                        .has_quiet_start_time = wanted->has_quiet_start_time,
                        .quiet_start_time = wanted->quiet_start_time,
                        .has_quiet_end_time = wanted->has_quiet_end_time,
                        .quiet_end_time = wanted->quiet_end_time,
                        .theme = wanted->theme,
                        .language = wanted->language,
                        .timezone = wanted->timezone},
        .version = user->preferences_version + 1,
        .changed_at = input->now_us,
    };
}
