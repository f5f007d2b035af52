#include "settings/quiet.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DAY_MIN = 24 * 60, HOUR_MIN = 60, ZONE_SIZE = 80 };
#define MINUTE_US (60 * SECOND_US)

/* -1: it is no HH:MM. */
static int minute_of(struct text text)
{
    char copy[8];
    int hour = 0, minute = 0;
    if (text.size != sizeof "HH:MM" - 1)
        return -1;
    (void)snprintf(copy, sizeof copy, "%.*s", (int)text.size, text.data);
    return sscanf(copy, "%2d:%2d", &hour, &minute) == 2 ? hour * HOUR_MIN + minute : -1;
}

/* Of the day, there. */
static int minute_now(struct text time_zone, int64_t now_us)
{
    char zone[ZONE_SIZE];
    struct tm there;
    time_t now_s = (time_t)(now_us / SECOND_US);
    (void)snprintf(zone, sizeof zone, ":%.*s", (int)time_zone.size, time_zone.data);
    CHECK(setenv("TZ", zone, 1) == 0);
    tzset();
    CHECK(localtime_r(&now_s, &there) != NULL);
    return there.tm_hour * HOUR_MIN + there.tm_min;
}

int64_t quiet_over_us(const struct quiet_hours *quiet, int64_t now_us)
{
    int start = minute_of(quiet->start), end = minute_of(quiet->end);
    if (!quiet->on || start < 0 || end < 0 || start == end)
        return now_us;
    int now = minute_now(quiet->time_zone, now_us);
    int since = (now - start + DAY_MIN) % DAY_MIN, length = (end - start + DAY_MIN) % DAY_MIN;
    if (since >= length)
        return now_us;
    return now_us - now_us % MINUTE_US + (length - since) * MINUTE_US;
}
