/* Tickets of a copied log against the trees that are signed. */
#include "cli/audit.h"
#include "cli/cli.h"
#include "proof/leaf.h"

#include <stdio.h>

/* The checkpoint that the tree has come to, if it has. */
static bool meet_checkpoints(struct audit_tickets *tickets)
{
    const struct audit_notes *notes = tickets->notes;
    while (tickets->next < notes->count &&
           notes->list[tickets->next].tree_size == tickets->tree->size) {
        const struct checkpoint *checkpoint = &notes->list[tickets->next++];
        struct tree_hash root = merkle_root(tickets->tree);
        if (!merkle_hash_equal(&root, &checkpoint->root)) {
            printf("checkpoint %lld: its tree is not that of the tickets up to %lld\n",
                   (long long)checkpoint->number, (long long)checkpoint->tree_size);
            return false;
        }
    }
    return true;
}

static bool take_ticket(struct audit_tickets *tickets, const struct ticket *ticket)
{
    struct tree_hash nodes[MERKLE_LEVELS];
    struct tree_hash leaf = leaf_hash_of_ticket(ticket);
    if (tickets->wanted.size > 0 && text_equal(ticket->id, tickets->wanted))
        tickets->wanted_leaf = tickets->tree->size;
    merkle_append(tickets->tree, &leaf, nodes);
    return meet_checkpoints(tickets);
}

bool audit_tickets_take(struct audit_tickets *tickets, const struct event *event)
{
    const struct tickets_issued *issued = &event->tickets_issued;
    if (event->kind == EVENT_REFUSAL_RECORDED)
        return take_ticket(tickets, &event->refusal_recorded.ticket);
    for (size_t i = 0; event->kind == EVENT_TICKETS_ISSUED && i < issued->tickets_count; i++) {
        if (!take_ticket(tickets, &issued->tickets[i]))
            return false;
    }
    return true;
}

/* The first checkpoint that has a leaf; NULL: none yet. */
static const struct checkpoint *checkpoint_of(const struct audit_notes *notes, int64_t leaf)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (notes->list[i].tree_size > leaf)
            return &notes->list[i];
    }
    return NULL;
}

bool audit_tickets_end(const struct audit_tickets *tickets)
{
    const struct audit_notes *notes = tickets->notes;
    if (tickets->next < notes->count) {
        printf("tickets: there are %lld, and checkpoint %lld is signed over %lld\n",
               (long long)tickets->tree->size, (long long)notes->list[tickets->next].number,
               (long long)notes->list[tickets->next].tree_size);
        return false;
    }
    printf("tickets: %lld, of which %lld are signed\n", (long long)tickets->tree->size,
           (long long)(notes->count == 0 ? 0 : notes->list[notes->count - 1].tree_size));
    if (tickets->wanted.size == 0)
        return true;
    const struct checkpoint *checkpoint =
        tickets->wanted_leaf < 0 ? NULL : checkpoint_of(notes, tickets->wanted_leaf);
    int size = (int)tickets->wanted.size;
    if (checkpoint == NULL) {
        printf("%.*s: %s\n", size, tickets->wanted.data,
               tickets->wanted_leaf < 0 ? "there is no such ticket" : "is not signed yet");
        return false;
    }
    printf("%.*s: leaf %lld, signed in checkpoint %lld\n", size, tickets->wanted.data,
           (long long)tickets->wanted_leaf, (long long)checkpoint->number);
    return true;
}
