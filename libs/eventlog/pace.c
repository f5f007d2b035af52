#include "eventlog/pace.h"

#include <time.h>

enum {
    WINDOW_US = 100000,
    RATE_CALM = 100,  /* records a second up to which nothing waits */
    RATE_BUSY = 500,  /* and from which a burst gets REST_BUSY_US */
    RATE_FULL = 2000, /* and REST_FULL_US */
    REST_BUSY_US = 5000,
    REST_FULL_US = 10000,
};

/* Of who is in a hurry. */
static int64_t rest_at(int64_t rate)
{
    if (rate <= RATE_CALM)
        return 0;
    if (rate >= RATE_FULL)
        return REST_FULL_US;
    if (rate >= RATE_BUSY)
        return REST_BUSY_US +
               (REST_FULL_US - REST_BUSY_US) * (rate - RATE_BUSY) / (RATE_FULL - RATE_BUSY);
    return REST_BUSY_US * (rate - RATE_CALM) / (RATE_BUSY - RATE_CALM);
}

int64_t pace_rest_us(struct pace *pace, int64_t now_us, size_t records)
{
    pace->window_records += (int64_t)records;
    int64_t window_us = now_us - pace->window_started_us;
    if (window_us >= WINDOW_US) {
        int64_t rate = pace->window_records * 1000000 / window_us;
        pace->rate = (pace->rate + rate) / 2;
        pace->window_started_us = now_us;
        pace->window_records = 0;
    }
    int64_t rest_us = records == 0 ? 0 : rest_at(pace->rate);
    return pace->patience > 1 ? rest_us * pace->patience : rest_us;
}

void pace_rest(struct pace *pace, size_t records)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_us = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
    int64_t rest_us = pace_rest_us(pace, now_us, records);
    if (rest_us > 0)
        nanosleep(&(struct timespec){.tv_nsec = rest_us * 1000}, NULL);
}
