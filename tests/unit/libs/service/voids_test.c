/* voids_test.c - records that do not count are counted, and told now and then. */
#include "service/voids.h"

#include "log/log.h"
#include "metrics/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE_US = 60000000 };

static void what_a_fail_over_leaves_is_not_told(void **state)
{
    (void)state;
    struct voids voids = {0};
    uint64_t untold;
    assert_false(voids_due(&voids, FOLD_VOID_LATE, 0, &untold));
    assert_false(voids_due(&voids, FOLD_VOID_COPY, 0, &untold));
    assert_false(voids_due(&voids, FOLD_VOID_POISONED, 0, &untold));
}

static void each_reason_is_told_once_a_minute_with_what_was_not(void **state)
{
    (void)state;
    const enum fold_void TOLD[] = {FOLD_VOID_UNREADABLE, FOLD_VOID_MISPLACED, FOLD_VOID_OTHER_LOG,
                                   FOLD_VOID_LOST};
    struct voids voids = {0};
    for (size_t i = 0; i < COUNT_OF(TOLD); i++) {
        uint64_t untold = 7;
        assert_true(voids_due(&voids, TOLD[i], 5, &untold));
        assert_int_equal(untold, 0);
        assert_false(voids_due(&voids, TOLD[i], 6, &untold));
        assert_false(voids_due(&voids, TOLD[i], 5 + MINUTE_US - 1, &untold));
        assert_true(voids_due(&voids, TOLD[i], 5 + MINUTE_US, &untold));
        assert_int_equal(untold, 2);
    }
}

static void assert_shown(const char *line, bool shown)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    metrics_write(METRICS_PLAIN, &text);
    buffer_byte(&text, 0);
    if ((strstr((const char *)text.data, line) != NULL) != shown)
        fail_msg("%s in:\n%s", line, (const char *)text.data);
    buffer_free(&text);
}

/* All series are there from the start: of one that begins with 1 no rate shows anything. */
static void they_are_counted_by_reason(void **state)
{
    (void)state;
    struct fold fold = {.why = FOLD_VOID_OTHER_LOG, .reason = "it belongs to another log"};
    struct followed followed = {
        .verdict = FOLD_INERT,
        .record = {.topic = TEXT("bourse.orders.events"), .partition = 2, .offset = 41},
        .fold = &fold};
    char line[2000] = "";
    FILE *out = tmpfile();
    assert_non_null(out);
    log_init("orders-projector", "test", LOG_LEVEL_INFO, fileno(out));
    voids_begin(SERVICE_ORDERS);
    assert_shown("reason=\"other_log\"} 0\n", true);
    voids_take(&followed);
    voids_take(&followed);
    assert_shown(
        "bourse_log_void_records_total{topic=\"bourse.orders.events\",reason=\"other_log\"} 2\n",
        true);
    assert_shown(
        "bourse_log_void_records_total{topic=\"bourse.orders.events\",reason=\"late\"} 0\n", true);
    rewind(out);
    assert_non_null(fgets(line, sizeof line, out));
    assert_non_null(strstr(line, "\"level\":\"warn\",\"event\":\"log.void_record\""));
    assert_non_null(strstr(line,
                           "\"topic\":\"bourse.orders.events\",\"partition\":2,\"offset\":41,"
                           "\"reason\":\"other_log\",\"problem\":\"it belongs to another log\""));
    assert_non_null(strstr(line, "BourseLogForeignRecords"));
    assert_null(fgets(line, sizeof line, out));
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_fail_over_leaves_is_not_told),
        cmocka_unit_test(each_reason_is_told_once_a_minute_with_what_was_not),
        cmocka_unit_test(they_are_counted_by_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
