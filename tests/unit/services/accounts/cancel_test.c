/* Cancels of many orders at once, and dead man's switches. */
#include "accounts/due.h"
#include "base/time.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct command cancel_orders(struct uuid account)
{
    struct command command = command_by_user(COMMAND_CANCEL_ORDERS, account);
    command.cancel_orders.account_id = account;
    return command;
}

static const struct cancel_requested *requested(const struct event *event)
{
    assert_non_null(event);
    assert_int_equal(event->kind, EVENT_CANCEL_REQUESTED);
    return &event->cancel_requested;
}

/* Sets the buyer's switch. */
static const struct cancel_after_set *arm(int64_t timeout_s)
{
    struct command command = command_by_user(COMMAND_SET_CANCEL_AFTER, buyer);
    command.set_cancel_after =
        (struct set_cancel_after){.account_id = buyer, .timeout_s = timeout_s};
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_CANCEL_AFTER_SET);
    return &event->cancel_after_set;
}

/* Saving and loading changes nothing, nor what is due. */
static void reload(void)
{
    struct buffer saved = ledger_saved(ledger.state);
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&saved)), OK);
    struct buffer again = ledger_saved(loaded);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    assert_int_equal(accounts_due_us(loaded), accounts_due_us(ledger.state));
    accounts_state_free(ledger.state);
    ledger.state = loaded;
    buffer_free(&saved);
    buffer_free(&again);
}

static void all_open_orders_are_listed_with_their_books(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8);
    place(buyer, 2, SIDE_BUY, E8, E8);
    place(seller, 3, SIDE_SELL, E8, E8);
    struct command command = cancel_orders(buyer);
    const struct event *event = ledger_command(&ledger, &command);
    const struct cancel_requested *cancel = requested(event);
    assert_int_equal(cancel->orders_count, 2);
    assert_int_equal(cancel->left, 0);
    assert_int_equal(cancel->reason, END_REASON_CANCELED_BY_USER);
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    assert_null(ledger_time(&ledger));
    assert_balance(buyer, "EUR", 998 * E8, 2 * E8); /* until their books have done it */
}

static void only_an_instrument_or_a_side_may_be_meant(void **state)
{
    (void)state;
    struct command eua =
        limit_order(&ledger, order_id_of("EUA-EUR", 9), buyer, "EUA-EUR", SIDE_BUY, E8, E8);
    ledger_deposit(&ledger, buyer, "CEA", E8);
    (void)ledger_command(&ledger, &eua);
    place(buyer, 1, SIDE_BUY, E8, E8);
    place(buyer, 2, SIDE_SELL, E8, 9 * E8);
    struct command command = cancel_orders(buyer);
    command.cancel_orders.has_instrument = true;
    command.cancel_orders.instrument = TEXT("CEA-EUR");
    assert_int_equal(requested(ledger_command(&ledger, &command))->orders_count, 2);
    command.cancel_orders.has_side = true;
    command.cancel_orders.side = SIDE_SELL;
    const struct cancel_requested *cancel = requested(ledger_command(&ledger, &command));
    assert_int_equal(cancel->orders_count, 1);
    assert_true(uuid_equal(cancel->orders[0], cea(2)));
    command.cancel_orders.instrument = TEXT("XXX-EUR");
    assert_refused(ledger_command(&ledger, &command), "INSTRUMENT_UNKNOWN", "instrument");
}

static void only_the_owner_and_operators_cancel(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8);
    struct command command = cancel_orders(buyer);
    command.meta.actor.account_id = seller;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command = command_by_operator(COMMAND_CANCEL_ORDERS);
    command.cancel_orders.account_id = buyer;
    assert_int_equal(requested(ledger_command(&ledger, &command))->reason,
                     END_REASON_CANCELED_BY_OPERATOR);
    command.cancel_orders.account_id = id_of(999);
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
}

/* The books say that these orders are canceled. */
static void end(const struct uuid *ids, size_t count)
{
    static struct order orders[ACCOUNTS_CANCELS_MAX];
    for (size_t i = 0; i < count; i++)
        orders[i] = (struct order){.id = ids[i], .account_id = seller};
    const struct event ended = {.kind = EVENT_ORDERS_CANCELED,
                                .orders_canceled = {.orders = orders, .orders_count = count}};
    (void)ledger_follow(&ledger, &ended);
}

static void what_does_not_fit_follows_by_the_clock_and_what_came_later_stays(void **state)
{
    (void)state;
    enum { MORE = 3 };
    ledger_deposit(&ledger, seller, "CEA", 2 * ACCOUNTS_CANCELS_MAX * E8);
    for (uint32_t i = 1; i <= ACCOUNTS_CANCELS_MAX + MORE; i++)
        place(seller, i, SIDE_SELL, E8, E8);
    struct command command = cancel_orders(seller);
    const struct cancel_requested *cancel = requested(ledger_command(&ledger, &command));
    assert_int_equal(cancel->orders_count, ACCOUNTS_CANCELS_MAX);
    assert_int_equal(cancel->left, MORE);
    end(cancel->orders, 7);
    place(seller, 9999, SIDE_SELL, E8, E8);
    reload();
    cancel = requested(ledger_time(&ledger));
    assert_true(cancel->goes_on);
    assert_int_equal(cancel->orders_count, MORE);
    assert_int_equal(cancel->left, 0);
    assert_int_equal(cancel->reason, END_REASON_CANCELED_BY_USER);
    assert_null(ledger_time(&ledger));
}

static void set_status(enum account_status status)
{
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = buyer;
    command.set_account_status.status = status;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
}

static void who_is_restricted_buys_nothing_more_and_who_is_closed_trades_nothing(void **state)
{
    (void)state;
    ledger_deposit(&ledger, buyer, "CEA", E8);
    place(buyer, 1, SIDE_BUY, E8, E8);
    place(buyer, 2, SIDE_SELL, E8, 9 * E8);
    set_status(ACCOUNT_STATUS_RESTRICTED);
    reload();
    const struct cancel_requested *cancel = requested(ledger_time(&ledger));
    assert_int_equal(cancel->orders_count, 1);
    assert_true(uuid_equal(cancel->orders[0], cea(1)));
    assert_int_equal(cancel->reason, END_REASON_CANCELED_BY_OPERATOR);
    assert_null(ledger_time(&ledger));
    set_status(ACCOUNT_STATUS_ACTIVE);
    assert_null(ledger_time(&ledger));
    set_status(ACCOUNT_STATUS_CLOSED);
    assert_int_equal(requested(ledger_time(&ledger))->orders_count, 2);
}

static void an_order_that_ended_meanwhile_is_left_out(void **state)
{
    (void)state;
    ledger_deposit(&ledger, seller, "CEA", 2 * ACCOUNTS_CANCELS_MAX * E8);
    for (uint32_t i = 1; i <= ACCOUNTS_CANCELS_MAX + 1; i++)
        place(seller, i, SIDE_SELL, E8, E8);
    struct command command = cancel_orders(seller);
    (void)requested(ledger_command(&ledger, &command));
    for (uint32_t i = 1; i <= ACCOUNTS_CANCELS_MAX + 1; i++)
        end((struct uuid[]){cea(i)}, 1);
    assert_null(ledger_time(&ledger));
}

static void a_switch_goes_off_at_its_deadline_and_is_off_then(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8);
    const struct cancel_after_set *set = arm(60);
    int64_t cancel_at = set->cancel_at;
    assert_int_equal(cancel_at, ledger.now_us + 60 * SECOND_US);
    assert_null(ledger_time(&ledger));
    reload();
    ledger.now_us = cancel_at - 1;
    const struct event *event = ledger_time(&ledger);
    const struct cancel_requested *cancel = requested(event);
    assert_int_equal(cancel->reason, END_REASON_CANCEL_AFTER);
    assert_int_equal(cancel->orders_count, 1);
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    ledger.now_us += 3600 * SECOND_US;
    assert_null(ledger_time(&ledger));
}

static void each_call_moves_the_deadline_and_0_switches_it_off(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8);
    arm(60);
    ledger.now_us += 59 * SECOND_US;
    arm(60);
    ledger.now_us += 59 * SECOND_US;
    assert_null(ledger_time(&ledger));
    assert_false(arm(0)->has_cancel_at);
    ledger.now_us += 3600 * SECOND_US;
    assert_null(ledger_time(&ledger));
}

static void time_in_which_the_ledger_stood_still_does_not_count(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8);
    arm(60);
    ledger.now_us += 3600 * SECOND_US;
    const struct event *event = ledger_time(&ledger);
    assert_int_equal(event->kind, EVENT_CANCEL_AFTER_SET);
    assert_int_equal(event->cancel_after_set.cancel_at, ledger.now_us + 60 * SECOND_US);
    assert_null(ledger_time(&ledger));
    ledger.now_us += 60 * SECOND_US;
    assert_int_equal(requested(ledger_time(&ledger))->reason, END_REASON_CANCEL_AFTER);
}

static void switches_go_off_one_after_the_other(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8);
    place(seller, 2, SIDE_SELL, E8, 9 * E8);
    arm(61);
    struct command command = command_by_user(COMMAND_SET_CANCEL_AFTER, seller);
    command.set_cancel_after = (struct set_cancel_after){.account_id = seller, .timeout_s = 60};
    (void)ledger_command(&ledger, &command);
    ledger.now_us += 62 * SECOND_US;
    assert_true(uuid_equal(requested(ledger_time(&ledger))->account_id, seller));
    assert_true(uuid_equal(requested(ledger_time(&ledger))->account_id, buyer));
    assert_null(ledger_time(&ledger));
}

static void a_switch_has_an_owner_and_a_bound(void **state)
{
    (void)state;
    struct command command = command_by_user(COMMAND_SET_CANCEL_AFTER, buyer);
    command.set_cancel_after =
        (struct set_cancel_after){.account_id = buyer, .timeout_s = ACCOUNTS_TIMEOUT_S_MAX + 1};
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "timeout_s");
    command.set_cancel_after.timeout_s = -1;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "timeout_s");
    command.set_cancel_after = (struct set_cancel_after){.account_id = seller, .timeout_s = 60};
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_ledger, close_ledger)
        TEST(all_open_orders_are_listed_with_their_books),
        TEST(only_an_instrument_or_a_side_may_be_meant),
        TEST(only_the_owner_and_operators_cancel),
        TEST(what_does_not_fit_follows_by_the_clock_and_what_came_later_stays),
        TEST(who_is_restricted_buys_nothing_more_and_who_is_closed_trades_nothing),
        TEST(an_order_that_ended_meanwhile_is_left_out),
        TEST(a_switch_goes_off_at_its_deadline_and_is_off_then),
        TEST(each_call_moves_the_deadline_and_0_switches_it_off),
        TEST(time_in_which_the_ledger_stood_still_does_not_count),
        TEST(switches_go_off_one_after_the_other),
        TEST(a_switch_has_an_owner_and_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
