/* write.c - series as text. */
#include "metrics/internal.h"

#include <string.h>

/* 12.5 as "12.5": the shortest exact text of a number in millionths. */
static void write_e6(struct buffer *text, int64_t value_e6)
{
    uint64_t size = value_e6 < 0 ? 0 - (uint64_t)value_e6 : (uint64_t)value_e6;
    unsigned fraction = (unsigned)(size % (uint64_t)ONE_E6);
    buffer_printf(text, "%s%llu", value_e6 < 0 ? "-" : "",
                  (unsigned long long)(size / (uint64_t)ONE_E6));
    if (fraction == 0)
        return;
    int places = 6;
    for (; fraction % 10 == 0; places--)
        fraction /= 10;
    buffer_printf(text, ".%0*u", places, fraction);
}

/* name_suffix{labels} with a blank behind it. */
static void write_name(struct buffer *text, const struct series *series, const char *suffix)
{
    buffer_printf(text, "%s%s", series->name, suffix);
    if (*series->labels != '\0')
        buffer_printf(text, "{%s}", series->labels);
    buffer_byte(text, ' ');
}

/* The upper bound of a bucket: 1 is "1.0" in OpenMetrics. */
static void write_bound(struct buffer *text, int64_t bound_e6, enum metrics_format format)
{
    write_e6(text, bound_e6);
    if (format == METRICS_OPENMETRICS && bound_e6 % ONE_E6 == 0)
        buffer_string(text, ".0");
}

/* Behind a bucket's line: # {trace_id="..."} 0.067 1767225600.123 */
static void write_exemplar(struct buffer *text, const struct metrics_histogram *histogram,
                           size_t bucket)
{
    struct exemplar exemplar;
    if (!series_exemplar(histogram, bucket, &exemplar))
        return;
    buffer_string(text, " # {trace_id=\"");
    for (size_t i = 0; i < sizeof exemplar.trace_id; i++)
        buffer_printf(text, "%02x", exemplar.trace_id[i]);
    buffer_string(text, "\"} ");
    write_e6(text, exemplar.value_e6);
    buffer_printf(text, " %lld.%03lld", (long long)(exemplar.at_ms / 1000),
                  (long long)(exemplar.at_ms % 1000));
}

/* The count is the sum of the buckets as read here, so the lines agree while others observe. */
static void write_histogram(struct buffer *text, const struct series *series,
                            enum metrics_format format)
{
    const struct metrics_histogram *histogram = &series->histogram;
    uint64_t count = 0;
    for (size_t i = 0; i <= histogram->buckets.count; i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        buffer_printf(text, "%s_bucket{%s%sle=\"", series->name, series->labels,
                      *series->labels == '\0' ? "" : ",");
        if (i < histogram->buckets.count)
            write_bound(text, histogram->buckets.bounds_e6[i], format);
        else
            buffer_string(text, "+Inf");
        buffer_printf(text, "\"} %llu", (unsigned long long)count);
        if (format == METRICS_OPENMETRICS)
            write_exemplar(text, histogram, i);
        buffer_byte(text, '\n');
    }
    write_name(text, series, "_sum");
    write_e6(text, atomic_load_explicit(&histogram->sum_e6, memory_order_relaxed));
    buffer_byte(text, '\n');
    write_name(text, series, "_count");
    buffer_printf(text, "%llu\n", (unsigned long long)count);
}

void series_write(const struct series *series, enum metrics_format format, struct buffer *text)
{
    uint64_t count = 0;
    switch (series->kind) {
    case KIND_COUNTER:
        count = series->read != NULL
                    ? series->read(series->argument)
                    : atomic_load_explicit(&series->counter.count, memory_order_relaxed);
        write_name(text, series, "");
        buffer_printf(text, "%llu\n", (unsigned long long)count);
        break;
    case KIND_GAUGE:
        write_name(text, series, "");
        write_e6(text, series->read_gauge != NULL
                           ? series->read_gauge(series->argument) * ONE_E6
                           : atomic_load_explicit(&series->gauge.value_e6, memory_order_relaxed));
        buffer_byte(text, '\n');
        break;
    case KIND_HISTOGRAM: write_histogram(text, series, format); break;
    }
}

/* OpenMetrics names a counter without its _total, but for its samples. */
void series_write_head(const struct series *series, enum metrics_format format, struct buffer *text)
{
    static const char *const TYPES[] = {"counter", "gauge", "histogram"};
    size_t size = strlen(series->name);
    if (format == METRICS_OPENMETRICS && series->kind == KIND_COUNTER)
        size -= sizeof METRICS_TOTAL - 1;
    buffer_printf(text, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)size, series->name, series->help,
                  (int)size, series->name, TYPES[series->kind]);
}
