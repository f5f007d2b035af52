/* bourse audit export: the event topics as files, for who wants to verify them elsewhere. */
#include "cli/cli.h"
#include "eventlog/copy.h"
#include "eventlog/follower.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { POLL_MS = 200, AWAY_POLLS_MAX = 150 };

/* Audit first: its newest signed heads are then in what is read of the others later. */
static const enum service_id ORDER[] = {SERVICE_AUDIT, SERVICE_ACCOUNTS, SERVICE_ORDERS,
                                        SERVICE_SETTINGS, SERVICE_DESK};
_Static_assert(COUNT_OF(ORDER) == SERVICES, "every log is copied");

/* Every record of a partition up to the end that it has now, whether it counts or not. */
static enum err copy_records(struct log *log, const char *topic, int32_t partition, FILE *file,
                             int64_t *ret_count)
{
    int64_t start = 0, end = 0, next = 0;
    const char *problem = NULL;
    int away = 0;
    *ret_count = 0;
    enum err err = log_ends(log, topic, partition, &start, &end);
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    if (err == OK)
        err = log_reader_assign(reader, topic, partition, start, &problem);
    next = start;
    while (err == OK && next < end && away < AWAY_POLLS_MAX) {
        struct log_record record;
        err = log_reader_poll(reader, POLL_MS, &record, &problem);
        away = err == OK ? 0 : away + 1;
        if (err == OK && record.offset < end)
            err = log_copy_add(file, &record);
        else if (err == ERR_TIMEOUT || err == ERR_BUSY)
            err = OK;
        if (away == 0) {
            next = record.offset + 1;
            ++*ret_count;
        }
    }
    log_reader_close(reader);
    return err == OK && away == AWAY_POLLS_MAX ? ERR_TIMEOUT : err;
}

static int copy_partition(struct log *log, enum service_id service, int32_t partition,
                          const char *folder)
{
    char name[LOG_COPY_NAME_SIZE], path[PATH_MAX];
    int64_t count = 0;
    log_copy_name(service, partition, name);
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
        return cli_fail("the folder's name is too long");
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        return cli_fail("cannot make %s: %s", path, strerror(errno));
    enum err err = log_copy_begin(file, service, partition);
    if (err == OK)
        err = copy_records(log, follower_events_topic(service), partition, file, &count);
    if (fclose(file) != 0 && err == OK)
        err = ERR_BUSY;
    if (err != OK)
        return cli_fail("cannot copy %s/%d: %s", service_name(service), partition, err_text(err));
    printf("%s: %lld records\n", name, (long long)count);
    return CLI_OK;
}

static int copy_service(struct log *log, enum service_id service, const char *folder)
{
    int32_t partitions = 0;
    int status = CLI_OK;
    if (log_partition_count(log, follower_events_topic(service), &partitions) != OK)
        return cli_fail("cannot read %s: the broker does not answer, or there is none",
                        follower_events_topic(service));
    for (int32_t p = 0; p < partitions && status == CLI_OK; p++)
        status = copy_partition(log, service, p, folder);
    return status;
}

int cli_audit_export(int argc, char **argv)
{
    struct config config;
    struct log *log = NULL;
    int status = CLI_OK;
    if (argc != 2)
        return cli_usage("audit export takes the folder to make; -h says more");
    if (mkdir(argv[1], 0700) != 0 && errno != EEXIST)
        return cli_fail("cannot make %s: %s", argv[1], strerror(errno));
    if (!cli_config(PROCESS_CLI, &config))
        return CLI_FAILED;
    if (!cli_open_log(&config, &log))
        status = CLI_FAILED;
    for (size_t i = 0; i < COUNT_OF(ORDER) && status == CLI_OK; i++)
        status = copy_service(log, ORDER[i], argv[1]);
    log_close(log);
    config_free(&config);
    return status;
}
