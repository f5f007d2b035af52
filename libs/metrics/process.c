#include "metrics/process.h"

#include "log/log.h"
#include "metrics/metrics.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static uint64_t lines_logged(void *argument)
{
    return log_count((enum log_level)(uintptr_t)argument);
}

static uint64_t lines_lost(void *argument)
{
    (void)argument;
    return log_lost();
}

/* Bytes of memory that are the process's now; 0: it is not known. */
static int64_t resident_bytes(void *argument)
{
    (void)argument;
    long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    bool read = fscanf(file, "%lld %lld", &size, &resident) == 2;
    (void)fclose(file);
    return read ? resident * sysconf(_SC_PAGESIZE) : 0;
}

void metrics_process(const char *version)
{
    struct metrics_gauge *info = metrics_gauge("bourse_build_info", "What runs: always 1.",
                                               METRICS_LABELS({"version", version}));
    metrics_gauge_set(info, 1);
    struct metrics_gauge *began = metrics_gauge(
        "process_start_time_seconds", "When the process began, since 1970.", METRICS_NO_LABELS);
    metrics_gauge_set(began, (int64_t)time(NULL));
    metrics_gauge_from("process_resident_memory_bytes", "Memory that is the process's now.",
                       METRICS_NO_LABELS, resident_bytes, NULL);
    for (int level = 0; level < LOG_LEVELS; level++)
        metrics_counter_from("bourse_log_messages_total", "Lines logged.",
                             METRICS_LABELS({"level", log_level_name((enum log_level)level)}),
                             lines_logged, (void *)(uintptr_t)level);
    metrics_counter_from("bourse_log_lines_lost_total", "Lines that could not be written.",
                         METRICS_NO_LABELS, lines_lost, NULL);
}
