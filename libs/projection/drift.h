/* drift.h - whether the live tables say what the log says: some of their rows, made again from the
 * first event and held against them, pass after pass.
 *
 *     drift_step --> drift_step --> ... --> a pass is over, with what was found
 *     picks keys     reads the log from     holds the rows of those keys against the tables, at
 *                    the first record on,   exactly one position of each partition, in a snapshot
 *                    by project()
 *
 * Sample   a pass keeps the rows whose keys hash into its share, some DRIFT_ROWS of all tables; the
 *          next one takes the next share, so that in time every key has had its turn.
 * Covers   every column that the projection sets, but those that are sealed in the log: what they
 *          say ends with their keys. A row that is missing or says something else is found; one
 *          that the log has never heard of is not, but by a rebuild's comparison (rebuild.h).
 * Cost     reading and projecting the whole log once a pass, at the pace of whoever calls; then one
 *          look at each row. Memory for the rows of the share, and for what is read ahead.
 * Thread   one owner; `world.log` may be another one's too.
 */
#ifndef PROJECTION_DRIFT_H
#define PROJECTION_DRIFT_H
#include "projection/projector.h"

struct drift; /* laid out in drift.c only */

enum { DRIFT_ROWS = 4096, DRIFT_ROW_SIZE = 256 };

/* What a pass has found. */
struct drift_report {
    int64_t rows;                 /* held against the tables */
    int64_t rows_apart;           /* of those, missing there or saying something else */
    char example[DRIFT_ROW_SIZE]; /* one of these: its table, and the column or "missing" */
};

/* New; connects at its first step. Of `world` it needs the log and the database. */
struct drift *drift_new(const struct projector_world *world, enum service_id service,
                        const struct projection *projection) MUST_CHECK;
void drift_free(struct drift *drift);

/* Goes on for a batch, waiting `timeout_ms` at most for records. *ret_ended: a pass is over, and
 * *ret_report set. Any error gives the pass up, and the next step begins it again; as of
 * projector_step(), ERR_NOT_FOUND: there are no live tables yet. */
enum err drift_step(struct drift *drift, int timeout_ms, bool *ret_ended,
                    struct drift_report *ret_report) MUST_CHECK;
/* What the last error was about, for people. */
const char *drift_problem(const struct drift *drift);

#endif
