/* publish.h - the second place of checkpoints: a folder with a file for each, and `latest`.
 *
 * Whoever mounts a share there, or copies what appears, has what the venue once signed out of its
 * reach.
 */
#ifndef AUDIT_PUBLISH_H
#define AUDIT_PUBLISH_H
#include "base/base.h"

/* Puts a signed note into `folder` as NUMBER.checkpoint, of eight digits at least, unless it is
 * there. ERR_DENIED: there is another one of that number. ERR_BUSY: the folder cannot be written.
 */
enum err publish_checkpoint(const char *folder, int64_t number, struct text note) MUST_CHECK;
/* The same as `latest`, in place of what was there. */
enum err publish_latest(const char *folder, struct text note) MUST_CHECK;

#endif
