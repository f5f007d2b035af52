#include "metrics/metrics.h"
#include "metrics/process.h"

#include "log/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { THREADS = 4, ADDS = 20000 };

/* The registry lives as long as the process, so each test has names of its own. */
static void assert_written_as(enum metrics_format format, const char *expected)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    metrics_write(format, &text);
    assert_true(buffer_ok(&text));
    buffer_byte(&text, '\0');
    if (strstr((const char *)text.data, expected) == NULL)
        fail_msg("\"%s\" is not in\n%s", expected, (const char *)text.data);
    buffer_free(&text);
}

static void assert_written(const char *expected)
{
    assert_written_as(METRICS_PLAIN, expected);
}

static void series_of_one_name_stand_together_under_one_head(void **state)
{
    (void)state;
    struct metrics_counter *good =
        metrics_counter("a_total", "All a.", METRICS_LABELS({"result", "good"}));
    struct metrics_gauge *between = metrics_gauge("b", "Some b.", METRICS_NO_LABELS);
    struct metrics_counter *bad =
        metrics_counter("a_total", "All a.", METRICS_LABELS({"result", "bad"}));
    metrics_counter_add(good, 2);
    metrics_counter_add(bad, UINT64_MAX);
    metrics_gauge_set(between, -3);
    assert_written("# HELP a_total All a.\n# TYPE a_total counter\n"
                   "a_total{result=\"good\"} 2\na_total{result=\"bad\"} 18446744073709551615\n"
                   "# HELP b Some b.\n# TYPE b gauge\nb -3\n");
}

static void registering_again_gives_the_same_series(void **state)
{
    (void)state;
    struct metrics_counter *one = metrics_counter("same_total", "x", METRICS_LABELS({"k", "1"}));
    assert_ptr_equal(one, metrics_counter("same_total", "x", METRICS_LABELS({"k", "1"})));
    assert_ptr_not_equal(one, metrics_counter("same_total", "x", METRICS_LABELS({"k", "2"})));
}

static void gauges_have_fractions_and_move_both_ways(void **state)
{
    (void)state;
    struct metrics_gauge *gauge = metrics_gauge("lag_seconds", "Lag.", METRICS_NO_LABELS);
    metrics_gauge_set_e6(gauge, 1250000);
    assert_written("\nlag_seconds 1.25\n");
    metrics_gauge_add(gauge, -2);
    assert_written("\nlag_seconds -0.75\n");
    metrics_gauge_set_e6(gauge, 1);
    assert_written("\nlag_seconds 0.000001\n");
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    metrics_counter("escaped_total", "x", METRICS_LABELS({"a", "q\"b\\n\n"}, {"b", "é"}));
    assert_written("escaped_total{a=\"q\\\"b\\\\n\\n\",b=\"é\"} 0\n");
}

static void a_histogram_counts_up_to_and_with_each_bound(void **state)
{
    (void)state;
    static const int64_t BOUNDS_E6[] = {500000, 2000000};
    static const struct metrics_buckets BUCKETS = {BOUNDS_E6, 2};
    struct metrics_histogram *histogram =
        metrics_histogram("h_seconds", "H.", METRICS_LABELS({"s", "x"}), BUCKETS);
    metrics_histogram_observe_e6(histogram, 500000);
    metrics_histogram_observe_e6(histogram, 500001);
    metrics_histogram_observe_e6(histogram, 2000000);
    metrics_histogram_observe_e6(histogram, 9000000);
    assert_written("# TYPE h_seconds histogram\n"
                   "h_seconds_bucket{s=\"x\",le=\"0.5\"} 1\nh_seconds_bucket{s=\"x\",le=\"2\"} 3\n"
                   "h_seconds_bucket{s=\"x\",le=\"+Inf\"} 4\nh_seconds_sum{s=\"x\"} 12.000001\n"
                   "h_seconds_count{s=\"x\"} 4\n");
}

static void a_histogram_without_labels_has_only_le(void **state)
{
    (void)state;
    metrics_histogram("plain_seconds", "P.", METRICS_NO_LABELS, METRICS_BUCKETS_DATABASE);
    assert_written("plain_seconds_bucket{le=\"0.001\"} 0\n");
    assert_written("plain_seconds_sum 0\nplain_seconds_count 0\n");
}

/* "@" stands for a time. */
static void assert_written_at(const char *expected)
{
    struct buffer text;
    char before[1000];
    buffer_init(&text, 1 << 20);
    metrics_write(METRICS_OPENMETRICS, &text);
    buffer_byte(&text, '\0');
    size_t size = (size_t)(strchr(expected, '@') - expected);
    memcpy(before, expected, size);
    before[size] = '\0';
    const char *found = strstr((const char *)text.data, before);
    if (found == NULL)
        fail_msg("\"%s\" is not in\n%s", before, (const char *)text.data);
    long long seconds = 0;
    int thousandths = 0, end = 0;
    assert_int_equal(sscanf(found + size, "%lld.%3d%n", &seconds, &thousandths, &end), 2);
    assert_in_range(seconds, time(NULL) - 100, time(NULL));
    assert_memory_equal(found + size + end, expected + size + 1, strlen(expected + size + 1));
    buffer_free(&text);
}

static void openmetrics_has_the_last_trace_of_each_bucket(void **state)
{
    (void)state;
    static const uint8_t FIRST[METRICS_TRACE_ID_SIZE] = {1}, LAST[METRICS_TRACE_ID_SIZE] = {0xab};
    static const int64_t BOUNDS_E6[] = {500000, 2000000};
    static const struct metrics_buckets BUCKETS = {BOUNDS_E6, 2};
    struct metrics_histogram *histogram =
        metrics_histogram("traced_seconds", "T.", METRICS_LABELS({"s", "x"}), BUCKETS);
    metrics_histogram_observe_traced_e6(histogram, 400000, FIRST);
    metrics_histogram_observe_traced_e6(histogram, 300000, LAST);
    metrics_histogram_observe_traced_e6(histogram, 1000000, NULL);
    metrics_histogram_observe_traced_e6(histogram, 9000000, FIRST);
    assert_written_at("traced_seconds_bucket{s=\"x\",le=\"0.5\"} 2 # "
                      "{trace_id=\"ab000000000000000000000000000000\"} 0.3 @\n"
                      "traced_seconds_bucket{s=\"x\",le=\"2.0\"} 3\n");
    assert_written_at("traced_seconds_bucket{s=\"x\",le=\"+Inf\"} 4 # "
                      "{trace_id=\"01000000000000000000000000000000\"} 9 @\n"
                      "traced_seconds_sum{s=\"x\"} 10.7\ntraced_seconds_count{s=\"x\"} 4\n");
    assert_written("traced_seconds_bucket{s=\"x\",le=\"2\"} 3\n");
    assert_written("traced_seconds_bucket{s=\"x\",le=\"0.5\"} 2\n");
}

static void openmetrics_names_a_counter_without_its_end_and_says_where_it_ends(void **state)
{
    (void)state;
    metrics_counter_add(metrics_counter("open_total", "O.", METRICS_NO_LABELS), 2);
    assert_written_as(METRICS_OPENMETRICS, "# HELP open O.\n# TYPE open counter\nopen_total 2\n");
    struct buffer text;
    buffer_init(&text, 1 << 20);
    metrics_write(METRICS_OPENMETRICS, &text);
    assert_memory_equal(text.data + text.size - 6, "# EOF\n", 6);
    buffer_free(&text);
}

static uint64_t one_more(void *argument)
{
    return *(uint64_t *)argument + 1;
}

static void a_counter_counted_elsewhere_is_read_at_writing(void **state)
{
    (void)state;
    static uint64_t count = 6;
    metrics_counter_from("elsewhere_total", "E.", METRICS_NO_LABELS, one_more, &count);
    assert_written("\nelsewhere_total 7\n");
}

static void *count_up(void *unused)
{
    (void)unused;
    for (int i = 0; i < ADDS; i++) {
        metrics_counter_add(metrics_counter("busy_total", "B.", METRICS_NO_LABELS), 1);
        metrics_histogram_observe_e6(
            metrics_histogram("busy_seconds", "B.", METRICS_NO_LABELS, METRICS_BUCKETS_REQUEST), i);
    }
    return NULL;
}

static void no_count_of_any_thread_is_lost(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    assert_written(""); /* writing while others count */
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_written("busy_total 80000\n");
    assert_written("busy_seconds_count 80000\n");
}

static int64_t depth(void *argument)
{
    return *(int64_t *)argument;
}

static void a_gauge_kept_elsewhere_is_read_at_writing(void **state)
{
    (void)state;
    static int64_t value = -7;
    metrics_gauge_from("depth", "Depth.", METRICS_NO_LABELS, depth, &value);
    assert_written("# TYPE depth gauge\ndepth -7\n");
    value = 8;
    assert_written("\ndepth 8\n");
}

static void a_process_tells_of_itself(void **state)
{
    (void)state;
    log_init("test", "test-0", LOG_LEVEL_WARN, -1);
    metrics_process("1.2.3");
    log_warn("test.warned", LOG_I64("number", 1));
    assert_written("\nbourse_build_info{version=\"1.2.3\"} 1\n");
    assert_written("bourse_log_messages_total{level=\"warn\"} 1\n");
    assert_written("bourse_log_messages_total{level=\"info\"} 0\n");
    assert_written("\nprocess_start_time_seconds ");
    assert_written("\nprocess_resident_memory_bytes ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_of_one_name_stand_together_under_one_head),
        cmocka_unit_test(registering_again_gives_the_same_series),
        cmocka_unit_test(gauges_have_fractions_and_move_both_ways),
        cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(a_histogram_counts_up_to_and_with_each_bound),
        cmocka_unit_test(a_histogram_without_labels_has_only_le),
        cmocka_unit_test(openmetrics_has_the_last_trace_of_each_bucket),
        cmocka_unit_test(openmetrics_names_a_counter_without_its_end_and_says_where_it_ends),
        cmocka_unit_test(a_counter_counted_elsewhere_is_read_at_writing),
        cmocka_unit_test(a_gauge_kept_elsewhere_is_read_at_writing),
        cmocka_unit_test(a_process_tells_of_itself),
        cmocka_unit_test(no_count_of_any_thread_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
