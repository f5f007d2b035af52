#include "auth/base64url.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct buffer *buffer, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6)
            buffer_byte(buffer, (uint8_t)ALPHABET[bits >> (count - 6) & 63]);
    }
    if (count > 0)
        buffer_byte(buffer, (uint8_t)ALPHABET[bits << (6 - count) & 63]);
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

enum err base64url_decode(struct text text, size_t size_max, uint8_t *ret_data, size_t *ret_size)
{
    if (text.size % 4 == 1)
        return ERR_INPUT;
    if (text.size / 4 * 3 + (text.size % 4 > 0 ? text.size % 4 - 1 : 0) > size_max)
        return ERR_FULL;
    uint32_t bits = 0;
    int count = 0;
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(text.data[i]);
        if (value < 0)
            return ERR_INPUT;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            ret_data[size++] = (uint8_t)(bits >> count);
        }
    }
    if ((bits & ((1U << count) - 1)) != 0)
        return ERR_INPUT;
    *ret_size = size;
    return OK;
}
