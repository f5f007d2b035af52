/* decision.h - what goes into a `decide`, and the few things every `decide` says.
 *
 * decide(state, input) -> one event; apply(state, event) -> state. Both pure: the shell
 * (service/service.h) brings time, ids and inputs, and fills in everything of the event's meta
 * but `touches`.
 */
#ifndef DECISION_H
#define DECISION_H
#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"
#include "wire/messages.h"

/* The services whose logs there are, and their names in topics and records. Only the end of the
 * list ever grows: the order is in snapshots. */
#define SERVICES_MAP(X)                                                                            \
    X(SERVICE_ACCOUNTS, "accounts")                                                                \
    X(SERVICE_ORDERS, "orders")                                                                    \
    X(SERVICE_AUDIT, "audit")                                                                      \
    X(SERVICE_SETTINGS, "settings")                                                                \
    X(SERVICE_DESK, "desk")
#define SERVICE_AS_ID(id, name) id,
enum service_id { SERVICES_MAP(SERVICE_AS_ID) SERVICES };
#undef SERVICE_AS_ID

/* The service's name in topics and records: "accounts". Static storage. */
const char *service_name(enum service_id service);
/* All of them for a sentence: "accounts, orders, ...". Static storage. */
const char *service_names(void);
/* The service of that name. ERR_NOT_FOUND: none. */
enum err service_named(struct text name, enum service_id *ret_service) MUST_CHECK;

/* Where a state lives: whose it is, and how many partitions each service has. */
struct place {
    enum service_id service;
    int32_t partition;
    int32_t partition_counts[SERVICES];
    size_t piece_max; /* 0: as many as fit; the simulation, which has few of anything, has less */
};

/* The partition of `service` that a key belongs to (murmur2.h). */
int32_t place_partition(const struct place *place, enum service_id service, struct text key);
int32_t place_partition_of_id(const struct place *place, enum service_id service, struct uuid id);
/* How many things one event deals with, of which so many fit and the rest follows by the clock. */
size_t place_piece(const struct place *place, size_t fit_max);

enum input_kind { INPUT_COMMAND, INPUT_EVENTS, INPUT_TIME };

/* What is to be answered with one event. */
struct input {
    enum input_kind kind;
    int64_t now_us;                    /* log time: never before the last event's */
    const struct command *command;     /* INPUT_COMMAND */
    const struct approval *approval;   /* with whose consent it is decided anew; NULL: as it came */
    const struct command *retry;       /* which has it decided anew (letter.h); NULL: it came */
    const struct event *const *events; /* INPUT_EVENTS: of followed services, in order of reading */
    const struct source *sources;      /* where each of them stands in its log */
    size_t events_count;               /* 1 unless the service says run_max */
    const struct partition_head *heads; /* INPUT_TIME, if it takes_heads: of all it reads */
    size_t heads_count;
    uint8_t id_seed[32]; /* H(cause): makes ids that a replay makes again */
};

/* A record of a followed log. */
struct source {
    enum service_id service;
    int32_t partition;
    int64_t offset;
    struct hash hash; /* H(0, record) */
};

/* The `index`-th id that this decision may give, owned by `owner_hash` (uuid.h). */
struct uuid input_id(const struct input *input, uint32_t owner_hash, uint32_t index);

/* The id with the service in its last byte, which is free in a UUIDv8; and the service in one.
 * ERR_NOT_FOUND: no service is. */
struct uuid uuid_with_service(struct uuid id, enum service_id service);
enum err uuid_service(struct uuid id, enum service_id *ret_service) MUST_CHECK;

/* Makes `event` the refusal of a command. `field` NULL: no one input is to blame. `message` is a
 * sentence a person understands: what was wrong, with which value, and what to do. */
void event_reject(struct event *event, const char *code, struct text message, const char *field);

/* Why an answer refuses its command; the texts are the event's. */
struct refused {
    struct text code;
    struct text message;
    struct text field; /* empty: no one input is to blame */
};
/* Whether an event, of whatever kind, refuses the command that it answers. */
bool event_refuses(const struct event *event, struct refused *ret_refused);

/* Says that `partition` of `service` has to answer this event; said twice counts once. */
void event_touch(struct event *event, struct arena *arena, enum service_id service,
                 int32_t partition);
/* The same for every partition of `service`. */
void event_touch_all(struct event *event, struct arena *arena, enum service_id service);
/* True when `event` names that partition, or all of the service. */
bool event_touches(const struct event *event, enum service_id service, int32_t partition);

/* True when the event decides a command, and is not what a service made of another's event. */
bool event_decides_command(const struct event_meta *meta);

/* A role's bit in a set of roles, and sets as records have them, back and forth. */
#define ROLE_BIT(role) (UINT32_C(1) << (role))
uint32_t role_bits_of(const enum role *roles, size_t count);
enum role *roles_of_bits(uint32_t bits, struct arena *arena, size_t *ret_count);
/* True when the command says that the actor has any of the roles. Whether a role that is given to
 * people for others' affairs still holds, staff_may() knows (staff.h). */
bool actor_has(bool has_actor, const struct actor *actor, uint32_t role_bits);

#endif
