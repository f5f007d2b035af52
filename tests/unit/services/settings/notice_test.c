#include "desk.h"

static struct uuid user_id(void)
{
    return desk_id_of_address(1, 1);
}

static int set_up(void **state)
{
    desk_set_up(state);
    struct command registration = desk_registration(1, 1);
    (void)desk_decide_and_apply(*state, &registration);
    return 0;
}

static struct command of_owner(enum command_kind kind)
{
    return (struct command){.kind = kind, .meta = {.has_actor = true, .actor.user_id = user_id()}};
}

static struct event set(struct desk *desk, bool order_fills, bool with_webhook)
{
    struct command command = of_owner(COMMAND_CHANGE_NOTIFICATION_SETTINGS);
    command.change_notification_settings =
        (struct change_notification_settings){.user_id = user_id(),
                                              .order_fills = order_fills,
                                              .transfers = true,
                                              .has_webhook_url = with_webhook,
                                              .webhook_url = TEXT("s1:url"),
                                              .has_webhook_secret = with_webhook,
                                              .webhook_secret = TEXT("s1:secret")};
    return desk_decide_and_apply(desk, &command);
}

/* What comes of one fill of the user's, and of one of somebody who is no user here. */
static struct event told_of_fill(struct desk *desk, bool incomplete)
{
    struct fill_notice notices[] = {{.user_id = {{9}}, .order_id = {{8}}},
                                    {.user_id = user_id(),
                                     .order_id = {{7}},
                                     .instrument = TEXT("A-EUR"),
                                     .quantity_e8 = 2 * E8,
                                     .has_price_e8 = true,
                                     .price_e8 = 5 * E8,
                                     .remaining_quantity_e8 = 3 * E8,
                                     .incomplete = incomplete}};
    struct event settled = {.kind = EVENT_FILLS_SETTLED,
                            .fills_settled = {.notices = notices, .notices_count = 2}};
    return desk_follow(desk, &settled);
}

static void the_ledger_hears_what_a_user_wants_to_be_told_where_that_changes(void **state)
{
    struct event event = set(*state, true, false);
    assert_int_equal(event.kind, EVENT_NOTIFICATION_SETTINGS_CHANGED);
    assert_int_equal(event.notification_settings_changed.version, 2);
    assert_int_equal(event.meta.touches_count, 1);
    event = set(*state, true, true);
    assert_int_equal(event.meta.touches_count, 0);
    assert_int_equal(event.notification_settings_changed.version, 3);
}

static void a_webhook_has_a_secret_to_be_signed_with(void **state)
{
    struct command command = of_owner(COMMAND_CHANGE_NOTIFICATION_SETTINGS);
    command.change_notification_settings.user_id = user_id();
    command.change_notification_settings.has_webhook_url = true;
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "webhook_secret");
    command.change_notification_settings.has_if_version = true;
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VERSION_CONFLICT", NULL);
}

static void a_fill_is_told_to_its_user_by_his_ways(void **state)
{
    struct event event = told_of_fill(*state, false);
    assert_int_equal(event.kind, EVENT_NOTIFICATIONS_RAISED);
    assert_int_equal(event.notifications_raised.notifications_count, 1);
    const struct notification *told = event.notifications_raised.notifications;
    assert_int_equal(told->kind, NOTIFICATION_KIND_ORDER_FILLED);
    assert_true(text_is(told->state, "partially_filled"));
    assert_true(told->quantity_e8 == 2 * E8 && told->price_e8 == 5 * E8);
    assert_int_equal(told->channels_count, 1);
    assert_int_equal(told->channels[0], NOTIFICATION_CHANNEL_EMAIL);

    (void)set(*state, true, true);
    event = told_of_fill(*state, true);
    told = event.notifications_raised.notifications;
    assert_int_equal(told->kind, NOTIFICATION_KIND_CLOSE_INCOMPLETE);
    assert_true(told->quantity_e8 == 3 * E8);
    assert_int_equal(told->channels_count, 2);
}

static void the_end_of_a_transfer_is_told_to_its_client(void **state)
{
    struct event changed = {.kind = EVENT_TRANSFER_CHANGED,
                            .transfer_changed = {.transfer = {.id = {{7}},
                                                              .type = TRANSFER_TYPE_WITHDRAWAL,
                                                              .status = TRANSFER_STATUS_FAILED,
                                                              .asset = TEXT("EUR"),
                                                              .amount_e8 = 5 * E8},
                                                 .has_notified_user_id = true,
                                                 .notified_user_id = user_id()}};
    struct event event = desk_follow(*state, &changed);
    assert_int_equal(event.notifications_raised.notifications_count, 1);
    const struct notification *told = event.notifications_raised.notifications;
    assert_int_equal(told->kind, NOTIFICATION_KIND_WITHDRAWAL);
    assert_true(text_is(told->state, "failed") && text_is(told->asset, "EUR"));
    assert_true(told->amount_e8 == 5 * E8 && told->subject_id.bytes[0] == 7);
    changed.transfer_changed.notified_user_id = (struct uuid){{9}};
    event = desk_follow(*state, &changed);
    assert_int_equal(event.kind, EVENT_NOTIFICATIONS_RAISED);
    assert_int_equal(event.notifications_raised.notifications_count, 0);
}

static void what_the_desk_answers_is_told_to_its_client_and_not_what_it_says(void **state)
{
    struct event changed = {.kind = EVENT_SUPPORT_TICKET_CHANGED,
                            .support_ticket_changed = {.user_id = user_id(),
                                                       .change = SUPPORT_CHANGE_REPLIED,
                                                       .ticket.id = {{7}},
                                                       .has_text = true,
                                                       .text = TEXT("s1:answer")}};
    struct event event = desk_follow(*state, &changed);
    const struct notification *told = event.notifications_raised.notifications;
    assert_int_equal(event.notifications_raised.notifications_count, 1);
    assert_int_equal(told->kind, NOTIFICATION_KIND_SUPPORT);
    assert_true(text_is(told->state, "replied") && told->subject_id.bytes[0] == 7);
    assert_int_equal(told->channels_count, 1);
}

static struct event read_it(struct desk *desk, struct uuid id)
{
    struct command command = of_owner(COMMAND_READ_NOTIFICATIONS);
    command.read_notifications = (struct read_notifications){
        .user_id = user_id(), .has_notification_id = true, .notification_id = id};
    return desk_decide_and_apply(desk, &command);
}

static void what_was_sent_is_read_and_nothing_else(void **state)
{
    struct event raised = told_of_fill(*state, false);
    struct uuid id = raised.notifications_raised.notifications[0].id;
    struct event event = read_it(*state, id);
    assert_int_equal(event.kind, EVENT_NOTIFICATIONS_READ);
    event = read_it(*state, id); /* again is no error */
    assert_int_equal(event.kind, EVENT_NOTIFICATIONS_READ);
    event = read_it(*state, (struct uuid){{5}});
    desk_assert_rejected(&event, "NOT_FOUND", NULL);
}

static struct event subscribe(struct desk *desk, uint8_t n)
{
    struct command command = of_owner(COMMAND_SUBSCRIBE_PUSH);
    command.subscribe_push = (struct subscribe_push){.user_id = user_id(),
                                                     .subscription_id = {{n}},
                                                     .endpoint = TEXT("s1:endpoint"),
                                                     .p256dh = TEXT("s1:key"),
                                                     .auth = TEXT("s1:secret")};
    return desk_decide_and_apply(desk, &command);
}

static struct event unsubscribe(struct desk *desk, uint8_t n)
{
    struct command command = of_owner(COMMAND_UNSUBSCRIBE_PUSH);
    command.unsubscribe_push =
        (struct unsubscribe_push){.user_id = user_id(), .subscription_id = {{n}}};
    return desk_decide_and_apply(desk, &command);
}

/* To how many browsers a notification goes now. */
static size_t pushed_to(struct desk *desk)
{
    struct event event = told_of_fill(desk, false);
    return event.notifications_raised.notifications[0].push_to_count;
}

static void a_notification_goes_to_each_browser_of_its_user(void **state)
{
    assert_int_equal(pushed_to(*state), 0);
    struct event event = subscribe(*state, 1);
    assert_int_equal(event.kind, EVENT_PUSH_SUBSCRIBED);
    assert_true(text_is(event.push_subscribed.endpoint, "s1:endpoint"));
    (void)subscribe(*state, 2);
    (void)subscribe(*state, 1); /* again, with other keys */
    assert_int_equal(pushed_to(*state), 2);
    event = unsubscribe(*state, 1);
    assert_int_equal(event.kind, EVENT_PUSH_UNSUBSCRIBED);
    event = unsubscribe(*state, 1);
    desk_assert_rejected(&event, "NOT_FOUND", NULL);
    event = told_of_fill(*state, false);
    assert_int_equal(event.notifications_raised.notifications[0].push_to[0].bytes[0], 2);
}

static void a_user_has_ten_browsers(void **state)
{
    for (uint8_t n = 1; n <= SETTINGS_BROWSERS_MAX; n++)
        (void)subscribe(*state, n);
    struct event event = subscribe(*state, SETTINGS_BROWSERS_MAX + 1);
    desk_assert_rejected(&event, "VALIDATION_FAILED", NULL);
    event = subscribe(*state, SETTINGS_BROWSERS_MAX);
    assert_int_equal(event.kind, EVENT_PUSH_SUBSCRIBED);
    (void)unsubscribe(*state, 1);
    event = subscribe(*state, SETTINGS_BROWSERS_MAX + 1);
    assert_int_equal(event.kind, EVENT_PUSH_SUBSCRIBED);
    assert_int_equal(pushed_to(*state), SETTINGS_BROWSERS_MAX);
}

static void a_browser_that_is_gone_is_sent_nothing_more(void **state)
{
    struct command command = {.kind = COMMAND_COMPLETE_DELIVERY};
    command.complete_delivery =
        (struct complete_delivery){.delivery_id = {{7}},
                                   .user_id = user_id(),
                                   .outcome = DELIVERY_OUTCOME_UNDELIVERABLE,
                                   .has_subscription_id = true,
                                   .subscription_id = {{1}}};
    (void)subscribe(*state, 1);
    (void)desk_decide_and_apply(*state, &command);
    assert_int_equal(pushed_to(*state), 1);
    command.complete_delivery.gone = true;
    (void)desk_decide_and_apply(*state, &command);
    assert_int_equal(pushed_to(*state), 0);
    (void)desk_decide_and_apply(*state, &command); /* told twice */
    assert_int_equal(pushed_to(*state), 0);
}

static void the_newest_are_remembered(void **state)
{
    (void)state;
    struct settings_notices notices = settings_notices_new();
    for (uint32_t n = 0; n < SETTINGS_NOTIFIED_MAX + 3; n++)
        settings_note(&notices, (struct uuid){{(uint8_t)(n >> 8), (uint8_t)n}});
    assert_false(settings_was_notified(&notices, (struct uuid){{0, 2}}));
    assert_true(settings_was_notified(&notices, (struct uuid){{0, 3}}));
    assert_true(settings_was_notified(
        &notices,
        (struct uuid){{(SETTINGS_NOTIFIED_MAX + 2) >> 8, (SETTINGS_NOTIFIED_MAX + 2) & 255}}));
    settings_free_notices(&notices);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_ledger_hears_what_a_user_wants_to_be_told_where_that_changes),
        TEST(a_webhook_has_a_secret_to_be_signed_with),
        TEST(a_fill_is_told_to_its_user_by_his_ways),
        TEST(the_end_of_a_transfer_is_told_to_its_client),
        TEST(what_the_desk_answers_is_told_to_its_client_and_not_what_it_says),
        TEST(what_was_sent_is_read_and_nothing_else),
        TEST(a_notification_goes_to_each_browser_of_its_user),
        TEST(a_user_has_ten_browsers),
        TEST(a_browser_that_is_gone_is_sent_nothing_more),
        TEST(the_newest_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
