#include "cli/feed_csv.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    DATE_SIZE = 10,          /* 2017-04-19 */
    FRACTION_SIZE_MAX = 7,   /* .123456: what is kept of it */
    TIME_SIZE_MAX = 64,      /* written out */
    COUNT_DIGITS_MIN = 9,    /* of seconds since 1970 */
    SECONDS_DIGITS_MAX = 11, /* more are milliseconds */
    COUNT_DIGITS_MAX = 14,
};

/* --- fields --- */

/* Ends one quoted field, whose quotes go; returns where the line goes on. NULL: it never ends. */
static char *unquote(char *at, struct text *ret_field)
{
    char *to = at;
    ret_field->data = at;
    while (*at != '"' || at[1] == '"') {
        if (*at == '\0')
            return NULL;
        at += *at == '"' ? 2 : 1;
        *to++ = at[-1];
    }
    ret_field->size = (size_t)(to - ret_field->data);
    return at + 1;
}

static struct text trimmed(struct text field)
{
    while (field.size > 0 && (*field.data == ' ' || *field.data == '\t')) {
        field.data++;
        field.size--;
    }
    while (field.size > 0 && strchr(" \t", field.data[field.size - 1]) != NULL)
        field.size--;
    return field;
}

/* How many fields the line has; 0: it is no line of CSV, or one of too many fields. */
static size_t split(char *line, struct text ret_fields[FEED_COLUMNS_MAX])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; count < FEED_COLUMNS_MAX; at++) {
        struct text *field = &ret_fields[count++];
        if (*at == '"') {
            at = unquote(at + 1, field);
            if (at == NULL || (*at != ',' && *at != '\0'))
                return 0;
        } else {
            *field = (struct text){.data = at, .size = strcspn(at, ",")};
            at += field->size;
            *field = trimmed(*field);
        }
        if (*at == '\0')
            return count;
    }
    return 0;
}

/* --- the header --- */

static bool named(struct text field, const char *name)
{
    return strlen(name) == field.size && strncasecmp(field.data, name, field.size) == 0;
}

static enum err find_column(const struct text *fields, size_t count, const char *name,
                            size_t *ret_place, char ret_problem[FEED_PROBLEM_SIZE])
{
    for (size_t i = 0; i < count; i++) {
        if (named(fields[i], name)) {
            *ret_place = i;
            return OK;
        }
    }
    int size =
        snprintf(ret_problem, FEED_PROBLEM_SIZE, "no column is named '%s'; there are:", name);
    for (size_t i = 0; i < count && size < FEED_PROBLEM_SIZE; i++)
        size += snprintf(ret_problem + size, (size_t)(FEED_PROBLEM_SIZE - size), " '%.*s'",
                         (int)fields[i].size, fields[i].data);
    return ERR_INPUT;
}

enum err feed_read_header(char *line, const char *price_name, const char *time_name,
                          struct feed_columns *ret_columns, char ret_problem[FEED_PROBLEM_SIZE])
{
    static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";
    struct text fields[FEED_COLUMNS_MAX];
    if (strncmp(line, BYTE_ORDER_MARK, sizeof BYTE_ORDER_MARK - 1) == 0)
        line += sizeof BYTE_ORDER_MARK - 1;
    size_t count = split(line, fields);
    if (count == 0) {
        snprintf(ret_problem, FEED_PROBLEM_SIZE, "it is no line of CSV");
        return ERR_INPUT;
    }
    struct feed_columns columns = {0};
    enum err err = find_column(fields, count, price_name, &columns.price, ret_problem);
    if (err == OK && time_name != NULL)
        err = find_column(fields, count, time_name, &columns.time, ret_problem);
    if (err == OK)
        *ret_columns = columns;
    return err;
}

/* --- a row --- */

/* What files have where a price is missing. */
static bool is_missing(struct text price)
{
    return price.size == 0 || text_is(price, ".") || text_is(price, "-") || named(price, "nan") ||
           named(price, "null");
}

enum err feed_read_row(char *line, const struct feed_columns *columns, struct feed_row *ret_row,
                       char ret_problem[FEED_PROBLEM_SIZE])
{
    struct text fields[FEED_COLUMNS_MAX] = {0};
    size_t count = split(line, fields);
    size_t needed = (columns->time > columns->price ? columns->time : columns->price) + 1;
    if (count < needed) {
        snprintf(ret_problem, FEED_PROBLEM_SIZE, "it has %zu fields, too few for column %zu", count,
                 needed);
        return ERR_INPUT;
    }
    struct text time = fields[columns->time];
    struct feed_row row = {.price = fields[columns->price]};
    if (feed_time_parse(time, &row.time_us) != OK) {
        snprintf(ret_problem, FEED_PROBLEM_SIZE, "'%.*s' is no time", (int)time.size, time.data);
        return ERR_INPUT;
    }
    if (is_missing(row.price))
        row.price = TEXT("");
    *ret_row = row;
    return OK;
}

/* --- time --- */

static bool all_digits(struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > 0;
}

static enum err parse_count(struct text digits, int64_t *ret_time_us)
{
    int64_t count = 0;
    if (digits.size > COUNT_DIGITS_MAX)
        return ERR_INPUT;
    for (size_t i = 0; i < digits.size; i++)
        count = count * 10 + (digits.data[i] - '0');
    *ret_time_us = count * (digits.size > SECONDS_DIGITS_MAX ? 1000 : SECOND_US);
    return OK;
}

/* A time being written out as RFC 3339 wants it; whether it is one, time_parse() says. */
struct writing {
    struct text rest; /* of what stands in the file */
    char text[TIME_SIZE_MAX];
    size_t size;
};

static void put(struct writing *writing, const char *data, size_t size)
{
    CHECK(writing->size + size <= TIME_SIZE_MAX);
    memcpy(writing->text + writing->size, data, size);
    writing->size += size;
}

static void skip(struct writing *writing, size_t size)
{
    writing->rest.data += size;
    writing->rest.size -= size;
}

static void take(struct writing *writing, size_t size)
{
    if (size > writing->rest.size)
        size = writing->rest.size;
    put(writing, writing->rest.data, size);
    skip(writing, size);
}

static bool next_is(const struct writing *writing, char c)
{
    return writing->rest.size > 0 && *writing->rest.data == c;
}

static void take_clock(struct writing *writing)
{
    if (next_is(writing, ' ')) {
        skip(writing, 1);
        put(writing, "T", 1);
    } else {
        take(writing, 1);
    }
    take(writing, strlen("09:00"));
    if (next_is(writing, ':'))
        take(writing, strlen(":00"));
    else
        put(writing, ":00", strlen(":00"));
    if (next_is(writing, '.')) {
        size_t size = 1;
        while (size < writing->rest.size && writing->rest.data[size] >= '0' &&
               writing->rest.data[size] <= '9')
            size++;
        size_t kept = size < FRACTION_SIZE_MAX ? size : FRACTION_SIZE_MAX;
        take(writing, kept);
        skip(writing, size - kept);
    }
}

/* 1/4/1999, which is 1999-01-04. False: it begins with no date of that form. */
static bool take_american_date(struct writing *writing)
{
    size_t size[3] = {0}, at[3] = {0}, end = 0; /* month, day, year */
    for (size_t part = 0; part < COUNT_OF(size); part++) {
        at[part] = end;
        while (end < writing->rest.size && all_digits((struct text){&writing->rest.data[end], 1}))
            end++;
        size[part] = end - at[part];
        if (part < 2 && (end >= writing->rest.size || writing->rest.data[end++] != '/'))
            return false;
    }
    if (size[0] < 1 || size[0] > 2 || size[1] < 1 || size[1] > 2 || size[2] != 4)
        return false;
    put(writing, &writing->rest.data[at[2]], size[2]);
    for (size_t part = 0; part < 2; part++) {
        put(writing, "-0", size[part] == 1 ? 2 : 1);
        put(writing, &writing->rest.data[at[part]], size[part]);
    }
    skip(writing, end);
    return true;
}

enum err feed_time_parse(struct text text, int64_t *ret_time_us)
{
    struct writing writing = {.rest = text};
    if (all_digits(text) && text.size >= COUNT_DIGITS_MIN)
        return parse_count(text, ret_time_us);
    if (text.size == 0 || text.size > TIME_SIZE_MAX / 2)
        return ERR_INPUT;
    if (!take_american_date(&writing))
        take(&writing, DATE_SIZE);
    if (writing.rest.size > 0)
        take_clock(&writing);
    else
        put(&writing, "T00:00:00", strlen("T00:00:00"));
    if (writing.rest.size > 0)
        take(&writing, writing.rest.size);
    else
        put(&writing, "Z", 1);
    return time_parse((struct text){writing.text, writing.size}, ret_time_us);
}

int64_t feed_due_us(int64_t start_us, int64_t after_us, int64_t speed)
{
    return start_us + after_us / speed;
}
