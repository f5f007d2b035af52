/* Readers: each partition in order, but when and in which turn is the weather's. */
#include "weather_internal.h"

#include <stdlib.h>
#include <string.h>

enum { LATE_MAX_US = 200000, LAG_MAX_US = 10000000, BLIND_MAX_US = 20000000 };

/* A partition being read, by a reader of its own. */
struct place {
    struct log_reader *inner;
    const char *topic; /* the caller's, who has it static */
    int32_t partition;
    bool paused;
    bool has_record; /* fetched, not shown yet */
    struct log_record record;
    int64_t shown_us; /* nothing before */
};

struct weather_reader {
    struct log_reader base;
    struct weather *weather;
    const struct weather_owner *owner;
    struct place *places;
    size_t places_count;
    int64_t blind_until_us;
    uint32_t pauses; /* of its owner, seen */
};

struct log_reader *weather_reader_open(struct log *log, enum log_pace pace)
{
    (void)pace;
    struct weather_reader *reader = calloc(1, sizeof *reader);
    CHECK(reader != NULL);
    reader->base.ops = &weather_ops;
    reader->weather = (struct weather *)log;
    reader->owner = reader->weather->owner;
    return &reader->base;
}

void weather_reader_close(struct log_reader *base)
{
    struct weather_reader *reader = (struct weather_reader *)base;
    for (size_t i = 0; i < reader->places_count; i++)
        log_reader_close(reader->places[i].inner);
    free(reader->places);
    free(reader);
}

static struct place *find(struct weather_reader *reader, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < reader->places_count; i++) {
        struct place *place = &reader->places[i];
        if (place->partition == partition && strcmp(place->topic, topic) == 0)
            return place;
    }
    return NULL;
}

static struct place *add(struct weather_reader *reader, const char *topic, int32_t partition)
{
    size_t size = (reader->places_count + 1) * sizeof *reader->places;
    reader->places = realloc(reader->places, size);
    CHECK(reader->places != NULL);
    struct place *place = &reader->places[reader->places_count++];
    *place = (struct place){.topic = topic,
                            .partition = partition,
                            .inner = log_reader_open(reader->weather->world.log, LOG_PROMPT)};
    return place;
}

enum err weather_reader_assign(struct log_reader *base, const char *topic, int32_t partition,
                               int64_t offset, const char **ret_problem)
{
    struct weather_reader *reader = (struct weather_reader *)base;
    *ret_problem = "the broker is away";
    if (!weather_moment(reader->weather, reader->owner) ||
        weather_strikes(reader->weather, reader->owner, FATE_AWAY))
        return ERR_BUSY;
    struct place *place = find(reader, topic, partition);
    if (place == NULL)
        place = add(reader, topic, partition);
    place->has_record = place->paused = false;
    return log_reader_assign(place->inner, topic, partition, offset, ret_problem);
}

void weather_reader_unassign(struct log_reader *base, const char *topic, int32_t partition)
{
    struct weather_reader *reader = (struct weather_reader *)base;
    struct place *place = find(reader, topic, partition);
    if (place == NULL)
        return;
    log_reader_close(place->inner);
    *place = reader->places[--reader->places_count];
}

void weather_reader_pause(struct log_reader *base, const char *topic, int32_t partition, bool pause)
{
    struct place *place = find((struct weather_reader *)base, topic, partition);
    if (place != NULL)
        place->paused = pause;
}

/* Whether something is still hidden; once nothing goes wrong any more, nothing is. */
static bool hidden(const struct weather_reader *reader, int64_t until_us)
{
    return !reader->weather->world.fates->calm && weather_now_us(reader->weather) < until_us;
}

/* Fetches the place's next record, and says when it will be shown. */
static enum err fetch(struct weather_reader *reader, struct place *place, const char **ret_problem)
{
    if (place->has_record)
        return OK;
    enum err err = log_reader_poll(place->inner, 0, &place->record, ret_problem);
    if (err != OK)
        return err;
    place->has_record = true;
    if (weather_strikes(reader->weather, reader->owner, FATE_LATE))
        place->shown_us =
            weather_now_us(reader->weather) + dice_span(reader->weather->world.dice, LATE_MAX_US);
    if (weather_strikes(reader->weather, reader->owner, FATE_LAG))
        place->shown_us =
            weather_now_us(reader->weather) + dice_span(reader->weather->world.dice, LAG_MAX_US);
    return OK;
}

/* Whoever stood still connects anew, and to each partition in its own time: a writer may then see
 * answers to a successor of which it does not know. */
static void connect_anew(struct weather_reader *reader)
{
    struct dice *dice = reader->weather->world.dice;
    reader->pauses = reader->owner->pauses;
    for (size_t i = 0; i < reader->places_count; i++)
        if (dice_below(dice, 2) == 0)
            reader->places[i].shown_us =
                weather_now_us(reader->weather) + dice_span(dice, LAG_MAX_US);
}

/* The next record of any place that shows one, the first asked at random. */
static enum err show_next(struct weather_reader *reader, struct log_record *ret_record,
                          const char **ret_problem)
{
    if (reader->owner != NULL && reader->owner->pauses != reader->pauses)
        connect_anew(reader);
    if (reader->places_count == 0 || hidden(reader, reader->blind_until_us))
        return ERR_TIMEOUT;
    size_t first = dice_below(reader->weather->world.dice, (uint32_t)reader->places_count);
    for (size_t i = 0; i < reader->places_count; i++) {
        struct place *place = &reader->places[(first + i) % reader->places_count];
        if (place->paused || hidden(reader, place->shown_us))
            continue;
        enum err err = fetch(reader, place, ret_problem);
        if (err == ERR_TIMEOUT || (err == OK && hidden(reader, place->shown_us)))
            continue;
        if (err == OK) {
            *ret_record = place->record;
            place->has_record = false;
        }
        return err;
    }
    return ERR_TIMEOUT;
}

enum err weather_reader_poll(struct log_reader *base, int timeout_ms, struct log_record *ret_record,
                             const char **ret_problem)
{
    struct weather_reader *reader = (struct weather_reader *)base;
    struct weather *weather = reader->weather;
    *ret_problem = "its process is dead";
    if (!weather_moment(weather, reader->owner))
        return ERR_LOG;
    if (weather_strikes(weather, reader->owner, FATE_BLIND))
        reader->blind_until_us =
            weather_now_us(weather) + dice_span(weather->world.dice, BLIND_MAX_US);
    int64_t deadline_us = weather_now_us(weather) + timeout_ms * INT64_C(1000);
    enum err err = show_next(reader, ret_record, ret_problem);
    while (err == ERR_TIMEOUT && weather_now_us(weather) < deadline_us) {
        if (!weather_wait(weather))
            return reader->owner->dead ? ERR_LOG : ERR_TIMEOUT;
        err = show_next(reader, ret_record, ret_problem);
    }
    return err;
}
