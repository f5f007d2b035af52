/* timed.c - how long the database takes, as this side sees it. */
#include "db/internal.h"

#include "metrics/metrics.h"

#include <time.h>

void db_timed_begin(struct db *db)
{
    static const char *const NAMES[DB_TIMED] = {[DB_TIMED_QUERY] = "query",
                                                [DB_TIMED_BATCH] = "batch",
                                                [DB_TIMED_COPY] = "copy",
                                                [DB_TIMED_COMMIT] = "commit"};
    for (int i = 0; i < DB_TIMED; i++)
        db->seconds[i] =
            metrics_histogram("bourse_database_operation_seconds",
                              "From the call to the database's answer, whatever it was.",
                              METRICS_LABELS({"operation", NAMES[i]}), METRICS_BUCKETS_DATABASE);
}

int64_t db_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void db_timed(struct db *db, enum db_timed what, int64_t began_us)
{
    metrics_histogram_observe_e6(db->seconds[what], db_now_us() - began_us);
}
