/* client.h - somebody who sends commands one after the other, remembers what he was told, and tries
 * again, maybe elsewhere, where he was told nothing.
 *
 *     IDLE --client_give--> READY --gate_send--> WAITING --answered--> IDLE
 *                             ^                     |
 *                             |                     +-- connection broken, outcome unknown:
 *                             +-- with a key, again +--> ASKING --found, or given up--> IDLE
 *                             +-- nobody knows: a probe ----'
 */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H
#include "base/buffer.h"
#include "gate.h"
#include "wire/wire.h"

enum client_state { CLIENT_IDLE, CLIENT_READY, CLIENT_WAITING, CLIENT_ASKING };

struct client {
    struct sim *sim;
    int number;
    enum client_state state;
    struct buffer value, key; /* the command, as first made, and its record's key */
    enum service_id service;
    const char *kind; /* static */
    bool has_key;     /* an Idempotency-Key */
    bool wants_ticket;
    bool again; /* sends it once more when it has been answered */
    struct idempotency idempotency;
    struct uuid caller;
    struct uuid command_id; /* of the last sending */
    struct shown shown;     /* X-Position: what he says he was shown; empty where he does not say */
    bool says_shown;
    int session;        /* where he does not say, one with each gateway, which alone remembers */
    char gate_life[24]; /* the one that the session is with */
    int gate;
    size_t request; /* in the evidence: the last sending */
    size_t first_request;
    int64_t sent_us;
    int64_t valid_until_us; /* of the last sending, as its gateway put it */
    bool probes;            /* asks whether another command of his can still execute */
    int64_t next_us;        /* not before */
    int tries;
};

void client_init(struct client *client, struct sim *sim, int number);
void client_destroy(struct client *client);
/* Gives an idle one a command to send. */
void client_give(struct client *client, const struct command *command);
/* Goes on where it can. */
void client_run(struct client *client);

/* For the gateway: that the client comes to it, the key of the record, who the session is, that the
 * command is sent, and what it tells; NULL: the connection broke. */
void client_meets(struct client *client, const struct gate *gate);
struct text client_key(const struct client *client);
struct uuid client_session(const struct client *client);
void client_sent(struct client *client, const struct gate *gate);
void client_told(struct client *client, const struct told *told);

#endif
