/* object.h - JSON objects to be spoiled: a list of members whose names and values are raw JSON, so
 * that they can be anything, and be written in any of the ways that mean the same, or nearly. Texts
 * are static.
 */
#ifndef TOKENS_OBJECT_H
#define TOKENS_OBJECT_H
#include "base/base.h"
#include "base/buffer.h"

enum { OBJECT_MEMBERS_MAX = 16 };

struct member {
    const char *name;  /* without quotes */
    const char *value; /* raw */
};

struct object {
    struct member members[OBJECT_MEMBERS_MAX];
    size_t count;
};

/* The next number of a generator of our own: the same on every machine for a seed. */
uint32_t random_next(uint64_t *random);
/* From 0 to one less than `count`. */
size_t random_below(uint64_t *random, size_t count);
/* One of a list of texts. */
#define random_of(random, list) ((list)[random_below((random), COUNT_OF(list))])

/* Adds a member at the end; one too many is left out. */
void object_add(struct object *object, const char *name, const char *value);
/* Removes, doubles, exchanges, renames or moves a member, or gives it another value. */
void object_spoil(struct object *object, uint64_t *random);
/* Writes it, with whitespace, escapes or what is neither in `oddities` places. */
void object_write(const struct object *object, size_t oddities, uint64_t *random,
                  struct buffer *json);

#endif
