/* gate.h - a gateway without HTTP: sends clients' commands, follows all event logs through the fold
 * and tells clients what came of them, as services/gateway/{command,answers,replay}.c do. Its
 * tables of who waits and of who has been shown what are the real gateway's own.
 *
 * Its journal stands for the projections that a real gateway asks: the first answer to each command
 * that it has read, from the log's beginning.
 */
#ifndef SIM_GATE_H
#define SIM_GATE_H
#include "eventlog/follower.h"
#include "evidence.h"
#include "gateway/pending.h"
#include "gateway/shown.h"
#include "weather.h"

struct client;
struct journal_entry;
struct sim;

/* What a client is told. */
struct told {
    enum evidence_outcome outcome;
    struct evidence_position answer;
    const char *kind; /* static */
    char code[40];
    struct uuid approval_id; /* of a request that waits for a second person; nil: none does */
    bool replayed;
    struct shown shown; /* what whoever is told this has been shown */
};

struct gate {
    struct weather_owner owner;
    struct sim *sim;
    int number;
    uint32_t lives;
    char instance[24]; /* of this life */
    bool up;
    int64_t start_us;
    int64_t clock_off_us;
    struct follower *follower; /* NULL: not placed yet */
    struct log_writer *out;
    struct pending *pending;
    struct shown_store *shown;
    struct journal_entry *journal; /* by command id */
    char problem[512];
};

void gate_init(struct gate *gate, struct sim *sim, int number);
/* Kills it and gives back what it has. */
void gate_destroy(struct gate *gate);
/* It dies; those who wait find their connections broken. */
void gate_kill(struct gate *gate);
/* Starts it where it is down, reads on, answers. */
void gate_run(struct gate *gate);

/* Sends a client's command under a fresh id. ERR_BUSY: it is down or has not read what the client
 * was shown, nothing was sent. ERR_FULL: it has refused. */
enum err gate_send(struct gate *gate, struct client *client) MUST_CHECK;
/* What has become of a client's command. False: its journal does not know. */
bool gate_ask(struct gate *gate, const struct client *client, struct told *ret_told);

#endif
