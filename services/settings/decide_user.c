/* What an admin changes about people: their roles, and whether they may sign in. */
#include "settings/decide_parts.h"

/* Nobody has a say in it, not even by his consent. */
static bool is_about(const struct input *input, struct uuid user_id)
{
    return uuid_equal(input->command->meta.actor.user_id, user_id) ||
           (input->approval != NULL && uuid_equal(input->approval->approved_by, user_id));
}

/* True when the change was refused. As nobody changes himself, an admin stays who asked. */
static bool refuse_change(const struct settings *settings, const struct input *input,
                          struct arena *arena, struct event *event)
{
    const struct command *command = input->command;
    const struct change_user *change = &command->change_user;
    const struct settings_user *user = settings_user(settings, change->user_id);
    if (!staff_may(&settings->staff, &command->meta, ROLE_BIT(ROLE_ADMIN)))
        event_reject(event, "FORBIDDEN", TEXT("Only an admin changes users."), NULL);
    else if (user == NULL)
        event_reject(event, "NOT_FOUND", TEXT("There is no such user."), NULL);
    else if (is_about(input, change->user_id))
        event_reject(event, "FORBIDDEN",
                     TEXT("Nobody changes their own roles or status; ask another admin."), NULL);
    else if (change->roles_count == 0 && !change->has_status)
        settings_reject_value(event, "roles", TEXT("Say which roles, or which status."));
    else if (role_bits_of(change->roles, change->roles_count) & ROLE_BIT(ROLE_MARKET_MAKER))
        settings_reject_value(
            event, "roles",
            TEXT("A user cannot be a market maker; create a market maker instead."));
    else
        return !settings_version_is(change->has_if_version, change->if_version, user->version,
                                    arena, event);
    return true;
}

/* What a user may do was given to his sessions as they were opened: with other roles they are over,
 * and so they are when he may no longer sign in. */
static void end_those_who_have_changed(const struct settings_user *user, uint32_t roles,
                                       struct arena *arena, struct user_changed *changed)
{
    if (roles != user->roles || changed->status == USER_STATUS_LOCKED)
        changed->ended_session_ids = settings_sessions_of(user, (struct uuid){{0}}, arena,
                                                          &changed->ended_session_ids_count);
}

/* To take a role away, or to lock somebody, is never delayed. */
static bool gives_power(const struct settings_user *user, uint32_t roles, bool locked)
{
    uint32_t before = user->locked ? 0 : user->roles;
    return !locked && (roles & ~before & STAFF_ROLES) != 0;
}

void settings_decide_change_user(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event)
{
    const struct change_user *change = &input->command->change_user;
    if (refuse_change(settings, input, arena, event))
        return;
    const struct settings_user *user = settings_user(settings, change->user_id);
    uint32_t roles = role_bits_of(change->roles, change->roles_count);
    roles = roles != 0 ? roles : user->roles;
    bool locked = change->has_status ? change->status == USER_STATUS_LOCKED : user->locked;
    if (settings->approvals.rules.roles && gives_power(user, roles, locked) &&
        settings_second_admin_is_missing(settings, input, arena, event))
        return;
    event->kind = EVENT_USER_CHANGED;
    struct user_changed *changed = &event->user_changed;
    *changed = (struct user_changed){
        .user_id = user->id,
        .status = locked ? USER_STATUS_LOCKED : USER_STATUS_ACTIVE,
        .has_reason = change->has_reason,
        .reason = change->reason,
        .version = user->version + 1,
        .changed_at = input->now_us,
    };
    changed->has_approval = approval_of(input, &changed->approval);
    changed->roles = roles_of_bits(roles, arena, &changed->roles_count);
    end_those_who_have_changed(user, roles, arena, changed);
    if (((roles | user->roles) & STAFF_ROLES) != 0)
        staff_touch(event, arena);
}
