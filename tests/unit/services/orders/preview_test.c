/* Previews: what an order would meet, and that nothing comes of it. What it says of orders of all
 * kinds is held against what then happens in random_test.c. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { STATE_SIZE_MAX = 1 << 20 };

/* Account 2 sells 3 at 12.00 in order 1, and 2 at 13.00 in order 2. */
static int open_venue(void **state)
{
    struct venue *venue = venue_open(1);
    *state = venue;
    for (uint32_t i = 1; i <= 2; i++)
        venue_place(venue, &(struct wish){.number = i,
                                          .account = 2,
                                          .side = SIDE_SELL,
                                          .price_e8 = (11 + i) * E8,
                                          .quantity_e8 = (4 - (int64_t)i) * E8});
    return 0;
}

static int close_venue(void **state)
{
    venue_check_replay(*state);
    venue_close(*state);
    return 0;
}

static struct buffer saved(const struct venue *venue)
{
    struct buffer bytes;
    buffer_init(&bytes, STATE_SIZE_MAX);
    orders_save(venue->state, &bytes);
    assert_true(buffer_ok(&bytes));
    return bytes;
}

/* Nothing moves. */
static const struct preview_answered *follow(struct venue *venue, const struct event *previewed)
{
    struct buffer before = saved(venue);
    const struct event *event = venue_follow(venue, previewed);
    struct buffer after = saved(venue);
    assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
    buffer_free(&before);
    buffer_free(&after);
    assert_int_equal(event->kind, EVENT_PREVIEW_ANSWERED);
    assert_int_equal(event->meta.touches_count, 0);
    return &event->preview_answered;
}

static const struct preview_answered *preview(struct venue *venue, const struct wish *wish)
{
    const struct event event = venue_previewed(venue, wish);
    return follow(venue, &event);
}

/* Account 2 gives one of its orders that quantity and price. */
static const struct preview_answered *preview_replace(struct venue *venue, uint32_t number,
                                                      int64_t quantity_e8, int64_t price_e8)
{
    const struct event event = {
        .kind = EVENT_ORDER_PREVIEWED,
        .meta = {.has_actor = true, .actor = {.has_account_id = true, .account_id = account_id(2)}},
        .order_previewed = {.instrument = TEXT(CEA),
                            .hold_asset = TEXT("CEA"),
                            .hold_e8 = quantity_e8,
                            .has_change = true,
                            .change = {.order_id = order_id(CEA, number),
                                       .account_id = account_id(2),
                                       .has_quantity_e8 = true,
                                       .quantity_e8 = quantity_e8,
                                       .has_limit_price_e8 = true,
                                       .limit_price_e8 = price_e8}}};
    return follow(venue, &event);
}

static void a_purchase_says_what_it_would_cost(void **state)
{
    const struct preview_answered *answered = preview(
        *state, &(struct wish){
                    .number = 9, .price_e8 = 13 * E8, .quantity_e8 = 6 * E8, .taker_fee_bps = 100});
    assert_false(answered->has_code);
    assert_int_equal(answered->fees_e8, 62 * E8 / 100);
    assert_int_equal(answered->cost_e8, 62 * E8 + 62 * E8 / 100);
    assert_int_equal(answered->hold.amount_e8, 7 * E8);
    assert_int_equal(answered->order.status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(answered->order.filled_quantity_e8, 5 * E8);
    assert_int_equal(answered->order.remaining_quantity_e8, E8);
    assert_int_equal(answered->order.average_fill_price_e8, 1240 * E8 / 100);
    assert_int_equal(answered->fills_count, 2);
    assert_int_equal(answered->fills[1].price_e8, 13 * E8);
    assert_int_equal(answered->fills[1].quantity_e8, 2 * E8);
    assert_int_equal(answered->fills[1].fee_e8, 26 * E8 / 100);
}

static void a_sale_costs_less_than_nothing(void **state)
{
    venue_place(*state, &(struct wish){.number = 3, .account = 3, .price_e8 = 11 * E8});
    const struct preview_answered *answered = preview(
        *state,
        &(struct wish){.number = 9, .side = SIDE_SELL, .price_e8 = 11 * E8, .taker_fee_bps = 100});
    assert_int_equal(answered->cost_e8, -11 * E8 + 11 * E8 / 100);
}

static void a_trigger_would_wait(void **state)
{
    const struct preview_answered *answered =
        preview(*state, &(struct wish){.number = 9,
                                       .type = ORDER_TYPE_STOP,
                                       .max_notional_e8 = 100 * E8,
                                       .stop_price_e8 = 12 * E8});
    assert_int_equal(answered->order.status, ORDER_STATUS_PENDING);
    assert_int_equal(answered->order.trigger, TRIGGER_STATE_WAITING);
    assert_int_equal(answered->cost_e8, 0);
}

static void what_the_book_would_refuse_is_said_as_it_would_be(void **state)
{
    struct wish wish = {.number = 9, .price_e8 = 12 * E8, .post_only = true};
    const struct preview_answered *answered = preview(*state, &wish);
    assert_true(text_is(answered->code, "POST_ONLY_WOULD_TRADE"));
    assert_true(text_is(answered->field, "post_only"));
    assert_false(answered->has_order || answered->has_hold);
    wish.price_e8 = 12 * E8 + 1;
    assert_true(text_is(preview(*state, &wish)->code, "TICK_SIZE"));
    wish.valid_until_us = NOON_US - 1;
    assert_true(text_is(preview(*state, &wish)->code, "COMMAND_EXPIRED"));
}

static void what_the_ledger_would_refuse_is_passed_on(void **state)
{
    struct venue *venue = *state;
    const struct event refused = {.kind = EVENT_ORDER_PREVIEWED,
                                  .order_previewed = {.instrument = TEXT("NONE-EUR"),
                                                      .has_code = true,
                                                      .code = TEXT("INSTRUMENT_UNKNOWN"),
                                                      .has_message = true,
                                                      .message = TEXT("There is none."),
                                                      .has_field = true,
                                                      .field = TEXT("instrument")}};
    const struct event *event = venue_follow(venue, &refused);
    assert_int_equal(event->kind, EVENT_PREVIEW_ANSWERED);
    assert_true(text_is(event->preview_answered.code, "INSTRUMENT_UNKNOWN"));
    assert_true(text_is(event->preview_answered.message, "There is none."));
    assert_true(text_is(event->preview_answered.field, "instrument"));
    assert_false(event->preview_answered.has_order);
}

static void a_replace_says_what_it_would_trade_and_no_more(void **state)
{
    venue_place(*state,
                &(struct wish){.number = 3, .account = 3, .price_e8 = 12 * E8, .quantity_e8 = E8});
    venue_place(*state,
                &(struct wish){.number = 4, .account = 3, .price_e8 = 11 * E8, .quantity_e8 = E8});
    const struct preview_answered *answered = preview_replace(*state, 1, 4 * E8, 11 * E8);
    assert_false(answered->has_code);
    assert_int_equal(answered->cost_e8, -11 * E8); /* the 12.00 that it sold are home */
    assert_int_equal(answered->order.status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(answered->order.filled_quantity_e8, 2 * E8);
    assert_int_equal(answered->order.remaining_quantity_e8, 2 * E8);
    assert_int_equal(answered->order.limit_price_e8, 11 * E8);
    assert_true(answered->order.has_keeps_place && !answered->order.keeps_place);
    assert_int_equal(answered->fills_count, 1);
    assert_int_equal(answered->hold.amount_e8, 4 * E8);
}

static void a_replace_says_whether_the_order_keeps_its_place(void **state)
{
    assert_true(preview_replace(*state, 1, 2 * E8, 12 * E8)->order.keeps_place);
    assert_false(preview_replace(*state, 1, 4 * E8, 12 * E8)->order.keeps_place);
}

static void a_replace_that_its_book_would_refuse_is_refused(void **state)
{
    assert_true(text_is(preview_replace(*state, 7, E8, 12 * E8)->code, "NOT_FOUND"));
    assert_true(text_is(preview_replace(*state, 1, E8, 12 * E8 + 1)->code, "TICK_SIZE"));
    venue_cancel(*state, order_id(CEA, 1), 2, ROLE_USER);
    assert_true(text_is(preview_replace(*state, 1, E8, 12 * E8)->code, "ORDER_NOT_OPEN"));
}

/* Account 2 has 2 besides what it sells in orders 1 and 2; somebody buys 4. */
static void a_close_says_what_it_would_sell_and_where_the_rest_would_stay(void **state)
{
    venue_place(*state, &(struct wish){
                            .number = 3, .account = 3, .price_e8 = 10 * E8, .quantity_e8 = 4 * E8});
    struct uuid sells[] = {order_id(CEA, 1), order_id(CEA, 2)};
    struct event event = venue_previewed(
        *state,
        &(struct wish){.number = 9, .account = 2, .side = SIDE_SELL, .quantity_e8 = 2 * E8});
    event.order_previewed.order.type = ORDER_TYPE_MARKET;
    event.order_previewed.order.has_limit_price_e8 = false;
    event.order_previewed.order.limit_price_e8 = 0;
    event.order_previewed.order.close = true;
    event.order_previewed.sells = sells;
    event.order_previewed.sells_count = 2;
    event.order_previewed.room_e8 = 1000 * E8;
    const struct preview_answered *answered = follow(*state, &event);
    assert_int_equal(answered->cost_e8, -40 * E8);
    assert_int_equal(answered->order.status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(answered->order.filled_quantity_e8, 4 * E8);
    assert_int_equal(answered->order.remaining_quantity_e8, 3 * E8);
    assert_int_equal(answered->order.limit_price_e8, 10 * E8);
    assert_false(answered->order.has_keeps_place);
}

#define VENUE_TEST(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VENUE_TEST(a_purchase_says_what_it_would_cost),
        VENUE_TEST(a_sale_costs_less_than_nothing),
        VENUE_TEST(a_trigger_would_wait),
        VENUE_TEST(what_the_book_would_refuse_is_said_as_it_would_be),
        VENUE_TEST(what_the_ledger_would_refuse_is_passed_on),
        VENUE_TEST(a_replace_says_what_it_would_trade_and_no_more),
        VENUE_TEST(a_replace_says_whether_the_order_keeps_its_place),
        VENUE_TEST(a_replace_that_its_book_would_refuse_is_refused),
        VENUE_TEST(a_close_says_what_it_would_sell_and_where_the_rest_would_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
