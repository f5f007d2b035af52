/* attempts.h - a page that outlives the process: which command is being decided, for the how many
 * -th time (R6). A command that ends the process three times is refused the fourth.
 *
 * A process that dies takes along what it had decided and not appended yet, so the commands before
 * the one that killed it come again first. They must not make it forgotten, and they must be in the
 * log before it has its next turn: hence the suspect.
 */
#ifndef SERVICE_ATTEMPTS_H
#define SERVICE_ATTEMPTS_H
#include "base/base.h"

enum { ATTEMPTS_MAX = 3 };

struct attempts; /* laid out in attempts.c only */

/* Maps the page in the file at `path`, made if it is missing. NULL path: a page that does not
 * outlive. ERR_BUSY: the disk is full; ERR_CONFIG: the file cannot be made or mapped. */
enum err attempts_open(const char *path, struct attempts **ret_attempts) MUST_CHECK;
void attempts_close(struct attempts *attempts);
/* Notes that the command at `offset` is about to be decided. False: it has ended the process
 * ATTEMPTS_MAX times before. */
bool attempts_begin(struct attempts *attempts, int64_t offset) MUST_CHECK;
/* Notes that the decision came to its end. */
void attempts_end(struct attempts *attempts);
/* True while a command that ended the process has not been answered: until then each answer is to
 * be in the log before the next command is decided. */
bool attempts_suspect(const struct attempts *attempts);

#endif
