#include "gateway/stream_message.h"

#include "base/time.h"
#include "decimal/decimal.h"
#include "gateway/shown.h"

#include <string.h>

enum { DECIMALS_MIN = 2, MESSAGES_DIGITS_MAX = 6 };

/* --- ids -------------------------------------------------------------------------------------- */

/* The piece before the first space, or all; moves `rest` behind it. */
static struct text cut(struct text *rest)
{
    const char *space = memchr(rest->data, ' ', rest->size);
    struct text piece = *rest;
    piece.size = space == NULL ? rest->size : (size_t)(space - rest->data);
    size_t taken = piece.size + (space != NULL);
    *rest = (struct text){.data = rest->data + taken, .size = rest->size - taken};
    return piece;
}

/* ".2" at the end; 0 where there is no such thing. False: something else stands there. */
static bool take_messages(struct text *piece, int64_t *ret_messages)
{
    const char *dot = memchr(piece->data, '.', piece->size);
    *ret_messages = 0;
    if (dot == NULL)
        return true;
    const char *end = piece->data + piece->size;
    size_t digits = (size_t)(end - dot) - 1;
    if (digits == 0 || digits > MESSAGES_DIGITS_MAX)
        return false;
    for (const char *digit = dot + 1; digit < end; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        *ret_messages = *ret_messages * 10 + (*digit - '0');
    }
    piece->size = (size_t)(dot - piece->data);
    return *ret_messages > 0;
}

enum err stream_cursor_parse(struct text id, struct stream_cursor *ret_cursor)
{
    *ret_cursor = (struct stream_cursor){.count = 0};
    while (id.size > 0) {
        struct text piece = cut(&id);
        struct shown shown = {.count = 0};
        int64_t messages;
        if (!take_messages(&piece, &messages) || shown_parse(piece, &shown) != OK ||
            shown.count != 1 || ret_cursor->count == STREAM_PARTITIONS_MAX)
            return ERR_INPUT;
        const struct shown_position *row = &shown.rows[0];
        if (row->source != row->service || row->source_partition != row->partition ||
            stream_cursor_at(ret_cursor, row->service, row->partition) != NULL)
            return ERR_INPUT;
        stream_cursor_add(ret_cursor, row->service, row->partition, row->offset)->messages =
            messages;
    }
    return ret_cursor->count > 0 ? OK : ERR_INPUT;
}

struct stream_position *stream_cursor_at(struct stream_cursor *cursor, enum service_id service,
                                         int32_t partition)
{
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->rows[i].service == service && cursor->rows[i].partition == partition)
            return &cursor->rows[i];
    }
    return NULL;
}

struct stream_position *stream_cursor_add(struct stream_cursor *cursor, enum service_id service,
                                          int32_t partition, int64_t offset)
{
    CHECK(cursor->count < STREAM_PARTITIONS_MAX);
    CHECK(stream_cursor_at(cursor, service, partition) == NULL);
    cursor->rows[cursor->count] =
        (struct stream_position){.service = service, .partition = partition, .offset = offset};
    return &cursor->rows[cursor->count++];
}

bool stream_position_misses(const struct stream_position *position, int64_t offset)
{
    return offset > position->offset || (offset == position->offset && position->messages > 0);
}

/* A partition of which nothing was told is left out: whoever goes on starts it anew. */
static void print(const struct stream_cursor *cursor, struct buffer *buffer)
{
    const char *between = "";
    for (size_t i = 0; i < cursor->count; i++) {
        const struct stream_position *row = &cursor->rows[i];
        if (row->offset < 0)
            continue;
        buffer_string(buffer, between);
        buffer_string(buffer, service_name(row->service));
        buffer_byte(buffer, '/');
        buffer_number(buffer, row->partition);
        buffer_byte(buffer, ':');
        buffer_number(buffer, row->offset);
        if (row->messages > 0) {
            buffer_byte(buffer, '.');
            buffer_number(buffer, row->messages);
        }
        between = " ";
    }
}

/* --- messages --------------------------------------------------------------------------------- */

void stream_message(const struct stream_cursor *cursor, const char *word, struct text data,
                    struct buffer *buffer)
{
    buffer_string(buffer, "id: ");
    print(cursor, buffer);
    buffer_string(buffer, "\nevent: ");
    buffer_string(buffer, word);
    buffer_string(buffer, "\ndata: ");
    buffer_text(buffer, data);
    buffer_string(buffer, "\n\n");
}

/* An id without data moves the client on and tells its program nothing (HTML, 9.2.6). */
void stream_heartbeat(const struct stream_cursor *cursor, struct buffer *buffer)
{
    buffer_string(buffer, ": hb\nid: ");
    print(cursor, buffer);
    buffer_string(buffer, "\n\n");
}

static void add_decimal(struct buffer *json, const char *name, int64_t e8)
{
    char digits[DECIMAL_TEXT_SIZE];
    decimal_print(e8, DECIMALS_MIN, digits);
    buffer_printf(json, ",\"%s\":\"%s\"", name, digits);
}

void stream_trade(const struct order_entered *entered, size_t index, int64_t sequence,
                  int64_t at_us, struct buffer *json)
{
    const struct fill *fill = &entered->fills[index];
    char trade_id[UUID_TEXT_SIZE], at[TIME_TEXT_SIZE];
    uuid_print(fill->trade_id, trade_id);
    time_print(at_us, at);
    buffer_string(json, "{\"symbol\":");
    buffer_json_string(json, entered->order.instrument);
    buffer_printf(json, ",\"sequence\":%lld,\"trade_id\":\"%.*s\"", (long long)sequence,
                  UUID_TEXT_SIZE, trade_id);
    add_decimal(json, "price", fill->price_e8);
    add_decimal(json, "quantity", fill->quantity_e8);
    buffer_printf(json, ",\"side\":\"%s\",\"executed_at\":\"%.*s\"}",
                  WIRE_SIDE.symbols[entered->order.side], TIME_TEXT_SIZE, at);
}
