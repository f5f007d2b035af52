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
    else if (user->dismissal_proposed)
        event_reject(event, "VERSION_CONFLICT",
                     TEXT("Another change of this user is under way; read him again in a moment."),
                     NULL);
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

static bool dismisses(const struct settings_user *user, uint32_t roles, bool locked)
{
    uint32_t before = user->locked ? 0 : user->roles, after = locked ? 0 : roles;
    return (before & ~after & ROLE_BIT(ROLE_ADMIN)) != 0;
}

/* What is to become of a user. */
struct change {
    uint32_t roles;
    bool locked;
    bool has_reason;
    struct text reason;
};

static enum user_status status_of(const struct change *change)
{
    return change->locked ? USER_STATUS_LOCKED : USER_STATUS_ACTIVE;
}

static void make_change(const struct settings_user *user, const struct change *change,
                        int64_t now_us, struct arena *arena, struct event *event)
{
    event->kind = EVENT_USER_CHANGED;
    struct user_changed *changed = &event->user_changed;
    *changed = (struct user_changed){
        .user_id = user->id,
        .status = status_of(change),
        .has_reason = change->has_reason,
        .reason = change->reason,
        .version = user->version + 1,
        .changed_at = now_us,
    };
    changed->roles = roles_of_bits(change->roles, arena, &changed->roles_count);
    end_those_who_have_changed(user, change->roles, arena, changed);
    if (((change->roles | user->roles) & STAFF_ROLES) != 0)
        staff_touch(event, arena);
}

/* --- dismissals ------------------------------------------------------------------------------- */

/* The one partition in which dismissals of admins come one after the other. */
static int32_t judge_of(const struct settings *settings)
{
    return place_partition(settings->place, SERVICE_SETTINGS, TEXT("venue"));
}

static void propose(const struct settings *settings, const struct input *input,
                    const struct change *change, struct arena *arena, struct event *event)
{
    event->kind = EVENT_DISMISSAL_PROPOSED;
    struct dismissal_proposed *proposed = &event->dismissal_proposed;
    *proposed = (struct dismissal_proposed){.user_id = input->command->change_user.user_id,
                                            .status = status_of(change),
                                            .has_reason = change->has_reason,
                                            .reason = change->reason,
                                            .proposed_at = input->now_us};
    proposed->roles = roles_of_bits(change->roles, arena, &proposed->roles_count);
    proposed->has_approval = approval_of(input, &proposed->approval);
    event_touch(event, arena, SERVICE_SETTINGS, judge_of(settings));
}

/* As nobody dismisses himself, and who is dismissed dismisses nobody behind that, one is left. */
void settings_judge_dismissal(const struct settings *settings, const struct input *input,
                              struct arena *arena, struct event *event)
{
    const struct event_meta *meta = &input->events[0]->meta;
    const struct dismissal_proposed *proposed = &input->events[0]->dismissal_proposed;
    uint32_t roles = meta->has_actor ? staff_roles(&settings->staff, meta->actor.user_id) : 0;
    event->kind = EVENT_DISMISSAL_JUDGED;
    event->key = settings_id_text(proposed->user_id, arena);
    event->dismissal_judged = (struct dismissal_judged){
        .user_id = proposed->user_id,
        .roles = proposed->roles,
        .roles_count = proposed->roles_count,
        .status = proposed->status,
        .has_reason = proposed->has_reason,
        .reason = proposed->reason,
        .granted = (roles & ROLE_BIT(ROLE_ADMIN)) != 0,
        .judged_at = input->now_us,
    };
    event_touch(event, arena, SERVICE_SETTINGS,
                place_partition_of_id(settings->place, SERVICE_SETTINGS, proposed->user_id));
}

void settings_conclude_dismissal(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event)
{
    const struct dismissal_judged *judged = &input->events[0]->dismissal_judged;
    const struct settings_user *user = settings_user(settings, judged->user_id);
    CHECK(user != NULL && user->dismissal_proposed);
    event->key = settings_id_text(user->id, arena);
    if (judged->granted) {
        struct change change = {.roles = role_bits_of(judged->roles, judged->roles_count),
                                .locked = judged->status == USER_STATUS_LOCKED,
                                .has_reason = judged->has_reason,
                                .reason = judged->reason};
        make_change(user, &change, input->now_us, arena, event);
        return;
    }
    event->kind = EVENT_DISMISSAL_REFUSED;
    event->dismissal_refused = (struct dismissal_refused){
        .user_id = user->id,
        .code = TEXT("FORBIDDEN"),
        .message = TEXT("Only an admin changes users, and you are none any more.")};
}

/* --- commands --------------------------------------------------------------------------------- */

void settings_decide_change_user(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event)
{
    const struct change_user *wanted = &input->command->change_user;
    if (refuse_change(settings, input, arena, event))
        return;
    const struct settings_user *user = settings_user(settings, wanted->user_id);
    uint32_t roles = role_bits_of(wanted->roles, wanted->roles_count);
    struct change change = {
        .roles = roles != 0 ? roles : user->roles,
        .locked = wanted->has_status ? wanted->status == USER_STATUS_LOCKED : user->locked,
        .has_reason = wanted->has_reason,
        .reason = wanted->reason,
    };
    if (settings->approvals.rules.roles && gives_power(user, change.roles, change.locked) &&
        settings_second_admin_is_missing(settings, input, arena, event))
        return;
    if (dismisses(user, change.roles, change.locked) &&
        judge_of(settings) != settings->place->partition) {
        propose(settings, input, &change, arena, event);
        return;
    }
    make_change(user, &change, input->now_us, arena, event);
    event->user_changed.has_approval = approval_of(input, &event->user_changed.approval);
}
