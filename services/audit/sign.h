/* sign.h - `bourse-audit --deliver`: the process that signs checkpoints and takes them out of the
 * venue (R9, R16).
 *
 * It folds audit's events from the first one. Of the newest checkpoint that is not signed it sends
 * the signatures (SignCheckpoint); a checkpoint that it reads signed it puts into the folder of
 * BOURSE_PUBLISH_DIR, one file each and never written again: a file that says otherwise than the
 * log is an alarm, for one of them has been rewritten. What the folder does not take is tried
 * again. Nothing is signed but what has been read back, so no two trees of one size are. The keys
 * are here alone. Two of it do no harm: they sign the same.
 */
#ifndef AUDIT_SIGN_H
#define AUDIT_SIGN_H
#include "config/config.h"

/* service.h: `deliver`. */
enum err audit_deliver(const struct config *config) MUST_CHECK;

#endif
