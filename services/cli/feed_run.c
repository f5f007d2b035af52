/* The rows of a file, one after the other, each when it is due. */
#include "cli/feed.h"

#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUANTITY_SCALE_MIN = 2 };

static int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

/* --- what is said --- */

static int fail_line(const struct feed *feed, const char *problem)
{
    return cli_fail("%s, line %" PRId64 ": %s", feed->options.csv, feed->line_number, problem);
}

/* Once a second. */
static void say_progress(struct feed *feed, int64_t now_us, int64_t due_us)
{
    char time[TIME_TEXT_SIZE], price[DECIMAL_TEXT_SIZE];
    if (now_us < feed->said_us + SECOND_US || feed->fed == 0)
        return;
    time_print(feed->time_us, time);
    decimal_print(feed->price_e8, QUANTITY_SCALE_MIN, price);
    double seconds = (double)(now_us - feed->said_us) / SECOND_US;
    double behind = due_us < now_us ? (double)(now_us - due_us) / SECOND_US : 0;
    cli_say("line %" PRId64 ", %.*s: %s at %s; %.1f rows a second, %.1f s behind", feed->fed_line,
            TIME_TEXT_SIZE, time, feed->options.instrument, price,
            (double)(feed->rows - feed->said_rows) / seconds, behind);
    feed->said_us = now_us;
    feed->said_rows = feed->rows;
}

static void say_summary(const struct feed *feed)
{
    char low[DECIMAL_TEXT_SIZE] = "-", high[DECIMAL_TEXT_SIZE] = "-", last[DECIMAL_TEXT_SIZE] = "-";
    if (feed->fed > 0) {
        decimal_print(feed->low_e8, QUANTITY_SCALE_MIN, low);
        decimal_print(feed->high_e8, QUANTITY_SCALE_MIN, high);
        decimal_print(feed->price_e8, QUANTITY_SCALE_MIN, last);
    }
    printf("%s%s: %" PRId64 " rows in %.1f s, %" PRId64 " %s, low %s, high %s, last %s, %" PRId64
           " rows without a price\n",
           cli_stopped() ? "stopped; " : "", feed->options.instrument, feed->rows,
           (double)(clock_us() - feed->began_us) / SECOND_US,
           feed->options.trades ? feed->venue.trades : feed->fed,
           feed->options.trades ? "trades" : "marks", low, high, last, feed->missing);
}

/* --- rows --- */

/* Waits until then, saying how it goes meanwhile; a signal ends it. */
static void wait_until(struct feed *feed, int64_t due_us)
{
    int64_t now_us = clock_us();
    while (!cli_stopped() && now_us < due_us) {
        int64_t until_us = feed->said_us + SECOND_US;
        if (until_us > due_us || until_us <= now_us)
            until_us = due_us < now_us + SECOND_US ? due_us : now_us + SECOND_US;
        struct timespec until = {.tv_sec = until_us / SECOND_US,
                                 .tv_nsec = until_us % SECOND_US * 1000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        now_us = clock_us();
        say_progress(feed, now_us, due_us);
    }
}

/* Feeds one price. A mark that stays what it is is not fed in again. */
static const char *feed_price_in(struct feed *feed, int64_t price_e8)
{
    bool first = feed->fed == 0;
    const char *problem = NULL;
    if (feed->options.trades)
        problem = feed_venue_trade(&feed->venue, feed->line_number, price_e8);
    else if (first || price_e8 != feed->price_e8)
        problem = feed_venue_mark(&feed->venue, feed->line_number, price_e8);
    else
        return NULL;
    if (problem != NULL)
        return problem;
    feed->low_e8 = first || price_e8 < feed->low_e8 ? price_e8 : feed->low_e8;
    feed->high_e8 = first || price_e8 > feed->high_e8 ? price_e8 : feed->high_e8;
    feed->price_e8 = price_e8;
    feed->fed++;
    return NULL;
}

/* What is wrong with a price that cannot be fed. */
static int fail_price(const struct feed *feed, struct text price, enum err err, bool read)
{
    char tick[DECIMAL_TEXT_SIZE], problem[FEED_PROBLEM_SIZE];
    decimal_print(feed->venue.tick_e8, 0, tick);
    const char *why = err == ERR_RANGE ? "has more than 18 digits or is too large" : "is no number";
    if (read)
        why = err == ERR_RANGE ? "is too large" : "is not above zero";
    snprintf(problem, sizeof problem, "the price '%.*s' %s%s%s", (int)price.size, price.data, why,
             read ? " in ticks of " : "", read ? tick : "");
    return fail_line(feed, problem);
}

/* Reads the price and waits until the row is due. */
static int take_row(struct feed *feed, const struct feed_row *row)
{
    struct feed_number number;
    int64_t price_e8 = 0;
    enum err err = feed_number_parse(row->price, &number);
    if (err != OK)
        return fail_price(feed, row->price, err, false);
    err = feed_price(number, feed->options.scale, feed->venue.tick_e8, &price_e8);
    if (err != OK)
        return fail_price(feed, row->price, err, true);
    if (feed->rows == 0)
        feed->first_time_us = feed->time_us = row->time_us;
    if (row->time_us < feed->time_us)
        return fail_line(feed, "its time is before that of the row before it");
    int64_t due_us =
        feed_due_us(feed->began_us, row->time_us - feed->first_time_us, feed->options.speed);
    wait_until(feed, due_us);
    if (cli_stopped())
        return CLI_OK;
    feed->time_us = row->time_us;
    feed->fed_line = feed->line_number;
    const char *problem = feed_price_in(feed, price_e8);
    if (problem != NULL && !cli_stopped())
        return fail_line(feed, problem);
    feed->rows++;
    say_progress(feed, clock_us(), due_us);
    return CLI_OK;
}

/* False: the file has ended. */
static bool next_line(struct feed *feed)
{
    errno = 0;
    feed->line_number++;
    return getline(&feed->line, &feed->line_size, feed->file) >= 0;
}

static int run_rows(struct feed *feed)
{
    int status = CLI_OK;
    while (status == CLI_OK && !cli_stopped() && feed->rows < feed->options.limit &&
           next_line(feed)) {
        struct feed_row row;
        char problem[FEED_PROBLEM_SIZE];
        if (feed->line[strspn(feed->line, "\r\n")] == '\0')
            continue;
        if (feed_read_row(feed->line, &feed->columns, &row, problem) != OK)
            status = fail_line(feed, problem);
        else if (row.price.size == 0)
            feed->missing++;
        else
            status = take_row(feed, &row);
    }
    if (status == CLI_OK && !cli_stopped() && ferror(feed->file) != 0)
        return fail_line(feed, strerror(errno));
    return status;
}

int feed_run(struct feed *feed)
{
    char problem[FEED_PROBLEM_SIZE];
    cli_catch_signals();
    if (!next_line(feed))
        return fail_line(feed, errno != 0 ? strerror(errno) : "the file is empty");
    if (feed_read_header(feed->line, feed->options.column, feed->options.time_column,
                         &feed->columns, problem) != OK)
        return fail_line(feed, problem);
    feed->began_us = feed->said_us = clock_us();
    int status = run_rows(feed);
    if (feed->options.trades) {
        const char *left = feed_venue_pull_quote(&feed->venue);
        if (left != NULL)
            status = cli_fail("the last quote may still be in the book: %s", left);
    }
    say_summary(feed);
    return status;
}
