#include "gateway/stream_account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 1 << 16 };

static const struct uuid OWN = {{1}}, OTHER = {{2}}, USER = {{3}};

/* What was told: "word " for each message, and the data of the last one. */
struct told {
    struct buffer words;
    struct buffer last;
};

static void take(void *context, const char *word, struct text data)
{
    struct told *told = context;
    buffer_printf(&told->words, "%s ", word);
    buffer_reset(&told->last);
    buffer_text(&told->last, data);
    buffer_byte(&told->last, 0);
}

/* The words that an event makes, then the data of the last one in `ret_last`. */
static const char *apply(struct stream_account *account, const struct event *event,
                         char ret_last[TEXT_MAX])
{
    static char words[TEXT_MAX];
    struct told told;
    buffer_init(&told.words, TEXT_MAX);
    buffer_init(&told.last, TEXT_MAX);
    stream_account_apply(account, event, (struct stream_sink){&told, take});
    buffer_byte(&told.words, 0);
    memcpy(words, told.words.data, told.words.size);
    if (ret_last != NULL && told.last.size > 0)
        memcpy(ret_last, told.last.data, told.last.size);
    buffer_free(&told.words);
    buffer_free(&told.last);
    return words;
}

static struct order order_of(uint8_t id, struct uuid account_id)
{
    return (struct order){.id = {{id}},
                          .account_id = account_id,
                          .instrument = TEXT("CEA-EUR"),
                          .status = ORDER_STATUS_OPEN,
                          .lifecycle = LIFECYCLE_SUBMITTED,
                          .quantity_e8 = 10 * E8,
                          .remaining_quantity_e8 = 10 * E8,
                          .has_client_order_id = true,
                          .client_order_id = TEXT("mine")};
}

static struct event entered(struct order order)
{
    return (struct event){.kind = EVENT_ORDER_ENTERED,
                          .meta = {.occurred_at = 1000000},
                          .order_entered = {.order = order}};
}

static struct stream_account *with_open_order(uint8_t id)
{
    struct stream_account *account = stream_account_new(OWN, USER);
    struct event event = entered(order_of(id, OWN));
    assert_string_equal(apply(account, &event, NULL), "new ");
    return account;
}

static void an_order_that_comes_in_is_new_then_filled_then_ended(void **state)
{
    (void)state;
    struct stream_account *account = stream_account_new(OWN, USER);
    struct fill fills[2] = {{.quantity_e8 = E8}, {.quantity_e8 = E8}};
    struct resting_fill resting[2] = {{.account_id = OTHER}, {.account_id = OTHER}};
    struct event event = entered(order_of(1, OWN));
    event.order_entered.fills = fills;
    event.order_entered.resting = resting;
    event.order_entered.fills_count = event.order_entered.resting_count = 2;
    assert_string_equal(apply(account, &event, NULL), "new partial_fill partial_fill ");
    event.order_entered.order = order_of(2, OWN);
    event.order_entered.order.status = ORDER_STATUS_FILLED;
    assert_string_equal(apply(account, &event, NULL), "new partial_fill fill ");
    event.order_entered.order = order_of(3, OWN);
    event.order_entered.order.status = ORDER_STATUS_CANCELED;
    event.order_entered.order.has_end_reason = true;
    assert_string_equal(apply(account, &event, NULL), "new partial_fill partial_fill canceled ");
    stream_account_free(account);
}

static void what_comes_of_a_trigger_or_a_replace_is_said_so(void **state)
{
    (void)state;
    struct stream_account *account = with_open_order(1);
    struct event event = entered(order_of(1, OWN));
    event.order_entered.entry = ORDER_ENTRY_TRIGGERED;
    assert_string_equal(apply(account, &event, NULL), "triggered ");
    event.order_entered.entry = ORDER_ENTRY_REPLACED;
    assert_string_equal(apply(account, &event, NULL), "replaced ");
    event.order_entered.entry = ORDER_ENTRY_BRACKET;
    assert_string_equal(apply(account, &event, NULL), "new ");
    stream_account_free(account);
}

static void a_resting_order_is_told_whole_as_it_is_behind_the_fill(void **state)
{
    (void)state;
    static char last[TEXT_MAX];
    struct stream_account *account = with_open_order(1);
    struct fill fill = {.trade_id = {{9}}, .price_e8 = 12 * E8, .quantity_e8 = 4 * E8};
    struct resting_fill resting = {.order_id = {{1}},
                                   .account_id = OWN,
                                   .fee_e8 = E8 / 10,
                                   .filled_quantity_e8 = 4 * E8,
                                   .remaining_quantity_e8 = 6 * E8,
                                   .average_fill_price_e8 = 12 * E8,
                                   .status = ORDER_STATUS_PARTIALLY_FILLED};
    struct event event = entered(order_of(2, OTHER));
    event.order_entered.fills = &fill;
    event.order_entered.resting = &resting;
    event.order_entered.fills_count = event.order_entered.resting_count = 1;
    assert_string_equal(apply(account, &event, last), "partial_fill ");
    assert_non_null(strstr(last, "\"remaining_quantity\":\"6.00\""));
    assert_non_null(strstr(last, "\"client_order_id\":\"mine\""));
    assert_non_null(strstr(last, "\"fill\":{\"trade_id\":\"09000000-0000-0000-0000-000000000000\","
                                 "\"price\":\"12.00\",\"quantity\":\"4.00\",\"fee\":\"0.10\","
                                 "\"liquidity\":\"maker\"}}"));
    resting.remaining_quantity_e8 = 0;
    resting.status = ORDER_STATUS_FILLED;
    assert_string_equal(apply(account, &event, last), "fill ");
    assert_non_null(strstr(last, "\"end_reason\":\"filled\""));
    stream_account_free(account);
}

static void nothing_is_told_of_others(void **state)
{
    (void)state;
    struct stream_account *account = with_open_order(1);
    struct event event = entered(order_of(2, OTHER));
    assert_string_equal(apply(account, &event, NULL), "");
    event = (struct event){.kind = EVENT_ORDER_CANCELED,
                           .order_canceled = {.order = order_of(2, OTHER)}};
    assert_string_equal(apply(account, &event, NULL), "");
    event =
        (struct event){.kind = EVENT_ORDER_REFUSED, .order_refused = {.order = order_of(3, OTHER)}};
    assert_string_equal(apply(account, &event, NULL), "");
    struct balance_after balance = {.account_id = OTHER, .asset = TEXT("EUR")};
    event = (struct event){.kind = EVENT_HOLD_RELEASED,
                           .hold_released = {.balances = &balance, .balances_count = 1}};
    assert_string_equal(apply(account, &event, NULL), "");
    stream_account_free(account);
}

static void an_order_ends_once(void **state)
{
    (void)state;
    struct stream_account *account = with_open_order(1);
    struct order order = order_of(1, OWN);
    order.status = ORDER_STATUS_CANCELED;
    struct event event = {.kind = EVENT_ORDER_CANCELED, .order_canceled = {.order = order}};
    assert_string_equal(apply(account, &event, NULL), "canceled ");
    assert_string_equal(apply(account, &event, NULL), "");
    stream_account_free(account);
}

static void those_that_end_together_are_each_told(void **state)
{
    (void)state;
    struct stream_account *account = with_open_order(1);
    struct event event = entered(order_of(2, OWN));
    assert_string_equal(apply(account, &event, NULL), "new ");
    struct order orders[] = {order_of(1, OWN), order_of(2, OWN), order_of(3, OTHER)};
    orders[0].status = ORDER_STATUS_EXPIRED;
    orders[1].status = ORDER_STATUS_CANCELED;
    event = (struct event){.kind = EVENT_ORDERS_CANCELED,
                           .orders_canceled = {.orders = orders, .orders_count = 3}};
    assert_string_equal(apply(account, &event, NULL), "expired canceled ");
    stream_account_free(account);
}

static void guards_are_told_when_they_wait_and_siblings_when_they_end(void **state)
{
    (void)state;
    static char last[TEXT_MAX];
    struct stream_account *account = stream_account_new(OWN, USER);
    struct guard guards[] = {
        {.order = order_of(1, OWN)}, {.order = order_of(2, OWN)}, {.order = order_of(3, OTHER)}};
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        guards[i].order.trigger = TRIGGER_STATE_WAITING;
        guards[i].order.created_at = 1000000;
    }
    struct event event = {.kind = EVENT_BRACKETS_ENTERED,
                          .meta = {.occurred_at = 1000000},
                          .brackets_entered = {.guards = guards, .guards_count = 3}};
    assert_string_equal(apply(account, &event, NULL), "new new ");
    event.meta.occurred_at = 2000000;
    assert_string_equal(apply(account, &event, NULL), "replaced replaced ");
    struct ended_order ended[] = {
        {.order_id = {{2}}, .account_id = OWN, .status = ORDER_STATUS_CANCELED},
        {.order_id = {{3}}, .account_id = OTHER, .status = ORDER_STATUS_CANCELED}};
    ended[0].end_reason = END_REASON_SIBLING;
    struct order canceled = order_of(1, OWN);
    canceled.status = ORDER_STATUS_CANCELED;
    event = (struct event){
        .kind = EVENT_ORDER_CANCELED,
        .order_canceled = {.order = canceled, .ended = ended, .ended_count = COUNT_OF(ended)}};
    assert_string_equal(apply(account, &event, last), "canceled canceled ");
    assert_non_null(strstr(last, "\"end_reason\":\"sibling\""));
    stream_account_free(account);
}

static void siblings_end_with_runs_of_cancels_and_guards_with_their_position(void **state)
{
    (void)state;
    struct stream_account *account = with_open_order(1);
    struct ended_order ended = {
        .order_id = {{1}}, .account_id = OWN, .status = ORDER_STATUS_CANCELED};
    struct event event = {.kind = EVENT_ORDERS_CANCELED,
                          .orders_canceled = {.ended = &ended, .ended_count = 1}};
    assert_string_equal(apply(account, &event, NULL), "canceled ");
    stream_account_free(account);
}

static void what_self_trade_prevention_did_is_told(void **state)
{
    (void)state;
    struct stream_account *account = with_open_order(1);
    struct prevented prevented = {
        .order_id = {{1}}, .account_id = OWN, .remaining_quantity_e8 = 7 * E8};
    struct event event = entered(order_of(2, OWN));
    event.order_entered.order.self_trade = SELF_TRADE_DECREMENT;
    event.order_entered.prevented = &prevented;
    event.order_entered.prevented_count = 1;
    assert_string_equal(apply(account, &event, NULL), "prevented new ");
    struct ended_order ended = {.order_id = {{1}},
                                .account_id = OWN,
                                .status = ORDER_STATUS_CANCELED,
                                .end_reason = END_REASON_SELF_TRADE};
    event.order_entered.order = order_of(3, OWN);
    event.order_entered.order.self_trade = SELF_TRADE_CANCEL_RESTING;
    event.order_entered.ended = &ended;
    event.order_entered.ended_count = 1;
    assert_string_equal(apply(account, &event, NULL), "canceled new ");
    stream_account_free(account);
}

static void any_event_with_balances_tells_the_accounts_own(void **state)
{
    (void)state;
    static char last[TEXT_MAX];
    struct stream_account *account = stream_account_new(OWN, USER);
    struct balance_after balances[] = {
        {OWN, TEXT("EUR"), 90 * E8, 10 * E8, 100 * E8},
        {OTHER, TEXT("EUR"), 1, 0, 1},
        {OWN, TEXT("CEA"), 5 * E8, 0, 5 * E8},
    };
    struct event event = {.kind = EVENT_FILLS_SETTLED,
                          .meta = {.occurred_at = 1000000},
                          .fills_settled = {.balances = balances, .balances_count = 3}};
    static const char EUR[] = "\"EUR\":{\"available\":\"90.00\",\"locked\":\"10.00\","
                              "\"total\":\"100.00\"}";
    assert_string_equal(apply(account, &event, last), "balances ");
    assert_string_equal(last, "{\"at\":\"1970-01-01T00:00:01.000000Z\",\"balances\":{"
                              "\"EUR\":{\"available\":\"90.00\",\"locked\":\"10.00\",\"total\":"
                              "\"100.00\"},\"CEA\":{\"available\":\"5.00\",\"locked\":\"0.00\","
                              "\"total\":\"5.00\"}}}");
    event = (struct event){.kind = EVENT_ORDER_AUTHORIZED,
                           .order_authorized = {.balance = balances[0]}};
    assert_string_equal(apply(account, &event, last), "balances ");
    assert_non_null(strstr(last, EUR));
    stream_account_free(account);
}

static void a_notification_is_told_to_its_user_only(void **state)
{
    (void)state;
    static char last[TEXT_MAX];
    struct stream_account *account = stream_account_new(OWN, USER);
    struct notification notifications[] = {{.user_id = OWN},
                                           {.id = {{8}},
                                            .user_id = USER,
                                            .kind = NOTIFICATION_KIND_DEPOSIT,
                                            .has_amount_e8 = true,
                                            .amount_e8 = 5 * E8}};
    struct event event = {.kind = EVENT_NOTIFICATIONS_RAISED,
                          .meta = {.occurred_at = 1000000},
                          .notifications_raised = {notifications, 2}};
    assert_string_equal(apply(account, &event, last), "notification ");
    assert_non_null(strstr(last, "{\"at\":\"1970-01-01T00:00:01.000000Z\",\"notification\":{"
                                 "\"id\":\"08000000-"));
    assert_non_null(strstr(last, "\"kind\":\"deposit\""));
    assert_non_null(strstr(last, "\"amount\":\"5.00\""));
    struct fired_alert fired[] = {{.notification = notifications[1]},
                                  {.notification = notifications[0]},
                                  {.notification = notifications[1]}};
    event = (struct event){.kind = EVENT_ALERTS_FIRED, .alerts_fired = {fired, 3}};
    assert_string_equal(apply(account, &event, last), "notification notification ");
    stream_account_free(account);
}

static void a_snapshot_has_the_open_orders_only(void **state)
{
    (void)state;
    struct stream_account *account = with_open_order(1);
    struct order ended = order_of(2, OWN);
    ended.status = ORDER_STATUS_CANCELED;
    stream_account_put(account, &ended);
    struct buffer json;
    buffer_init(&json, TEXT_MAX);
    stream_account_snapshot(account, TEXT("{\"EUR\":{}}"), &json);
    buffer_byte(&json, 0);
    const char *text = (const char *)json.data;
    assert_non_null(strstr(text, "{\"orders\":[{\"id\":\"01000000-"));
    assert_null(strstr(text, "\"02000000-"));
    assert_non_null(strstr(text, "],\"balances\":{\"EUR\":{}}}"));
    buffer_free(&json);
    stream_account_free(account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_that_comes_in_is_new_then_filled_then_ended),
        cmocka_unit_test(what_comes_of_a_trigger_or_a_replace_is_said_so),
        cmocka_unit_test(a_resting_order_is_told_whole_as_it_is_behind_the_fill),
        cmocka_unit_test(nothing_is_told_of_others),
        cmocka_unit_test(an_order_ends_once),
        cmocka_unit_test(those_that_end_together_are_each_told),
        cmocka_unit_test(guards_are_told_when_they_wait_and_siblings_when_they_end),
        cmocka_unit_test(siblings_end_with_runs_of_cancels_and_guards_with_their_position),
        cmocka_unit_test(what_self_trade_prevention_did_is_told),
        cmocka_unit_test(any_event_with_balances_tells_the_accounts_own),
        cmocka_unit_test(a_notification_is_told_to_its_user_only),
        cmocka_unit_test(a_snapshot_has_the_open_orders_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
