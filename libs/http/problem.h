/* problem.h - error answers in the one shape all have: RFC 9457 problem details.
 *
 * {"type": "/problems/<CODE>", "title", "status", "detail", "instance", "code", "request_id",
 *  "errors": [{"field", "code", "message"}]}, and members of the problem's own.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H
#include "http/problem_codes.h"
#include "http/response.h"

enum http_problem_code {
#define HTTP_PROBLEM_ENUM(code, status, title) HTTP_PROBLEM_##code,
    HTTP_PROBLEM_MAP(HTTP_PROBLEM_ENUM)
#undef HTTP_PROBLEM_ENUM
        HTTP_PROBLEM_COUNT
};

/* One field that was wrong: its dotted name ("legs[0].price"), a code word, a sentence. */
struct http_problem_error {
    struct text field;
    struct text code;
    struct text message;
};

struct http_problem {
    enum http_problem_code code;
    struct text detail; /* what was wrong, with which value, and what to do; empty: the title */
    const struct http_problem_error *errors;
    size_t errors_count;
    struct http_pairs members; /* further members, all strings: {"challenge", "..."} */
    struct http_pairs headers; /* of the answer: Retry-After, Allow, ... */
};

/* The code's word ("NOT_FOUND"), status and title of the table. Static storage. */
const char *http_problem_name(enum http_problem_code code);
unsigned http_problem_status(enum http_problem_code code);
const char *http_problem_title(enum http_problem_code code);
/* The code of that word. ERR_NOT_FOUND: the table has none; *ret_code is then untouched. */
enum err http_problem_find(struct text name, enum http_problem_code *ret_code) MUST_CHECK;

/* The problem as an answer to `request`, its text in `arena`; its headers stay the caller's, and
 * outlive the answer's making. A 401 says WWW-Authenticate: Bearer. At most 64 errors are listed.
 */
struct http_response http_problem_response(const struct http_request *request,
                                           const struct http_problem *problem, struct arena *arena);
/* Answers with the problem and gives the request up, as http_respond() does. */
void http_respond_problem(struct http_request *request, const struct http_problem *problem);
/* The same for a problem that is only a code and a detail. */
void http_respond_error(struct http_request *request, enum http_problem_code code,
                        struct text detail);

#endif
