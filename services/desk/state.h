/* state.h - what the desk knows: which documents are published, the conversations with support, and
 * who may publish and answer.
 *
 * Place     a document is anywhere; a conversation carries its client's hash, so one partition
 *           counts what is his.
 * Holds     of a document or conversation what decisions need, never its texts: those are in the
 *           log and the projection, those of a conversation sealed.
 * Bounds    about 120 bytes for each document that was ever published. A client has
 *           DESK_TICKETS_OPEN_MAX conversations that are not closed, of DESK_MESSAGES_MAX messages,
 *           about 300 bytes each; of his closed ones the oldest is forgotten when he would have
 *           more than DESK_TICKETS_MAX in all.
 * Thread    one owner, no locks. Depends on base, wire and decision only, so replay repeats it.
 */
#ifndef DESK_STATE_H
#define DESK_STATE_H
#include "base/buffer.h"
#include "base/heap.h"
#include "base/table.h"
#include "base/time.h"
#include "decision/approval.h"

enum { DESK_TICKETS_OPEN_MAX = 100, DESK_TICKETS_MAX = 1000, DESK_MESSAGES_MAX = 200 };

/* So long after it was resolved a conversation closes by itself. */
#define DESK_CLOSES_US (7 * 24 * 3600 * SECOND_US)
/* So long after it was closed it can be taken up again. */
#define DESK_REOPENS_US (30 * 24 * 3600 * SECOND_US)

struct desk_document {
    struct uuid id;
    enum document_kind kind;
    int64_t version;         /* from 1; each publication is another one */
    int64_t published_at_us; /* of news: what it is dated; of others 0 */
    bool withdrawn;          /* its id is not given again */
    UT_hash_handle by_id;
};

struct desk_ticket {
    struct support_ticket about;
    uint64_t number;                   /* in the order they were opened in this partition */
    struct heap_node closing;          /* while it is resolved: when it closes by itself */
    struct desk_ticket *older, *newer; /* of the same client (utlist) */
    UT_hash_handle by_id;
};

/* Who has asked support. */
struct desk_client {
    struct uuid id;
    struct desk_ticket *tickets; /* in the order they were opened */
    size_t count, open_count;
    UT_hash_handle by_id;
};

struct desk {
    const struct place *place;
    struct staff staff;         /* of all partitions of settings */
    struct approvals approvals; /* what waits for a second person, or to be decided anew */
    struct desk_document *documents;
    struct desk_ticket *tickets; /* in the order they were opened */
    struct desk_client *clients;
    struct heap closing;
    uint64_t opened; /* how many conversations there ever were */
};

/* The functions that service.h asks for; `state` is a struct desk. */
void *desk_new(const struct place *place);
void desk_free(void *state);
void desk_decide(const void *state, const struct input *input, struct arena *arena,
                 struct event *ret_event);
void desk_apply(void *state, const struct event *event);
void desk_save(const void *state, struct buffer *buffer);
enum err desk_load(void *state, struct bytes bytes) MUST_CHECK;
int64_t desk_due_us(const void *state);

/* NULL: none. */
struct desk_document *desk_document(const struct desk *desk, struct uuid id);
/* Adds a copy, or sets what is there under its id. */
void desk_set_document(struct desk *desk, const struct desk_document *document);

/* state_ticket.c: NULL: none, as the next. */
struct desk_ticket *desk_ticket(const struct desk *desk, struct uuid id);
const struct desk_client *desk_client(const struct desk *desk, struct uuid id);
/* Sets what is known of a conversation, or adds a new one, for which its client's oldest closed one
 * may have to go. */
void desk_set_ticket(struct desk *desk, const struct support_ticket *about);
void desk_free_tickets(struct desk *desk);

#endif
