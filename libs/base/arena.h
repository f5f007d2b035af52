/* arena.h - memory that is given out piece by piece and taken back all at once.
 *
 * Use      one arena per message or request; arena_reset() at the top of the loop.
 * Bounds   size_max is fixed in arena_new(). Going past it, or out of memory, is a CHECK: callers
 *          bound their input first, so reaching it is a bug.
 * Thread   one owner, no locks.
 */
#ifndef ARENA_H
#define ARENA_H
#include "base/base.h"

struct arena; /* laid out in arena.c only */

/* New empty arena that gives out at most `size_max` bytes between resets; the caller owns it. */
struct arena *arena_new(size_t size_max) MUST_CHECK;
/* Frees the arena and everything it gave out. NULL does nothing. */
void arena_free(struct arena *arena);
/* Takes back everything given out; blocks are kept for the next round. */
void arena_reset(struct arena *arena);
/* `size` zeroed bytes, aligned for any type, valid until the next reset. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
/* Bytes that may still be given out before the next reset. */
size_t arena_room(const struct arena *arena);
/* Bytes given out since the last reset. */
size_t arena_used(const struct arena *arena);
/* A copy of `text` in the arena, with a zero behind it that the size does not count. */
struct text arena_text(struct arena *arena, struct text text);
/* A number in decimal, in the arena, zero-terminated. */
struct text arena_number(struct arena *arena, int64_t value);
/* The text of a printf in the arena, zero-terminated. */
struct text arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* `count` zeroed elements of `type`. */
#define ARENA_NEW(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

#endif
