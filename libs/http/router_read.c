/* router_read.c - parameters and body of a request against its operation. */
#include "http/percent.h"
#include "http/router_internal.h"
#include "http/upload.h"

#include <string.h>
#include <strings.h>

struct reader {
    const struct http_operation *operation;
    const struct http_match *match;
    struct http_request *request;
    struct arena *arena;
    struct http_errors *errors;
    struct http_problem *problem;
};

/* Whether `pair`, at the place a parameter is looked for, is that parameter. */
static bool is_named(const struct http_parameter *parameter, const struct http_pair *pair)
{
    if (parameter->place != HTTP_IN_HEADER)
        return text_equal(parameter->name, pair->name);
    return parameter->name.size == pair->name.size &&
           strncasecmp(parameter->name.data, pair->name.data, pair->name.size) == 0;
}

static struct http_pairs pairs_at(const struct reader *reader, enum http_place place)
{
    switch (place) {
    case HTTP_IN_PATH: return reader->match->path_values;
    case HTTP_IN_QUERY: return http_request_query(reader->request);
    case HTTP_IN_HEADER: break;
    }
    return http_request_headers(reader->request);
}

/* How many values the parameter has: occurrences, or the parts of them between commas. */
static size_t count_values(const struct http_parameter *parameter, struct http_pairs pairs)
{
    size_t count = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        if (!is_named(parameter, &pairs.rows[i]))
            continue;
        count++;
        for (size_t k = 0; parameter->commas && k < pairs.rows[i].value.size; k++)
            count += pairs.rows[i].value.data[k] == ',';
    }
    return count;
}

/* The parameter as an array, element by element. */
static struct json_value array_value(const struct reader *reader,
                                     const struct http_parameter *parameter,
                                     struct http_pairs pairs)
{
    size_t count = count_values(parameter, pairs);
    struct json_value *items = ARENA_NEW(reader->arena, struct json_value, count);
    size_t filled = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        if (!is_named(parameter, &pairs.rows[i]))
            continue;
        struct text rest = pairs.rows[i].value;
        const char *comma;
        do {
            comma = parameter->commas ? memchr(rest.data, ',', rest.size) : NULL;
            size_t size = comma == NULL ? rest.size : (size_t)(comma - rest.data);
            struct text part = {.data = rest.data, .size = size};
            items[filled] = http_schema_value(http_schema_items(parameter->schema), part);
            items[filled].next = filled + 1 < count ? &items[filled + 1] : NULL;
            filled++;
            rest.data += size + (comma != NULL);
            rest.size -= size + (comma != NULL);
        } while (comma != NULL);
    }
    return (struct json_value){.kind = JSON_ARRAY, .first = items, .count = count};
}

/* What the request says for the parameter. False: nothing usable, and an error says so if need be.
 */
static bool find_value(const struct reader *reader, const struct http_parameter *parameter,
                       struct json_value *ret_value)
{
    struct http_pairs pairs = pairs_at(reader, parameter->place);
    const struct http_pair *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        if (is_named(parameter, &pairs.rows[i])) {
            found = count == 0 ? &pairs.rows[i] : found;
            count++;
        }
    }
    if (count == 0) {
        if (parameter->required)
            http_errors_add(reader->errors, parameter->name, "required",
                            "this parameter is missing");
        return false;
    }
    if (!http_utf8_valid(found->value)) {
        http_errors_add(reader->errors, parameter->name, "format", "the value is not UTF-8");
        return false;
    }
    if (http_schema_items(parameter->schema) != NULL) {
        *ret_value = array_value(reader, parameter, pairs);
        return true;
    }
    if (count > 1)
        http_errors_add(reader->errors, parameter->name, "twice",
                        "this parameter is given %zu times", count);
    *ret_value = http_schema_value(parameter->schema, found->value);
    return true;
}

static void refuse_unknown(const struct reader *reader)
{
    struct http_pairs query = http_request_query(reader->request);
    for (size_t i = 0; i < query.count; i++) {
        size_t k = 0;
        while (k < reader->operation->parameters_count &&
               (reader->operation->parameters[k].place != HTTP_IN_QUERY ||
                !is_named(&reader->operation->parameters[k], &query.rows[i])))
            k++;
        if (k == reader->operation->parameters_count)
            http_errors_add(reader->errors, query.rows[i].name, "unknown",
                            "there is no such parameter here");
    }
}

static const struct json_value *read_parameters(const struct reader *reader)
{
    const struct http_operation *operation = reader->operation;
    struct json_value *object = ARENA_NEW(reader->arena, struct json_value, 1);
    *object = (struct json_value){.kind = JSON_OBJECT};
    struct json_value *members =
        ARENA_NEW(reader->arena, struct json_value, operation->parameters_count);
    for (size_t i = 0; i < operation->parameters_count; i++) {
        const struct http_parameter *parameter = &operation->parameters[i];
        const struct json_value *standard = http_schema_default(parameter->schema);
        struct json_value value;
        if (!find_value(reader, parameter, &value)) {
            if (standard == NULL)
                continue;
            value = *standard;
        }
        struct json_value *member = &members[object->count];
        *member = *http_schema_check(parameter->schema, &value, parameter->name, reader->errors);
        member->name = parameter->name;
        if (object->count++ > 0)
            member[-1].next = member;
    }
    object->first = object->count > 0 ? members : NULL;
    refuse_unknown(reader);
    return object;
}

static enum err refuse(const struct reader *reader, enum http_problem_code code, struct text detail)
{
    *reader->problem = (struct http_problem){.code = code, .detail = detail};
    return ERR_INPUT;
}

/* The media type alone, without parameters. */
static bool content_type_is(const struct http_request *request, const char *type)
{
    struct text header = http_request_header(request, "Content-Type");
    size_t size = strlen(type);
    if (header.size < size || strncasecmp(header.data, type, size) != 0)
        return false;
    return header.size == size || strchr("; \t", header.data[size]) != NULL;
}

/* A field of a form: text, or what its schema has in its place. */
static struct json_value form_value(const struct http_schema *body, const struct http_pair *pair)
{
    const struct http_schema *schema = body != NULL ? http_schema_member(body, pair->name) : NULL;
    struct json_value value = {.kind = JSON_STRING, .text = pair->value};
    if (schema != NULL)
        value = http_schema_value(schema, pair->value);
    value.name = pair->name;
    return value;
}

static enum err parse_form(const struct reader *reader, struct text body,
                           const struct json_value **ret_value)
{
    struct http_pairs pairs;
    if (http_form_decode(reader->arena, body, &pairs) != OK)
        return refuse(reader, HTTP_PROBLEM_MALFORMED_REQUEST,
                      TEXT("the form has a malformed percent sequence, is not UTF-8, or has more "
                           "than 256 fields"));
    struct json_value *object = ARENA_NEW(reader->arena, struct json_value, 1);
    struct json_value *members = ARENA_NEW(reader->arena, struct json_value, pairs.count);
    for (size_t i = 0; i < pairs.count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (text_equal(members[k].name, pairs.rows[i].name))
                http_errors_add(reader->errors, pairs.rows[i].name, "twice",
                                "this field is given more than once");
        }
        members[i] = form_value(reader->operation->body, &pairs.rows[i]);
        members[i].next = i + 1 < pairs.count ? &members[i + 1] : NULL;
    }
    *object = (struct json_value){
        .kind = JSON_OBJECT, .first = pairs.count > 0 ? members : NULL, .count = pairs.count};
    *ret_value = object;
    return OK;
}

static enum err parse_body(const struct reader *reader, struct text body,
                           const struct json_value **ret_value)
{
    const struct http_operation *operation = reader->operation;
    if (operation->takes_form &&
        content_type_is(reader->request, "application/x-www-form-urlencoded"))
        return parse_form(reader, body, ret_value);
    if (!operation->takes_json || !content_type_is(reader->request, "application/json"))
        return refuse(reader, HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                      operation->takes_form && operation->takes_json
                          ? TEXT("send application/json or application/x-www-form-urlencoded")
                      : operation->takes_json ? TEXT("send application/json")
                      : operation->takes_form ? TEXT("send application/x-www-form-urlencoded")
                                              : TEXT("this operation takes no body"));
    struct json_error error;
    if (json_parse(body, body.size, reader->arena, ret_value, &error) == OK)
        return OK;
    return refuse(reader, HTTP_PROBLEM_MALFORMED_JSON,
                  arena_printf(reader->arena, "%s, line %zu, column %zu", error.message, error.line,
                               error.column));
}

static enum err read_body(const struct reader *reader, const struct json_value **ret_body)
{
    struct bytes bytes = http_request_body(reader->request);
    struct text body = {.data = (const char *)bytes.data, .size = bytes.size};
    const struct http_operation *operation = reader->operation;
    *ret_body = NULL;
    if (operation->takes_raw && http_request_uploads(reader->request))
        return OK;
    if (body.size == 0) {
        if (operation->body_required)
            http_errors_add(reader->errors, TEXT("body"), "required", "the body is missing");
        return OK;
    }
    if (operation->takes_raw)
        return OK;
    if (operation->body == NULL && text_is(body, "{}")) /* what many clients send for "nothing" */
        return OK;
    const struct json_value *value;
    if (parse_body(reader, body, &value) != OK)
        return ERR_INPUT;
    *ret_body = http_schema_check(operation->body, value, TEXT(""), reader->errors);
    return OK;
}

static enum err no_operation(const struct http_match *match, struct arena *arena,
                             struct http_problem *ret_problem)
{
    *ret_problem = (struct http_problem){.code = HTTP_PROBLEM_NOT_FOUND};
    if (match->allow.size == 0)
        return ERR_INPUT;
    struct http_pair *allow = ARENA_NEW(arena, struct http_pair, 1);
    *allow = (struct http_pair){TEXT("Allow"), match->allow};
    *ret_problem = (struct http_problem){
        .code = HTTP_PROBLEM_METHOD_NOT_ALLOWED,
        .detail = arena_printf(arena, "this address takes %s", match->allow.data),
        .headers = {.rows = allow, .count = 1}};
    return ERR_INPUT;
}

/* Amounts of more than is counted have a code of their own, where nothing else is wrong. */
static enum http_problem_code code_of(const struct http_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        if (!text_is(errors->rows[i].code, HTTP_ERROR_RANGE))
            return HTTP_PROBLEM_VALIDATION_FAILED;
    }
    return HTTP_PROBLEM_AMOUNT_RANGE;
}

enum err http_router_read(const struct http_match *match, struct http_request *request,
                          struct http_input *ret_input, struct http_problem *ret_problem)
{
    struct arena *arena = http_request_arena(request);
    if (match->operation == NULL)
        return no_operation(match, arena, ret_problem);
    struct http_errors *errors = ARENA_NEW(arena, struct http_errors, 1);
    errors->arena = arena;
    const struct reader reader = {match->operation, match, request, arena, errors, ret_problem};
    ret_input->parameters = read_parameters(&reader);
    if (read_body(&reader, &ret_input->body) != OK)
        return ERR_INPUT;
    if (errors->count == 0)
        return OK;
    *ret_problem = (struct http_problem){.code = code_of(errors),
                                         .detail = arena_printf(arena, "%zu of the values %s wrong",
                                                                errors->count,
                                                                errors->count == 1 ? "is" : "are"),
                                         .errors = errors->rows,
                                         .errors_count = errors->count};
    return ERR_INPUT;
}
