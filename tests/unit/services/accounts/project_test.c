/* The rows that events make. */
#include "../recorded_rows.h"

#include "accounts/accounts.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Statements by number, as project.c lists them: 0 accounts, 1 market_maker_clients,
 * 2 market_maker_credentials, 3 balances, 4 proceeds, 5 asset_transactions, 6 transactions,
 * 7 positions, 8 risk_limits, 9 daily_notionals, 22 account_statements, 23 tax_documents. */
#define A "0a000000-0000-0000-0000-000000000000"
#define B "0b000000-0000-0000-0000-000000000000"
#define M "0e000000-0000-0000-0000-000000000000"
#define T "0f000000-0000-0000-0000-000000000000"
#define O "01000000-0000-0000-0000-000000000000"
#define P "02000000-0000-0000-0000-000000000000"

static const struct uuid a = {{0x0a}}, b = {{0x0b}}, m = {{0x0e}}, t = {{0x0f}}, o = {{1}},
                         p = {{2}};

static void assert_rows(const struct event *event, const char *lines)
{
    assert_true(recorded_rows_are(&ACCOUNTS_PROJECTION, event, lines));
}

static void an_account_is_one_row(void **state)
{
    (void)state;
    const struct event event = {.kind = EVENT_ACCOUNT_OPENED,
                                .account_opened.account = {.id = a,
                                                           .has_user_id = true,
                                                           .user_id = b,
                                                           .version = 3,
                                                           .created_at = 5,
                                                           .updated_at = 6}};
    assert_rows(&event, "0|" A "|" B "|trading|pending_kyc|-|generic|5|6|3\n");
}

static void a_market_maker_is_opened_under_its_own_key(void **state)
{
    (void)state;
    struct asset_transaction booked = {.id = t,
                                       .account_id = m,
                                       .asset = TEXT("CEA"),
                                       .amount_e8 = 7,
                                       .balance_after_e8 = 7,
                                       .created_at = 5};
    struct posting postings[] = {
        {.book = LEDGER_BOOK_ACCOUNT,
         .has_account_id = true,
         .account_id = m,
         .asset = TEXT("CEA"),
         .amount_e8 = 7},
        {.book = LEDGER_BOOK_EXTERNAL, .asset = TEXT("CEA"), .amount_e8 = -7}};
    struct balance_after balance = {
        .account_id = m, .asset = TEXT("CEA"), .available_e8 = 7, .total_e8 = 7};
    const struct event event = {
        .kind = EVENT_MARKET_MAKER_CREATED,
        .meta.occurred_at = 9,
        .market_maker_created = {.market_maker = {.id = m,
                                                  .name = TEXT("name"),
                                                  .email = TEXT("mail"),
                                                  .has_password_hash = true,
                                                  .password_hash = TEXT("hash"),
                                                  .version = 4,
                                                  .created_at = 5,
                                                  .updated_at = 5},
                                 .transactions = &booked,
                                 .transactions_count = 1,
                                 .postings = postings,
                                 .postings_count = 2,
                                 .balances = &balance,
                                 .balances_count = 1}};
    assert_rows(&event, "11|" M "|9|17|2|{\"CEA\":[\"0.00000007\",\"0\"]}\n"
                        "0|" M "|-|market_maker|active|-|generic|5|5|4\n"
                        "1|" M "|[name 0e]|[mail 0e]|-|00000000000000000000000000000000|active"
                        "|5|5|4\n"
                        "2|" M "|[hash 0e]\n"
                        "3|" M "|CEA|7|0|7|9\n"
                        "5|" T "|" M "|CEA|deposit|7|0|7|-|5|-|17|0\n"
                        "6|2|17|0|account|" M "|CEA|7|7|deposit|" T "|9|-|-|-|-\n"
                        "6|2|17|1|external|-|CEA|-7|-|-|-|9|-|-|-|-\n");
}

static void a_payout_moves_proceeds_and_no_balance(void **state)
{
    (void)state;
    struct posting postings[] = {
        {.book = LEDGER_BOOK_MARKET_MAKER_PAYABLE,
         .has_account_id = true,
         .account_id = m,
         .asset = TEXT("EUR"),
         .amount_e8 = -3},
        {.book = LEDGER_BOOK_EXTERNAL, .asset = TEXT("EUR"), .amount_e8 = 3}};
    struct proceeds_after proceeds = {.market_maker_id = m, .asset = TEXT("EUR"), .amount_e8 = 4};
    const struct event event = {
        .kind = EVENT_ASSET_TRANSACTION_RECORDED,
        .key = TEXT(M),
        .meta = {.has_command_id = true, .command_id = p},
        .asset_transaction_recorded = {.transaction = {.id = t,
                                                       .account_id = m,
                                                       .asset = TEXT("EUR"),
                                                       .type = TRANSACTION_TYPE_PAYOUT,
                                                       .amount_e8 = 3,
                                                       .balance_before_e8 = 7,
                                                       .balance_after_e8 = 4,
                                                       .has_notes = true,
                                                       .notes = TEXT("paid")},
                                       .postings = postings,
                                       .postings_count = 2,
                                       .proceeds = &proceeds,
                                       .proceeds_count = 1}};
    assert_rows(&event, "11|" M "|0|17|2|{\"proceeds\":{\"EUR\":\"0.00000004\"}}\n"
                        "4|" M "|EUR|4\n"
                        "5|" T "|" M "|EUR|payout|3|7|4|paid|0|" P "|17|0\n"
                        "6|2|17|0|market_maker_payable|" M "|EUR|-3|-|payout|" T "|0|-|-|-|-\n"
                        "6|2|17|1|external|-|EUR|3|-|-|-|0|-|-|-|-\n");
}

/* One account sold with two orders: each posting shows the total behind it. */
static void fills_show_running_totals_and_their_orders(void **state)
{
    (void)state;
    struct settled_order orders[] = {{.order_id = o}, {.order_id = p}};
    struct posting postings[] = {{LEDGER_BOOK_ACCOUNT, true, a, TEXT("CEA"), -5},
                                 {LEDGER_BOOK_ACCOUNT, true, a, TEXT("EUR"), 50},
                                 {LEDGER_BOOK_ACCOUNT, true, a, TEXT("CEA"), -1},
                                 {LEDGER_BOOK_ACCOUNT, true, a, TEXT("EUR"), 11},
                                 {LEDGER_BOOK_CLEARING, false, {{0}}, TEXT("CEA"), 6},
                                 {LEDGER_BOOK_CLEARING, false, {{0}}, TEXT("EUR"), -61}};
    struct balance_after balances[] = {{a, TEXT("CEA"), 4, 0, 4}, {a, TEXT("EUR"), 61, 0, 61}};
    struct position_after position = {a, TEXT("CEA-EUR"), 0, 0, 8};
    struct cause_run cause = {.last_offset = 55};
    const struct event event = {.kind = EVENT_FILLS_SETTLED,
                                .meta = {.occurred_at = 9, .cause = &cause, .cause_count = 1},
                                .fills_settled = {.orders = orders,
                                                  .orders_count = 2,
                                                  .postings = postings,
                                                  .postings_count = 6,
                                                  .balances = balances,
                                                  .balances_count = 2,
                                                  .positions = &position,
                                                  .positions_count = 1}};
    assert_rows(&event, "11|" A "|9|17|2|{\"CEA\":[\"0.00000004\",\"0\"],"
                        "\"EUR\":[\"0.00000061\",\"0\"]}\n"
                        "3|" A "|CEA|4|0|4|9\n"
                        "3|" A "|EUR|61|0|61|9\n"
                        "6|2|17|0|account|" A "|CEA|-5|5|trade|" O "|9|CEA-EUR|0|0|8\n"
                        "6|2|17|1|account|" A "|EUR|50|50|trade|" O "|9|-|-|-|-\n"
                        "6|2|17|2|account|" A "|CEA|-1|4|trade|" P "|9|CEA-EUR|0|0|8\n"
                        "6|2|17|3|account|" A "|EUR|11|61|trade|" P "|9|-|-|-|-\n"
                        "6|2|17|4|clearing|-|CEA|6|-|-|-|9|-|-|-|-\n"
                        "6|2|17|5|clearing|-|EUR|-61|-|-|-|9|-|-|-|-\n"
                        "7|" A "|CEA-EUR|0|0|8|9\n"
                        "10|" A "|CEA-EUR|55\n");
}

static void holds_move_balances_only(void **state)
{
    (void)state;
    static const char ROWS[] = "11|" A "|0|17|2|{\"EUR\":[\"0.00000003\",\"0.00000004\"]}\n"
                               "3|" A "|EUR|3|4|7|0\n";
    struct balance_after balance = {a, TEXT("EUR"), 3, 4, 7};
    const struct event authorized = {.kind = EVENT_ORDER_AUTHORIZED,
                                     .order_authorized.balance = balance};
    assert_rows(&authorized, ROWS);
    const struct event released = {.kind = EVENT_HOLD_RELEASED,
                                   .hold_released = {.balances = &balance, .balances_count = 1}};
    assert_rows(&released, ROWS);
}

static void what_moves_nothing_concerns_the_account_of_its_key(void **state)
{
    (void)state;
    struct event rejected = {.kind = EVENT_COMMAND_REJECTED, .meta.occurred_at = 9};
    assert_rows(&rejected, "");
    rejected.key = TEXT(A);
    assert_rows(&rejected, "11|" A "|9|17|2|-\n");
    struct balance_after balances[] = {{a, TEXT("CEA"), 1, 0, 1}, {m, TEXT("EUR"), 2, 0, 2}};
    const struct event released = {.kind = EVENT_HOLD_RELEASED,
                                   .key = TEXT(M),
                                   .hold_released = {.balances = balances, .balances_count = 2}};
    assert_rows(&released, "11|" A "|0|17|2|{\"CEA\":[\"0.00000001\",\"0\"]}\n"
                           "11|" M "|0|17|2|{\"EUR\":[\"0.00000002\",\"0\"]}\n"
                           "3|" A "|CEA|1|0|1|0\n"
                           "3|" M "|EUR|2|0|2|0\n");
}

static void a_buy_shows_what_was_bought_that_day(void **state)
{
    (void)state;
    const struct event event = {.kind = EVENT_ORDER_AUTHORIZED,
                                .meta.occurred_at = 3 * DAY_US + 5,
                                .order_authorized = {.order = {.account_id = a, .side = SIDE_BUY},
                                                     .hold_asset = TEXT("EUR"),
                                                     .balance = {a, TEXT("EUR"), 3, 4, 7},
                                                     .has_daily_notional_e8 = true,
                                                     .daily_notional_e8 = 11}};
    assert_rows(&event, "11|" A "|259200000005|17|2|"
                        "{\"EUR\":[\"0.00000003\",\"0.00000004\",\"0.00000011\"]}\n"
                        "3|" A "|EUR|3|4|7|259200000005\n"
                        "9|" A "|EUR|259200000000|11\n");
}

static void the_limits_of_an_account_are_one_row_and_each_change_is_kept(void **state)
{
    (void)state;
    const struct event event = {.kind = EVENT_RISK_LIMITS_SET,
                                .meta.occurred_at = 9,
                                .risk_limits_set = {.account_id = a,
                                                    .limits = {.has_max_daily_notional_e8 = true,
                                                               .max_daily_notional_e8 = 5 * E8,
                                                               .has_max_open_orders = true,
                                                               .max_open_orders = 7},
                                                    .version = 3,
                                                    .updated_at = 9}};
#define LIMITS                                                                                     \
    "{\"max_order_notional\":null,\"max_daily_notional\":\"5.00\","                                \
    "\"max_concentration_percent\":null,\"max_open_orders\":7}"
    assert_rows(&event, "27|2|17|" A "|" LIMITS "|9\n8|" A "|" LIMITS "|3|9\n");
    const struct event adopted = {.kind = EVENT_VENUE_RULES_ADOPTED,
                                  .meta.occurred_at = 10,
                                  .venue_rules_adopted.rules.limits = event.risk_limits_set.limits};
    assert_rows(&adopted, "27|2|17|-|" LIMITS "|10\n");
}

static void a_statement_is_a_row_of_its_kind(void **state)
{
    (void)state;
    struct asset_total totals[] = {{TEXT("CEA"), 7}, {TEXT("EUR"), 100000000}};
    struct account_statement statements[] = {
        {.id = a, .account_id = b, .totals = totals, .totals_count = 2},
        {.id = b, .account_id = a}};
    struct event event = {.kind = EVENT_STATEMENTS_ISSUED,
                          .meta.occurred_at = 9,
                          .statements_issued = {.kind = STATEMENT_KIND_MONTHLY,
                                                .from = 3,
                                                .to = 4,
                                                .statements = statements,
                                                .statements_count = 2}};
    assert_rows(&event, "22|" A "|" B "|monthly|3|4|2|17|{\"CEA\":\"0.00000007\",\"EUR\":\"1\"}|9\n"
                        "22|" B "|" A "|monthly|3|4|2|17|{}|9\n");
    event.statements_issued.kind = STATEMENT_KIND_TAX_YEAR;
    event.statements_issued.statements_count = 1;
    statements[0].has_form = true;
    statements[0].form = TAX_FORM_US_1099_B;
    statements[0].totals_count = 0;
    assert_rows(&event, "23|" A "|" B "|us_1099_b|3|4|2|17|{}|9\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_one_row),
        cmocka_unit_test(a_statement_is_a_row_of_its_kind),
        cmocka_unit_test(a_market_maker_is_opened_under_its_own_key),
        cmocka_unit_test(a_payout_moves_proceeds_and_no_balance),
        cmocka_unit_test(fills_show_running_totals_and_their_orders),
        cmocka_unit_test(holds_move_balances_only),
        cmocka_unit_test(what_moves_nothing_concerns_the_account_of_its_key),
        cmocka_unit_test(a_buy_shows_what_was_bought_that_day),
        cmocka_unit_test(the_limits_of_an_account_are_one_row_and_each_change_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
