/* bourse canary: a trade of its own goes through everything, again and again, and is measured. */
#include "client/canary.h"

#include "cli/cli.h"
#include "cli/feed_venue.h"
#include "metrics/metrics.h"
#include "seal/seal.h"
#include "service/status.h"

#include <getopt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { EVERY_S = 10, EVERY_MAX_S = 3600, PORT_MAX = 65535, PRICE_E8 = 100000000 };

enum option_name { OPTION_MAKER = 1, OPTION_CLIENT, OPTION_EVERY, OPTION_ADDRESS, OPTION_PORT };

struct canary {
    const char *maker, *client; /* e-mail addresses */
    const char *address;        /* of its metrics */
    int64_t port;               /* 0: nowhere */
    int64_t every_s;
    struct feed_venue venue;
    struct status *status;
    _Atomic bool passed; /* the last round */
    struct metrics_counter *rounds[2];
    struct metrics_histogram *seconds;
    struct metrics_gauge *passed_at;
};

static int parse_option(int option, struct canary *canary)
{
    switch (option) {
    case OPTION_MAKER: canary->maker = optarg; return CLI_OK;
    case OPTION_CLIENT: canary->client = optarg; return CLI_OK;
    case OPTION_ADDRESS: canary->address = optarg; return CLI_OK;
    case OPTION_PORT:
        return cli_number(optarg, PORT_MAX, &canary->port)
                   ? CLI_OK
                   : cli_usage("--port takes a whole number up to %d, not '%s'", PORT_MAX, optarg);
    case OPTION_EVERY:
        return cli_number(optarg, EVERY_MAX_S, &canary->every_s) && canary->every_s > 0
                   ? CLI_OK
                   : cli_usage("--every takes seconds from 1 to %d, not '%s'", EVERY_MAX_S, optarg);
    default: return cli_usage("see bourse canary -h");
    }
}

static int parse(int argc, char **argv, struct canary *ret_canary)
{
    static const struct option OPTIONS[] = {{"maker", required_argument, NULL, OPTION_MAKER},
                                            {"client", required_argument, NULL, OPTION_CLIENT},
                                            {"every", required_argument, NULL, OPTION_EVERY},
                                            {"address", required_argument, NULL, OPTION_ADDRESS},
                                            {"port", required_argument, NULL, OPTION_PORT},
                                            {0}};
    int option, status = CLI_OK;
    *ret_canary = (struct canary){.every_s = EVERY_S, .address = "127.0.0.1"};
    while (status == CLI_OK && (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
        status = parse_option(option, ret_canary);
    if (status != CLI_OK)
        return status;
    if (optind < argc || ret_canary->maker == NULL || ret_canary->client == NULL)
        return cli_usage("bourse canary takes --maker EMAIL and --client EMAIL");
    return CLI_OK;
}

static bool is_ready(void *context, struct buffer *ret_members)
{
    const struct canary *canary = context;
    bool passed = canary->passed;
    buffer_printf(ret_members, "\"status\":\"%s\"", passed ? "ok" : "failing");
    return passed;
}

static void begin_to_measure(struct canary *canary)
{
    static const char *const RESULTS[] = {"failed", "passed"};
    for (size_t i = 0; i < COUNT_OF(RESULTS); i++)
        canary->rounds[i] = metrics_counter("bourse_canary_rounds_total",
                                            "Trades of the canary, by what came of it.",
                                            METRICS_LABELS({"result", RESULTS[i]}));
    canary->seconds = metrics_histogram("bourse_canary_seconds",
                                        "From the canary's first order to its last read.",
                                        METRICS_NO_LABELS, METRICS_BUCKETS_REQUEST);
    canary->passed_at = metrics_gauge(
        "bourse_canary_passed_timestamp_seconds",
        "When a trade of the canary last passed; at first, when it began.", METRICS_NO_LABELS);
    metrics_gauge_set_e6(canary->passed_at, cli_now_us());
}

/* A client of the settings' gateway that has signed in, or why not. It is kept until then: a venue
 * that is away when the canary begins is what the canary is for. */
static const char *sign_in(const struct config *config, const char *email, struct client **client)
{
    if (*client != NULL)
        return NULL;
    static char problem[256];
    struct client *made = client_new(config->url, config->authority);
    if (client_sign_in(made, email, config->feed_password) == OK) {
        *client = made;
        return NULL;
    }
    snprintf(problem, sizeof problem, "%s cannot sign in: %s", email, client_problem(made));
    client_free(made);
    return problem;
}

/* Reads what the trade did to the taker: the answer waits until the rows show it. */
static const char *read_back(struct canary *canary)
{
    struct text answer = TEXT("");
    const struct client_request request = {.method = "GET", .path = "portfolio"};
    return client_call(canary->venue.taker, &request, &answer) == OK
               ? NULL
               : client_problem(canary->venue.taker);
}

/* NULL: the trade went through, and can be read. */
static const char *make_round(struct canary *canary, const struct config *config, int64_t number)
{
    struct feed_venue *venue = &canary->venue;
    int64_t trades = venue->trades;
    const char *problem = sign_in(config, canary->maker, &venue->maker);
    if (problem == NULL)
        problem = sign_in(config, canary->client, &venue->taker);
    if (problem == NULL && venue->quantity_e8 == 0)
        problem = feed_venue_learn(venue, venue->maker);
    if (problem == NULL)
        problem = feed_venue_trade(venue, number, PRICE_E8);
    if (problem == NULL && venue->trades == trades)
        problem = "the order found nobody: somebody else trades in this instrument";
    return problem == NULL ? read_back(canary) : problem;
}

static void run_round(struct canary *canary, const struct config *config, int64_t number)
{
    int64_t began_us = cli_now_us();
    const char *problem = make_round(canary, config, number);
    if (cli_stopped())
        return; /* which may be what ended it */
    canary->passed = problem == NULL;
    metrics_counter_add(canary->rounds[problem == NULL], 1);
    if (problem != NULL) {
        cli_say("canary: %s", problem);
        return;
    }
    metrics_histogram_observe_e6(canary->seconds, cli_now_us() - began_us);
    metrics_gauge_set_e6(canary->passed_at, cli_now_us());
}

static void run(struct canary *canary, const struct config *config)
{
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int64_t number = 1; !cli_stopped(); number++) {
        run_round(canary, config, number);
        next.tv_sec += canary->every_s;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    const char *left = feed_venue_pull_quote(&canary->venue);
    if (left != NULL)
        cli_say("canary: the last quote may still be in the book: %s", left);
}

int cli_canary(int argc, char **argv)
{
    struct canary canary;
    struct config config;
    uint8_t random[8];
    int status = parse(argc, argv, &canary);
    if (status != CLI_OK)
        return status;
    if (!cli_config(PROCESS_CALLER, &config))
        return CLI_FAILED;
    if (config.feed_password == NULL) {
        config_free(&config);
        return cli_fail("set BOURSE_FEED_PASSWORD_FILE to a file with the password of %s and %s",
                        canary.maker, canary.client);
    }
    seal_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(canary.venue.run + 2 * i, 3, "%02x", random[i]);
    canary.venue.instrument = CANARY_INSTRUMENT;
    begin_to_measure(&canary);
    cli_catch_signals();
    if (status_start(canary.address, canary.port, is_ready, &canary, &canary.status) != OK)
        status = CLI_FAILED;
    else
        run(&canary, &config);
    status_stop(canary.status);
    client_free(canary.venue.maker);
    client_free(canary.venue.taker);
    config_free(&config);
    return status;
}
