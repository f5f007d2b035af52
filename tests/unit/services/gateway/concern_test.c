#include "gateway/concern.h"

#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct uuid ALICE = {{1}}, BOB = {{2}}, CAROL = {{3}};

static bool has(const struct concerns *concerns, uint64_t mark)
{
    for (size_t i = 0; i < concerns->count; i++) {
        if (concerns->rows[i] == mark)
            return true;
    }
    return false;
}

static void a_trade_concerns_its_parties_the_book_and_the_price(void **state)
{
    (void)state;
    struct fill fill = {.price_e8 = 1};
    struct resting_fill resting = {.account_id = BOB};
    struct event event = {
        .kind = EVENT_ORDER_ENTERED,
        .key = TEXT("CEA-EUR"),
        .order_entered = {.order = {.account_id = ALICE, .instrument = TEXT("CEA-EUR")},
                          .fills = &fill,
                          .fills_count = 1,
                          .resting = &resting,
                          .resting_count = 1}};
    struct concerns concerns = {.rows = NULL};
    concerns_of(&event, &concerns);
    assert_true(has(&concerns, concern_account(ALICE)));
    assert_true(has(&concerns, concern_account(BOB)));
    assert_false(has(&concerns, concern_account(CAROL)));
    assert_true(has(&concerns, concern_book(TEXT("CEA-EUR"))));
    assert_true(has(&concerns, concern_price(TEXT("CEA-EUR"))));
    assert_false(has(&concerns, concern_price(TEXT("EUA-EUR"))));
    concerns_free(&concerns);
}

static void an_order_that_only_rests_moves_no_price(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_ORDER_ENTERED,
                          .key = TEXT("CEA-EUR"),
                          .order_entered = {.order = {.account_id = ALICE}}};
    struct concerns concerns = {.rows = NULL};
    concerns_of(&event, &concerns);
    assert_true(has(&concerns, concern_book(TEXT("CEA-EUR"))));
    assert_false(has(&concerns, concern_price(TEXT("CEA-EUR"))));
    concerns_free(&concerns);
}

static void a_new_instrument_concerns_everything_and_a_changed_one_its_holders(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_INSTRUMENT_CHANGED,
        .instrument_changed = {.instrument = {.symbol = TEXT("CEA-EUR"), .version = 1}}};
    struct concerns concerns = {.rows = NULL};
    concerns_of(&event, &concerns);
    assert_true(has(&concerns, CONCERN_ALL));
    concerns.count = 0;
    event.instrument_changed.instrument.version = 2;
    concerns_of(&event, &concerns);
    assert_false(has(&concerns, CONCERN_ALL));
    assert_true(has(&concerns, concern_price(TEXT("CEA-EUR"))));
    concerns_free(&concerns);
}

static void an_account_and_its_user_are_concerned_by_its_status(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_ACCOUNT_STATUS_CHANGED,
        .account_status_changed = {.account = {.id = CAROL, .has_user_id = true, .user_id = BOB}}};
    struct concerns concerns = {.rows = NULL};
    concerns_of(&event, &concerns);
    assert_int_equal(concerns.count, 2);
    assert_true(has(&concerns, concern_account(CAROL)));
    assert_true(has(&concerns, concern_user(BOB)));
    concerns_free(&concerns);
}

static void a_user_is_concerned_by_what_he_would_like(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_PREFERENCES_CHANGED,
                          .preferences_changed = {.user_id = ALICE}};
    struct concerns concerns = {.rows = NULL};
    concerns_of(&event, &concerns);
    assert_true(has(&concerns, concern_user(ALICE)));
    assert_false(has(&concerns, concern_account(ALICE)));
    assert_false(has(&concerns, concern_user(BOB)));
    concerns_free(&concerns);
}

static void runs_of_cancels_concern_the_books_of_each(void **state)
{
    (void)state;
    struct order orders[] = {{.account_id = ALICE, .instrument = TEXT("CEA-EUR")},
                             {.account_id = ALICE, .instrument = TEXT("EUA-EUR")}};
    struct event event = {.kind = EVENT_ORDERS_CANCELED,
                          .key = TEXT("CEA-EUR"),
                          .orders_canceled = {.orders = orders, .orders_count = 2}};
    struct concerns concerns = {.rows = NULL};
    concerns_of(&event, &concerns);
    assert_true(has(&concerns, concern_book(TEXT("CEA-EUR"))));
    assert_true(has(&concerns, concern_book(TEXT("EUA-EUR"))));
    concerns_free(&concerns);
}

static void what_a_query_depends_on_is_read_as_it_is_written(void **state)
{
    (void)state;
    struct concerns concerns = {.rows = NULL};
    assert_true(concerns_parse(TEXT("price CEA-EUR,book EUA-EUR"), &concerns));
    assert_int_equal(concerns.count, 2);
    assert_true(has(&concerns, concern_price(TEXT("CEA-EUR"))));
    assert_true(has(&concerns, concern_book(TEXT("EUA-EUR"))));
    assert_true(concerns_parse(TEXT(""), &concerns));
    assert_false(concerns_parse(TEXT("price CEA-EUR,prices"), &concerns));
    assert_false(concerns_parse(TEXT("price "), &concerns));
    concerns_free(&concerns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trade_concerns_its_parties_the_book_and_the_price),
        cmocka_unit_test(an_order_that_only_rests_moves_no_price),
        cmocka_unit_test(a_new_instrument_concerns_everything_and_a_changed_one_its_holders),
        cmocka_unit_test(an_account_and_its_user_are_concerned_by_its_status),
        cmocka_unit_test(a_user_is_concerned_by_what_he_would_like),
        cmocka_unit_test(runs_of_cancels_concern_the_books_of_each),
        cmocka_unit_test(what_a_query_depends_on_is_read_as_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
