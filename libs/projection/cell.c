#include "projection/cell.h"

#include "base/time.h"
#include "decimal/decimal.h"

#include <string.h>

#define REPLACEMENT       "\xef\xbf\xbd"                 /* U+FFFD */
#define POSTGRES_EPOCH_US (INT64_C(946684800) * 1000000) /* 2000-01-01 */

enum {
    NUMERIC_BASE = 10000,
    NUMERIC_FRACTION = 2,   /* digits of that base behind the point: 8 decimals */
    NUMERIC_DIGITS_MAX = 5, /* of 64 bits */
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_SCALE = 8,
    NUMERIC_HEAD = 4, /* 16-bit words before the digits */
};

/* --- numbers of fixed size, big-endian --- */

static void put(struct buffer *cells, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    buffer_append(cells, bytes, size);
}

static int64_t get(const uint8_t *bytes, size_t size)
{
    uint64_t value = (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

static void put_length(struct buffer *cells, size_t size)
{
    put(cells, size, CELL_LENGTH_SIZE);
}

void cell_null(struct buffer *cells)
{
    put(cells, UINT32_MAX, CELL_LENGTH_SIZE);
}

void cell_int(struct buffer *cells, enum column_type type, int64_t value)
{
    size_t size = type == COLUMN_INT ? 4 : 8;
    put_length(cells, size);
    put(cells, (uint64_t)value, size);
}

void cell_bool(struct buffer *cells, bool value)
{
    put_length(cells, 1);
    buffer_byte(cells, value);
}

void cell_time(struct buffer *cells, int64_t time_us)
{
    cell_int(cells, COLUMN_TIME, time_us - POSTGRES_EPOCH_US);
}

void cell_uuid(struct buffer *cells, struct uuid id)
{
    cell_bytes(cells, (struct bytes){id.bytes, sizeof id.bytes});
}

void cell_bytes(struct buffer *cells, struct bytes bytes)
{
    put_length(cells, bytes.size);
    buffer_append(cells, bytes.data, bytes.size);
}

/* --- numeric: {count, weight of the first digit, sign, scale} and digits to the base 10,000 --- */

void cell_e8(struct buffer *cells, int64_t e8)
{
    uint16_t digits[NUMERIC_DIGITS_MAX];
    uint64_t rest = e8 < 0 ? -(uint64_t)e8 : (uint64_t)e8;
    for (size_t i = NUMERIC_DIGITS_MAX; i-- > 0; rest /= NUMERIC_BASE)
        digits[i] = (uint16_t)(rest % NUMERIC_BASE);
    size_t first = 0, end = NUMERIC_DIGITS_MAX;
    while (first < end && digits[first] == 0)
        first++;
    while (end > first && digits[end - 1] == 0)
        end--;
    int weight = end == first ? 0 : NUMERIC_DIGITS_MAX - NUMERIC_FRACTION - 1 - (int)first;
    put_length(cells, 2 * (NUMERIC_HEAD + end - first));
    put(cells, end - first, 2);
    put(cells, (uint64_t)(int64_t)weight, 2);
    put(cells, e8 < 0 ? NUMERIC_NEGATIVE : 0, 2);
    put(cells, NUMERIC_SCALE, 2);
    for (size_t i = first; i < end; i++)
        put(cells, digits[i], 2);
}

static int64_t e8_of(struct bytes value)
{
    int64_t count = get(value.data, 2), weight = get(value.data + 2, 2);
    uint64_t e8 = 0;
    for (int64_t place = NUMERIC_DIGITS_MAX - NUMERIC_FRACTION - 1; place >= -NUMERIC_FRACTION;
         place--) {
        int64_t digit = weight - place;
        e8 *= NUMERIC_BASE;
        if (digit >= 0 && digit < count)
            e8 += (uint64_t)get(value.data + 2 * (NUMERIC_HEAD + digit), 2);
    }
    return (int64_t)(get(value.data + 4, 2) == NUMERIC_NEGATIVE ? -e8 : e8);
}

/* --- text --- */

static bool continues(struct text text, size_t at)
{
    return at < text.size && ((uint8_t)text.data[at] & 0xc0) == 0x80;
}

/* How many bytes the character at `at` has, as RFC 3629 allows it; 0: it is none. */
static size_t character_size(struct text text, size_t at)
{
    uint8_t first = (uint8_t)text.data[at];
    if (first < 0x80)
        return first != 0;
    if (first < 0xc2 || first > 0xf4 || !continues(text, at + 1))
        return 0;
    uint8_t second = (uint8_t)text.data[at + 1];
    if (first < 0xe0)
        return 2;
    if (!continues(text, at + 2))
        return 0;
    if (first < 0xf0)
        return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ? 0 : 3;
    if (!continues(text, at + 3))
        return 0;
    return (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) ? 0 : 4;
}

/* How many bytes from `at` on stand for themselves. */
static size_t plain_size(struct text text, size_t at)
{
    size_t end = at;
    while (end < text.size) {
        size_t size = character_size(text, end);
        if (size == 0)
            break;
        end += size;
    }
    return end - at;
}

void cell_text(struct buffer *cells, struct text text)
{
    size_t start = cells->size;
    put_length(cells, 0);
    for (size_t at = 0; at < text.size; at++) {
        size_t size = plain_size(text, at);
        buffer_append(cells, text.data + at, size);
        at += size;
        if (at < text.size)
            buffer_text(cells, TEXT(REPLACEMENT));
    }
    if (!buffer_ok(cells))
        return;
    size_t size = cells->size - start - CELL_LENGTH_SIZE;
    for (size_t i = 0; i < CELL_LENGTH_SIZE; i++)
        cells->data[start + i] = (uint8_t)(size >> (8 * (CELL_LENGTH_SIZE - 1 - i)));
}

/* --- two values that become one --- */

static int64_t number_of(enum column_type type, struct bytes value)
{
    return type == COLUMN_NUMERIC ? e8_of(value) : get(value.data, value.size);
}

void cell_merge(struct buffer *cells, const struct projection_column *column, struct bytes before,
                struct bytes after)
{
    struct bytes chosen = after;
    if (column->merge != MERGE_LAST && (before.data == NULL || after.data == NULL)) {
        chosen = before.data == NULL ? after : before;
    } else if (column->merge == MERGE_FIRST) {
        chosen = before;
    } else if (column->merge != MERGE_LAST) {
        int64_t old = number_of(column->type, before), new = number_of(column->type, after), sum;
        if (column->merge == MERGE_SUM) {
            cell_e8(cells, __builtin_add_overflow(old, new, &sum) ? INT64_MAX : sum);
            return;
        }
        chosen = (column->merge == MERGE_GREATEST) == (old > new) ? before : after;
    }
    if (chosen.data == NULL)
        cell_null(cells);
    else
        cell_bytes(cells, chosen);
}

/* --- arrays --- */

void cell_array(struct buffer *array, enum column_type type, size_t count)
{
    static const uint32_t TYPE_OIDS[] = {
        [COLUMN_UUID] = 2950, [COLUMN_TEXT] = 25,  [COLUMN_NUMERIC] = 1700, [COLUMN_INT] = 23,
        [COLUMN_BIGINT] = 20, [COLUMN_BOOL] = 16,  [COLUMN_TIME] = 1184,    [COLUMN_BYTES] = 17,
        [COLUMN_JSON] = 114,  [COLUMN_TEXTS] = 25,
    };
    put(array, 1, 4); /* dimensions */
    put(array, 1, 4); /* there may be nulls */
    put(array, TYPE_OIDS[type], 4);
    put(array, count, 4);
    put(array, 1, 4); /* its indexes begin with */
}

/* --- printing --- */

static void print_hex(struct bytes value, struct buffer *text)
{
    static const char DIGITS[] = "0123456789abcdef";
    buffer_string(text, "\\x");
    for (size_t i = 0; i < value.size; i++) {
        buffer_byte(text, (uint8_t)DIGITS[value.data[i] >> 4]);
        buffer_byte(text, (uint8_t)DIGITS[value.data[i] & 15]);
    }
}

void cell_print(enum column_type type, struct bytes value, struct buffer *text)
{
    char printed[DECIMAL_TEXT_SIZE + TIME_TEXT_SIZE + UUID_TEXT_SIZE];
    struct uuid id;
    switch (type) {
    case COLUMN_UUID:
        memcpy(id.bytes, value.data, sizeof id.bytes);
        uuid_print(id, printed);
        buffer_append(text, printed, UUID_TEXT_SIZE);
        break;
    case COLUMN_NUMERIC:
        buffer_append(text, printed, decimal_print(e8_of(value), 0, printed));
        break;
    case COLUMN_INT:
    case COLUMN_BIGINT: buffer_number(text, get(value.data, value.size)); break;
    case COLUMN_BOOL: buffer_byte(text, value.data[0] != 0 ? 't' : 'f'); break;
    case COLUMN_TIME:
        time_print(get(value.data, value.size) + POSTGRES_EPOCH_US, printed);
        buffer_append(text, printed, TIME_TEXT_SIZE);
        break;
    case COLUMN_BYTES: print_hex(value, text); break;
    case COLUMN_TEXT:
    case COLUMN_JSON:
    case COLUMN_TEXTS: buffer_append(text, value.data, value.size); break;
    }
}
