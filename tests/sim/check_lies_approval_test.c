/* Lies about what takes two persons: consent that nobody asked for, and time that has not come. */
#include "lies.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR_US (INT64_C(3600) * 1000000)

static struct evidence *truth; /* a rough day, at rest */

static int live_a_day(void **state)
{
    (void)state;
    truth = forge_day(4, 3, 4000, NULL);
    return 0;
}

static int forget_the_day(void **state)
{
    (void)state;
    evidence_free(truth);
    return 0;
}

static bool a_booking_names_a_consent_that_nobody_asked_for(struct event *event,
                                                            struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ASSET_TRANSACTION_RECORDED || !event->meta.has_actor)
        return false;
    event->asset_transaction_recorded.has_approval = true;
    event->asset_transaction_recorded.approval =
        (struct approval){.id = event->meta.event_id, .approved_by = event->meta.actor.user_id};
    return true;
}

/* What one person has booked since took two. */
static bool the_rules_were_stricter(struct event *event, struct arena *arena)
{
    if (event->kind != EVENT_VENUE_RULES_ADOPTED || !text_is(event->meta.service, "accounts"))
        return false;
    struct approval_rules *rules = &event->venue_rules_adopted.rules.approvals;
    event->venue_rules_adopted.rules.has_approvals = true;
    rules->amounts_e8 = ARENA_NEW(arena, struct approval_rules_amounts_e8_entry, 1);
    rules->amounts_e8[0].key = TEXT("EUR");
    rules->amounts_e8_count = 1;
    return true;
}

static bool a_request_expires_before_its_time(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_APPROVAL_REQUESTED)
        return false;
    event->approval_requested.request.expires_at += HOUR_US;
    return true;
}

static bool another_request_expires(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_APPROVAL_EXPIRED)
        return false;
    event->approval_expired.approval_id.bytes[14] ^= 1;
    return true;
}

static void every_lie_is_found_by_the_right_check(void **state)
{
    (void)state;
    static const struct lie LIES[] = {
        LIE(a_booking_names_a_consent_that_nobody_asked_for, 23),
        LIE(the_rules_were_stricter, 23),
        LIE(a_request_expires_before_its_time, 23),
        LIE(another_request_expires, 23),
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
