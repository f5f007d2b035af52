#include "cli/cli.h"
#include "cli/events.h"

#include "base/time.h"

#include <getopt.h>
#include <string.h>

enum { OPTION_CSV = 256, OPTION_CLOUDEVENTS, OPTION_COMMAND, OPTION_FOLLOW, OPTION_JSON };

/* The event of that name, with or without namespace; NULL: none. */
static const struct wire_message *type_named(struct text name)
{
    for (size_t i = 0; i < EVENT_KINDS; i++) {
        if (text_is(name, WIRE_EVENTS[i].full_name) ||
            text_is(name, wire_message_name(&WIRE_EVENTS[i])))
            return &WIRE_EVENTS[i];
    }
    return NULL;
}

static int parse_edge(const char *option, const char *text, struct events_edge *ret_edge)
{
    *ret_edge = (struct events_edge){.kind = EVENTS_FROM_START};
    if (strcmp(text, "beginning") == 0)
        return CLI_OK;
    ret_edge->kind = EVENTS_AT_END;
    if (strcmp(text, "end") == 0)
        return CLI_OK;
    ret_edge->kind = EVENTS_AT_OFFSET;
    if (cli_number(text, INT64_MAX - 1, &ret_edge->at))
        return CLI_OK;
    ret_edge->kind = EVENTS_AT_TIME;
    if (time_parse(text_of(text), &ret_edge->at) == OK)
        return CLI_OK;
    return cli_usage("%s takes beginning, end, an offset or a time as 2026-11-30T09:30:00Z, not "
                     "'%s'",
                     option, text);
}

static int parse_type(const char *name, struct events_query *query)
{
    const struct wire_message *type = type_named(text_of(name));
    if (type == NULL)
        return cli_usage("there is no event '%s'; schemas/events has them", name);
    if (query->types_count == EVENTS_TYPES_MAX)
        return cli_usage("--type can be given %d times", EVENTS_TYPES_MAX);
    query->types[query->types_count++] = type;
    return CLI_OK;
}

static int parse_partition(const char *text, struct events_query *query)
{
    int64_t partition = 0;
    if (!cli_number(text, EVENTS_PARTITIONS_MAX - 1, &partition))
        return cli_usage("--partition takes a number, not '%s'", text);
    query->only_partition = (int32_t)partition;
    return CLI_OK;
}

static int parse_command(const char *text, struct events_query *query)
{
    if (uuid_parse(text_of(text), &query->command_id) != OK)
        return cli_usage("--command takes the id of a command, not '%s'", text);
    query->has_command = true;
    return CLI_OK;
}

static int parse_option(int option, bool replays, struct events_query *query)
{
    switch (option) {
    case 'f': return parse_edge("--from", optarg, &query->from);
    case 't': return parse_edge("--to", optarg, &query->to);
    case 'p': return parse_partition(optarg, query);
    case 'T': return parse_type(optarg, query);
    case OPTION_COMMAND: return parse_command(optarg, query);
    case 'n':
        return cli_number(optarg, INT64_MAX, &query->count_max)
                   ? CLI_OK
                   : cli_usage("-n takes a number, not '%s'", optarg);
    case 'k':
        query->has_key = true;
        query->key = text_of(optarg);
        return CLI_OK;
    case 'a': query->all = true; return CLI_OK;
    case OPTION_JSON: query->form = EVENTS_JSON; return CLI_OK;
    case OPTION_CLOUDEVENTS: query->form = EVENTS_CLOUDEVENTS; return CLI_OK;
    case OPTION_CSV: query->form = EVENTS_CSV; return CLI_OK;
    case OPTION_FOLLOW:
        query->follows = true;
        return replays ? cli_usage("what is past is replayed: events tail follows") : CLI_OK;
    default: return CLI_USAGE; /* getopt has said why */
    }
}

static int parse_options(int argc, char **argv, bool replays, struct events_query *query)
{
    static const struct option OPTIONS[] = {{"from", required_argument, NULL, 'f'},
                                            {"to", required_argument, NULL, 't'},
                                            {"partition", required_argument, NULL, 'p'},
                                            {"type", required_argument, NULL, 'T'},
                                            {"key", required_argument, NULL, 'k'},
                                            {"command", required_argument, NULL, OPTION_COMMAND},
                                            {"all", no_argument, NULL, 'a'},
                                            {"follow", no_argument, NULL, OPTION_FOLLOW},
                                            {"json", no_argument, NULL, OPTION_JSON},
                                            {"cloudevents", no_argument, NULL, OPTION_CLOUDEVENTS},
                                            {"csv", no_argument, NULL, OPTION_CSV},
                                            {NULL, 0, NULL, 0}};
    int option;
    int status = CLI_OK;
    while (status == CLI_OK && (option = getopt_long(argc, argv, "n:", OPTIONS, NULL)) != -1)
        status = parse_option(option, replays, query);
    return status;
}

static int parse_topics(int argc, char **argv, struct events_query *query)
{
    for (int i = 0; i < argc; i++) {
        enum service_id service;
        if (follower_topic_service(text_of(argv[i]), &service) != OK &&
            service_named(text_of(argv[i]), &service) != OK)
            return cli_usage("'%s' is no topic of events: give bourse.accounts.events, or one of "
                             "%s",
                             argv[i], service_names());
        query->services[service] = true;
    }
    return CLI_OK;
}

int events_parse(int argc, char **argv, bool replays, struct events_query *ret_query)
{
    events_query_init(ret_query);
    int status = parse_options(argc, argv, replays, ret_query);
    if (status != CLI_OK)
        return status;
    int topics = argc - optind;
    if (!replays && topics != 1)
        return cli_usage("events tail takes one topic; -h says more");
    for (int s = 0; s < SERVICES; s++)
        ret_query->services[s] = topics == 0;
    bool by_offset =
        ret_query->from.kind == EVENTS_AT_OFFSET || ret_query->to.kind == EVENTS_AT_OFFSET;
    if (replays && by_offset && topics != 1)
        return cli_usage("an offset is one of one topic: name it, or give times");
    if (ret_query->from.kind == EVENTS_AT_END && !replays)
        ret_query->follows = true;
    if (ret_query->follows && ret_query->to.kind == EVENTS_AT_END)
        ret_query->to.kind = EVENTS_NEVER;
    return parse_topics(topics, argv + optind, ret_query);
}
