/* writer.h - one partition of one service: the loop that turns inputs into events.
 *
 *     writer_recover --> writer_claim --> writer_step --> writer_step --> ... any doubt: an error,
 *     reads its log      appends a claim,  reads, decides, appends,          and the process ends
 *     up to its end      reads it back     reads back
 *
 * Everything it needs of the world is in the `struct writer_world`: so tests and the simulation run
 * the same code on a log in memory with a clock of their own. One writer, one thread.
 */
#ifndef SERVICE_WRITER_H
#define SERVICE_WRITER_H
#include "eventlog/follower.h"
#include "service/landmark.h"
#include "service/service.h"

/* The world outside a writer. */
struct writer_world {
    struct log *log;
    struct landmark projected;          /* the last one that the projection has read */
    int64_t (*clock_us)(void *context); /* wall clock */
    void (*random)(void *context, void *ret_data, size_t size);
    bool (*stopping)(void *context); /* true: whatever waits for the log gives up; NULL: never */
    void *context;
    const char *attempts_path; /* file of the page that outlives the process; NULL: none */
    size_t piece_max;          /* struct place has it */
};

struct writer; /* laid out in internal.h only */

/* New writer of a partition; the caller frees it. `service` and what `world` names outlive it. */
struct writer *writer_new(const struct service *service, int32_t partition,
                          const struct writer_world *world) MUST_CHECK;
void writer_free(struct writer *writer);

/* Folds the partition's log from its first record, or from a snapshot's bytes (writer_snapshot),
 * to the end there was when it started; and checks the ground (R5).
 * ERR_LOG: writer_problem() says what does not fit. ERR_BUSY: the broker is away. ERR_POISON: the
 * snapshot is none; the writer is to be thrown away and a new one recovered without it.
 * ERR_TIMEOUT: it was asked to stop. */
enum err writer_recover(struct writer *writer, struct bytes snapshot) MUST_CHECK;

/* Claims the partition and reads the claim back (R2). ERR_FENCED: another claim was first. */
enum err writer_claim(struct writer *writer, int timeout_ms) MUST_CHECK;

/* Takes in what has come, waiting `timeout_ms` at most for something, decides, appends, and checks
 * what has been read back. *ret_decided: how many events were appended.
 * ERR_DOUBT, ERR_FENCED, ERR_LOG: the process has to end (R4); writer_problem() says why. */
enum err writer_step(struct writer *writer, int timeout_ms, size_t *ret_decided) MUST_CHECK;

/* While it drains, steps take in nothing new and decide nothing, they only read back. */
void writer_drain(struct writer *writer, bool drain);
/* True when everything appended has been read back. */
bool writer_settled(const struct writer *writer);
/* Appends the writer's whole state with where it stands to an empty buffer; writer_recover() takes
 * it once it has its hashes. CHECKs that the writer is settled. */
void writer_snapshot(const struct writer *writer, struct buffer *buffer);
/* Gives a snapshot its hashes. It needs no writer, so that another thread can; to hash takes as
 * long as to make the bytes. */
void writer_hash_snapshot(struct buffer *snapshot);
/* H(service state): equal for equal logs. */
struct hash writer_state_hash(const struct writer *writer);
/* The offset behind the last own record read. */
int64_t writer_offset(const struct writer *writer);
/* The service's state, to look at. */
const void *writer_state(const struct writer *writer);
/* What the last error was about, for people. */
const char *writer_problem(const struct writer *writer);

#endif
