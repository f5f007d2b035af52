#include "gateway/query_statement.h"

#include <ctype.h>
#include <string.h>

bool query_is_word(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (!islower(c) && !isdigit(c) && c != '_' && c != '-')
            return false;
    }
    return text.size > 0 && text.size <= QUERY_WORD_MAX;
}

static bool stands_in_text(const struct query_param *param)
{
    return text_is(param->type, "word") || text_is(param->type, "bool") ||
           text_is(param->name, "limit");
}

/* A value as it stands in the text, which is nothing that SQL could take for more. */
static struct text literal(const struct db_param *value)
{
    struct text text = value->kind == DB_PARAM_DIGITS ? text_of(value->digits) : value->text;
    CHECK(value->kind != DB_PARAM_BYTES && query_is_word(text));
    return text;
}

/* The parameter that a '$' is the beginning of; moves *at behind it. False: of none. */
static bool number_behind(const char **at, size_t count, size_t *ret_index)
{
    size_t number = 0;
    const char *digit = *at + 1;
    while (isdigit((unsigned char)*digit) && number <= count)
        number = number * 10 + (size_t)(*digit++ - '0');
    if (number == 0 || number > count)
        return false;
    *at = digit;
    *ret_index = number - 1;
    return true;
}

static bool skip(const char **at, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

/* "::text IS NULL" behind a parameter is known before any value is: no plan would know it. Moves
 * *at behind it. False: something else is there. */
static bool null_test_behind(const char **at, bool *ret_is_null)
{
    const char *end = *at;
    if (!skip(&end, "::"))
        return false;
    while (islower((unsigned char)*end))
        end++;
    *ret_is_null = skip(&end, " IS NULL");
    if (!*ret_is_null && !skip(&end, " IS NOT NULL"))
        return false;
    *at = end;
    return true;
}

/* What goes on being a parameter gets its number where it is met first. */
struct numbering {
    size_t count;
    size_t numbers[QUERY_PARAMS_MAX]; /* 0: not met yet */
};

static void write_param(const struct query_param *param, const struct db_param *value,
                        size_t *number, struct numbering *numbering, struct buffer *sql,
                        struct db_param ret_params[])
{
    if (value->kind == DB_PARAM_NULL) {
        buffer_string(sql, "NULL");
    } else if (stands_in_text(param)) {
        struct text text = literal(value);
        buffer_printf(sql, "'%.*s'", (int)text.size, text.data);
    } else {
        if (*number == 0) {
            ret_params[numbering->count] = *value;
            *number = ++numbering->count;
        }
        buffer_printf(sql, "$%zu", *number);
    }
}

size_t query_statement(const struct query *query, const struct db_param params[QUERY_PARAMS_MAX],
                       struct buffer *ret_sql, struct db_param ret_params[QUERY_PARAMS_MAX])
{
    struct numbering numbering = {.count = 0};
    const char *rest = query->sql, *at = rest;
    while ((at = strchr(at, '$')) != NULL) {
        const char *sign = at;
        size_t i;
        if (!number_behind(&at, query->params_count, &i)) {
            at++;
            continue;
        }
        buffer_text(ret_sql, (struct text){.data = rest, .size = (size_t)(sign - rest)});
        bool is_null;
        if (null_test_behind(&at, &is_null))
            buffer_string(ret_sql, is_null == (params[i].kind == DB_PARAM_NULL) ? "true" : "false");
        else
            write_param(&query->params[i], &params[i], &numbering.numbers[i], &numbering, ret_sql,
                        ret_params);
        rest = at;
    }
    buffer_string(ret_sql, rest);
    buffer_byte(ret_sql, 0);
    return numbering.count;
}
