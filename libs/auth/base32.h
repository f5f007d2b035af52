/* base32.h - RFC 4648 section 6 without padding, for whole groups of five bytes. Pure. */
#ifndef AUTH_BASE32_H
#define AUTH_BASE32_H
#include "base/base.h"

/* Characters that `size` bytes take, a multiple of five. */
#define BASE32_SIZE(size) ((size) / 5 * 8)

/* Writes BASE32_SIZE(size) characters. */
void base32_encode(const uint8_t *data, size_t size, char *ret_text);
/* The bytes of exactly BASE32_SIZE(size) characters, in capitals. ERR_INPUT: it is something else.
 */
enum err base32_decode(struct text text, size_t size, uint8_t *ret_data) MUST_CHECK;

#endif
