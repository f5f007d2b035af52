#include "service/memory.h"
#include "base/table.h"

#include "base/seeded_bug.h"
#include "base/time.h"
#include "decision/decision.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_HOURS = 24 };

/* A command id or an idempotency key, in the order in which they were remembered. */
struct entry {
    uint8_t key[16];
    struct uuid command_id;
    struct keyed_hash body_hash; /* of keys */
    int64_t until_us;
    UT_hash_handle hh;
};

struct memory {
    struct entry *commands;
    struct entry *keys;
};

struct memory *memory_new(void)
{
    struct memory *memory = calloc(1, sizeof *memory);
    CHECK(memory != NULL);
    return memory;
}

static void forget_oldest(struct entry **entries)
{
    struct entry *entry = *entries;
    CHECK(entry->hh.prev == NULL); /* so the table goes on to the next one */
    HASH_DEL(*entries, entry);
    free(entry);
}

/* Forgets from the oldest on, as long as log time has passed them. */
static void forget(struct entry **entries, int64_t now_us)
{
    while (*entries != NULL && (*entries)->until_us < now_us)
        forget_oldest(entries);
}

void memory_free(struct memory *memory)
{
    if (memory == NULL)
        return;
    while (memory->commands != NULL)
        forget_oldest(&memory->commands);
    while (memory->keys != NULL)
        forget_oldest(&memory->keys);
    free(memory);
}

static struct entry *find(struct entry *entries, const uint8_t key[16])
{
    struct entry *entry = NULL;
    HASH_FIND(hh, entries, key, sizeof entry->key, entry);
    return entry;
}

static void remember(struct entry **entries, const struct entry *what)
{
    if (find(*entries, what->key) != NULL)
        return;
    struct entry *entry = malloc(sizeof *entry);
    CHECK(entry != NULL);
    *entry = *what;
    HASH_ADD(hh, *entries, key, sizeof entry->key, entry);
}

enum memory_verdict memory_judge(const struct memory *memory, const struct command_meta *meta,
                                 struct uuid *ret_first)
{
    const struct entry *entry = find(memory->commands, meta->command_id.bytes);
    if (SEEDED_BUG(FORGOTTEN_ID))
        entry = NULL;
    if (entry == NULL && meta->has_idempotency && !SEEDED_BUG(FORGOTTEN_KEY)) {
        entry = find(memory->keys, meta->idempotency.key_hash.bytes);
        if (entry != NULL &&
            memcmp(&entry->body_hash, &meta->idempotency.body_hash, sizeof entry->body_hash) != 0)
            return MEMORY_KEY_REUSED;
    }
    if (entry == NULL)
        return MEMORY_NEW;
    *ret_first = entry->command_id;
    return MEMORY_REPEATED;
}

/* An outcome that a retry under the same key must not be able to change. */
static bool sticks(const struct event *event)
{
    static const char *const FLEETING[] = {"COMMAND_EXPIRED", "OVERLOADED", "COMMAND_POISON",
                                           "IDEMPOTENCY_KEY_REUSED", "VALIDATION_FAILED"};
    if (event->kind == EVENT_COMMAND_REPEATED)
        return false;
    for (size_t i = SEEDED_BUG(STICKY_OVERLOAD) ? 2 : 0;
         event->kind == EVENT_COMMAND_REJECTED && i < COUNT_OF(FLEETING); i++) {
        if (text_is(event->command_rejected.code, FLEETING[i]))
            return false;
    }
    return true;
}

void memory_apply(struct memory *memory, const struct event *event)
{
    const struct event_meta *meta = &event->meta;
    forget(&memory->commands,
           meta->occurred_at + (SEEDED_BUG(EARLY_EVICTION) ? 25 * SECOND_US : 0));
    forget(&memory->keys, meta->occurred_at);
    if (!event_decides_command(meta))
        return;
    struct entry entry = {.command_id = meta->command_id,
                          .until_us = meta->has_valid_until ? meta->valid_until : INT64_MIN};
    int64_t longest_us = meta->occurred_at + KEPT_HOURS * 3600 * SECOND_US;
    if (entry.until_us > longest_us)
        entry.until_us = longest_us; /* it was refused for that, and so will its copy be */
    memcpy(entry.key, meta->command_id.bytes, sizeof entry.key);
    if (entry.until_us >= meta->occurred_at)
        remember(&memory->commands, &entry);
    if (!meta->has_idempotency || !sticks(event))
        return;
    memcpy(entry.key, meta->idempotency.key_hash.bytes, sizeof entry.key);
    entry.body_hash = meta->idempotency.body_hash;
    entry.until_us = longest_us;
    remember(&memory->keys, &entry);
}

static void save_entries(const struct entry *entries, struct buffer *buffer)
{
    uint64_t count = HASH_COUNT(entries);
    buffer_append(buffer, &count, sizeof count);
    for (const struct entry *entry = entries; entry != NULL; entry = entry->hh.next)
        buffer_append(buffer, entry, offsetof(struct entry, hh));
}

void memory_save(const struct memory *memory, struct buffer *buffer)
{
    save_entries(memory->commands, buffer);
    save_entries(memory->keys, buffer);
}

static enum err load_entries(struct entry **entries, struct bytes *input)
{
    const size_t size = offsetof(struct entry, hh);
    uint64_t count = 0;
    if (input->size < sizeof count)
        return ERR_POISON;
    memcpy(&count, input->data, sizeof count);
    input->data += sizeof count;
    input->size -= sizeof count;
    if (count > input->size / size)
        return ERR_POISON;
    for (uint64_t i = 0; i < count; i++) {
        struct entry entry = {0};
        memcpy(&entry, input->data, size);
        input->data += size;
        input->size -= size;
        remember(entries, &entry);
    }
    return OK;
}

enum err memory_load(struct memory *memory, struct bytes *input)
{
    enum err err = load_entries(&memory->commands, input);
    return err == OK ? load_entries(&memory->keys, input) : err;
}
