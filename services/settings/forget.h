/* forget.h - what follows from PersonErased outside the log: the person's key is destroyed, and
 * with it whatever it sealed, in the log and in every copy of it; and what projections have opened
 * by it is taken out of them.
 *
 * When     the key at once, for everybody whom the log says is erased, so at each start again, and
 *          whenever a database was away: a vault that was restored from before, or a standby that
 *          was behind and took over, forgets again. Projections at once, and again when all have
 *          passed the ends that the logs then had, for what they knew before. All of that once more
 *          where other tables have become live (bourse projection switch), which is looked for
 *          every second; tables beside the live ones are cleared with them, if they are alike.
 * Thread   one owner.
 */
#ifndef SETTINGS_FORGET_H
#define SETTINGS_FORGET_H
#include "eventlog/log.h"
#include "seal/vault.h"
#include "wire/messages.h"

struct forgetter; /* laid out in forget.c only */

/* Over the projections' database `conninfo` and the vault's; log and vault outlive it. The caller
 * frees it. */
struct forgetter *forgetter_new(struct log *log, struct vault *vault, const char *conninfo,
                                const char *vault_conninfo) MUST_CHECK;
/* NULL does nothing. */
void forgetter_free(struct forgetter *forgetter);

/* Knows of nobody: the log is read from its first record again. */
void forgetter_begin(struct forgetter *forgetter);
/* Takes a valid PersonErased, read whole. */
void forgetter_take(struct forgetter *forgetter, const struct event *event);
/* Does what is left to do; what cannot be done now is tried again with the next call, a second
 * later at the earliest. */
void forgetter_work(struct forgetter *forgetter, int64_t now_us);

#endif
