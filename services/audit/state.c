#include "audit/state.h"

#include "base/pack.h"
#include "base/seeded_bug.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SNAPSHOT_VERSION = 2 };

void *audit_new(const struct place *place)
{
    (void)place; /* there is one partition, and nothing in it depends on others' */
    struct audit *audit = calloc(1, sizeof *audit);
    CHECK(audit != NULL);
    buffer_init(&audit->checkpoint.text, AUDIT_CHECKPOINT_SIZE_MAX);
    return audit;
}

void audit_free(void *state)
{
    struct audit *audit = state;
    if (audit == NULL)
        return;
    while (audit->ticketed != NULL)
        audit_forget_oldest(audit);
    buffer_free(&audit->checkpoint.text);
    free(audit);
}

int64_t audit_issued_in_year_of(const struct audit *audit, int64_t now_us)
{
    return time_year(now_us) == audit->year ? audit->issued : 0;
}

struct text audit_ticket_id(int32_t year, int64_t number, char ret_id[AUDIT_TICKET_ID_MAX])
{
    int size = snprintf(ret_id, AUDIT_TICKET_ID_MAX, "TKT-%04" PRId32 "-%06" PRId64, year, number);
    CHECK(size > 0 && size < AUDIT_TICKET_ID_MAX);
    return (struct text){ret_id, (size_t)size};
}

static struct audit_command *find(const struct audit *audit, struct uuid command_id)
{
    struct audit_command *command;
    HASH_FIND(by_id, audit->ticketed, &command_id, sizeof command_id, command);
    return command;
}

bool audit_is_ticketed(const struct audit *audit, struct uuid command_id)
{
    return find(audit, command_id) != NULL;
}

void audit_remember(struct audit *audit, struct uuid command_id, int64_t ticketed_at_us)
{
    CHECK(find(audit, command_id) == NULL);
    struct audit_command *command = malloc(sizeof *command);
    CHECK(command != NULL);
    command->id = command_id;
    command->ticketed_at_us = ticketed_at_us;
    HASH_ADD(by_id, audit->ticketed, id, sizeof command->id, command);
}

void audit_forget_oldest(struct audit *audit)
{
    struct audit_command *oldest = audit->ticketed;
    CHECK(oldest != NULL && oldest->by_id.prev == NULL);
    HASH_DELETE(by_id, audit->ticketed, oldest);
    free(oldest);
}

/* When the next checkpoint is due. While the last one waits for its signature it is not replaced at
 * once, but it does not hold up the next one for longer than it takes anyway. */
int64_t audit_due_us(const void *state)
{
    const struct audit *audit = state;
    const struct audit_checkpoint *last = &audit->checkpoint;
    int64_t behind = audit->tree.size - last->tree_size;
    if (behind == 0)
        return INT64_MAX;
    int64_t due_us = audit->unsigned_since_us;
    if (behind < AUDIT_CHECKPOINT_AFTER)
        due_us += AUDIT_CHECKPOINT_AFTER_US;
    int64_t waits_us = last->text.size == 0 ? 0 : last->made_at + AUDIT_CHECKPOINT_AFTER_US;
    return due_us > waits_us ? due_us : waits_us;
}

/* --- snapshots --- */

static void save_tree(const struct merkle *tree, struct buffer *buffer)
{
    pack_u64(buffer, (uint64_t)tree->size);
    for (size_t level = 0; level < MERKLE_LEVELS; level++) {
        if ((tree->size >> level & 1) != 0)
            buffer_append(buffer, &tree->peaks[level], sizeof tree->peaks[level]);
    }
}

static void load_tree(struct pack_reader *reader, struct merkle *tree)
{
    tree->size = (int64_t)pack_read_u64(reader);
    reader->failed = reader->failed || tree->size < 0;
    for (size_t level = 0; level < MERKLE_LEVELS && !reader->failed; level++) {
        if ((tree->size >> level & 1) != 0)
            pack_read(reader, &tree->peaks[level], sizeof tree->peaks[level]);
    }
}

static void save_checkpoint(const struct audit_checkpoint *checkpoint, struct buffer *buffer)
{
    pack_u64(buffer, (uint64_t)checkpoint->number);
    pack_u64(buffer, (uint64_t)checkpoint->tree_size);
    buffer_append(buffer, &checkpoint->root_hash, sizeof checkpoint->root_hash);
    pack_u64(buffer, (uint64_t)checkpoint->made_at);
    pack_u64(buffer, checkpoint->text.size);
    buffer_append(buffer, checkpoint->text.data, checkpoint->text.size);
}

static void load_checkpoint(struct pack_reader *reader, struct audit_checkpoint *checkpoint)
{
    checkpoint->number = (int64_t)pack_read_u64(reader);
    checkpoint->tree_size = (int64_t)pack_read_u64(reader);
    pack_read(reader, &checkpoint->root_hash, sizeof checkpoint->root_hash);
    checkpoint->made_at = (int64_t)pack_read_u64(reader);
    uint64_t size = pack_read_u64(reader);
    reader->failed = reader->failed || size > reader->rest.size;
    if (reader->failed)
        return;
    buffer_append(&checkpoint->text, reader->rest.data, size);
    reader->rest.data += size;
    reader->rest.size -= size;
    reader->failed = !buffer_ok(&checkpoint->text);
}

/* Version, year, tickets of the year, tree and checkpoint, then the commands in the order of their
 * tickets. */
void audit_save(const void *state, struct buffer *buffer)
{
    const struct audit *audit = state;
    buffer_byte(buffer, SNAPSHOT_VERSION);
    pack_u64(buffer, (uint64_t)audit->year);
    pack_u64(buffer, SEEDED_BUG(TICKET_COUNTER) ? 0 : (uint64_t)audit->issued);
    save_tree(&audit->tree, buffer);
    pack_u64(buffer, (uint64_t)audit->unsigned_since_us);
    save_checkpoint(&audit->checkpoint, buffer);
    pack_u64(buffer, HASH_CNT(by_id, audit->ticketed));
    for (struct audit_command *command = audit->ticketed; command != NULL;
         command = command->by_id.next) {
        buffer_append(buffer, &command->id, sizeof command->id);
        pack_u64(buffer, (uint64_t)command->ticketed_at_us);
    }
}

enum err audit_load(void *state, struct bytes bytes)
{
    struct audit *audit = state;
    struct pack_reader reader = {.rest = bytes};
    if (pack_read_u8(&reader) != SNAPSHOT_VERSION)
        return ERR_POISON;
    audit->year = (int32_t)pack_read_u64(&reader);
    audit->issued = (int64_t)pack_read_u64(&reader);
    load_tree(&reader, &audit->tree);
    audit->unsigned_since_us = (int64_t)pack_read_u64(&reader);
    load_checkpoint(&reader, &audit->checkpoint);
    uint64_t count = pack_read_u64(&reader);
    for (uint64_t i = 0; i < count && !reader.failed; i++) {
        struct uuid id;
        pack_read(&reader, &id, sizeof id);
        int64_t ticketed_at_us = (int64_t)pack_read_u64(&reader);
        reader.failed = reader.failed || audit_is_ticketed(audit, id);
        if (!reader.failed)
            audit_remember(audit, id, ticketed_at_us);
    }
    return pack_read_whole(&reader) ? OK : ERR_POISON;
}
