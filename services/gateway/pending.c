#include "gateway/pending.h"

#include <pthread.h>
#include <stdlib.h>

struct pending {
    pthread_mutex_t lock;
    struct pending_entry *head; /* locked, as the rest; uthash keeps the order of adding */
    size_t wants_ticket;
    size_t max;
};

struct pending *pending_new(size_t max)
{
    struct pending *pending = calloc(1, sizeof *pending);
    CHECK(pending != NULL);
    CHECK(pthread_mutex_init(&pending->lock, NULL) == 0);
    pending->max = max;
    return pending;
}

void pending_free(struct pending *pending)
{
    if (pending == NULL)
        return;
    CHECK(pending->head == NULL);
    pthread_mutex_destroy(&pending->lock);
    free(pending);
}

static struct pending_entry *find(struct pending *pending, struct uuid command_id)
{
    struct pending_entry *entry = NULL;
    HASH_FIND(hh, pending->head, &command_id, sizeof command_id, entry);
    return entry;
}

static void remove_entry(struct pending *pending, struct pending_entry *entry)
{
    HASH_DEL(pending->head, entry);
    pending->wants_ticket -= entry->wants_ticket;
}

enum err pending_add(struct pending *pending, struct pending_entry *entry)
{
    pthread_mutex_lock(&pending->lock);
    CHECK(find(pending, entry->command_id) == NULL);
    bool taken = HASH_COUNT(pending->head) < pending->max;
    if (taken) {
        HASH_ADD(hh, pending->head, command_id, sizeof entry->command_id, entry);
        pending->wants_ticket += entry->wants_ticket;
    }
    pthread_mutex_unlock(&pending->lock);
    return taken ? OK : ERR_FULL;
}

struct pending_entry *pending_find(struct pending *pending, struct uuid command_id)
{
    pthread_mutex_lock(&pending->lock);
    struct pending_entry *entry = find(pending, command_id);
    pthread_mutex_unlock(&pending->lock);
    return entry;
}

struct pending_entry *pending_take(struct pending *pending, struct uuid command_id)
{
    pthread_mutex_lock(&pending->lock);
    struct pending_entry *entry = find(pending, command_id);
    if (entry != NULL)
        remove_entry(pending, entry);
    pthread_mutex_unlock(&pending->lock);
    return entry;
}

struct pending_entry *pending_expire(struct pending *pending, int64_t now_ns)
{
    pthread_mutex_lock(&pending->lock);
    struct pending_entry *oldest = pending->head;
    if (oldest != NULL && oldest->deadline_ns > now_ns)
        oldest = NULL;
    if (oldest != NULL)
        remove_entry(pending, oldest);
    pthread_mutex_unlock(&pending->lock);
    return oldest;
}

bool pending_wants_tickets(struct pending *pending)
{
    pthread_mutex_lock(&pending->lock);
    bool wants = pending->wants_ticket > 0;
    pthread_mutex_unlock(&pending->lock);
    return wants;
}

size_t pending_count(struct pending *pending)
{
    pthread_mutex_lock(&pending->lock);
    size_t count = HASH_COUNT(pending->head);
    pthread_mutex_unlock(&pending->lock);
    return count;
}
