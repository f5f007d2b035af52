/* What `bourse feed` is told. */
#include "cli/feed.h"

#include <getopt.h>
#include <string.h>

enum { SPEED_MAX = 1000000000 };

enum option_name {
    OPTION_INSTRUMENT = 1,
    OPTION_CSV,
    OPTION_COLUMN,
    OPTION_TIME_COLUMN,
    OPTION_SPEED,
    OPTION_MODE,
    OPTION_SCALE,
    OPTION_LIMIT,
    OPTION_QUANTITY,
    OPTION_MAKER,
    OPTION_CLIENT,
};

static int parse_mode(const char *text, struct feed_options *options)
{
    options->trades = strcmp(text, "trade") == 0;
    return options->trades || strcmp(text, "mark") == 0
               ? CLI_OK
               : cli_usage("--mode takes mark or trade, not '%s'", text);
}

static int parse_number(int option, const char *text, struct feed_options *options)
{
    switch (option) {
    case OPTION_SPEED:
        return cli_number(text, SPEED_MAX, &options->speed) && options->speed > 0
                   ? CLI_OK
                   : cli_usage("--speed takes a whole number from 1 to %d, not '%s'", SPEED_MAX,
                               text);
    case OPTION_LIMIT:
        return cli_number(text, INT64_MAX, &options->limit) && options->limit > 0
                   ? CLI_OK
                   : cli_usage("--limit takes a whole number above 0, not '%s'", text);
    case OPTION_SCALE:
        return feed_number_parse(text_of(text), &options->scale) == OK && options->scale.digits > 0
                   ? CLI_OK
                   : cli_usage("--scale takes a number above 0 of at most 18 digits, not '%s'",
                               text);
    default:
        return decimal_parse(text_of(text), &options->quantity_e8) == OK && options->quantity_e8 > 0
                   ? CLI_OK
                   : cli_usage("--quantity takes a number above 0, not '%s'", text);
    }
}

static int parse_option(int option, struct feed_options *options)
{
    switch (option) {
    case OPTION_INSTRUMENT: options->instrument = optarg; return CLI_OK;
    case OPTION_CSV: options->csv = optarg; return CLI_OK;
    case OPTION_COLUMN: options->column = optarg; return CLI_OK;
    case OPTION_TIME_COLUMN: options->time_column = optarg; return CLI_OK;
    case OPTION_MODE: return parse_mode(optarg, options);
    case OPTION_MAKER: options->maker = optarg; return CLI_OK;
    case OPTION_CLIENT: options->client = optarg; return CLI_OK;
    case OPTION_SPEED:
    case OPTION_LIMIT:
    case OPTION_SCALE:
    case OPTION_QUANTITY: return parse_number(option, optarg, options);
    default: return CLI_USAGE; /* getopt has said why */
    }
}

/* What only makes sense together. */
static int check(const struct feed_options *options)
{
    if (options->instrument == NULL || options->csv == NULL)
        return cli_usage("feed takes --instrument and --csv; -h says more");
    if (options->instrument[strspn(options->instrument,
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789.-_")] != '\0')
        return cli_usage("'%s' is no instrument's symbol", options->instrument);
    bool named = options->maker != NULL && options->client != NULL;
    if (options->trades && !named)
        return cli_usage("--mode trade takes two accounts: --maker EMAIL and --client EMAIL");
    if (options->trades && strcmp(options->maker, options->client) == 0)
        return cli_usage("--maker and --client are both %s: two orders of one account never trade",
                         options->maker);
    if (!options->trades &&
        (options->maker != NULL || options->client != NULL || options->quantity_e8 != 0))
        return cli_usage("--maker, --client and --quantity are for --mode trade");
    return CLI_OK;
}

int feed_options_parse(int argc, char **argv, struct feed_options *ret_options)
{
    static const struct option OPTIONS[] = {
        {"instrument", required_argument, NULL, OPTION_INSTRUMENT},
        {"csv", required_argument, NULL, OPTION_CSV},
        {"column", required_argument, NULL, OPTION_COLUMN},
        {"time-column", required_argument, NULL, OPTION_TIME_COLUMN},
        {"speed", required_argument, NULL, OPTION_SPEED},
        {"mode", required_argument, NULL, OPTION_MODE},
        {"scale", required_argument, NULL, OPTION_SCALE},
        {"limit", required_argument, NULL, OPTION_LIMIT},
        {"quantity", required_argument, NULL, OPTION_QUANTITY},
        {"maker", required_argument, NULL, OPTION_MAKER},
        {"client", required_argument, NULL, OPTION_CLIENT},
        {0}};
    *ret_options = (struct feed_options){
        .column = "Close", .speed = 60, .scale = {.digits = 1}, .limit = INT64_MAX};
    int option;
    int status = CLI_OK;
    while (status == CLI_OK && (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
        status = parse_option(option, ret_options);
    if (status == CLI_OK && optind != argc)
        return cli_usage("feed takes options only, not '%s'; -h says more", argv[optind]);
    return status == CLI_OK ? check(ret_options) : status;
}
