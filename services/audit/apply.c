#include "audit/state.h"

/* Counts the tickets of one event. That the last is the number we are at now is what "gapless"
 * means, so it is checked on every ticket ever issued. */
static void count_tickets(struct audit *audit, const struct ticket *tickets, size_t count,
                          int64_t now_us)
{
    if (count == 0)
        return;
    audit->issued = audit_issued_in_year_of(audit, now_us) + (int64_t)count;
    audit->year = time_year(now_us);
    char id[AUDIT_TICKET_ID_MAX];
    CHECK(text_equal(tickets[count - 1].id, audit_ticket_id(audit->year, audit->issued, id)));
}

static void forget_old(struct audit *audit, int64_t now_us)
{
    for (int i = 0; i < AUDIT_FORGETS_MAX; i++) {
        const struct audit_command *oldest = audit->ticketed;
        if (oldest == NULL || oldest->ticketed_at_us > now_us - AUDIT_MEMORY_US)
            return;
        audit_forget_oldest(audit);
    }
}

void audit_apply(void *state, const struct event *event)
{
    struct audit *audit = state;
    int64_t now_us = event->meta.occurred_at;
    if (event->kind == EVENT_WRITER_CLAIMED) /* its time is not log time */
        return;
    forget_old(audit, now_us);
    if (event->kind == EVENT_TICKETS_ISSUED) {
        const struct tickets_issued *issued = &event->tickets_issued;
        for (size_t i = 0; i < issued->tickets_count; i++)
            audit_remember(audit, issued->tickets[i].command_id, now_us);
        count_tickets(audit, issued->tickets, issued->tickets_count, now_us);
    } else if (event->kind == EVENT_REFUSAL_RECORDED) {
        count_tickets(audit, &event->refusal_recorded.ticket, 1, now_us);
    }
}
