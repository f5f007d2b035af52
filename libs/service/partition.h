/* partition.h - a partition that this process owns: a thread with a writer in it, and now and then
 * one beside it that stores a snapshot, or asks the database what has been projected.
 *
 *     partition_start --> recovering --> claiming --> owner --partition_stop--> ended
 *                              +------------+-----------+--any doubt--> failed: the process ends
 */
#ifndef SERVICE_PARTITION_H
#define SERVICE_PARTITION_H
#include "db/db.h"
#include "service/writer.h"

struct partition; /* laid out in partition.c only */

/* What all partitions of a process share. */
struct partition_world {
    struct log *log;
    const char *pg;        /* where snapshots are kept, and positions; NULL: none are */
    const char *state_dir; /* where the attempts pages are; NULL: none */
};

/* Starts the thread of a partition; the caller stops it. What `world` names outlives it. */
struct partition *partition_start(const struct service *service, int32_t number,
                                  const struct partition_world *world) MUST_CHECK;
/* Tells it to take in nothing more; does not wait. */
void partition_ask_to_stop(struct partition *partition);
/* Lets it read back what it has appended, for 3 s at most, and frees it: what the broker has not
 * confirmed by then the next owner finds in the log or decides again. */
void partition_stop(struct partition *partition);
int32_t partition_number(const struct partition *partition);
/* True when it decides. */
bool partition_is_owner(const struct partition *partition);
/* What ended it, where only a new process can mend that (R4), or an operator; else OK. */
enum err partition_failure(const struct partition *partition);

#endif
