#include "eventlog/log_memory_internal.h"

#include <stdlib.h>
#include <string.h>

/* One member of one group. It left or was fenced once it is out of the log's list. */
struct memory_group {
    struct log_group base;
    struct memory_log *log;
    struct memory_group *next;
    char *group;
    char *topic;
    char *instance;
    bool fenced;
    uint64_t known; /* which share the owner was told last, see share_mark() */
};

static bool same_group(const struct memory_group *a, const struct memory_group *b)
{
    return strcmp(a->group, b->group) == 0 && strcmp(a->topic, b->topic) == 0;
}

static void unlink_member(struct memory_group *member)
{
    struct memory_group **place = &member->log->members;
    while (*place != NULL && *place != member)
        place = &(*place)->next;
    if (*place == member)
        *place = member->next;
}

/* Puts the member into the list by instance name; who already had the name is fenced. */
static void link_member(struct memory_group *member)
{
    struct memory_group **place = &member->log->members;
    while (*place != NULL && strcmp((*place)->instance, member->instance) < 0)
        place = &(*place)->next;
    for (struct memory_group *other = *place; other != NULL; other = other->next) {
        if (strcmp(other->instance, member->instance) != 0 || !same_group(other, member))
            continue;
        other->fenced = true;
        unlink_member(other);
        break;
    }
    member->next = *place;
    *place = member;
}

enum err memory_group_join(struct log *base, const char *group, const char *topic,
                           const char *instance, struct log_group **ret_group)
{
    struct memory_log *log = (struct memory_log *)base;
    struct memory_group *member = calloc(1, sizeof *member);
    CHECK(member != NULL);
    *member = (struct memory_group){.base = {&memory_ops},
                                    .log = log,
                                    .group = strdup(group),
                                    .topic = strdup(topic),
                                    .instance = strdup(instance)};
    CHECK(member->group != NULL && member->topic != NULL && member->instance != NULL);
    memory_lock(log);
    link_member(member);
    CHECK(pthread_cond_broadcast(&log->changed) == 0);
    memory_unlock(log);
    *ret_group = &member->base;
    return OK;
}

/* The member's share: every `stride`th partition from `first` on, below `end`. */
struct share {
    int32_t first;
    int32_t stride;
    int32_t end;
};

static struct share share_of(const struct memory_group *member)
{
    struct share share = {0};
    const struct memory_topic *topic = memory_find_topic(member->log, member->topic);
    if (member->fenced || topic == NULL)
        return share;
    share.end = topic->partitions_count;
    bool before = true;
    for (const struct memory_group *other = member->log->members; other != NULL;
         other = other->next) {
        if (!same_group(other, member))
            continue;
        before = before && other != member;
        share.first += before;
        share.stride++;
    }
    return share;
}

/* A number that differs for different shares; 0 for an empty one, which nobody needs to be told
 * who never had another. */
static uint64_t share_mark(struct share share)
{
    if (share.first >= share.end)
        return 0;
    return (uint64_t)share.first << 42 | (uint64_t)share.stride << 21 | (uint64_t)share.end;
}

bool memory_group_assigned(struct log_group *base, int timeout_ms, int32_t *ret_partitions,
                           size_t max, size_t *ret_count)
{
    struct memory_group *member = (struct memory_group *)base;
    struct memory_log *log = member->log;
    struct timespec deadline = memory_deadline(timeout_ms);
    memory_lock(log);
    struct share share = share_of(member);
    bool in_time = timeout_ms > 0;
    while (share_mark(share) == member->known && in_time) {
        in_time = pthread_cond_timedwait(&log->changed, &log->mutex, &deadline) == 0;
        share = share_of(member);
    }
    memory_unlock(log);
    if (share_mark(share) == member->known)
        return false;
    member->known = share_mark(share);
    *ret_count = 0;
    for (int32_t i = share.first; i < share.end && *ret_count < max; i += share.stride)
        ret_partitions[(*ret_count)++] = i;
    return true;
}

void memory_group_leave(struct log_group *base)
{
    struct memory_group *member = (struct memory_group *)base;
    memory_lock(member->log);
    unlink_member(member);
    CHECK(pthread_cond_broadcast(&member->log->changed) == 0);
    memory_unlock(member->log);
    free(member->group);
    free(member->topic);
    free(member->instance);
    free(member);
}
