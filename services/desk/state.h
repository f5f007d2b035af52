/* state.h - what the desk knows: which documents are published, and who may do so.
 *
 * Holds     of a document what decisions need, never its texts: those are in the log and the
 *           projection.
 * Bounds    about 120 bytes a published document; what is withdrawn is forgotten.
 * Thread    one owner, no locks. Depends on base, wire and decision only, so replay repeats it.
 */
#ifndef DESK_STATE_H
#define DESK_STATE_H
#include "base/buffer.h"
#include "base/table.h"
#include "decision/staff.h"

struct desk_document {
    struct uuid id;
    enum document_kind kind;
    int64_t version;         /* from 1; each publication is another one */
    int64_t published_at_us; /* of news: what it is dated; of others 0 */
    UT_hash_handle by_id;
};

struct desk {
    const struct place *place;
    struct staff staff; /* of all partitions of settings */
    struct desk_document *documents;
};

/* The functions that service.h asks for; `state` is a struct desk. */
void *desk_new(const struct place *place);
void desk_free(void *state);
void desk_decide(const void *state, const struct input *input, struct arena *arena,
                 struct event *ret_event);
void desk_apply(void *state, const struct event *event);
void desk_save(const void *state, struct buffer *buffer);
enum err desk_load(void *state, struct bytes bytes) MUST_CHECK;

/* NULL: none. */
struct desk_document *desk_document(const struct desk *desk, struct uuid id);
/* Adds a copy, or replaces what is there under its id. */
void desk_set_document(struct desk *desk, const struct desk_document *document);
void desk_drop_document(struct desk *desk, struct desk_document *document);

#endif
