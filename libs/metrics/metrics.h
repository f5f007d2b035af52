/* metrics.h - counters, gauges and histograms in Prometheus' text format 0.0.4, and in that of
 * OpenMetrics 1.0 for those who ask for it: they get exemplars, each the trace of one observation.
 *
 * Use      register at start, keep the pointer, count without a lock. A series is a name with its
 *          labels: registering it again gives the same pointer. No ids as labels: each combination
 *          of values is a series for the life of the process.
 * Units    values with a fraction are integers in millionths (`_e6`): microseconds give seconds.
 * Bounds   METRICS_SERIES_MAX series of METRICS_LABELS_MAX labels with METRICS_BUCKETS_MAX buckets.
 *          Past them, or on a wrong name, registration CHECKs.
 * Thread   any.
 */
#ifndef METRICS_H
#define METRICS_H
#include "base/base.h"
#include "base/buffer.h"

enum {
    METRICS_SERIES_MAX = 1024,
    METRICS_LABELS_MAX = 8,
    METRICS_BUCKETS_MAX = 16,
    METRICS_TRACE_ID_SIZE = 16
};

enum metrics_format { METRICS_PLAIN, METRICS_OPENMETRICS };

struct metrics_counter;
struct metrics_gauge;
struct metrics_histogram;

/* The labels of a series; values are copied, names and all other texts must live for ever. */
struct metrics_label {
    const char *name;
    const char *value;
};
struct metrics_labels {
    const struct metrics_label *list;
    size_t count;
};
#define METRICS_NO_LABELS ((struct metrics_labels){0})
/* METRICS_LABELS({"level", "warn"}, {"stage", "apply"}) */
#define METRICS_LABELS(...)                                                                        \
    ((struct metrics_labels){.list = (const struct metrics_label[]){__VA_ARGS__},                  \
                             .count = sizeof((const struct metrics_label[]){__VA_ARGS__}) /        \
                                      sizeof(struct metrics_label)})

/* Upper bounds of buckets, rising, in millionths; +Inf comes by itself. */
struct metrics_buckets {
    const int64_t *bounds_e6;
    size_t count;
};
/* 5 ms to 10 s, as OpenTelemetry has it for HTTP and messaging. */
extern const struct metrics_buckets METRICS_BUCKETS_REQUEST;
/* 1 ms to 10 s, as OpenTelemetry has it for databases. */
extern const struct metrics_buckets METRICS_BUCKETS_DATABASE;

/* Registers a series. `help` is one line; the first one given for a name counts. The name of a
 * counter ends in _total, as OpenMetrics has it. */
struct metrics_counter *metrics_counter(const char *name, const char *help,
                                        struct metrics_labels labels);
struct metrics_gauge *metrics_gauge(const char *name, const char *help,
                                    struct metrics_labels labels);
struct metrics_histogram *metrics_histogram(const char *name, const char *help,
                                            struct metrics_labels labels,
                                            struct metrics_buckets buckets);
/* A counter that somebody else counts: `read(argument)` is called at each metrics_write(). */
void metrics_counter_from(const char *name, const char *help, struct metrics_labels labels,
                          uint64_t (*read)(void *argument), void *argument);
/* The same of a gauge of whole values. */
void metrics_gauge_from(const char *name, const char *help, struct metrics_labels labels,
                        int64_t (*read)(void *argument), void *argument);

void metrics_counter_add(struct metrics_counter *counter, uint64_t count);
/* A whole value, up to 9 * 10^12 either side of zero. */
void metrics_gauge_set(struct metrics_gauge *gauge, int64_t value);
void metrics_gauge_set_e6(struct metrics_gauge *gauge, int64_t value_e6);
/* Adds to it; below zero takes away. */
void metrics_gauge_add(struct metrics_gauge *gauge, int64_t value);
/* Counts one observation, for a histogram of seconds its microseconds. */
void metrics_histogram_observe_e6(struct metrics_histogram *histogram, int64_t value_e6);
/* The same of what is in a trace that is kept, which becomes its bucket's exemplar. Locks: for the
 * few that are traced. NULL: it is not. */
void metrics_histogram_observe_traced_e6(struct metrics_histogram *histogram, int64_t value_e6,
                                         const uint8_t trace_id[METRICS_TRACE_ID_SIZE]);

/* Appends every series, in the order of registration, those of one name together. */
void metrics_write(enum metrics_format format, struct buffer *ret_text);

#endif
