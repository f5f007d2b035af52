#include "metrics/internal.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LABELS_TEXT_MAX = 1024 };

/* Series are only ever added, and live for ever: who counts needs no lock. */
static struct series all[METRICS_SERIES_MAX];
static size_t all_count;
static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER; /* guards both, and the lists */
static pthread_mutex_t exemplars = PTHREAD_MUTEX_INITIALIZER;   /* guards those of all histograms */

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

static bool ends_in(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);
    return size > end_size && strcmp(name + size - end_size, end) == 0;
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
    CHECK(kind != KIND_COUNTER || ends_in(name, METRICS_TOTAL));
    CHECK(strpbrk(help, "\\\n\"") == NULL);
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
    if (added) {
        series->histogram.buckets = buckets;
        series->histogram.exemplars = calloc(buckets.count + 1, sizeof(struct exemplar));
        CHECK(series->histogram.exemplars != NULL);
    }
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

static size_t bucket_of(const struct metrics_histogram *histogram, int64_t value_e6)
{
    size_t bucket = 0;
    while (bucket < histogram->buckets.count && value_e6 > histogram->buckets.bounds_e6[bucket])
        bucket++;
    return bucket;
}

void metrics_histogram_observe_e6(struct metrics_histogram *histogram, int64_t value_e6)
{
    size_t bucket = bucket_of(histogram, value_e6);
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_e6, value_e6, memory_order_relaxed);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void metrics_histogram_observe_traced_e6(struct metrics_histogram *histogram, int64_t value_e6,
                                         const uint8_t trace_id[METRICS_TRACE_ID_SIZE])
{
    metrics_histogram_observe_e6(histogram, value_e6);
    if (trace_id == NULL)
        return;
    struct exemplar exemplar = {.at_ms = now_ms(), .value_e6 = value_e6};
    memcpy(exemplar.trace_id, trace_id, sizeof exemplar.trace_id);
    pthread_mutex_lock(&exemplars);
    histogram->exemplars[bucket_of(histogram, value_e6)] = exemplar;
    pthread_mutex_unlock(&exemplars);
}

bool series_exemplar(const struct metrics_histogram *histogram, size_t bucket,
                     struct exemplar *ret_exemplar)
{
    pthread_mutex_lock(&exemplars);
    *ret_exemplar = histogram->exemplars[bucket];
    pthread_mutex_unlock(&exemplars);
    return ret_exemplar->at_ms != 0;
}

void metrics_write(enum metrics_format format, struct buffer *ret_text)
{
    pthread_mutex_lock(&registering);
    for (size_t i = 0; i < all_count; i++) {
        if (!all[i].first)
            continue;
        series_write_head(&all[i], format, ret_text);
        for (const struct series *series = &all[i]; series != NULL; series = series->next)
            series_write(series, format, ret_text);
    }
    pthread_mutex_unlock(&registering);
    if (format == METRICS_OPENMETRICS)
        buffer_string(ret_text, "# EOF\n");
}
