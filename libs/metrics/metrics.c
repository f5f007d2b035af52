#include "metrics/metrics.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ONE_E6 INT64_C(1000000)

enum { LABELS_TEXT_MAX = 1024 };

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct metrics_counter {
    atomic_uint_fast64_t count;
};
struct metrics_gauge {
    atomic_int_fast64_t value_e6;
};
struct metrics_histogram {
    struct metrics_buckets buckets;
    atomic_uint_fast64_t counts[METRICS_BUCKETS_MAX + 1]; /* each bucket alone; the last is +Inf */
    atomic_int_fast64_t sum_e6;
};

struct series {
    const char *name;
    const char *help;
    char *labels;                     /* level="warn",stage="apply"; "" for none */
    struct series *next;              /* of the same name; the first of a name heads the list */
    uint64_t (*read)(void *argument); /* a counter counted elsewhere; NULL: `counter` */
    int64_t (*read_gauge)(void *argument); /* the same of a gauge; NULL: `gauge` */
    void *argument;
    union {
        struct metrics_counter counter;
        struct metrics_gauge gauge;
        struct metrics_histogram histogram;
    };
    enum kind kind;
    bool first;
};

/* Series are only ever added, and live for ever: who counts needs no lock. */
static struct series all[METRICS_SERIES_MAX];
static size_t all_count;
static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER; /* guards both, and the lists */

static const int64_t REQUEST_E6[] = {5000,   10000,  25000,   50000,   75000,   100000,  250000,
                                     500000, 750000, 1000000, 2500000, 5000000, 7500000, 10000000};
const struct metrics_buckets METRICS_BUCKETS_REQUEST = {REQUEST_E6, COUNT_OF(REQUEST_E6)};

static const int64_t DATABASE_E6[] = {1000,   5000,    10000,   50000,   100000,
                                      500000, 1000000, 5000000, 10000000};
const struct metrics_buckets METRICS_BUCKETS_DATABASE = {DATABASE_E6, COUNT_OF(DATABASE_E6)};

static bool is_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        if (!isalpha((unsigned char)*at) && *at != '_' &&
            (at == name || !isdigit((unsigned char)*at)))
            return false;
    return *name != '\0';
}

/* name="value",... with backslash, quote and newline escaped, as the format asks. The caller frees.
 */
static char *labels_text(struct metrics_labels labels)
{
    CHECK(labels.count <= METRICS_LABELS_MAX);
    struct buffer text;
    buffer_init(&text, LABELS_TEXT_MAX);
    for (size_t i = 0; i < labels.count; i++) {
        CHECK(is_name(labels.list[i].name));
        buffer_printf(&text, "%s%s=\"", i == 0 ? "" : ",", labels.list[i].name);
        for (const char *c = labels.list[i].value; *c != '\0'; c++) {
            if (*c == '\\' || *c == '"' || *c == '\n')
                buffer_byte(&text, '\\');
            buffer_byte(&text, *c == '\n' ? 'n' : (uint8_t)*c);
        }
        buffer_byte(&text, '"');
    }
    buffer_byte(&text, '\0');
    CHECK(buffer_ok(&text));
    return (char *)text.data;
}

/* Finds the series, or puts a new one at the end of its name's list. With the lock held. */
static struct series *find_or_add(const char *name, const char *help, enum kind kind, char *labels,
                                  bool *ret_added)
{
    struct series *last = NULL;
    for (size_t i = 0; i < all_count; i++) {
        if (strcmp(all[i].name, name) != 0)
            continue;
        CHECK(all[i].kind == kind);
        last = &all[i];
        if (strcmp(last->labels, labels) == 0) {
            *ret_added = false;
            return last;
        }
    }
    CHECK(all_count < METRICS_SERIES_MAX);
    struct series *series = &all[all_count++];
    *series = (struct series){.name = name, .help = help, .labels = labels, .kind = kind};
    if (last == NULL)
        series->first = true;
    else
        last->next = series;
    *ret_added = true;
    return series;
}

static struct series *lock_and_register(const char *name, const char *help, enum kind kind,
                                        struct metrics_labels labels, bool *ret_added)
{
    CHECK(is_name(name));
    CHECK(strpbrk(help, "\\\n") == NULL);
    char *text = labels_text(labels);
    pthread_mutex_lock(&registering);
    struct series *series = find_or_add(name, help, kind, text, ret_added);
    if (!*ret_added)
        free(text);
    return series;
}

struct metrics_counter *metrics_counter(const char *name, const char *help,
                                        struct metrics_labels labels)
{
    bool added;
    struct series *series = lock_and_register(name, help, KIND_COUNTER, labels, &added);
    pthread_mutex_unlock(&registering);
    CHECK(series->read == NULL);
    return &series->counter;
}

void metrics_counter_from(const char *name, const char *help, struct metrics_labels labels,
                          uint64_t (*read)(void *argument), void *argument)
{
    bool added;
    struct series *series = lock_and_register(name, help, KIND_COUNTER, labels, &added);
    CHECK(added);
    series->read = read;
    series->argument = argument;
    pthread_mutex_unlock(&registering);
}

struct metrics_gauge *metrics_gauge(const char *name, const char *help,
                                    struct metrics_labels labels)
{
    bool added;
    struct series *series = lock_and_register(name, help, KIND_GAUGE, labels, &added);
    pthread_mutex_unlock(&registering);
    CHECK(series->read_gauge == NULL);
    return &series->gauge;
}

void metrics_gauge_from(const char *name, const char *help, struct metrics_labels labels,
                        int64_t (*read)(void *argument), void *argument)
{
    bool added;
    struct series *series = lock_and_register(name, help, KIND_GAUGE, labels, &added);
    CHECK(added);
    series->read_gauge = read;
    series->argument = argument;
    pthread_mutex_unlock(&registering);
}

struct metrics_histogram *metrics_histogram(const char *name, const char *help,
                                            struct metrics_labels labels,
                                            struct metrics_buckets buckets)
{
    CHECK(buckets.count > 0 && buckets.count <= METRICS_BUCKETS_MAX);
    for (size_t i = 1; i < buckets.count; i++)
        CHECK(buckets.bounds_e6[i - 1] < buckets.bounds_e6[i]);
    bool added;
    struct series *series = lock_and_register(name, help, KIND_HISTOGRAM, labels, &added);
    if (added)
        series->histogram.buckets = buckets;
    CHECK(series->histogram.buckets.bounds_e6 == buckets.bounds_e6);
    pthread_mutex_unlock(&registering);
    return &series->histogram;
}

void metrics_counter_add(struct metrics_counter *counter, uint64_t count)
{
    atomic_fetch_add_explicit(&counter->count, count, memory_order_relaxed);
}

void metrics_gauge_set(struct metrics_gauge *gauge, int64_t value)
{
    metrics_gauge_set_e6(gauge, value * ONE_E6);
}

void metrics_gauge_set_e6(struct metrics_gauge *gauge, int64_t value_e6)
{
    atomic_store_explicit(&gauge->value_e6, value_e6, memory_order_relaxed);
}

void metrics_gauge_add(struct metrics_gauge *gauge, int64_t value)
{
    atomic_fetch_add_explicit(&gauge->value_e6, value * ONE_E6, memory_order_relaxed);
}

void metrics_histogram_observe_e6(struct metrics_histogram *histogram, int64_t value_e6)
{
    size_t bucket = 0;
    while (bucket < histogram->buckets.count && value_e6 > histogram->buckets.bounds_e6[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_e6, value_e6, memory_order_relaxed);
}

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

/* The count is the sum of the buckets as read here, so the lines agree while others observe. */
static void write_histogram(struct buffer *text, const struct series *series)
{
    const struct metrics_histogram *histogram = &series->histogram;
    uint64_t count = 0;
    for (size_t i = 0; i <= histogram->buckets.count; i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        buffer_printf(text, "%s_bucket{%s%sle=\"", series->name, series->labels,
                      *series->labels == '\0' ? "" : ",");
        if (i < histogram->buckets.count)
            write_e6(text, histogram->buckets.bounds_e6[i]);
        else
            buffer_string(text, "+Inf");
        buffer_printf(text, "\"} %llu\n", (unsigned long long)count);
    }
    write_name(text, series, "_sum");
    write_e6(text, atomic_load_explicit(&histogram->sum_e6, memory_order_relaxed));
    buffer_byte(text, '\n');
    write_name(text, series, "_count");
    buffer_printf(text, "%llu\n", (unsigned long long)count);
}

static void write_series(struct buffer *text, const struct series *series)
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
    case KIND_HISTOGRAM: write_histogram(text, series); break;
    }
}

void metrics_write(struct buffer *ret_text)
{
    static const char *const TYPES[] = {"counter", "gauge", "histogram"};
    pthread_mutex_lock(&registering);
    for (size_t i = 0; i < all_count; i++) {
        if (!all[i].first)
            continue;
        buffer_printf(ret_text, "# HELP %s %s\n# TYPE %s %s\n", all[i].name, all[i].help,
                      all[i].name, TYPES[all[i].kind]);
        for (const struct series *series = &all[i]; series != NULL; series = series->next)
            write_series(ret_text, series);
    }
    pthread_mutex_unlock(&registering);
}
