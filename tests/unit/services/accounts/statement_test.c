/* Statements: asked for, and by the clock when a month or a year is over. */
#include "accounts/statement.h"
#include "base/time.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int64_t at(const char *text)
{
    int64_t time_us;
    assert_int_equal(time_parse(text_of(text), &time_us), OK);
    return time_us;
}

static const struct statements_issued *issued(const struct event *event)
{
    assert_non_null(event);
    assert_int_equal(event->kind, EVENT_STATEMENTS_ISSUED);
    return &event->statements_issued;
}

static struct command statement_command(struct uuid account, int64_t from, int64_t to)
{
    struct command command = command_by_user(COMMAND_ISSUE_STATEMENT, account);
    command.issue_statement = (struct issue_statement){
        .statement_id = id_of(900), .account_id = account, .from = from, .to = to};
    return command;
}

static struct command tax_command(struct uuid account, int64_t year)
{
    struct command command = command_by_operator(COMMAND_ISSUE_TAX_DOCUMENT);
    command.issue_tax_document =
        (struct issue_tax_document){.document_id = id_of(901), .account_id = account, .year = year};
    return command;
}

static void a_statement_has_what_the_ledger_has(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8); /* what is locked counts */
    struct command command = statement_command(buyer, ledger.now_us - DAY_US, ledger.now_us);
    const struct statements_issued *one = issued(ledger_command(&ledger, &command));
    assert_int_equal(one->kind, STATEMENT_KIND_ON_DEMAND);
    assert_int_equal(one->statements_count, 1);
    assert_true(uuid_equal(one->statements[0].id, id_of(900)));
    assert_true(uuid_equal(one->statements[0].account_id, buyer));
    assert_int_equal(one->statements[0].totals_count, 1);
    assert_true(text_is(one->statements[0].totals[0].asset, "EUR"));
    assert_int_equal(one->statements[0].totals[0].total_e8, 1000 * E8);
    assert_false(one->scheduled || one->left || one->statements[0].has_form);
}

static void a_statement_is_about_a_time_that_is_over(void **state)
{
    (void)state;
    struct command command = statement_command(buyer, 0, ledger.now_us + DAY_US);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "to");
    command = statement_command(buyer, DAY_US, DAY_US);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "from");
}

static void nobody_has_statements_of_others(void **state)
{
    (void)state;
    struct command command = statement_command(seller, 0, DAY_US);
    command.issue_statement.account_id = buyer;
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
    command = tax_command(buyer, 2026);
    command.meta = statement_command(buyer, 0, 1).meta;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command = tax_command(id_of(4711), 2026);
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
}

static void a_month_is_stated_when_it_is_over_and_not_before(void **state)
{
    (void)state;
    int32_t year = time_year(ledger.now_us);
    int64_t end_us = time_month_end(ledger.now_us);
    assert_int_equal(accounts_due_us(ledger.state), end_us);
    assert_null(ledger_time(&ledger));
    ledger.now_us = end_us + DAY_US;
    const struct statements_issued *month = issued(ledger_time(&ledger));
    assert_true(month->scheduled);
    assert_false(month->left);
    assert_int_equal(month->kind, STATEMENT_KIND_MONTHLY);
    assert_int_equal(month->from, time_month_start(end_us - 1));
    assert_int_equal(month->to, end_us);
    assert_int_equal(month->statements_count, 2); /* makers have none */
    assert_true(uuid_compare(month->statements[0].account_id, month->statements[1].account_id) < 0);
    assert_false(uuid_equal(month->statements[0].id, month->statements[1].id));
    assert_int_equal(time_year(end_us), year); /* no tax documents yet */
    assert_null(ledger_time(&ledger));
}

static void each_month_that_was_slept_through_is_stated(void **state)
{
    (void)state;
    int64_t end_us = time_month_end(ledger.now_us);
    ledger.now_us = time_month_end(time_month_end(end_us)) + 1;
    const struct event *event;
    int months = 0;
    while ((event = ledger_time(&ledger)) != NULL) {
        if (issued(event)->kind != STATEMENT_KIND_MONTHLY)
            continue; /* a year was over, too */
        assert_int_equal(issued(event)->to, end_us);
        end_us = time_month_end(end_us);
        months++;
    }
    assert_int_equal(months, 3);
}

static void a_year_ends_with_tax_documents_by_the_account_s_form(void **state)
{
    (void)state;
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status = (struct set_account_status){.account_id = buyer,
                                                             .status = ACCOUNT_STATUS_ACTIVE,
                                                             .has_tax_form = true,
                                                             .tax_form = TAX_FORM_US_1099_B};
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
    command.set_account_status.has_tax_form = false; /* leaves the mark as it is */
    (void)ledger_command(&ledger, &command);
    int32_t year = time_year(ledger.now_us);
    ledger.now_us = time_year_start(year + 1);
    const struct event *event;
    while ((event = ledger_time(&ledger)) != NULL)
        assert_int_equal(issued(event)->kind, STATEMENT_KIND_MONTHLY);
    /* What is bought up to then may make a loss of its last day a wash sale. */
    ledger.now_us = time_year_start(year + 1) + 30 * DAY_US - 2; /* inputs come 1 later */
    assert_null(ledger_time(&ledger));
    ledger.now_us++;
    const struct statements_issued *last = issued(ledger_time(&ledger));
    assert_int_equal(last->kind, STATEMENT_KIND_TAX_YEAR);
    assert_int_equal(last->from, time_year_start(year));
    assert_int_equal(last->to, time_year_start(year + 1));
    assert_int_equal(last->statements_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(last->statements[i].form, uuid_equal(last->statements[i].account_id, buyer)
                                                       ? TAX_FORM_US_1099_B
                                                       : TAX_FORM_GENERIC);
    assert_null(ledger_time(&ledger));
    assert_int_equal(accounts_due_us(ledger.state), time_month_end(ledger.now_us));
}

static void a_tax_document_of_this_year_goes_as_far_as_now(void **state)
{
    (void)state;
    int32_t year = time_year(ledger.now_us);
    struct command command = tax_command(buyer, year);
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(issued(event)->to, event->meta.occurred_at);
    assert_true(issued(event)->statements[0].has_form);
    command = tax_command(buyer, year + 1);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "year");
    command = tax_command(buyer, year - 1);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "year");
}

/* Other inputs come in between, and a ledger that begins anew goes on where it was. */
static void many_accounts_are_stated_one_event_after_the_other(void **state)
{
    (void)state;
    ledger.place.piece_max = 1;
    int64_t end_us = time_month_end(ledger.now_us);
    ledger.now_us = end_us;
    const struct statements_issued *first = issued(ledger_time(&ledger));
    assert_int_equal(first->statements_count, 1);
    assert_true(first->left);
    struct uuid stated = first->statements[0].account_id;
    assert_in_range(accounts_due_us(ledger.state), end_us + 1, end_us + DAY_US);
    ledger_deposit(&ledger, buyer, "EUR", E8);
    struct buffer saved = ledger_saved(ledger.state);
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&saved)), OK);
    assert_int_equal(accounts_due_us(loaded), accounts_due_us(ledger.state));
    accounts_state_free(ledger.state);
    ledger.state = loaded;
    buffer_free(&saved);
    ledger.now_us = end_us + SECOND_US;
    const struct statements_issued *second = issued(ledger_time(&ledger));
    assert_int_equal(second->statements_count, 1);
    assert_int_equal(second->to, end_us);
    assert_false(second->left);
    assert_true(uuid_compare(second->statements[0].account_id, stated) > 0);
    assert_null(ledger_time(&ledger));
}

static void months_and_years_begin_where_the_calendar_says(void **state)
{
    (void)state;
    assert_int_equal(time_month_start(at("2024-02-29T23:59:59Z")), at("2024-02-01T00:00:00Z"));
    assert_int_equal(time_month_end(at("2024-02-01T00:00:00Z")), at("2024-03-01T00:00:00Z"));
    assert_int_equal(time_month_end(at("2026-01-31T12:00:00Z")), at("2026-02-01T00:00:00Z"));
    assert_int_equal(time_month_end(at("2026-12-05T00:00:00Z")), at("2027-01-01T00:00:00Z"));
    assert_int_equal(time_year_start(2000), at("2000-01-01T00:00:00Z"));
    assert_int_equal(time_month_start(-1), at("1969-12-01T00:00:00Z"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_statement_has_what_the_ledger_has),
        TEST(a_statement_is_about_a_time_that_is_over),
        TEST(nobody_has_statements_of_others),
        TEST(a_month_is_stated_when_it_is_over_and_not_before),
        TEST(each_month_that_was_slept_through_is_stated),
        TEST(a_year_ends_with_tax_documents_by_the_account_s_form),
        TEST(a_tax_document_of_this_year_goes_as_far_as_now),
        TEST(many_accounts_are_stated_one_event_after_the_other),
        cmocka_unit_test(months_and_years_begin_where_the_calendar_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
