/* owed.h - checkpoints that the second place has not taken yet, oldest first.
 *
 * Bounds   OWED_MAX, a week of one a minute. What comes behind them waits for the next start of the
 *          signer, which reads every checkpoint again.
 * Owner    of copies of the notes.
 */
#ifndef AUDIT_OWED_H
#define AUDIT_OWED_H
#include "base/base.h"

enum { OWED_MAX = 10080 };

struct owed; /* laid out in owed.c */

struct owed *owed_new(void) MUST_CHECK;
/* NULL does nothing. */
void owed_free(struct owed *owed);

/* Keeps a copy behind the others. False: there are OWED_MAX, and it is not kept. */
bool owed_add(struct owed *owed, int64_t number, struct text note) MUST_CHECK;
/* False: nothing is owed, and the others are untouched. The note is good until it is dropped. */
bool owed_oldest(const struct owed *owed, int64_t *ret_number, struct text *ret_note);
/* The oldest is owed no more; there has to be one. */
void owed_drop(struct owed *owed);

#endif
