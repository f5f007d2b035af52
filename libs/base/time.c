#include "base/time.h"

#include <stdio.h>
#include <string.h>

struct civil {
    int64_t year;
    int month, day;
};

/* Days since 1970-01-01 and back: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_from_civil(struct civil date)
{
    int64_t y = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static struct civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct civil){.year = yoe + era * 400 + (month <= 2 ? 1 : 0),
                          .month = month,
                          .day = (int)(doy - (153 * mp + 2) / 5 + 1)};
}

int64_t time_day_start(int64_t time_us)
{
    int64_t rest = time_us % DAY_US;
    return time_us - (rest < 0 ? rest + DAY_US : rest);
}

int64_t time_month_start(int64_t time_us)
{
    int64_t day = time_day_start(time_us);
    return day - (civil_from_days(day / DAY_US).day - 1) * DAY_US;
}

int32_t time_year(int64_t time_us)
{
    return (int32_t)civil_from_days(time_day_start(time_us) / DAY_US).year;
}

int64_t time_year_start(int32_t year)
{
    return days_from_civil((struct civil){.year = year, .month = 1, .day = 1}) * DAY_US;
}

int64_t time_month_end(int64_t time_us)
{
    return time_month_start(time_month_start(time_us) + 31 * DAY_US);
}

/* Prints a number with so many digits, and one character behind it; returns where that ends. */
static char *print_digits(char *at, int64_t value, int count, char behind)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    at[count] = behind;
    return at + count + 1;
}

/* By hand: with snprintf it was a fiftieth of what an order costs. */
void time_print(int64_t time_us, char ret_text[TIME_TEXT_SIZE])
{
    CHECK(time_us >= TIME_MIN_US && time_us <= TIME_MAX_US);
    int64_t start = time_day_start(time_us);
    struct civil date = civil_from_days(start / DAY_US);
    int64_t second = (time_us - start) / SECOND_US;
    char *at = print_digits(ret_text, date.year, 4, '-');
    at = print_digits(at, date.month, 2, '-');
    at = print_digits(at, date.day, 2, 'T');
    at = print_digits(at, second / 3600, 2, ':');
    at = print_digits(at, second / 60 % 60, 2, ':');
    at = print_digits(at, second % 60, 2, '.');
    at = print_digits(at, time_us - start - second * SECOND_US, 6, 'Z');
    CHECK(at == ret_text + TIME_TEXT_SIZE);
}

/* A cursor over the text being read; `ok` turns false at the first thing that does not fit. */
struct cursor {
    const char *at, *end;
    bool ok;
};

static int digits(struct cursor *cursor, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9') {
            cursor->ok = false;
            return 0;
        }
        value = value * 10 + (*cursor->at++ - '0');
    }
    return value;
}

static bool accept(struct cursor *cursor, const char *any_of)
{
    if (cursor->at == cursor->end || strchr(any_of, *cursor->at) == NULL)
        return false;
    cursor->at++;
    return true;
}

static void expect(struct cursor *cursor, const char *any_of)
{
    if (!accept(cursor, any_of))
        cursor->ok = false;
}

static int64_t fraction_us(struct cursor *cursor)
{
    int64_t value = 0;
    int count = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        value = value * 10 + (*cursor->at++ - '0');
        if (++count > 6)
            cursor->ok = false;
        if (!cursor->ok)
            return 0;
    }
    if (count == 0)
        cursor->ok = false;
    for (; count < 6; count++)
        value *= 10;
    return value;
}

static int64_t offset_us(struct cursor *cursor)
{
    if (accept(cursor, "Zz"))
        return 0;
    bool minus = cursor->at < cursor->end && *cursor->at == '-';
    expect(cursor, "+-");
    int hours = digits(cursor, 2);
    expect(cursor, ":");
    int minutes = digits(cursor, 2);
    if (hours > 23 || minutes > 59)
        cursor->ok = false;
    int64_t offset = (hours * INT64_C(3600) + minutes * INT64_C(60)) * SECOND_US;
    return minus ? -offset : offset;
}

enum err time_parse(struct text text, int64_t *ret_time_us)
{
    struct cursor cursor = {.at = text.data, .end = text.data + text.size, .ok = true};
    struct civil date = {.year = digits(&cursor, 4)};
    expect(&cursor, "-");
    date.month = digits(&cursor, 2);
    expect(&cursor, "-");
    date.day = digits(&cursor, 2);
    expect(&cursor, "Tt");
    int hour = digits(&cursor, 2);
    expect(&cursor, ":");
    int minute = digits(&cursor, 2);
    expect(&cursor, ":");
    int second = digits(&cursor, 2);
    int64_t fraction = cursor.ok && accept(&cursor, ".") ? fraction_us(&cursor) : 0;
    int64_t offset = offset_us(&cursor);
    if (!cursor.ok || cursor.at != cursor.end || hour > 23 || minute > 59 || second > 59)
        return ERR_INPUT;
    struct civil back = civil_from_days(days_from_civil(date));
    if (date.month < 1 || date.month > 12 || back.month != date.month || back.day != date.day)
        return ERR_INPUT;
    *ret_time_us = days_from_civil(date) * DAY_US +
                   (hour * INT64_C(3600) + minute * 60 + second) * SECOND_US + fraction - offset;
    return OK;
}
