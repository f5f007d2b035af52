#include "config/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
    const char *name;
    int64_t ms;
} UNITS[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

enum { RATE_WINDOW_MAX_MS = 86400000 };

/* Reads the digits at *at and moves past them. False: none, or too many. */
static bool read_digits(const char **at, int64_t *ret_number)
{
    int64_t number = 0;
    const char *start = *at;
    for (; isdigit((unsigned char)**at); (*at)++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, **at - '0', &number))
            return false;
    }
    *ret_number = number;
    return *at != start;
}

static bool read_integer(const char *value, int64_t *ret_number)
{
    return read_digits(&value, ret_number) && *value == '\0';
}

static bool read_duration(const char *value, int64_t *ret_ms)
{
    int64_t number;
    if (!read_digits(&value, &number))
        return false;
    for (size_t i = 0; i < COUNT_OF(UNITS); i++)
        if (strcmp(value, UNITS[i].name) == 0)
            return !__builtin_mul_overflow(number, UNITS[i].ms, ret_ms);
    return false;
}

static bool read_rate(const char *value, const struct config_row *row, struct config_rate *ret_rate)
{
    if (strcmp(value, "off") == 0) {
        *ret_rate = (struct config_rate){0};
        return true;
    }
    struct config_rate rate;
    if (!read_digits(&value, &rate.count) || *value != '/' ||
        !read_duration(value + 1, &rate.window_ms))
        return false;
    *ret_rate = rate;
    return rate.count >= row->min && rate.count <= row->max && rate.window_ms > 0 &&
           rate.window_ms <= RATE_WINDOW_MAX_MS;
}

/* The place of `value` in "live|paper". False: it is not there. */
static bool read_choice(const char *value, const char *choices, int *ret_index)
{
    size_t size = strlen(value);
    int index = 0;
    for (const char *choice = choices; choice != NULL; index++) {
        size_t choice_size = strcspn(choice, "|");
        if (choice_size == size && memcmp(choice, value, size) == 0) {
            *ret_index = index;
            return true;
        }
        choice = choice[choice_size] == '|' ? choice + choice_size + 1 : NULL;
    }
    return false;
}

static void print_duration(int64_t ms, struct buffer *ret_text)
{
    size_t unit = COUNT_OF(UNITS) - 1;
    while (unit > 0 && (ms == 0 || ms % UNITS[unit].ms != 0))
        unit--;
    buffer_printf(ret_text, "%lld%s", (long long)(ms / UNITS[unit].ms), UNITS[unit].name);
}

/* What would have been right: follows "it is not ". */
static void describe(const struct config_row *row, struct buffer *ret_text)
{
    switch (row->kind) {
    case CONFIG_INTEGER:
        buffer_printf(ret_text, "a whole number from %lld to %lld", (long long)row->min,
                      (long long)row->max);
        break;
    case CONFIG_DURATION:
        buffer_string(ret_text, "a time from ");
        print_duration(row->min, ret_text);
        buffer_string(ret_text, " to ");
        print_duration(row->max, ret_text);
        buffer_string(ret_text, " (units ms, s, m, h, d)");
        break;
    case CONFIG_RATE:
        buffer_printf(ret_text, "\"off\" or a count from %lld to %lld in a time up to 1d",
                      (long long)row->min, (long long)row->max);
        break;
    case CONFIG_CHOICE: buffer_printf(ret_text, "one of %s", row->choices); break;
    case CONFIG_TEXT:
    case CONFIG_CONNECTION:
    case CONFIG_FILE:
    case CONFIG_SECRET:
    case CONFIG_IDENTITY:
    case CONFIG_OTHER: CHECK(!"a kind with a range"); break;
    }
}

static bool read_text(const struct config_row *row, const char *value, char **ret_text,
                      struct buffer *ret_problem)
{
    const char *fault = row->check == NULL ? NULL : row->check(text_of(value));
    if (fault != NULL) { /* the value is not shown: a connection string may hold a password */
        buffer_string(ret_problem, fault);
        return false;
    }
    *ret_text = strdup(value);
    CHECK(*ret_text != NULL);
    return true;
}

static bool within(const struct config_row *row, int64_t number)
{
    return number >= row->min && number <= row->max;
}

/* Reads what has a range or a grammar. */
static bool read_ranged(const struct config_row *row, const char *value, void *field)
{
    int64_t number = 0;
    int index = 0;
    struct config_rate rate = {0};
    switch (row->kind) {
    case CONFIG_INTEGER:
    case CONFIG_DURATION:
        if (!(row->kind == CONFIG_INTEGER ? read_integer : read_duration)(value, &number) ||
            !within(row, number))
            return false;
        memcpy(field, &number, sizeof number);
        return true;
    case CONFIG_RATE:
        if (!read_rate(value, row, &rate))
            return false;
        memcpy(field, &rate, sizeof rate);
        return true;
    case CONFIG_CHOICE:
        if (!read_choice(value, row->choices, &index))
            return false;
        memcpy(field, &index, sizeof index);
        return true;
    case CONFIG_TEXT:
    case CONFIG_CONNECTION:
    case CONFIG_FILE:
    case CONFIG_SECRET:
    case CONFIG_IDENTITY:
    case CONFIG_OTHER: break;
    }
    return false;
}

bool config_read_value(const struct config_row *row, const char *value, struct config *config,
                       struct buffer *ret_problem)
{
    void *field = (char *)config + row->offset;
    if (row->kind == CONFIG_IDENTITY && !config_check_identity(value, ret_problem))
        return false;
    if (row->kind == CONFIG_TEXT || row->kind == CONFIG_CONNECTION || row->kind == CONFIG_IDENTITY)
        return read_text(row, value, field, ret_problem);
    if (row->kind == CONFIG_FILE || row->kind == CONFIG_SECRET)
        return config_read_file(row, value, field, ret_problem);
    if (read_ranged(row, value, field))
        return true;
    buffer_printf(ret_problem, "is \"%s\", which is not ", value);
    describe(row, ret_problem);
    return false;
}

static void print_text(const struct config_row *row, struct text text, struct buffer *ret_text)
{
    if (row->kind == CONFIG_CONNECTION && config_has_password(text))
        buffer_string(ret_text, "(not shown: it holds a password)");
    else
        buffer_text(ret_text, text);
}

void config_print_value(const struct config_row *row, const struct config *config,
                        struct buffer *ret_text)
{
    const void *field = (const char *)config + row->offset;
    switch (row->kind) {
    case CONFIG_TEXT:
    case CONFIG_IDENTITY:
    case CONFIG_CONNECTION: print_text(row, text_of(*(const char *const *)field), ret_text); break;
    case CONFIG_INTEGER: buffer_printf(ret_text, "%lld", (long long)*(const int64_t *)field); break;
    case CONFIG_DURATION: print_duration(*(const int64_t *)field, ret_text); break;
    case CONFIG_RATE: {
        const struct config_rate *rate = field;
        if (rate->count == 0) {
            buffer_string(ret_text, "off");
            break;
        }
        buffer_printf(ret_text, "%lld/", (long long)rate->count);
        print_duration(rate->window_ms, ret_text);
        break;
    }
    case CONFIG_CHOICE: {
        const char *choice = row->choices;
        for (int left = *(const int *)field; left > 0; left--)
            choice += strcspn(choice, "|") + 1;
        buffer_append(ret_text, choice, strcspn(choice, "|"));
        break;
    }
    case CONFIG_FILE:
    case CONFIG_SECRET:
    case CONFIG_OTHER: break;
    }
}
