#include "syndication/ical.h"

#include "base/time.h"
#include "syndication/rss.h"

#include <libical/ical.h>
#include <string.h>

static struct text text_or_none(const char *text, struct arena *arena)
{
    return text == NULL ? TEXT("") : arena_text(arena, text_of(text));
}

static const char *url_of(icalcomponent *component)
{
    icalproperty *property = icalcomponent_get_first_property(component, ICAL_URL_PROPERTY);
    return property != NULL ? icalproperty_get_url(property) : NULL;
}

static int priority_of(icalcomponent *component)
{
    icalproperty *property = icalcomponent_get_first_property(component, ICAL_PRIORITY_PROPERTY);
    int priority = property != NULL ? icalproperty_get_priority(property) : 0;
    return priority >= 0 && priority <= 9 ? priority : 0;
}

static bool repeats(icalcomponent *component)
{
    return icalcomponent_get_first_property(component, ICAL_RRULE_PROPERTY) != NULL ||
           icalcomponent_get_first_property(component, ICAL_RDATE_PROPERTY) != NULL;
}

/* libical takes any digits. */
static bool is_moment(const struct icaltimetype *time)
{
    return time->year >= 1970 && time->year <= 9999 && time->month >= 1 && time->month <= 12 &&
           time->day >= 1 && time->day <= icaltime_days_in_month(time->month, time->year) &&
           time->hour >= 0 && time->hour < 24 && time->minute >= 0 && time->minute < 60 &&
           time->second >= 0 && time->second <= 60;
}

/* False: there is none, or nobody knows its zone. */
static bool start_of(icalcomponent *component, int64_t *ret_time_us)
{
    icalproperty *property = icalcomponent_get_first_property(component, ICAL_DTSTART_PROPERTY);
    if (property == NULL)
        return false;
    struct icaltimetype start = icalproperty_get_datetime_with_component(property, component);
    bool zoned = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER) != NULL;
    if (!is_moment(&start) || (zoned && start.zone == NULL))
        return false;
    const icaltimezone *zone = start.zone != NULL ? start.zone : icaltimezone_get_utc_timezone();
    *ret_time_us = (int64_t)icaltime_as_timet_with_zone(start, zone) * SECOND_US;
    return *ret_time_us >= 0 && *ret_time_us <= TIME_MAX_US;
}

static struct ical_date date_of(icalcomponent *component, struct arena *arena)
{
    struct ical_date date = {
        .uid = text_or_none(icalcomponent_get_uid(component), arena),
        .summary = text_or_none(icalcomponent_get_summary(component), arena),
        .url = text_or_none(url_of(component), arena),
        .priority = priority_of(component),
        .repeats = repeats(component),
        .canceled = icalcomponent_get_status(component) == ICAL_STATUS_CANCELLED,
    };
    date.has_start = start_of(component, &date.starts_at_us);
    return date;
}

/* ERR_INPUT: too many. */
static enum err read_dates(icalcomponent *calendar, struct arena *arena, struct ical_date *dates,
                           size_t *ret_count)
{
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    for (; event != NULL;
         event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        if (*ret_count == SYNDICATION_ITEMS_MAX)
            return ERR_INPUT;
        dates[(*ret_count)++] = date_of(event, arena);
    }
    return OK;
}

enum err ical_parse(struct bytes file, struct arena *arena, struct ical_date **ret_dates,
                    size_t *ret_count, const char **ret_problem)
{
    *ret_count = 0;
    *ret_problem = "it has more than 16 MB, or a zero byte";
    if (file.size > SYNDICATION_FILE_MAX || memchr(file.data, '\0', file.size) != NULL)
        return ERR_INPUT;
    icalerror_set_errors_are_fatal(false);
    struct text text =
        arena_text(arena, (struct text){(const char *)file.data, file.size}); /* with its zero */
    icalcomponent *calendar = icalparser_parse_string(text.data);
    enum err err = ERR_INPUT;
    *ret_problem = "it is no iCalendar";
    if (calendar != NULL && icalcomponent_isa(calendar) == ICAL_VCALENDAR_COMPONENT) {
        *ret_problem = "it has more than 10000 dates";
        *ret_dates = ARENA_NEW(arena, struct ical_date, SYNDICATION_ITEMS_MAX);
        err = read_dates(calendar, arena, *ret_dates, ret_count);
    }
    if (calendar != NULL)
        icalcomponent_free(calendar);
    return err;
}
