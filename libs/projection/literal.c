#include "projection/literal.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

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
    while (end < text.size && text.data[end] != '"' && text.data[end] != '\\') {
        size_t size = character_size(text, end);
        if (size == 0)
            break;
        end += size;
    }
    return end - at;
}

void literal_text(struct buffer *buffer, struct text text)
{
    buffer_byte(buffer, '"');
    for (size_t at = 0; at < text.size;) {
        size_t size = plain_size(text, at);
        buffer_append(buffer, text.data + at, size);
        at += size;
        if (at == text.size)
            break;
        if (text.data[at] == '"' || text.data[at] == '\\')
            buffer_append(buffer, (const char[]){'\\', text.data[at]}, 2);
        else
            buffer_append(buffer, REPLACEMENT, sizeof REPLACEMENT - 1);
        at++;
    }
    buffer_byte(buffer, '"');
}

void literal_bytes(struct buffer *buffer, struct bytes bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    buffer_string(buffer, "\"\\\\x");
    for (size_t i = 0; i < bytes.size; i++)
        buffer_append(buffer,
                      (const char[]){DIGITS[bytes.data[i] >> 4], DIGITS[bytes.data[i] & 15]}, 2);
    buffer_byte(buffer, '"');
}

void literal_int(struct buffer *buffer, int64_t value)
{
    char digits[20];
    size_t first = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--first] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--first] = '-';
    buffer_append(buffer, digits + first, sizeof digits - first);
}

bool literal_value(struct text element, struct buffer *ret_value)
{
    if (text_is(element, "NULL"))
        return false;
    if (element.size == 0 || element.data[0] != '"') {
        buffer_text(ret_value, element);
        return true;
    }
    for (size_t at = 1; at + 1 < element.size; at++) {
        if (element.data[at] == '\\')
            at++;
        buffer_byte(ret_value, (uint8_t)element.data[at]);
    }
    return true;
}
