/* bourse audit export: the event topics as files, for who wants to verify them elsewhere. */
#include "cli/cli.h"
#include "eventlog/copy.h"
#include "eventlog/follower.h"
#include "eventlog/range.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Audit first: its newest signed heads are then in what is read of the others later. */
static const enum service_id ORDER[] = {SERVICE_AUDIT, SERVICE_ACCOUNTS, SERVICE_ORDERS,
                                        SERVICE_SETTINGS, SERVICE_DESK};
_Static_assert(COUNT_OF(ORDER) == SERVICES, "every log is copied");

/* A file that a partition is being copied into. */
struct copying {
    FILE *file;
    int64_t count;
};

static enum err add_record(void *context, const struct log_record *record)
{
    struct copying *copying = context;
    copying->count++;
    return log_copy_add(copying->file, record);
}

/* Every record of a partition up to the end that it has now, whether it counts or not. */
static enum err copy_records(struct log *log, const struct log_copy_place *place,
                             struct copying *copying, char ret_problem[RANGE_PROBLEM_SIZE])
{
    int64_t start = 0, end = 0;
    const char *topic = log_copy_topic(place);
    enum err err = log_ends(log, topic, place->partition, &start, &end);
    if (err == OK)
        err =
            range_read(log, topic, place->partition, start, end, add_record, copying, ret_problem);
    return err;
}

static int copy_partition(struct log *log, enum service_id service, int32_t partition,
                          const char *folder)
{
    char name[LOG_COPY_NAME_SIZE], path[PATH_MAX], problem[RANGE_PROBLEM_SIZE] = "";
    const struct log_copy_place place = {.service = service, .partition = partition};
    log_copy_name(&place, name);
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
        return cli_fail("the folder's name is too long");
    struct copying copying = {.file = fopen(path, "wxe")};
    if (copying.file == NULL)
        return cli_fail("cannot make %s: %s", path, strerror(errno));
    enum err err = log_copy_begin(copying.file, &place);
    if (err == OK)
        err = copy_records(log, &place, &copying, problem);
    if (fclose(copying.file) != 0 && err == OK)
        err = ERR_BUSY;
    if (err != OK)
        return cli_fail("cannot copy %s/%d: %s", service_name(service), partition,
                        problem[0] == '\0' ? err_text(err) : problem);
    printf("%s: %lld records\n", name, (long long)copying.count);
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
