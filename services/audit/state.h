/* state.h - what audit knows: the last ticket's number, which commands have theirs, the tree over
 * all tickets, and the last checkpoint of it.
 *
 * Numbers   TKT-YYYY-NNNNNN, from 1 in each year and without a gap; the year is that of audit's own
 *           log time. More than 999,999 in a year just have more digits.
 * Holds     one ticket a command, however many of its answers are read.
 * Tree      every ticket is a leaf (proof/leaf.h), in the order of their numbers. A checkpoint is
 *           made a minute of log time after the first ticket that is behind the last one, or when
 *           there are 10,000; its text stays here until it is signed or the next one is made.
 * Bounds    a command is forgotten AUDIT_MEMORY_US of log time after its ticket, when it can no
 *           longer execute: at most AUDIT_FORGETS_MAX with every event, which is more than an event
 *           brings. So the state is as big as a day's commands, about 110 bytes each.
 * Thread    one owner, no locks. Depends on base, wire, decision and proof only, so replay repeats
 *           it.
 */
#ifndef AUDIT_STATE_H
#define AUDIT_STATE_H
#include "base/buffer.h"
#include "base/table.h"
#include "base/time.h"
#include "decision/decision.h"
#include "proof/merkle.h"

#define AUDIT_MEMORY_US           (25 * 3600 * SECOND_US)
#define AUDIT_CHECKPOINT_AFTER_US (60 * SECOND_US)

enum {
    AUDIT_RUN_MAX = 500,
    AUDIT_FORGETS_MAX = 2 * AUDIT_RUN_MAX,
    AUDIT_TICKET_ID_MAX = 32,
    AUDIT_CHECKPOINT_AFTER = 10000, /* tickets */
    AUDIT_CHECKPOINT_SIZE_MAX = 1 << 20
};

struct audit_command {
    struct uuid id;
    int64_t ticketed_at_us;
    UT_hash_handle by_id;
};

struct audit_checkpoint {
    int64_t number; /* 0: none yet */
    int64_t tree_size;
    struct tree_hash root_hash;
    int64_t made_at;
    struct buffer text; /* to be signed; empty: it is */
};

struct audit {
    int32_t year;                   /* of the last ticket; 0: none yet */
    int64_t issued;                 /* in that year */
    struct audit_command *ticketed; /* in the order of their tickets */
    struct merkle tree;
    int64_t unsigned_since_us; /* log time of the first ticket behind the checkpoint; 0: none */
    struct audit_checkpoint checkpoint;
};

/* The functions that service.h asks for; `state` is a struct audit. */
void *audit_new(const struct place *place);
void audit_free(void *state);
void audit_decide(const void *state, const struct input *input, struct arena *arena,
                  struct event *ret_event);
void audit_apply(void *state, const struct event *event);
int64_t audit_due_us(const void *state);
void audit_save(const void *state, struct buffer *buffer);
enum err audit_load(void *state, struct bytes bytes) MUST_CHECK;

/* How many tickets the year of `now_us` has so far. */
int64_t audit_issued_in_year_of(const struct audit *audit, int64_t now_us);
/* Writes the id of a year's n-th ticket, zero-terminated, and returns it as a text. */
struct text audit_ticket_id(int32_t year, int64_t number, char ret_id[AUDIT_TICKET_ID_MAX]);
bool audit_is_ticketed(const struct audit *audit, struct uuid command_id);
/* Remembers a command. CHECKs that it is new. */
void audit_remember(struct audit *audit, struct uuid command_id, int64_t ticketed_at_us);
/* Forgets the command that has been remembered longest. CHECKs that there is one. */
void audit_forget_oldest(struct audit *audit);

#endif
