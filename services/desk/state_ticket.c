#include "desk/state.h"

#include <stdlib.h>
#include <utlist.h>

struct desk_ticket *desk_ticket(const struct desk *desk, struct uuid id)
{
    struct desk_ticket *ticket;
    HASH_FIND(by_id, desk->tickets, &id, sizeof id, ticket);
    return ticket;
}

static struct desk_client *client_of(const struct desk *desk, struct uuid id)
{
    struct desk_client *client;
    HASH_FIND(by_id, desk->clients, &id, sizeof id, client);
    return client;
}

const struct desk_client *desk_client(const struct desk *desk, struct uuid id)
{
    return client_of(desk, id);
}

static bool is_open(const struct support_ticket *about)
{
    return about->status != SUPPORT_STATUS_CLOSED;
}

static struct desk_client *add_client(struct desk *desk, struct uuid id)
{
    struct desk_client *client = calloc(1, sizeof *client);
    CHECK(client != NULL);
    client->id = id;
    HASH_ADD(by_id, desk->clients, id, sizeof client->id, client);
    return client;
}

static void drop_oldest_closed(struct desk *desk, struct desk_client *client)
{
    struct desk_ticket *oldest = client->tickets;
    while (oldest != NULL && is_open(&oldest->about))
        oldest = oldest->newer;
    if (oldest == NULL)
        return;
    DL_DELETE2(client->tickets, oldest, older, newer);
    client->count--;
    HASH_DELETE(by_id, desk->tickets, oldest);
    free(oldest);
}

static struct desk_ticket *add_ticket(struct desk *desk, const struct support_ticket *about)
{
    struct desk_client *client = client_of(desk, about->user_id);
    if (client == NULL)
        client = add_client(desk, about->user_id);
    if (client->count >= DESK_TICKETS_MAX)
        drop_oldest_closed(desk, client);
    struct desk_ticket *ticket = calloc(1, sizeof *ticket);
    CHECK(ticket != NULL);
    ticket->about.id = about->id;
    ticket->about.status = SUPPORT_STATUS_CLOSED; /* so that what it becomes is counted */
    ticket->number = desk->opened++;
    DL_APPEND2(client->tickets, ticket, older, newer);
    client->count++;
    HASH_ADD(by_id, desk->tickets, about.id, sizeof ticket->about.id, ticket);
    return ticket;
}

static void wait_to_close(struct desk *desk, struct desk_ticket *ticket)
{
    if (ticket->closing.place != 0)
        heap_remove(&desk->closing, &ticket->closing);
    if (ticket->about.status != SUPPORT_STATUS_RESOLVED)
        return;
    ticket->closing = (struct heap_node){
        .key = ticket->about.resolved_at + DESK_CLOSES_US, .turn = ticket->number, .thing = ticket};
    heap_add(&desk->closing, &ticket->closing);
}

void desk_set_ticket(struct desk *desk, const struct support_ticket *about)
{
    struct desk_ticket *ticket = desk_ticket(desk, about->id);
    if (ticket == NULL)
        ticket = add_ticket(desk, about);
    struct desk_client *client = client_of(desk, about->user_id);
    client->open_count -= is_open(&ticket->about);
    client->open_count += is_open(about);
    ticket->about = *about;
    wait_to_close(desk, ticket);
}

int64_t desk_due_us(const void *state)
{
    const struct desk *desk = state;
    const struct heap_node *first = heap_first(&desk->closing);
    int64_t approval_us = approvals_due_us(&desk->approvals);
    return first == NULL || first->key > approval_us ? approval_us : first->key;
}

void desk_free_tickets(struct desk *desk)
{
    struct desk_ticket *ticket = desk->tickets;
    HASH_CLEAR(by_id, desk->tickets);
    for (struct desk_ticket *next; ticket != NULL; ticket = next) {
        next = ticket->by_id.next;
        free(ticket);
    }
    struct desk_client *client = desk->clients;
    HASH_CLEAR(by_id, desk->clients);
    for (struct desk_client *next; client != NULL; client = next) {
        next = client->by_id.next;
        free(client);
    }
    heap_free(&desk->closing);
}
