#include "settings/notices.h"

#include <stdlib.h>
#include <string.h>

struct settings_notices settings_notices_new(void)
{
    return (struct settings_notices){
        .version = 1, .transfers = true, .by_email = true, .by_push = true};
}

void settings_free_notices(struct settings_notices *notices)
{
    free(notices->notified);
    free(notices->browsers);
    notices->notified = notices->browsers = NULL;
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

static size_t find_browser(const struct settings_notices *notices, struct uuid id)
{
    size_t i = 0;
    while (i < notices->browsers_count && !uuid_equal(notices->browsers[i], id))
        i++;
    return i;
}

bool settings_has_browser(const struct settings_notices *notices, struct uuid id)
{
    return find_browser(notices, id) < notices->browsers_count;
}

void settings_add_browser(struct settings_notices *notices, struct uuid id)
{
    if (settings_has_browser(notices, id))
        return;
    CHECK(notices->browsers_count < SETTINGS_BROWSERS_MAX);
    if (notices->browsers == NULL)
        notices->browsers = calloc(SETTINGS_BROWSERS_MAX, sizeof *notices->browsers);
    CHECK(notices->browsers != NULL);
    notices->browsers[notices->browsers_count++] = id;
}

void settings_drop_browser(struct settings_notices *notices, struct uuid id)
{
    size_t at = find_browser(notices, id);
    if (at == notices->browsers_count)
        return;
    notices->browsers_count--;
    memmove(&notices->browsers[at], &notices->browsers[at + 1],
            (notices->browsers_count - at) * sizeof *notices->browsers);
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
    buffer_byte(buffer, notices->by_push);
    buffer_byte(buffer, (uint8_t)notices->browsers_count);
    buffer_append(buffer, notices->browsers, notices->browsers_count * sizeof(struct uuid));
}

static void load_browsers(struct settings_notices *notices, struct pack_reader *reader)
{
    notices->by_push = pack_read_u8(reader) != 0;
    uint8_t count = pack_read_u8(reader);
    reader->failed = reader->failed || count > SETTINGS_BROWSERS_MAX;
    for (uint8_t i = 0; i < count && !reader->failed; i++) {
        struct uuid id = {{0}};
        pack_read(reader, &id, sizeof id);
        settings_add_browser(notices, id);
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
    load_browsers(notices, reader);
}
