/* The state as bytes: version, staff, approvals, documents by id, conversations in the order they
 * were opened. Numbers are big-endian (base/pack.h). */
#include "base/pack.h"
#include "desk/state.h"
#include "wire/wire.h"

#include <stdlib.h>

enum { SNAPSHOT_VERSION = 5, TICKET_SIZE_MAX = 4096 };

static int document_compare(const void *a, const void *b)
{
    const struct desk_document *const *left = a;
    const struct desk_document *const *right = b;
    return uuid_compare((*left)->id, (*right)->id);
}

static void save_documents(const struct desk *desk, struct buffer *buffer)
{
    size_t count = 0;
    struct desk_document **sorted =
        calloc(HASH_CNT(by_id, desk->documents) + 1, sizeof(struct desk_document *));
    CHECK(sorted != NULL);
    for (struct desk_document *document = desk->documents; document != NULL;
         document = document->by_id.next)
        sorted[count++] = document;
    qsort(sorted, count, sizeof(struct desk_document *), document_compare);
    pack_u64(buffer, count);
    for (size_t i = 0; i < count; i++) {
        buffer_append(buffer, &sorted[i]->id, sizeof sorted[i]->id);
        buffer_byte(buffer, (uint8_t)sorted[i]->kind);
        pack_u64(buffer, (uint64_t)sorted[i]->version);
        pack_u64(buffer, (uint64_t)sorted[i]->published_at_us);
        buffer_byte(buffer, sorted[i]->withdrawn);
    }
    free(sorted);
}

static void load_documents(struct desk *desk, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct desk_document document = {.version = 0};
        pack_read(reader, &document.id, sizeof document.id);
        uint8_t kind = pack_read_u8(reader);
        document.kind = (enum document_kind)kind;
        document.version = (int64_t)pack_read_u64(reader);
        document.published_at_us = (int64_t)pack_read_u64(reader);
        uint8_t withdrawn = pack_read_u8(reader);
        document.withdrawn = withdrawn != 0;
        reader->failed = reader->failed || kind > DOCUMENT_KIND_FAQ || withdrawn > 1 ||
                         document.version < 1 || desk_document(desk, document.id) != NULL;
        if (!reader->failed)
            desk_set_document(desk, &document);
    }
}

static void save_tickets(const struct desk *desk, struct buffer *buffer)
{
    pack_u64(buffer, desk->opened);
    pack_u64(buffer, HASH_CNT(by_id, desk->tickets));
    for (const struct desk_ticket *ticket = desk->tickets; ticket != NULL;
         ticket = ticket->by_id.next) {
        pack_u64(buffer, ticket->number);
        wire_encode(&WIRE_SUPPORT_TICKET, &ticket->about, buffer);
    }
}

/* False: the next is none of this place in the order. */
static bool load_ticket(struct desk *desk, uint64_t opened, struct arena *arena,
                        struct pack_reader *reader)
{
    struct support_ticket about;
    uint64_t number = pack_read_u64(reader);
    const int64_t latest_us = INT64_MAX - DESK_CLOSES_US;
    if (reader->failed || number < desk->opened || number >= opened ||
        wire_decode(&WIRE_SUPPORT_TICKET, &reader->rest, arena, &about) != OK ||
        about.resolved_at > latest_us || desk_ticket(desk, about.id) != NULL)
        return false;
    desk->opened = number;
    desk_set_ticket(desk, &about);
    return true;
}

static void load_tickets(struct desk *desk, struct pack_reader *reader)
{
    struct arena *arena = arena_new(TICKET_SIZE_MAX);
    CHECK(arena != NULL);
    uint64_t opened = pack_read_u64(reader);
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        arena_reset(arena);
        reader->failed = !load_ticket(desk, opened, arena, reader);
    }
    desk->opened = opened;
    arena_free(arena);
}

void desk_save(const void *state, struct buffer *buffer)
{
    const struct desk *desk = state;
    buffer_byte(buffer, SNAPSHOT_VERSION);
    staff_save(&desk->staff, buffer);
    approvals_save(&desk->approvals, buffer);
    save_documents(desk, buffer);
    save_tickets(desk, buffer);
}

enum err desk_load(void *state, struct bytes bytes)
{
    struct desk *desk = state;
    struct pack_reader reader = {.rest = bytes};
    if (pack_read_u8(&reader) != SNAPSHOT_VERSION)
        return ERR_POISON;
    staff_load(&desk->staff, &reader);
    approvals_load(&desk->approvals, &reader);
    load_documents(desk, &reader);
    load_tickets(desk, &reader);
    return pack_read_whole(&reader) ? OK : ERR_POISON;
}
