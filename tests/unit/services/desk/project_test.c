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

static void what_is_withdrawn_keeps_its_row(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_DOCUMENT_WITHDRAWN,
        .document_withdrawn = {.id = {{9}}, .kind = DOCUMENT_KIND_NEWS, .withdrawn_at = 6}};
    assert_true(recorded_rows_are(&DESK_PROJECTION, &event, "1|" ID_9 "|6\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_article_becomes_its_row_whatever_is_in_its_symbols),
        cmocka_unit_test(what_is_withdrawn_keeps_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
