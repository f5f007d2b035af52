/* Events of orders as rows. */
#include "../recorded_rows.h"
#include "base/murmur2.h"
#include "orders/project.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID(digits) digits "000000-0000-0000-0000-000000000000"

static struct order an_order(void)
{
    return (struct order){
        .id = {{1}},
        .account_id = {{0xa1}},
        .instrument = TEXT("CEA-EUR"),
        .side = SIDE_BUY,
        .status = ORDER_STATUS_PARTIALLY_FILLED,
        .lifecycle = LIFECYCLE_SUBMITTED,
        .quantity_e8 = 10,
        .filled_quantity_e8 = 3,
        .remaining_quantity_e8 = 6,
        .has_limit_price_e8 = true,
        .limit_price_e8 = 50,
        .has_average_fill_price_e8 = true,
        .average_fill_price_e8 = 49,
        .filled_notional_e8 = 147,
        .fees_e8 = 2,
        .self_trade = SELF_TRADE_DECREMENT,
        .has_client_order_id = true,
        .client_order_id = TEXT("mine"),
        .created_at = 1000,
        .updated_at = 2000,
    };
}

#define PLACE_OF_ORDER "00000000000001000" ID("01")
#define PLACE_OF_TRADE "0000000000000200000002000000000000017000000"

static void an_entered_order_makes_rows_of_all_it_met(void **state)
{
    (void)state;
    struct fill fill = {.trade_id = {{7}}, .price_e8 = 49, .quantity_e8 = 3, .fee_e8 = 2};
    struct resting_fill resting = {.order_id = {{2}},
                                   .account_id = {{0xa2}},
                                   .fee_e8 = 1,
                                   .filled_quantity_e8 = 5,
                                   .filled_notional_e8 = 245,
                                   .fees_e8 = 4,
                                   .average_fill_price_e8 = 49,
                                   .status = ORDER_STATUS_FILLED,
                                   .lifecycle = LIFECYCLE_EXECUTED};
    struct prevented prevented = {.order_id = {{3}}, .quantity_e8 = 1, .prevented_quantity_e8 = 4};
    struct ended_order ended = {.order_id = {{3}},
                                .status = ORDER_STATUS_CANCELED,
                                .lifecycle = LIFECYCLE_CLOSED,
                                .end_reason = END_REASON_SELF_TRADE};
    struct event event = {.kind = EVENT_ORDER_ENTERED,
                          .meta = {.occurred_at = 2000, .wseq = 5},
                          .order_entered = {.order = an_order(),
                                            .fills = &fill,
                                            .fills_count = 1,
                                            .resting = &resting,
                                            .resting_count = 1,
                                            .prevented = &prevented,
                                            .prevented_count = 1,
                                            .ended = &ended,
                                            .ended_count = 1,
                                            .has_last_price_e8 = true,
                                            .last_price_e8 = 49}};

    static const char ROWS[] = "0|" ID("01") "|" PLACE_OF_ORDER "|" ID(
        "a1") "|CEA-EUR|buy|limit|gtc|partially_filled|"
              "submitted|10|3|1|50|-|49|147|2|f|decrement|mine|none|-|-|-|-|-|-|-|-|f|-|-|-|1000|"
              "2000|2|17|17|17|17|5\n"
              "7|" ID("07") "|" PLACE_OF_TRADE "|CEA-EUR|49|3|" ID("01") "|" ID("02") "|" ID(
                  "a1") "|" ID("a2") "|2|1|buy|2000|2|17\n"
                                     "4|" ID(
                                         "02") "|5|49|245|4|filled|executed|filled|2000|17|17|5\n"
                                               "5|" ID(
                                                   "03") "|4|2000|17|5\n"
                                                         "19|" ID(
                                                             "03") "|17|2000|4\n"
                                                                   "6|" ID(
                                                                       "03") "|canceled|closed|"
                                                                             "self_trade|"
                                                                             "2000|17|5\n"
                                                                             "11|CEA-EUR|17\n"
                                                                             "12|CEA-EUR|1|0|49|49|"
                                                                             "49|49|3\n"
                                                                             "12|CEA-EUR|60|0|49|"
                                                                             "49|49|49|3\n"
                                                                             "10|CEA-EUR|49|2000\n";
    assert_true(recorded_rows_are(&ORDERS_PROJECTION, &event, ROWS));
}

static void a_self_trade_that_took_nothing_changes_no_resting_order(void **state)
{
    (void)state;
    struct prevented prevented = {.order_id = {{3}}, .quantity_e8 = 1};
    struct event event = {
        .kind = EVENT_ORDER_ENTERED,
        .meta = {.occurred_at = 2000, .wseq = 5},
        .order_entered = {.order = an_order(), .prevented = &prevented, .prevented_count = 1}};
    event.order_entered.order.self_trade = SELF_TRADE_CANCEL_INCOMING;

    assert_true(recorded_rows_are(
        &ORDERS_PROJECTION, &event,
        "0|" ID("01") "|" PLACE_OF_ORDER
                      "|" ID("a1") "|CEA-EUR|buy|limit|gtc|partially_filled|"
                                   "submitted|10|3|1|50|-|49|147|2|f|cancel_incoming|mine|"
                                   "none|-|-|-|-|-|-|-|-|f|-|-|-|1000|2000|2|17|17|17|17|5\n"
                                   "11|CEA-EUR|17\n"));
}

/* The row keeps its entered_offset, which is its place. */
static void an_order_that_is_replaced_where_it_stands_keeps_its_place(void **state)
{
    (void)state;
    const struct event event = {
        .kind = EVENT_ORDER_ENTERED,
        .meta = {.occurred_at = 2000, .wseq = 5},
        .order_entered = {.order = an_order(), .entry = ORDER_ENTRY_REPLACED, .keeps_place = true}};

    assert_true(recorded_rows_are(
        &ORDERS_PROJECTION, &event,
        "18|" ID("01") "|17|2000|1|10|50|-|none\n"
                       "3|" ID("01") "|10|3|1|49|147|2|partially_filled|submitted|-|2000|17|17|-|"
                                     "5\n11|CEA-EUR|17\n"));
}

static void a_refused_order_says_why(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_ORDER_REFUSED,
        .meta = {.wseq = 5},
        .order_refused = {.order = an_order(), .code = TEXT("TICK_SIZE"), .message = TEXT("why")}};
    event.order_refused.order.status = ORDER_STATUS_REJECTED;
    event.order_refused.order.lifecycle = LIFECYCLE_CLOSED;
    event.order_refused.order.has_client_order_id = false;

    assert_true(recorded_rows_are(&ORDERS_PROJECTION, &event,
                                  "0|" ID("01") "|" PLACE_OF_ORDER "|" ID(
                                      "a1") "|CEA-EUR|buy|limit|gtc|rejected|closed|10|3|"
                                            "1|50|-|49|147|2|f|decrement|-|none|-|-|-|-|-|-|-|-|f|-"
                                            "|TICK_SIZE|why|1000|2000|2|17|17|17|17|5\n"));
}

/* What waited is there already: what it met comes on top, and its place in the queue is here. */
static void a_fired_order_changes_its_row(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_ORDER_ENTERED,
                          .meta = {.occurred_at = 2000, .wseq = 5},
                          .order_entered = {.order = an_order(), .entry = ORDER_ENTRY_TRIGGERED}};
    event.order_entered.order.trigger = TRIGGER_STATE_FIRED;
    event.order_entered.order.has_stop_price_e8 = true;
    event.order_entered.order.stop_price_e8 = 48;
    event.order_entered.has_crossed_by = true;
    event.order_entered.crossed_by = (struct uuid){{7}};

    assert_true(recorded_rows_are(
        &ORDERS_PROJECTION, &event,
        "18|" ID("01") "|17|2000|1|10|50|48|fired\n"
                       "2|" ID("01") "|10|3|1|49|147|2|partially_filled|submitted|-|2000|"
                                     "17|17|48|5|50|fired|17\n"
                                     "1|" ID("01") "|" ID("07") "\n"
                                                                "11|CEA-EUR|17\n"));
}

static void canceled_orders_end_one_by_one_and_together(void **state)
{
    (void)state;
    struct order order = an_order();
    order.status = ORDER_STATUS_CANCELED;
    order.lifecycle = LIFECYCLE_EXECUTED;
    order.has_end_reason = true;
    order.end_reason = END_REASON_CANCELED_BY_USER;
    const char *rows =
        "6|" ID("01") "|canceled|executed|canceled_by_user|2000|17|5\n11|CEA-EUR|17\n";
    struct event event = {
        .kind = EVENT_ORDER_CANCELED, .meta = {.wseq = 5}, .order_canceled = {.order = order}};
    assert_true(recorded_rows_are(&ORDERS_PROJECTION, &event, rows));
    event = (struct event){.kind = EVENT_ORDERS_CANCELED,
                           .meta = {.wseq = 5},
                           .orders_canceled = {.orders = &order, .orders_count = 1}};
    assert_true(recorded_rows_are(&ORDERS_PROJECTION, &event, rows));
}

/* Where it ended, and when, stays as it is: who asks what was, asks that. */
static void a_second_cancel_changes_nothing_but_the_version(void **state)
{
    (void)state;
    struct order order = an_order();
    order.status = ORDER_STATUS_CANCELED;
    const struct event event = {.kind = EVENT_ORDER_CANCELED,
                                .meta = {.occurred_at = 2001, .wseq = 5},
                                .order_canceled = {.order = order}};
    assert_true(
        recorded_rows_are(&ORDERS_PROJECTION, &event, "17|" ID("01") "|5\n11|CEA-EUR|17\n"));
}

/* The rows are recorded for partition 2; with three of them one instrument or the other is there.
 */
static void a_log_begins_with_what_lives_in_its_partition(void **state)
{
    (void)state;
    struct partition_count count = {.service = TEXT("orders"), .count = 3};
    struct event event = {
        .kind = EVENT_LOG_CREATED,
        .log_created = {.partition_counts = &count, .partition_counts_count = 1, .created_at = 5}};
    char rows[1024];
    int size = snprintf(rows, sizeof rows, "%s",
                        "8|EUR|Euro|cash|2|-|-|-|-|-\n8|USD|US dollar|cash|2|-|-|-|-|-\n"
                        "8|CEA|China emission allowance|certificate|0|-|-|-|-|-\n"
                        "8|EUA|EU emission allowance|certificate|0|-|-|-|-|-\n");
    static const char *const BASES[] = {"CEA", "EUA"};
    for (size_t i = 0; i < COUNT_OF(BASES); i++) {
        char symbol[16];
        snprintf(symbol, sizeof symbol, "%s-EUR", BASES[i]);
        if (partition_of_key(text_of(symbol), 3) != RECORDED_PARTITION)
            continue;
        size += snprintf(rows + size, sizeof rows - (size_t)size,
                         "9|%s|%s|EUR|1000000|100000000|100000000|100000000000000|0|0|0|0|2|open|-|"
                         "EUR|-|5|5|1|17\n",
                         symbol, BASES[i]);
    }
    assert_true(recorded_rows_are(&ORDERS_PROJECTION, &event, rows));
}

/* Trailing stops that wait are shown by what their instrument was marked at. */
static void each_mark_is_kept(void **state)
{
    (void)state;
    const struct event event = {.kind = EVENT_INSTRUMENT_CHANGED,
                                .instrument_changed.instrument = {.symbol = TEXT("CEA-EUR"),
                                                                  .base = TEXT("CEA"),
                                                                  .quote = TEXT("EUR"),
                                                                  .currency = TEXT("EUR"),
                                                                  .has_mark_price_e8 = true,
                                                                  .mark_price_e8 = 70,
                                                                  .updated_at = 6}};
    assert_true(recorded_rows_are(
        &ORDERS_PROJECTION, &event,
        "9|CEA-EUR|CEA|EUR|0|0|0|0|0|0|0|0|0|open|-|EUR|70|0|6|0|17\n14|CEA-EUR|17|70|6\n"));
}

static void facts_for_the_journal_make_no_rows(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    assert_true(recorded_rows_are(&ORDERS_PROJECTION, &event, ""));
    event.kind = EVENT_ASSET_ADOPTED;
    assert_true(recorded_rows_are(&ORDERS_PROJECTION, &event, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entered_order_makes_rows_of_all_it_met),
        cmocka_unit_test(a_self_trade_that_took_nothing_changes_no_resting_order),
        cmocka_unit_test(an_order_that_is_replaced_where_it_stands_keeps_its_place),
        cmocka_unit_test(a_refused_order_says_why),
        cmocka_unit_test(a_fired_order_changes_its_row),
        cmocka_unit_test(canceled_orders_end_one_by_one_and_together),
        cmocka_unit_test(a_second_cancel_changes_nothing_but_the_version),
        cmocka_unit_test(a_log_begins_with_what_lives_in_its_partition),
        cmocka_unit_test(each_mark_is_kept),
        cmocka_unit_test(facts_for_the_journal_make_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
