/* The venue's rules: decided in the one partition of their key, known in all of accounts. */
#include "decision/limits.h"
#include "settings/decide_parts.h"

#include <inttypes.h>

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
    if (change->has_if_version && change->if_version != rules->version) {
        event_reject(event, "VERSION_CONFLICT",
                     arena_printf(arena,
                                  "The change was made from version %" PRId64
                                  ", but this is version %" PRId64
                                  " by now; read it again and decide anew.",
                                  change->if_version, rules->version),
                     NULL);
        return;
    }
    if (!limits_are_sound(&limits, event))
        return;
    event->kind = EVENT_VENUE_RULES_CHANGED;
    event->venue_rules_changed.rules = (struct venue_rules){
        .limits = limits, .version = rules->version + 1, .updated_at = input->now_us};
    event_touch_all(event, arena, SERVICE_ACCOUNTS);
}
