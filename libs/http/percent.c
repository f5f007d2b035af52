#include "http/percent.h"

#include <string.h>

enum { PAIRS_MAX = 256 };

/* Size of the sequence that `lead` starts, 0 where none can start so; and the bounds of the second
 * byte, which rule out overlong forms, surrogates and what lies above U+10FFFF. */
static size_t utf8_sequence(uint8_t lead, uint8_t *ret_low, uint8_t *ret_high)
{
    *ret_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *ret_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool http_utf8_valid(struct text text)
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    for (size_t i = 0; i < text.size;) {
        if (bytes[i] == 0)
            return false;
        if (bytes[i] < 0x80) {
            i++;
            continue;
        }
        uint8_t low;
        uint8_t high;
        size_t size = utf8_sequence(bytes[i], &low, &high);
        if (size == 0 || text.size - i < size || bytes[i + 1] < low || bytes[i + 1] > high)
            return false;
        for (size_t k = 2; k < size; k++) {
            if ((bytes[i + k] & 0xc0) != 0x80)
                return false;
        }
        i += size;
    }
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err http_percent_decode(struct arena *arena, struct text text, bool form,
                             struct text *ret_text)
{
    char *out = arena_alloc(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '+' && form) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return ERR_INPUT;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[size++] = c;
    }
    struct text decoded = {.data = out, .size = size};
    if (!http_utf8_valid(decoded))
        return ERR_INPUT;
    *ret_text = decoded;
    return OK;
}

/* The part of *text before `separator`, which is taken off with it. */
static struct text cut(struct text *text, char separator)
{
    const char *found = text->size == 0 ? NULL : memchr(text->data, separator, text->size);
    struct text part = *text;
    if (found == NULL) {
        *text = (struct text){.data = "", .size = 0};
        return part;
    }
    part.size = (size_t)(found - text->data);
    *text = (struct text){.data = found + 1, .size = text->size - part.size - 1};
    return part;
}

enum err http_form_decode(struct arena *arena, struct text text, struct http_pairs *ret_pairs)
{
    size_t count_max = 1;
    for (size_t i = 0; i < text.size; i++)
        count_max += text.data[i] == '&';
    if (count_max > PAIRS_MAX)
        return ERR_FULL;
    struct http_pair *rows = ARENA_NEW(arena, struct http_pair, count_max);
    size_t count = 0;
    while (text.size > 0) {
        struct text value = cut(&text, '&');
        if (value.size == 0)
            continue;
        struct text name = cut(&value, '=');
        struct http_pair *row = &rows[count++];
        if (http_percent_decode(arena, name, true, &row->name) != OK ||
            http_percent_decode(arena, value, true, &row->value) != OK)
            return ERR_INPUT;
    }
    *ret_pairs = (struct http_pairs){.rows = rows, .count = count};
    return OK;
}
