#include "desk.h"

#include "base/time.h"

enum { SNAPSHOT_MAX = 1 << 22, FIRED_MAX = 2000 };

/* The alerts that have fired, in order. */
static struct uuid fired[FIRED_MAX];
static size_t fired_count;
static size_t largest_event;

static struct uuid user_id(void)
{
    return desk_id_of_address(1, 1);
}

static struct uuid alert_id(uint32_t n)
{
    struct uuid id = desk_id_of_address(1, 200);
    id.bytes[14] = (uint8_t)(n >> 8);
    id.bytes[15] = (uint8_t)n;
    return id;
}

static int set_up(void **state)
{
    desk_set_up(state);
    struct command registration = desk_registration(1, 1);
    (void)desk_decide_and_apply(*state, &registration);
    struct event changed = {.kind = EVENT_INSTRUMENT_CHANGED};
    changed.instrument_changed.instrument.symbol = TEXT("A-EUR");
    (void)desk_follow(*state, &changed);
    fired_count = largest_event = 0;
    return 0;
}

static struct command of_owner(enum command_kind kind)
{
    return (struct command){.kind = kind, .meta = {.has_actor = true, .actor.user_id = user_id()}};
}

static struct command wanted(uint32_t n, enum alert_condition condition, int64_t price)
{
    struct command command = of_owner(COMMAND_CREATE_ALERT);
    command.create_alert = (struct create_alert){.user_id = user_id(),
                                                 .alert_id = alert_id(n),
                                                 .instrument = TEXT("A-EUR"),
                                                 .condition = condition,
                                                 .has_price_e8 = true,
                                                 .price_e8 = price * E8};
    return command;
}

static void await_price(struct desk *desk, uint32_t n, enum alert_condition condition,
                        int64_t price, bool recurring)
{
    struct command command = wanted(n, condition, price);
    command.create_alert.recurring = recurring;
    assert_int_equal(desk_decide_and_apply(desk, &command).kind, EVENT_ALERT_CHANGED);
}

/* One event by the clock. */
static struct event tick(struct desk *desk)
{
    struct event event = {.meta.occurred_at = desk->now_us};
    struct input input = {.kind = INPUT_TIME, .now_us = desk->now_us};
    settings_decide(desk->settings, &input, desk->arena, &event);
    settings_apply(desk->settings, &event);
    return event;
}

static void drain(struct desk *desk)
{
    while (settings_due_us(desk->settings) <= desk->now_us) {
        struct event event = tick(desk);
        assert_int_equal(event.kind, EVENT_ALERTS_FIRED);
        size_t count = event.alerts_fired.alerts_count;
        largest_event = count > largest_event ? count : largest_event;
        for (size_t i = 0; i < count; i++)
            fired[fired_count++] = event.alerts_fired.alerts[i].alert_id;
    }
}

static void adopt(struct desk *desk, int64_t low, int64_t high, int64_t last)
{
    struct price price = {.instrument = TEXT("A-EUR"),
                          .has_last_price_e8 = true,
                          .last_price_e8 = last * E8,
                          .has_high_price_e8 = true,
                          .high_price_e8 = high * E8,
                          .has_low_price_e8 = true,
                          .low_price_e8 = low * E8};
    struct event moved = {.kind = EVENT_PRICES_MOVED, .prices_moved = {&price, 1}};
    assert_int_equal(desk_follow(desk, &moved).kind, EVENT_PRICES_ADOPTED);
}

/* How many fire by what is told. */
static size_t told(struct desk *desk, int64_t low, int64_t high, int64_t last)
{
    size_t before = fired_count;
    adopt(desk, low, high, last);
    drain(desk);
    return fired_count - before;
}

static size_t told_last(struct desk *desk, int64_t last)
{
    return told(desk, last, last, last);
}

static void an_alert_fires_once_at_its_price(void **state)
{
    await_price(*state, 1, ALERT_CONDITION_ABOVE, 10, false);
    await_price(*state, 2, ALERT_CONDITION_BELOW, 5, false);
    assert_int_equal(told_last(*state, 9), 0);
    assert_int_equal(told_last(*state, 10), 1);
    assert_int_equal(told_last(*state, 9), 0);
    assert_int_equal(told_last(*state, 11), 0);
    assert_int_equal(told_last(*state, 5), 1);
    assert_int_equal(told_last(*state, 4), 0);
    assert_true(uuid_equal(fired[0], alert_id(1)) && uuid_equal(fired[1], alert_id(2)));
}

static void no_crossing_between_two_tellings_is_missed(void **state)
{
    (void)told_last(*state, 8);
    await_price(*state, 1, ALERT_CONDITION_ABOVE, 10, false);
    await_price(*state, 2, ALERT_CONDITION_CROSSES, 10, false);
    await_price(*state, 3, ALERT_CONDITION_BELOW, 5, false);
    await_price(*state, 4, ALERT_CONDITION_CROSSES, 5, false);
    assert_int_equal(told(*state, 6, 9, 8), 0);
    assert_int_equal(told(*state, 8, 10, 8), 2);
    assert_int_equal(told(*state, 4, 8, 8), 2);
}

static void a_level_that_holds_already_fires_with_the_next_price(void **state)
{
    (void)told_last(*state, 20);
    await_price(*state, 1, ALERT_CONDITION_ABOVE, 10, false);
    await_price(*state, 2, ALERT_CONDITION_CROSSES, 10, false);
    drain(*state);
    assert_int_equal(fired_count, 0);
    assert_int_equal(told_last(*state, 20), 1);
    assert_true(uuid_equal(fired[0], alert_id(1)));
}

static void what_crosses_passes_from_one_side_to_the_other(void **state)
{
    (void)told_last(*state, 12);
    await_price(*state, 1, ALERT_CONDITION_CROSSES, 10, true);
    assert_int_equal(told_last(*state, 10), 0); /* at its price is above it */
    assert_int_equal(told_last(*state, 9), 1);
    assert_int_equal(told_last(*state, 8), 0);
    assert_int_equal(told_last(*state, 10), 1);
    assert_int_equal(told_last(*state, 15), 0);
    assert_int_equal(told(*state, 9, 15, 15), 1); /* there and back again is once */
    assert_int_equal(told_last(*state, 14), 0);
    assert_int_equal(told_last(*state, 3), 1);
}

static void a_recurring_level_is_to_be_left_before_it_fires_again(void **state)
{
    await_price(*state, 1, ALERT_CONDITION_ABOVE, 10, true);
    assert_int_equal(told_last(*state, 10), 1);
    assert_int_equal(told_last(*state, 12), 0);
    assert_int_equal(told_last(*state, 10), 0);
    assert_int_equal(told_last(*state, 9), 0);
    assert_int_equal(told_last(*state, 10), 1);
    assert_int_equal(told(*state, 9, 11, 11), 1); /* it was left in between, and met anew */
    assert_int_equal(told(*state, 9, 11, 9), 0);
    assert_int_equal(told_last(*state, 10), 1);

    await_price(*state, 2, ALERT_CONDITION_BELOW, 5, true);
    assert_int_equal(told_last(*state, 5), 1);
    assert_int_equal(told_last(*state, 4), 0);
    assert_int_equal(told_last(*state, 6), 0);
    assert_int_equal(told_last(*state, 5), 1);
}

static void await_change(struct desk *desk, uint32_t n, int64_t percent, int64_t window_s,
                         bool recurring)
{
    struct command command = wanted(n, ALERT_CONDITION_PERCENT_CHANGE, 0);
    command.create_alert.has_price_e8 = false;
    command.create_alert.has_percent_e8 = command.create_alert.has_window_s = true;
    command.create_alert.percent_e8 = percent * E8;
    command.create_alert.window_s = window_s;
    command.create_alert.recurring = recurring;
    assert_int_equal(desk_decide_and_apply(desk, &command).kind, EVENT_ALERT_CHANGED);
}

static void a_change_is_measured_within_its_window(void **state)
{
    struct desk *desk = *state;
    (void)told_last(desk, 100);
    await_change(desk, 1, 10, 1200, true);
    assert_int_equal(told_last(desk, 109), 0);
    assert_int_equal(told_last(desk, 110), 1);
    assert_int_equal(told_last(desk, 120), 0); /* it measures from 110 now */
    assert_int_equal(told_last(desk, 121), 1);
    assert_int_equal(told_last(desk, 108), 1); /* down counts, too */

    desk->now_us += 900 * SECOND_US;
    assert_int_equal(told_last(desk, 112), 0);
    desk->now_us += 1300 * SECOND_US; /* 108 is no longer in the window */
    assert_int_equal(told_last(desk, 120), 0);
    assert_int_equal(told_last(desk, 124), 1);
}

static void of_a_range_only_the_last_is_known_to_come_behind(void **state)
{
    (void)told_last(*state, 100);
    await_change(*state, 1, 50, 600, false);
    assert_int_equal(told(*state, 70, 130, 100), 0);
    assert_int_equal(told(*state, 80, 121, 121), 1);
    assert_int_equal(told_last(*state, 1), 0);
}

static void an_alert_ends_by_the_clock(void **state)
{
    struct desk *desk = *state;
    struct command command = wanted(1, ALERT_CONDITION_ABOVE, 10);
    command.create_alert.has_expires_at = true;
    command.create_alert.expires_at = desk->now_us + DESK_HOUR_US;
    (void)desk_decide_and_apply(desk, &command);
    assert_int_equal(settings_due_us(desk->settings), desk->now_us + DESK_HOUR_US);

    desk->now_us += DESK_HOUR_US;
    struct event event = tick(desk);
    assert_int_equal(event.kind, EVENT_ALERTS_EXPIRED);
    assert_int_equal(event.alerts_expired.alerts_count, 1);
    assert_int_equal(settings_due_us(desk->settings), INT64_MAX);
    assert_int_equal(told_last(desk, 10), 0);
}

static struct event turn(struct desk *desk, bool active)
{
    struct command command = of_owner(COMMAND_SWITCH_ALERT);
    command.switch_alert = (struct switch_alert){user_id(), alert_id(1), active};
    return desk_decide_and_apply(desk, &command);
}

static void what_pauses_waits_for_nothing(void **state)
{
    await_price(*state, 1, ALERT_CONDITION_ABOVE, 10, false);
    struct event event = turn(*state, false);
    assert_int_equal(event.alert_changed.alert.status, ALERT_STATUS_PAUSED);
    assert_int_equal(event.alert_changed.alert.version, 2);
    assert_int_equal(told_last(*state, 10), 0);
    assert_int_equal(told_last(*state, 9), 0);

    event = turn(*state, true);
    assert_int_equal(event.alert_changed.alert.status, ALERT_STATUS_ACTIVE);
    assert_int_equal(told_last(*state, 10), 1);
    event = turn(*state, false);
    desk_assert_rejected(&event, "VALIDATION_FAILED", NULL);
    assert_int_equal(turn(*state, true).kind, EVENT_ALERT_CHANGED);
    assert_int_equal(told_last(*state, 10), 1);
}

static void what_is_changed_waits_for_that_from_then_on(void **state)
{
    (void)told_last(*state, 5);
    await_price(*state, 1, ALERT_CONDITION_ABOVE, 10, false);
    struct command command = of_owner(COMMAND_CHANGE_ALERT);
    command.change_alert = (struct change_alert){.user_id = user_id(),
                                                 .alert_id = alert_id(1),
                                                 .instrument = TEXT("A-EUR"),
                                                 .condition = ALERT_CONDITION_CROSSES,
                                                 .has_price_e8 = true,
                                                 .price_e8 = 20 * E8,
                                                 .has_if_version = true,
                                                 .if_version = 2};
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VERSION_CONFLICT", NULL);
    command.change_alert.if_version = 1;
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.alert_changed.alert.version, 2);
    assert_int_equal(told_last(*state, 15), 0);
    assert_int_equal(told_last(*state, 25), 1);
}

static void an_alert_is_its_users_own(void **state)
{
    struct command registration = desk_registration(2, 2), command = of_owner(COMMAND_DELETE_ALERT);
    (void)desk_decide_and_apply(*state, &registration);
    await_price(*state, 1, ALERT_CONDITION_ABOVE, 10, false);
    command.delete_alert = (struct delete_alert){.user_id = user_id(), .alert_id = alert_id(1)};
    command.meta.actor.user_id = desk_id_of_address(2, 2);
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);
    command.delete_alert.user_id = desk_id_of_address(2, 2);
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "NOT_FOUND", NULL);

    command.delete_alert.user_id = command.meta.actor.user_id = user_id();
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_ALERT_DELETED);
    assert_int_equal(told_last(*state, 10), 0);
}

static void what_cannot_be_waited_for_is_refused(void **state)
{
    struct desk *desk = *state;
    struct command command = wanted(1, ALERT_CONDITION_ABOVE, 10);
    command.create_alert.instrument = TEXT("X-EUR");
    struct event event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "INSTRUMENT_UNKNOWN", "instrument");
    command = wanted(1, ALERT_CONDITION_ABOVE, 0);
    event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "price");
    command = wanted(1, ALERT_CONDITION_BELOW, 1);
    command.create_alert.has_percent_e8 = true;
    event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "percent");
    command = wanted(1, ALERT_CONDITION_PERCENT_CHANGE, 1);
    event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "price");
    command.create_alert.has_price_e8 = false;
    event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "percent");
    command.create_alert.has_percent_e8 = true;
    command.create_alert.percent_e8 = E8;
    event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "window_s");
    command.create_alert.has_window_s = true;
    command.create_alert.window_s = 60;
    event = desk_decide(desk, &command); /* nothing was traded yet */
    desk_assert_rejected(&event, "VALIDATION_FAILED", "condition");
    command = wanted(1, ALERT_CONDITION_ABOVE, 1);
    command.create_alert.has_expires_at = true;
    command.create_alert.expires_at = desk->now_us;
    event = desk_decide(desk, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "expires_at");
}

static void nobody_waits_for_more_than_so_much(void **state)
{
    for (uint32_t n = 0; n < SETTINGS_ALERTS_MAX; n++)
        await_price(*state, n, ALERT_CONDITION_ABOVE, 10, false);
    struct command command = wanted(SETTINGS_ALERTS_MAX, ALERT_CONDITION_ABOVE, 10);
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", NULL);
}

static void restart(struct desk *desk)
{
    struct buffer saved, again;
    buffer_init(&saved, SNAPSHOT_MAX);
    buffer_init(&again, SNAPSHOT_MAX);
    settings_save(desk->settings, &saved);
    settings_free(desk->settings);
    desk->settings = settings_new(&DESK_PLACE);
    assert_int_equal(settings_load(desk->settings, buffer_bytes(&saved)), OK);
    settings_save(desk->settings, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    buffer_free(&saved);
    buffer_free(&again);
}

static void a_thousand_that_one_price_meets_fire_once_each_across_a_restart(void **state)
{
    struct desk *desk = *state;
    bool seen[SETTINGS_ALERTS_MAX] = {false};
    for (uint32_t n = 0; n < SETTINGS_ALERTS_MAX; n++)
        await_price(desk, n, ALERT_CONDITION_ABOVE, 10 + n % 7, false);
    adopt(desk, 9, 20, 9);
    struct event event = tick(desk);
    assert_int_equal(event.alerts_fired.alerts_count, SETTINGS_FIRED_MAX);
    for (size_t i = 0; i < SETTINGS_FIRED_MAX; i++)
        fired[fired_count++] = event.alerts_fired.alerts[i].alert_id;
    restart(desk);
    drain(desk);

    assert_int_equal(fired_count, SETTINGS_ALERTS_MAX);
    assert_int_equal(largest_event, SETTINGS_FIRED_MAX);
    for (size_t i = 0; i < fired_count; i++) {
        size_t n = (size_t)fired[i].bytes[14] << 8 | fired[i].bytes[15];
        assert_false(seen[n]);
        seen[n] = true;
    }
    assert_int_equal(told(desk, 1, 30, 30), 0);
}

/* --- against one at a time -------------------------------------------------------------------- */

/* An alert as one would keep it alone. */
struct naive {
    enum alert_condition condition;
    int64_t price, last;
    bool was_met; /* at the last telling */
};

static bool naive_fires(struct naive *naive, int64_t low, int64_t high, int64_t last)
{
    bool above = naive->condition == ALERT_CONDITION_ABOVE;
    bool met = above ? last >= naive->price : last <= naive->price;
    bool reached = above ? high >= naive->price : low <= naive->price;
    bool left = above ? low < naive->price : high > naive->price;
    bool fires = naive->was_met ? left && met : reached;
    if (naive->condition == ALERT_CONDITION_CROSSES)
        fires = naive->last < naive->price ? high >= naive->price : low < naive->price;
    naive->was_met = fires || naive->was_met ? met : false;
    naive->last = last;
    return fires;
}

static void whatever_prices_do_alerts_fire_as_one_alone_would(void **state)
{
    enum { ALERTS = 60, ROUNDS = 3000, SEED = 20261129 };
    struct desk *desk = *state;
    struct naive naive[ALERTS];
    uint32_t random = SEED;
    print_message("seed %d\n", SEED);
    (void)told_last(desk, 50);
    for (uint32_t n = 0; n < ALERTS; n++) {
        naive[n] = (struct naive){
            .condition = (enum alert_condition)(n % 3), .price = 40 + n / 3, .last = 50};
        await_price(desk, n, naive[n].condition, naive[n].price, true);
    }
    for (int i = 0; i < ROUNDS; i++) {
        size_t expected = 0;
        int64_t prices[3];
        for (int j = 0; j < 3; j++) {
            random = random * 1664525 + 1013904223;
            prices[j] = 35 + (random >> 16) % 30;
        }
        int64_t low = prices[0] < prices[1] ? prices[0] : prices[1];
        int64_t high = prices[0] < prices[1] ? prices[1] : prices[0];
        int64_t last = prices[2] < low ? low : prices[2] > high ? high : prices[2];
        for (uint32_t n = 0; n < ALERTS; n++)
            expected += naive_fires(&naive[n], low, high, last);
        fired_count = 0;
        arena_reset(desk->arena);
        assert_int_equal(told(desk, low, high, last), expected);
        if (i % 500 == 0)
            restart(desk);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_alert_fires_once_at_its_price),
        TEST(no_crossing_between_two_tellings_is_missed),
        TEST(a_level_that_holds_already_fires_with_the_next_price),
        TEST(what_crosses_passes_from_one_side_to_the_other),
        TEST(a_recurring_level_is_to_be_left_before_it_fires_again),
        TEST(a_change_is_measured_within_its_window),
        TEST(of_a_range_only_the_last_is_known_to_come_behind),
        TEST(an_alert_ends_by_the_clock),
        TEST(what_pauses_waits_for_nothing),
        TEST(what_is_changed_waits_for_that_from_then_on),
        TEST(an_alert_is_its_users_own),
        TEST(what_cannot_be_waited_for_is_refused),
        TEST(nobody_waits_for_more_than_so_much),
        TEST(a_thousand_that_one_price_meets_fire_once_each_across_a_restart),
        TEST(whatever_prices_do_alerts_fire_as_one_alone_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
