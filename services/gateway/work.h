/* work.h - a bounded queue of work and a fixed number of threads that do it: for all that may wait,
 * which the HTTP threads must not.
 *
 * Owner    an item belongs to the queue from work_submit() until its `run` is called.
 * Thread   any.
 */
#ifndef GATEWAY_WORK_H
#define GATEWAY_WORK_H
#include "base/base.h"

struct db;
struct db_result;
struct work; /* laid out in work.c only */

/* Part of what is to be done. `run` gets the database connection of its thread, connected or not;
 * NULL where the threads have none. */
struct work_item {
    struct work_item *next;
    int64_t queued_ns; /* the queue's own */
    bool needed;       /* goes on with what was begun: is taken however many wait, however long */
    /* Adds what it asks the database to the batch of several items that were taken at once; `run`
     * finds the answer, or asks by itself where there is none. NULL: it is taken alone. */
    void (*ask)(struct work_item *item, struct db *db);
    bool behind; /* what is asked behind a batch was answered behind this */
    void (*run)(struct work_item *item, struct db *db);
};

/* What is asked at the end of each batch, and whom its answer is for. */
struct work_behind {
    enum err (*ask)(struct db *db, struct db_result *ret_rows);
    void (*answered)(void *context, const struct db_result *rows);
    void *context;
};

/* Starts `threads` threads behind a queue of at most `items_max`, and of what goes on with what was
 * begun, which takes nothing new while what is first in it has waited for `wait_max_ms` (0: ever):
 * whoever is told at once may go elsewhere, and nobody waits for an answer that comes too late.
 * Each thread has a database connection of its own where `conninfo` is not NULL. The caller stops
 * and frees it. */
struct work *work_start(unsigned threads, size_t items_max, uint32_t wait_max_ms,
                        const char *conninfo) MUST_CHECK;
/* Has items that have `ask` asked in batches, with this behind them; before the first is queued. */
void work_ask_together(struct work *work, struct work_behind behind);
/* Takes nothing more, lets the queue run empty and ends the threads. NULL does nothing. */
void work_stop(struct work *work);
/* Frees what has been stopped. NULL does nothing. */
void work_free(struct work *work);

/* Queues an item. False: the queue is full, too slow or stopped, one that is needed only where it
 * is stopped; and the item is still the caller's. */
bool work_submit(struct work *work, struct work_item *item) MUST_CHECK;

#endif
