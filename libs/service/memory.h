/* memory.h - what a partition remembers of the commands it has decided (R13).
 *
 * Part of the state: it moves with events only, so replay and snapshot give it back.
 *
 * Command ids       until log time has passed their valid_until: a copy that comes later is
 *                   expired anyway.
 * Idempotency keys  24 hours of log time, if the command's outcome sticks: a business refusal does,
 *                   an overload, an expiry or a malformed body does not.
 */
#ifndef SERVICE_MEMORY_H
#define SERVICE_MEMORY_H
#include "base/buffer.h"
#include "wire/messages.h"

struct memory; /* laid out in memory.c only */

struct memory *memory_new(void) MUST_CHECK;
void memory_free(struct memory *memory);

/* What a command is, seen against what was decided before. */
enum memory_verdict { MEMORY_NEW, MEMORY_REPEATED, MEMORY_KEY_REUSED };
/* *ret_first: the command that was decided first, where it is a repetition. */
enum memory_verdict memory_judge(const struct memory *memory, const struct command_meta *meta,
                                 struct uuid *ret_first);
/* Remembers what an event of this partition decided, and forgets what log time has passed. */
void memory_apply(struct memory *memory, const struct event *event);

void memory_save(const struct memory *memory, struct buffer *buffer);
/* ERR_POISON: not the bytes of a memory. */
enum err memory_load(struct memory *memory, struct bytes *input) MUST_CHECK;

#endif
