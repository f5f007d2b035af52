/* time.h - moments as microseconds since 1970-01-01T00:00:00Z: printing, reading, calendar parts.
 * Pure: nothing here asks a clock.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H
#include "base/base.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US    (86400 * SECOND_US)

enum { TIME_TEXT_SIZE = 27 }; /* 2026-11-22T09:30:00.000001Z */

/* What can be written: the years 0000 to 9999. */
#define TIME_MIN_US (INT64_C(-62167219200) * SECOND_US)
#define TIME_MAX_US (INT64_C(253402300800) * SECOND_US - 1)

/* Writes RFC 3339 UTC with six fraction digits, without a terminating zero. CHECKs that it
 * can be written. */
void time_print(int64_t time_us, char ret_text[TIME_TEXT_SIZE]);
/* Reads RFC 3339 with up to six fraction digits and `Z` or a numeric offset.
 * ERR_INPUT: anything else, or a date that is none; *ret_time_us is then untouched. */
enum err time_parse(struct text text, int64_t *ret_time_us) MUST_CHECK;
/* The calendar year, in UTC. */
int32_t time_year(int64_t time_us);
/* 00:00 UTC of the same day; of the first day of its month; of the first day of a year. */
int64_t time_day_start(int64_t time_us);
int64_t time_month_start(int64_t time_us);
int64_t time_year_start(int32_t year);
/* When the next month begins. */
int64_t time_month_end(int64_t time_us);

#endif
