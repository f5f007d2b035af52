/* Lies about alerts, and about the prices that they are met by. */
#include "lies.h"

static struct alerts_fired *fired(struct event *event)
{
    return event->kind == EVENT_ALERTS_FIRED ? &event->alerts_fired : NULL;
}

static bool an_alert_is_kept_quiet(struct event *event, struct arena *arena)
{
    (void)arena;
    struct alerts_fired *told = fired(event);
    if (told == NULL)
        return false;
    told->alerts_count--;
    return true;
}

static bool an_alert_fires_twice(struct event *event, struct arena *arena)
{
    struct alerts_fired *told = fired(event);
    if (told == NULL)
        return false;
    struct fired_alert *twice = ARENA_NEW(arena, struct fired_alert, told->alerts_count + 1);
    for (size_t i = 0; i < told->alerts_count; i++)
        twice[i] = told->alerts[i];
    twice[told->alerts_count] = told->alerts[0];
    told->alerts = twice;
    told->alerts_count++;
    return true;
}

static bool an_alert_tells_of_another_price(struct event *event, struct arena *arena)
{
    (void)arena;
    struct alerts_fired *told = fired(event);
    if (told == NULL)
        return false;
    for (size_t i = 0; i < told->alerts_count; i++)
        told->alerts[i].notification.price_e8 += E8;
    return true;
}

static bool an_alert_tells_somebody_else(struct event *event, struct arena *arena)
{
    (void)arena;
    struct alerts_fired *told = fired(event);
    if (told == NULL)
        return false;
    told->alerts[0].notification.user_id.bytes[15] ^= 1;
    return true;
}

static bool an_alert_goes_on_that_was_to_fire_once(struct event *event, struct arena *arena)
{
    (void)arena;
    struct alerts_fired *told = fired(event);
    if (told == NULL || told->alerts[0].status != ALERT_STATUS_TRIGGERED)
        return false;
    told->alerts[0].status = ALERT_STATUS_ACTIVE;
    return true;
}

static bool a_price_is_heard_that_was_not_told(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_PRICES_ADOPTED || !text_is(event->meta.service, "settings") ||
        event->prices_adopted.prices_count == 0)
        return false;
    event->prices_adopted.prices[0].last_price_e8 += E8;
    return true;
}

static bool an_alert_waits_for_another_price(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ALERT_CHANGED || !event->alert_changed.alert.has_price_e8)
        return false;
    event->alert_changed.alert.price_e8 += E8 / 100;
    return true;
}

static bool an_alert_is_over_that_has_time(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ALERTS_EXPIRED)
        return false;
    event->alerts_expired.alerts[0].alert_id.bytes[15] ^= 1;
    return true;
}

static const struct lie LIES[] = {
    LIE(an_alert_is_kept_quiet, 26),
    LIE(an_alert_fires_twice, 26),
    LIE(an_alert_tells_of_another_price, 26),
    LIE(an_alert_tells_somebody_else, 26),
    LIE(an_alert_goes_on_that_was_to_fire_once, 26),
    LIE(a_price_is_heard_that_was_not_told, 26),
    LIE(an_alert_waits_for_another_price, 26),
    LIE(an_alert_is_over_that_has_time, 26),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
