/* internal.h - how series are kept. For libs/metrics alone. */
#ifndef METRICS_INTERNAL_H
#define METRICS_INTERNAL_H
#include "metrics/metrics.h"

#include <stdatomic.h>

#define ONE_E6        INT64_C(1000000)
#define METRICS_TOTAL "_total" /* what counters end in */

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct metrics_counter {
    atomic_uint_fast64_t count;
};
struct metrics_gauge {
    atomic_int_fast64_t value_e6;
};
/* The last traced observation of a bucket. */
struct exemplar {
    int64_t at_ms; /* since 1970; 0: there was none */
    int64_t value_e6;
    uint8_t trace_id[METRICS_TRACE_ID_SIZE];
};
struct metrics_histogram {
    struct metrics_buckets buckets;
    struct exemplar *exemplars;                           /* one a bucket; locked */
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

/* Appends the sample lines of a series. */
void series_write(const struct series *series, enum metrics_format format, struct buffer *ret_text);
/* Appends the lines above those of a name: what it is. */
void series_write_head(const struct series *series, enum metrics_format format,
                       struct buffer *ret_text);
/* The exemplar of a bucket. False: it has none. */
bool series_exemplar(const struct metrics_histogram *histogram, size_t bucket,
                     struct exemplar *ret_exemplar);

#endif
