/* Lies about orders that are canceled together. */
#include "lies.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct evidence *truth; /* a rough day, at rest */

static int live_a_day(void **state)
{
    (void)state;
    truth = forge_day(17, 3, 2000, NULL);
    return 0;
}

static int forget_the_day(void **state)
{
    (void)state;
    evidence_free(truth);
    return 0;
}

static bool an_open_order_is_left_out(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_CANCEL_REQUESTED || event->cancel_requested.orders_count == 0)
        return false;
    event->cancel_requested.orders_count--;
    return true;
}

static bool a_switch_is_due_later_than_asked(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_CANCEL_AFTER_SET || !event->cancel_after_set.has_cancel_at)
        return false;
    event->cancel_after_set.cancel_at++;
    return true;
}

static bool an_order_that_was_to_end_goes_on(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDERS_CANCELED || event->orders_canceled.orders_count == 0 ||
        event->orders_canceled.orders[0].end_reason == END_REASON_EXPIRED)
        return false;
    event->orders_canceled.orders_count--;
    return true;
}

static bool an_order_ends_for_another_reason(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_ORDERS_CANCELED || event->orders_canceled.orders_count == 0 ||
        event->orders_canceled.orders[0].end_reason == END_REASON_EXPIRED)
        return false;
    event->orders_canceled.orders[0].end_reason = END_REASON_SIBLING;
    return true;
}

static const struct lie LIES[] = {
    LIE(an_open_order_is_left_out, 22),
    LIE(a_switch_is_due_later_than_asked, 22),
    LIE(an_order_that_was_to_end_goes_on, 4),
    LIE(an_order_ends_for_another_reason, 4),
};

static void every_lie_is_found_by_the_right_check(void **state)
{
    (void)state;
    lies_are_found(truth, LIES, COUNT_OF(LIES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lie_is_found_by_the_right_check),
    };
    return cmocka_run_group_tests(tests, live_a_day, forget_the_day);
}
