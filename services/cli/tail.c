/* bourse events tail: the events of a topic, folded, as JSON lines. */
#include "cli/cli.h"
#include "eventlog/follower.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 200, AWAY_POLLS_MAX = 150, LINE_SIZE_MAX = 64 << 20, PARTITIONS_MAX = 1024 };

struct tail {
    enum service_id service;
    int32_t only_partition; /* -1: all */
    int64_t from_offset;    /* -1: the end */
    int64_t count_max;
    bool follow, all;

    struct log *log;
    struct follower *follower;
    struct event event;
    struct buffer line;
    int64_t printed;
    int32_t partitions;
    int64_t ends[PARTITIONS_MAX]; /* of the log at the start */
};

/* --- arguments --- */

static bool parse_topic(const char *name, struct tail *tail)
{
    return follower_topic_service(text_of(name), &tail->service) == OK ||
           service_named(text_of(name), &tail->service) == OK;
}

static bool parse_from(const char *text, struct tail *tail)
{
    if (strcmp(text, "beginning") == 0)
        return true;
    if (strcmp(text, "end") == 0) {
        tail->from_offset = -1;
        tail->follow = true;
        return true;
    }
    return cli_number(text, INT64_MAX - 1, &tail->from_offset);
}

static int parse_option(int option, struct tail *tail)
{
    int64_t partition = 0;
    switch (option) {
    case 'f':
        return parse_from(optarg, tail)
                   ? CLI_OK
                   : cli_usage("--from takes beginning, end or an offset, not '%s'", optarg);
    case 'n':
        return cli_number(optarg, INT64_MAX, &tail->count_max)
                   ? CLI_OK
                   : cli_usage("-n takes a number, not '%s'", optarg);
    case 'p':
        if (!cli_number(optarg, PARTITIONS_MAX - 1, &partition))
            return cli_usage("--partition takes a number, not '%s'", optarg);
        tail->only_partition = (int32_t)partition;
        return CLI_OK;
    case 'F': tail->follow = true; return CLI_OK;
    case 'a': tail->all = true; return CLI_OK;
    case 'j': return CLI_OK;
    default: return CLI_USAGE; /* getopt has said why */
    }
}

static int parse(int argc, char **argv, struct tail *tail)
{
    static const struct option OPTIONS[] = {
        {"from", required_argument, NULL, 'f'}, {"partition", required_argument, NULL, 'p'},
        {"follow", no_argument, NULL, 'F'},     {"all", no_argument, NULL, 'a'},
        {"json", no_argument, NULL, 'j'},       {NULL, 0, NULL, 0}};
    int option;
    int status = CLI_OK;
    while (status == CLI_OK && (option = getopt_long(argc, argv, "n:", OPTIONS, NULL)) != -1)
        status = parse_option(option, tail);
    if (status != CLI_OK)
        return status;
    if (optind + 1 != argc)
        return cli_usage("events tail takes one topic; -h says more");
    if (!parse_topic(argv[optind], tail))
        return cli_usage("'%s' is no topic of events: give bourse.accounts.events, or one of %s",
                         argv[optind], service_names());
    return CLI_OK;
}

/* --- following --- */

static int follow_partitions(struct tail *tail)
{
    const char *topic = follower_events_topic(tail->service);
    enum err err = log_partition_count(tail->log, topic, &tail->partitions);
    if (err != OK)
        return cli_fail("cannot read %s: %s", topic,
                        err == ERR_NOT_FOUND ? "there is none; run `bourse init`"
                                             : "the broker does not answer");
    if (tail->only_partition >= tail->partitions)
        return cli_fail("%s has %d partitions: there is no %d", topic, tail->partitions,
                        tail->only_partition);
    CHECK(tail->partitions <= PARTITIONS_MAX);
    for (int32_t i = 0; i < tail->partitions; i++) {
        int64_t start = 0;
        if (tail->only_partition >= 0 && tail->only_partition != i)
            continue;
        err = log_ends(tail->log, topic, i, &start, &tail->ends[i]);
        if (err == OK)
            err = follower_begin(tail->follower, tail->service, i);
        if (err != OK)
            return cli_fail("cannot read %s/%d: %s", topic, i, err_text(err));
    }
    return CLI_OK;
}

/* True when everything up to the ends found at the start has been read. */
static bool at_the_end(const struct tail *tail)
{
    for (int32_t i = 0; i < tail->partitions; i++) {
        if ((tail->only_partition < 0 || tail->only_partition == i) &&
            follower_fold(tail->follower, tail->service, i)->next_offset < tail->ends[i])
            return false;
    }
    return true;
}

static bool is_wanted(const struct tail *tail, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    int64_t from = tail->from_offset >= 0 ? tail->from_offset : tail->ends[record->partition];
    return record->offset >= from && (followed->verdict != FOLD_INERT || tail->all);
}

/* The record as one line: where it stands, then the event as event_json() has it. */
static void print(struct tail *tail, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct buffer *line = &tail->line;
    buffer_reset(line);
    buffer_string(line, "{\"topic\":");
    buffer_json_string(line, record->topic);
    buffer_printf(line, ",\"partition\":%d,\"offset\":%" PRId64 ",\"key\":", record->partition,
                  record->offset);
    buffer_json_string(line, (struct text){(const char *)record->key.data, record->key.size});
    if (followed->verdict == FOLD_INERT) {
        buffer_string(line, ",\"inert\":");
        buffer_json_string(line, text_of(followed->fold->reason));
    }
    if (event_decode(record->value, followed->arena, &tail->event) == OK) {
        size_t brace = line->size;
        event_json(&tail->event, line);
        CHECK(buffer_ok(line));
        line->data[brace] = ',';
    } else {
        buffer_byte(line, '}');
    }
    buffer_byte(line, '\n');
    CHECK(buffer_ok(line));
    fwrite(line->data, 1, line->size, stdout);
    tail->printed++;
}

static int read_on(struct tail *tail)
{
    int away = 0;
    while (tail->printed < tail->count_max && (tail->follow || !at_the_end(tail))) {
        struct followed followed;
        enum err err = follower_poll(tail->follower, POLL_MS, &followed);
        if (err == ERR_LOG)
            return cli_fail("%s", follower_problem(tail->follower));
        if (err == ERR_BUSY && ++away > AWAY_POLLS_MAX)
            return cli_fail("the broker does not answer");
        if (err == OK && is_wanted(tail, &followed))
            print(tail, &followed);
        if ((err != OK && fflush(stdout) != 0) || ferror(stdout) != 0)
            return CLI_FAILED; /* nobody reads any more */
        if (err == OK)
            away = 0;
    }
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

int cli_events_tail(int argc, char **argv)
{
    static struct tail tail = {.only_partition = -1, .count_max = INT64_MAX};
    struct config config;
    int status = parse(argc, argv, &tail);
    if (status != CLI_OK)
        return status;
    if (!cli_config(PROCESS_CLI, &config))
        return CLI_FAILED;
    if (!cli_open_log(&config, &tail.log)) {
        config_free(&config);
        return CLI_FAILED;
    }
    buffer_init(&tail.line, LINE_SIZE_MAX);
    tail.follower = follower_open(tail.log, LOG_PROMPT);
    status = follow_partitions(&tail);
    if (status == CLI_OK)
        status = read_on(&tail);
    follower_close(tail.follower);
    buffer_free(&tail.line);
    log_close(tail.log);
    config_free(&config);
    return status;
}
