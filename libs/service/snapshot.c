/* A writer's whole state as bytes, and back: an optimisation, never truth (R15). */
#include "service/internal.h"

#include "base/seeded_bug.h"
#include "seal/seal.h"

#include <string.h>

static const char MAGIC[8] = "bsnap03";

/* Fixed part at the front; its padding is zero because the whole struct was zeroed. */
struct header {
    char magic[8];
    struct hash checksum; /* of everything between it and the state */
    int32_t service, partition;
    int32_t partition_counts[SERVICES];
    struct uuid incarnation;
    int64_t next_offset;
    int64_t occurred_at;
    struct fold_state fold;
    struct hash last_hash;
    struct hash state_hash;
    uint64_t sources_count;
    uint64_t state_at; /* from the header's first byte to the state's, which is the rest */
};

static struct hash hash_between(struct bytes snapshot, size_t from, size_t to)
{
    struct hash hash;
    seal_hash_of(snapshot.data + from, to - from, hash.bytes);
    return hash;
}

static struct hash checksum_of(struct bytes snapshot, const struct header *header)
{
    const size_t covered = offsetof(struct header, checksum) + sizeof(struct hash);
    return hash_between(snapshot, covered, header->state_at);
}

static struct hash state_hash_of(struct bytes snapshot, const struct header *header)
{
    return hash_between(snapshot, header->state_at, snapshot.size);
}

void writer_snapshot(const struct writer *writer, struct buffer *buffer)
{
    CHECK(writer_settled(writer) && buffer->size == 0);
    const struct fold *own = writer->own;
    struct header header;
    memset(&header, 0, sizeof header);
    memcpy(header.magic, MAGIC, sizeof header.magic);
    header.service = (int32_t)writer->service->id;
    header.partition = writer->place.partition;
    memcpy(header.partition_counts, own->partition_counts, sizeof header.partition_counts);
    header.incarnation = own->incarnation;
    header.next_offset = own->next_offset;
    header.occurred_at = own->occurred_at;
    header.fold = own->state;
    header.last_hash = kept_hash(&writer->last);
    header.sources_count = own->sources_count;
    buffer_append(buffer, &header, sizeof header);
    buffer_append(buffer, own->sources, own->sources_count * sizeof *own->sources);
    memory_save(writer->memory, buffer);
    header.state_at = buffer->size;
    writer->service->save(writer->state, buffer);
    if (buffer_ok(buffer)) /* or it is too large; whoever stores it asks */
        memcpy(buffer->data, &header, sizeof header);
}

void writer_hash_snapshot(struct buffer *snapshot)
{
    struct header header;
    if (!buffer_ok(snapshot))
        return;
    memcpy(&header, snapshot->data, sizeof header);
    header.state_hash = state_hash_of(buffer_bytes(snapshot), &header);
    memcpy(snapshot->data, &header, sizeof header); /* the checksum covers it */
    header.checksum = checksum_of(buffer_bytes(snapshot), &header);
    memcpy(snapshot->data, &header, sizeof header);
}

/* False: bytes of it have changed. */
static bool is_whole(struct bytes snapshot, const struct header *header)
{
    if (header->state_at < sizeof *header || header->state_at > snapshot.size)
        return false;
    struct hash checksum = checksum_of(snapshot, header),
                state_hash = state_hash_of(snapshot, header);
    return memcmp(&checksum, &header->checksum, sizeof checksum) == 0 &&
           memcmp(&state_hash, &header->state_hash, sizeof state_hash) == 0;
}

static bool fits(const struct writer *writer, const struct header *header)
{
    return memcmp(header->magic, MAGIC, sizeof MAGIC) == 0 &&
           header->service == (int32_t)writer->service->id &&
           header->partition == writer->place.partition &&
           header->sources_count <= FOLD_SOURCES_MAX;
}

/* Follows the own partition behind the snapshot, and sets its fold as it was. */
static enum err resume_own(struct writer *writer, const struct header *header, struct bytes sources)
{
    struct fold_source last = {.partition = header->partition,
                               .offset = header->next_offset - 1,
                               .hash = header->last_hash,
                               .has_fold = true,
                               .fold = header->fold};
    enum err err =
        follower_resume(writer->follower, writer->service->id, header->incarnation, &last);
    if (err != OK)
        return err;
    struct fold *own =
        follower_fold(writer->follower, writer->service->id, writer->place.partition);
    own->occurred_at = header->occurred_at;
    memcpy(own->partition_counts, header->partition_counts, sizeof own->partition_counts);
    own->sources_count = SEEDED_BUG(SNAPSHOT_SOURCES) ? 0 : header->sources_count;
    memcpy(own->sources, sources.data, own->sources_count * sizeof *own->sources);
    kept_reset(&writer->last, header->last_hash);
    return OK;
}

enum err writer_restore(struct writer *writer, struct bytes snapshot)
{
    struct header header;
    if (snapshot.size < sizeof header)
        return ERR_POISON;
    memcpy(&header, snapshot.data, sizeof header);
    if (!is_whole(snapshot, &header) && !SEEDED_BUG(SNAPSHOT_UNCHECKED))
        return ERR_POISON;
    struct bytes rest = {snapshot.data + sizeof header, snapshot.size - sizeof header};
    if (!fits(writer, &header))
        return ERR_POISON;
    struct bytes sources = {rest.data, header.sources_count * sizeof(struct fold_source)};
    if (sources.size > rest.size)
        return ERR_POISON;
    rest.data += sources.size;
    rest.size -= sources.size;
    memcpy(writer->place.partition_counts, header.partition_counts,
           sizeof writer->place.partition_counts);
    if (memory_load(writer->memory, &rest) != OK ||
        writer->service->load(writer->state, rest) != OK)
        return ERR_POISON;
    struct hash hash = writer_state_hash(writer);
    if (memcmp(&hash, &header.state_hash, sizeof hash) != 0 && !SEEDED_BUG(SNAPSHOT_UNCHECKED))
        return ERR_POISON;
    return resume_own(writer, &header, sources);
}
