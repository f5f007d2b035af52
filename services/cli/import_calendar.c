/* bourse calendar import: the dates of an iCalendar file, into the calendar of the economy. */
#include "base/time.h"
#include "cli/import.h"
#include "syndication/ical.h"

#include <getopt.h>
#include <string.h>

enum { BODY_SIZE_MAX = 1 << 16, NAME_MAX_CHARACTERS = 200 };

struct options {
    const char *path;
    const char *country;
    const char *importance; /* of what has no priority */
};

static int parse_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option OPTIONS[] = {{"country", required_argument, NULL, 'c'},
                                            {"importance", required_argument, NULL, 'i'},
                                            {NULL, 0, NULL, 0}};
    int option;
    *ret_options = (struct options){.importance = "medium"};
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 'c')
            ret_options->country = optarg;
        else if (option == 'i')
            ret_options->importance = optarg;
        else
            return CLI_USAGE; /* getopt has said why */
    }
    if (optind + 1 != argc || ret_options->country == NULL)
        return cli_usage("calendar import takes one file and its --country; -h says more");
    ret_options->path = argv[optind];
    return CLI_OK;
}

/* As RFC 5545 reads priorities where there are three. */
static const char *importance_of(const struct ical_date *date, const struct options *options)
{
    return date->priority == 0   ? options->importance
           : date->priority < 5  ? "high"
           : date->priority == 5 ? "medium"
                                 : "low";
}

static void make_body(const struct ical_date *date, const struct options *options,
                      struct buffer *body)
{
    char start[TIME_TEXT_SIZE];
    time_print(date->starts_at_us, start);
    buffer_string(body, "{\"country\":");
    buffer_json_string(body, text_of(options->country));
    import_member(body, "name", import_cut(date->summary, NAME_MAX_CHARACTERS));
    import_member(body, "importance", text_of(importance_of(date, options)));
    import_member(body, "scheduled_at", (struct text){start, sizeof start});
    if (import_is_web_address(date->url))
        import_member(body, "source_url", date->url);
    buffer_byte(body, '}');
}

/* Why it cannot be published; NULL: it can. */
static const char *lacks(const struct ical_date *date)
{
    if (date->uid.size == 0 || date->summary.size == 0)
        return "it has no UID, or no SUMMARY";
    if (!date->has_start)
        return "it has no DTSTART whose time zone is known";
    if (date->canceled)
        return "it is canceled";
    return date->repeats ? "it repeats, and only single dates are taken" : NULL;
}

static int publish(struct import *import, const struct ical_date *dates, size_t count,
                   const struct options *options)
{
    bool there = true;
    struct buffer body;
    buffer_init(&body, BODY_SIZE_MAX);
    for (size_t i = 0; i < count && there; i++) {
        const struct ical_date *date = &dates[i];
        const char *missing = lacks(date);
        buffer_reset(&body);
        if (missing != NULL) {
            import_refuse(import, date->summary, missing);
            continue;
        }
        make_body(date, options, &body);
        there = import_post(import, "admin/calendar/economic", date->uid, date->summary, &body);
    }
    buffer_free(&body);
    return there ? CLI_OK : CLI_FAILED;
}

int cli_calendar_import(int argc, char **argv)
{
    struct import import;
    struct options options;
    struct ical_date *dates = NULL;
    size_t count = 0;
    const char *problem = NULL;
    int status = parse_options(argc, argv, &options);
    if (status != CLI_OK)
        return status;
    status = import_begin(&import, options.path);
    if (status == CLI_OK && ical_parse(import.file, import.arena, &dates, &count, &problem) != OK)
        status = cli_fail("%s is no calendar: %s", options.path, problem);
    if (status == CLI_OK)
        status = publish(&import, dates, count, &options);
    return import_end(&import, status);
}
