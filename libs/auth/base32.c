#include "auth/base32.h"

#include <string.h>

enum { GROUP_BYTES = 5, GROUP_TEXT = 8 };

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32_encode(const uint8_t *data, size_t size, char *ret_text)
{
    CHECK(size % GROUP_BYTES == 0);
    for (size_t group = 0; group < size / GROUP_BYTES; group++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < GROUP_BYTES; i++)
            bits = bits << 8 | data[group * GROUP_BYTES + i];
        for (size_t i = 0; i < GROUP_TEXT; i++)
            ret_text[group * GROUP_TEXT + i] = ALPHABET[bits >> (35 - 5 * i) & 31];
    }
}

enum err base32_decode(struct text text, size_t size, uint8_t *ret_data)
{
    CHECK(size % GROUP_BYTES == 0);
    if (text.size != BASE32_SIZE(size))
        return ERR_INPUT;
    for (size_t group = 0; group < size / GROUP_BYTES; group++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < GROUP_TEXT; i++) {
            const char *found = memchr(ALPHABET, text.data[group * GROUP_TEXT + i], 32);
            if (found == NULL)
                return ERR_INPUT;
            bits = bits << 5 | (uint64_t)(found - ALPHABET);
        }
        for (size_t i = 0; i < GROUP_BYTES; i++)
            ret_data[group * GROUP_BYTES + i] = (uint8_t)(bits >> (32 - 8 * i));
    }
    return OK;
}
