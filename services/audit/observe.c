#include "audit/observe.h"

#include "metrics/metrics.h"

static struct {
    struct metrics_histogram *seconds;
    struct metrics_counter *tickets[2]; /* by enum ticket_outcome */
} counted;                              /* registered with the first event */

static void register_once(void)
{
    static const char *const OUTCOMES[] = {
        [TICKET_OUTCOME_SUCCESS] = "success", [TICKET_OUTCOME_FAILED] = "failed"};
    if (counted.seconds != NULL)
        return;
    for (size_t i = 0; i < COUNT_OF(OUTCOMES); i++)
        counted.tickets[i] =
            metrics_counter("bourse_tickets_total", "Actions that have their ticket.",
                            METRICS_LABELS({"outcome", OUTCOMES[i]}));
    counted.seconds =
        metrics_histogram("bourse_ticket_seconds", "From an action's event to its ticket's.",
                          METRICS_NO_LABELS, METRICS_BUCKETS_REQUEST);
}

static void count(const struct ticket *ticket, int64_t actions)
{
    metrics_counter_add(counted.tickets[ticket->outcome], (uint64_t)actions);
}

static void observe_issued(const struct tickets_issued *issued, int64_t now_us)
{
    for (size_t i = 0; i < issued->tickets_count; i++) {
        int64_t waited_us = now_us - issued->tickets[i].occurred_at;
        count(&issued->tickets[i], 1);
        metrics_histogram_observe_e6(counted.seconds, waited_us > 0 ? waited_us : 0);
    }
}

void audit_observe(const struct event *event)
{
    register_once();
    if (event->kind == EVENT_TICKETS_ISSUED)
        observe_issued(&event->tickets_issued, event->meta.occurred_at);
    else if (event->kind == EVENT_REFUSAL_RECORDED)
        count(&event->refusal_recorded.ticket, event->refusal_recorded.count);
}
