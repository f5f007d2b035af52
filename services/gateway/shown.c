#include "gateway/shown.h"

#include "base/seeded_bug.h"
#include "eventlog/follower.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NEIGHBOURS = 8, SHARDS = 64, PARTITION_MAX = 1023 };

void shown_add(struct shown *shown, struct shown_position position)
{
    for (size_t i = 0; i < shown->count; i++) {
        struct shown_position *row = &shown->rows[i];
        if (row->service == position.service && row->source == position.source &&
            row->partition == position.partition &&
            row->source_partition == position.source_partition) {
            bool more = position.offset > row->offset;
            row->offset = more && !SEEDED_BUG(SHOWN_LESS) ? position.offset : row->offset;
            return;
        }
    }
    if (shown->count < SHOWN_MAX)
        shown->rows[shown->count++] = position;
}

void shown_add_all(struct shown *shown, const struct shown *more)
{
    for (size_t i = 0; i < more->count; i++)
        shown_add(shown, more->rows[i]);
}

void shown_after(const struct shown *shown, struct arena *arena, struct command_meta *meta)
{
    meta->after = ARENA_NEW(arena, struct position, shown->count + 1);
    meta->after_count = 0;
    for (size_t i = 0; i < shown->count; i++) {
        const struct shown_position *row = &shown->rows[i];
        bool event = row->service == row->source && row->partition == row->source_partition;
        if (event && row->service != SERVICE_AUDIT)
            meta->after[meta->after_count++] =
                (struct position){.topic = text_of(follower_events_topic(row->service)),
                                  .partition = row->partition,
                                  .offset = row->offset};
    }
}

/* --- text ------------------------------------------------------------------------------------- */

static bool take_number(struct text *rest, int64_t max, int64_t *ret_number)
{
    int64_t number = 0;
    size_t digits = 0;
    while (rest->size > 0 && rest->data[0] >= '0' && rest->data[0] <= '9' && digits < 18) {
        number = number * 10 + (rest->data[0] - '0');
        rest->data++;
        rest->size--;
        digits++;
    }
    *ret_number = number;
    return digits > 0 && number <= max;
}

static bool take_char(struct text *rest, char wanted)
{
    if (rest->size == 0 || rest->data[0] != wanted)
        return false;
    rest->data++;
    rest->size--;
    return true;
}

/* "accounts/0" */
static bool take_partition(struct text *rest, uint8_t *ret_service, int16_t *ret_partition)
{
    const char *slash = memchr(rest->data, '/', rest->size);
    if (slash == NULL)
        return false;
    size_t size = (size_t)(slash - rest->data);
    enum service_id service;
    if (service_named((struct text){.data = rest->data, .size = size}, &service) != OK)
        return false;
    rest->data += size + 1;
    rest->size -= size + 1;
    int64_t partition;
    if (!take_number(rest, PARTITION_MAX, &partition))
        return false;
    *ret_service = (uint8_t)service;
    *ret_partition = (int16_t)partition;
    return true;
}

static bool take_position(struct text *rest, struct shown_position *ret_position)
{
    struct shown_position position;
    if (!take_partition(rest, &position.service, &position.partition))
        return false;
    position.source = position.service;
    position.source_partition = position.partition;
    if (take_char(rest, '<') && !take_partition(rest, &position.source, &position.source_partition))
        return false;
    if (!take_char(rest, ':') || !take_number(rest, INT64_MAX, &position.offset))
        return false;
    *ret_position = position;
    return true;
}

enum err shown_parse(struct text text, struct shown *shown)
{
    while (text.size > 0) {
        struct shown_position position;
        if (!take_position(&text, &position) || (text.size > 0 && !take_char(&text, ' ')))
            return ERR_INPUT;
        shown_add(shown, position);
    }
    return OK;
}

enum err shown_parse_event(struct text text, struct shown_position *ret_position)
{
    struct shown_position position;
    if (!take_partition(&text, &position.service, &position.partition) || !take_char(&text, '/') ||
        !take_number(&text, INT64_MAX, &position.offset) || text.size > 0)
        return ERR_INPUT;
    position.source = position.service;
    position.source_partition = position.partition;
    *ret_position = position;
    return OK;
}

static void print_partition(enum service_id service, int32_t partition, struct buffer *buffer)
{
    buffer_string(buffer, service_name(service));
    buffer_byte(buffer, '/');
    buffer_number(buffer, partition);
}

void shown_print(const struct shown *shown, struct buffer *buffer)
{
    for (size_t i = 0; i < shown->count; i++) {
        const struct shown_position *row = &shown->rows[i];
        buffer_string(buffer, i > 0 ? " " : "");
        print_partition(row->service, row->partition, buffer);
        if (row->source != row->service || row->source_partition != row->partition) {
            buffer_byte(buffer, '<');
            print_partition(row->source, row->source_partition, buffer);
        }
        buffer_byte(buffer, ':');
        buffer_number(buffer, row->offset);
    }
}

/* --- store ------------------------------------------------------------------------------------ */

struct caller_slot {
    struct uuid caller;
    uint64_t used; /* when, by the store's count of calls; 0: free */
    struct shown shown;
};

struct shown_store {
    pthread_mutex_t locks[SHARDS];
    _Atomic uint64_t calls;
    struct caller_slot slots[SHOWN_CALLERS];
};

struct shown_store *shown_store_new(void)
{
    struct shown_store *store = calloc(1, sizeof *store);
    CHECK(store != NULL);
    for (size_t i = 0; i < SHARDS; i++)
        CHECK(pthread_mutex_init(&store->locks[i], NULL) == 0);
    return store;
}

void shown_store_free(struct shown_store *store)
{
    for (size_t i = 0; store != NULL && i < SHARDS; i++)
        pthread_mutex_destroy(&store->locks[i]);
    free(store);
}

/* The run of slots a caller may be in; its lock guards them, for runs do not overlap. */
static size_t run_of(struct uuid caller)
{
    uint32_t hash;
    memcpy(&hash, &caller.bytes[12], sizeof hash);
    return hash % (SHOWN_CALLERS / NEIGHBOURS);
}

static struct caller_slot *find(struct shown_store *store, struct uuid caller, bool make)
{
    struct caller_slot *oldest = NULL;
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        struct caller_slot *slot = &store->slots[run_of(caller) * NEIGHBOURS + i];
        if (slot->used > 0 && uuid_equal(slot->caller, caller))
            return slot;
        if (oldest == NULL || slot->used < oldest->used)
            oldest = slot;
    }
    if (!make)
        return NULL;
    oldest->caller = caller;
    oldest->shown.count = 0;
    return oldest;
}

void shown_store_get(struct shown_store *store, struct uuid caller, struct shown *ret_shown)
{
    ret_shown->count = 0;
    pthread_mutex_t *lock = &store->locks[run_of(caller) % SHARDS];
    pthread_mutex_lock(lock);
    struct caller_slot *slot = find(store, caller, false);
    if (slot != NULL) {
        slot->used = ++store->calls;
        ret_shown->count = slot->shown.count;
        memcpy(ret_shown->rows, slot->shown.rows, slot->shown.count * sizeof slot->shown.rows[0]);
    }
    pthread_mutex_unlock(lock);
}

void shown_store_add(struct shown_store *store, struct uuid caller, const struct shown *more)
{
    if (more->count == 0)
        return;
    pthread_mutex_t *lock = &store->locks[run_of(caller) % SHARDS];
    pthread_mutex_lock(lock);
    struct caller_slot *slot = find(store, caller, true);
    slot->used = ++store->calls;
    shown_add_all(&slot->shown, more);
    pthread_mutex_unlock(lock);
}
