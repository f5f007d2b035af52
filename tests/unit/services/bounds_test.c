/* The largest events that there can be, of records as large as they come, fit into what a topic
 * takes (R12): with a tenth to spare, for what all events have at their head. */
#include "accounts/due.h"
#include "accounts/option.h"
#include "orders/state.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SYMBOL TEXT("ABCDEFGHIJKLMNOP-ABCDEFGHIJKLMNOP")
#define ASSET  TEXT("ABCDEFGHIJKLMNOP")
#define MOST   INT64_MAX /* no number takes more */

/* Of the close that an order may be, whose sells end with it, each with its sibling. */
enum { SELLS_MAX = 2 * ACCOUNTS_CANCELS_MAX };
enum { GUARDED_MAX = ORDERS_FILLS_MAX * 2 / 3 };

static void expect_to_fit(const struct event *event)
{
    struct buffer value;
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    event_encode(event, &value);
    assert_true(buffer_ok(&value));
    print_message("%zu bytes\n", value.size);
    assert_in_range(value.size, 1, WIRE_VALUE_SIZE_MAX / 10 * 9);
    buffer_free(&value);
}

/* So many of the same; the caller frees them. */
static void *repeat(const void *item, size_t size, size_t count)
{
    char *items = calloc(count, size);
    assert_non_null(items);
    for (size_t i = 0; i < count; i++)
        memcpy(items + i * size, item, size);
    return items;
}
#define REPEAT(item, count) repeat(&(item), sizeof(item), count)

static const struct order ORDER = {.instrument = SYMBOL,
                                   .quantity_e8 = MOST,
                                   .filled_quantity_e8 = MOST,
                                   .remaining_quantity_e8 = MOST,
                                   .has_limit_price_e8 = true,
                                   .limit_price_e8 = MOST,
                                   .has_stop_price_e8 = true,
                                   .stop_price_e8 = MOST,
                                   .has_trail_percent_e8 = true,
                                   .trail_percent_e8 = MOST,
                                   .has_average_fill_price_e8 = true,
                                   .average_fill_price_e8 = MOST,
                                   .filled_notional_e8 = MOST,
                                   .fees_e8 = MOST,
                                   .has_expires_at = true,
                                   .expires_at = MOST,
                                   .has_parent_id = true,
                                   .has_sibling_id = true,
                                   .created_at = MOST,
                                   .updated_at = MOST};

/* What a fill does to a party: its order, two legs, two balances, and its position. */
static void settle(size_t fills, size_t guarded)
{
    const struct settled_order order = {.instrument = SYMBOL,
                                        .remaining_quantity_e8 = MOST,
                                        .taker_notional_e8 = MOST,
                                        .maker_notional_e8 = MOST,
                                        .fees_e8 = MOST,
                                        .hold_e8 = MOST};
    const struct posting posting = {.has_account_id = true, .asset = ASSET, .amount_e8 = MOST};
    const struct balance_after balance = {
        .asset = ASSET, .available_e8 = MOST, .locked_e8 = MOST, .total_e8 = MOST};
    const struct position_after position = {
        .instrument = SYMBOL, .quantity_e8 = MOST, .cost_e8 = MOST, .realised_pnl_e8 = MOST};
    const struct bracket bracket = {.has_sibling_id = true,
                                    .has_into_id = true,
                                    .instrument = SYMBOL,
                                    .quantity_e8 = MOST,
                                    .has_stop_loss_price_e8 = true,
                                    .stop_loss_price_e8 = MOST,
                                    .has_take_profit_price_e8 = true,
                                    .take_profit_price_e8 = MOST,
                                    .maker_fee_bps = INT32_MAX,
                                    .taker_fee_bps = INT32_MAX};
    size_t orders = fills + 1 + ORDERS_PREVENTED_MAX + SELLS_MAX;
    struct event event = {.kind = EVENT_FILLS_SETTLED};
    event.fills_settled = (struct fills_settled){.orders = REPEAT(order, orders),
                                                 .orders_count = orders,
                                                 .postings = REPEAT(posting, 2 * fills + 2),
                                                 .postings_count = 2 * fills + 2,
                                                 .balances = REPEAT(balance, 2 * fills + 2),
                                                 .balances_count = 2 * fills + 2,
                                                 .positions = REPEAT(position, fills + 1),
                                                 .positions_count = fills + 1,
                                                 .brackets = REPEAT(bracket, guarded),
                                                 .brackets_count = guarded};
    expect_to_fit(&event);
    free(event.fills_settled.orders);
    free(event.fills_settled.postings);
    free(event.fills_settled.balances);
    free(event.fills_settled.positions);
    free(event.fills_settled.brackets);
}

static void the_fills_of_one_order_are_settled_by_one_event(void **state)
{
    (void)state;
    settle(ORDERS_FILLS_MAX, 1);
    settle(GUARDED_MAX, GUARDED_MAX);
}

static void the_book_tells_of_them_in_one_event(void **state)
{
    (void)state;
    const struct fill fill = {.price_e8 = MOST, .quantity_e8 = MOST, .fee_e8 = MOST};
    const struct resting_fill resting = {.fee_e8 = MOST,
                                         .filled_quantity_e8 = MOST,
                                         .remaining_quantity_e8 = MOST,
                                         .filled_notional_e8 = MOST,
                                         .fees_e8 = MOST,
                                         .average_fill_price_e8 = MOST};
    const struct prevented prevented = {.price_e8 = MOST,
                                        .quantity_e8 = MOST,
                                        .prevented_quantity_e8 = MOST,
                                        .remaining_quantity_e8 = MOST};
    const struct ended_order ended = {.remaining_quantity_e8 = MOST};
    size_t ended_count = ORDERS_PREVENTED_MAX + SELLS_MAX + 1;
    struct event event = {.kind = EVENT_ORDER_ENTERED};
    event.order_entered =
        (struct order_entered){.order = ORDER,
                               .fills = REPEAT(fill, ORDERS_FILLS_MAX),
                               .fills_count = ORDERS_FILLS_MAX,
                               .resting = REPEAT(resting, ORDERS_FILLS_MAX),
                               .resting_count = ORDERS_FILLS_MAX,
                               .prevented = REPEAT(prevented, ORDERS_PREVENTED_MAX),
                               .prevented_count = ORDERS_PREVENTED_MAX,
                               .ended = REPEAT(ended, ended_count),
                               .ended_count = ended_count};
    expect_to_fit(&event);
    free(event.order_entered.fills);
    free(event.order_entered.resting);
    free(event.order_entered.prevented);
    free(event.order_entered.ended);
}

static void what_guards_their_purchases_comes_in_one_event(void **state)
{
    (void)state;
    const struct guard guard = {
        .order = ORDER, .maker_fee_bps = INT32_MAX, .taker_fee_bps = INT32_MAX};
    const struct merged_bracket merged = {{{0}}, {{0}}, {{0}}};
    struct event event = {.kind = EVENT_BRACKETS_ENTERED};
    event.brackets_entered = (struct brackets_entered){.guards = REPEAT(guard, 2 * GUARDED_MAX),
                                                       .guards_count = 2 * GUARDED_MAX,
                                                       .merged = REPEAT(merged, GUARDED_MAX),
                                                       .merged_count = GUARDED_MAX};
    expect_to_fit(&event);
    free(event.brackets_entered.guards);
    free(event.brackets_entered.merged);
}

static void orders_that_end_together_are_told_by_one_event(void **state)
{
    (void)state;
    const struct ended_order ended = {.remaining_quantity_e8 = MOST};
    struct event event = {.kind = EVENT_ORDERS_CANCELED};
    event.orders_canceled = (struct orders_canceled){.orders = REPEAT(ORDER, ACCOUNTS_CANCELS_MAX),
                                                     .orders_count = ACCOUNTS_CANCELS_MAX,
                                                     .ended = REPEAT(ended, ACCOUNTS_CANCELS_MAX),
                                                     .ended_count = ACCOUNTS_CANCELS_MAX};
    expect_to_fit(&event);
    free(event.orders_canceled.orders);
    free(event.orders_canceled.ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fills_of_one_order_are_settled_by_one_event),
        cmocka_unit_test(the_book_tells_of_them_in_one_event),
        cmocka_unit_test(what_guards_their_purchases_comes_in_one_event),
        cmocka_unit_test(orders_that_end_together_are_told_by_one_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
