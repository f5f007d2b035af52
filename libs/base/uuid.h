/* uuid.h - UUIDv8 (RFC 9562, section 5.8) that carries its owner's murmur2, so that a record
 * addressed by an id alone finds its owner's partition whatever the partition count.
 *
 * Layout   bytes 0-3 owner hash, big-endian; the rest random or a keyed hash, but for the version
 *          nibble (8) in byte 6 and the variant bits (10) in byte 8. Where an id has a second, its
 *          32 bits are the next behind the owner, big-endian around those, and 58 are left: so an
 *          owner's ids sort by time, and what is made together lies together in an index.
 */
#ifndef UUID_H
#define UUID_H
#include "base/base.h"

#include <string.h>

enum { UUID_TEXT_SIZE = 36 };

struct uuid {
    uint8_t bytes[16];
};

/* The id of `owner_hash` with the 12 bytes `rest`; version and variant bits are set over them. */
struct uuid uuid_make(uint32_t owner_hash, const uint8_t rest[12]);
/* The owner hash an id carries. Any UUID has one; only ours means it. */
uint32_t uuid_owner_hash(struct uuid id);
/* The same id with a second, counted from 1970, and the one it has, whether it means it or not. */
struct uuid uuid_at_second(struct uuid id, uint32_t second);
uint32_t uuid_second(struct uuid id);
/* Reads the 36-character form, either case. ERR_INPUT: anything else; *ret_id is then untouched. */
enum err uuid_parse(struct text text, struct uuid *ret_id) MUST_CHECK;
/* Writes the 36 lower-case characters, without a terminating zero. */
void uuid_print(struct uuid id, char ret_text[UUID_TEXT_SIZE]);
static inline bool uuid_equal(struct uuid a, struct uuid b)
{
    uint64_t left[2], right[2];
    memcpy(left, a.bytes, sizeof left);
    memcpy(right, b.bytes, sizeof right);
    return left[0] == right[0] && left[1] == right[1];
}
/* -1, 0 or 1 in byte order, which is the order of the printed form too. */
int uuid_compare(struct uuid a, struct uuid b);
/* The nil UUID: all zero. */
bool uuid_is_nil(struct uuid id);

#endif
