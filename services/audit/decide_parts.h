/* decide_parts.h - the parts of audit's decide: each sets kind, key and own fields of *event. */
#ifndef AUDIT_DECIDE_PARTS_H
#define AUDIT_DECIDE_PARTS_H
#include "audit/state.h"

/* The checkpoint that is due (decide_checkpoint.c). */
void audit_make_checkpoint(const struct audit *audit, const struct input *input,
                           struct event *event);
/* SignCheckpoint: the newest checkpoint with its signatures, or a refusal. */
void audit_sign_checkpoint(const struct audit *audit, const struct input *input,
                           struct arena *arena, struct event *event);

#endif
