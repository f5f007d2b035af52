/* The venue's rules: decided in the one partition of their key, known in all where people are held
 * against them. */
#include "decision/limits.h"
#include "settings/decide_parts.h"

/* True when a rule for approvals was refused. */
static bool refuse_approvals(const struct change_venue_rules *change, struct event *event)
{
    if (change->approval_amounts_e8_count > APPROVAL_AMOUNTS_MAX) {
        settings_reject_value(event, "approval_amounts", TEXT("At most 100 assets have one."));
        return true;
    }
    for (size_t i = 0; i < change->approval_amounts_e8_count; i++) {
        if (change->approval_amounts_e8[i].value < 0) {
            settings_reject_value(event, "approval_amounts",
                                  TEXT("An amount above which approval is needed is 0 or more."));
            return true;
        }
    }
    int64_t expires_after_s = change->approval_expires_after_s;
    bool sound =
        !change->has_approval_expires_after_s ||
        (expires_after_s >= APPROVAL_EXPIRES_S_MIN && expires_after_s <= APPROVAL_EXPIRES_S_MAX);
    if (!sound)
        settings_reject_value(event, "approval_expires_after_s",
                              TEXT("A request waits for 1 second to 30 days, which is 2592000."));
    return !sound;
}

static bool refuse_rules(const struct settings *settings, const struct command *command,
                         const struct risk_limits *limits, struct arena *arena, struct event *event)
{
    const struct change_venue_rules *change = &command->change_venue_rules;
    int64_t version = settings->venue_rules.version;
    if (!staff_may(&settings->staff, &command->meta, ROLE_BIT(ROLE_ADMIN)))
        event_reject(event, "FORBIDDEN", TEXT("Only an admin changes the venue's rules."), NULL);
    else
        return !settings_version_is(change->has_if_version, change->if_version, version, arena,
                                    event) ||
               !limits_are_sound(limits, event) || refuse_approvals(change, event);
    return true;
}

/* True when they make anything wait for a second person. */
static bool binds(const struct approval_rules *rules)
{
    return rules->roles || rules->retries || rules->amounts_e8_count > 0;
}

/* What is asked for, as rules; all zero where nothing is to need approval. */
static struct approval_rules approvals_of(const struct change_venue_rules *change,
                                          struct arena *arena)
{
    struct approval_rules rules = {.roles = change->approval_of_roles,
                                   .retries = change->approval_of_retries,
                                   .amounts_e8_count = change->approval_amounts_e8_count};
    if (!binds(&rules))
        return rules;
    rules.expires_after_s = change->has_approval_expires_after_s ? change->approval_expires_after_s
                                                                 : APPROVAL_EXPIRES_S;
    rules.amounts_e8 =
        ARENA_NEW(arena, struct approval_rules_amounts_e8_entry, rules.amounts_e8_count);
    for (size_t i = 0; i < rules.amounts_e8_count; i++)
        rules.amounts_e8[i] = (struct approval_rules_amounts_e8_entry){
            change->approval_amounts_e8[i].key, change->approval_amounts_e8[i].value};
    return rules;
}

void settings_decide_venue_rules(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event)
{
    const struct change_venue_rules *change = &input->command->change_venue_rules;
    const struct risk_limits limits = LIMITS_OF(change);
    const struct approval_rules *before = &settings->approvals.rules;
    if (refuse_rules(settings, input->command, &limits, arena, event))
        return;
    /* Whom they bind must not shake them off alone. */
    struct approval_rules rules = approvals_of(change, arena);
    if (binds(before) && !approvals_are_by(&settings->approvals, &rules) &&
        settings_second_admin_is_missing(settings, input, arena, event))
        return;
    event->kind = EVENT_VENUE_RULES_CHANGED;
    struct venue_rules_changed *changed = &event->venue_rules_changed;
    changed->rules = (struct venue_rules){.limits = limits,
                                          .version = settings->venue_rules.version + 1,
                                          .updated_at = input->now_us,
                                          .has_approvals = rules.expires_after_s > 0,
                                          .approvals = rules};
    changed->has_approval = approval_of(input, &changed->approval);
    event_touch_all(event, arena, SERVICE_ACCOUNTS);
    event_touch_all(event, arena, SERVICE_SETTINGS);
    event_touch_all(event, arena, SERVICE_ORDERS);
    event_touch_all(event, arena, SERVICE_DESK);
}
