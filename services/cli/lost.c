/* bourse commands lost: an operator's word that commands which were deleted unread are given up. */
#include "service/lost.h"
#include "cli/cli.h"
#include "eventlog/follower.h"
#include "seal/seal.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { POLL_MS = 200, AWAY_POLLS_MAX = 150, FLUSH_MS = 30000, VALUE_SIZE_MAX = 1 << 16 };

#define VALID_US   (INT64_C(24) * 3600 * 1000000) /* until when the partition has to be started */
#define REASON_MAX 1000

struct loss {
    enum service_id service;
    int32_t partition;
    const char *reason;
    bool yes;
    struct lost lost;
};

static bool parse_place(const char *text, struct loss *loss)
{
    const char *slash = strchr(text, '/');
    int64_t partition = 0;
    if (slash == NULL || !cli_number(slash + 1, INT32_MAX, &partition))
        return false;
    loss->partition = (int32_t)partition;
    struct text service = {.data = text, .size = (size_t)(slash - text)};
    return service_named(service, &loss->service) == OK;
}

static int parse(int argc, char **argv, struct loss *loss)
{
    static const struct option OPTIONS[] = {
        {"yes", no_argument, NULL, 'y'}, {"reason", required_argument, NULL, 'r'}, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 'y')
            loss->yes = true;
        else if (option == 'r')
            loss->reason = optarg;
        else
            return CLI_USAGE; /* getopt has said why */
    }
    if (optind + 1 != argc || !parse_place(argv[optind], loss))
        return cli_usage("commands lost takes one partition, such as orders/1; -h says more");
    if (loss->yes && (loss->reason[0] == '\0' || strlen(loss->reason) > REASON_MAX))
        return cli_usage("--yes takes a --reason of at most %d bytes, for the audit", REASON_MAX);
    return CLI_OK;
}

/* Folds the partition's own log to its end, and looks what is missing behind what it answers. */
static int find(struct log *log, struct loss *loss)
{
    const char *topic = follower_events_topic(loss->service);
    struct follower *follower = follower_open(log, LOG_PROMPT);
    int64_t start = 0, end = 0;
    int away = 0;
    enum err err = log_ends(log, topic, loss->partition, &start, &end);
    if (err == OK)
        err = follower_begin(follower, loss->service, loss->partition);
    const struct fold *own =
        err == OK ? follower_fold(follower, loss->service, loss->partition) : NULL;
    while (err == OK && own->next_offset < end && away < AWAY_POLLS_MAX) {
        struct followed followed;
        err = follower_poll(follower, POLL_MS, &followed);
        away = err == OK ? 0 : away + 1;
        if (err == ERR_TIMEOUT || err == ERR_BUSY)
            err = OK;
    }
    if (err == OK)
        err = away == AWAY_POLLS_MAX ? ERR_BUSY : lost_find(log, own, &loss->lost);
    else if (err == ERR_NOT_FOUND)
        err = ERR_INPUT;
    int status = CLI_OK;
    if (err == ERR_NOT_FOUND)
        status = cli_fail("%s/%d: no commands are missing", service_name(loss->service),
                          loss->partition);
    else if (err != OK)
        status = cli_fail("cannot read %s/%d: %s", topic, loss->partition,
                          err == ERR_LOG ? follower_problem(follower) : err_text(err));
    follower_close(follower);
    return status;
}

static void make_report(const struct loss *loss, enum role *role, struct command *ret_report)
{
    uint8_t random[12];
    seal_random(random, sizeof random);
    int64_t now_us = cli_now_us();
    *ret_report = (struct command){.kind = COMMAND_REPORT_COMMANDS_LOST};
    /* The key is the id, which is owned by the very partition. */
    struct uuid id = uuid_make((uint32_t)loss->partition, random);
    ret_report->meta = (struct command_meta){.command_id = id,
                                             .correlation_id = id,
                                             .has_actor = true,
                                             .actor = {.roles = role, .roles_count = 1},
                                             .received_at = now_us,
                                             .valid_until = now_us + VALID_US};
    ret_report->report_commands_lost =
        (struct report_commands_lost){.topic = text_of(follower_commands_topic(loss->service)),
                                      .partition = loss->partition,
                                      .from = loss->lost.from,
                                      .to = loss->lost.to,
                                      .reason = text_of(loss->reason)};
}

static int send(struct log *log, const struct loss *loss)
{
    enum role role = ROLE_ADMIN;
    struct command report;
    char key[UUID_TEXT_SIZE];
    struct buffer value;
    make_report(loss, &role, &report);
    uuid_print(report.meta.command_id, key);
    buffer_init(&value, VALUE_SIZE_MAX);
    command_encode(&report, &value);
    CHECK(buffer_ok(&value));
    struct log_writer *writer = log_writer_open(log);
    enum err err = log_writer_append(
        writer, follower_commands_topic(loss->service), loss->partition,
        (struct bytes){(const uint8_t *)key, sizeof key}, buffer_bytes(&value), NULL, 0);
    if (err == OK)
        err = log_writer_flush(writer, FLUSH_MS);
    log_writer_close(writer);
    buffer_free(&value);
    if (err != OK)
        return cli_fail("cannot send the report: %s", err_text(err));
    cli_say("it is said, as command %.*s: start bourse-%s within a day", UUID_TEXT_SIZE, key,
            service_name(loss->service));
    return CLI_OK;
}

int cli_commands_lost(int argc, char **argv)
{
    struct loss loss = {.reason = ""};
    struct config config;
    struct log *log = NULL;
    int status = parse(argc, argv, &loss);
    if (status != CLI_OK)
        return status;
    if (!cli_config(PROCESS_CLI, &config))
        return CLI_FAILED;
    if (!cli_open_log(&config, &log)) {
        config_free(&config);
        return CLI_FAILED;
    }
    status = find(log, &loss);
    if (status == CLI_OK) {
        printf("%s/%d: the commands from %" PRId64 " to %" PRId64
               " were deleted before they were read\n",
               service_name(loss.service), loss.partition, loss.lost.from, loss.lost.to);
        status = loss.yes ? send(log, &loss)
                          : cli_fail("nothing was done: add --yes --reason TEXT to give them up");
    }
    log_close(log);
    config_free(&config);
    return status;
}
