#include "base/base.h"
#include "orders/book.h"
#include "orders/book_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { LIST_MAX = 8, ORDERS_MAX = 1024 };

static struct book_order orders[ORDERS_MAX]; /* by number */

/* What one book_match() gave. */
struct result {
    struct book_match match;
    struct book_fill fills[LIST_MAX];
    struct book_prevented prevented[LIST_MAX];
};

static struct uuid id(int number)
{
    uint8_t rest[12] = {0};
    memcpy(rest + 8, &number, sizeof number);
    return uuid_make(7, rest);
}

static void rest(struct book *book, int order, int account, enum side side, int64_t price,
                 int64_t quantity)
{
    assert_true(order < ORDERS_MAX);
    orders[order] = (struct book_order){.order_id = id(order),
                                        .account_id = id(account),
                                        .side = side,
                                        .price_e8 = price * E8,
                                        .quantity_e8 = quantity * E8};
    book_add(book, &orders[order]);
}

static struct book_incoming incoming(int account, enum side side, int64_t price, int64_t quantity)
{
    return (struct book_incoming){.account_id = id(account),
                                  .side = side,
                                  .price_e8 = price * E8,
                                  .quantity_e8 = quantity * E8,
                                  .lot_size_e8 = E8};
}

static struct result meet(const struct book *book, const struct book_incoming *order)
{
    struct result result;
    book_match(book, order, LIST_MAX, LIST_MAX, result.fills, result.prevented, &result.match);
    return result;
}

static void assert_fill(const struct result *result, size_t at, int order, int64_t quantity)
{
    assert_true(at < result->match.fills_count);
    assert_true(uuid_equal(result->fills[at].resting->order_id, id(order)));
    assert_int_equal(result->fills[at].quantity_e8, quantity * E8);
}

/* Asks of account 1: 5 at 101, 5 at 100, and another 5 of account 2 behind those. */
static struct book *three_asks(void)
{
    struct book *book = book_new();
    rest(book, 1, 1, SIDE_SELL, 101, 5);
    rest(book, 2, 1, SIDE_SELL, 100, 5);
    rest(book, 3, 2, SIDE_SELL, 100, 5);
    return book;
}

static void an_empty_book_trades_nothing_and_shows_nothing(void **state)
{
    (void)state;
    struct book *book = book_new();
    struct book_incoming order = incoming(9, SIDE_BUY, 100, 1);
    struct book_level level = {.price_e8 = 77};

    assert_int_equal(meet(book, &order).match.outcome, BOOK_RESTS);
    order.time_in_force = TIME_IN_FORCE_IOC;
    order.price_e8 = 0;
    assert_int_equal(meet(book, &order).match.outcome, BOOK_REMAINDER);
    assert_false(book_best(book, SIDE_SELL, &level));
    assert_int_equal(level.price_e8, 77);
    assert_null(book_first(book, SIDE_BUY));
    book_free(book);
}

static void better_prices_trade_first_and_then_older_orders(void **state)
{
    (void)state;
    struct book *book = three_asks();
    const struct book_incoming order = incoming(9, SIDE_BUY, 101, 12);
    const struct result result = meet(book, &order);

    assert_int_equal(result.match.outcome, BOOK_FILLED);
    assert_int_equal(result.match.fills_count, 3);
    assert_fill(&result, 0, 2, 5);
    assert_fill(&result, 1, 3, 5);
    assert_fill(&result, 2, 1, 2);
    assert_true(result.match.filled_notional_e16 == (__int128)(10 * 100 + 2 * 101) * E8 * E8);
    book_free(book);
}

static void a_limit_is_reached_at_its_price_and_not_a_tick_past_it(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(9, SIDE_BUY, 100, 1);

    assert_int_equal(meet(book, &order).match.outcome, BOOK_FILLED);
    order.price_e8--;
    assert_int_equal(meet(book, &order).match.outcome, BOOK_RESTS);
    book_free(book);
}

static void a_fill_moves_the_resting_order_and_its_level(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_level level;

    assert_int_equal(book_fill(book, &orders[2], 2 * E8, 3), 3 * E8);
    assert_int_equal(orders[2].filled_quantity_e8, 2 * E8);
    assert_int_equal(orders[2].fee_charged_e8, 3);
    assert_true(orders[2].filled_notional_e16 == (__int128)200 * E8 * E8);
    assert_true(book_best(book, SIDE_SELL, &level));
    assert_int_equal(level.quantity_e8, 8 * E8);
    assert_true(book_rests(&orders[2]));
    assert_int_equal(book_fill(book, &orders[2], 3 * E8, 0), 0);
    assert_false(book_rests(&orders[2]));
    assert_int_equal(book_orders_count(book), 2);
    book_free(book);
}

static void fill_or_kill_takes_all_or_nothing(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(9, SIDE_BUY, 100, 10);
    order.time_in_force = TIME_IN_FORCE_FOK;

    assert_int_equal(meet(book, &order).match.outcome, BOOK_FILLED);
    order.quantity_e8 += E8;
    const struct result result = meet(book, &order);
    assert_int_equal(result.match.outcome, BOOK_NOT_FILLABLE);
    assert_int_equal(result.match.fills_count, 0);
    assert_int_equal(result.match.remaining_quantity_e8, 11 * E8);
    book_free(book);
}

/* Own orders in the way count for nothing: 5 of the 10 at 100 are account 2's. */
static void fill_or_kill_counts_what_is_left_after_prevention(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(2, SIDE_BUY, 100, 5);
    order.time_in_force = TIME_IN_FORCE_FOK;

    assert_int_equal(meet(book, &order).match.outcome, BOOK_FILLED);
    order.quantity_e8 = 6 * E8;
    for (int mode = SELF_TRADE_CANCEL_RESTING; mode <= SELF_TRADE_DECREMENT; mode++) {
        order.self_trade = (enum self_trade)mode;
        const struct result result = meet(book, &order);
        assert_int_equal(result.match.outcome, BOOK_NOT_FILLABLE);
        assert_int_equal(result.match.prevented_count, 0);
    }
    order.price_e8 = 101 * E8; /* cancels its own and goes on to 101 */
    order.self_trade = SELF_TRADE_CANCEL_RESTING;
    assert_int_equal(meet(book, &order).match.outcome, BOOK_FILLED);
    book_free(book);
}

static void post_only_refuses_what_would_trade(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(9, SIDE_BUY, 100, 1);
    order.post_only = true;

    assert_int_equal(meet(book, &order).match.outcome, BOOK_WOULD_TRADE);
    order.price_e8--;
    assert_int_equal(meet(book, &order).match.outcome, BOOK_RESTS);
    book_free(book);
}

/* Account 1 buys 7 up to 101: its own 5 come first, then 5 of account 2, then its own again. */
static void each_self_trade_mode_ends_what_it_says(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(1, SIDE_BUY, 101, 7);

    struct result result = meet(book, &order);
    assert_int_equal(result.match.outcome, BOOK_RESTS);
    assert_int_equal(result.match.prevented_count, 2);
    assert_true(result.prevented[0].ends_resting && !result.prevented[0].decrements);
    assert_fill(&result, 0, 3, 5);
    assert_int_equal(result.match.remaining_quantity_e8, 2 * E8);

    order.self_trade = SELF_TRADE_CANCEL_INCOMING;
    result = meet(book, &order);
    assert_int_equal(result.match.outcome, BOOK_SELF_TRADE);
    assert_false(result.prevented[0].ends_resting);
    assert_int_equal(result.match.fills_count, 0);

    order.self_trade = SELF_TRADE_CANCEL_BOTH;
    result = meet(book, &order);
    assert_int_equal(result.match.outcome, BOOK_SELF_TRADE);
    assert_true(result.prevented[0].ends_resting);

    order.self_trade = SELF_TRADE_DECREMENT;
    result = meet(book, &order);
    assert_int_equal(result.match.outcome, BOOK_FILLED);
    assert_int_equal(result.match.prevented_quantity_e8, 5 * E8);
    assert_true(result.prevented[0].ends_resting && result.prevented[0].decrements);
    assert_fill(&result, 0, 3, 2);
    book_free(book);
}

static void decrementing_by_less_than_all_leaves_the_resting_order(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(1, SIDE_BUY, 100, 4);
    order.self_trade = SELF_TRADE_DECREMENT;
    const struct result result = meet(book, &order);

    assert_int_equal(result.match.outcome, BOOK_SELF_TRADE);
    assert_false(result.prevented[0].ends_resting);
    assert_int_equal(book_decrement(book, &orders[2], result.prevented[0].quantity_e8), E8);
    assert_int_equal(orders[2].prevented_quantity_e8, 4 * E8);
    book_free(book);
}

/* 3 at 100 cost 300: one unit of 10^-8 less pays for two lots only. */
static void a_budget_buys_whole_lots_up_to_its_last_unit(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(9, SIDE_BUY, 0, 5);
    order.time_in_force = TIME_IN_FORCE_IOC;
    order.max_notional_e8 = 300 * E8;

    struct result result = meet(book, &order);
    assert_int_equal(result.match.outcome, BOOK_BUDGET_SPENT);
    assert_fill(&result, 0, 2, 3);
    order.max_notional_e8--;
    result = meet(book, &order);
    assert_fill(&result, 0, 2, 2);
    order.max_notional_e8 = 500 * E8;
    assert_int_equal(meet(book, &order).match.outcome, BOOK_FILLED);
    book_free(book);
}

static void the_fill_limit_ends_an_order_that_would_trade_more(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_incoming order = incoming(9, SIDE_BUY, 100, 11);
    struct result result;

    book_match(book, &order, 1, 0, result.fills, result.prevented, &result.match);
    assert_int_equal(result.match.outcome, BOOK_FILL_LIMIT);
    assert_int_equal(result.match.remaining_quantity_e8, 6 * E8);
    book_match(book, &order, 2, 0, result.fills, result.prevented, &result.match);
    assert_int_equal(result.match.outcome, BOOK_RESTS);
    book_free(book);
}

static void a_fill_of_a_guarded_order_takes_the_room_of_one_and_a_half(void **state)
{
    (void)state;
    struct book *book = three_asks();
    const struct book_incoming order = incoming(9, SIDE_BUY, 101, 11);
    struct result result;

    orders[2].guarded = true; /* the first that trades */
    book_match(book, &order, 1, 0, result.fills, result.prevented, &result.match);
    assert_int_equal(result.match.fills_count, 0);
    book_match(book, &order, 2, 0, result.fills, result.prevented, &result.match);
    assert_int_equal(result.match.fills_count, 1);
    assert_int_equal(result.match.outcome, BOOK_FILL_LIMIT);
    orders[3].guarded = true;
    book_match(book, &order, 3, 0, result.fills, result.prevented, &result.match);
    assert_int_equal(result.match.fills_count, 2);
    assert_int_equal(result.match.outcome, BOOK_FILL_LIMIT);
    book_match(book, &order, 4, 0, result.fills, result.prevented, &result.match);
    assert_int_equal(result.match.outcome, BOOK_FILLED);
    orders[2].guarded = orders[3].guarded = false;
    book_free(book);
}

static void reducing_keeps_the_place_in_the_queue(void **state)
{
    (void)state;
    struct book *book = three_asks();
    struct book_level levels[3];

    assert_int_equal(book_quantity_ahead_e8(&orders[3]), 5 * E8);
    book_reduce(&orders[2], 2 * E8);
    assert_int_equal(book_quantity_ahead_e8(&orders[3]), 2 * E8);
    assert_int_equal(book_quantity_ahead_e8(&orders[2]), 0);
    assert_int_equal(book_levels(book, SIDE_SELL, 3, levels), 2);
    assert_int_equal(levels[0].quantity_e8, 7 * E8);
    assert_int_equal(levels[0].orders_count, 2);
    assert_int_equal(levels[1].price_e8, 101 * E8);
    book_free(book);
}

static void the_largest_numbers_neither_overflow_nor_wrap(void **state)
{
    (void)state;
    struct book *book = book_new();
    struct book_level level;
    for (int i = 1; i <= 2; i++) {
        orders[i] = (struct book_order){
            .side = SIDE_BUY, .price_e8 = INT64_MAX, .quantity_e8 = INT64_MAX, .order_id = id(i)};
        book_add(book, &orders[i]);
    }

    assert_true(book_best(book, SIDE_BUY, &level));
    assert_int_equal(level.quantity_e8, INT64_MAX);
    struct book_incoming sell = {.account_id = id(9),
                                 .side = SIDE_SELL,
                                 .price_e8 = INT64_MAX,
                                 .quantity_e8 = INT64_MAX,
                                 .lot_size_e8 = 1};
    const struct result result = meet(book, &sell);
    assert_int_equal(result.match.outcome, BOOK_FILLED);
    assert_true(result.match.filled_notional_e16 == (__int128)INT64_MAX * INT64_MAX);
    assert_int_equal(book_fill(book, &orders[1], INT64_MAX, 0), 0);
    assert_true(book_best(book, SIDE_BUY, &level));
    assert_int_equal(level.orders_count, 1);
    book_free(book);
}

/* The rules of an AA tree: a left link goes one down, a right one at most one, and no two right
 * links in a row stay level. They bound the depth by twice the logarithm. Returns the nodes. */
static size_t check_tree(const struct book_queue *top)
{
    if (top == NULL)
        return 0;
    int left = top->left == NULL ? 0 : top->left->height;
    int right = top->right == NULL ? 0 : top->right->height;
    assert_int_equal(left, top->height - 1);
    assert_true(right == top->height || right == top->height - 1);
    assert_true(top->right == NULL || top->right->right == NULL ||
                top->right->right->height < top->height);
    assert_true(top->left == NULL || top->left->rank < top->rank);
    assert_true(top->right == NULL || top->right->rank > top->rank);
    return 1 + check_tree(top->left) + check_tree(top->right);
}

/* Prices one after the other, away from the best, are the worst an unbalanced tree could meet.
 * They leave in another order: 7 shares no factor with 1009. */
static void levels_stay_balanced_whatever_the_order_of_prices(void **state)
{
    (void)state;
    enum { PRICES_COUNT = 1009 };
    struct book *book = book_new();
    for (int price = 1; price <= PRICES_COUNT; price++) {
        rest(book, price, 1, SIDE_SELL, price, 1);
        assert_int_equal(check_tree(book->trees[SIDE_SELL].root), (size_t)price);
    }
    for (int i = 1; i <= PRICES_COUNT; i++) {
        book_remove(book, &orders[1 + i * 7 % PRICES_COUNT]);
        assert_int_equal(check_tree(book->trees[SIDE_SELL].root), (size_t)(PRICES_COUNT - i));
    }
    assert_int_equal(book_orders_count(book), 0);
    book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_book_trades_nothing_and_shows_nothing),
        cmocka_unit_test(better_prices_trade_first_and_then_older_orders),
        cmocka_unit_test(a_limit_is_reached_at_its_price_and_not_a_tick_past_it),
        cmocka_unit_test(a_fill_moves_the_resting_order_and_its_level),
        cmocka_unit_test(fill_or_kill_takes_all_or_nothing),
        cmocka_unit_test(fill_or_kill_counts_what_is_left_after_prevention),
        cmocka_unit_test(post_only_refuses_what_would_trade),
        cmocka_unit_test(each_self_trade_mode_ends_what_it_says),
        cmocka_unit_test(decrementing_by_less_than_all_leaves_the_resting_order),
        cmocka_unit_test(a_budget_buys_whole_lots_up_to_its_last_unit),
        cmocka_unit_test(the_fill_limit_ends_an_order_that_would_trade_more),
        cmocka_unit_test(a_fill_of_a_guarded_order_takes_the_room_of_one_and_a_half),
        cmocka_unit_test(reducing_keeps_the_place_in_the_queue),
        cmocka_unit_test(the_largest_numbers_neither_overflow_nor_wrap),
        cmocka_unit_test(levels_stay_balanced_whatever_the_order_of_prices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
