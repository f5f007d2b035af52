#include "eventlog/headers.h"

#include "base/number.h"
#include "base/time.h"
#include "wire/wire.h"

#include <string.h>

enum { PLACE_SIZE_MAX = 64 }; /* of "service/partition" */

static struct text hex(struct arena *arena, const uint8_t *bytes, size_t size)
{
    static const char DIGITS[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 * size);
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = DIGITS[bytes[i] >> 4];
        text[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    return (struct text){.data = text, .size = 2 * size};
}

static struct text uuid_text(struct arena *arena, struct uuid id)
{
    char *text = arena_alloc(arena, UUID_TEXT_SIZE);
    uuid_print(id, text);
    return (struct text){.data = text, .size = UUID_TEXT_SIZE};
}

/* "orders/0", or with a star where the partition is negative: all. */
static size_t print_place(struct text service, int32_t partition, char ret_text[PLACE_SIZE_MAX])
{
    CHECK(service.size <= PLACE_SIZE_MAX - NUMBER_TEXT_SIZE_MAX - 1);
    memcpy(ret_text, service.data, service.size);
    ret_text[service.size] = '/';
    char *behind = ret_text + service.size + 1;
    if (partition >= 0)
        return service.size + 1 + number_print(partition, behind);
    *behind = '*';
    return service.size + 2;
}

static struct text touches_text(struct arena *arena, const struct event_meta *meta)
{
    char *all = arena_alloc(arena, meta->touches_count * (PLACE_SIZE_MAX + 1));
    size_t size = 0;
    for (size_t i = 0; i < meta->touches_count; i++) {
        if (i > 0)
            all[size++] = ' ';
        size += print_place(meta->touches[i].service, meta->touches[i].partition, all + size);
    }
    return (struct text){.data = all, .size = size};
}

/* "/bourse/orders/0" */
static struct text source_text(struct arena *arena, const struct event_meta *meta)
{
    static const char START[] = "/bourse/";
    char *text = arena_alloc(arena, sizeof START + PLACE_SIZE_MAX);
    memcpy(text, START, sizeof START - 1);
    size_t size = print_place(meta->service, meta->partition, text + sizeof START - 1);
    return (struct text){.data = text, .size = sizeof START - 1 + size};
}

size_t headers_of_event(const struct event *event, struct arena *arena,
                        struct log_header ret_headers[LOG_HEADERS_MAX])
{
    const struct event_meta *meta = &event->meta;
    char *time = arena_alloc(arena, TIME_TEXT_SIZE);
    time_print(meta->occurred_at, time);
    const struct log_header headers[] = {
        {TEXT("ce_specversion"), TEXT("1.0")},
        {TEXT("ce_id"), uuid_text(arena, meta->event_id)},
        {TEXT("ce_source"), source_text(arena, meta)},
        {TEXT("ce_type"), text_of(event_message(event)->full_name)},
        {TEXT("ce_time"), {time, TIME_TEXT_SIZE}},
        {TEXT("epoch"), arena_number(arena, meta->epoch)},
        {TEXT("nonce"), hex(arena, meta->nonce.bytes, sizeof meta->nonce.bytes)},
        {TEXT("wseq"), arena_number(arena, meta->wseq)},
        {TEXT("prev_hash"), hex(arena, meta->prev_hash.bytes, sizeof meta->prev_hash.bytes)},
        {TEXT("touches"), touches_text(arena, meta)},
    };
    _Static_assert(COUNT_OF(headers) + 2 <= LOG_HEADERS_MAX,
                   "room for the optional one, and a traceparent");
    memcpy(ret_headers, headers, sizeof headers);
    size_t count = COUNT_OF(headers);
    if (meta->has_reply_to)
        ret_headers[count++] = (struct log_header){TEXT("reply-to"), meta->reply_to};
    return count;
}

struct text headers_get(const struct log_record *record, const char *name)
{
    const struct text wanted = text_of(name);
    for (size_t i = 0; i < record->headers_count; i++) {
        if (text_equal(record->headers[i].name, wanted))
            return record->headers[i].value;
    }
    return TEXT("");
}

static bool agrees_long(struct text header, int64_t value)
{
    char text[NUMBER_TEXT_SIZE_MAX];
    size_t size = number_print(value, text);
    return header.size == size && memcmp(header.data, text, size) == 0;
}

static bool agrees_hex(struct text header, const uint8_t *bytes, size_t size)
{
    static const char DIGITS[] = "0123456789abcdef";
    if (header.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (header.data[2 * i] != DIGITS[bytes[i] >> 4] ||
            header.data[2 * i + 1] != DIGITS[bytes[i] & 15])
            return false;
    }
    return true;
}

/* Takes the next word of `*list`, words being parted by single spaces. */
static struct text next_word(struct text *list)
{
    struct text word = TEXT("");
    (void)text_take(list, ' ', &word);
    return word;
}

static bool word_is(struct text word, struct text service, int32_t partition)
{
    char text[PLACE_SIZE_MAX];
    if (service.size > PLACE_SIZE_MAX - NUMBER_TEXT_SIZE_MAX - 1)
        return false;
    size_t size = print_place(service, partition, text);
    return word.size == size && memcmp(word.data, text, size) == 0;
}

static bool agrees_touches(struct text header, const struct event_meta *meta)
{
    for (size_t i = 0; i < meta->touches_count; i++) {
        if (!word_is(next_word(&header), meta->touches[i].service, meta->touches[i].partition))
            return false;
    }
    return header.size == 0;
}

bool headers_agree(const struct log_record *record, const struct event *event)
{
    const struct event_meta *meta = &event->meta;
    return agrees_long(headers_get(record, "epoch"), meta->epoch) &&
           agrees_long(headers_get(record, "wseq"), meta->wseq) &&
           agrees_hex(headers_get(record, "nonce"), meta->nonce.bytes, sizeof meta->nonce.bytes) &&
           agrees_hex(headers_get(record, "prev_hash"), meta->prev_hash.bytes,
                      sizeof meta->prev_hash.bytes) &&
           agrees_touches(headers_get(record, "touches"), meta);
}

bool headers_touch(const struct log_record *record, enum service_id service, int32_t partition)
{
    struct text touches = headers_get(record, "touches");
    struct text name = text_of(service_name(service));
    while (touches.size > 0) {
        struct text word = next_word(&touches);
        if (word_is(word, name, partition) || word_is(word, name, -1))
            return true;
    }
    return false;
}
