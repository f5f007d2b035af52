/* reread.h - settings whose files are read again while a process runs: secrets are changed, and
 * certificates renewed, without a restart.
 *
 * Look     by their contents, every REREAD_LOOK_MS, or at once where the process is told: it does
 *          not matter how a file was replaced.
 * Groups   what belongs together, as a certificate and its key, is taken together or not at all.
 * Closed   a file that is missing, open to others, malformed, or refused by its taker changes
 *          nothing: what was taken last stays in use. That is logged once for each fault, and
 *          bourse_settings_refused{group} is 1 until the files are right again.
 * Thread   one: takers run on it.
 */
#ifndef CONFIG_REREAD_H
#define CONFIG_REREAD_H
#include "config/config.h"

struct reread; /* laid out in reread.c only */

enum { REREAD_LOOK_MS = 1000 };

struct reread_taker {
    enum config_group group;
    /* Goes on with the group's settings, which are those of `fresh`. Their texts stay until others
     * are taken, and none but theirs. Not OK: they do not do, *ret_problem may say why, and nothing
     * has changed. */
    enum err (*take)(void *context, const struct config *fresh, struct buffer *ret_problem);
    void *context;
};

/* `config` is what the process goes by now; it, the environment and the takers' contexts are the
 * caller's. */
struct reread *reread_new(enum process process, char *const *environment,
                          const struct config *config, const struct reread_taker *takers,
                          size_t takers_count) MUST_CHECK;
/* NULL does nothing. */
void reread_free(struct reread *reread);

/* Looks at once. */
void reread_look(struct reread *reread);
/* Looks, if REREAD_LOOK_MS have passed since the last time. For loops. */
void reread_look_in_time(struct reread *reread);

#endif
