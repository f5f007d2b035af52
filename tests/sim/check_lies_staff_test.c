/* Lies about who may do what: rights that nobody gave, and deeds of those who have none. */
#include "lies.h"

static bool rights_are_heard_that_were_not_given(struct event *event, struct arena *arena)
{
    (void)arena;
    static enum role admin = ROLE_ADMIN;
    if (event->kind != EVENT_STAFF_ADOPTED || event->staff_adopted.roles_count > 0)
        return false;
    event->staff_adopted.roles = &admin;
    event->staff_adopted.roles_count = 1;
    return true;
}

static bool rights_are_not_heard_that_were_given(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_STAFF_ADOPTED || event->staff_adopted.roles_count == 0)
        return false;
    event->staff_adopted.roles_count = 0;
    return true;
}

static bool rights_are_heard_of_somebody_else(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_STAFF_ADOPTED)
        return false;
    event->staff_adopted.user_id.bytes[15] ^= 1;
    return true;
}

static bool an_account_opens_with_rights(struct event *event, struct arena *arena)
{
    (void)arena;
    static enum role operator= ROLE_OPERATOR;
    if (event->kind != EVENT_ACCOUNT_OPENED || event->account_opened.staff_roles_count > 0)
        return false;
    event->account_opened.staff_roles = &operator;
    event->account_opened.staff_roles_count = 1;
    return true;
}

/* Whoever was refused because he may not do it has done it after all. */
static bool a_refused_change_of_rules_happens(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_COMMAND_REJECTED || !text_is(event->key, "venue") ||
        !text_is(event->command_rejected.code, "FORBIDDEN"))
        return false;
    event->kind = EVENT_VENUE_RULES_CHANGED;
    event->venue_rules_changed = (struct venue_rules_changed){.rules.version = 99};
    return true;
}

static bool a_session_is_ended_for_somebody_else(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_SESSIONS_ENDED)
        return false;
    event->sessions_ended.user_id.bytes[15] ^= 1;
    return true;
}

static const struct lie LIES[] = {
    LIE(rights_are_heard_that_were_not_given, 16), LIE(rights_are_not_heard_that_were_given, 16),
    LIE(rights_are_heard_of_somebody_else, 16),    LIE(an_account_opens_with_rights, 16),
    LIE(a_refused_change_of_rules_happens, 16),    LIE(a_session_is_ended_for_somebody_else, 16),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
