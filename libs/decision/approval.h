/* approval.h - the second pair of eyes: commands that take effect only once another person has
 * consented.
 *
 *     a command --decide--> approval_is_missing(): ApprovalRequested, which is kept as it came
 *         ApproveRequest  -->  approvals_open(): the same command is decided anew, by what holds
 *                              now; its own event names both persons, or it is refused and waits on
 *         RejectRequest   -->  ApprovalRejected
 *         expires_at      -->  ApprovalExpired, by the clock
 *
 * What needs consent is a decide's business: behind all its other checks it asks
 * approval_is_missing(), and it puts approval_of() into the field `approval` of its event, by which
 * the request is over. Nothing else has to know. A command that was set aside (letter.h) is decided
 * anew in the same place and manner, with consent or without, by the event that is its own; that
 * one needs no such field, for the ApproveRequest that it answers says whom it is of.
 *
 * Place    a request waits in the partition of what it is about: its id carries the owner of the
 *          command's key, and the service.
 * Bounds   APPROVALS_MAX wait in a partition; a command is as long as an event keeps it.
 * Thread   one owner, no locks. Depends on base and wire only, so replay repeats it.
 */
#ifndef APPROVAL_H
#define APPROVAL_H
#include "decision/letter.h"
#include "decision/staff.h"

enum {
    APPROVALS_MAX = 1000,
    APPROVAL_AMOUNTS_MAX = 100, /* assets that the venue's rules name */
    APPROVAL_EXPIRES_S_MIN = 1,
    APPROVAL_EXPIRES_S_MAX = 30 * 86400,
    APPROVAL_EXPIRES_S = 86400 /* where the rules do not say */
};

/* A command that waits. */
struct approval_pending {
    struct uuid id;
    struct uuid requested_by;
    uint32_t roles; /* of which whoever consents needs one */
    int64_t expires_at_us;
    struct bytes command;
};

struct approvals {
    const struct place *place;
    struct approval_pending **pending; /* sorted by id */
    size_t count, capacity;
    int64_t due_us;              /* when the first of them expires; INT64_MAX: never */
    struct approval_rules rules; /* the venue's, as this partition has heard of them */
    struct arena *arena;         /* what the rules point to */
    struct letters letters;      /* commands that were set aside */
};

/* Without requests, and with rules by which nothing needs consent. `place` outlives it. */
void approvals_init(struct approvals *approvals, const struct place *place);
/* Frees what it holds. */
void approvals_free(struct approvals *approvals);

/* --- for a decide --- */

/* True when, by the venue's rules, a booking of so much needs a second person. */
bool approvals_cover_amount(const struct approvals *approvals, struct text asset,
                            int64_t amount_e8);
/* True when these are the rules already. */
bool approvals_are_by(const struct approvals *approvals, const struct approval_rules *rules);
/* True when a second person, who has one of these roles, is needed and has not consented: `event`
 * then asks for it, or refuses, and nothing else is to be decided. To be asked last of all. */
bool approval_is_missing(const struct approvals *approvals, const struct input *input,
                         uint32_t roles, struct arena *arena, struct event *event);
/* What the event of what was decided has as its `approval`. False: nobody's consent was needed. */
bool approval_of(const struct input *input, struct approval *ret_approval);

/* --- for a service --- */

/* What is to be decided for an input that is a command: itself, or what it consents to, or has
 * decided anew. False: `event` has been made, and nothing is. */
bool approvals_open(const struct approvals *approvals, const struct staff *staff,
                    const struct input *input, struct arena *arena, struct event *event,
                    struct input *ret_input);
/* Log time at which the next request expires; INT64_MAX: none waits. */
int64_t approvals_due_us(const struct approvals *approvals);
/* The event of the first that is due: CHECKs that there is one. */
void approvals_decide_time(const struct approvals *approvals, const struct input *input,
                           struct arena *arena, struct event *event);
/* What answers the venue's rules, where they are followed for these alone. */
void approvals_adopt(const struct venue_rules_changed *changed, struct event *event);
/* Every event of the service's own log. */
void approvals_apply(struct approvals *approvals, const struct event *event);
/* Which request an event of any kind has ended, by taking effect. False: none. */
bool approval_used(const struct event *event, struct uuid *ret_approval_id);
/* To a snapshot and back into what was just initialised. */
void approvals_save(const struct approvals *approvals, struct buffer *buffer);
void approvals_load(struct approvals *approvals, struct pack_reader *reader);

#endif
