#include "gateway/as_of.h"

#include "base/time.h"
#include "gateway/answers.h"
#include "gateway/respond.h"

#include <string.h>

static void refuse(struct exchange *exchange, const char *detail)
{
    respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED, text_of(detail), TEXT("as_of"));
}

enum err as_of_parse(struct text text, struct as_of *ret_as_of)
{
    struct as_of as_of = {.by_position = false};
    if (time_parse(text, &as_of.time_us) == OK) {
        *ret_as_of = as_of;
        return OK;
    }
    as_of.by_position = true;
    if (shown_parse_event(text, &as_of.position) != OK)
        return ERR_INPUT;
    *ret_as_of = as_of;
    return OK;
}

/* False: it names none. */
static bool asked(const struct exchange *exchange, struct text *ret_text)
{
    const struct json_value *given = json_value_member(exchange->input.parameters, "as_of");
    if (given == NULL || given->kind != JSON_STRING)
        return false;
    *ret_text = given->text;
    return true;
}

/* Why nothing can be said as of then; NULL: it can. */
static const char *fault_of(const struct gateway *gateway, const struct as_of *as_of)
{
    if (!as_of->by_position)
        return as_of->time_us > gateway_now_us() ? "this time is not over yet" : NULL;
    return as_of->position.partition >= gateway->place.partition_counts[as_of->position.service]
               ? "there is no such partition"
               : NULL;
}

/* Of each partition of all services: the last offset that is needed, -1 for none. */
static int64_t *heads_of(const struct exchange *exchange, const struct as_of *as_of)
{
    const struct gateway *gateway = exchange->gateway;
    const int32_t *counts = gateway->place.partition_counts;
    size_t total = 0;
    for (int i = 0; i < SERVICES; i++)
        total += (size_t)counts[i];
    int64_t *heads = ARENA_NEW(exchange->arena, int64_t, total), *head = heads;
    for (int i = 0; i < SERVICES; i++) {
        bool read = (exchange->operation->query->reads >> i & 1) != 0;
        for (int32_t p = 0; p < counts[i]; p++) {
            const struct shown_position *named = &as_of->position;
            *head = -1;
            if (as_of->by_position && named->service == i && named->partition == p)
                *head = named->offset;
            else if (!as_of->by_position && read)
                *head = answers_next_offset(gateway->answers, (enum service_id)i, p) - 1;
            head++;
        }
    }
    return heads;
}

bool as_of_admit(struct exchange *exchange, const int64_t **ret_heads)
{
    struct as_of as_of;
    struct text text;
    *ret_heads = NULL;
    if (!asked(exchange, &text))
        return true;
    if (as_of_parse(text, &as_of) != OK) {
        refuse(exchange, "it is neither a time nor the position of an event");
        return false;
    }
    const char *fault = fault_of(exchange->gateway, &as_of);
    if (fault != NULL) {
        refuse(exchange, fault);
        return false;
    }
    *ret_heads = heads_of(exchange, &as_of);
    return true;
}

void as_of_late(struct exchange *exchange)
{
    struct as_of as_of;
    struct text text;
    bool known = asked(exchange, &text) && as_of_parse(text, &as_of) == OK;
    CHECK(known); /* it was admitted */
    if (as_of.by_position && answers_next_offset(exchange->gateway->answers, as_of.position.service,
                                                 as_of.position.partition) <= as_of.position.offset)
        refuse(exchange, "the log has not come so far");
    else
        respond_problem(exchange, HTTP_PROBLEM_OVERLOADED,
                        TEXT("the past that as_of names cannot be seen here yet"), TEXT(""));
}
