/* decide_parts.h - what the decide*.c files share; for them only. */
#ifndef DESK_DECIDE_PARTS_H
#define DESK_DECIDE_PARTS_H
#include "desk/state.h"

/* decide.c: VERSION_CONFLICT, and true, where a change was made from another version. */
bool desk_refuse_version(bool has_if_version, int64_t if_version, int64_t version,
                         struct arena *arena, struct event *event);

/* decide_document.c: what is published, DocumentWithdrawn, or a refusal. False: it is none of the
 * commands about documents. */
bool desk_decide_document(const struct desk *desk, const struct input *input, struct arena *arena,
                          struct event *event);

/* decide_ticket.c: SupportTicketChanged by a client or the desk, or a refusal. False: it is none of
 * the commands about conversations. */
bool desk_decide_ticket(const struct desk *desk, const struct input *input, struct arena *arena,
                        struct event *event);
/* SupportTicketChanged: the conversation that is due closes. CHECKs that one is. */
void desk_decide_time(const struct desk *desk, const struct input *input, struct arena *arena,
                      struct event *event);

#endif
