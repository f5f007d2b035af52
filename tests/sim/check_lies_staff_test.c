/* Lies about who may do what: rights that nobody gave, and deeds of those who have none. */
#include "lies.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct evidence *truth; /* a rough day, at rest */

static int live_a_day(void **state)
{
    (void)state;
    truth = forge_day(2, 3, 4000, NULL);
    return 0;
}

static int forget_the_day(void **state)
{
    (void)state;
    evidence_free(truth);
    return 0;
}

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

static void every_lie_is_found_by_the_right_check(void **state)
{
    (void)state;
    static const struct lie LIES[] = {
        LIE(rights_are_heard_that_were_not_given, 16),
        LIE(rights_are_not_heard_that_were_given, 16),
        LIE(rights_are_heard_of_somebody_else, 16),
        LIE(an_account_opens_with_rights, 16),
        LIE(a_refused_change_of_rules_happens, 16),
        LIE(a_session_is_ended_for_somebody_else, 16),
    };
    lies_are_found(truth, LIES, COUNT_OF(LIES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lie_is_found_by_the_right_check),
    };
    return cmocka_run_group_tests(tests, live_a_day, forget_the_day);
}
