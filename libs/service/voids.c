#include "service/voids.h"

#include "log/log.h"
#include "metrics/metrics.h"
#include "service/clock.h"

enum { TOLD_EVERY_US = 60 * 1000000 };

static struct metrics_counter *counters[FOLD_VOIDS];
static struct voids last;

void voids_begin(enum service_id service)
{
    for (int why = 0; why < FOLD_VOIDS; why++)
        counters[why] = metrics_counter(
            "bourse_log_void_records_total", "Records of the log that do not count.",
            METRICS_LABELS({"topic", follower_events_topic(service)},
                           {"reason", fold_void_name((enum fold_void)why)}));
}

/* Where the runbook says what to do; NULL: nothing is. */
static const char *todo_of(enum fold_void why)
{
    switch (why) {
    case FOLD_VOID_UNREADABLE:
    case FOLD_VOID_MISPLACED:
    case FOLD_VOID_OTHER_LOG:
        return "find out who writes to the topic: docs/runbooks/alerts.md, BourseLogForeignRecords";
    case FOLD_VOID_LOST:
        return "find out what is missing: docs/runbooks/alerts.md, BourseLogRecordsLost";
    case FOLD_VOID_LATE:
    case FOLD_VOID_COPY:
    case FOLD_VOID_POISONED:
    case FOLD_VOIDS: break;
    }
    return NULL;
}

bool voids_due(struct voids *voids, enum fold_void why, int64_t now_us, uint64_t *ret_untold)
{
    if (todo_of(why) == NULL)
        return false;
    if (voids->told[why] && now_us - voids->told_us[why] < TOLD_EVERY_US) {
        voids->untold[why]++;
        return false;
    }
    *ret_untold = voids->untold[why];
    voids->told[why] = true;
    voids->told_us[why] = now_us;
    voids->untold[why] = 0;
    return true;
}

void voids_take(const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    enum fold_void why = followed->fold->why;
    uint64_t untold = 0;
    metrics_counter_add(counters[why], 1);
    if (voids_due(&last, why, clock_boot_us(), &untold))
        log_warn("log.void_record", LOG_TEXT("topic", record->topic),
                 LOG_I64("partition", record->partition), LOG_I64("offset", record->offset),
                 LOG_STR("reason", fold_void_name(why)), LOG_STR("problem", followed->fold->reason),
                 LOG_U64("untold", untold), LOG_STR("todo", todo_of(why)));
}
