/* bourse events tail and replay: what the topics say, folded, a line an event. */
#include "cli/cli.h"
#include "cli/events.h"

#include <string.h>

enum { POLL_MS = 200, AWAY_POLLS_MAX = 150 };

struct tail {
    struct events_query query;
    enum service_id service;
    struct log *log;
    struct follower *follower;
    struct events_printer printer;
    int32_t partitions, open;            /* those that are read, and still asked for */
    bool ended[EVENTS_PARTITIONS_MAX];   /* nothing more of it is asked for */
    int64_t ends[EVENTS_PARTITIONS_MAX]; /* of the log at the start */
};

static bool is_read(const struct tail *tail, int32_t partition)
{
    return tail->query.only_partition < 0 || tail->query.only_partition == partition;
}

static int follow_partitions(struct tail *tail)
{
    const char *topic = follower_events_topic(tail->service);
    enum err err = log_partition_count(tail->log, topic, &tail->partitions);
    if (err != OK)
        return cli_fail("cannot read %s: %s", topic,
                        err == ERR_NOT_FOUND ? "there is none; run `bourse init`"
                                             : "the broker does not answer");
    if (tail->query.only_partition >= tail->partitions)
        return cli_fail("%s has %d partitions: there is no %d", topic, tail->partitions,
                        tail->query.only_partition);
    CHECK(tail->partitions <= EVENTS_PARTITIONS_MAX);
    for (int32_t i = 0; i < tail->partitions; i++) {
        int64_t start = 0;
        if (!is_read(tail, i))
            continue;
        err = log_ends(tail->log, topic, i, &start, &tail->ends[i]);
        if (err == OK)
            err = follower_begin(tail->follower, tail->service, i);
        if (err != OK)
            return cli_fail("cannot read %s/%d: %s", topic, i, err_text(err));
        tail->ended[i] = !tail->query.follows && tail->ends[i] == 0;
        tail->open += !tail->ended[i];
    }
    return CLI_OK;
}

/* Prints a record where it is asked for, and sees whether it was the last of its partition. */
static enum err take(struct tail *tail, const struct followed *followed)
{
    const struct events_query *query = &tail->query;
    int32_t partition = followed->record.partition;
    int64_t end = tail->ends[partition];
    if (tail->ended[partition])
        return OK;
    bool within = events_before(&query->to, end, followed);
    tail->ended[partition] = !within || (!query->follows && followed->record.offset + 1 >= end);
    tail->open -= tail->ended[partition];
    if (!within || events_before(&query->from, end, followed) || !events_wanted(query, followed))
        return OK;
    return events_print(&tail->printer, followed);
}

static int read_on(struct tail *tail)
{
    int away = 0;
    while (tail->printer.count < tail->query.count_max && tail->open > 0) {
        struct followed followed;
        enum err err = follower_poll(tail->follower, POLL_MS, &followed);
        if (err == ERR_LOG)
            return cli_fail("%s", follower_problem(tail->follower));
        if (err == ERR_BUSY && ++away > AWAY_POLLS_MAX)
            return cli_fail("the broker does not answer");
        if (err != OK) {
            if (fflush(stdout) != 0)
                return CLI_FAILED; /* nobody reads any more */
            continue;
        }
        away = 0;
        if (take(tail, &followed) != OK)
            return CLI_FAILED;
    }
    return CLI_OK;
}

static int run_tail(struct tail *tail)
{
    for (int s = 0; s < SERVICES; s++) {
        if (tail->query.services[s])
            tail->service = (enum service_id)s;
    }
    tail->follower = follower_open(tail->log, LOG_PROMPT);
    int status = follow_partitions(tail);
    if (status == CLI_OK)
        status = read_on(tail);
    follower_close(tail->follower);
    return status;
}

static enum err print_one(void *context, const struct followed *followed)
{
    return events_print(context, followed);
}

static int run_replay(struct tail *tail)
{
    char problem[EVENTS_PROBLEM_SIZE];
    if (events_replay(tail->log, &tail->query, print_one, &tail->printer, problem) == OK)
        return CLI_OK;
    return problem[0] == '\0' ? CLI_FAILED : cli_fail("%s", problem);
}

static int run(int argc, char **argv, bool replays)
{
    static struct tail tail;
    struct config config;
    int status = events_parse(argc, argv, replays, &tail.query);
    if (status != CLI_OK)
        return status;
    if (!cli_config(PROCESS_CLI, &config))
        return CLI_FAILED;
    if (!cli_open_log(&config, &tail.log)) {
        config_free(&config);
        return CLI_FAILED;
    }
    events_printer_init(&tail.printer, &tail.query, stdout);
    status = replays ? run_replay(&tail) : run_tail(&tail);
    if (fflush(stdout) != 0)
        status = CLI_FAILED;
    events_printer_free(&tail.printer);
    log_close(tail.log);
    config_free(&config);
    return status;
}

int cli_events_tail(int argc, char **argv)
{
    return run(argc, argv, false);
}

int cli_events_replay(int argc, char **argv)
{
    return run(argc, argv, true);
}
