/* value.c - parameters into what libpq takes, and values out of its results. */
#include "db/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct db_param db_null(void)
{
    return (struct db_param){.kind = DB_PARAM_NULL};
}

struct db_param db_text(struct text text)
{
    return (struct db_param){.kind = DB_PARAM_TEXT, .text = text};
}

struct db_param db_string(const char *string)
{
    return string != NULL ? db_text(text_of(string)) : db_null();
}

struct db_param db_bytes(struct bytes bytes)
{
    return (struct db_param){.kind = DB_PARAM_BYTES,
                             .text = {.data = (const char *)bytes.data, .size = bytes.size}};
}

struct db_param db_int(int64_t value)
{
    struct db_param param = {.kind = DB_PARAM_DIGITS};
    snprintf(param.digits, sizeof param.digits, "%" PRId64, value);
    return param;
}

struct db_param db_bool(bool value)
{
    return db_text(value ? TEXT("t") : TEXT("f"));
}

struct db_param db_uuid(struct uuid id)
{
    struct db_param param = {.kind = DB_PARAM_DIGITS};
    uuid_print(id, param.digits);
    return param;
}

/* Bytes that the copy of a parameter takes, its terminating zero included. */
static size_t copy_size(const struct db_param *param)
{
    return param->kind == DB_PARAM_TEXT || param->kind == DB_PARAM_BYTES ? param->text.size + 1 : 0;
}

/* One parameter in its place; `copy` has room for it. */
static enum err set_arg(struct db_args *args, size_t i, const struct db_param *param, char *copy)
{
    args->values[i] = NULL;
    args->lengths[i] = 0;
    args->formats[i] = 0;
    switch (param->kind) {
    case DB_PARAM_NULL: return OK;
    case DB_PARAM_DIGITS: args->values[i] = param->digits; return OK;
    case DB_PARAM_TEXT:
        if (param->text.size > 0 && memchr(param->text.data, 0, param->text.size) != NULL)
            return ERR_INPUT;
        break;
    case DB_PARAM_BYTES:
        args->formats[i] = 1;
        args->lengths[i] = (int)param->text.size;
        break;
    }
    if (param->text.size > 0)
        memcpy(copy, param->text.data, param->text.size);
    copy[param->text.size] = '\0';
    args->values[i] = copy;
    return OK;
}

enum err db_args_of(const struct db_param *params, size_t count, struct db_args *ret_args)
{
    CHECK(count <= DB_PARAMS_MAX);
    *ret_args = (struct db_args){.count = (int)count};
    if (count == 0)
        return OK;
    size_t size = count * (sizeof(char *) + 2 * sizeof(int));
    for (size_t i = 0; i < count; i++) {
        CHECK(params[i].text.size < INT32_MAX);
        size += copy_size(&params[i]);
    }
    ret_args->memory = malloc(size);
    CHECK(ret_args->memory != NULL);
    ret_args->values = (const char **)(void *)ret_args->memory;
    ret_args->lengths = (int *)(void *)(ret_args->values + count);
    ret_args->formats = ret_args->lengths + count;
    char *copy = (char *)(ret_args->formats + count);
    for (size_t i = 0; i < count; i++) {
        enum err err = set_arg(ret_args, i, &params[i], copy);
        if (err != OK)
            return err;
        copy += copy_size(&params[i]);
    }
    return OK;
}

void db_args_free(struct db_args *args)
{
    free(args->memory);
}

void db_result_free(struct db_result *result)
{
    PQclear(result->rows);
    result->rows = NULL;
}

size_t db_rows(const struct db_result *result)
{
    return (size_t)PQntuples(result->rows);
}

size_t db_columns(const struct db_result *result)
{
    return (size_t)PQnfields(result->rows);
}

size_t db_column(const struct db_result *result, const char *name)
{
    int column = PQfnumber(result->rows, name);
    CHECK(column >= 0);
    return (size_t)column;
}

struct text db_column_name(const struct db_result *result, size_t column)
{
    CHECK(column < db_columns(result));
    return text_of(PQfname(result->rows, (int)column));
}

enum db_type db_column_type(const struct db_result *result, size_t column)
{
    enum { BOOL = 16, INT8 = 20, INT2 = 21, INT4 = 23, JSON = 114, JSONB = 3802 }; /* pg_type.dat */
    CHECK(column < db_columns(result));
    switch (PQftype(result->rows, (int)column)) {
    case BOOL: return DB_TYPE_BOOL;
    case INT2:
    case INT4:
    case INT8: return DB_TYPE_INT;
    case JSON:
    case JSONB: return DB_TYPE_JSON;
    default: return DB_TYPE_TEXT;
    }
}

int64_t db_affected(const struct db_result *result)
{
    return strtoll(PQcmdTuples(result->rows), NULL, 10);
}

static void check_range(const struct db_result *result, size_t row, size_t column)
{
    CHECK(row < db_rows(result) && column < db_columns(result));
}

bool db_is_null(const struct db_result *result, size_t row, size_t column)
{
    check_range(result, row, column);
    return PQgetisnull(result->rows, (int)row, (int)column) != 0;
}

struct text db_get_text(const struct db_result *result, size_t row, size_t column)
{
    check_range(result, row, column);
    return (struct text){.data = PQgetvalue(result->rows, (int)row, (int)column),
                         .size = (size_t)PQgetlength(result->rows, (int)row, (int)column)};
}

int64_t db_get_int(const struct db_result *result, size_t row, size_t column)
{
    struct text text = db_get_text(result, row, column);
    char *end = NULL;
    errno = 0;
    int64_t value = strtoll(text.data, &end, 10);
    CHECK(errno == 0 && text.size > 0 && *end == '\0');
    return value;
}

bool db_get_bool(const struct db_result *result, size_t row, size_t column)
{
    struct text text = db_get_text(result, row, column);
    CHECK(text_is(text, "t") || text_is(text, "f"));
    return text.data[0] == 't';
}

struct uuid db_get_uuid(const struct db_result *result, size_t row, size_t column)
{
    struct uuid id;
    CHECK(uuid_parse(db_get_text(result, row, column), &id) == OK);
    return id;
}

void db_get_bytes(const struct db_result *result, size_t row, size_t column,
                  struct buffer *ret_bytes)
{
    struct text text = db_get_text(result, row, column);
    size_t size = 0;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text.data, &size);
    CHECK(bytes != NULL);
    buffer_append(ret_bytes, bytes, size);
    PQfreemem(bytes);
}
