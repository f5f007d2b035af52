#include "http/problem.h"
#include "base/buffer.h"

#include <string.h>

enum { ERRORS_MAX = 64, PROBLEM_SIZE_MAX = 256 * 1024 };

static const struct {
    const char *name;
    const char *title;
    unsigned status;
} ROWS[] = {
#define HTTP_PROBLEM_ROW(code, status, title) {#code, title, status},
    HTTP_PROBLEM_MAP(HTTP_PROBLEM_ROW)
#undef HTTP_PROBLEM_ROW
};

const char *http_problem_name(enum http_problem_code code)
{
    CHECK(code < HTTP_PROBLEM_COUNT);
    return ROWS[code].name;
}

unsigned http_problem_status(enum http_problem_code code)
{
    CHECK(code < HTTP_PROBLEM_COUNT);
    return ROWS[code].status;
}

const char *http_problem_title(enum http_problem_code code)
{
    CHECK(code < HTTP_PROBLEM_COUNT);
    return ROWS[code].title;
}

enum err http_problem_find(struct text name, enum http_problem_code *ret_code)
{
    for (size_t i = 0; i < HTTP_PROBLEM_COUNT; i++) {
        if (text_is(name, ROWS[i].name)) {
            *ret_code = (enum http_problem_code)i;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

static void write_member(struct buffer *json, const char *name, struct text value)
{
    buffer_byte(json, ',');
    buffer_json_string(json, text_of(name));
    buffer_byte(json, ':');
    buffer_json_string(json, value);
}

static void write_errors(struct buffer *json, const struct http_problem *problem)
{
    size_t count = problem->errors_count < ERRORS_MAX ? problem->errors_count : ERRORS_MAX;
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct http_problem_error *error = &problem->errors[i];
        buffer_string(json, i == 0 ? ",\"errors\":[{\"field\":" : "},{\"field\":");
        buffer_json_string(json, error->field);
        write_member(json, "code", error->code);
        write_member(json, "message", error->message);
    }
    buffer_string(json, "}]");
}

static struct text problem_json(const struct http_request *request,
                                const struct http_problem *problem, struct arena *arena)
{
    const char *name = http_problem_name(problem->code);
    const char *title = http_problem_title(problem->code);
    struct buffer json;
    buffer_init(&json, PROBLEM_SIZE_MAX);
    buffer_printf(&json, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%u", name, title,
                  http_problem_status(problem->code));
    write_member(&json, "detail", problem->detail.size > 0 ? problem->detail : text_of(title));
    write_member(&json, "instance", http_request_path(request));
    write_member(&json, "code", text_of(name));
    write_member(&json, "request_id", http_request_id(request));
    for (size_t i = 0; i < problem->members.count; i++) {
        struct text member = arena_text(arena, problem->members.rows[i].name);
        write_member(&json, member.data, problem->members.rows[i].value);
    }
    write_errors(&json, problem);
    buffer_byte(&json, '}');
    CHECK(buffer_ok(&json));
    struct text text = arena_text(arena, buffer_as_text(&json));
    buffer_free(&json);
    return text;
}

static struct http_pairs with_challenge(struct http_pairs headers, struct arena *arena)
{
    struct http_pair *rows = ARENA_NEW(arena, struct http_pair, headers.count + 1);
    if (headers.count > 0)
        memcpy(rows, headers.rows, headers.count * sizeof *rows);
    rows[headers.count] = (struct http_pair){TEXT("WWW-Authenticate"), TEXT("Bearer")};
    return (struct http_pairs){.rows = rows, .count = headers.count + 1};
}

struct http_response http_problem_response(const struct http_request *request,
                                           const struct http_problem *problem, struct arena *arena)
{
    unsigned status = http_problem_status(problem->code);
    return (struct http_response){.status = status,
                                  .content_type = TEXT("application/problem+json"),
                                  .body = problem_json(request, problem, arena),
                                  .headers = status == 401 ? with_challenge(problem->headers, arena)
                                                           : problem->headers};
}

void http_respond_problem(struct http_request *request, const struct http_problem *problem)
{
    struct http_response response =
        http_problem_response(request, problem, http_request_arena(request));
    http_respond(request, &response);
}

void http_respond_error(struct http_request *request, enum http_problem_code code,
                        struct text detail)
{
    http_respond_problem(request, &(struct http_problem){.code = code, .detail = detail});
}
