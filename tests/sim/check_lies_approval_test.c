/* Lies about what takes two persons: consent that nobody asked for, and time that has not come. */
#include "lies.h"

#define HOUR_US (INT64_C(3600) * 1000000)

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
    rules->amounts_e8 = ARENA_NEW(arena, struct approval_rules_amounts_e8_entry, 3);
    rules->amounts_e8[0].key = TEXT("EUR");
    rules->amounts_e8[1].key = TEXT("EUA");
    rules->amounts_e8[2].key = TEXT("CEA");
    rules->amounts_e8_count = 3;
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

static const struct lie LIES[] = {
    LIE(a_booking_names_a_consent_that_nobody_asked_for, 23),
    LIE(the_rules_were_stricter, 23),
    LIE(a_request_expires_before_its_time, 23),
    LIE(another_request_expires, 23),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
