/* The venue's rules: decided in the one partition of their key, known in all of accounts. */
#include "decision/limits.h"
#include "settings/decide_parts.h"

void settings_decide_venue_rules(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event)
{
    const struct command_meta *meta = &input->command->meta;
    const struct change_venue_rules *change = &input->command->change_venue_rules;
    const struct venue_rules *rules = &settings->venue_rules;
    const struct risk_limits limits = LIMITS_OF(change);
    if (!staff_may(&settings->staff, meta, ROLE_BIT(ROLE_ADMIN))) {
        event_reject(event, "FORBIDDEN", TEXT("Only an admin changes the venue's rules."), NULL);
        return;
    }
    if (!settings_version_is(change->has_if_version, change->if_version, rules->version, arena,
                             event) ||
        !limits_are_sound(&limits, event))
        return;
    event->kind = EVENT_VENUE_RULES_CHANGED;
    event->venue_rules_changed.rules = (struct venue_rules){
        .limits = limits, .version = rules->version + 1, .updated_at = input->now_us};
    event_touch_all(event, arena, SERVICE_ACCOUNTS);
}
