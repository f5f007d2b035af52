/* pending.h - who waits for the outcome of which command.
 *
 * Owner    an entry belongs to the table from pending_add() until somebody takes it; exactly one of
 *          those who try gets it.
 * Order    all wait equally long, so the oldest expires first.
 * Thread   any. pending_find() lends an entry to the one thread that reads the answers.
 */
#ifndef GATEWAY_PENDING_H
#define GATEWAY_PENDING_H
#include "base/base.h"
#include "base/table.h"
#include "base/uuid.h"

struct pending; /* laid out in pending.c only */

/* Part of what waits. */
struct pending_entry {
    UT_hash_handle hh;
    struct uuid command_id;
    int64_t deadline_ns;
    bool wants_ticket; /* counted: the reader decodes tickets only where somebody wants one */
};

/* A table in which at most `max` wait. */
struct pending *pending_new(size_t max) MUST_CHECK;
/* CHECKs that nobody waits any more. NULL does nothing. */
void pending_free(struct pending *pending);

/* Adds an entry whose id, deadline and wants_ticket are set. CHECKs that the id is new. ERR_FULL:
 * as many wait as may. */
enum err pending_add(struct pending *pending, struct pending_entry *entry) MUST_CHECK;
/* The entry, which stays in the table. NULL: nobody waits for that command. */
struct pending_entry *pending_find(struct pending *pending, struct uuid command_id);
/* Takes an entry out. NULL: it is not there, or was taken. */
struct pending_entry *pending_take(struct pending *pending, struct uuid command_id);
/* Takes the oldest entry if its deadline is at or before `now_ns`. NULL: it is not. */
struct pending_entry *pending_expire(struct pending *pending, int64_t now_ns);
/* Whether somebody waits for a ticket; how many wait in all. */
bool pending_wants_tickets(struct pending *pending);
size_t pending_count(struct pending *pending);

#endif
