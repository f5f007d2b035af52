#include "eventlog/pace.h"

#include <time.h>

enum { WINDOW_US = 100000 };

/* Of who is in a hurry: up to 100 records a second nothing waits; while half of the machine is idle
 * a burst gets 5 ms; only where requests would cost what orders need does it get up to 20. */
static const struct {
    int64_t rate, rest_us;
} rests[] = {{100, 0}, {500, 5000}, {3500, 5000}, {6000, 12000}, {10000, 20000}};

/* Between two of them the rest grows evenly. */
static int64_t rest_at(int64_t rate)
{
    if (rate <= rests[0].rate)
        return rests[0].rest_us;
    for (size_t i = 1; i < COUNT_OF(rests); i++)
        if (rate < rests[i].rate)
            return rests[i - 1].rest_us + (rests[i].rest_us - rests[i - 1].rest_us) *
                                              (rate - rests[i - 1].rate) /
                                              (rests[i].rate - rests[i - 1].rate);
    return rests[COUNT_OF(rests) - 1].rest_us;
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
