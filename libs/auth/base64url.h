/* base64url.h - RFC 4648 section 5 without padding, canonical: one text for each run of bytes.
 * Pure.
 */
#ifndef BASE64URL_H
#define BASE64URL_H
#include "base/base.h"
#include "base/buffer.h"

/* Characters that `size` bytes take. */
#define BASE64URL_SIZE(size) (((size)*4 + 2) / 3)

/* Appends the text of `size` bytes. */
void base64url_encode(struct buffer *buffer, const void *data, size_t size);
/* Writes the bytes of a text, at most `size_max` of them. ERR_INPUT: another alphabet, padding, an
 * impossible length or bits left over; ERR_FULL: more than `size_max`. */
enum err base64url_decode(struct text text, size_t size_max, uint8_t *ret_data,
                          size_t *ret_size) MUST_CHECK;

#endif
