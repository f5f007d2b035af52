#include "audit/state.h"
#include "proof/checkpoint.h"
#include "proof/leaf.h"

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

/* The leaves of one event. The size that the event says is what the read model goes by, so it is
 * checked as the numbers are; one of before there was a tree says 0. */
static void grow_tree(struct audit *audit, const struct ticket *tickets, size_t count,
                      int64_t tree_size, int64_t now_us)
{
    struct tree_hash nodes[MERKLE_LEVELS];
    if (count > 0 && audit->tree.size == audit->checkpoint.tree_size)
        audit->unsigned_since_us = now_us;
    for (size_t i = 0; i < count; i++) {
        struct tree_hash leaf = leaf_hash_of_ticket(&tickets[i]);
        merkle_append(&audit->tree, &leaf, nodes);
    }
    CHECK(tree_size == 0 || tree_size == audit->tree.size);
}

static void keep_checkpoint(struct audit *audit, const struct event *event)
{
    const struct checkpoint_made *made = &event->checkpoint_made;
    struct audit_checkpoint *checkpoint = &audit->checkpoint;
    checkpoint->number = made->number;
    checkpoint->tree_size = made->tree_size;
    checkpoint->root_hash = made->root_hash;
    checkpoint->made_at = event->meta.occurred_at;
    buffer_reset(&checkpoint->text);
    checkpoint_print(&event->meta, made, &checkpoint->text);
    CHECK(buffer_ok(&checkpoint->text));
    audit->unsigned_since_us = 0;
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
        grow_tree(audit, issued->tickets, issued->tickets_count, issued->tree_size, now_us);
    } else if (event->kind == EVENT_REFUSAL_RECORDED) {
        const struct refusal_recorded *recorded = &event->refusal_recorded;
        count_tickets(audit, &recorded->ticket, 1, now_us);
        grow_tree(audit, &recorded->ticket, 1, recorded->tree_size, now_us);
    } else if (event->kind == EVENT_CHECKPOINT_MADE) {
        keep_checkpoint(audit, event);
    } else if (event->kind == EVENT_CHECKPOINT_SIGNED &&
               event->checkpoint_signed.number == audit->checkpoint.number) {
        buffer_reset(&audit->checkpoint.text);
    }
}
