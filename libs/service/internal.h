/* internal.h - the inside of a writer, shared by writer.c, step.c, answer*.c and snapshot.c. */
#ifndef SERVICE_INTERNAL_H
#define SERVICE_INTERNAL_H
#include "eventlog/kept.h"
#include "service/attempts.h"
#include "service/memory.h"
#include "service/spans.h"
#include "service/writer.h"

enum {
    ARENA_SIZE = 256 << 20,           /* of one decision: a bounded event and its copies */
    EXPECTED_MAX = 1 << 16,           /* events appended and not read back */
    EXPECTED_HIGH = EXPECTED_MAX / 2, /* from here on inputs are held back, and what is due waits */
    RECENT_VALUE_MAX = 16384,         /* of an own record that is kept until it is read back */
    WAITING_MAX = 4096,               /* inputs that wait for others */
    REQUEST_SIZE_MAX = 16384,         /* of a command kept in the event that answers it */
    COMMAND_SIZE_MAX = 256 << 10, /* more than a gateway sends, whose bodies have 64 KiB at most */
    COMMAND_KEY_MAX = 256,
    AFTER_WAIT_MAX_US = 2000000 /* how long a command waits for what its caller has seen */
};

/* An input as it came: borrowed from the follower, or owned while it waits. */
struct arrival {
    char topic[48];
    int32_t partition;
    int64_t offset;
    int64_t arrived_us;
    struct bytes key, value;
    struct hash hash;           /* of the record */
    bool is_event;              /* of a followed partition; otherwise a command */
    enum service_id source;     /* of an event */
    struct fold_state fold;     /* of an event's partition, behind it */
    struct trace_context trace; /* of an event */
};

/* The run of followed events that the next decision answers. */
struct run {
    struct event *events;
    const struct event **pointers;
    struct source *sources;
    struct arrival *arrivals;
    size_t count;
    struct arena *arena; /* holds the events' bytes */
};

struct writer {
    const struct service *service;
    struct writer_world world;
    struct place place;
    struct follower *follower;
    struct log_writer *out;
    void *state;
    struct memory *memory;
    struct attempts *attempts;
    struct fold *own; /* what has been read back */
    struct kept last; /* own record; a snapshot wants its hash */
    bool owner;

    /* Where the log will be when all that was appended has landed. */
    struct fold_state ahead;
    int64_t ahead_occurred_at;
    int64_t claimed_us;    /* the clock at the append of the claim */
    int64_t clock_count;   /* TimePassed inputs answered */
    struct hash *expected; /* ring of the heads behind each event not read back yet */
    size_t expected_first, expected_count;
    int64_t expected_since_us;
    struct fold_appended *recent; /* ring of own records, by wseq: copies of them are recognised */

    struct arrival *waiting;
    size_t waiting_count;
    bool commands_paused, inputs_paused, draining;
    struct run run;
    struct arena *arena; /* of one decision */
    struct buffer value;
    struct command command;
    struct event event;
    struct event applied; /* the same, from its bytes */
    size_t decided;       /* since writer_step began */
    struct spans spans;
    char problem[640];
};

/* Keeps a sentence for writer_problem() and returns `err`. */
enum err writer_fail(struct writer *writer, enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* True when the world asks it to give up waiting. */
bool writer_stopping(const struct writer *writer);
/* Log time now: the clock, never before the last event. */
int64_t writer_now_us(const struct writer *writer);
/* Sets a new writer on a snapshot's state. ERR_POISON: it is none of this partition. */
enum err writer_restore(struct writer *writer, struct bytes snapshot);
/* Applies a valid event to state and memory. */
void writer_apply(struct writer *writer, const struct event *event);
/* What the fold says of a record of the own partition, and what follows from it (R3, R4). */
enum err writer_own_record(struct writer *writer, const struct followed *followed);

/* H(cause): what ids in this partition's answer to a record are made from; a tick of the clock has
 * no record, so the log's incarnation tells one venue's ids from another's. */
void writer_make_seed(struct uuid incarnation, const struct place *place,
                      const struct arrival *arrival, uint8_t ret_seed[32]);
/* The arrival as the cause of an event. */
struct cause_run writer_cause_of(const struct arrival *arrival);
/* Appends `event` as the answer to `causes`; the rest of its meta is filled in. */
enum err writer_append(struct writer *writer, struct event *event, const struct cause_run *causes,
                       size_t causes_count, const uint8_t id_seed[32], int64_t now_us);

/* What an answer to a command says of the command. */
void writer_inherit(struct event_meta *meta, const struct command *command);
/* Answers the commands that were deleted before they were read, where an operator has said that
 * they are lost; *ret_behind is then what to read behind. ERR_NOT_FOUND: none are missing. ERR_LOG:
 * some are, and nobody has said so. */
enum err writer_answer_lost(struct writer *writer, struct fold_source *ret_behind) MUST_CHECK;

/* Answers a command, or says that it has to wait for what its caller has seen. */
enum err writer_answer_command(struct writer *writer, const struct arrival *arrival,
                               bool *ret_waits);
/* Adds a followed event to the run, or says that it has to wait for a read-back. */
enum err writer_take_event(struct writer *writer, const struct arrival *arrival, bool *ret_waits);
/* Answers the run, if there is one, behind all that is due by then. It stays where that has to wait
 * for the log to be read back. */
enum err writer_answer_run(struct writer *writer);
/* Answers that time has passed for as long as something is due at `now_us`: one event each. No
 * input is decided at a time while that is due at it, so that nothing is late in the log. *ret_due:
 * too much is not read back yet, and more is due. */
enum err writer_answer_time(struct writer *writer, int64_t now_us, bool *ret_due);

#endif
