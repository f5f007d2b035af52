/* progress.h - how far the projections have got, and those who wait for them.
 *
 * A thread of its own LISTENs to what the projectors say with each batch, and reads the whole table
 * of positions at the start and after each loss of the connection.
 *
 * Thread   any.
 */
#ifndef GATEWAY_PROGRESS_H
#define GATEWAY_PROGRESS_H
#include "gateway/waiters.h"

struct db;
struct db_result;
struct progress; /* laid out in progress.c only */

/* Starts it over the database of `conninfo`. The caller stops it. */
struct progress *progress_start(const char *conninfo,
                                const int32_t partition_counts[SERVICES]) MUST_CHECK;
/* Ends the thread; those who still wait are told that it is too late. NULL does nothing. */
void progress_stop(struct progress *progress);

/* Has the projections of `waiter->services` waited for; `ready` is called at once where nothing is
 * missing. */
void progress_await(struct progress *progress, struct waiter *waiter);
/* Asks the database how far the projections are, so that whatever was read on this connection
 * before is known to be there, ahead of the projectors' own word. Errors as db_query. */
enum err progress_look(struct progress *progress, struct db *db) MUST_CHECK;
/* The same at the end of a batch: adds the question, then learns from the answer. As work.h takes
 * them: the context is a struct progress. */
enum err progress_ask(struct db *db, struct db_result *ret_rows) MUST_CHECK;
void progress_learn(void *context, const struct db_result *rows);
/* The offset that the projection of a partition has reached of its own events; -1: none yet. */
int64_t progress_offset(struct progress *progress, enum service_id service, int32_t partition);
/* Adds how far the projections of `services` have got: what their reader is shown. */
void progress_shown(struct progress *progress, uint32_t services, struct shown *shown);
/* Whether the positions were read and the connection stands. */
bool progress_connected(struct progress *progress);

#endif
