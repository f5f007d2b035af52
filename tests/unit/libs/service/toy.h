/* toy.h - the smallest service there can be, to run the shell with: it adds up deposits. One of the
 * asset BEL sets a clock instead, which strikes so many times, a second after it. */
#ifndef TOY_H
#define TOY_H
#include "eventlog/log_memory.h"
#include "service/writer.h"

extern const struct service TOY;

/* Deposits added up, and events applied. A deposit's notes are the bytes of `deposits` before it,
 * which apply() changes before it looks at them. */
struct toy {
    int64_t sum_e8;
    int64_t events;
    int64_t deposits;
    int64_t last_notes;
    int64_t strikes_left, strikes,
        struck_us; /* struck_us: when the next is due, then when it was */
};

/* A log in memory with all topics, `partitions` each, and LogCreated in every event partition. */
struct log *toy_log(int32_t partitions);
/* A world over that log, whose clock, and the log's, stands still unless `*clock_us` is moved. */
struct writer_world toy_world(struct log *log, int64_t *clock_us);
/* A writer of partition 0 that has recovered and claimed. */
struct writer *toy_writer(const struct writer_world *world);
/* The deposit command number `number` of `amount_e8`, of an account in partition 0 of 1. */
struct command toy_deposit(uint8_t number, int64_t amount_e8, int64_t now_us);
/* The same that sets the clock to strike so many times. */
struct command toy_bell(uint8_t number, int64_t strikes, int64_t now_us);
/* Appends a command to the toy's command topic. */
void toy_send(struct log *log, struct command *command);
/* Steps until nothing comes any more and everything is read back. */
void toy_run(struct writer *writer);
/* The kinds of the valid events of partition 0, oldest first; how many. */
size_t toy_kinds(struct log *log, enum event_kind *ret_kinds, size_t kinds_max);

#endif
