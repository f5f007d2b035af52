#include "settings/notices.h"

#include <stdlib.h>

struct settings_notices settings_notices_new(void)
{
    return (struct settings_notices){.version = 1, .transfers = true, .by_email = true};
}

void settings_free_notices(struct settings_notices *notices)
{
    free(notices->notified);
    notices->notified = NULL;
}

static size_t capacity_for(size_t count)
{
    size_t capacity = 8;
    while (capacity < count)
        capacity *= 2;
    return capacity < SETTINGS_NOTIFIED_MAX ? capacity : SETTINGS_NOTIFIED_MAX;
}

void settings_note(struct settings_notices *notices, struct uuid id)
{
    size_t count = notices->notified_count;
    if (count == SETTINGS_NOTIFIED_MAX) {
        notices->notified[notices->oldest] = id;
        notices->oldest = (notices->oldest + 1) % SETTINGS_NOTIFIED_MAX;
        return;
    }
    if (count == 0 || capacity_for(count) < capacity_for(count + 1)) {
        notices->notified =
            realloc(notices->notified, capacity_for(count + 1) * sizeof(struct uuid));
        CHECK(notices->notified != NULL);
    }
    notices->notified[notices->notified_count++] = id;
}

bool settings_was_notified(const struct settings_notices *notices, struct uuid id)
{
    for (size_t i = 0; i < notices->notified_count; i++) {
        if (uuid_equal(notices->notified[i], id))
            return true;
    }
    return false;
}

/* The oldest first, wherever the ring begins: equal states have equal bytes. */
void settings_notices_save(const struct settings_notices *notices, struct buffer *buffer)
{
    pack_u64(buffer, (uint64_t)notices->version);
    buffer_byte(buffer, notices->order_fills);
    buffer_byte(buffer, notices->transfers);
    buffer_byte(buffer, notices->by_email);
    buffer_byte(buffer, notices->by_webhook);
    buffer_byte(buffer, notices->by_sms);
    buffer_byte(buffer, notices->has_phone);
    pack_u64(buffer, notices->notified_count);
    for (size_t i = 0; i < notices->notified_count; i++) {
        size_t at = (notices->oldest + i) % notices->notified_count;
        buffer_append(buffer, &notices->notified[at], sizeof(struct uuid));
    }
}

void settings_notices_load(struct settings_notices *notices, struct pack_reader *reader)
{
    notices->version = (int64_t)pack_read_u64(reader);
    notices->order_fills = pack_read_u8(reader) != 0;
    notices->transfers = pack_read_u8(reader) != 0;
    notices->by_email = pack_read_u8(reader) != 0;
    notices->by_webhook = pack_read_u8(reader) != 0;
    notices->by_sms = pack_read_u8(reader) != 0;
    notices->has_phone = pack_read_u8(reader) != 0;
    uint64_t count = pack_read_u64(reader);
    reader->failed = reader->failed || count > SETTINGS_NOTIFIED_MAX;
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct uuid id = {{0}};
        pack_read(reader, &id, sizeof id);
        settings_note(notices, id);
    }
}
