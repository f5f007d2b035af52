#include "audit/observe.h"

#include "metrics/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE_SIZE_MAX = 1 << 20 };

static void assert_counted(const char *line)
{
    struct buffer text;
    buffer_init(&text, PAGE_SIZE_MAX);
    metrics_write(METRICS_PLAIN, &text);
    buffer_byte(&text, '\0');
    if (strstr((const char *)text.data, line) == NULL)
        fail_msg("\"%s\" is not in\n%s", line, (const char *)text.data);
    buffer_free(&text);
}

static void each_action_with_a_ticket_counts_and_how_long_it_waited(void **state)
{
    (void)state;
    struct ticket tickets[] = {
        {.outcome = TICKET_OUTCOME_SUCCESS, .occurred_at = 1000000},
        {.outcome = TICKET_OUTCOME_FAILED, .occurred_at = 1480000},
        {.outcome = TICKET_OUTCOME_SUCCESS, .occurred_at = 1600000}, /* by a clock that is ahead */
    };
    audit_observe(&(struct event){.kind = EVENT_TICKETS_ISSUED,
                                  .meta.occurred_at = 1500000,
                                  .tickets_issued = {.tickets = tickets, .tickets_count = 3}});
    audit_observe(&(struct event){
        .kind = EVENT_REFUSAL_RECORDED,
        .meta.occurred_at = 9000000,
        .refusal_recorded = {.ticket = {.outcome = TICKET_OUTCOME_FAILED}, .count = 7}});
    audit_observe(&(struct event){.kind = EVENT_CHECKPOINT_SIGNED});

    assert_counted("bourse_tickets_total{outcome=\"success\"} 2\n");
    assert_counted("bourse_tickets_total{outcome=\"failed\"} 8\n");
    assert_counted("bourse_ticket_seconds_bucket{le=\"0.025\"} 2\n");
    assert_counted("bourse_ticket_seconds_sum 0.52\nbourse_ticket_seconds_count 3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_with_a_ticket_counts_and_how_long_it_waited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
