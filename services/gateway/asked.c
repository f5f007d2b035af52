#include "gateway/asked.h"

#include <pthread.h>
#include <stdlib.h>

#include <uthash.h>

struct entry {
    struct uuid command_id;
    int64_t first_us;
    UT_hash_handle hh;
};

struct asked {
    pthread_mutex_t lock;
    struct entry *head; /* locked; uthash keeps the order of adding */
};

struct asked *asked_new(void)
{
    struct asked *asked = calloc(1, sizeof *asked);
    CHECK(asked != NULL);
    CHECK(pthread_mutex_init(&asked->lock, NULL) == 0);
    return asked;
}

static void drop_oldest(struct asked *asked)
{
    struct entry *oldest = asked->head;
    CHECK(oldest->hh.prev == NULL);
    HASH_DEL(asked->head, oldest);
    free(oldest);
}

void asked_free(struct asked *asked)
{
    if (asked == NULL)
        return;
    while (asked->head != NULL)
        drop_oldest(asked);
    pthread_mutex_destroy(&asked->lock);
    free(asked);
}

static struct entry *add(struct asked *asked, struct uuid command_id, int64_t now_us)
{
    if (HASH_COUNT(asked->head) == ASKED_MAX)
        drop_oldest(asked);
    struct entry *entry = calloc(1, sizeof *entry);
    CHECK(entry != NULL);
    *entry = (struct entry){.command_id = command_id, .first_us = now_us};
    HASH_ADD(hh, asked->head, command_id, sizeof entry->command_id, entry);
    return entry;
}

int64_t asked_first_us(struct asked *asked, struct uuid command_id, int64_t now_us)
{
    struct entry *entry = NULL;
    pthread_mutex_lock(&asked->lock);
    HASH_FIND(hh, asked->head, &command_id, sizeof command_id, entry);
    if (entry == NULL)
        entry = add(asked, command_id, now_us);
    int64_t first_us = entry->first_us;
    pthread_mutex_unlock(&asked->lock);
    return first_us;
}
