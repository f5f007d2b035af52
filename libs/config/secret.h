/* secret.h - a text that one thread changes while others use it, such as a secret whose file is
 * read again (config/reread.h).   Thread   any. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H
#include "base/base.h"
#include "base/buffer.h"

#include <pthread.h>

struct secret {
    pthread_mutex_t lock;
    char *value; /* NULL: there is none; guarded by the lock */
};

/* Copies `value`, as secret_change() does. */
void secret_init(struct secret *secret, const char *value);
/* Wipes and frees what it holds. */
void secret_free(struct secret *secret);
void secret_change(struct secret *secret, const char *value);
/* Appends the text of this moment, which the caller wipes. False: there is none. */
bool secret_copy(struct secret *secret, struct buffer *ret_value);

#endif
