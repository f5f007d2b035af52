/* staff.h - who may do more than what is his own, as a partition has heard of it: what every writer
 * holds an actor against. The roles in a command are what its token was given; whether they still
 * hold is decided here, at the place in the log where it counts.
 *
 * Shape    sorted by user, without those who have no such role. There are few.
 * Thread   one owner, no locks. Depends on base and wire only, so replay repeats it.
 */
#ifndef STAFF_H
#define STAFF_H
#include "base/buffer.h"
#include "base/pack.h"
#include "decision/decision.h"

/* The roles that are given to people for others' affairs. */
#define STAFF_ROLES (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_AUDITOR))

struct staff_member {
    struct uuid user_id;
    uint32_t roles; /* of STAFF_ROLES */
};

struct staff {
    struct staff_member *members;
    size_t count, capacity;
    bool had_two_admins; /* at one time: since then no admin has been the only one there ever was */
};

/* Frees what it holds. */
void staff_free(struct staff *staff);
/* The user has these of STAFF_ROLES from now on; the rest of `roles` is nothing to this. */
void staff_set(struct staff *staff, struct uuid user_id, uint32_t roles);
/* What a user has of STAFF_ROLES. */
uint32_t staff_roles(const struct staff *staff, struct uuid user_id);
/* True when a command's actor has any of the roles, by the command and as known here. */
bool staff_may(const struct staff *staff, const struct command_meta *meta, uint32_t role_bits);

/* StaffAdopted: a partition that an event about a user touches takes over what it says of him. */
void staff_adopt(const struct event *cause, struct arena *arena, struct event *event);
/* Every writer that holds actors against their roles has to answer the event. */
void staff_touch(struct event *event, struct arena *arena);

/* To a snapshot and back; a state just made has none. */
void staff_save(const struct staff *staff, struct buffer *buffer);
void staff_load(struct staff *staff, struct pack_reader *reader);

#endif
