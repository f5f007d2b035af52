/* service.h - the shell of every service: recover, claim, follow, decide, append, read back.
 *
 * A service is a row of pure functions; service_main() gives them an instance's partitions, time
 * and inputs, and keeps rules R1-R15 of PROTOCOL.md for them. One thread runs a partition, alone
 * with its state.
 */
#ifndef SERVICE_H
#define SERVICE_H
#include "base/buffer.h"
#include "decision/decision.h"
#include "eventlog/log.h"

struct config;
struct projection;

struct service {
    enum service_id id;
    const enum service_id *follows; /* whose events are inputs */
    size_t follows_count;
    size_t run_max;     /* followed events that one decision may answer at most */
    bool takes_heads;   /* what it decides by the clock is about the heads of all partitions */
    enum log_pace pace; /* LOG_GATHERING where nobody waits for it within milliseconds */

    /* The state of an empty log at `place`, which outlives it. The caller frees it. */
    void *(*state_new)(const struct place *place);
    void (*state_free)(void *state);

    /* One input, one event: sets kind, key, own fields and touches of *ret_event, which comes
     * zeroed. Texts and arrays may point into the input, the state or the arena. A followed event
     * that says nothing to this service CHECKs: it should not have touched it. */
    void (*decide)(const void *state, const struct input *input, struct arena *arena,
                   struct event *ret_event);

    /* What happened, happened: accepts every event of the service's own log that was ever valid,
     * LogCreated and CommandRejected included, and copies what it keeps. */
    void (*apply)(void *state, const struct event *event);

    /* Log time at which decide() wants to hear that time has passed; INT64_MAX: never.
     * NULL: the service never waits for time. */
    int64_t (*due_us)(const void *state);

    /* The state as bytes, the same for equal states, and back into a state just made.
     * ERR_POISON: not such bytes; the state is then to be thrown away. */
    void (*save)(const void *state, struct buffer *buffer);
    enum err (*load)(void *state, struct bytes bytes);

    const struct projection *projection;

    /* Counts what the events that the projector reads say of the venue; an event that is read again
     * counts again. NULL: it counts nothing. */
    void (*observe)(const struct event *event);

    /* Sends out of the venue what its events ask for (R16), until asked to stop. An error: what
     * ended it. NULL: nothing leaves. */
    enum err (*deliver)(const struct config *config);
    int deliver_process; /* whose settings it reads: enum process of config.h */
};

/* Opens the log that the settings name, as who they say that this process is. Not OK: logged. */
enum err service_open_log(const struct config *config, struct log **ret_log) MUST_CHECK;

/* Runs the program of a service: its writer, with `--project` its projector, with `--deliver` what
 * sends; `--check-config` prints the settings and ends. Returns the exit status. */
int service_main(const struct service *service, int argc, char **argv);

#endif
