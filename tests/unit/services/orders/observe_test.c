#include "orders/observe.h"

#include "base/time.h"
#include "client/canary.h"
#include "decimal/decimal.h"
#include "metrics/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE_SIZE_MAX = 1 << 20 };

static void assert_counted(const char *line)
{
    struct buffer text;
    buffer_init(&text, PAGE_SIZE_MAX);
    metrics_write(METRICS_PLAIN, &text);
    buffer_byte(&text, '\0');
    if (strstr((const char *)text.data, line) == NULL)
        fail_msg("\"%s\" is not in\n%s", line, (const char *)text.data);
    buffer_free(&text);
}

static const int64_t NOW_US = 1700000000 * SECOND_US;

static struct order order(enum order_status status, int64_t age_us)
{
    return (struct order){
        .instrument = TEXT("CEA-EUR"), .status = status, .created_at = NOW_US - age_us};
}

static void observe(struct order_entered entered)
{
    orders_observe(&(struct event){
        .kind = EVENT_ORDER_ENTERED, .meta.occurred_at = NOW_US, .order_entered = entered});
}

static void meet(struct order_entered entered, struct uuid resting_id, enum order_status status)
{
    struct resting_fill resting = {.order_id = resting_id, .status = status};
    struct fill fill = {0};
    entered.fills = &fill;
    entered.fills_count = 1;
    entered.resting = &resting;
    entered.resting_count = 1;
    observe(entered);
}

static void how_long_an_order_waits_counts_once_it_is_filled_in_whole(void **state)
{
    (void)state;
    struct uuid rested = {{1}}, unseen = {{2}};
    struct order_entered rests = {.order = order(ORDER_STATUS_OPEN, 40 * SECOND_US)};
    struct order_entered takes = {.order = order(ORDER_STATUS_FILLED, 20000)};
    struct order_entered ends = {.order = order(ORDER_STATUS_CANCELED, 1)};
    rests.order.id = rested;
    rests.order.remaining_quantity_e8 = E8;
    observe(rests);
    meet(takes, rested, ORDER_STATUS_PARTIALLY_FILLED);
    meet(ends, unseen, ORDER_STATUS_FILLED);
    meet(ends, rested, ORDER_STATUS_FILLED);

    assert_counted("bourse_order_fill_seconds_sum{role=\"taker\"} 0.02\n"
                   "bourse_order_fill_seconds_count{role=\"taker\"} 1\n");
    assert_counted("bourse_order_fill_seconds_sum{role=\"maker\"} 40\n"
                   "bourse_order_fill_seconds_count{role=\"maker\"} 1\n");
}

/* Its owner knew that it would wait; and the order is hours old. */
static void an_order_waits_for_its_fill_since_its_trigger_fired(void **state)
{
    (void)state;
    struct order_entered fires = {.order = order(ORDER_STATUS_FILLED, 9000 * SECOND_US),
                                  .entry = ORDER_ENTRY_TRIGGERED};
    observe(fires);
    assert_counted("bourse_order_fill_seconds_sum{role=\"taker\"} 0.02\n"
                   "bourse_order_fill_seconds_count{role=\"taker\"} 2\n");
}

static void trigger(enum side side, enum order_status status, int64_t stop_e8, int64_t average_e8)
{
    struct order fired = order(status, 0);
    fired.side = side;
    fired.has_stop_price_e8 = true;
    fired.stop_price_e8 = stop_e8;
    fired.has_average_fill_price_e8 = average_e8 > 0;
    fired.average_fill_price_e8 = average_e8;
    fired.filled_quantity_e8 = average_e8 > 0 ? E8 : 0;
    observe((struct order_entered){.order = fired, .entry = ORDER_ENTRY_TRIGGERED});
}

static void a_trigger_is_as_exact_as_it_was_filled_near_its_price(void **state)
{
    (void)state;
    trigger(SIDE_SELL, ORDER_STATUS_FILLED, 100 * E8, 99 * E8);
    trigger(SIDE_SELL, ORDER_STATUS_FILLED, 100 * E8, 102 * E8); /* better than it asked for */
    trigger(SIDE_BUY, ORDER_STATUS_PARTIALLY_FILLED, 90000000000 * E8, 90045000000 * E8);
    trigger(SIDE_BUY, ORDER_STATUS_CANCELED, 100 * E8, 0);

    assert_counted("bourse_triggers_fired_total{result=\"filled\"} 3\n"
                   "bourse_triggers_fired_total{result=\"partly_filled\"} 1\n"
                   "bourse_triggers_fired_total{result=\"unfilled\"} 1\n");
    assert_counted("bourse_trigger_slippage_ratio_bucket{le=\"0\"} 1\n"
                   "bourse_trigger_slippage_ratio_bucket{le=\"0.0005\"} 2\n");
    assert_counted("bourse_trigger_slippage_ratio_sum 0.0105\n"
                   "bourse_trigger_slippage_ratio_count 3\n");
}

static void the_canary_says_nothing_of_clients(void **state)
{
    (void)state;
    struct order canarys = order(ORDER_STATUS_FILLED, 1000 * SECOND_US);
    canarys.instrument = TEXT(CANARY_INSTRUMENT);
    observe((struct order_entered){.order = canarys});
    assert_counted("bourse_order_fill_seconds_sum{role=\"taker\"} 0.02\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_long_an_order_waits_counts_once_it_is_filled_in_whole),
        cmocka_unit_test(an_order_waits_for_its_fill_since_its_trigger_fired),
        cmocka_unit_test(a_trigger_is_as_exact_as_it_was_filled_near_its_price),
        cmocka_unit_test(the_canary_says_nothing_of_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
