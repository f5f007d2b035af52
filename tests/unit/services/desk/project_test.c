#include "../recorded_rows.h"
#include "desk/project.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID_9 "09000000-0000-0000-0000-000000000000"

static void an_article_becomes_its_row_whatever_is_in_its_symbols(void **state)
{
    (void)state;
    struct text symbols[] = {TEXT("EUA"), TEXT("A \"B\"\\"), TEXT("null"), TEXT("")};
    struct event event = {.kind = EVENT_NEWS_PUBLISHED,
                          .news_published = {.id = {{9}},
                                             .category = TEXT("carbon"),
                                             .title = TEXT("Auction"),
                                             .body = TEXT("Text."),
                                             .symbols = symbols,
                                             .symbols_count = 4,
                                             .published_at = 4,
                                             .version = 3,
                                             .changed_at = 5}};
    assert_true(recorded_rows_are(&DESK_PROJECTION, &event,
                                  "0|" ID_9 "|carbon|Auction|-|Text.|-|-|"
                                  "{EUA,\"A \\\"B\\\"\\\\\",\"null\",\"\"}|4|5|5|3\n"));
}

static void a_date_of_the_economy_becomes_its_row(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_ECONOMIC_EVENT_PUBLISHED,
                          .economic_event_published = {.id = {{9}},
                                                       .country = TEXT("DE"),
                                                       .name = TEXT("Rate"),
                                                       .importance = IMPORTANCE_HIGH,
                                                       .scheduled_at = 4,
                                                       .has_unit = true,
                                                       .unit = TEXT("%"),
                                                       .has_forecast_e8 = true,
                                                       .forecast_e8 = -7,
                                                       .version = 3,
                                                       .changed_at = 5}};
    assert_true(recorded_rows_are(&DESK_PROJECTION, &event,
                                  "2|" ID_9 "|DE|Rate|high|4|-|%|-|-7|-|-|5|5|3\n"));
}

static void a_report_of_a_company_becomes_its_row(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_EARNINGS_PUBLISHED,
                          .earnings_published = {.id = {{9}},
                                                 .symbol = TEXT("EXM"),
                                                 .company = TEXT("Example"),
                                                 .fiscal_period = TEXT("2026-Q3"),
                                                 .scheduled_at = 4,
                                                 .report_time = REPORT_TIME_AFTER_CLOSE,
                                                 .currency = TEXT("EUR"),
                                                 .has_eps_actual_e8 = true,
                                                 .eps_actual_e8 = 7,
                                                 .has_revenue_forecast_millions_e8 = true,
                                                 .revenue_forecast_millions_e8 = 8,
                                                 .version = 3,
                                                 .changed_at = 5}};
    assert_true(recorded_rows_are(&DESK_PROJECTION, &event,
                                  "4|" ID_9
                                  "|EXM|Example|2026-Q3|4|after_close|EUR|-|7|8|-|5|5|3\n"));
}

static void a_question_becomes_its_row(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_FAQ_PUBLISHED,
                          .faq_published = {.id = {{9}},
                                            .category = TEXT("funding"),
                                            .question = TEXT("How?"),
                                            .answer = TEXT("So."),
                                            .position = 10,
                                            .version = 3,
                                            .changed_at = 5}};
    assert_true(
        recorded_rows_are(&DESK_PROJECTION, &event, "6|" ID_9 "|funding|How?|So.|10|5|5|3\n"));
}

static void a_conversation_becomes_its_row_and_what_is_said_another(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_SUPPORT_TICKET_CHANGED,
        .support_ticket_changed = {.user_id = {{2}},
                                   .change = SUPPORT_CHANGE_OPENED,
                                   .ticket = {.id = {{9}},
                                              .user_id = {{2}},
                                              .category = SUPPORT_CATEGORY_FUNDING,
                                              .priority = SUPPORT_PRIORITY_HIGH,
                                              .opened_at = 3,
                                              .first_response_due_at = 4,
                                              .resolution_due_at = 5,
                                              .messages = 1,
                                              .version = 1,
                                              .updated_at = 6},
                                   .has_subject = true,
                                   .subject = TEXT("subject"),
                                   .has_message_id = true,
                                   .message_id = {{8}},
                                   .has_author_id = true,
                                   .author_id = {{2}},
                                   .has_text = true,
                                   .text = TEXT("text")}};
    assert_true(recorded_rows_are(
        &DESK_PROJECTION, &event,
        "8|" ID_9
        "|02000000-0000-0000-0000-000000000000|funding|open|high|-|3|4|-|5|-|-|-|-|1|1|6\n"
        "9|" ID_9 "|[subject 02]\n"
        "11|08000000-0000-0000-0000-000000000000|" ID_9 "|02000000-0000-0000-0000-000000000000|"
        "02000000-0000-0000-0000-000000000000|f|[text 02]|6|1\n"));
}

static void what_is_withdrawn_keeps_its_row(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_DOCUMENT_WITHDRAWN,
                          .document_withdrawn = {.id = {{9}}, .withdrawn_at = 6}};
    static const char *const ROWS[] = {"1|" ID_9 "|6\n", "3|" ID_9 "|6\n", "5|" ID_9 "|6\n",
                                       "7|" ID_9 "|6\n"};
    for (uint32_t kind = DOCUMENT_KIND_NEWS; kind <= DOCUMENT_KIND_FAQ; kind++) {
        event.document_withdrawn.kind = (enum document_kind)kind;
        assert_true(recorded_rows_are(&DESK_PROJECTION, &event, ROWS[kind]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_article_becomes_its_row_whatever_is_in_its_symbols),
        cmocka_unit_test(a_date_of_the_economy_becomes_its_row),
        cmocka_unit_test(a_report_of_a_company_becomes_its_row),
        cmocka_unit_test(a_question_becomes_its_row),
        cmocka_unit_test(a_conversation_becomes_its_row_and_what_is_said_another),
        cmocka_unit_test(what_is_withdrawn_keeps_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
